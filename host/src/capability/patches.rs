//! `patches`: the operator's patches, applied by the host.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::Value;

use super::bindings::types;
use super::gate::Answer;
use super::refusal::wit_error;
use super::state::PhaseState;
use crate::effect::PatchKind;
use crate::kube::patching::{self, PatchError};
use crate::world::{ReadError, read_given_text};
use crate::yaml::{self, YamlError};

/// What is read of one patch file at most.
const FILE_LIMIT: u64 = 1 << 20;

/// What is wrong with a document after a patch, given the one before; nothing
/// where it is of a kind that is not known. Of kinds of the kube API this room
/// needs no telling.
pub type PatchCheck = Arc<dyn Fn(&Value, &Value) -> Vec<String> + Send + Sync>;

/// The patches of a run, by target.
#[derive(Clone, Default)]
pub struct OperatorPatches {
    by_target: BTreeMap<String, Vec<OperatorPatch>>,
    check: Option<PatchCheck>,
}

#[derive(Clone, Debug)]
struct OperatorPatch {
    file: PathBuf,
    kind: PatchKind,
    patch: Value,
}

/// Why patches cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum PatchesError {
    #[error("cannot read the patches in {}", path.display())]
    Read {
        path: PathBuf,
        #[source]
        source: std::io::Error,
    },
    #[error("cannot read the patch {}", file.display())]
    ReadFile {
        file: PathBuf,
        #[source]
        source: ReadError,
    },
    #[error("the patch {} is neither YAML nor JSON", file.display())]
    Syntax {
        file: PathBuf,
        #[source]
        source: YamlError,
    },
    #[error(
        "the patch {} has the unknown type {kind:?} after '+'; it must be one of json, merge, strategic",
        file.display()
    )]
    Kind { file: PathBuf, kind: String },
    #[error("the patch {} has more than {FILE_LIMIT} bytes", file.display())]
    TooLarge { file: PathBuf },
    #[error("the patch {} does not fit {target}", file.display())]
    Apply {
        file: PathBuf,
        target: String,
        #[source]
        source: PatchError,
    },
    /// A component would refuse its configuration. kubeadm writes it, and the
    /// kubelet does not start.
    #[error(
        "the patch {} does not fit {target}: {}",
        file.display(),
        problems.join("; ")
    )]
    Misfit {
        file: PathBuf,
        target: String,
        problems: Vec<String>,
    },
}

impl OperatorPatches {
    /// Reads a folder of patches, in the order of their names, as kubeadm's
    /// `app/util/patches`. What is not named as a patch for one of the targets
    /// is passed over and given in the second value.
    pub fn read(
        folder: &Path,
        targets: &[String],
        check: PatchCheck,
    ) -> Result<(Self, Vec<PathBuf>), PatchesError> {
        let mut files = std::fs::read_dir(folder)
            .and_then(Iterator::collect::<Result<Vec<_>, _>>)
            .map_err(|source| PatchesError::Read {
                path: folder.to_owned(),
                source,
            })?
            .into_iter()
            .map(|entry| entry.path())
            .collect::<Vec<_>>();
        files.sort();
        let mut found = Self {
            check: Some(check),
            ..Self::default()
        };
        let mut passed_over = Vec::new();
        for file in files {
            let name = file
                .file_name()
                .unwrap_or_default()
                .to_string_lossy()
                .into_owned();
            let ending = file
                .extension()
                .unwrap_or_default()
                .to_string_lossy()
                .into_owned();
            if file.is_dir() || !matches!(ending.as_str(), "yaml" | "json") {
                passed_over.push(file);
                continue;
            }
            let (target, kind) = match parse_name(&name, targets) {
                None => {
                    passed_over.push(file);
                    continue;
                }
                Some((target, Ok(kind))) => (target, kind),
                Some((_, Err(UnknownKind(kind)))) => {
                    return Err(PatchesError::Kind { file, kind });
                }
            };
            let text = match read_given_text(&file, FILE_LIMIT) {
                Ok(text) => text,
                Err(ReadError::TooLarge { .. }) => return Err(PatchesError::TooLarge { file }),
                Err(source) => return Err(PatchesError::ReadFile { file, source }),
            };
            let documents: Vec<Value> =
                yaml::read_all(&text).map_err(|source| PatchesError::Syntax {
                    file: file.clone(),
                    source,
                })?;
            let patches = found.by_target.entry(target).or_default();
            patches.extend(documents.into_iter().map(|patch| OperatorPatch {
                file: file.clone(),
                kind,
                patch,
            }));
        }
        Ok((found, passed_over))
    }

