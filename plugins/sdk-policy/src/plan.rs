//! All that a run does.

use serde_json::Value;

use crate::Effect;

/// The effects of a run, in the order in which they landed.
pub struct Plan {
    operation: String,
    effects: Vec<Effect>,
}

impl Plan {
    /// Reads the JSON text that the host gives.
    pub fn parse(text: &str) -> Option<Self> {
        let mut whole: Value = serde_json::from_str(text).ok()?;
        let Value::Array(effects) = whole.get_mut("effects")?.take() else {
            return None;
        };
        Some(Self {
            operation: whole["operation"].as_str()?.to_owned(),
            effects: effects.into_iter().map(Effect::from).collect(),
        })
    }

    /// What the run is: `init`, `reset`.
    pub fn operation(&self) -> &str {
        &self.operation
    }

    /// Its effects. Each says what it changed (`change`).
    pub fn effects(&self) -> &[Effect] {
        &self.effects
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plan_is_read_or_is_none() {
        let text =
            r#"{"operation": "init", "effects": [{"action": "Apply", "change": "created"}]}"#;
        let plan = Plan::parse(text).unwrap();
        assert_eq!(plan.operation(), "init");
        assert_eq!(plan.effects()[0].text("change"), "created");
        for text in [
            "",
            "{}",
            "[]",
            r#"{"operation": "init", "effects": {}}"#,
            r#"{"effects": []}"#,
        ] {
            assert!(Plan::parse(text).is_none(), "{text}");
        }
    }
}
