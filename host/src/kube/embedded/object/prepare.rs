//! What a server does to an object between reading and storing it.

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::{Map, Value};

use super::{is_terminating, members, meta, meta_mut, meta_text, service, validate};
use crate::kube::embedded::kinds::{Kind, Origin};
use crate::kube::embedded::status::Failure;

/// Which part of an object a write is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::kube::embedded) enum Part {
    Main,
    Status,
    /// The `status.conditions` of a certificate signing request.
    Approval,
    /// The `spec.finalizers` of a namespace.
    Finalize,
}

/// What the server gives a new object.
#[derive(Debug)]
pub(in crate::kube::embedded) struct Birth<'a> {
    pub namespace: Option<&'a str>,
    pub uid: &'a str,
    /// RFC 3339.
    pub now: &'a str,
}

/// Makes a client's object what is stored of it. The name must be settled before.
pub(in crate::kube::embedded) fn create(
    kind: &Kind,
    object: &mut Value,
    birth: &Birth<'_>,
) -> Result<(), Failure> {
    let top = members(object);
    top.insert("apiVersion".into(), kind.info.api_version().into());
    top.insert("kind".into(), kind.info.kind.as_str().into());
    if !kind.keeps_status_at_creation() {
        top.remove("status");
    }
    let meta = meta_mut(object);
    for key in [
        "resourceVersion",
        "selfLink",
        "managedFields",
        "deletionTimestamp",
        "deletionGracePeriodSeconds",
        "generation",
    ] {
        meta.remove(key);
    }
    match birth.namespace {
        Some(namespace) => meta.insert("namespace".into(), namespace.into()),
        None => meta.remove("namespace"),
    };
    meta.insert("uid".into(), birth.uid.into());
    meta.insert("creationTimestamp".into(), birth.now.into());
    if kind.counts_generations() {
        meta.insert("generation".into(), 1.into());
    }
    settle(kind, object);
    validate::validate(kind, None, object)
}

/// Makes a client's new version of `old` what is stored of it: the server's own fields stay, and
/// what the written part of the API does not reach.
pub(in crate::kube::embedded) fn update(
    kind: &Kind,
    part: Part,
    old: &Value,
    new: &mut Value,
) -> Result<(), Failure> {
    if part != Part::Main {
        let sent = std::mem::replace(new, old.clone());
        take_part(part, &sent, new);
    } else {
        let kept = kind
            .kept_fields()
            .chain(kind.guards_status().then_some("status"));
        for field in kept {
            carry(old, new, field);
        }
        if kind.is("", "Namespace") {
            keep_namespace_finalizers(old, new);
        }
    }
    for field in ["apiVersion", "kind"] {
        carry(old, new, field);
    }
    keep_metadata(old, new);
    if kind.is("", "Service") {
        service::keep_address(old, new);
    }
    settle(kind, new);
    if kind.counts_generations() && asked(old, kind) != asked(new, kind) {
        let count = meta(old)
            .and_then(|meta| meta.get("generation")?.as_u64())
            .unwrap_or_default();
        meta_mut(new).insert("generation".into(), count.saturating_add(1).into());
    }
    validate::validate(kind, Some(old), new)
}

fn take_part(part: Part, sent: &Value, new: &mut Value) {
    match part {
        Part::Main => {}
        Part::Status => carry(sent, new, "status"),
        Part::Approval => {
            let conditions = sent.pointer("/status/conditions").cloned();
            let status = members(members(new).entry("status").or_insert(Value::Null));
            set(status, "conditions", conditions);
        }
        Part::Finalize => {
            let finalizers = sent.pointer("/spec/finalizers").cloned();
            let spec = members(members(new).entry("spec").or_insert(Value::Null));
            set(spec, "finalizers", finalizers);
        }
    }
}

fn set(members: &mut Map<String, Value>, key: &str, value: Option<Value>) {
    match value {
        Some(value) => members.insert(key.into(), value),
        None => members.remove(key),
    };
}

/// Makes a top-level field of `to` that of `from`.
fn carry(from: &Value, to: &mut Value, field: &str) {
    set(members(to), field, from.get(field).cloned());
}

fn keep_namespace_finalizers(old: &Value, new: &mut Value) {
    if let Some(finalizers) = old.pointer("/spec/finalizers").cloned() {
        members(members(new).entry("spec").or_insert(Value::Null))
            .insert("finalizers".into(), finalizers);
    }
}

fn keep_metadata(old: &Value, new: &mut Value) {
    let server = [
        "name",
        "namespace",
        "uid",
        "creationTimestamp",
        "selfLink",
        "resourceVersion",
        "generation",
        "deletionTimestamp",
        "deletionGracePeriodSeconds",
    ];
    let old = meta(old).cloned().unwrap_or_default();
    let new = meta_mut(new);
    for key in server {
        set(new, key, old.get(key).cloned());
    }
    if old.get("generateName").is_some() && !new.contains_key("generateName") {
        set(new, "generateName", old.get("generateName").cloned());
    }
    new.remove("managedFields");
}

/// What `generation` counts changes of.
fn asked(object: &Value, kind: &Kind) -> Value {
    let mut object = object.clone();
    let ignored: &[&str] = if kind.origin == Origin::Custom && !kind.guards_status() {
        &["metadata"]
    } else {
        &["metadata", "status"]
    };
    ignored.iter().for_each(|field| {
        members(&mut object).remove(*field);
    });
    object
}

/// The few things a server writes into what it was sent.
fn settle(kind: &Kind, object: &mut Value) {
    if kind.is("", "Secret") {
        seal_texts(object);
    }
    if kind.is("", "Namespace") {
        let phase = if is_terminating(object) {
            "Terminating"
        } else {
            "Active"
        };
        members(members(object).entry("status").or_insert(Value::Null))
            .insert("phase".into(), phase.into());
    }
}

/// Moves the texts of `stringData` into `data`, in base64.
fn seal_texts(secret: &mut Value) {
    let top = members(secret);
    let Some(Value::Object(texts)) = top.remove("stringData") else {
        return;
    };
    if texts.is_empty() {
        return;
    }
    let data = members(top.entry("data").or_insert(Value::Null));
    for (key, text) in texts {
        data.insert(key, BASE64.encode(text.as_str().unwrap_or_default()).into());
    }
}

/// The name a `generateName` gets with these five letters or digits, cut so that the whole is no
/// longer than a name may be.
pub(in crate::kube::embedded) fn generated_name(prefix: &str, random: u64) -> String {
    const LETTERS: &[u8; 27] = b"bcdfghjklmnpqrstvwxz2456789";
    const LONGEST_PREFIX: usize = 63 - 5;
    let mut rest = random;
    let mut name: String = prefix.chars().take(LONGEST_PREFIX).collect();
    for _ in 0..5 {
        let letter = LETTERS.get((rest % 27) as usize).copied().unwrap_or(b'x');
        name.push(char::from(letter));
        rest /= 27;
    }
    name
}

/// The name an object is created under, from its own or its `generateName`.
pub(in crate::kube::embedded) fn settle_name(object: &mut Value, random: impl FnOnce() -> u64) {
    let prefix = meta_text(object, "generateName").to_owned();
    if meta_text(object, "name").is_empty() && !prefix.is_empty() {
        meta_mut(object).insert("name".into(), generated_name(&prefix, random()).into());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn generated_names_fit() {
        let name = generated_name(&"x".repeat(100), 1);
        assert_eq!(name.len(), 63);
        assert_eq!(generated_name("a-", 5), generated_name("a-", 5));
        assert_ne!(generated_name("a-", 5), generated_name("a-", 6));
    }
}
