//! Checks a tree against a schema and turns it into plain JSON.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::hints;
use super::problem::Problem;
use super::tree::{Node, NodeValue};
use crate::cluster::documents::Expiry;
use crate::cluster::duration::GoDuration;
use crate::cluster::quantity;
use crate::cluster::schema::{Fields, Type};
use crate::cluster::secret::SealedToken;

/// Collects problems and the lines of fields while a document is decoded.
#[derive(Default)]
pub struct Decoder {
    /// Whether the document does without what it has too much, as in kubeadm's `init`.
    pub lenient: bool,
    pub problems: Vec<Problem>,
    /// What a lenient decoder did without.
    pub ignored: Vec<Problem>,
    /// Line of each field that is set, by path.
    pub lines: BTreeMap<String, u64>,
}

impl Decoder {
    /// Decodes a whole document. `apiVersion` and `kind` have been looked at and are left out.
    pub fn document(&mut self, node: Node, fields: Fields, kind: &str) -> Map<String, Value> {
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

    fn mismatch(&mut self, line: u64, path: &str, ty: Type, found: &NodeValue) {
        self.problem(line, path, hints::mismatch(path, ty, found));
    }

    fn value(&mut self, node: Node, ty: Type, path: &str) -> Option<Value> {
        self.lines.entry(path.to_owned()).or_insert(node.line);
        let line = node.line;
        match (ty, node.value) {
            (_, NodeValue::Null) => None,
            (Type::String | Type::Secret, NodeValue::Text(text)) => Some(Value::String(text)),
            (Type::Token, NodeValue::Text(text)) => self.token(line, path, text),
            (Type::Bool, NodeValue::Bool(value)) => Some(Value::Bool(value)),
            (Type::Int32, NodeValue::Number(n)) => {
                self.number(line, path, n.whole(i32::MIN.into()..=i32::MAX.into()))
            }
            (Type::UInt32, NodeValue::Number(n)) => {
                self.number(line, path, n.whole(0..=u32::MAX.into()))
            }
            (Type::Int64 | Type::DurationOrNanoseconds, NodeValue::Number(n)) => {
                self.number(line, path, n.whole(i64::MIN..=i64::MAX))
            }
            (Type::Float, NodeValue::Number(n)) => Some(n.any()),
            (Type::Float32, NodeValue::Number(n)) => self.number(line, path, n.float32()),
            (Type::Quantity, NodeValue::Number(n)) => self.quantity(line, path, &n.to_string()),
            (Type::Quantity, NodeValue::Text(text)) => self.quantity(line, path, &text),
            (Type::Duration | Type::DurationOrNanoseconds, NodeValue::Text(text)) => {
                let parsed = text.parse::<GoDuration>();
                self.checked(line, path, &text, parsed.map(|d| d.to_string()))
            }
            (Type::Time, NodeValue::Text(text)) => {
                let parsed = text.parse::<Expiry>();
                self.checked(line, path, &text, parsed.map(|t| t.to_string()))
            }
            (Type::List(of), NodeValue::List(items)) => Some(self.list(items, *of, path)),
            (Type::Map(of), value @ NodeValue::Map(_)) => {
                self.entries(Node::new(line, value), Shape::Map(*of), path, false)
            }
            (Type::Object(fields), value @ NodeValue::Map(_)) => {
                self.entries(Node::new(line, value), Shape::Fields(fields), path, false)
            }
            (ty, found) => {
                self.mismatch(line, path, ty, &found);
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
        if let Err(error) = SealedToken::parse(&text) {
            self.problem(line, path, error.to_string());
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

    fn list(&mut self, items: Vec<Node>, of: Type, path: &str) -> Value {
        let mut values = Vec::with_capacity(items.len());
        for (index, item) in items.into_iter().enumerate() {
            let path = format!("{path}[{index}]");
            if matches!(item.value, NodeValue::Null) {
                self.mismatch(item.line, &path, of, &NodeValue::Null);
            }
            values.extend(self.value(item, of, &path));
        }
        Value::Array(values)
    }

    fn entries(&mut self, node: Node, shape: Shape, path: &str, is_root: bool) -> Option<Value> {
        let NodeValue::Map(entries) = node.value else {
            self.mismatch(node.line, path, Type::Object(&[]), &node.value);
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
                        Some((_, ty)) => *ty,
                        None => {
                            let message = hints::unknown_field(&path, &key.name, fields);
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
fn zero(ty: Type) -> Option<Value> {
    match ty {
        Type::String | Type::Secret => Some("".into()),
        Type::Bool => Some(false.into()),
        _ => None,
    }
}

/// Which keys an object may have.
#[derive(Clone, Copy)]
enum Shape {
    Fields(Fields),
    Map(Type),
}
