//! Leaving: what a reset does.

use kubewright_plugin::bindings::phase::kubewright::provision::accounts;
use kubewright_plugin::{documents, etcd, leftovers, mounts, pods, undo};
use kubewright_test_hostile_calls::{Call, Item, Text};

use super::{Done, Machine, Refusal, bytes, word};

/// The call, if it is one of these.
pub fn call(machine: &Machine, call: &Call) -> Option<Done> {
    let cluster = |endpoints: &[Item<Text>], ca, certificate, key| etcd::Cluster {
        endpoints: machine.texts(endpoints),
        ca: machine.text(ca),
        certificate: machine.text(certificate),
        key: machine.text(key),
    };
    let done = || -> Result<Option<super::Got>, Refusal> {
        match call {
            Call::AccountsRemove { users, groups } => word(accounts::remove(
                &machine.texts(users),
                &machine.texts(groups),
            )?),
            Call::EtcdMembers {
                endpoints,
                ca,
                certificate,
                key,
                seconds,
            } => word(etcd::members(
                &cluster(endpoints, ca, certificate, key),
                *seconds,
            )?),
            Call::EtcdRemoveMember {
                endpoints,
                ca,
                certificate,
                key,
                id,
                seconds,
            } => word(etcd::remove_member(
                &cluster(endpoints, ca, certificate, key),
                *id,
                *seconds,
            )?),
            Call::PodsAll { socket } => word(pods::all(&machine.text(socket))?),
            Call::PodsRemove { socket, id } => {
                word(pods::remove(&machine.text(socket), &machine.text(id))?)
            }
            Call::MountsInFolder { folder } => word(mounts::in_folder(&machine.text(folder))?),
            Call::MountsUnmount {
                folder,
                path,
                options,
            } => word(mounts::unmount(
                &machine.text(folder),
                &machine.text(path),
                &machine.texts(options),
            )?),
            Call::LeftoversEmpty { folder } => word(leftovers::empty(&machine.text(folder))?),
            Call::LeftoversDiscard { file } => word(leftovers::discard(&machine.text(file))?),
            Call::UndoWhose {} => word(undo::whose()?),
            Call::UndoTouched { folder } => bytes(undo::touched(&machine.text(folder))?.join("\n")),
            Call::UndoFilled {} => bytes(undo::filled()?.join("\n")),
            Call::UndoRestore { path } => word(undo::restore(&machine.text(path))?),
            Call::UndoNote { folder } => word(undo::note(&machine.text(folder))?),
            Call::DocumentsPublish { kind, document } => word(documents::publish(
                &machine.text(kind),
                &machine.text(document),
            )?),
            _ => return Ok(None),
        }
        .map(Some)
    };
    done().transpose()
}
