//! What to say about a value that can not be where it is, and what to write instead.

use super::tree::NodeValue;
use crate::cluster::constants;
use crate::cluster::schema::{self, Fields, Type};
use crate::meant::meant;

/// For a value of another type.
pub fn mismatch(path: &str, ty: Type, found: &NodeValue) -> String {
    let expected = expected(ty);
    let hint = match (ty, found) {
        (Type::String, NodeValue::Number(_)) if path.ends_with("kubernetesVersion") => format!(
            "; a version has three numbers, like {:?}",
            constants::KUBERNETES_RELEASE
        ),
        (Type::String | Type::Secret, NodeValue::Bool(_)) => {
            "; put it in quotes (yes, no, on, off, y, n, true and false are booleans in YAML)"
                .into()
        }
        (Type::String | Type::Secret | Type::Token | Type::Time, NodeValue::Number(_)) => {
            "; put it in quotes".into()
        }
        (Type::Duration, NodeValue::Number(_)) => "; give it a unit".into(),
        (Type::Bool, NodeValue::Text(text)) => match text.to_lowercase().as_str() {
            "true" | "false" => "; write it without quotes".into(),
            _ => "; write true or false".into(),
        },
        (
            Type::Int32 | Type::Int64 | Type::UInt32 | Type::Float | Type::Float32,
            NodeValue::Text(text),
        ) => match text.trim().parse::<f64>() {
            Ok(_) => "; write it without quotes".into(),
            Err(_) => " that is no number".into(),
        },
        // What changed between v1beta3 and v1beta4.
        (Type::List(_), NodeValue::Map(_)) if path.ends_with("xtraArgs") => {
            "; write each argument as \"- {name: NAME, value: VALUE}\"".into()
        }
        (Type::Map(_) | Type::Object(_), NodeValue::List(_)) if path.ends_with("xtraArgs") => {
            "; write each argument as \"NAME: VALUE\", or make it kubeadm.k8s.io/v1beta4".into()
        }
        (Type::List(_), NodeValue::Map(entries)) if entries.is_empty() => {
            "; write [] for an empty one".into()
        }
        (Type::Map(_) | Type::Object(_), NodeValue::List(items)) if items.is_empty() => {
            "; write {} for an empty one".into()
        }
        (Type::List(_), NodeValue::Text(_) | NodeValue::Map(_)) => {
            "; write \"- \" before each entry".into()
        }
        _ => String::new(),
    };
    format!("expected {expected}, found {}{hint}", found.describe())
}

/// For a field that is not there: what has become of it, which one was probably meant, where it
/// belongs, or all there are.
pub fn unknown_field(path: &str, name: &str, fields: Fields) -> String {
    if let Some(gone) = schema::gone(path) {
        return format!("unknown field; {gone}");
    }
    if let Some(field) = meant(name, fields.iter().map(|(field, _)| *field)) {
        return format!("unknown field; did you mean {field:?}? (case matters)");
    }
    let places = schema::places(path);
    if !places.is_empty() {
        return format!("unknown field here; it belongs in {}", places.join(" or "));
    }
    if fields.len() > 16 {
        return "unknown field".to_owned();
    }
    let names: Vec<_> = fields.iter().map(|(field, _)| *field).collect();
    format!("unknown field; the fields here are {}", names.join(", "))
}

fn expected(ty: Type) -> &'static str {
    match ty {
        Type::String | Type::Secret => "a string",
        Type::Token => "a string of the form \"[a-z0-9]{6}.[a-z0-9]{16}\"",
        Type::Bool => "a boolean",
        Type::Int32 | Type::Int64 | Type::UInt32 => "a whole number",
        Type::Float | Type::Float32 => "a number",
        Type::Duration => "a duration in a string, like \"4m0s\"",
        Type::DurationOrNanoseconds => "a duration in a string, like \"5s\", or nanoseconds",
        Type::Time => "an RFC 3339 time in a string",
        Type::Quantity => "a quantity, like \"500Mi\"",
        Type::List(_) => "a list",
        Type::Map(_) | Type::Object(_) => "an object",
    }
}
