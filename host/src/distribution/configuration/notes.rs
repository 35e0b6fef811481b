//! What the built-in schemas say of fields besides their types.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;

use crate::component::BuiltIn;

/// `gone:` and `hints:` of a file of schemas.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Notes {
    /// Fields that have gone, with their kind (`Kind.field.below`): what has
    /// become of them.
    gone: BTreeMap<String, String>,
    hints: Vec<Hint>,
}

/// Those of all files. What can not be read says nothing: a test reads it.
static NOTES: LazyLock<Vec<Notes>> = LazyLock::new(|| {
    let texts = BuiltIn::schema_notes();
    texts
        .filter_map(|text| serde_json::from_str(text).ok())
        .collect()
});

/// What has become of a field that once was, by its path with the kind.
pub fn gone(path: &str) -> Option<&'static str> {
    NOTES
        .iter()
        .find_map(|notes| notes.gone.get(path))
        .map(String::as_str)
}

/// What to write instead of a value of another shape.
pub fn hint(path: &str, wanted: Shape, found: Shape) -> Option<&'static str> {
    let mut hints = NOTES.iter().flat_map(|notes| &notes.hints);
    let hint = hints
        .find(|hint| path.ends_with(&hint.path) && hint.wanted == wanted && hint.found == found)?;
    Some(&hint.hint)
}

/// What to write instead of a value of another type.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Hint {
    /// What the path of the field ends with.
    path: String,
    wanted: Shape,
    found: Shape,
    hint: String,
}

/// The shape of a value, roughly.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
#[allow(missing_docs, reason = "the names say it")]
pub enum Shape {
    String,
    Bool,
    Number,
    List,
    Object,
}

#[cfg(test)]
pub mod tests {
    use super::*;

    /// The paths of all fields that have gone.
    pub fn all_gone() -> impl Iterator<Item = &'static String> {
        NOTES.iter().flat_map(|notes| notes.gone.keys())
    }

    #[test]
    fn all_notes_can_be_read() {
        assert_eq!(NOTES.len(), BuiltIn::schema_notes().count());
        assert!(all_gone().count() > 10);
        assert_eq!(
            hint("A.extraArgs", Shape::List, Shape::Object),
            Some("write each argument as \"- {name: NAME, value: VALUE}\"")
        );
    }
}
