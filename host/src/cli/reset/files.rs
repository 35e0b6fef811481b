//! Mounts, folders and files.

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::cluster::ClusterFacts;
use super::emptiable::{ETCD_DATA, EmptiableFolder, KUBELET, MANIFESTS, Surroundings};
use super::settings::Phase;
use super::work::{Effect, Work};
use crate::effect::{Record, State, Undo};
use crate::world::MachinePath;
use crate::world::machine::Mounts;

/// The kubeconfigs that kubeadm writes.
const KUBECONFIGS: [&str; 6] = [
    "/etc/kubernetes/admin.conf",
    "/etc/kubernetes/super-admin.conf",
    "/etc/kubernetes/kubelet.conf",
    "/etc/kubernetes/bootstrap-kubelet.conf",
    "/etc/kubernetes/controller-manager.conf",
    "/etc/kubernetes/scheduler.conf",
];

impl Work<'_> {
    /// Takes the manifests away, so that the kubelet starts nothing anew.
    pub fn remove_manifests(&mut self) -> anyhow::Result<()> {
        let folder = MachinePath::parse(MANIFESTS)?;
        match self.target.is_kubeadms() {
            true => self.empty(&folder, &State::Absent),
            false => self.undo(&|path| *path != folder && path.is_within(&folder)),
        }
    }

    /// Unmounts what the kubelet mounted. What cannot be unmounted is not
    /// entered later on.
    pub async fn unmount(&mut self) -> anyhow::Result<()> {
        let mounts = Mounts::read(self.machine.files.root())?;
        // A link may have made it the whole machine.
        let Some(kubelet) = self.emptiable(&mounts, &MachinePath::parse(KUBELET)?) else {
            return Ok(());
        };
        let kubelet = kubelet.path().clone();
        let flags = &self.settings.unmount_flags;
        let mut points = mounts.below(&kubelet);
        // The kubelet mounts its own folder on itself where the mounts of the
        // root are not shared, as they are not without systemd. A folder that
        // was not there before had nobody else's mount.
        if mounts.is_mount(&kubelet) && self.is_of_the_kubelet()? {
            points.push(kubelet);
        }
        for path in points {
            let effect = Effect {
                phase: Phase::CleanupNode,
                action: "Unmount",
                target: path.as_str(),
                words: "unmounted",
            };
            let unmounted = self
                .land(effect, async { Ok(mounts.unmount(&path, flags)?) })
                .await?;
            match unmounted {
                Ok(()) => {
                    self.unmounted.insert(path);
                }
                Err(error) => self.output.warning(&format!(
                    "[reset] {error:#}: it is left as it is, and nothing in it is removed"
                )),
            }
        }
        Ok(())
    }

    /// Whether there was no folder of the kubelet before the first run.
    fn is_of_the_kubelet(&self) -> anyhow::Result<bool> {
        let folder = MachinePath::parse(KUBELET)?;
        let before = self
            .ledger()
            .and_then(|ledger| ledger.state_folders.get(&folder));
        Ok(before == Some(&State::Absent))
    }

    /// Empties the folders that programs of the cluster filled.
    pub fn empty_folders(&mut self, cluster: &ClusterFacts) -> anyhow::Result<()> {
        let (of_etcd, of_node) = (
            self.settings.runs(Phase::RemoveEtcdMember),
            self.settings.runs(Phase::CleanupNode),
        );
        let etcd = self.etcd_data(cluster)?;
        let mut folders: BTreeMap<MachinePath, State> = BTreeMap::new();
        if let Some(ledger) = self.ledger() {
            folders.extend(ledger.state_folders.clone());
        }
        if self.target.is_kubeadms() {
            let certificates = match &cluster.certificates {
                Some(known) if !self.settings.names_certificates => known,
                _ => &self.settings.certificates,
            };
            for folder in [&MachinePath::parse(KUBELET)?, certificates, &etcd] {
                folders.insert(folder.clone(), State::Absent);
            }
        }
        if self.settings.names_certificates {
            folders.insert(self.settings.certificates.clone(), State::Absent);
        }
        if let Some(folder) = self.settings.temporary()? {
            folders.insert(folder, State::Absent);
        }
        for (folder, before) in &folders {
            let wanted = match *folder == etcd {
                true => of_etcd,
                false => of_node,
            };
            if wanted {
                self.warn_of_certificates(folder);
                self.empty(folder, before)?;
            }
        }
        if of_node && self.target.is_kubeadms() {
            for path in KUBECONFIGS {
                self.remove_file(&MachinePath::parse(path)?)?;
            }
        }
        Ok(())
    }

    /// Where etcd keeps its data: by its static Pod (which may be undone
    /// already: then what the cluster says, or the journal), else kubeadm's
    /// default.
    fn etcd_data(&self, cluster: &ClusterFacts) -> anyhow::Result<MachinePath> {
        if let Some(known) = &cluster.etcd_data {
            return Ok(known.clone());
        }
        if let Some(known) = &self.etcd_data {
            return Ok(known.clone());
        }
        let kubelet = MachinePath::parse(KUBELET)?;
        let recorded = self
            .ledger()
            .and_then(|ledger| ledger.state_folders.keys().find(|one| **one != kubelet));
        Ok(match recorded {
            Some(folder) => folder.clone(),
            None => MachinePath::parse(ETCD_DATA)?,
        })
    }

    fn warn_of_certificates(&self, folder: &MachinePath) {
        let is_default = folder.as_str() == super::emptiable::CERTIFICATES_DIR;
        if *folder == self.settings.certificates && !is_default {
            self.output.warning(&format!(
                "[reset] WARNING: Cleaning a non-default certificates directory: \"{folder}\""
            ));
        }
    }

    /// Undoes all that the journal says and that is not undone yet.
    pub fn undo_files(&mut self) -> anyhow::Result<()> {
        self.undo(&|_| true)?;
        let Some(journal) = self.journal.clone() else {
            return Ok(());
        };
        let mut folders: BTreeSet<MachinePath> = match self.ledger() {
            Some(ledger) => ledger.state_folders.keys().cloned().collect(),
            None => BTreeSet::new(),
        };
        // As noted by this run.
        folders.extend(self.etcd_data.clone());
        let keeps_etcd = !self.settings.runs(Phase::RemoveEtcdMember);
        for path in folders {
            let is_kept = keeps_etcd && path.as_str() != KUBELET;
            if !is_kept && !self.settled.contains(&path) {
                journal.append(&Record::Undone { path })?;
            }
        }
        Ok(())
    }

    /// Undoes what the journal says of these paths, the last change first.
    fn undo(&mut self, wanted: &dyn Fn(&MachinePath) -> bool) -> anyhow::Result<()> {
        let paths: Vec<_> = match self.ledger() {
            None => return Ok(()),
            Some(ledger) => ledger
                .backwards()
                .into_iter()
                .filter(|(path, _)| wanted(path) && !self.settled.contains(*path))
                .map(|(path, touched)| (path.clone(), touched.clone()))
                .collect(),
        };
        let mounts = Mounts::read(self.machine.files.root())?;
        for (path, touched) in paths {
            self.settled.insert(path.clone());
            let undo = Undo::of(&*self.files, &path, &touched, self.settings.force())?;
            match &undo {
                // It cannot be removed, and that must not end the reset.
                Undo::Remove if mounts.is_mount(&path) && !self.unmounted.contains(&path) => {
                    self.tell(&path, "kept", "something is mounted on it");
                    continue;
                }
                Undo::Keep(_)
                    if touched.original == State::Absent && self.emptied.contains(&path) =>
                {
                    self.tell(&path, Undo::Remove.words(), "");
                    continue;
                }
                Undo::Keep(_) | Undo::Nothing => {}
                Undo::Lines { names, .. } => self.tell(&path, undo.words(), &names.join(", ")),
                other => self.tell(&path, other.words(), ""),
            }
            undo.carry_out(&self.machine.folder(), &*self.files, &path)?;
            if let Some(why) = undo.kept() {
                self.kept += 1;
                self.tell(&path, "kept", &why);
            } else if let Some(journal) = &self.journal {
                journal.append(&Record::Undone { path })?;
            }
        }
        Ok(())
    }

    fn remove_file(&mut self, path: &MachinePath) -> anyhow::Result<()> {
        if self.files.stat(path)?.is_some() {
            self.tell(path, "removed", "");
            self.files.remove(path)?;
        }
        Ok(())
    }

    /// A folder, if there is one and all that is in it may be removed; tells why
    /// where it may not.
    fn emptiable(&mut self, mounts: &Mounts, folder: &MachinePath) -> Option<EmptiableFolder> {
        // Of a machine that kubeadm made it is assumed, not known.
        let known = match self.target.is_kubeadms() {
            true => None,
            false => self.ledger().and_then(|one| one.state_folders.get(folder)),
        };
        let was_empty = known.is_some_and(was_empty);
        let at = Surroundings {
            files: &self.machine.files,
            mounts,
            unmounted: &self.unmounted,
        };
        match EmptiableFolder::check(&at, folder, was_empty) {
            Ok(folder) => folder,
            Err(why) => {
                if self.left.insert(folder.clone()) {
                    self.output.warning(&format!(
                        "[reset] {folder} is left as it is: {:#}; remove by hand what the cluster left in it",
                        anyhow::Error::from(why)
                    ));
                }
                None
            }
        }
    }

    /// Empties a folder that programs of the cluster filled, if there was
    /// nothing in it before they did. What is mounted in it is not entered.
    fn empty(&mut self, folder: &MachinePath, before: &State) -> anyhow::Result<()> {
        let files = Arc::clone(&self.files);
        let mounts = Mounts::read(self.machine.files.root())?;
        let Some(emptiable) = self.emptiable(&mounts, folder) else {
            return Ok(());
        };
        let real = emptiable.path();
        if files.list(real)?.is_empty() {
            return Ok(());
        }
        let earlier = match was_empty(before) || self.settings.force() {
            true => Some(BTreeSet::new()),
            false => self
                .ledger()
                .and_then(|ledger| ledger.state_entries.get(folder).cloned()),
        };
        let Some(earlier) = earlier else {
            self.tell(
                folder,
                "kept the contents of",
                "something was in it before; --force empties it",
            );
            return Ok(());
        };
        let others_stay = Cell::new(false);
        let unmounted = self.unmounted.clone();
        let stays = |path: &MachinePath| {
            let is_earlier =
                earlier.contains(path.file_name()) && path.parent().as_ref() == Some(real);
            let stays = is_earlier || mounts.is_mount(path);
            if stays && !unmounted.contains(path) {
                others_stay.set(true);
            }
            stays
        };
        if files.list(real)?.iter().all(|name| earlier.contains(name)) {
            return Ok(());
        }
        let why = match earlier.is_empty() {
            true => "",
            false => "what was in it before is kept; --force removes that as well",
        };
        self.tell(folder, "emptied", why);
        emptiable.empty(&*files, &stays)?;
        let mut left = files.list(real)?;
        left.retain(|name| !earlier.contains(name));
        // In a dry run the mounts are still there.
        if !self.is_real() {
            if !others_stay.get() {
                self.emptied.insert(folder.clone());
            }
            return Ok(());
        }
        if let [first, rest @ ..] = left.as_slice() {
            let more = match rest.len() {
                0 => String::new(),
                more => format!(" and {more} more"),
            };
            self.output.warning(&format!(
                "[reset] {folder} is not empty: {first}{more} could not be removed"
            ));
        }
        Ok(())
    }
}

/// Whether nothing was in a folder.
fn was_empty(before: &State) -> bool {
    matches!(before, State::Absent | State::Directory { empty: true, .. })
}