    /// Applies all patches for a target, in their order.
    pub fn apply(&self, target: &str, object: &mut Value) -> Result<(), PatchesError> {
        for one in self.by_target.get(target).into_iter().flatten() {
            let before = object.clone();
            patching::apply(one.kind.into(), object, &one.patch).map_err(|source| {
                PatchesError::Apply {
                    file: one.file.clone(),
                    target: target.to_owned(),
                    source,
                }
            })?;
            let problems = self.check.as_ref().map(|check| check(&before, object));
            if let Some(problems) = problems.filter(|problems| !problems.is_empty()) {
                return Err(PatchesError::Misfit {
                    file: one.file.clone(),
                    target: target.to_owned(),
                    problems,
                });
            }
        }
        Ok(())
    }
}

/// What stands after `+`, and is no type of a patch.
#[derive(Debug, PartialEq, Eq)]
struct UnknownKind(String);

/// Takes `kube-apiserver0+merge.yaml` apart. The longest target that fits
/// wins; what is between it and `+` only orders the files. None where it is
/// for no target.
fn parse_name(name: &str, targets: &[String]) -> Option<(String, Result<PatchKind, UnknownKind>)> {
    let stem = name.rsplit_once('.')?.0;
    let (stem, kind) = match stem.rsplit_once('+') {
        None => (stem, Ok(PatchKind::Strategic)),
        Some((stem, "strategic")) => (stem, Ok(PatchKind::Strategic)),
        Some((stem, "merge")) => (stem, Ok(PatchKind::Merge)),
        Some((stem, "json")) => (stem, Ok(PatchKind::Json)),
        Some((stem, kind)) => (stem, Err(UnknownKind(kind.to_owned()))),
    };
    let target = targets
        .iter()
        .filter(|target| stem.starts_with(target.as_str()))
        .max_by_key(|target| target.len())?;
    Some((target.clone(), kind))
}

pub async fn apply(state: &mut PhaseState, target: String, object: String) -> Answer<String> {
    state.doing = format!("patching {target}");
    if !state.run.patches.by_target.contains_key(&target) {
        return state.answer(object);
    }
    let invalid = |error: &dyn std::error::Error| wit_error(types::ErrorCode::Invalid, error);
    let mut value: Value = serde_json::from_str(&object).map_err(|error| invalid(&error))?;
    let patched = state.run.patches.apply(&target, &mut value);
    patched.map_err(|error| invalid(&error))?;
    state.answer(value.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_say_target_and_kind() {
        let targets = ["etcd", "kube-apiserver", "kube"].map(str::to_owned);
        let cases = [
            ("etcd.yaml", Some(("etcd", Ok(PatchKind::Strategic)))),
            (
                "kube-apiserver0+merge.yaml",
                Some(("kube-apiserver", Ok(PatchKind::Merge))),
            ),
            (
                "kube-apiserver+json.json",
                Some(("kube-apiserver", Ok(PatchKind::Json))),
            ),
            (
                "kube1+strategic.yaml",
                Some(("kube", Ok(PatchKind::Strategic))),
            ),
            (
                "etcd+other.yaml",
                Some(("etcd", Err(UnknownKind("other".to_owned())))),
            ),
            ("scheduler+other.yaml", None),
            ("scheduler.yaml", None),
            ("etcd", None),
        ];
        for (name, wanted) in cases {
            let got = parse_name(name, &targets);
            let wanted = wanted.map(|(target, kind)| (target.to_owned(), kind));
            assert_eq!(got, wanted, "{name}");
        }
    }
}
