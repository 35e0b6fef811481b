//! Reading a request's object as its type: drops what JSON `null` leaves out, finds fields the
//! type does not have and values of the wrong type.

use serde_json::Value;

use super::{Object, Scalar, Type};

/// What [`decode`] found, in the order of the object.
#[derive(Debug, Default, PartialEq, Eq)]
pub(in crate::kube::embedded) struct Findings {
    /// Dotted paths of fields the type does not have; they are gone from the object.
    pub unknown: Vec<String>,
    pub wrong: Vec<Wrong>,
    /// Dotted paths of fields the type requires and the object lacks.
    pub missing: Vec<String>,
}

/// A value that is not of its field's type.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::kube::embedded) struct Wrong {
    pub path: String,
    /// The JSON type found, such as `string`.
    pub found: &'static str,
    /// The type asked for, as the API names it, such as `int32`.
    pub wanted: &'static str,
}

/// Makes `value` what the server would keep of it: members that are `null` or that the type does
/// not declare are removed.
pub(in crate::kube::embedded) fn decode(value: &mut Value, ty: &Type) -> Findings {
    let mut findings = Findings::default();
    walk(value, ty, &mut String::new(), &mut findings);
    findings
}

fn walk(value: &mut Value, ty: &Type, path: &mut String, findings: &mut Findings) {
    match (ty.resolve(), value) {
        (Type::Opaque | Type::Deduced | Type::Named(_), _) => {}
        (Type::Object(object), Value::Object(members)) => {
            members.retain(|name, value| keep(name, value, object, path, findings));
            for (name, value) in members {
                if let Some(field) = object.field(name) {
                    within(path, &[".", name], |path| {
                        walk(value, &field.ty, path, findings)
                    });
                }
            }
        }
        (Type::Map(map), Value::Object(members)) => {
            members.retain(|_, value| !value.is_null());
            for (name, value) in members {
                within(path, &[".", name], |path| {
                    walk(value, &map.value, path, findings)
                });
            }
        }
        (Type::List(list), Value::Array(items)) => {
            for (index, value) in items.iter_mut().enumerate() {
                within(path, &["[", &index.to_string(), "]"], |path| {
                    walk(value, &list.item, path, findings)
                });
            }
        }
        (Type::Scalar(scalar), value) if fits(*scalar, value) => {}
        (ty, value) => findings.wrong.push(Wrong {
            path: path.clone(),
            found: found(value),
            wanted: wanted(ty),
        }),
    }
}

fn keep(name: &str, value: &Value, object: &Object, path: &str, findings: &mut Findings) -> bool {
    if object.field(name).is_none() && !object.open {
        let separator = if path.is_empty() { "" } else { "." };
        findings.unknown.push(format!("{path}{separator}{name}"));
        return false;
    }
    !value.is_null()
}

/// Finds the required fields that `value` lacks. Apart from [`decode`] because a patch may lack
/// what the patched object has.
pub(in crate::kube::embedded) fn missing(value: &Value, ty: &Type) -> Vec<String> {
    let mut missing = Vec::new();
    lacks(value, ty, &mut String::new(), &mut missing);
    missing
}

fn lacks(value: &Value, ty: &Type, path: &mut String, missing: &mut Vec<String>) {
    match (ty.resolve(), value) {
        (Type::Object(object), Value::Object(members)) => {
            for field in &object.fields {
                match members.get(&*field.name) {
                    Some(value) => within(path, &[".", &field.name], |path| {
                        lacks(value, &field.ty, path, missing)
                    }),
                    None if field.required => {
                        within(path, &[".", &field.name], |path| missing.push(path.clone()))
                    }
                    None => {}
                }
            }
        }
        (Type::Map(map), Value::Object(members)) => {
            for (name, value) in members {
                within(path, &[".", name], |path| {
                    lacks(value, &map.value, path, missing)
                });
            }
        }
        (Type::List(list), Value::Array(items)) => {
            for (index, value) in items.iter().enumerate() {
                within(path, &["[", &index.to_string(), "]"], |path| {
                    lacks(value, &list.item, path, missing)
                });
            }
        }
        _ => {}
    }
}

