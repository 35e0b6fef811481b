//! Checks a tree against a schema and turns it into plain JSON.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::hints;
use super::problem::Problem;
use super::time::Time;
use super::tree::{Node, NodeValue};
use crate::configuration::secret::{self, TokenFormError};
use crate::distribution::{DeclaredConfiguration, FieldType, Scalar};
use kubewright_values::{GoDuration, quantity};

/// Collects problems and the lines of fields while a document is decoded.
pub struct Decoder<'a> {
    /// Whose kinds they are: what to write instead depends on that.
    configuration: &'a DeclaredConfiguration,
    /// Whether the document does without what it has too much, as in kubeadm's `init`.
    pub lenient: bool,
    pub problems: Vec<Problem>,
    /// What a lenient decoder did without.
    pub ignored: Vec<Problem>,
    /// Line of each field that is set, by path.
    pub lines: BTreeMap<String, u64>,
}

impl<'a> Decoder<'a> {
    pub fn new(configuration: &'a DeclaredConfiguration, lenient: bool) -> Self {
        Self {
            configuration,
            lenient,
            problems: Vec::new(),
            ignored: Vec::new(),
            lines: BTreeMap::new(),
        }
    }

    /// Decodes a whole document. `apiVersion` and `kind` have been looked at and are left out.
    pub fn document(
        &mut self,
        node: Node,
        fields: &[(String, FieldType)],
        kind: &str,
    ) -> Map<String, Value> {
        match self.entries(node, Shape::Fields(fields), kind, true) {
            Some(Value::Object(object)) => object,
            _ => Map::new(),
        }
    }

    /// Notes what is wrong with a field.
    pub fn problem(&mut self, line: u64, path: &str, message: impl Into<String>) {
        let message = message.into();
        self.problems.push(Problem {
            line,
            path: path.to_owned(),
            message,
        });
    }

    /// Notes what is there too much: an error, or something to do without.
    fn surplus(&mut self, line: u64, path: &str, message: String) {
        match self.lenient {
            false => self.problem(line, path, message),
            true => self.ignored.push(Problem {
                line,
                path: path.to_owned(),
                message,
            }),
        }
    }

    fn mismatch(&mut self, line: u64, path: &str, ty: Wanted, found: &NodeValue) {
        let message = hints::mismatch(self.configuration, path, ty, found);
        self.problem(line, path, message);
    }

    fn value(&mut self, node: Node, ty: &FieldType, path: &str) -> Option<Value> {
        self.lines.entry(path.to_owned()).or_insert(node.line);
        let line = node.line;
        match (ty, node.value) {
            (_, NodeValue::Null) => None,
            (FieldType::Scalar(scalar), value) => self.scalar(line, *scalar, value, path),
            (FieldType::List(of), NodeValue::List(items)) => Some(self.list(items, of, path)),
            (FieldType::Map(of), value @ NodeValue::Map(_)) => {
                self.entries(Node::new(line, value), Shape::Map(of), path, false)
            }
            (FieldType::Object(fields), value @ NodeValue::Map(_)) => {
                self.entries(Node::new(line, value), Shape::Fields(fields), path, false)
            }
            (ty, found) => {
                self.mismatch(line, path, Wanted::of(ty), &found);
                None
            }
        }
    }

    fn scalar(&mut self, line: u64, scalar: Scalar, value: NodeValue, path: &str) -> Option<Value> {
        match (scalar, value) {
            (
                Scalar::String | Scalar::Secret | Scalar::LooseToken | Scalar::HexKey,
                NodeValue::Text(text),
            ) => Some(Value::String(text)),
            (Scalar::Token, NodeValue::Text(text)) => self.token(line, path, text),
            (Scalar::Bool, NodeValue::Bool(value)) => Some(Value::Bool(value)),
            (Scalar::Int32, NodeValue::Number(n)) => {
                self.number(line, path, n.whole(i32::MIN.into()..=i32::MAX.into()))
            }
            (Scalar::UInt32, NodeValue::Number(n)) => {
                self.number(line, path, n.whole(0..=u32::MAX.into()))
            }
            (Scalar::Int64 | Scalar::DurationOrNanoseconds, NodeValue::Number(n)) => {
                self.number(line, path, n.whole(i64::MIN..=i64::MAX))
            }
            (Scalar::Number, NodeValue::Number(n)) => Some(n.any()),
            (Scalar::Float32, NodeValue::Number(n)) => self.number(line, path, n.float32()),
            (Scalar::Quantity, NodeValue::Number(n)) => self.quantity(line, path, &n.to_string()),
            (Scalar::Quantity, NodeValue::Text(text)) => self.quantity(line, path, &text),
            (Scalar::Duration | Scalar::DurationOrNanoseconds, NodeValue::Text(text)) => {
                let parsed = text.parse::<GoDuration>();
                self.checked(line, path, &text, parsed.map(|d| d.to_string()))
            }
            (Scalar::Time, NodeValue::Text(text)) => {
                let parsed = text.parse::<Time>();
                self.checked(line, path, &text, parsed.map(|t| t.to_string()))
            }
            (scalar, found) => {
                self.mismatch(line, path, Wanted::Scalar(scalar), &found);
                None
            }
        }
    }

