//! Differences in words: of files and of objects, without their secrets.

use serde_json::{Value, json};
use similar::TextDiff;

use crate::effect::holds_secret;
use crate::kube::secrets::mask;
use crate::world::sandbox::{Change, SandboxFiles};
use crate::world::{FileKind, Files, MachinePath, ObjectChange};

/// What would be different.
pub struct Difference {
    /// `created`, `updated`, `removed`
    pub change: &'static str,
    /// A path, or `Kind namespace/name`.
    pub target: String,
    /// Modes before and after, as `0600`; empty where there is none.
    pub modes: (String, String),
    /// A unified diff, or a sentence where it is not shown.
    pub text: String,
}

impl Difference {
    pub fn to_value(&self) -> Value {
        json!({
            "change": self.change, "target": self.target, "diff": self.text,
            "modeBefore": self.modes.0, "modeAfter": self.modes.1,
        })
    }
}

const NOT_SHOWN: &str = "(holds secrets: not shown)\n";

/// What is read of a file at most to compare it.
const LIMIT: u64 = 64 << 20;

/// What the sandbox has that the files under it have not.
pub fn of_files(sandbox: &SandboxFiles, base: &dyn Files) -> anyhow::Result<Vec<Difference>> {
    let mut found = Vec::new();
    sandbox.each_change::<anyhow::Error>(|path, change| {
        let there = base.stat(path)?;
        let mode = |mode: u32| format!("{mode:04o}");
        let before_mode = there.map(|found| mode(found.mode)).unwrap_or_default();
        let word = match there {
            None => "created",
            Some(_) => "updated",
        };
        let old = match there {
            Some(found) if found.kind == FileKind::Regular => {
                zeroize::Zeroizing::new(base.read(path, LIMIT)?)
            }
            _ => Default::default(),
        };
        match change {
            Change::Directory { mode: after } => found.push(Difference {
                change: word,
                target: path.to_string(),
                modes: (before_mode, mode(after)),
                text: String::new(),
            }),
            Change::File {
                mode: after,
                content,
            } => {
                let same = there.is_some_and(|found| found.mode == after) && *old == content;
                if !same {
                    found.push(Difference {
                        change: word,
                        target: path.to_string(),
                        modes: (before_mode, mode(after)),
                        text: of_contents(path, &old, content),
                    });
                }
            }
            Change::Removed => found.push(Difference {
                change: "removed",
                target: path.to_string(),
                modes: (before_mode, String::new()),
                text: of_contents(path, &old, b""),
            }),
        }
        Ok(())
    })?;
    Ok(found)
}

fn of_contents(path: &MachinePath, old: &[u8], new: &[u8]) -> String {
    if holds_secret(old) || holds_secret(new) {
        return NOT_SHOWN.to_owned();
    }
    match (std::str::from_utf8(old), std::str::from_utf8(new)) {
        (Ok(old), Ok(new)) => unified(path.as_str(), old, new),
        _ => "(not text)\n".to_owned(),
    }
}

fn unified(name: &str, old: &str, new: &str) -> String {
    TextDiff::from_lines(old, new)
        .unified_diff()
        .header(name, name)
        .to_string()
}

/// What would be different of the objects; those that stay as they are are
/// left out.
pub fn of_objects(changes: &[ObjectChange]) -> anyhow::Result<Vec<Difference>> {
    let mut found = Vec::new();
    for change in changes {
        let [before, after] = [&change.before, &change.after].map(|object| {
            let mut object = object.clone()?;
            mask(&mut object);
            strip(&mut object);
            Some(object)
        });
        let secret = is_secret(&change.after) && data_of(&change.before) != data_of(&change.after);
        if before == after && !secret {
            continue;
        }
        let word = match (&before, &after) {
            (None, _) => "created",
            (_, None) => "removed",
            _ => "updated",
        };
        let text = |object: &Option<Value>| match object {
            Some(object) => crate::cluster::yaml::write(object),
            None => Ok(String::new()),
        };
        let name = [&after, &before]
            .into_iter()
            .flatten()
            .next()
            .and_then(crate::effect::ObjectReference::of)
            .map_or_else(|| "an object".to_owned(), |reference| reference.to_string());
        let mut shown = unified(&name, &text(&before)?, &text(&after)?);
        if secret && before.is_some() {
            shown.push_str("(values of the Secret differ; they are not shown)\n");
        }
        found.push(Difference {
            change: word,
            text: shown,
            target: name,
            modes: Default::default(),
        });
    }
    Ok(found)
}

fn is_secret(object: &Option<Value>) -> bool {
    object
        .as_ref()
        .is_some_and(|object| object["kind"] == "Secret")
}

fn data_of(object: &Option<Value>) -> Option<&Value> {
    object.as_ref()?.get("data")
}

/// Takes away what the server keeps for itself.
fn strip(object: &mut Value) {
    if let Some(metadata) = object.get_mut("metadata").and_then(Value::as_object_mut) {
        for field in [
            "managedFields",
            "resourceVersion",
            "uid",
            "creationTimestamp",
            "generation",
            "selfLink",
        ] {
            metadata.remove(field);
        }
    }
    if let Some(object) = object.as_object_mut() {
        object.remove("status");
    }
}