fn within(path: &mut String, steps: &[&str], visit: impl FnOnce(&mut String)) {
    let length = path.len();
    for step in steps {
        if !(length == 0 && *step == ".") {
            path.push_str(step);
        }
    }
    visit(path);
    path.truncate(length);
}

fn fits(scalar: Scalar, value: &Value) -> bool {
    let whole = |value: &Value| {
        value.is_i64() || value.as_f64().is_some_and(|number| number.fract() == 0.0)
    };
    match scalar {
        Scalar::String | Scalar::Time => value.is_string(),
        Scalar::Bytes => value.as_str().is_some_and(is_base64),
        Scalar::Bool => value.is_boolean(),
        Scalar::Number => value.is_number(),
        Scalar::Int32 => value
            .as_i64()
            .is_some_and(|number| i32::try_from(number).is_ok()),
        Scalar::Int64 => value.is_i64() || (value.is_number() && whole(value)),
        Scalar::IntOrString => value.is_string() || value.as_i64().is_some(),
        Scalar::Quantity => value.is_string() || value.is_number(),
    }
}

fn is_base64(text: &str) -> bool {
    let body = text.trim_end_matches('=');
    let letters = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'+' || byte == b'/';
    let breaks = |byte: u8| byte == b'\n' || byte == b'\r';
    let count = text.bytes().filter(|byte| !breaks(*byte)).count();
    text.len() - body.len() <= 2
        && count.is_multiple_of(4)
        && body.bytes().all(|byte| letters(byte) || breaks(byte))
}

fn found(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "bool",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

fn wanted(ty: &Type) -> &'static str {
    match ty {
        Type::Scalar(scalar) => match scalar {
            Scalar::String => "string",
            Scalar::Int32 => "int32",
            Scalar::Int64 => "int64",
            Scalar::Bool => "bool",
            Scalar::Number => "number",
            Scalar::IntOrString => "integer or string",
            Scalar::Quantity => "quantity",
            Scalar::Time => "time (RFC 3339)",
            Scalar::Bytes => "base64 text",
        },
        Type::List(_) => "array",
        _ => "object",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn findings_by_case() {
        let pod = super::super::named("core.v1.Pod").expect("a Pod is built in");
        let cases = [
            (
                "all known",
                json!({"spec": {"nodeName": "a"}}),
                vec![],
                vec![],
            ),
            (
                "unknown at the top",
                json!({"spek": {}}),
                vec!["spek"],
                vec![],
            ),
            (
                "unknown in a list",
                json!({"spec": {"containers": [{"name": "a", "imag": "b"}]}}),
                vec!["spec.containers[0].imag"],
                vec![],
            ),
            (
                "text for a number",
                json!({"spec": {"priority": "1"}}),
                vec![],
                vec!["spec.priority"],
            ),
            (
                "a number for text",
                json!({"metadata": {"labels": {"a": 1}}}),
                vec![],
                vec!["metadata.labels.a"],
            ),
            (
                "a list for an object",
                json!({"spec": []}),
                vec![],
                vec!["spec"],
            ),
            (
                "null is left out",
                json!({"spec": {"nodeName": null, "priority": null}}),
                vec![],
                vec![],
            ),
            (
                "fieldsV1 may hold anything",
                json!({"metadata": {"managedFields": [{"fieldsV1": {"f:x": {}}}]}}),
                vec![],
                vec![],
            ),
        ];
        for (name, mut value, unknown, wrong) in cases {
            let findings = decode(&mut value, &pod);
            assert_eq!(findings.unknown, unknown, "{name}");
            assert_eq!(
                findings
                    .wrong
                    .iter()
                    .map(|wrong| wrong.path.as_str())
                    .collect::<Vec<_>>(),
                wrong,
                "{name}"
            );
        }
    }

    #[test]
    fn base64_by_case() {
        for (text, good) in [
            ("", true),
            ("YQ==", true),
            ("YWI=", true),
            ("YWJj", true),
            ("YQ", false),
            ("Y!==", false),
            ("====", false),
        ] {
            assert_eq!(is_base64(text), good, "{text}");
        }
    }
}
