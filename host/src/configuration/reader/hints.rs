//! What to say about a value that can not be where it is, and what to write instead.

use super::decode::Wanted;
use super::elsewhere;
use super::tree::NodeValue;
use crate::distribution::{DeclaredConfiguration, FieldType, Scalar, Shape};
use kubewright_values::meant::meant;

/// For a value of another type.
pub fn mismatch(
    configuration: &DeclaredConfiguration,
    path: &str,
    wanted: Wanted,
    found: &NodeValue,
) -> String {
    let expected = expected(wanted);
    let hint = of_distribution(configuration, path, wanted, found)
        .unwrap_or_else(|| general(wanted, found));
    format!("expected {expected}, found {}{hint}", found.describe())
}

/// What the distribution says about it.
fn of_distribution(
    configuration: &DeclaredConfiguration,
    path: &str,
    wanted: Wanted,
    found: &NodeValue,
) -> Option<String> {
    let shape = match wanted {
        Wanted::Scalar(Scalar::String) => Shape::String,
        Wanted::Scalar(Scalar::Bool) => Shape::Bool,
        Wanted::Scalar(_) => return None,
        Wanted::List => Shape::List,
        Wanted::Object => Shape::Object,
    };
    let given = match found {
        NodeValue::Null => return None,
        NodeValue::Bool(_) => Shape::Bool,
        NodeValue::Number(_) => Shape::Number,
        NodeValue::Text(_) => Shape::String,
        NodeValue::List(_) => Shape::List,
        NodeValue::Map(_) => Shape::Object,
    };
    let hint =
        configuration.reading.as_ref()?.hints.iter().find(|hint| {
            path.ends_with(&hint.path) && hint.wanted == shape && hint.found == given
        })?;
    Some(format!("; {}", hint.hint))
}

fn general(wanted: Wanted, found: &NodeValue) -> String {
    use Scalar::{
        Bool, Duration, Float32, HexKey, Int32, Int64, LooseToken, Number, Secret, Time, Token,
        UInt32,
    };
    match (wanted, found) {
        (Wanted::Scalar(Scalar::String | Secret | LooseToken | HexKey), NodeValue::Bool(_)) => {
            "; put it in quotes (yes, no, on, off, y, n, true and false are booleans in YAML)"
                .into()
        }
        (
            Wanted::Scalar(Scalar::String | Secret | LooseToken | HexKey | Token | Time),
            NodeValue::Number(_),
        ) => "; put it in quotes".into(),
        (Wanted::Scalar(Duration), NodeValue::Number(_)) => "; give it a unit".into(),
        (Wanted::Scalar(Bool), NodeValue::Text(text)) => match text.to_lowercase().as_str() {
            "true" | "false" => "; write it without quotes".into(),
            _ => "; write true or false".into(),
        },
        (Wanted::Scalar(Int32 | Int64 | UInt32 | Number | Float32), NodeValue::Text(text)) => {
            match text.trim().parse::<f64>() {
                Ok(_) => "; write it without quotes".into(),
                Err(_) => " that is no number".into(),
            }
        }
        (Wanted::List, NodeValue::Map(entries)) if entries.is_empty() => {
            "; write [] for an empty one".into()
        }
        (Wanted::Object, NodeValue::List(items)) if items.is_empty() => {
            "; write {} for an empty one".into()
        }
        (Wanted::List, NodeValue::Text(_) | NodeValue::Map(_)) => {
            "; write \"- \" before each entry".into()
        }
        _ => String::new(),
    }
}

/// For a field that is not there: what has become of it, which one was probably meant, where it
/// belongs, or all there are.
pub fn unknown_field(
    configuration: &DeclaredConfiguration,
    path: &str,
    name: &str,
    fields: &[(String, FieldType)],
) -> String {
    if let Some(gone) = elsewhere::gone(configuration, path) {
        return format!("unknown field; {gone}");
    }
    if let Some(field) = meant(name, fields.iter().map(|(field, _)| field.as_str())) {
        return format!("unknown field; did you mean {field:?}? (case matters)");
    }
    let places = elsewhere::places(configuration, path);
    if !places.is_empty() {
        return format!("unknown field here; it belongs in {}", places.join(" or "));
    }
    if fields.len() > 16 {
        return "unknown field".to_owned();
    }
    let names: Vec<_> = fields.iter().map(|(field, _)| field.as_str()).collect();
    format!("unknown field; the fields here are {}", names.join(", "))
}

fn expected(wanted: Wanted) -> &'static str {
    let scalar = match wanted {
        Wanted::Scalar(scalar) => scalar,
        Wanted::List => return "a list",
        Wanted::Object => return "an object",
    };
    match scalar {
        Scalar::String | Scalar::Secret | Scalar::LooseToken | Scalar::HexKey => "a string",
        Scalar::Token => "a string of the form \"[a-z0-9]{6}.[a-z0-9]{16}\"",
        Scalar::Bool => "a boolean",
        Scalar::Int32 | Scalar::Int64 | Scalar::UInt32 => "a whole number",
        Scalar::Number | Scalar::Float32 => "a number",
        Scalar::Duration => "a duration in a string, like \"4m0s\"",
        Scalar::DurationOrNanoseconds => "a duration in a string, like \"5s\", or nanoseconds",
        Scalar::Time => "an RFC 3339 time in a string",
        Scalar::Quantity => "a quantity, like \"500Mi\"",
    }
}
