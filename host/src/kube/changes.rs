//! What of an object has changed since it was written, and by whom.

use std::fmt;

use serde::Serialize;
use serde_json::Value;

use super::secrets::{MASK, is_secret, mask};

/// How a value begins that stands for a secret.
const SEALED: &str = "<sealed";

/// A field that is not as it was written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FieldChange {
    /// As `spec.template.spec.containers[0].image`.
    pub field: String,
    /// Whether it is there no more.
    pub removed: bool,
    /// Field managers that have it now, besides the one that wrote it.
    pub by: Vec<Manager>,
}

/// A field manager, as the server knows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Manager {
    pub name: String,
    /// `Apply` or `Update`
    pub operation: String,
    /// When it last changed the object, as the server writes times.
    pub time: String,
}

impl fmt::Display for FieldChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.field)?;
        if self.removed {
            f.write_str(" (removed)")?;
        }
        for (at, manager) in self.by.iter().enumerate() {
            let lead = if at == 0 { " by " } else { ", " };
            write!(f, "{lead}{} at {}", manager.name, manager.time)?;
        }
        Ok(())
    }
}

/// An object without what the server keeps for itself: its version, generation and who manages its
/// fields.
pub fn content(object: &Value) -> Value {
    let mut object = object.clone();
    if let Some(metadata) = object.get_mut("metadata").and_then(Value::as_object_mut) {
        for field in ["managedFields", "resourceVersion", "generation"] {
            metadata.remove(field);
        }
    }
    object
}

/// A step into an object.
#[derive(Clone, Debug)]
enum Step {
    Field(String),
    Item(usize),
}

/// The fields of `live` that are not what `written` says: an object, or a
/// patch of one, with the values of Secrets masked. Fields that `written` does
/// not name do not count. Of masked values it counts who has them: `writer`
/// loses what somebody else changes.
pub fn since(written: &Value, live: &Value, writer: &str) -> Vec<FieldChange> {
    let mut shown = live.clone();
    mask(&mut shown, is_secret(written));
    let mut search = Search {
        live: &shown,
        writer,
        path: Vec::new(),
        found: Vec::new(),
    };
    search.compare(written, Some(&shown));
    search.found
}

struct Search<'a> {
    live: &'a Value,
    writer: &'a str,
    path: Vec<Step>,
    found: Vec<FieldChange>,
}

impl Search<'_> {
    fn compare(&mut self, written: &Value, live: Option<&Value>) {
        match (written, live) {
            (Value::Object(members), Some(live @ Value::Object(_))) => {
                for (key, value) in members {
                    // How a patch says what to do, and what says which
                    // version it was made of.
                    let is_directive = key.starts_with('$');
                    let is_version = key == "resourceVersion" && self.is_metadata();
                    if !is_directive && !is_version && !value.is_null() {
                        self.path.push(Step::Field(key.clone()));
                        self.compare(value, live.get(key));
                        self.path.pop();
                    }
                }
            }
            (Value::Array(items), Some(Value::Array(found))) => {
                for (at, item) in items.iter().enumerate() {
                    // Lists are merged: ours may have another place by now.
                    let place = place(item, found, at);
                    self.path.push(Step::Item(place.unwrap_or(at)));
                    self.compare(item, place.and_then(|place| found.get(place)));
                    self.path.pop();
                }
            }
            // `<sealed>`, or with words: what it is.
            (Value::String(text), Some(live)) if text.starts_with(SEALED) => {
                if live != MASK || !self.owners().any(|(name, _)| name == self.writer) {
                    self.note(false);
                }
            }
            (written, Some(live)) if written == live => {}
            (_, live) => self.note(live.is_none()),
        }
    }

    fn is_metadata(&self) -> bool {
        matches!(self.path.as_slice(), [Step::Field(name)] if name == "metadata")
    }

    fn note(&mut self, removed: bool) {
        let by = self
            .owners()
            .filter(|(name, _)| *name != self.writer)
            .map(|(_, entry)| {
                let text = |field: &str| entry[field].as_str().unwrap_or_default().to_owned();
                Manager {
                    name: text("manager"),
                    operation: text("operation"),
                    time: text("time"),
                }
            })
            .collect();
        self.found.push(FieldChange {
            field: words(&self.path),
            removed,
            by,
        });
    }

    /// The managers of the field that the path leads to.
    fn owners(&self) -> impl Iterator<Item = (&str, &Value)> {
        let entries = self.live.pointer("/metadata/managedFields");
        entries
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .filter(|entry| owns(&entry["fieldsV1"], &self.path, self.live))
            .filter_map(|entry| Some((entry["manager"].as_str()?, entry)))
    }
}

