//! Files in memory over files that are only read.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use zeroize::Zeroizing;

use crate::world::machine::MachineFiles;
use crate::world::{
    FileError, FileKind, Files, Identity, LastLink, MachinePath, Metadata, Opened, Owner, links,
};

/// What the sandbox holds at a path that was touched.
#[derive(Clone)]
enum Layer {
    File {
        rights: Rights,
        content: Zeroizing<Vec<u8>>,
        /// When it was written, among the others.
        turn: usize,
    },
    Directory {
        rights: Rights,
    },
    /// What the base has, given to an owner.
    Given {
        rights: Rights,
    },
    Removed,
}

/// Who may do what with it.
#[derive(Clone, Copy)]
struct Rights {
    mode: u32,
    /// None for whoever runs this program.
    owner: Option<Owner>,
}

impl Rights {
    fn of_mode(mode: u32) -> Self {
        Self { mode, owner: None }
    }

    fn metadata(self, kind: FileKind, size: u64) -> Metadata {
        Metadata {
            kind,
            mode: self.mode,
            owner: self.owner(),
            size,
        }
    }

    fn owner(self) -> Owner {
        self.owner.unwrap_or_else(Owner::of_process)
    }
}

/// One difference between the sandbox and what lies below it.
pub enum Change<'a> {
    File {
        mode: u32,
        owner: Owner,
        content: &'a [u8],
    },
    Directory {
        mode: u32,
        owner: Owner,
    },
    /// As below but for mode and owner.
    Given {
        mode: u32,
        owner: Owner,
    },
    Removed,
}

/// An overlay: reads fall through to `base`, writes stay in memory.
pub struct SandboxFiles {
    base: Option<Arc<dyn Files>>,
    layers: Mutex<BTreeMap<MachinePath, Layer>>,
    turns: AtomicUsize,
    /// Mount points of the base that are gone here: what lies below them in the
    /// base is not seen.
    unmounted: Mutex<BTreeSet<MachinePath>>,
}

impl SandboxFiles {
    /// Over `base`, or over nothing but a root directory.
    pub fn over(base: Option<Arc<dyn Files>>) -> Self {
        Self {
            base,
            layers: Mutex::default(),
            turns: AtomicUsize::new(0),
            unmounted: Mutex::default(),
        }
    }

