//! The type of a custom resource, from the `openAPIV3Schema` of its definition.

use serde_json::Value;

use super::{Field, List, ListKind, Map, Object, Patch, Scalar, Type, named};

/// The type of the objects that `schema` (a structural schema) describes. `apiVersion`, `kind` and
/// `metadata` are those of every object, whatever the schema says of them.
pub(in crate::kube::embedded) fn resource_type(schema: Option<&Value>) -> Type {
    let mut object = match schema.map(convert) {
        Some(Type::Object(object)) => object,
        _ => Object {
            open: true,
            ..Object::default()
        },
    };
    for (name, ty) in [
        ("apiVersion", Type::Scalar(Scalar::String)),
        ("kind", Type::Scalar(Scalar::String)),
        (
            "metadata",
            named("meta.v1.ObjectMeta").unwrap_or(Type::Deduced),
        ),
    ] {
        object.fields.retain(|field| *field.name != *name);
        object.fields.push(plain(name, ty, false));
    }
    object.fields.sort_by(|a, b| a.name.cmp(&b.name));
    Type::Object(object)
}

fn plain(name: &str, ty: Type, required: bool) -> Field {
    Field {
        name: name.into(),
        ty,
        patch: Patch::default(),
        key_default: None,
        required,
    }
}

fn convert(schema: &Value) -> Type {
    let text = |key: &str| schema.get(key).and_then(Value::as_str);
    let flag = |key: &str| schema.get(key).and_then(Value::as_bool).unwrap_or(false);
    if flag("x-kubernetes-int-or-string") {
        return Type::Scalar(Scalar::IntOrString);
    }
    match text("type") {
        Some("string") => Type::Scalar(match text("format") {
            Some("byte") => Scalar::Bytes,
            _ => Scalar::String,
        }),
        Some("integer") => Type::Scalar(match text("format") {
            Some("int32") => Scalar::Int32,
            _ => Scalar::Int64,
        }),
        Some("number") => Type::Scalar(Scalar::Number),
        Some("boolean") => Type::Scalar(Scalar::Bool),
        Some("array") => Type::List(Box::new(List {
            item: schema.get("items").map_or(Type::Deduced, convert),
            kind: match text("x-kubernetes-list-type") {
                Some("set") => ListKind::Set,
                Some("map") => ListKind::Map(strings(schema.get("x-kubernetes-list-map-keys"))),
                _ => ListKind::Atomic,
            },
        })),
        Some("object") => object(schema, text("x-kubernetes-map-type") == Some("atomic")),
        _ => Type::Deduced,
    }
}

fn object(schema: &Value, atomic: bool) -> Type {
    let open = schema
        .get("x-kubernetes-preserve-unknown-fields")
        .and_then(Value::as_bool)
        .unwrap_or(false);
    if let Some(values) = schema
        .get("additionalProperties")
        .filter(|values| **values != Value::Bool(false))
    {
        return Type::Map(Box::new(Map {
            value: convert(values),
            atomic,
        }));
    }
    let required = strings(schema.get("required"));
    let keys = |name: &str| required.iter().any(|key| **key == *name);
    let mut fields: Vec<Field> = schema
        .get("properties")
        .and_then(Value::as_object)
        .into_iter()
        .flatten()
        .map(|(name, schema)| Field {
            key_default: schema.get("default").and_then(Value::as_str).map(Box::from),
            ..plain(name, convert(schema), keys(name))
        })
        .collect();
    fields.sort_by(|a, b| a.name.cmp(&b.name));
    let embedded = schema
        .get("x-kubernetes-embedded-resource")
        .and_then(Value::as_bool)
        .unwrap_or(false);
    Type::Object(Object {
        fields,
        atomic,
        open: open || embedded,
    })
}

fn strings(list: Option<&Value>) -> Vec<Box<str>> {
    list.and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .map(Box::from)
        .collect()
}