/// Where an item of a list is by now: the first that has its name, or is like
/// it, or is where it was.
fn place(item: &Value, found: &[Value], at: usize) -> Option<usize> {
    let same_name = |other: &Value| {
        ["name", "key", "mountPath", "containerPort"]
            .iter()
            .any(|key| item.get(key).is_some() && item.get(key) == other.get(key))
    };
    found
        .iter()
        .position(|other| other == item)
        .or_else(|| found.iter().position(same_name))
        .or_else(|| (item.is_object() && at < found.len()).then_some(at))
}

fn words(path: &[Step]) -> String {
    let mut text = String::new();
    for step in path {
        match step {
            Step::Field(name) if text.is_empty() => text.push_str(name),
            Step::Field(name) => text.push_str(&format!(".{name}")),
            Step::Item(at) => text.push_str(&format!("[{at}]")),
        }
    }
    text
}

/// Whether a set of fields (`FieldsV1`) has the one that the path leads to, or
/// something that it lies in as a whole.
fn owns(fields: &Value, path: &[Step], object: &Value) -> bool {
    let [step, rest @ ..] = path else {
        return true;
    };
    let members = match fields.as_object() {
        // It owns this as a whole.
        Some(members) if members.keys().all(|key| key == ".") => return fields.is_object(),
        Some(members) => members,
        None => return false,
    };
    match step {
        Step::Field(name) => {
            let (Some(fields), Some(object)) =
                (members.get(&format!("f:{name}")), object.get(name))
            else {
                return false;
            };
            owns(fields, rest, object)
        }
        Step::Item(at) => {
            let Some(item) = object.get(at) else {
                return false;
            };
            members
                .iter()
                .any(|(key, fields)| selects(key, item) && owns(fields, rest, item))
        }
    }
}

/// Whether a key of a list in a set of fields is that of this item: `k:` and
/// its keys, or `v:` and its value.
fn selects(key: &str, item: &Value) -> bool {
    let parse = |text: &str| serde_json::from_str::<Value>(text).ok();
    if let Some(keys) = key.strip_prefix("k:").and_then(parse) {
        return keys.as_object().is_some_and(|keys| {
            let mut keys = keys.iter();
            keys.all(|(key, value)| item.get(key) == Some(value))
        });
    }
    key.strip_prefix("v:").and_then(parse).as_ref() == Some(item)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn live(object: Value) -> Value {
        let mut live = json!({"metadata": {"name": "x", "managedFields": [
            {"manager": "kubewright", "operation": "Apply", "time": "T1", "fieldsV1": {
                "f:data": {"f:mine": {}},
                "f:spec": {"f:containers": {"k:{\"name\":\"a\"}": {".": {}, "f:image": {}}}}}},
            {"manager": "kubectl-edit", "operation": "Update", "time": "T2", "fieldsV1": {
                "f:data": {"f:theirs": {}},
                "f:spec": {"f:replicas": {}, "f:containers": {"k:{\"name\":\"b\"}": {"f:image": {}}}}}},
        ]}});
        json_patch::merge(&mut live, &object);
        live
    }

    #[test]
    fn changes_name_the_field_and_who_has_it_now() {
        let cases = [
            (
                "the same, and more",
                json!({"data": {"mine": "1"}}),
                live(json!({"data": {"mine": "1", "more": "2"}})),
                vec![],
            ),
            (
                "a value",
                json!({"spec": {"replicas": 1}}),
                live(json!({"spec": {"replicas": 3}})),
                vec!["spec.replicas by kubectl-edit at T2"],
            ),
            (
                "gone",
                json!({"data": {"mine": "1", "theirs": "2"}}),
                live(json!({"data": {"theirs": "2"}})),
                vec!["data.mine (removed)"],
            ),
            (
                "in a list that has another order",
                json!({"spec": {"containers": [{"name": "b", "image": "old"}, {"name": "a", "image": "i"}]}}),
                live(
                    json!({"spec": {"containers": [{"name": "a", "image": "i"}, {"name": "b", "image": "new"}]}}),
                ),
                vec!["spec.containers[1].image by kubectl-edit at T2"],
            ),
            (
                "a patch",
                json!({"metadata": {"resourceVersion": "7", "labels": {"$patch": "merge"}}}),
                live(json!({"metadata": {"resourceVersion": "8", "labels": {}}})),
                vec![],
            ),
            (
                "a value of a Secret that is still ours",
                json!({"kind": "Secret", "data": {"mine": "<sealed: a token>"}}),
                live(json!({"kind": "Secret", "data": {"mine": "eA=="}})),
                vec![],
            ),
            (
                "a value of a Secret that somebody else took",
                json!({"kind": "Secret", "data": {"theirs": MASK}}),
                live(json!({"kind": "Secret", "data": {"theirs": "eA=="}})),
                vec!["data.theirs by kubectl-edit at T2"],
            ),
        ];
        for (name, written, live, wanted) in cases {
            let found = since(&written, &live, "kubewright");
            let found: Vec<_> = found.iter().map(ToString::to_string).collect();
            assert_eq!(found, wanted, "{name}");
        }
    }
}
