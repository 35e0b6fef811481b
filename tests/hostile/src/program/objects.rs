//! The kube API.

use kubewright_plugin::{kube, tokens};
use kubewright_test_hostile_calls as calls;
use kubewright_test_hostile_calls::Call;

use super::{Done, Handle, Machine, Refusal, bytes, handle, word};

/// The call, if it is one of these.
pub fn call(machine: &Machine, call: &Call) -> Option<Done> {
    Some(match call {
        Call::KubeConnect { kubeconfig } => kube::connect(&machine.text(kubeconfig))
            .map_err(Refusal::from)
            .and_then(|client| handle(Handle::Client(client))),
        Call::KubeConnectTo { kubeconfig, server } => {
            kube::connect_to(&machine.text(kubeconfig), &machine.text(server))
                .map_err(Refusal::from)
                .and_then(|client| handle(Handle::Client(client)))
        }
        Call::TokensAdopt {
            pointer,
            client,
            namespace,
            name,
        } => machine.client(*client).and_then(|client| {
            word(tokens::adopt(
                &machine.text(pointer),
                client,
                &machine.text(namespace),
                &machine.text(name),
            )?)
        }),
        Call::KubeGet { of, .. }
        | Call::KubeGetList { of, .. }
        | Call::KubeApply { of, .. }
        | Call::KubeCreate { of, .. }
        | Call::KubePatch { of, .. }
        | Call::KubeDelete { of, .. }
        | Call::KubeWait { of, .. }
        | Call::KubeWaitAll { of, .. } => machine
            .client(*of)
            .and_then(|client| ask(machine, client, call)),
        _ => return None,
    })
}

fn ask(machine: &Machine, client: &kube::Client, call: &Call) -> Done {
    match call {
        Call::KubeGet { reference, .. } => bytes(
            client
                .get(&reference_of(machine, reference))?
                .unwrap_or_default(),
        ),
        Call::KubeGetList { selection, .. } => bytes(
            client
                .get_list(&selection_of(machine, selection))?
                .join("\n"),
        ),
        Call::KubeApply { object, sealed, .. } => {
            word(client.apply(&machine.text(object), &fields(machine, sealed)?)?)
        }
        Call::KubeCreate { object, sealed, .. } => {
            bytes(client.create(&machine.text(object), &fields(machine, sealed)?)?)
        }
        Call::KubePatch {
            reference,
            patch_type,
            patch,
            ..
        } => {
            let form = match patch_type {
                calls::PatchType::Json => kube::PatchType::Json,
                calls::PatchType::Merge => kube::PatchType::Merge,
                calls::PatchType::Strategic => kube::PatchType::Strategic,
            };
            word(client.patch(
                &reference_of(machine, reference),
                form,
                &machine.text(patch),
            )?)
        }
        Call::KubeDelete { reference, .. } => {
            word(client.delete(&reference_of(machine, reference))?)
        }
        Call::KubeWait {
            reference,
            condition,
            seconds,
            ..
        } => word(client.wait(
            &reference_of(machine, reference),
            &condition_of(machine, condition),
            *seconds,
        )?),
        Call::KubeWaitAll {
            selection,
            minimum,
            condition,
            seconds,
            ..
        } => word(client.wait_all(
            &selection_of(machine, selection),
            *minimum,
            &condition_of(machine, condition),
            *seconds,
        )?),
        other => Err(Refusal::Skipped(format!(
            "{} is no call of a client",
            other.function()
        ))),
    }
}

fn fields<'a>(
    machine: &'a Machine,
    fields: &[calls::SealedField],
) -> Result<Vec<kube::SealedField<'a>>, Refusal> {
    fields
        .iter()
        .map(|field| {
            Ok(kube::SealedField {
                pointer: machine.text(&field.pointer),
                value: machine.value(field.value)?,
            })
        })
        .collect()
}

fn reference_of(machine: &Machine, one: &calls::Reference) -> kube::ObjectReference {
    kube::ObjectReference {
        api_version: machine.text(&one.api_version),
        kind: machine.text(&one.kind),
        namespace: one.namespace.as_ref().map(|text| machine.text(text)),
        name: machine.text(&one.name),
    }
}

fn selection_of(machine: &Machine, one: &calls::Selection) -> kube::Selection {
    kube::Selection {
        api_version: machine.text(&one.api_version),
        kind: machine.text(&one.kind),
        namespace: one.namespace.as_ref().map(|text| machine.text(text)),
        label_selector: machine.text(&one.label_selector),
        field_selector: machine.text(&one.field_selector),
    }
}

fn condition_of(machine: &Machine, condition: &calls::Condition) -> kube::Condition {
    match condition {
        calls::Condition::Exists => kube::Condition::Exists,
        calls::Condition::Absent => kube::Condition::Absent,
        calls::Condition::StatusCondition(kind, status) => {
            kube::Condition::StatusCondition((machine.text(kind), machine.text(status)))
        }
        calls::Condition::AtLeast(pointer, number) => {
            kube::Condition::AtLeast((machine.text(pointer), *number))
        }
        calls::Condition::Equals(pointer, value) => {
            kube::Condition::Equals((machine.text(pointer), machine.text(value)))
        }
    }
}
