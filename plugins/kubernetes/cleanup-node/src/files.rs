//! Folders and files.

use std::collections::BTreeSet;

use kubewright_leaving::{Folders, KUBELET, Node, Settings, Teller};
use kubewright_plugin::types::{Change, ErrorCode};
use kubewright_plugin::{Context, Result, leftovers, undo};

const MANIFESTS: &str = "/etc/kubernetes/manifests";

/// The kubeconfigs that kubeadm writes.
const KUBECONFIGS: [&str; 6] = [
    "/etc/kubernetes/admin.conf",
    "/etc/kubernetes/super-admin.conf",
    "/etc/kubernetes/kubelet.conf",
    "/etc/kubernetes/bootstrap-kubelet.conf",
    "/etc/kubernetes/controller-manager.conf",
    "/etc/kubernetes/scheduler.conf",
];

/// Takes the manifests away, so that the kubelet starts nothing anew.
pub fn manifests(is_ours: bool, folders: &mut Folders<'_>, teller: Teller) -> Result<()> {
    if !is_ours {
        return folders.empty(MANIFESTS);
    }
    for path in undo::touched(MANIFESTS)? {
        if path != MANIFESTS {
            restore(&path, teller)?;
        }
    }
    Ok(())
}

/// The folders that are to be emptied, in the order of their names.
pub fn folders<'a>(settings: &Settings, node: &'a Node) -> BTreeSet<&'a String> {
    let mut folders: BTreeSet<&String> = node.folders.iter().collect();
    if settings.runs("remove-etcd-member") {
        folders.extend(&node.etcd_folders);
    }
    folders
}

/// Removes kubeconfigs of a machine that kubeadm made.
pub fn kubeconfigs(teller: Teller) -> Result<()> {
    for path in KUBECONFIGS {
        let removed = leftovers::discard(path).with_context(|| format!("removing {path}"))?;
        if removed != Change::Unchanged {
            teller.step("removed", path, "");
        }
    }
    Ok(())
}

/// Undoes all that the journal says and that is not undone yet, the last change
/// first; then folders that programs filled are through.
pub fn undo_all(settings: &Settings, node: &Node, teller: Teller) -> Result<()> {
    for path in undo::touched("/")? {
        restore(&path, teller)?;
    }
    let keeps_etcd = !settings.runs("remove-etcd-member");
    for folder in undo::filled()? {
        let is_kept = keeps_etcd && folder != KUBELET && !node.folders.contains(&folder);
        if !is_kept {
            restore(&folder, teller)?;
        }
    }
    Ok(())
}

fn restore(path: &str, teller: Teller) -> Result<()> {
    let undone = match undo::restore(path) {
        Ok(undone) => undone,
        // It is through already.
        Err(error) if error.code == ErrorCode::NotFound => return Ok(()),
        Err(error) => return Err(error).with_context(|| format!("undoing {path}")),
    };
    if undone.change != Change::Unchanged {
        teller.step(&undone.words, path, &undone.lines.join(", "));
    }
    if let Some(why) = &undone.kept {
        teller.step("kept", path, why);
    }
    Ok(())
}
