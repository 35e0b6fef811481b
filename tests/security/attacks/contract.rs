//! Every function of the contract is among those that are attacked.

use std::collections::BTreeMap;
use std::path::Path;

use kubewright_test_hostile_calls::every::every_function;
use kubewright_test_hostile_calls::{FUNCTIONS, Outcome, Program};
use wit_parser::{Function, FunctionKind, Resolve, Type, TypeDefKind, TypeId, WorldItem};

use super::generated::{Tried, functions, none, scene};
use crate::support::attack::World;

/// What a function of the contract does with secrets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    /// It tells a component something that it made of the machine, of a server
    /// or of a sealed value.
    Tells,
    /// That, and it takes handles of sealed values and puts what is behind them
    /// somewhere.
    Both,
    /// It does neither, for this reason.
    Neither(&'static str),
}

/// Every function of the contract. One that is new stands here, and in the
/// programs below, before it is released.
const PARTS: &[(&str, Part)] = &[
    ("sealed.compose", Part::Both),
    ("sealed.value.label", Part::Tells),
    ("files.write", Part::Both),
    ("files.make-directory", Part::Tells),
    ("files.remove", Part::Tells),
    ("files.read", Part::Tells),
    ("files.list-directory", Part::Tells),
    ("files.stat", Part::Tells),
    ("pki.key-pair.public-key-pem", Part::Tells),
    ("pki.key-pair.private-key-pem", Part::Tells),
    ("pki.certificate.pem", Part::Tells),
    ("pki.certificate.common-name", Part::Tells),
    ("pki.certificate.organizations", Part::Tells),
    (
        "pki.certificate.not-after",
        Part::Neither(
            "a number: an hour, which a certificate of a component's own choice would have to hold",
        ),
    ),
    ("pki.certificate.public-key-hash", Part::Tells),
    (
        "pki.certificate.has-key",
        Part::Neither("one bit, of a file that may be loaded"),
    ),
    ("pki.certificate.private-key-pem", Part::Tells),
    ("pki.ensure-key-pair", Part::Tells),
    ("pki.ensure-certificate", Part::Tells),
    ("pki.issue", Part::Tells),
    ("pki.issued", Part::Tells),
    ("pki.load-certificate", Part::Tells),
    ("pki.load-key-pair", Part::Tells),
    ("kubeconfigs.inspect", Part::Tells),
    ("tokens.token.id", Part::Tells),
    ("tokens.token.secret", Part::Neither("a handle")),
    ("tokens.token.full", Part::Neither("a handle")),
    (
        "tokens.token.generated",
        Part::Neither("one bit, of where a token is from"),
    ),
    ("tokens.bootstrap", Part::Tells),
    ("tokens.adopt", Part::Tells),
    ("tokens.certificate-key", Part::Tells),
    ("tokens.encrypt", Part::Both),
    ("tokens.uuid", Part::Tells),
    ("tokens.time-based-uuid", Part::Tells),
    ("kube.connect", Part::Tells),
    ("kube.connect-to", Part::Tells),
    ("kube.client.get", Part::Tells),
    ("kube.client.get-list", Part::Tells),
    ("kube.client.apply", Part::Both),
    ("kube.client.create", Part::Both),
    ("kube.client.patch", Part::Tells),
    ("kube.client.delete", Part::Tells),
    ("kube.client.wait", Part::Tells),
    ("kube.client.wait-all", Part::Tells),
    ("node.facts", Part::Tells),
    ("node.service", Part::Tells),
    ("node.service-active", Part::Tells),
    ("accounts.ensure", Part::Tells),
    ("accounts.set-owner", Part::Tells),
    ("accounts.set-owner-below", Part::Tells),
    ("accounts.remove", Part::Tells),
    ("etcd.members", Part::Tells),
    ("etcd.remove-member", Part::Tells),
    ("pods.all", Part::Tells),
    ("pods.remove", Part::Tells),
    ("mounts.in-folder", Part::Tells),
    ("mounts.unmount", Part::Tells),
    ("leftovers.empty", Part::Tells),
    ("leftovers.discard", Part::Tells),
    ("undo.whose", Part::Tells),
    ("undo.touched", Part::Tells),
    ("undo.filled", Part::Tells),
    ("undo.restore", Part::Tells),
    ("undo.note", Part::Tells),
    ("documents.publish", Part::Tells),
    ("health.await-healthy", Part::Tells),
    ("checks.system", Part::Tells),
    ("checks.kernel-options", Part::Tells),
    ("checks.kernel-parameter", Part::Tells),
    ("checks.port-is-free", Part::Tells),
    ("checks.occupied", Part::Tells),
    ("checks.find-program", Part::Tells),
    ("checks.program-version", Part::Tells),
    ("checks.resolve", Part::Tells),
    ("checks.ask", Part::Tells),
    ("checks.service", Part::Tells),
    ("container-runtime.state", Part::Tells),
    ("container-runtime.has-image", Part::Tells),
    ("container-runtime.pull-images", Part::Tells),
    ("patches.apply", Part::Tells),
    ("clock.now", Part::Tells),
    ("log.log", Part::Neither("it takes what a component knows")),
    (
        "log.panicked",
        Part::Neither("it takes what a component knows"),
    ),
    (
        "terminal.progress",
        Part::Neither("it takes what a component knows"),
    ),
    (
        "terminal.progress-under",
        Part::Neither("it takes what a component knows"),
    ),
    (
        "terminal.warn-under",
        Part::Neither("it takes what a component knows"),
    ),
    ("terminal.show", Part::Both),
];

