//! Files in memory over files that are only read.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use zeroize::Zeroizing;

use crate::world::machine::MachineFiles;
use crate::world::{FileError, FileKind, Files, MachinePath, Metadata};

/// What the sandbox holds at a path that was touched.
#[derive(Clone)]
enum Layer {
    File {
        mode: u32,
        content: Zeroizing<Vec<u8>>,
        /// When it was written, among the others.
        turn: usize,
    },
    Directory {
        mode: u32,
    },
    Removed,
}

/// One difference between the sandbox and what lies below it.
pub enum Change<'a> {
    File { mode: u32, content: &'a [u8] },
    Directory { mode: u32 },
    Removed,
}

/// An overlay: reads fall through to `base`, writes stay in memory.
pub struct SandboxFiles {
    base: Option<Arc<dyn Files>>,
    layers: Mutex<BTreeMap<MachinePath, Layer>>,
    turns: AtomicUsize,
}

impl SandboxFiles {
    /// Over `base`, or over nothing but a root directory.
    pub fn over(base: Option<Arc<dyn Files>>) -> Self {
        Self {
            base,
            layers: Mutex::default(),
            turns: AtomicUsize::new(0),
        }
    }

    /// Walks through what differs from the base, in the order of the paths
    /// (a directory before what lies in it).
    pub fn each_change<E>(
        &self,
        mut visit: impl FnMut(&MachinePath, Change<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        for (path, layer) in self.layers().iter() {
            let change = match layer {
                Layer::File { mode, content, .. } => Change::File {
                    mode: *mode,
                    content,
                },
                Layer::Directory { mode } => Change::Directory { mode: *mode },
                Layer::Removed => Change::Removed,
            };
            visit(path, change)?;
        }
        Ok(())
    }

    /// Lets everything land in `target`. Directories first, then files, then
    /// removals from the inside out. Files land in the order in which they
    /// were written: what is cut short by a kill is then what a run leaves that
    /// was, and the next one can go on with it (a key is there before its
    /// certificate, a CA before what it signed).
    pub fn commit(&self, target: &MachineFiles) -> Result<(), FileError> {
        let layers = self.layers();
        for (path, layer) in layers.iter() {
            if let Layer::Directory { mode } = layer {
                target.make_directory(path, *mode)?;
            }
        }
        let mut files: Vec<_> = layers
            .iter()
            .filter_map(|(path, layer)| match layer {
                Layer::File {
                    mode,
                    content,
                    turn,
                } => Some((*turn, (path, *mode, content.as_slice()))),
                Layer::Directory { .. } | Layer::Removed => None,
            })
            .collect();
        files.sort_by_key(|(turn, _)| *turn);
        target.write_all(files.into_iter().map(|(_, file)| file))?;
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

    fn base_stat(&self, path: &MachinePath) -> Result<Option<Metadata>, FileError> {
        match &self.base {
            Some(base) => base.stat(path),
            None => Ok(None),
        }
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
        match self.layers().get(path) {
            Some(Layer::File { mode, content, .. }) => Ok(Some(Metadata {
                kind: FileKind::Regular,
                mode: *mode,
                size: content.len() as u64,
            })),
            Some(Layer::Directory { mode }) => Ok(Some(Metadata {
                kind: FileKind::Directory,
                mode: *mode,
                size: 0,
            })),
            Some(Layer::Removed) => Ok(None),
            None if path.parent().is_none() => Ok(Some(Metadata {
                kind: FileKind::Directory,
                mode: 0o755,
                size: 0,
            })),
            None => self.base_stat(path),
        }
    }

    fn read(&self, path: &MachinePath, limit: u64) -> Result<Vec<u8>, FileError> {
        match self.layers().get(path) {
            Some(Layer::File { content, .. }) if content.len() as u64 > limit => {
                Err(FileError::TooLarge {
                    path: path.clone(),
                    size: content.len() as u64,
                    limit,
                })
            }
            Some(Layer::File { content, .. }) => Ok(content.to_vec()),
            Some(Layer::Directory { .. }) => Err(FileError::IsDirectory(path.clone())),
            Some(Layer::Removed) => Err(FileError::NotFound(path.clone())),
            None => match &self.base {
                Some(base) => base.read(path, limit),
                None => Err(FileError::NotFound(path.clone())),
            },
        }
    }

    fn list(&self, path: &MachinePath) -> Result<Vec<String>, FileError> {
        self.require_directory(path)?;
        let mut names: BTreeMap<String, bool> = BTreeMap::new();
        if let Some(base) = &self.base
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
        match path.parent() {
            Some(parent) => self.require_directory(&parent)?,
            None => return Err(FileError::IsDirectory(path.clone())),
        }
        if let Some(found) = self.stat(path)?
            && found.kind == FileKind::Directory
        {
            return Err(FileError::IsDirectory(path.clone()));
        }
        let content = Zeroizing::new(content.to_vec());
        let turn = self.turns.fetch_add(1, Ordering::Relaxed);
        let file = Layer::File {
            mode,
            content,
            turn,
        };
        self.layers().insert(path.clone(), file);
        Ok(())
    }

    fn make_directory(&self, path: &MachinePath, mode: u32) -> Result<(), FileError> {
        let Some(parent) = path.parent() else {
            return Ok(());
        };
        self.require_directory(&parent)?;
        match self.stat(path)? {
            Some(found) if found.kind != FileKind::Directory => {
                Err(FileError::NotDirectory(path.clone()))
            }
            Some(found) if found.mode == mode => Ok(()),
            _ => {
                self.layers()
                    .insert(path.clone(), Layer::Directory { mode });
                Ok(())
            }
        }
    }

    fn remove(&self, path: &MachinePath) -> Result<(), FileError> {
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
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(text: &str) -> MachinePath {
        MachinePath::parse(text).unwrap()
    }

    fn over_a_folder() -> (tempfile::TempDir, SandboxFiles) {
        let root = tempfile::tempdir().unwrap();
        std::fs::create_dir(root.path().join("etc")).unwrap();
        std::fs::write(root.path().join("etc/old"), b"old").unwrap();
        let base = MachineFiles::open(root.path()).unwrap();
        (root, SandboxFiles::over(Some(Arc::new(base))))
    }

    #[test]
    fn reads_fall_through_and_writes_do_not() {
        let (root, files) = over_a_folder();
        assert_eq!(files.read(&path("/etc/old"), 9).unwrap(), b"old");
        files.write(&path("/etc/old"), 0o600, b"new").unwrap();
        files.write(&path("/etc/more"), 0o600, b"more").unwrap();
        assert_eq!(files.read(&path("/etc/old"), 9).unwrap(), b"new");
        assert_eq!(files.list(&path("/etc")).unwrap(), ["more", "old"]);
        files.remove(&path("/etc/old")).unwrap();
        assert_eq!(files.list(&path("/etc")).unwrap(), ["more"]);
        assert_eq!(std::fs::read(root.path().join("etc/old")).unwrap(), b"old");
        assert!(!root.path().join("etc/more").exists());
    }

    #[test]
    fn commit_makes_the_base_what_the_sandbox_was() {
        let (root, files) = over_a_folder();
        files
            .make_directory(&path("/etc/kubernetes"), 0o700)
            .unwrap();
        files
            .write(&path("/etc/kubernetes/a"), 0o600, b"a")
            .unwrap();
        files.remove(&path("/etc/old")).unwrap();
        files
            .commit(&MachineFiles::open(root.path()).unwrap())
            .unwrap();
        assert_eq!(
            std::fs::read(root.path().join("etc/kubernetes/a")).unwrap(),
            b"a"
        );
        assert!(!root.path().join("etc/old").exists());
    }

    #[test]
    fn what_a_real_folder_refuses_the_sandbox_refuses_too() {
        let (_root, files) = over_a_folder();
        assert!(files.write(&path("/nowhere/x"), 0o600, b"").is_err());
        assert!(files.write(&path("/etc"), 0o600, b"").is_err());
        assert!(files.remove(&path("/etc")).is_err());
        assert!(files.make_directory(&path("/etc/old"), 0o755).is_err());
        assert!(files.read(&path("/etc/old"), 2).is_err());
    }
}
