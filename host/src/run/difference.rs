//! Differences in words: of files and of objects, without their secrets.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use similar::TextDiff;

use crate::effect::{OwnerNames, holds_password, holds_secret};
use crate::kube::secrets::mask;
use crate::visible::Visible;
use crate::world::sandbox::{Change, SandboxFiles};
use crate::world::{FileKind, Files, MachinePath, Made, ObjectChange, Owner, Provenance};

/// What would be different.
pub struct Difference {
    /// `created`, `updated`, `removed`
    pub change: &'static str,
    /// A path, or `Kind namespace/name`.
    pub target: String,
    /// Modes before and after, as `0600`; empty where there is none.
    pub modes: (String, String),
    /// Owners before and after, as `root:root`, where these differ; else empty.
    pub owners: (String, String),
    /// A unified diff, or a sentence where it is not shown.
    pub text: String,
}

impl Difference {
    pub fn to_value(&self) -> Value {
        let mut value = json!({
            "change": self.change, "target": self.target, "diff": self.text,
            "modeBefore": self.modes.0, "modeAfter": self.modes.1,
        });
        if self.owners.0 != self.owners.1 {
            value["ownerBefore"] = json!(self.owners.0);
            value["ownerAfter"] = json!(self.owners.1);
        }
        value
    }
}

const NOT_SHOWN: &str = "(holds secrets: not shown)\n";

/// What is read of a file at most to compare it.
const LIMIT: u64 = 64 << 20;

/// What the sandbox has that the files under it have not. `redacted` are the
/// files that got sealed values, with words in place of those; `provenance`
/// knows those that have some already, whatever they look like. Of what is
/// removed nothing is quoted: programs of the cluster may have put anything
/// there.
pub fn of_files(
    sandbox: &SandboxFiles,
    base: &dyn Files,
    redacted: &BTreeMap<MachinePath, String>,
    provenance: &Provenance,
) -> anyhow::Result<Vec<Difference>> {
    let mut found = Vec::new();
    let is_sealed = |path: &MachinePath| -> anyhow::Result<bool> {
        let identity = base.identity(path)?;
        let made = identity.and_then(|identity| provenance.made(identity));
        Ok(made.is_some_and(Made::is_sealed))
    };
    let names = OwnerNames::of(sandbox);
    sandbox.each_change::<anyhow::Error>(|path, change| {
        let there = base.stat(path)?;
        let mode = |mode: u32| format!("{mode:04o}");
        let before_mode = there.map(|found| mode(found.mode)).unwrap_or_default();
        let owners = |after: Owner| match there.map(|found| found.owner) {
            Some(before) if before != after => (names.of_owner(before), names.of_owner(after)),
            None if after != Owner::of_process() => (String::new(), names.of_owner(after)),
            _ => Default::default(),
        };
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
            Change::Directory { mode: after, owner } | Change::Given { mode: after, owner } => {
                found.push(Difference {
                    change: word,
                    target: path.to_string(),
                    modes: (before_mode, mode(after)),
                    owners: owners(owner),
                    text: String::new(),
                });
            }
            Change::File {
                mode: after,
                owner,
                content,
            } => {
                let same = *old == content
                    && there.is_some_and(|found| found.mode == after && found.owner == owner);
                if !same {
                    found.push(Difference {
                        change: word,
                        target: path.to_string(),
                        modes: (before_mode, mode(after)),
                        owners: owners(owner),
                        text: match redacted.get(path) {
                            None if is_sealed(path)? => NOT_SHOWN.to_owned(),
                            redacted => of_contents(path, &old, content, redacted),
                        },
                    });
                }
            }
            Change::Removed => found.push(Difference {
                change: "removed",
                target: path.to_string(),
                modes: (before_mode, String::new()),
                owners: Default::default(),
                text: String::new(),
            }),
        }
        Ok(())
    })?;
    Ok(found)
}

/// Fields of kubeconfigs and Secrets whose values are secrets.
const FIELDS: [&str; 5] = [
    "client-key-data",
    "password",
    "token",
    "token-secret",
    "certificateKey",
];

fn of_contents(path: &MachinePath, old: &[u8], new: &[u8], redacted: Option<&String>) -> String {
    let (Ok(old), Ok(new)) = (std::str::from_utf8(old), std::str::from_utf8(new)) else {
        return match holds_secret(old) || holds_secret(new) {
            true => NOT_SHOWN.to_owned(),
            false => "(not text)\n".to_owned(),
        };
    };
    let (old, new) = match redacted {
        // What was at the place of a secret is one, be it recognised or not.
        Some(redacted) => (
            masked(old, redacted, |line| !redacted.contains(line)),
            redacted.clone(),
        ),
        None => (
            masked(old, "", holds_password),
            masked(new, "", holds_password),
        ),
    };
    match holds_secret(old.as_bytes()) || holds_secret(new.as_bytes()) {
        true => NOT_SHOWN.to_owned(),
        false => unified(path.as_str(), &old, &new),
    }
}

