//! Schemas of configuration kinds, as a distribution brings them.
//!
//! ```yaml
//! schemas:
//!   example.com/v1/Example:
//!     name: string
//!     started: time
//!     ports: [int32]                 # a list
//!     storage: {size: quantity}      # an object with these fields
//!     labels: {"*": string}          # a map
//!     token: token                   # sealed: no component gets to see it
//! ```

use std::fmt;

use serde_json::Value;

use crate::effect::Shape;
use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};

/// The fields of an object, in the order in which messages name them.
pub type Fields = Vec<(String, FieldType)>;

/// The type of a field. Null is taken as "unset" for all of them, as Go does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FieldType {
    Scalar(Scalar),
    List(Box<FieldType>),
    /// From texts.
    Map(Box<FieldType>),
    /// These fields and no others.
    Object(Fields),
}

/// The type of a field that is neither list nor object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scalar {
    String,
    Bool,
    Int32,
    Int64,
    /// 32 bits, not negative.
    UInt32,
    Number,
    /// Kept in 32 bits.
    Float32,
    /// As Go writes it: `1h30m`.
    Duration,
    /// The same, or nanoseconds as a number.
    DurationOrNanoseconds,
    /// RFC 3339.
    Time,
    /// As `500Mi`.
    Quantity,
    /// A bootstrap token. Sealed but for its id; its form is checked.
    Token,
    /// A bootstrap token whose form the component checks. Sealed but for the id
    /// of what is one.
    LooseToken,
    /// A key in hexadecimal. Sealed; the component is told how many bytes it
    /// has.
    HexKey,
    /// Any other secret text. Sealed.
    Secret,
}

const SCALARS: [(&str, Scalar); 15] = [
    ("string", Scalar::String),
    ("bool", Scalar::Bool),
    ("int32", Scalar::Int32),
    ("int64", Scalar::Int64),
    ("uint32", Scalar::UInt32),
    ("number", Scalar::Number),
    ("float32", Scalar::Float32),
    ("duration", Scalar::Duration),
    ("duration-or-nanoseconds", Scalar::DurationOrNanoseconds),
    ("time", Scalar::Time),
    ("quantity", Scalar::Quantity),
    ("token", Scalar::Token),
    ("loose-token", Scalar::LooseToken),
    ("hex-key", Scalar::HexKey),
    ("secret", Scalar::Secret),
];

/// How deep a schema may go: configuration files are read no deeper either.
const DEPTH: usize = 16;

/// A schema as it is written: fields stay in their order.
#[derive(Clone, Debug, PartialEq)]
pub enum Schema {
    /// The name of a type.
    Name(String),
    List(Vec<Schema>),
    Fields(Vec<(String, Schema)>),
    /// A number, a boolean, nothing.
    Other,
}

impl FieldType {
    /// Reads the fields of a kind. `path` is what errors call them.
    pub fn of_kind(schema: &Schema, path: &str) -> Result<Fields, String> {
        match Self::read(schema, path, DEPTH)? {
            Self::Object(fields) => Ok(fields),
            _ => Err(format!("{path}: wanted the fields of an object")),
        }
    }

    fn read(schema: &Schema, path: &str, depth: usize) -> Result<Self, String> {
        let Some(deeper) = depth.checked_sub(1) else {
            return Err(format!("{path}: it goes deeper than {DEPTH} levels"));
        };
        match schema {
            Schema::Name(name) => SCALARS
                .iter()
                .find(|(known, _)| known == name)
                .map(|(_, scalar)| Self::Scalar(*scalar))
                .ok_or_else(|| {
                    let known: Vec<_> = SCALARS.iter().map(|(known, _)| *known).collect();
                    format!(
                        "{path}: {name:?} is not a type; there are {}",
                        known.join(", ")
                    )
                }),
            Schema::List(of) => match of.as_slice() {
                [of] => Ok(Self::List(Box::new(Self::read(
                    of,
                    &format!("{path}[]"),
                    deeper,
                )?))),
                _ => Err(format!("{path}: a list has one type, as [string]")),
            },
            Schema::Fields(fields) => match fields.iter().find(|(name, _)| name == "*") {
                Some((_, of)) if fields.len() == 1 => Ok(Self::Map(Box::new(Self::read(
                    of,
                    &format!("{path}.*"),
                    deeper,
                )?))),
                Some(_) => Err(format!("{path}: a map has `*` and no other field")),
                None => fields
                    .iter()
                    .enumerate()
                    .map(|(at, (name, of))| {
                        let path = format!("{path}.{name}");
                        if fields.iter().take(at).any(|(other, _)| other == name) {
                            return Err(format!("{path}: it stands there twice"));
                        }
                        Ok((name.clone(), Self::read(of, &path, deeper)?))
                    })
                    .collect::<Result<_, String>>()
                    .map(Self::Object),
            },
            Schema::Other => Err(format!(
                "{path}: wanted a type, a list of one type, or fields"
            )),
        }
    }
}