/// A function of the contract, as the WIT has it.
struct Contract {
    takes: bool,
    tells: bool,
}

fn contract() -> BTreeMap<String, Contract> {
    let mut resolve = Resolve::default();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../wit/v0.1.0");
    resolve.push_dir(&folder).expect("the contract parses");
    let world = resolve
        .worlds
        .iter()
        .find_map(|(_, world)| (world.name == "phase").then_some(world))
        .expect("the world phase");
    let mut found = BTreeMap::new();
    for item in world.imports.values() {
        let WorldItem::Interface { id, .. } = item else {
            continue;
        };
        let interface = &resolve.interfaces[*id];
        let name = interface.name.clone().expect("interfaces have names");
        for function in interface.functions.values() {
            found.insert(
                format!("{name}.{}", name_of(&resolve, function)),
                Contract {
                    // Of a method the first is the resource itself.
                    takes: function
                        .params
                        .iter()
                        .filter(|parameter| parameter.name != "self")
                        .any(|parameter| is_sealed(&resolve, &parameter.ty)),
                    tells: function
                        .result
                        .as_ref()
                        .is_some_and(|result| is_words(&resolve, result)),
                },
            );
        }
    }
    found
}

/// `label` of the resource `value`: `value.label`.
fn name_of(resolve: &Resolve, function: &Function) -> String {
    let of = |id: TypeId| {
        resolve.types[id]
            .name
            .clone()
            .expect("resources have names")
    };
    match function.kind {
        FunctionKind::Method(id) | FunctionKind::AsyncMethod(id) => {
            format!("{}.{}", of(id), function.item_name())
        }
        FunctionKind::Static(id)
        | FunctionKind::AsyncStatic(id)
        | FunctionKind::Constructor(id) => {
            format!("{}.{}", of(id), function.item_name())
        }
        FunctionKind::Freestanding | FunctionKind::AsyncFreestanding => function.name.clone(),
    }
}

