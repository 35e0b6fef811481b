//! The folder that a render leaves: `rootfs/` and `objects.yaml`.

use std::collections::BTreeMap;
use std::os::fd::OwnedFd;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, ensure};
use rustix::fs::{AtFlags, Dir, FileType, Mode, OFlags};
use rustix::io::Errno;
use serde_json::Value;

use super::own_folder::refuse_others;
use super::render_made;
use crate::kube::embedded::EmbeddedApi;
use crate::world::machine::MachineFiles;
use crate::world::sandbox::{Change, SandboxFiles};
use crate::world::{FileError, Files, MachinePath, Provenance};

const OUT: &str = "--out";
const ROOTFS: &str = "rootfs";
const OBJECTS: &str = "objects.yaml";

/// What is read of the objects of an earlier render at most.
const OBJECTS_LIMIT: u64 = 64 << 20;

/// The folder, checked before anything is computed. What was checked stays
/// open: another folder of its name, put there meanwhile, is not looked at.
pub struct RenderOutput {
    folder: PathBuf,
    /// None where it is not there yet.
    opened: Option<OwnedFd>,
}

/// What a render wrote.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Written {
    pub files: usize,
    /// Objects that were not there before, or otherwise, or are gone.
    pub objects: usize,
}

/// Opens a folder, which is nobody else's.
fn open_own(folder: &Path) -> anyhow::Result<Option<OwnedFd>> {
    let shown = folder.display();
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let opened = match rustix::fs::open(folder, flags, Mode::empty()) {
        Ok(opened) => opened,
        Err(Errno::NOENT) if rustix::fs::lstat(folder).is_err() => return Ok(None),
        Err(errno) => {
            let wrong = match errno {
                Errno::NOTDIR | Errno::NOENT => "is not a folder",
                _ => "cannot be read",
            };
            return Err(std::io::Error::from(errno))
                .with_context(|| format!("--out {shown} {wrong}"));
        }
    };
    let looked = || format!("cannot look at {shown}");
    let link = rustix::fs::lstat(folder).map_err(std::io::Error::from);
    refuse_others(OUT, folder, &link.with_context(looked)?)?;
    let found = rustix::fs::fstat(&opened).map_err(std::io::Error::from);
    refuse_others(OUT, folder, &found.with_context(looked)?)?;
    Ok(Some(opened))
}

impl RenderOutput {
    /// Takes a folder that is not there yet, is empty, or holds an earlier
    /// render; and one that can be written.
    pub fn open(folder: &Path) -> anyhow::Result<Self> {
        let shown = folder.display();
        let opened = open_own(folder)?;
        match &opened {
            Some(opened) => {
                check_entries(folder, opened)?;
                let access = rustix::fs::access(folder, rustix::fs::Access::WRITE_OK);
                access
                    .map_err(std::io::Error::from)
                    .with_context(|| format!("--out {shown} cannot be written"))?;
            }
            None => {
                let parent = match folder.parent() {
                    Some(parent) if !parent.as_os_str().is_empty() => parent,
                    _ => Path::new("."),
                };
                // Missing parents are made as well: the nearest that is there
                // says whether they can be.
                let there = parent
                    .ancestors()
                    .find(|one| one.exists())
                    .unwrap_or(Path::new("."));
                rustix::fs::access(there, rustix::fs::Access::WRITE_OK)
                    .map_err(std::io::Error::from)
                    .with_context(|| {
                        format!(
                            "--out {shown} cannot be made: {} cannot be written",
                            there.display()
                        )
                    })?;
            }
        }
        Ok(Self {
            folder: folder.to_owned(),
            opened,
        })
    }

    /// The files of an earlier render.
    fn rootfs(&self) -> anyhow::Result<Option<MachineFiles>> {
        let Some(opened) = &self.opened else {
            return Ok(None);
        };
        let rootfs = self.folder.join(ROOTFS);
        match open_below(opened, &rootfs) {
            Ok(found) => Ok(Some(MachineFiles::at(found, &rootfs))),
            Err(Errno::NOENT) => Ok(None),
            Err(errno) => Err(std::io::Error::from(errno))
                .with_context(|| format!("cannot open {}", rootfs.display())),
        }
    }

