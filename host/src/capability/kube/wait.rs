//! Waiting for objects.

use std::time::Duration;

use serde_json::Value;
use wasmtime::component::Resource as Handle;

use super::ClientHandle;
use crate::capability::bindings::{kube, types};
use crate::capability::gate::Answer;
use crate::capability::refusal::{IntoWit, Refusal, wit_error};
use crate::capability::state::PhaseState;
use crate::effect::Event;
use crate::kube::objects::Resource;
use crate::kube::secrets::is_secret_kind;
use crate::world::Waiting;

/// The kind and namespace that a selection selects from.
pub fn selected(selection: &kube::Selection) -> Resource {
    Resource::new(
        &selection.api_version,
        &selection.kind,
        selection.namespace.as_deref(),
    )
}

/// A condition, ready to be asked.
enum Wanted {
    Exists,
    Absent,
    Status { kind: String, status: String },
    AtLeast { pointer: String, minimum: i64 },
    Equals { pointer: String, value: Value },
}

impl Wanted {
    fn new(condition: kube::Condition) -> Result<Self, Refusal> {
        Ok(match condition {
            kube::Condition::Exists => Self::Exists,
            kube::Condition::Absent => Self::Absent,
            kube::Condition::StatusCondition((kind, status)) => Self::Status { kind, status },
            kube::Condition::AtLeast((pointer, minimum)) => Self::AtLeast { pointer, minimum },
            kube::Condition::Equals((pointer, text)) => Self::Equals {
                pointer,
                value: serde_json::from_str(&text)
                    .map_err(|error| wit_error(types::ErrorCode::Invalid, &error))?,
            },
        })
    }

    /// Whether one object, which is there, fulfils it. `part` gives a part of
    /// it by its pointer.
    fn holds(&self, part: &dyn Fn(&str) -> Option<Value>) -> bool {
        match self {
            Self::Exists => true,
            Self::Absent => false,
            Self::Status { kind, status } => {
                // ComponentStatus has its conditions outside of a status.
                ["/status/conditions", "/conditions"]
                    .iter()
                    .filter_map(|pointer| part(pointer))
                    .any(|conditions| {
                        let mut all = conditions.as_array().into_iter().flatten();
                        all.any(|one| {
                            one["type"] == kind.as_str() && one["status"] == status.as_str()
                        })
                    })
            }
            Self::AtLeast { pointer, minimum } => part(pointer)
                .and_then(|part| part.as_i64())
                .is_some_and(|number| number >= *minimum),
            Self::Equals { pointer, value } => part(pointer).as_ref() == Some(value),
        }
    }

    fn words(&self) -> String {
        match self {
            Self::Exists => "to exist".to_owned(),
            Self::Absent => "to be gone".to_owned(),
            Self::Status { kind, status } => format!("to have the condition {kind}={status}"),
            Self::AtLeast { pointer, minimum } => format!("to have {pointer} at least {minimum}"),
            Self::Equals { pointer, value } => format!("to have {pointer} equal to {value}"),
        }
    }
}

impl PhaseState {
    pub(super) async fn wait_for(
        &mut self,
        client: &Handle<ClientHandle>,
        selection: kube::Selection,
        minimum: u32,
        condition: kube::Condition,
        timeout_seconds: u32,
    ) -> Answer<()> {
        let wanted = Wanted::new(condition)?;
        let objects = self.cluster(client)?.objects;
        let is_secret = is_secret_kind(&selection.kind);
        let what = format!(
            "{} {}",
            selection.kind,
            selection
                .field_selector
                .trim_start_matches("metadata.name=")
        );
        self.doing = format!("waiting for {} {}", what.trim(), wanted.words());
        self.tell(Event::Waiting {
            phase: self.origin.phase.clone(),
            waiting_for: vec![Waiting {
                name: what.trim().to_owned(),
                reason: wanted.words(),
            }],
        });
        // As the component may see them: a condition on a secret would tell
        // whether it was guessed right.
        let gate = self.gate.clone();
        let fulfilled = |items: &[Value]| match wanted {
            Wanted::Absent => items.is_empty(),
            _ => {
                items.len() >= minimum as usize
                    && items
                        .iter()
                        .all(|item| wanted.holds(&|pointer| gate.part(item, is_secret, pointer)))
            }
        };
        let _waiting = self.wait()?;
        let waited = objects
            .wait(
                &selected(&selection),
                &selection.label_selector,
                &selection.field_selector,
                Duration::from_secs(timeout_seconds.into()),
                &fulfilled,
            )
            .await;
        waited.map_err(|error| {
            let mut error = error.into_wit();
            if error.code == types::ErrorCode::Timeout {
                error.message = format!(
                    "waited {timeout_seconds}s for {} {}",
                    what.trim(),
                    wanted.words()
                );
            }
            error
        })?;
        self.answer(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn conditions_hold_where_they_should() {
        let object = json!({"status": {"availableReplicas": 2,
            "conditions": [{"type": "Ready", "status": "True"}]}});
        let status = |kind: &str, status: &str| {
            kube::Condition::StatusCondition((kind.to_owned(), status.to_owned()))
        };
        let replicas = "/status/availableReplicas".to_owned();
        let cases = [
            ("exists", kube::Condition::Exists, true),
            ("absent", kube::Condition::Absent, false),
            ("ready", status("Ready", "True"), true),
            ("not ready", status("Ready", "False"), false),
            (
                "enough",
                kube::Condition::AtLeast((replicas.clone(), 2)),
                true,
            ),
            (
                "too few",
                kube::Condition::AtLeast((replicas.clone(), 3)),
                false,
            ),
            (
                "equal",
                kube::Condition::Equals((replicas.clone(), "2".into())),
                true,
            ),
            (
                "other",
                kube::Condition::Equals((replicas, "1".into())),
                false,
            ),
        ];
        let part = |pointer: &str| object.pointer(pointer).cloned();
        for (name, condition, wanted) in cases {
            assert_eq!(
                Wanted::new(condition).unwrap().holds(&part),
                wanted,
                "{name}"
            );
        }
        let broken = kube::Condition::Equals(("/x".into(), "{".into()));
        assert!(Wanted::new(broken).is_err());
    }
}
