//! The machine that a command works on: this one, or the folder of
//! `--rootfs`.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, bail};

use super::own_folder::refuse_others;
use crate::effect::{Folder, Ledger, State, state_of};
use crate::world::machine::{MachineApi, MachineFiles, MachineHealth, MachineNode, RootfsNode};
use crate::world::{Files, MachinePath, NodeFacts, Provenance, World};

/// A machine, opened.
pub struct Machine {
    pub files: Arc<MachineFiles>,
    /// Whether it is the one this program runs on.
    pub is_this: bool,
}

impl Machine {
    /// Opens the machine whose root this folder is.
    pub fn open(root: &Path) -> anyhow::Result<Self> {
        let files = MachineFiles::open(root)
            .with_context(|| format!("--rootfs {}: cannot open the folder", root.display()))?;
        let found = files
            .root_stat()
            .with_context(|| format!("--rootfs {}", root.display()))?;
        refuse_others("--rootfs", root, &found)?;
        let is_this = std::fs::canonicalize(root).is_ok_and(|root| root == Path::new("/"));
        Ok(Self {
            files: Arc::new(files),
            is_this,
        })
    }

    /// Changing this machine takes root.
    pub fn require_root(&self, command: &str) -> anyhow::Result<()> {
        if self.is_this && !rustix::process::geteuid().is_root() {
            bail!(
                "IsPrivilegedUser: user is not running as root; run `kubewright {command}` as root (or give --rootfs, a folder you own)"
            );
        }
        Ok(())
    }

    /// Whether anything is at a path.
    pub fn has(&self, path: &MachinePath) -> bool {
        matches!(self.files.stat(path), Ok(Some(_)))
    }

    /// Its journals.
    pub fn folder(&self) -> Folder {
        Folder::of(Arc::clone(&self.files))
    }

    /// What runs did to it so far.
    pub fn ledger(&self) -> anyhow::Result<Ledger> {
        Ok(self.folder().ledger()?)
    }

    /// What these folders are now.
    pub fn states(
        &self,
        folders: Vec<MachinePath>,
    ) -> anyhow::Result<BTreeMap<MachinePath, State>> {
        let mut states = BTreeMap::new();
        for path in folders {
            let state = state_of(&*self.files, &path)?;
            states.insert(path, state);
        }
        Ok(states)
    }

    /// Names of what is in those of these folders that are not empty.
    pub fn entries(
        &self,
        folders: &BTreeMap<MachinePath, State>,
    ) -> anyhow::Result<BTreeMap<MachinePath, BTreeSet<String>>> {
        let filled = folders
            .iter()
            .filter(|(_, state)| matches!(state, State::Directory { empty: false, .. }));
        let mut entries = BTreeMap::new();
        for (folder, _) in filled {
            entries.insert(
                folder.clone(),
                self.files.list(folder)?.into_iter().collect(),
            );
        }
        Ok(entries)
    }

    /// The doors that open onto it. Called within the runtime.
    pub fn world(&self, facts: NodeFacts, provenance: Provenance, now: i64) -> World {
        let files: Arc<MachineFiles> = Arc::clone(&self.files);
        World {
            kube: Arc::new(MachineApi::new(Arc::<MachineFiles>::clone(&files))),
            node: match self.is_this {
                true => Arc::new(MachineNode::new(facts, Arc::<MachineFiles>::clone(&files))),
                false => Arc::new(RootfsNode::new(facts, Arc::<MachineFiles>::clone(&files))),
            },
            health: Arc::new(MachineHealth::new(Arc::<MachineFiles>::clone(&files))),
            files,
            provenance: Arc::new(provenance),
            now,
        }
    }
}
