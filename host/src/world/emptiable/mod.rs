//! The one check that a folder passes before all that is in it is removed,
//! wherever its name came from: a journal, a manifest, the cluster, a
//! configuration, a flag. Any of them may be wrong, or made up by somebody.

mod system;

use std::collections::BTreeSet;

use crate::world::machine::MountError;
use crate::world::{FileError, FileKind, Files, MachinePath};

/// Folders of clusters by their usual names: a disk of their own may be mounted
/// on them, and they may be the home of a user that a package made.
const OF_A_CLUSTER: [&str; 5] = [
    "/var/lib/kubelet",
    "/etc/kubernetes/manifests",
    "/var/lib/etcd",
    "/etc/kubernetes/tmp",
    "/etc/kubernetes/pki",
];

/// Users of a machine (passwd(5)).
const USERS: &str = "/etc/passwd";

/// What is read of the users at most.
const USERS_LIMIT: u64 = 4 << 20;

/// A folder whose content may be removed. Only the check makes one.
#[derive(Debug)]
pub struct EmptiableFolder {
    /// Where it is, links followed.
    real: MachinePath,
    /// What is mounted on it and in it.
    mounts: BTreeSet<MachinePath>,
}

/// Why a folder is left as it is.
#[derive(Debug, thiserror::Error)]
pub enum NotEmptiable {
    #[error("it is {0}, a folder of the system")]
    System(MachinePath),
    #[error("it holds {0}, a folder of the system")]
    HoldsSystem(MachinePath),
    #[error("it lies in {0}, a folder of the system")]
    InSystem(MachinePath),
    #[error("it is a home, that of {0}")]
    Home(String),
    #[error("it holds {0}, somebody's home")]
    HoldsHome(MachinePath),
    #[error("something is mounted on it that may be somebody else's")]
    IsMount,
    #[error("{0} is mounted in it, which may be somebody else's")]
    HoldsMount(MachinePath),
    #[error("whose home it is cannot be known")]
    Users(#[source] FileError),
    #[error("where it is cannot be known")]
    Mounts(#[from] MountError),
    #[error("whether it is a folder of the system cannot be known")]
    Look(#[source] FileError),
}

/// What is known of the machine on which folders are emptied.
pub trait Surroundings {
    fn files(&self) -> &dyn Files;
    /// Where a folder is, links followed, by the name that mounts are known by;
    /// none where there is no such folder.
    fn real(&self, folder: &MachinePath) -> Result<Option<MachinePath>, NotEmptiable>;
    /// What a folder is, by whatever name (device and number), where that is
    /// known.
    fn identity(&self, real: &MachinePath) -> Result<Option<(u64, u64)>, NotEmptiable>;
    fn is_mount(&self, path: &MachinePath) -> bool;
    /// What is mounted in a folder, itself left out; the innermost first.
    fn mounts_below(&self, folder: &MachinePath) -> Vec<MachinePath>;
}

impl EmptiableFolder {
    /// Checks a folder; none where there is none. `was_empty`: that nothing was
    /// in it before the cluster was made, as the journal says.
    pub fn check(
        at: &dyn Surroundings,
        folder: &MachinePath,
        was_empty: bool,
    ) -> Result<Option<Self>, NotEmptiable> {
        // By the name that mounts are known by: a link may lead anywhere.
        let Some(real) = at.real(folder)? else {
            return Ok(None);
        };
        for path in [folder, &real] {
            not_of_system(at, path)?;
        }
        let is_of_cluster = OF_A_CLUSTER.contains(&real.as_str());
        if !is_of_cluster {
            no_home(at, &real)?;
        }
        if !is_of_cluster && !was_empty {
            no_mount(at, &real)?;
        }
        let mut mounts: BTreeSet<MachinePath> = at.mounts_below(&real).into_iter().collect();
        mounts.extend(at.is_mount(&real).then(|| real.clone()));
        Ok(Some(Self { real, mounts }))
    }

    /// Where it is, links followed.
    pub fn path(&self) -> &MachinePath {
        &self.real
    }

    /// Removes all that lies in it, links themselves and not what they lead to.
    /// What is mounted in it is neither removed nor entered, nor is what
    /// `stays` says.
    pub fn empty(
        &self,
        files: &dyn Files,
        stays: &dyn Fn(&MachinePath) -> bool,
    ) -> Result<(), FileError> {
        remove_within(files, &self.real, &|path| {
            self.mounts.contains(path) || stays(path)
        })
    }
}

fn remove_within(
    files: &dyn Files,
    folder: &MachinePath,
    stays: &dyn Fn(&MachinePath) -> bool,
) -> Result<(), FileError> {
    for name in files.list(folder)? {
        let Ok(path) = folder.join(&name) else {
            continue;
        };
        if stays(&path) {
            continue;
        }
        let Some(found) = files.stat(&path)? else {
            continue;
        };
        if found.kind == FileKind::Directory {
            remove_within(files, &path, stays)?;
            if !files.list(&path)?.is_empty() {
                continue;
            }
        }
        files.remove(&path)?;
    }
    Ok(())
}

fn not_of_system(at: &dyn Surroundings, path: &MachinePath) -> Result<(), NotEmptiable> {
    let own = identity(at, path)?;
    let root = MachinePath::parse("/").map(|root| (root, false));
    let paths = |list: &'static [&'static str], whole: bool| {
        list.iter()
            .filter_map(move |name| Some((MachinePath::parse(name).ok()?, whole)))
    };
    let all = root
        .into_iter()
        .chain(paths(&system::WHOLE, true))
        .chain(paths(&system::THEMSELVES, false));
    let mut found = None;
    for (named, whole) in all {
        // As `/lib`, a link to `/usr/lib`; or `/srv`, to another disk. Where
        // this user may not look, it may not remove either.
        let real = at.real(&named).ok().flatten();
        let there = identity(at, &named).ok().flatten();
        // Mounted a second time it has another name.
        let is_same = own.is_some() && own == there;
        for other in std::iter::once(&named).chain(&real) {
            let named = || named.clone();
            if path == other || is_same {
                return Err(NotEmptiable::System(named()));
            }
            if other.is_within(path) {
                found.get_or_insert(NotEmptiable::HoldsSystem(named()));
            }
            if whole && path.is_within(other) {
                found.get_or_insert(NotEmptiable::InSystem(named()));
            }
        }
    }
    // That it is one says more than what is in it.
    found.map_or(Ok(()), Err)
}

/// What a folder is, by whatever name; none where there is none.
fn identity(at: &dyn Surroundings, path: &MachinePath) -> Result<Option<(u64, u64)>, NotEmptiable> {
    match at.real(path)? {
        Some(real) => at.identity(&real),
        None => Ok(None),
    }
}

fn no_home(at: &dyn Surroundings, path: &MachinePath) -> Result<(), NotEmptiable> {
    let parent = path.parent();
    let parent = parent.as_ref().map(MachinePath::as_str);
    if parent.is_some_and(|parent| system::HOMES.contains(&parent)) {
        return Err(NotEmptiable::Home(path.file_name().to_owned()));
    }
    for (user, home) in homes(at.files())? {
        let real = at.real(&home).ok().flatten();
        for other in std::iter::once(&home).chain(&real) {
            // Of the root all is said.
            if other.parent().is_none() {
                continue;
            }
            if other == path {
                return Err(NotEmptiable::Home(user));
            }
            if other.is_within(path) {
                return Err(NotEmptiable::HoldsHome(home));
            }
        }
    }
    Ok(())
}

/// Users who can log in, or are people, and their homes (passwd(5)). Those of
/// services have their folders, too, such as etcd's.
fn homes(files: &dyn Files) -> Result<Vec<(String, MachinePath)>, NotEmptiable> {
    let path = MachinePath::parse(USERS).ok();
    let text = match path.map(|path| files.read(&path, USERS_LIMIT)) {
        Some(Ok(text)) => text,
        None | Some(Err(FileError::NotFound(_) | FileError::NotDirectory(_))) => {
            return Ok(Vec::new());
        }
        Some(Err(error)) => return Err(NotEmptiable::Users(error)),
    };
    let text = String::from_utf8_lossy(&text);
    let of = |line: &str| {
        let fields: Vec<&str> = line.trim().split(':').collect();
        let [name, _, uid, _, _, home, shell] = fields.as_slice() else {
            return None;
        };
        let is_person = uid.parse::<u32>().is_ok_and(|uid| uid == 0 || uid >= 1000);
        let cannot = ["nologin", "false", "sync", "shutdown", "halt"];
        let shell = shell.rsplit('/').next().unwrap_or_default();
        let wanted = is_person || !cannot.contains(&shell);
        let home = MachinePath::parse(home).ok()?;
        wanted.then(|| ((*name).to_owned(), home))
    };
    Ok(text.lines().filter_map(of).collect())
}

fn no_mount(at: &dyn Surroundings, path: &MachinePath) -> Result<(), NotEmptiable> {
    if at.is_mount(path) {
        return Err(NotEmptiable::IsMount);
    }
    match at.mounts_below(path).into_iter().next() {
        Some(inner) => Err(NotEmptiable::HoldsMount(inner)),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests;