    /// The files of an earlier render.
    pub fn base(&self) -> anyhow::Result<Option<Arc<dyn Files>>> {
        Ok(self
            .rootfs()?
            .map(|files| Arc::new(files) as Arc<dyn Files>))
    }

    /// What those files say they are.
    pub fn provenance(&self) -> anyhow::Result<Provenance> {
        match self.rootfs()? {
            Some(files) => render_made::read(&files),
            None => Ok(Provenance::default()),
        }
    }

    /// The folder to write into, made where it was not there, and its rootfs.
    fn targets(&self) -> anyhow::Result<(MachineFiles, MachineFiles)> {
        let made = || format!("--out {} cannot be made", self.folder.display());
        let folder = match &self.opened {
            Some(opened) => opened.try_clone().with_context(made)?,
            None => {
                // Keys lie below: nobody else needs to look in.
                std::fs::DirBuilder::new()
                    .recursive(true)
                    .mode(0o700)
                    .create(&self.folder)
                    .with_context(made)?;
                let opened = open_own(&self.folder)?.with_context(made)?;
                check_entries(&self.folder, &opened)?;
                opened
            }
        };
        let rootfs = self.folder.join(ROOTFS);
        let failed = || format!("cannot make {}", rootfs.display());
        let is_new = match rustix::fs::mkdirat(&folder, ROOTFS, Mode::from_raw_mode(0o700)) {
            Ok(()) => true,
            Err(Errno::EXIST) => false,
            Err(errno) => return Err(std::io::Error::from(errno)).with_context(failed),
        };
        let opened = open_below(&folder, &rootfs).map_err(std::io::Error::from);
        let opened = opened.with_context(failed)?;
        let found = rustix::fs::fstat(&opened).map_err(std::io::Error::from);
        refuse_others(OUT, &rootfs, &found.with_context(failed)?)?;
        if is_new {
            rustix::fs::fchmod(&opened, Mode::from_raw_mode(0o755))
                .map_err(std::io::Error::from)
                .with_context(failed)?;
        }
        // Waiting for the disk would take several times as long as all the rest.
        Ok((
            MachineFiles::at(folder, &self.folder).without_sync(),
            MachineFiles::at(opened, &rootfs).without_sync(),
        ))
    }

    /// The objects of an earlier render.
    pub fn objects(&self) -> anyhow::Result<Vec<Value>> {
        let Some(opened) = &self.opened else {
            return Ok(Vec::new());
        };
        let path = self.folder.join(OBJECTS);
        let failed = || format!("cannot read {}", path.display());
        let folder = MachineFiles::at(opened.try_clone().with_context(failed)?, &self.folder);
        let bytes = match folder.read(&MachinePath::parse(&format!("/{OBJECTS}"))?, OBJECTS_LIMIT) {
            Err(FileError::NotFound(_)) => return Ok(Vec::new()),
            read => zeroize::Zeroizing::new(read.with_context(failed)?),
        };
        let text = std::str::from_utf8(&bytes)
            .with_context(|| format!("{} is not text in UTF-8", path.display()))?;
        let documents: Vec<Value> = serde_saphyr::from_multiple(text)
            // The cause would quote the text, which holds tokens.
            .map_err(|_| {
                anyhow::anyhow!(
                    "{} is not what a render wrote: it is not YAML; remove it to have it made anew",
                    path.display()
                )
            })?;
        let documents: Vec<Value> = documents
            .into_iter()
            .filter(|document| !document.is_null())
            .collect();
        for (at, document) in documents.iter().enumerate() {
            ensure!(
                document["kind"].is_string() && document["metadata"]["name"].is_string(),
                "{} is not what a render wrote: its document {} is no object of Kubernetes; remove it to have it made anew",
                path.display(),
                at + 1
            );
        }
        Ok(documents)
    }

