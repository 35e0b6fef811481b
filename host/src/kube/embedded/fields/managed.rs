//! `metadata.managedFields`: which manager wrote which fields.

use serde_json::{Value, json};

use super::set::Set;

/// How a manager came to own its fields.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::kube::embedded) enum Operation {
    Apply,
    Update,
}

impl Operation {
    fn word(self) -> &'static str {
        match self {
            Operation::Apply => "Apply",
            Operation::Update => "Update",
        }
    }
}

/// One entry of `managedFields`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::kube::embedded) struct Manager {
    pub name: String,
    pub operation: Operation,
    pub api_version: String,
    pub subresource: String,
    pub time: Option<String>,
    pub fields: Set,
}

impl Manager {
    /// Whether an entry of the same operation by the same manager continues this one.
    pub fn same(&self, other: &Manager) -> bool {
        let version = self.operation == Operation::Apply || self.api_version == other.api_version;
        self.name == other.name
            && self.operation == other.operation
            && self.subresource == other.subresource
            && version
    }

    fn order(&self) -> (Operation, Option<&str>, &str, &str, &str) {
        (
            self.operation,
            self.time.as_deref(),
            &self.name,
            &self.api_version,
            &self.subresource,
        )
    }

    fn to_json(&self) -> Value {
        let mut entry = json!({
            "manager": self.name, "operation": self.operation.word(), "apiVersion": self.api_version,
            "fieldsType": "FieldsV1", "fieldsV1": self.fields.to_json(),
        });
        if let Some(time) = &self.time {
            entry["time"] = time.as_str().into();
        }
        if !self.subresource.is_empty() {
            entry["subresource"] = self.subresource.as_str().into();
        }
        entry
    }

    fn from_json(entry: &Value) -> Option<Manager> {
        let text = |key: &str| {
            entry
                .get(key)
                .and_then(Value::as_str)
                .unwrap_or_default()
                .to_owned()
        };
        let operation = match text("operation").as_str() {
            "Apply" => Operation::Apply,
            "Update" => Operation::Update,
            _ => return None,
        };
        let time = entry.get("time").and_then(Value::as_str).map(str::to_owned);
        let fields = Set::from_json(entry.get("fieldsV1")?)?;
        Some(Manager {
            name: text("manager"),
            operation,
            api_version: text("apiVersion"),
            subresource: text("subresource"),
            time,
            fields,
        })
    }
}

/// Two lists of entries that differ in nothing but times.
pub(in crate::kube::embedded) fn same_but_for_time(a: &[Manager], b: &[Manager]) -> bool {
    let equal = |a: &Manager, b: &Manager| {
        a.same(b) && a.api_version == b.api_version && a.fields == b.fields
    };
    a.len() == b.len() && a.iter().all(|a| b.iter().any(|b| equal(a, b)))
}

/// The entries as an object carries them, or `None` if there are none.
pub(in crate::kube::embedded) fn write(managers: &[Manager]) -> Option<Value> {
    let mut sorted: Vec<&Manager> = managers.iter().collect();
    sorted.sort_by(|a, b| a.order().cmp(&b.order()));
    (!sorted.is_empty()).then(|| sorted.into_iter().map(Manager::to_json).collect())
}

/// The entries that a client sent with an object.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::kube::embedded) enum Sent {
    /// None, or none that can be read: those of the live object stay.
    Nothing,
    /// An empty list or one empty entry: nobody owns anything any more.
    Reset,
    Entries(Vec<Manager>),
}

/// Reads the `managedFields` a client sent.
pub(in crate::kube::embedded) fn sent(list: Option<&Value>) -> Sent {
    let Some(entries) = list.and_then(Value::as_array) else {
        return Sent::Nothing;
    };
    match entries.as_slice() {
        [] => return Sent::Reset,
        [Value::Object(one)] if one.is_empty() => return Sent::Reset,
        _ => {}
    }
    let read: Option<Vec<Manager>> = entries.iter().map(Manager::from_json).collect();
    read.map_or(Sent::Nothing, Sent::Entries)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_survive_json() {
        let entry = json!({"manager": "a", "operation": "Update", "apiVersion": "v1", "subresource": "status", "time": "2026-01-01T00:00:00Z",
            "fieldsType": "FieldsV1", "fieldsV1": {"f:status": {"f:phase": {}}}});
        let Sent::Entries(read) = sent(Some(&json!([entry]))) else {
            panic!("entries")
        };
        assert_eq!(write(&read), Some(json!([entry])));
        for (list, wanted) in [
            (json!([]), Sent::Reset),
            (json!([{}]), Sent::Reset),
            (json!([{"manager": "a"}]), Sent::Nothing),
            (json!(1), Sent::Nothing),
        ] {
            assert_eq!(sent(Some(&list)), wanted, "{list}");
        }
    }
}
