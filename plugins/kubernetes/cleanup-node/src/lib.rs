//! The phase `cleanup-node` (kubeadm `app/cmd/phases/reset/cleanupnode.go`).

mod accounts;
mod files;
mod kubelet;
mod mounts;
mod pods;

use kubewright_leaving::{Folders, Node, Settings, Teller};
use kubewright_plugin::types::ErrorCode;
use kubewright_plugin::undo::{self, Standing};
use kubewright_plugin::{Content, Context, Document, Result, terminal};

/// What kubeadm says at the end of a reset.
const NOT_CLEANED: &str = "
The reset process does not perform cleanup of CNI plugin configuration,
network filtering rules and kubeconfig files.

For information on how to perform this cleanup manually, please see:
    https://k8s.io/docs/reference/setup-tools/kubeadm/kubeadm-reset/

";

fn run(document: &Document) -> Result<()> {
    let settings = Settings::read(document)?;
    let Some(node) = Node::of(document)? else {
        return Ok(());
    };
    let is_ours = undo::whose()? == Standing::Ours;
    let teller = Teller::of(settings.is_planned);
    let mut folders = Folders::of(&settings);
    if !is_ours {
        // What names it is among the first things that go.
        for folder in &node.etcd_folders {
            match undo::note(folder) {
                // What it is will be told where it is to be emptied.
                Err(error) if error.code == ErrorCode::Denied => {}
                noted => noted.with_context(|| format!("noting {folder}"))?,
            }
        }
    }
    let runs = settings.is_live && kubelet::stop(teller)?;
    // A kubelet that still runs would bring its Pods back.
    files::manifests(is_ours, &mut folders, teller)?;
    // Before anything is unmounted: a program that still ran would write below
    // a mount point what is then removed with it.
    pods::remove(&settings, runs, teller)?;
    mounts::unmount(&settings, &mut folders, teller)?;
    for folder in &files::folders(&settings, &node) {
        folders.empty(folder)?;
    }
    if !is_ours {
        files::kubeconfigs(teller)?;
    }
    files::undo_all(&settings, &node, teller)?;
    if node.is_rootless {
        accounts::remove(teller);
    }
    terminal::show(&Content::from(NOT_CLEANED.to_owned()).pieces())?;
    folders.finish()
}

kubewright_plugin::phases! {
    summary: "Takes back what a cluster made of a node",
    "cleanup-node": "Run cleanup node" => run,
}
