//! A YAML or JSON stream as a tree that remembers lines.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::Value;
use serde_saphyr::{DuplicateKeyPolicy, Spanned};

use super::number::Number;
use super::text::{self, Mended};

/// A value and the line of the file it starts on, counted from 1.
#[derive(Debug)]
pub struct Node {
    pub line: u64,
    pub value: NodeValue,
    /// The byte of the text that it starts at, if it came from one.
    start: Option<usize>,
}

/// A YAML value, typed by the rules of YAML 1.1 as kubeadm's reader has them.
#[derive(Debug)]
pub enum NodeValue {
    Null,
    Bool(bool),
    Number(Number),
    Text(String),
    List(Vec<Node>),
    /// In file order; keys may repeat.
    Map(Vec<(Key, Node)>),
}

/// A key of a map and its line.
#[derive(Debug)]
pub struct Key {
    pub line: u64,
    pub name: String,
}

impl NodeValue {
    /// What it is, with its article, for messages. Never the value: it could be a secret.
    pub fn describe(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool(_) => "a boolean",
            Self::Number(_) => "a number",
            Self::Text(_) => "a string",
            Self::List(_) => "a list",
            Self::Map(_) => "an object",
        }
    }
}

impl Node {
    /// A value that starts on this line.
    pub fn new(line: u64, value: NodeValue) -> Self {
        Self {
            line,
            value,
            start: None,
        }
    }

    /// Makes texts of what only the parser here takes for booleans.
    fn settle(&mut self, text: &str) {
        match &mut self.value {
            NodeValue::Bool(_) => {
                let word = self.start.and_then(|start| text::word_at(text, start));
                if let Some(word) = word.filter(|word| !text::is_boolean(word)) {
                    self.value = NodeValue::Text(word.to_owned());
                }
            }
            NodeValue::List(items) => items.iter_mut().for_each(|item| item.settle(text)),
            NodeValue::Map(entries) => entries.iter_mut().for_each(|(_, node)| node.settle(text)),
            NodeValue::Null | NodeValue::Number(_) | NodeValue::Text(_) => {}
        }
    }

    /// The text of a field of this object, if it is one and has it.
    pub fn text_field(&self, name: &str) -> Option<&str> {
        let NodeValue::Map(entries) = &self.value else {
            return None;
        };
        // Of two fields the later one counts, as to Go's readers.
        let (_, node) = entries.iter().rfind(|(key, _)| key.name == name)?;
        match &node.value {
            NodeValue::Text(text) => Some(text.as_str()),
            _ => None,
        }
    }
}

/// How deep lists and objects may be nested.
const MAXIMUM_DEPTH: usize = 24;

/// Reads all documents; those that are empty are left out. Lines count from the file's start.
pub fn parse(text: &str) -> Result<Vec<Node>, serde_saphyr::Error> {
    let mut options = serde_saphyr::options! {
        // Repeated keys are reported with their path, all of them.
        duplicate_keys: DuplicateKeyPolicy::PassThrough,
        // `0644` is a number to the readers of kubeadm and of the kubelet.
        legacy_octal_numbers: true,
        // A snippet of the file could show a token.
        with_snippet: false,
        // The deepest field of any document is eight levels down. Each level takes a good piece of
        // the stack, so the crate's own limit of 64 is too much for a thread with a small one.
        budget: serde_saphyr::budget! { max_depth: MAXIMUM_DEPTH },
    };
    options.emit_comments = false;
    let mut mended = Mended::new(text);
    let documents: Vec<Spanned<NodeValue>> = loop {
        match serde_saphyr::from_multiple_with_options(&mended.text, options.clone()) {
            Ok(documents) => break documents,
            Err(error) if mended.mend(&error) => {}
            Err(error) => return Err(error),
        }
    };
    let mut nodes: Vec<Node> = documents.into_iter().map(Node::from).collect();
    nodes.retain(|node| !matches!(node.value, NodeValue::Null));
    nodes.iter_mut().for_each(|node| node.settle(&mended.text));
    Ok(nodes)
}

/// Whether a text was given up, because reading it would take too much.
pub fn is_too_much(error: &serde_saphyr::Error) -> bool {
    let is_budget = |text: &str| {
        // The parser keeps its own limit of depth in its own words.
        text.starts_with("budget breached") || text.starts_with("recursion limit exceeded")
    };
    std::iter::successors(Some(error as &(dyn std::error::Error + 'static)), |error| {
        error.source()
    })
    .any(|error| is_budget(&error.to_string()))
}

impl From<Spanned<NodeValue>> for Node {
    fn from(spanned: Spanned<NodeValue>) -> Self {
        let start = spanned.defined.span().byte_offset();
        Self {
            line: spanned.referenced.line(),
            value: spanned.value,
            start: start.and_then(|start| usize::try_from(start).ok()),
        }
    }
}

impl From<Value> for Node {
    /// A tree that came from no file: its lines are 0.
    fn from(value: Value) -> Self {
        let value = match value {
            Value::Null => NodeValue::Null,
            Value::Bool(value) => NodeValue::Bool(value),
            Value::Number(number) => NodeValue::Number(number.into()),
            Value::String(text) => NodeValue::Text(text),
            Value::Array(items) => NodeValue::List(items.into_iter().map(Self::from).collect()),
            Value::Object(fields) => {
                let entry = |(name, value)| (Key { line: 0, name }, Self::from(value));
                NodeValue::Map(fields.into_iter().map(entry).collect())
            }
        };
        Self::new(0, value)
    }
}

impl<'de> Deserialize<'de> for NodeValue {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(NodeVisitor)
    }
}

struct NodeVisitor;

impl<'de> Visitor<'de> for NodeVisitor {
    type Value = NodeValue;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any YAML value")
    }

    fn visit_unit<E>(self) -> Result<NodeValue, E> {
        Ok(NodeValue::Null)
    }

    fn visit_none<E>(self) -> Result<NodeValue, E> {
        Ok(NodeValue::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<NodeValue, E> {
        Ok(NodeValue::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<NodeValue, E> {
        Ok(NodeValue::Number(Number::Whole(value.into())))
    }

    fn visit_u64<E>(self, value: u64) -> Result<NodeValue, E> {
        Ok(NodeValue::Number(Number::Whole(value.into())))
    }

    fn visit_f64<E>(self, value: f64) -> Result<NodeValue, E> {
        Ok(NodeValue::Number(value.into()))
    }

    fn visit_str<E>(self, value: &str) -> Result<NodeValue, E> {
        Ok(NodeValue::Text(value.to_owned()))
    }

    fn visit_string<E>(self, value: String) -> Result<NodeValue, E> {
        Ok(NodeValue::Text(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<NodeValue, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = sequence.next_element::<Spanned<NodeValue>>()? {
            items.push(item.into());
        }
        Ok(NodeValue::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<NodeValue, A::Error> {
        let mut entries = Vec::new();
        while let Some(key) = map.next_key::<Spanned<String>>()? {
            let value = map.next_value::<Spanned<NodeValue>>()?;
            let key = Key {
                line: key.referenced.line(),
                name: key.value,
            };
            entries.push((key, value.into()));
        }
        Ok(NodeValue::Map(entries))
    }
}