impl Shape for FieldType {
    fn check(&self, document: &Value) -> Result<(), String> {
        self.fits(document, "")
    }
}

impl FieldType {
    /// Whether a value is of this type. Fields may be left out; sealed ones have
    /// no place in what is published.
    fn fits(&self, value: &Value, path: &str) -> Result<(), String> {
        let wrong = |wanted: &str| Err(format!("{path}: wanted {wanted}"));
        match (self, value) {
            (_, Value::Null) => wrong("a value, or no field"),
            (Self::Object(fields), Value::Object(found)) => {
                for (name, value) in found {
                    let at = format!("{path}.{name}");
                    match fields.iter().find(|(known, _)| known == name) {
                        Some((_, of)) => of.fits(value, &at)?,
                        None => return Err(format!("{at}: there is no such field")),
                    }
                }
                Ok(())
            }
            (Self::Map(of), Value::Object(found)) => found
                .iter()
                .try_for_each(|(name, value)| of.fits(value, &format!("{path}.{name}"))),
            (Self::List(of), Value::Array(items)) => items
                .iter()
                .enumerate()
                .try_for_each(|(at, item)| of.fits(item, &format!("{path}[{at}]"))),
            (Self::Object(_) | Self::Map(_), _) => wrong("an object"),
            (Self::List(_), _) => wrong("a list"),
            (Self::Scalar(scalar), value) => match scalar {
                Scalar::String
                | Scalar::Duration
                | Scalar::DurationOrNanoseconds
                | Scalar::Time
                | Scalar::Quantity
                    if value.is_string() =>
                {
                    Ok(())
                }
                Scalar::Bool if value.is_boolean() => Ok(()),
                Scalar::Int32 if value.as_i64().is_some_and(|n| i32::try_from(n).is_ok()) => Ok(()),
                Scalar::UInt32 if value.as_u64().is_some_and(|n| u32::try_from(n).is_ok()) => {
                    Ok(())
                }
                Scalar::Int64 if value.is_i64() => Ok(()),
                Scalar::DurationOrNanoseconds if value.is_i64() => Ok(()),
                Scalar::Number | Scalar::Float32 if value.is_number() => Ok(()),
                Scalar::Token | Scalar::LooseToken | Scalar::HexKey | Scalar::Secret => {
                    wrong("nothing: what is sealed is not published")
                }
                Scalar::String => wrong("text"),
                Scalar::Duration | Scalar::DurationOrNanoseconds => wrong("a duration"),
                Scalar::Time => wrong("a time"),
                Scalar::Quantity => wrong("a quantity"),
                Scalar::Bool => wrong("true or false"),
                Scalar::Int32 | Scalar::UInt32 | Scalar::Int64 => wrong("a whole number"),
                Scalar::Number | Scalar::Float32 => wrong("a number"),
            },
        }
    }
}

impl<'de> Deserialize<'de> for Schema {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Written;

        impl<'de> Visitor<'de> for Written {
            type Value = Schema;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a type, a list of one type, or fields")
            }

            fn visit_str<E>(self, name: &str) -> Result<Schema, E> {
                Ok(Schema::Name(name.to_owned()))
            }

            fn visit_bool<E>(self, _: bool) -> Result<Schema, E> {
                Ok(Schema::Other)
            }

            fn visit_i64<E>(self, _: i64) -> Result<Schema, E> {
                Ok(Schema::Other)
            }

            fn visit_u64<E>(self, _: u64) -> Result<Schema, E> {
                Ok(Schema::Other)
            }

            fn visit_f64<E>(self, _: f64) -> Result<Schema, E> {
                Ok(Schema::Other)
            }