    /// Walks through what differs from the base, in the order of the paths
    /// (a directory before what lies in it).
    pub fn each_change<E>(
        &self,
        mut visit: impl FnMut(&MachinePath, Change<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        for (path, layer) in self.layers().iter() {
            if self.is_as_below(path, layer) {
                continue;
            }
            let change = match layer {
                Layer::File {
                    rights, content, ..
                } => Change::File {
                    mode: rights.mode,
                    owner: rights.owner(),
                    content,
                },
                Layer::Directory { rights } => Change::Directory {
                    mode: rights.mode,
                    owner: rights.owner(),
                },
                Layer::Given { rights } => Change::Given {
                    mode: rights.mode,
                    owner: rights.owner(),
                },
                Layer::Removed => Change::Removed,
            };
            visit(path, change)?;
        }
        Ok(())
    }

    /// Whether a file was written and is what the base has: one phase changed
    /// it, and another one changed it back.
    fn is_as_below(&self, path: &MachinePath, layer: &Layer) -> bool {
        let (
            Some(base),
            Layer::File {
                rights, content, ..
            },
        ) = (&self.base, layer)
        else {
            return false;
        };
        let size = content.len() as u64;
        let wanted = rights.metadata(FileKind::Regular, size);
        matches!(base.stat(path), Ok(Some(found)) if found == wanted)
            && matches!(base.open(path, size), Ok(opened) if *opened.content == **content)
    }

    /// Lets everything land in `target`. Directories first, then files, then
    /// removals from the inside out. Files land in the order in which they
    /// were written: what is cut short by a kill is then what a run leaves that
    /// was, and the next one can go on with it (a key is there before its
    /// certificate, a CA before what it signed).
    pub fn commit(&self, target: &MachineFiles) -> Result<(), FileError> {
        let layers = self.layers();
        for (path, layer) in layers.iter() {
            if let Layer::Directory { rights } = layer {
                target.make_directory(path, rights.mode)?;
            }
        }
        let mut files: Vec<_> = layers
            .iter()
            .filter_map(|(path, layer)| match layer {
                Layer::File {
                    rights,
                    content,
                    turn,
                } if !self.is_as_below(path, layer) => {
                    Some((*turn, (path, rights.mode, content.as_slice())))
                }
                _ => None,
            })
            .collect();
        files.sort_by_key(|(turn, _)| *turn);
        target.write_all(files.into_iter().map(|(_, file)| file))?;
        for (path, layer) in layers.iter() {
            if let Layer::File { rights, .. }
            | Layer::Directory { rights }
            | Layer::Given { rights } = layer
                && let Some(owner) = rights.owner
            {
                target.set_owner(path, owner, rights.mode)?;
            }
        }
        for (path, layer) in layers.iter().rev() {
            if matches!(layer, Layer::Removed) && target.stat(path)?.is_some() {
                target.remove(path)?;
            }
        }
        Ok(())
    }

    // A panic while the lock was held leaves whole entries behind: the map is
    // only ever changed by single inserts.
    fn layers(&self) -> MutexGuard<'_, BTreeMap<MachinePath, Layer>> {
        self.layers.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The base, as far as it is seen at a path.
    fn base_at(&self, path: &MachinePath) -> Option<&Arc<dyn Files>> {
        let base = self.base.as_ref()?;
        let unmounted = self.unmounted.lock();
        let unmounted = unmounted.unwrap_or_else(PoisonError::into_inner);
        let hides = |point: &MachinePath| path != point && path.is_within(point);
        (!unmounted.iter().any(hides)).then_some(base)
    }

    fn is_unmounted(&self, path: &MachinePath) -> bool {
        let unmounted = self.unmounted.lock();
        let unmounted = unmounted.unwrap_or_else(PoisonError::into_inner);
        unmounted.contains(path)
    }

    fn base_stat(&self, path: &MachinePath) -> Result<Option<Metadata>, FileError> {
        match self.base_at(path) {
            Some(base) => base.stat(path),
            None => Ok(None),
        }
    }

    /// The path under which the sandbox keeps what it leads to. Links lie in
    /// the base only: no effect makes one.
    fn canonical<'a>(
        &self,
        path: &'a MachinePath,
        last: LastLink,
    ) -> Result<Cow<'a, MachinePath>, FileError> {
        let Some(base) = &self.base else {
            return Ok(Cow::Borrowed(path));
        };
        // Where the base follows no link there is none.
        let of_base = base.real(path, last);
        if matches!(&of_base, Ok(real) if real == path) {
            return Ok(Cow::Borrowed(path));
        }
        links::resolve(path, last, &mut |path| self.link(path)).map(Cow::Owned)
    }

    fn put(&self, path: &MachinePath, rights: Rights, content: &[u8]) {
        let file = Layer::File {
            rights,
            content: Zeroizing::new(content.to_vec()),
            turn: self.turns.fetch_add(1, Ordering::Relaxed),
        };
        self.layers().insert(path.clone(), file);
    }

    /// What is there, if it is a file or a directory.
    fn plain(&self, path: &MachinePath) -> Result<Metadata, FileError> {
        match self.stat(path)? {
            None => Err(FileError::NotFound(path.clone())),
            Some(found) => match found.kind {
                FileKind::Regular | FileKind::Directory => Ok(found),
                FileKind::SymbolicLink | FileKind::Other => Err(FileError::Special(path.clone())),
            },
        }
    }

    /// The folder of what was asked for, which may be another by links, must be
    /// there; the error names it as it was asked for.
    fn require_parent(&self, asked: &MachinePath, path: &MachinePath) -> Result<(), FileError> {
        let Some(parent) = path.parent() else {
            return Err(FileError::IsDirectory(asked.clone()));
        };
        let named = asked.parent().unwrap_or_else(MachinePath::root);
        self.require_directory(&parent)
            .map_err(|error| match error {
                FileError::NotFound(_) => FileError::NotFound(named),
                FileError::NotDirectory(_) => FileError::NotDirectory(named),
                error => error,
            })
    }

    fn require_directory(&self, path: &MachinePath) -> Result<(), FileError> {
        match self.stat(path)? {
            Some(found) if found.kind == FileKind::Directory => Ok(()),
            // Where a link leads only the base can tell: outside of it, or
            // nowhere, nothing can be written when all of this lands there.
            Some(found) if found.kind == FileKind::SymbolicLink => match &self.base {
                Some(base) => base.list(path).map(|_| ()),
                None => Err(FileError::NotDirectory(path.clone())),
            },
            Some(_) => Err(FileError::NotDirectory(path.clone())),
            None => Err(FileError::NotFound(path.clone())),
        }
    }
}

