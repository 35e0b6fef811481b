//! Checks a tree against a schema and turns it into plain JSON.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

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
    pub problems: Vec<Problem>,
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

    fn mismatch(&mut self, line: u64, path: &str, expected: &str, found: &NodeValue) {
        let hint = match (expected, found) {
            ("a string", NodeValue::Bool(_)) => {
                "; put it in quotes (yes, no, on, off, y, n, true and false are booleans in YAML)"
            }
            ("a string", NodeValue::Number(_)) => "; put it in quotes",
            ("a boolean" | "a whole number", NodeValue::Text(_)) => "; write it without quotes",
            // What changed between v1beta3 and v1beta4.
            ("a list", NodeValue::Map(_)) if path.ends_with("xtraArgs") => {
                "; write each argument as \"- {name: NAME, value: VALUE}\""
            }
            ("an object", NodeValue::List(_)) if path.ends_with("xtraArgs") => {
                "; write each argument as \"NAME: VALUE\", or make it kubeadm.k8s.io/v1beta4"
            }
            _ => "",
        };
        self.problem(
            line,
            path,
            format!("expected {expected}, found {}{hint}", found.describe()),
        );
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
                self.entries(Node { line, value }, Shape::Map(*of), path, false)
            }
            (Type::Object(fields), value @ NodeValue::Map(_)) => {
                self.entries(Node { line, value }, Shape::Fields(fields), path, false)
            }
            (ty, found) => {
                self.mismatch(line, path, expected(ty), &found);
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
                self.mismatch(item.line, &path, expected(of), &NodeValue::Null);
            }
            values.extend(self.value(item, of, &path));
        }
        Value::Array(values)
    }

    fn entries(&mut self, node: Node, shape: Shape, path: &str, is_root: bool) -> Option<Value> {
        let NodeValue::Map(entries) = node.value else {
            self.mismatch(node.line, path, "an object", &node.value);
            return None;
        };
        let mut seen = BTreeMap::new();
        let mut object = Map::new();
        for (key, node) in entries {
            let path = format!("{path}.{}", key.name);
            if let Some(first) = seen.insert(key.name.clone(), key.line) {
                let message = format!("is given twice, first on line {first}; keep one of the two");
                self.problem(key.line, &path, message);
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
                            self.problem(key.line, &path, unknown_field(&key.name, fields));
                            continue;
                        }
                    }
                }
            };
            self.lines.insert(path.clone(), key.line);
            if let Some(value) = self.value(node, ty, &path) {
                object.insert(key.name, value);
            }
        }
        Some(Value::Object(object))
    }
}

/// Which keys an object may have.
#[derive(Clone, Copy)]
enum Shape {
    Fields(Fields),
    Map(Type),
}

/// Names the field that was probably meant, or all there are.
fn unknown_field(name: &str, fields: Fields) -> String {
    let meant = fields
        .iter()
        .map(|(field, _)| *field)
        .find(|field| is_close(field, name));
    match meant {
        Some(field) => format!("unknown field; did you mean {field:?}? (case matters)"),
        None if fields.len() > 16 => "unknown field".to_owned(),
        None => {
            let names: Vec<_> = fields.iter().map(|(field, _)| *field).collect();
            format!("unknown field; the fields here are {}", names.join(", "))
        }
    }
}

/// Same but for case, or one character inserted, left out or changed.
fn is_close(a: &str, b: &str) -> bool {
    let (a, b) = (a.to_lowercase(), b.to_lowercase());
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    if a == b {
        return true;
    }
    if a.len() < 4 || a.len().abs_diff(b.len()) > 1 {
        return false;
    }
    let same_start = a.iter().zip(&b).take_while(|(x, y)| x == y).count();
    let same_end = a
        .iter()
        .rev()
        .zip(b.iter().rev())
        .take_while(|(x, y)| x == y)
        .count();
    same_start + same_end + 1 >= a.len().max(b.len())
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
