//! The folder that a render leaves: `rootfs/` and `objects.yaml`.

use std::collections::BTreeMap;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, ensure};
use serde_json::Value;

use super::render_made;
use crate::kube::embedded::EmbeddedApi;
use crate::world::machine::MachineFiles;
use crate::world::sandbox::{Change, SandboxFiles};
use crate::world::{Files, MachinePath, Provenance, read_given_text};

const ROOTFS: &str = "rootfs";
const OBJECTS: &str = "objects.yaml";

/// What is read of the objects of an earlier render at most.
const OBJECTS_LIMIT: u64 = 64 << 20;

/// The folder, checked before anything is computed.
pub struct RenderOutput {
    folder: PathBuf,
}

/// What a render wrote.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Written {
    pub files: usize,
    /// Objects that were not there before, or otherwise, or are gone.
    pub objects: usize,
}

/// Refuses what another user of the machine may change: keys that lie there
/// would be taken for those of an earlier render, and sign everything. Whoever
/// became root by sudo may use a folder of theirs.
fn refuse_others(path: &Path) -> anyhow::Result<()> {
    let shown = path.display();
    let looked = || format!("cannot look at {shown}");
    let link = std::fs::symlink_metadata(path).with_context(looked)?;
    let found = std::fs::metadata(path).with_context(looked)?;
    let own = rustix::process::geteuid();
    let by_sudo = std::env::var("SUDO_UID").ok().filter(|_| own.is_root());
    let by_sudo = by_sudo.and_then(|uid| uid.parse().ok());
    for owner in [link.uid(), found.uid()] {
        ensure!(
            [0, own.as_raw()].contains(&owner) || by_sudo == Some(owner),
            "--out: {shown} belongs to another user (uid {owner}), who could change what is rendered and whose keys would be taken for an earlier render's; name a folder of your own"
        );
    }
    ensure!(
        found.mode() & 0o002 == 0,
        "--out: every user of this machine may write to {shown}, and change what is rendered; take that right away (chmod o-w), or name another folder"
    );
    Ok(())
}

impl RenderOutput {
    /// Takes a folder that is not there yet, is empty, or holds an earlier
    /// render; and one that can be written.
    pub fn open(folder: &Path) -> anyhow::Result<Self> {
        let shown = folder.display();
        match std::fs::read_dir(folder) {
            Ok(entries) => {
                refuse_others(folder)?;
                for entry in entries {
                    let entry = entry.with_context(|| format!("cannot list {shown}"))?;
                    let name = entry.file_name();
                    // Of a render that was killed: the next one removes it.
                    if name.to_str().is_some_and(MachineFiles::is_temporary) {
                        continue;
                    }
                    let expected = match name.to_str() {
                        Some(ROOTFS) => Some(entry.file_type()?.is_dir()),
                        Some(OBJECTS) => Some(entry.file_type()?.is_file()),
                        _ => None,
                    };
                    ensure!(
                        expected != Some(false),
                        "--out {shown} does not hold what a render left: {0} is no {1}; give a new or empty folder, or that of an earlier render",
                        name.to_string_lossy(),
                        if name == ROOTFS { "folder" } else { "file" },
                    );
                    ensure!(
                        expected.is_some(),
                        "--out {shown} holds something else than a render ({}); give a new or empty folder, or that of an earlier render",
                        name.to_string_lossy()
                    );
                    refuse_others(&entry.path())?;
                }
                let access = rustix::fs::access(folder, rustix::fs::Access::WRITE_OK);
                access
                    .map_err(std::io::Error::from)
                    .with_context(|| format!("--out {shown} cannot be written"))?;
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
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
            Err(error) => {
                let wrong = match error.kind() {
                    std::io::ErrorKind::NotADirectory => "is not a folder",
                    _ => "cannot be read",
                };
                return Err(error).with_context(|| format!("--out {shown} {wrong}"));
            }
        }
        Ok(Self {
            folder: folder.to_owned(),
        })
    }

    /// The files of an earlier render.
    pub fn base(&self) -> anyhow::Result<Option<Arc<dyn Files>>> {
        let rootfs = self.folder.join(ROOTFS);
        if !rootfs.exists() {
            return Ok(None);
        }
        let files = MachineFiles::open(&rootfs)
            .with_context(|| format!("cannot open {}", rootfs.display()))?;
        Ok(Some(Arc::new(files)))
    }

    /// What is known of the files of an earlier render.
    pub fn provenance(&self) -> anyhow::Result<Provenance> {
        render_made::read(&self.folder.join(ROOTFS))
    }

    /// The objects of an earlier render.
    pub fn objects(&self) -> anyhow::Result<Vec<Value>> {
        let path = self.folder.join(OBJECTS);
        let text = match read_given_text(&path, OBJECTS_LIMIT) {
            Err(error) if error.is_not_found() => return Ok(Vec::new()),
            read => read.with_context(|| format!("cannot read {}", path.display()))?,
        };
        let documents: Vec<Value> = serde_saphyr::from_multiple(&text)
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
        let rootfs = self.folder.join(ROOTFS);
        // Keys lie below: nobody else needs to look in.
        std::fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&self.folder)
            .with_context(|| format!("--out {} cannot be made", self.folder.display()))?;
        if !rootfs.exists() {
            std::fs::create_dir(&rootfs)
                .with_context(|| format!("cannot make {}", rootfs.display()))?;
            std::fs::set_permissions(&rootfs, std::fs::Permissions::from_mode(0o755))
                .with_context(|| format!("cannot make {}", rootfs.display()))?;
        }
        let target = MachineFiles::open(&rootfs)
            .with_context(|| format!("cannot open {}", rootfs.display()))?
            // Waiting for the disk would take several times as long as all the rest.
            .without_sync();
        files.commit(&target).with_context(|| {
            format!("cannot write the rendered files below {}", rootfs.display())
        })?;
        render_made::write(files, &target, provenance)?;
        let objects = api.objects();
        let before = self.objects().unwrap_or_default();
        if objects != before {
            let text = zeroize::Zeroizing::new(crate::cluster::yaml::write_all(&objects)?);
            let folder = MachineFiles::open(&self.folder)
                .with_context(|| format!("cannot open {}", self.folder.display()))?
                .without_sync();
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