impl Files for SandboxFiles {
    fn stat(&self, path: &MachinePath) -> Result<Option<Metadata>, FileError> {
        let path = &*self.canonical(path, LastLink::Keep)?;
        match self.layers().get(path) {
            Some(Layer::File {
                rights, content, ..
            }) => Ok(Some(
                rights.metadata(FileKind::Regular, content.len() as u64),
            )),
            Some(Layer::Directory { rights }) => Ok(Some(rights.metadata(FileKind::Directory, 0))),
            Some(Layer::Given { rights }) => Ok(self
                .base_stat(path)?
                .map(|below| rights.metadata(below.kind, below.size))),
            Some(Layer::Removed) => Ok(None),
            None if path.parent().is_none() => Ok(Some(
                Rights::of_mode(0o755).metadata(FileKind::Directory, 0),
            )),
            None => self.base_stat(path),
        }
    }

    fn open(&self, path: &MachinePath, limit: u64) -> Result<Opened, FileError> {
        let path = &*self.canonical(path, LastLink::Follow)?;
        match self.layers().get(path) {
            Some(Layer::File { content, .. }) if content.len() as u64 > limit => {
                Err(FileError::TooLarge {
                    path: path.clone(),
                    size: content.len() as u64,
                    limit,
                })
            }
            Some(Layer::File { content, turn, .. }) => Ok(Opened {
                content: content.clone(),
                identity: in_memory(*turn),
            }),
            Some(Layer::Directory { .. }) => Err(FileError::IsDirectory(path.clone())),
            Some(Layer::Removed) => Err(FileError::NotFound(path.clone())),
            Some(Layer::Given { .. }) | None => match self.base_at(path) {
                Some(base) => base.open(path, limit),
                None => Err(FileError::NotFound(path.clone())),
            },
        }
    }

    fn identity(&self, path: &MachinePath) -> Result<Option<Identity>, FileError> {
        let path = &*self.canonical(path, LastLink::Follow)?;
        match self.layers().get(path) {
            Some(Layer::File { turn, .. }) => Ok(Some(in_memory(*turn))),
            Some(Layer::Directory { .. } | Layer::Removed) => Ok(None),
            Some(Layer::Given { .. }) | None => match self.base_at(path) {
                Some(base) => base.identity(path),
                None => Ok(None),
            },
        }
    }

    fn link(&self, path: &MachinePath) -> Result<Option<String>, FileError> {
        match (self.layers().get(path), self.base_at(path)) {
            (Some(Layer::Given { .. }) | None, Some(base)) => base.link(path),
            _ => Ok(None),
        }
    }

    fn real(&self, path: &MachinePath, last: LastLink) -> Result<MachinePath, FileError> {
        self.canonical(path, last).map(Cow::into_owned)
    }

    fn list(&self, path: &MachinePath) -> Result<Vec<String>, FileError> {
        let path = &*self.canonical(path, LastLink::Follow)?;
        self.require_directory(path)?;
        let mut names: BTreeMap<String, bool> = BTreeMap::new();
        if let Some(base) = self.base_at(path)
            && !self.is_unmounted(path)
            && base.stat(path)?.is_some()
        {
            names.extend(base.list(path)?.into_iter().map(|name| (name, true)));
        }
        for (child, layer) in self.layers().iter() {
            if child.parent().as_ref() == Some(path) {
                names.insert(
                    child.file_name().to_owned(),
                    !matches!(layer, Layer::Removed),
                );
            }
        }
        Ok(names
            .into_iter()
            .filter_map(|(name, there)| there.then_some(name))
            .collect())
    }