/// A text without the lines that hold a secret, or of which `is_secret` says
/// so. What a line begins with in YAML says what is sealed: it stays where a
/// line of `public` begins so, or where it is the name of a field that holds
/// secrets. Anything else before a colon may be the secret itself.
fn masked(text: &str, public: &str, is_secret: impl Fn(&str) -> bool) -> String {
    let is_public = |field: &str| {
        let name = field.trim().trim_start_matches("- ");
        FIELDS.contains(&name) || public.lines().any(|line| line.starts_with(field))
    };
    if !holds_secret(text.as_bytes()) && !text.lines().any(&is_secret) {
        return text.to_owned();
    }
    let mut out = String::new();
    let mut in_key = false;
    for line in text.lines() {
        let is_edge = line.contains("PRIVATE KEY-----");
        if is_edge && line.contains("BEGIN") {
            in_key = true;
            out.push_str("<sealed: private key>\n");
        } else if in_key {
            in_key = !is_edge;
        } else if holds_secret(line.as_bytes()) || is_secret(line) {
            let field = line.split_once(": ").map(|(field, _)| field);
            if let Some(field) = field.filter(|field| is_public(field)) {
                out.push_str(field);
                out.push_str(": ");
            }
            out.push_str("<sealed>\n");
        } else {
            out.push_str(line);
            out.push('\n');
        }
    }
    out
}

fn unified(name: &str, old: &str, new: &str) -> String {
    let name = &Visible::line(name).to_string();
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
            mask(&mut object, change.is_secret);
            strip(&mut object);
            Some(object)
        });
        let secret = change.is_secret && data_of(&change.before) != data_of(&change.after);
        if before == after && !secret {
            continue;
        }
        let word = match (&before, &after) {
            (None, _) => "created",
            (_, None) => "removed",
            _ => "updated",
        };
        let text = |object: &Option<Value>| match object {
            Some(object) => crate::configuration::yaml::write(object),
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
            owners: Default::default(),
        });
    }
    Ok(found)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_difference_tells_of_secrets_that_they_differ_and_no_more() {
        let key = |last: &str| {
            format!(
                "-----BEGIN EC PRIVATE KEY-----\nMHcCAQEEIJ3vbh0TsHkC{last}\n-----END EC PRIVATE KEY-----\n"
            )
        };
        use base64::Engine as _;
        let data = base64::engine::general_purpose::STANDARD.encode(key("x"));
        let kubeconfig = |data: &str| format!("users:\n- name: a\n  key: {data}\n");
        let redacted = |text: &str| Some(text.to_owned());
        let cases = [
            (
                "no secret",
                "a: 1\n".to_owned(),
                "a: 2\n".to_owned(),
                None,
                vec!["-a: 1", "+a: 2"],
            ),
            (
                "a new key",
                String::new(),
                key("a"),
                None,
                vec!["+<sealed: private key>"],
            ),
            (
                "a kubeconfig that is there",
                kubeconfig(&data),
                kubeconfig("new"),
                redacted(&kubeconfig("<sealed: key of a>")),
                vec![" users:", "-  key: <sealed>", "+  key: <sealed: key of a>"],
            ),
            (
                "the hash of a password beside what changes",
                "bob:$6$saltsalt$0123456789abcdefghijkl:1:1:::\n".to_owned(),
                "bob:$6$saltsalt$0123456789abcdefghijkl:1:1:::\nnew:x:2:2:::\n".to_owned(),
                None,
                vec![" <sealed>", "+new:x:2:2:::"],
            ),
            (
                "a secret of no form that is known",
                "0123456789abcdef,user\n".to_owned(),
                "fedcba9876543210,user\n".to_owned(),
                redacted("<sealed: token>,user\n"),
                vec!["-<sealed>", "+<sealed: token>,user"],
            ),
        ];
        let path = MachinePath::parse("/a").unwrap();
        for (name, old, new, redacted, lines) in cases {
            let text = of_contents(&path, old.as_bytes(), new.as_bytes(), redacted.as_ref());
            for line in lines {
                assert!(
                    text.lines().any(|one| one == line),
                    "{name}: {line}: {text}"
                );
            }
            for secret in ["MHcC", data.as_str(), "0123456789", "fedcba"] {
                assert!(!text.contains(secret), "{name}: {text}");
            }
        }
    }
}
