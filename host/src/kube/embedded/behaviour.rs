//! What controllers would do after a write, as data.

use serde_json::Value;

/// Which write a [`Behaviour`] follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum On {
    /// The object is new.
    Create,
    /// The object was there and has changed.
    Update,
    /// Either.
    Write,
}

/// After a write to an object of this kind, its status is patched as a controller would.
#[derive(Debug, Clone, PartialEq)]
pub struct Behaviour {
    /// The `apiVersion` of the objects.
    pub api_version: String,
    /// Their kind.
    pub kind: String,
    /// The write it follows.
    pub on: On,
    /// A merge patch (RFC 7386) for the status. A member `{"$from": "/spec/replicas", "default": 1}`
    /// stands for the value at that JSON pointer of the object; without a default it is left out
    /// when the object has no such value.
    pub patch_status: Value,
}

impl Behaviour {
    /// Does to an object that was just written what a controller would.
    pub fn act(&self, object: &mut Value, created: bool) {
        let text = |field: &str| object[field].as_str().unwrap_or_default().to_owned();
        if object.is_object() && self.follows(&text("apiVersion"), &text("kind"), created) {
            let patch = self.patch_for(object);
            json_patch::merge(&mut object["status"], &patch);
        }
    }

    pub(super) fn follows(&self, api_version: &str, kind: &str, created: bool) -> bool {
        let on = match self.on {
            On::Create => created,
            On::Update => !created,
            On::Write => true,
        };
        on && self.api_version == api_version && self.kind == kind
    }

    /// The patch for the status of that object.
    pub(super) fn patch_for(&self, object: &Value) -> Value {
        filled(&self.patch_status, object).unwrap_or_default()
    }
}

fn filled(template: &Value, object: &Value) -> Option<Value> {
    match template {
        Value::Object(members) => {
            if let Some(pointer) = members.get("$from").and_then(Value::as_str) {
                return object.pointer(pointer).or(members.get("default")).cloned();
            }
            let members = members
                .iter()
                .filter_map(|(key, value)| Some((key.clone(), filled(value, object)?)));
            Some(Value::Object(members.collect()))
        }
        Value::Array(items) => Some(Value::Array(
            items
                .iter()
                .filter_map(|item| filled(item, object))
                .collect(),
        )),
        scalar => Some(scalar.clone()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn templates_by_case() {
        let object = json!({"spec": {"replicas": 3}, "metadata": {"name": "a"}});
        let cases = [
            (
                json!({"availableReplicas": {"$from": "/spec/replicas", "default": 1}}),
                json!({"availableReplicas": 3}),
            ),
            (
                json!({"availableReplicas": {"$from": "/spec/none", "default": 1}}),
                json!({"availableReplicas": 1}),
            ),
            (
                json!({"availableReplicas": {"$from": "/spec/none"}, "ready": true}),
                json!({"ready": true}),
            ),
            (
                json!({"conditions": [{"type": "Ready", "message": {"$from": "/metadata/name"}}]}),
                json!({"conditions": [{"type": "Ready", "message": "a"}]}),
            ),
        ];
        for (patch_status, wanted) in cases {
            let behaviour = Behaviour {
                api_version: "v1".into(),
                kind: "X".into(),
                on: On::Write,
                patch_status,
            };
            assert_eq!(behaviour.patch_for(&object), wanted);
        }
    }
}