/// Whether a type leads to one that this is true of.
fn leads_to(resolve: &Resolve, kind: &Type, is_it: &dyn Fn(&Type) -> bool) -> bool {
    if is_it(kind) {
        return true;
    }
    let Type::Id(id) = kind else { return false };
    let inner: Vec<Type> = match &resolve.types[*id].kind {
        TypeDefKind::Type(kind) | TypeDefKind::List(kind) | TypeDefKind::Option(kind) => {
            vec![*kind]
        }
        TypeDefKind::Record(record) => record.fields.iter().map(|field| field.ty).collect(),
        TypeDefKind::Tuple(tuple) => tuple.types.clone(),
        TypeDefKind::Variant(variant) => variant.cases.iter().filter_map(|case| case.ty).collect(),
        TypeDefKind::Result(result) => [result.ok, result.err].into_iter().flatten().collect(),
        TypeDefKind::Handle(handle) => match handle {
            wit_parser::Handle::Own(id) | wit_parser::Handle::Borrow(id) => vec![Type::Id(*id)],
        },
        _ => Vec::new(),
    };
    inner.iter().any(|inner| leads_to(resolve, inner, is_it))
}

fn is_sealed(resolve: &Resolve, kind: &Type) -> bool {
    leads_to(resolve, kind, &|kind| {
        let Type::Id(id) = kind else { return false };
        let found = &resolve.types[*id];
        matches!(found.kind, TypeDefKind::Resource) && found.name.as_deref() == Some("value")
    })
}

/// Text or bytes. Every error has text.
fn is_words(resolve: &Resolve, kind: &Type) -> bool {
    leads_to(resolve, kind, &|kind| {
        matches!(kind, Type::String | Type::U8)
    })
}

#[test]
fn every_function_of_the_contract_is_attacked() {
    let contract = contract();
    assert!(contract.len() > 50, "{}", contract.len());
    let mut mistakes = Vec::new();
    for (name, found) in &contract {
        if !FUNCTIONS.contains(&name.as_str()) {
            mistakes.push(format!("{name}: the hostile component cannot call it"));
        }
        let Some((_, part)) = PARTS.iter().find(|(one, _)| one == name) else {
            mistakes.push(format!("{name}: is it harmless? The table does not say"));
            continue;
        };
        let said = match part {
            Part::Tells => (false, true),
            Part::Both => (true, true),
            Part::Neither(_) => (false, false),
        };
        if found.takes && !said.0 {
            mistakes.push(format!(
                "{name} takes sealed values; the table says {part:?}"
            ));
        }
        if found.tells && !said.1 {
            mistakes.push(format!(
                "{name} gives text or bytes; the table says {part:?}"
            ));
        }
        if said.0 && !found.takes {
            mistakes.push(format!("{name} takes no sealed value"));
        }
        if said.1 && !found.tells {
            mistakes.push(format!("{name} tells nothing"));
        }
    }
    for name in FUNCTIONS.iter().chain(PARTS.iter().map(|(name, _)| name)) {
        if !contract.contains_key(*name) {
            mistakes.push(format!("{name}: the contract has no such function"));
        }
    }
    assert!(mistakes.is_empty(), "{}", mistakes.join("\n"));
}

/// A call of each function that takes text, so that each error is seen.
#[test]
fn every_function_that_a_program_calls_answers() {
    let scene = scene(World::Render);
    let mut program = Program::new();
    let calls = every_function(&mut program);
    let told = scene.attempt(&program, &["-vv"]);
    assert_eq!(told.finished.code, 0, "{}", told.finished.said());
    let called: std::collections::BTreeSet<&str> = functions(&program).into_values().collect();
    let all: std::collections::BTreeSet<&str> = FUNCTIONS.iter().copied().collect();
    assert_eq!(called, all);
    let skipped: Vec<String> = calls
        .iter()
        .filter(|step| told.step(**step).outcome == Outcome::Skipped)
        .map(|step| format!("{}: {}", functions(&program)[step], told.step(*step).text()))
        .collect();
    assert!(skipped.is_empty(), "{skipped:?}");
    let tried = Tried {
        scene: &scene,
        what: "every function".to_owned(),
        steps: functions(&program)
            .into_iter()
            .map(|(step, name)| (step, name.to_owned()))
            .collect(),
        never: Vec::new(),
    };
    none(&tried.leaks(&told));
}