    fn quantity(&mut self, line: u64, path: &str, text: &str) -> Option<Value> {
        let canonical = quantity::canonical(text).ok_or(quantity::NotAQuantity);
        self.checked(line, path, text, canonical)
    }

    fn token(&mut self, line: u64, path: &str, text: String) -> Option<Value> {
        if text.is_empty() {
            let message = "is empty; leave the field out for a token that is made up";
            self.problem(line, path, message);
            return None;
        }
        if secret::token_id(&text).is_none() {
            self.problem(line, path, TokenFormError.to_string());
            return None;
        }
        Some(Value::String(text))
    }

    fn checked<E: std::fmt::Display>(
        &mut self,
        line: u64,
        path: &str,
        text: &str,
        parsed: Result<String, E>,
    ) -> Option<Value> {
        match parsed {
            Ok(canonical) => Some(Value::String(canonical)),
            Err(error) => {
                self.problem(line, path, format!("{text:?} {error}"));
                None
            }
        }
    }

    fn number<T: Into<Value>>(
        &mut self,
        line: u64,
        path: &str,
        number: Result<T, String>,
    ) -> Option<Value> {
        number
            .map_err(|message| self.problem(line, path, message))
            .ok()
            .map(Into::into)
    }

    fn list(&mut self, items: Vec<Node>, of: &FieldType, path: &str) -> Value {
        let mut values = Vec::with_capacity(items.len());
        for (index, item) in items.into_iter().enumerate() {
            let path = format!("{path}[{index}]");
            if matches!(item.value, NodeValue::Null) {
                self.mismatch(item.line, &path, Wanted::of(of), &NodeValue::Null);
            }
            values.extend(self.value(item, of, &path));
        }
        Value::Array(values)
    }

    fn entries(
        &mut self,
        node: Node,
        shape: Shape<'_>,
        path: &str,
        is_root: bool,
    ) -> Option<Value> {
        let NodeValue::Map(entries) = node.value else {
            self.mismatch(node.line, path, Wanted::Object, &node.value);
            return None;
        };
        // Go's readers keep the last value of a key.
        let last: BTreeMap<String, usize> = entries
            .iter()
            .map(|(key, _)| key.name.clone())
            .zip(0..)
            .collect();
        let mut seen = BTreeMap::new();
        let mut object = Map::new();
        for (at, (key, node)) in entries.into_iter().enumerate() {
            let path = format!("{path}.{}", key.name);
            if let Some(first) = seen.get(&key.name) {
                let counts = if self.lenient {
                    ", the last one counts"
                } else {
                    ""
                };
                let instead = match is_root && matches!(key.name.as_str(), "apiVersion" | "kind") {
                    true => "is a line with --- missing before a further document?",
                    false => "keep one of the two",
                };
                let message = format!("is given twice, first on line {first}{counts}; {instead}");
                self.surplus(key.line, &path, message);
                if !self.lenient {
                    continue;
                }
            } else {
                seen.insert(key.name.clone(), key.line);
            }
            if self.lenient && last.get(&key.name) != Some(&at) {
                continue;
            }
            if is_root && matches!(key.name.as_str(), "apiVersion" | "kind") {
                continue;
            }
            let ty = match shape {
                Shape::Map(ty) => ty,
                Shape::Fields(fields) => {
                    match fields.iter().find(|(field, _)| *field == key.name) {
                        Some((_, ty)) => ty,
                        None => {
                            let message =
                                hints::unknown_field(self.configuration, &path, &key.name, fields);
                            self.surplus(key.line, &path, message);
                            continue;
                        }
                    }
                }
            };
            self.lines.insert(path.clone(), key.line);
            let value = match (&node.value, shape) {
                // A key of a map stays, and has what Go has of nothing.
                (NodeValue::Null, Shape::Map(_)) => zero(ty),
                _ => self.value(node, ty, &path),
            };
            if let Some(value) = value {
                object.insert(key.name, value);
            }
        }
        Some(Value::Object(object))
    }
}

/// What Go has of null in a map with values of this type.
fn zero(ty: &FieldType) -> Option<Value> {
    match ty {
        FieldType::Scalar(Scalar::String | Scalar::Secret) => Some("".into()),
        FieldType::Scalar(Scalar::Bool) => Some(false.into()),
        _ => None,
    }
}

/// Which keys an object may have.
#[derive(Clone, Copy)]
enum Shape<'a> {
    Fields(&'a [(String, FieldType)]),
    Map(&'a FieldType),
}

/// What a value should be, without what is in it.
#[derive(Clone, Copy, Debug)]
pub enum Wanted {
    Scalar(Scalar),
    List,
    Object,
}

impl Wanted {
    fn of(ty: &FieldType) -> Self {
        match ty {
            FieldType::Scalar(scalar) => Self::Scalar(*scalar),
            FieldType::List(_) => Self::List,
            FieldType::Map(_) | FieldType::Object(_) => Self::Object,
        }
    }
}
