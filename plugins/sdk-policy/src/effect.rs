//! The effect that a policy judges.

use serde_json::Value;

/// An effect that is about to land.
pub struct Effect(Value);

impl Effect {
    /// Reads the JSON text that the host gives.
    pub fn parse(text: &str) -> Option<Self> {
        serde_json::from_str(text).ok().map(Self)
    }

    /// `WriteFile`, `Apply` ...
    pub fn action(&self) -> &str {
        self.text("action")
    }

    /// What the run is: `init`, `reset`.
    pub fn operation(&self) -> &str {
        self.text("operation")
    }

    /// A text field, empty where there is none.
    pub fn text(&self, field: &str) -> &str {
        self.0[field].as_str().unwrap_or_default()
    }

    /// A text of the configuration's context, empty where there is none. A
    /// component of the distribution may have made it.
    pub fn context(&self, field: &str) -> &str {
        self.0["context"][field].as_str().unwrap_or_default()
    }

    /// The path of a file or directory as the component named it; where links
    /// lead from there, too.
    pub fn paths(&self) -> impl Iterator<Item = &str> {
        paths_of(&self.0)
    }

    /// All of it.
    pub fn whole(&self) -> &Value {
        &self.0
    }

    /// Any field.
    pub fn field(&self, field: &str) -> &Value {
        &self.0[field]
    }

    /// Whether it holds a secret of this kind: `private-key`, `token`.
    pub fn holds(&self, kind: &str) -> bool {
        self.0["sealed"]
            .as_array()
            .is_some_and(|kinds| kinds.iter().any(|held| held == kind))
    }
}

impl From<Value> for Effect {
    fn from(value: Value) -> Self {
        Self(value)
    }
}

/// `path` and, where links lead elsewhere, `realPath` of an effect or of one of
/// its `files`.
pub fn paths_of(value: &Value) -> impl Iterator<Item = &str> {
    let fields = ["path", "realPath"].into_iter();
    fields.filter_map(|field| value[field].as_str())
}