    /// Writes what came out: only what differs, each file whole or not at all.
    pub fn write(
        &self,
        files: &SandboxFiles,
        api: &EmbeddedApi,
        provenance: &Provenance,
    ) -> anyhow::Result<Written> {
        let mut count = 0;
        files.each_change::<std::convert::Infallible>(|_, change| {
            count += usize::from(!matches!(change, Change::Directory { .. }));
            Ok(())
        })?;
        let marks = render_made::marks(files, provenance)?;
        let (folder, target) = self.targets()?;
        files.commit(&target).with_context(|| {
            format!(
                "cannot write the rendered files below {}",
                target.root().display()
            )
        })?;
        render_made::write(&target, &marks)?;
        let objects = api.objects();
        let before = self.objects().unwrap_or_default();
        if objects != before {
            let text = zeroize::Zeroizing::new(crate::configuration::yaml::write_all(&objects)?);
            let path = MachinePath::parse(&format!("/{OBJECTS}"))?;
            // Bootstrap tokens are in it.
            folder
                .write(&path, 0o600, text.as_bytes())
                .with_context(|| format!("cannot write {}", self.folder.join(OBJECTS).display()))?;
        }
        Ok(Written {
            files: count,
            objects: difference(&before, &objects),
        })
    }
}

/// Opens what a folder has under the last name of this path; no link.
fn open_below(folder: &OwnedFd, path: &Path) -> Result<OwnedFd, Errno> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    rustix::fs::openat(
        folder,
        path.file_name().unwrap_or_default(),
        flags,
        Mode::empty(),
    )
}

/// Whether a folder holds what a render left, or nothing.
fn check_entries(folder: &Path, opened: &OwnedFd) -> anyhow::Result<()> {
    let shown = folder.display();
    let listed = || format!("cannot list {shown}");
    let entries = Dir::read_from(opened).map_err(std::io::Error::from);
    for entry in entries.with_context(listed)? {
        let entry = entry.map_err(std::io::Error::from).with_context(listed)?;
        let name = entry.file_name().to_string_lossy().into_owned();
        // Of a render that was killed: the next one removes it.
        if name == "." || name == ".." || MachineFiles::is_temporary(&name) {
            continue;
        }
        let path = folder.join(&name);
        let found = rustix::fs::statat(opened, &*name, AtFlags::SYMLINK_NOFOLLOW);
        let found = found
            .map_err(std::io::Error::from)
            .with_context(|| format!("cannot look at {}", path.display()))?;
        let kind = FileType::from_raw_mode(found.st_mode);
        let expected = match name.as_str() {
            ROOTFS => Some(kind == FileType::Directory),
            OBJECTS => Some(kind == FileType::RegularFile),
            _ => None,
        };
        ensure!(
            expected != Some(false),
            "--out {shown} does not hold what a render left: {name} is no {}; give a new or empty folder, or that of an earlier render",
            if name == ROOTFS { "folder" } else { "file" },
        );
        ensure!(
            expected.is_some(),
            "--out {shown} holds something else than a render ({name}); give a new or empty folder, or that of an earlier render"
        );
        refuse_others(OUT, &path, &found)?;
    }
    Ok(())
}

/// How many objects differ. Where only their order does, it is one.
fn difference(before: &[Value], after: &[Value]) -> usize {
    if before == after {
        return 0;
    }
    let by_name = |objects: &[Value]| -> BTreeMap<String, Value> {
        let name = |object: &Value| {
            [
                "/apiVersion",
                "/kind",
                "/metadata/namespace",
                "/metadata/name",
            ]
            .map(|pointer| {
                object
                    .pointer(pointer)
                    .map(Value::to_string)
                    .unwrap_or_default()
            })
            .join(" ")
        };
        objects
            .iter()
            .map(|object| (name(object), object.clone()))
            .collect()
    };
    let (before, after) = (by_name(before), by_name(after));
    let gone = before.keys().filter(|name| !after.contains_key(*name));
    let other = after
        .iter()
        .filter(|(name, object)| before.get(*name) != Some(*object));
    (gone.count() + other.count()).max(1)
}
