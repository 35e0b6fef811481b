//! Schemas of configuration kinds, as a distribution brings them.
//!
//! ```yaml
//! schemas:
//!   example.com/v1/Example:
//!     name: string
//!     ports: [int32]                 # a list
//!     storage: {size: quantity}      # an object with these fields
//!     labels: {"*": string}          # a map
//!     token: token                   # sealed: no component gets to see it
//! ```

use serde_json::Value;

use crate::effect::Shape;

/// The type of a field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FieldType {
    Scalar(Scalar),
    List(Box<FieldType>),
    /// From texts.
    Map(Box<FieldType>),
    /// These fields and no others.
    Object(Vec<(String, FieldType)>),
}

/// The type of a field that is neither list nor object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scalar {
    String,
    Bool,
    Int32,
    Int64,
    Number,
    /// As Go writes it: `1h30m`.
    Duration,
    /// As `500Mi`.
    Quantity,
    /// A bootstrap token. Sealed but for its id; its form is checked.
    Token,
    /// Any other secret text. Sealed.
    Secret,
}

const SCALARS: [(&str, Scalar); 9] = [
    ("string", Scalar::String),
    ("bool", Scalar::Bool),
    ("int32", Scalar::Int32),
    ("int64", Scalar::Int64),
    ("number", Scalar::Number),
    ("duration", Scalar::Duration),
    ("quantity", Scalar::Quantity),
    ("token", Scalar::Token),
    ("secret", Scalar::Secret),
];

/// How deep a schema may go: configuration files are read no deeper either.
const DEPTH: usize = 16;

impl FieldType {
    /// Reads the fields of a kind. `path` is what errors call them.
    pub fn of_kind(schema: &Value, path: &str) -> Result<Vec<(String, Self)>, String> {
        match Self::read(schema, path, DEPTH)? {
            Self::Object(fields) => Ok(fields),
            _ => Err(format!("{path}: wanted the fields of an object")),
        }
    }

    fn read(schema: &Value, path: &str, depth: usize) -> Result<Self, String> {
        let Some(deeper) = depth.checked_sub(1) else {
            return Err(format!("{path}: it goes deeper than {DEPTH} levels"));
        };
        match schema {
            Value::String(name) => SCALARS
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
            Value::Array(of) => match of.as_slice() {
                [of] => Ok(Self::List(Box::new(Self::read(
                    of,
                    &format!("{path}[]"),
                    deeper,
                )?))),
                _ => Err(format!("{path}: a list has one type, as [string]")),
            },
            Value::Object(fields) => match fields.get("*") {
                Some(of) if fields.len() == 1 => Ok(Self::Map(Box::new(Self::read(
                    of,
                    &format!("{path}.*"),
                    deeper,
                )?))),
                Some(_) => Err(format!("{path}: a map has `*` and no other field")),
                None => fields
                    .iter()
                    .map(|(name, of)| {
                        let field = Self::read(of, &format!("{path}.{name}"), deeper)?;
                        Ok((name.clone(), field))
                    })
                    .collect::<Result<_, String>>()
                    .map(Self::Object),
            },
            _ => Err(format!(
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
                Scalar::String | Scalar::Duration | Scalar::Quantity if value.is_string() => Ok(()),
                Scalar::Bool if value.is_boolean() => Ok(()),
                Scalar::Int32 if value.as_i64().is_some_and(|n| i32::try_from(n).is_ok()) => Ok(()),
                Scalar::Int64 if value.is_i64() => Ok(()),
                Scalar::Number if value.is_number() => Ok(()),
                Scalar::Token | Scalar::Secret => wrong("nothing: what is sealed is not published"),
                Scalar::String => wrong("text"),
                Scalar::Duration => wrong("a duration"),
                Scalar::Quantity => wrong("a quantity"),
                Scalar::Bool => wrong("true or false"),
                Scalar::Int32 | Scalar::Int64 => wrong("a whole number"),
                Scalar::Number => wrong("a number"),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn schemas_are_read() {
        let schema =
            json!({"a": "string", "b": ["int32"], "c": {"*": "token"}, "d": {"e": "bool"}});
        let fields = FieldType::of_kind(&schema, "Kind").unwrap();
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
            let message = FieldType::of_kind(&schema, "Kind").unwrap_err();
            assert!(message.starts_with(wanted), "{name}: {message}");
        }
        let deep = (0..40).fold(json!("bool"), |inner, _| json!({ "a": inner }));
        assert!(FieldType::of_kind(&deep, "Kind").is_err());
    }
}