    fn write(&self, path: &MachinePath, mode: u32, content: &[u8]) -> Result<(), FileError> {
        let asked = path;
        let path = &*self.canonical(path, LastLink::Keep)?;
        self.require_parent(asked, path)?;
        if let Some(found) = self.stat(path)?
            && found.kind == FileKind::Directory
        {
            return Err(FileError::IsDirectory(path.clone()));
        }
        self.put(path, Rights::of_mode(mode), content);
        Ok(())
    }

    fn rewrite(&self, path: &MachinePath, content: &[u8]) -> Result<(), FileError> {
        let path = &*self.canonical(path, LastLink::Keep)?;
        let found = self.plain(path)?;
        if found.kind == FileKind::Directory {
            return Err(FileError::IsDirectory(path.clone()));
        }
        let rights = Rights {
            mode: found.mode,
            owner: Some(found.owner),
        };
        self.put(path, rights, content);
        Ok(())
    }

    fn set_owner(&self, path: &MachinePath, owner: Owner, mode: u32) -> Result<(), FileError> {
        let path = &*self.canonical(path, LastLink::Keep)?;
        self.plain(path)?;
        let given = Rights {
            mode,
            owner: Some(owner),
        };
        match self
            .layers()
            .entry(path.clone())
            .or_insert(Layer::Given { rights: given })
        {
            Layer::File { rights, .. } | Layer::Directory { rights } | Layer::Given { rights } => {
                *rights = given
            }
            Layer::Removed => {}
        }
        Ok(())
    }

    fn set_owner_below(&self, path: &MachinePath, owner: Owner) -> Result<(), FileError> {
        let path = &*self.canonical(path, LastLink::Keep)?;
        let found = self.plain(path)?;
        for name in self.list(path)? {
            let Ok(inner) = path.join(&name) else {
                continue;
            };
            match self.stat(&inner)? {
                Some(found) if found.kind == FileKind::Directory => {
                    self.set_owner_below(&inner, owner)?;
                }
                Some(found) if found.kind == FileKind::Regular => {
                    self.set_owner(&inner, owner, found.mode)?;
                }
                _ => {}
            }
        }
        self.set_owner(path, owner, found.mode)
    }

    fn make_directory(&self, path: &MachinePath, mode: u32) -> Result<(), FileError> {
        let asked = path;
        let path = &*self.canonical(path, LastLink::Keep)?;
        if path.parent().is_none() {
            return Ok(());
        }
        self.require_parent(asked, path)?;
        match self.stat(path)? {
            Some(found) if found.kind != FileKind::Directory => {
                Err(FileError::NotDirectory(path.clone()))
            }
            Some(found) if found.mode == mode => Ok(()),
            found => {
                let rights = Rights {
                    mode,
                    owner: found.map(|found| found.owner),
                };
                self.layers()
                    .insert(path.clone(), Layer::Directory { rights });
                Ok(())
            }
        }
    }

    fn remove(&self, path: &MachinePath) -> Result<(), FileError> {
        let path = &*self.canonical(path, LastLink::Keep)?;
        match self.stat(path)? {
            None => return Err(FileError::NotFound(path.clone())),
            Some(found) if found.kind == FileKind::Directory && !self.list(path)?.is_empty() => {
                return Err(FileError::NotEmpty(path.clone()));
            }
            Some(_) => {}
        }
        if self.base_stat(path)?.is_some() {
            self.layers().insert(path.clone(), Layer::Removed);
        } else {
            self.layers().remove(path);
        }
        Ok(())
    }

    fn unmounted(&self, path: &MachinePath) {
        let unmounted = self.unmounted.lock();
        let mut unmounted = unmounted.unwrap_or_else(PoisonError::into_inner);
        unmounted.insert(path.clone());
    }
}

/// Of what is in memory only: no device has this number.
fn in_memory(turn: usize) -> Identity {
    Identity {
        device: u64::MAX,
        inode: turn as u64,
        born: None,
    }
}

#[cfg(test)]
mod tests;