            fn visit_unit<E>(self) -> Result<Schema, E> {
                Ok(Schema::Other)
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Schema, A::Error> {
                let mut items = Vec::new();
                while let Some(item) = list.next_element()? {
                    items.push(item);
                }
                Ok(Schema::List(items))
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Schema, A::Error> {
                let mut fields = Vec::new();
                while let Some(field) = map.next_entry()? {
                    fields.push(field);
                }
                Ok(Schema::Fields(fields))
            }
        }

        deserializer.deserialize_any(Written)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn written(schema: Value) -> Schema {
        serde_json::from_value(schema).unwrap()
    }

    #[test]
    fn schemas_are_read() {
        let schema =
            json!({"a": "string", "b": ["int32"], "c": {"*": "token"}, "d": {"e": "bool"}});
        let fields = FieldType::of_kind(&written(schema), "Kind").unwrap();
        let scalar = FieldType::Scalar;
        let wanted = [
            ("a", scalar(Scalar::String)),
            ("b", FieldType::List(Box::new(scalar(Scalar::Int32)))),
            ("c", FieldType::Map(Box::new(scalar(Scalar::Token)))),
            (
                "d",
                FieldType::Object(vec![("e".to_owned(), scalar(Scalar::Bool))]),
            ),
        ];
        assert_eq!(fields, wanted.map(|(name, of)| (name.to_owned(), of)));
    }

    #[test]
    fn what_is_published_has_these_fields_and_no_others() {
        let schema = json!({"a": "string", "b": ["int32"], "c": {"*": "bool"}, "d": {"e": "bool"},
            "s": "secret"});
        let schema: Schema = serde_json::from_value(schema).unwrap();
        let of = FieldType::Object(FieldType::of_kind(&schema, "Kind").unwrap());
        for (name, document, wanted) in [
            ("nothing", json!({}), Ok(())),
            (
                "all",
                json!({"a": "x", "b": [1, 2], "c": {"y": true}, "d": {"e": false}}),
                Ok(()),
            ),
            ("no object", json!(1), Err(": wanted an object")),
            ("a null", json!({"a": null}), Err(".a: wanted a value")),
            ("another type", json!({"a": 1}), Err(".a: wanted text")),
            (
                "in a list",
                json!({"b": [1, "2"]}),
                Err(".b[1]: wanted a whole"),
            ),
            (
                "too large",
                json!({"b": [1_u64 << 40]}),
                Err(".b[0]: wanted a whole"),
            ),
            ("in a map", json!({"c": {"y": 1}}), Err(".c.y: wanted true")),
            (
                "an unknown field",
                json!({"d": {"f": 1}}),
                Err(".d.f: there is no"),
            ),
            ("a secret", json!({"s": "x"}), Err(".s: wanted nothing")),
        ] {
            let got = of.check(&document);
            match wanted {
                Ok(()) => assert_eq!(got, Ok(()), "{name}"),
                Err(words) => {
                    let said = got.unwrap_err();
                    assert!(said.starts_with(words), "{name}: {said}");
                }
            }
        }
    }

    #[test]
    fn fields_stay_in_their_order() {
        let text = r#"{"b": "string", "a": {"d": "bool", "c": "bool"}, "b": "bool"}"#;
        let schema: Schema = serde_json::from_str(text).unwrap();
        assert_eq!(
            FieldType::of_kind(&schema, "Kind").unwrap_err(),
            "Kind.b: it stands there twice"
        );
        let schema: Schema = serde_json::from_str(&text.replace(r#", "b": "bool""#, "")).unwrap();
        let fields = FieldType::of_kind(&schema, "Kind").unwrap();
        let names: Vec<_> = fields.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["b", "a"]);
    }

    #[test]
    fn mistakes_name_the_field() {
        let cases = [
            ("no fields", json!("string"), "Kind: wanted the fields"),
            ("no type", json!({"a": "text"}), "Kind.a: \"text\""),
            (
                "two types",
                json!({"a": ["bool", "string"]}),
                "Kind.a: a list",
            ),
            ("a number", json!({"a": {"b": 1}}), "Kind.a.b: wanted"),
            (
                "a map with a field",
                json!({"a": {"*": "bool", "b": "bool"}}),
                "Kind.a: a map",
            ),
        ];
        for (name, schema, wanted) in cases {
            let message = FieldType::of_kind(&written(schema), "Kind").unwrap_err();
            assert!(message.starts_with(wanted), "{name}: {message}");
        }
        let deep = (0..40).fold(json!("bool"), |inner, _| json!({ "a": inner }));
        assert!(FieldType::of_kind(&written(deep), "Kind").is_err());
    }
}
