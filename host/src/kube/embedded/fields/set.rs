//! A set of fields of an object, as `fieldsV1` writes it.

use std::collections::BTreeMap;
use std::fmt;

use serde_json::{Map, Value};

use crate::kube::embedded::schema::Type;

/// One step into an object.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::kube::embedded) enum Element {
    Field(Box<str>),
    /// The item of a list with these values of its keys: JSON, keys sorted.
    Key(Box<str>),
    /// The item of a set that equals this JSON.
    Value(Box<str>),
    Index(usize),
}

impl Element {
    fn parse(text: &str) -> Option<Self> {
        let (kind, rest) = text.split_once(':')?;
        Some(match kind {
            "f" => Element::Field(rest.into()),
            "k" => {
                let keys: BTreeMap<String, Value> = serde_json::from_str(rest).ok()?;
                Element::Key(serde_json::to_string(&keys).ok()?.into())
            }
            "v" => Element::Value(serde_json::from_str::<Value>(rest).ok()?.to_string().into()),
            "i" => Element::Index(rest.parse().ok()?),
            _ => return None,
        })
    }

    fn written(&self) -> String {
        match self {
            Element::Field(name) => format!("f:{name}"),
            Element::Key(keys) => format!("k:{keys}"),
            Element::Value(value) => format!("v:{value}"),
            Element::Index(index) => format!("i:{index}"),
        }
    }
}

/// As messages name it: `.spec`, `[name="a"]`, `[="v"]`, `[0]`.
impl fmt::Display for Element {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Element::Field(name) => write!(f, ".{name}"),
            Element::Key(keys) => {
                let keys: BTreeMap<String, Value> = serde_json::from_str(keys).unwrap_or_default();
                let words: Vec<String> = keys
                    .iter()
                    .map(|(name, value)| format!("{name}={value}"))
                    .collect();
                write!(f, "[{}]", words.join(","))
            }
            Element::Value(value) => write!(f, "[={value}]"),
            Element::Index(index) => write!(f, "[{index}]"),
        }
    }
}

/// A set of paths, kept as a tree. No branch of it is without a member.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::kube::embedded) struct Set(pub(super) BTreeMap<Element, Node>);

/// What a [`Set`] says of one path: whether it is in the set, and which paths below it are.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::kube::embedded) struct Node {
    pub member: bool,
    pub below: Set,
}

impl Node {
    pub fn leaf() -> Self {
        Node {
            member: true,
            below: Set::default(),
        }
    }

    pub fn is_empty(&self) -> bool {
        !self.member && self.below.is_empty()
    }
}

impl Set {
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// What the set says of the path of one step.
    pub fn at(&self, element: &Element) -> Option<&Node> {
        self.0.get(element)
    }

    /// Adds what `node` says of the path of one step.
    pub fn put(&mut self, element: Element, node: Node) {
        if node.is_empty() {
            return;
        }
        match self.0.get_mut(&element) {
            Some(old) => {
                old.member |= node.member;
                old.below.extend(node.below);
            }
            None => {
                self.0.insert(element, node);
            }
        }
    }

    /// Adds a path of field names.
    pub fn insert_fields(&mut self, path: &[&str]) {
        if let [first, rest @ ..] = path {
            let mut node = Node {
                member: rest.is_empty(),
                below: Set::default(),
            };
            node.below.insert_fields(rest);
            self.put(Element::Field((*first).into()), node);
        }
    }

    /// Adds every path of `other`.
    pub fn extend(&mut self, other: Set) {
        for (element, node) in other.0 {
            self.put(element, node);
        }
    }

    /// The paths in both.
    pub fn intersection(&self, other: &Set) -> Set {
        self.combine(
            other,
            |mine, theirs| mine && theirs,
            Set::intersection,
            false,
        )
    }

    /// The paths not in `other`.
    pub fn difference(&self, other: &Set) -> Set {
        self.combine(other, |mine, theirs| mine && !theirs, Set::difference, true)
    }

    fn combine(
        &self,
        other: &Set,
        member: fn(bool, bool) -> bool,
        below: fn(&Set, &Set) -> Set,
        keep_alone: bool,
    ) -> Set {
        let mut out = BTreeMap::new();
        for (element, mine) in &self.0 {
            let node = match other.0.get(element) {
                Some(theirs) => Node {
                    member: member(mine.member, theirs.member),
                    below: below(&mine.below, &theirs.below),
                },
                None if keep_alone => mine.clone(),
                None => continue,
            };
            if !node.is_empty() {
                out.insert(element.clone(), node);
            }
        }
        Set(out)
    }

    /// Makes every declared field that has a path below it a member as well, so that removing a
    /// set removes the structs it leaves empty.
    pub fn with_parents(&self, ty: &Type) -> Set {
        let deeper = |(element, node): (&Element, &Node)| {
            let (named, inner) = match element {
                Element::Field(name) => (ty.field(name).is_some(), ty.member(name)),
                _ => (false, ty.item()),
            };
            let member = node.member || (named && !node.below.is_empty());
            (
                element.clone(),
                Node {
                    member,
                    below: node.below.with_parents(inner),
                },
            )
        };
        Set(self.0.iter().map(deeper).collect())
    }

    /// Every path, in order, as messages write them.
    pub fn paths(&self) -> Vec<String> {
        let mut out = Vec::new();
        self.collect("", &mut out);
        out
    }

    fn collect(&self, prefix: &str, out: &mut Vec<String>) {
        for (element, node) in &self.0 {
            let path = format!("{prefix}{element}");
            if node.member {
                out.push(path.clone());
            }
            node.below.collect(&path, out);
        }
    }

    /// As `fieldsV1`.
    pub fn to_json(&self) -> Value {
        Value::Object(self.members())
    }

    fn members(&self) -> Map<String, Value> {
        let node = |(element, node): (&Element, &Node)| {
            let mut members = node.below.members();
            if node.member && !members.is_empty() {
                members.insert(".".into(), Value::Object(Map::new()));
            }
            (element.written(), Value::Object(members))
        };
        self.0.iter().map(node).collect()
    }

    /// Reads a `fieldsV1`; `None` if it is none.
    pub fn from_json(value: &Value) -> Option<Set> {
        let mut set = Set::default();
        for (key, value) in value.as_object()? {
            if key == "." {
                continue;
            }
            let members = value.as_object()?;
            let node = Node {
                member: members.is_empty() || members.contains_key("."),
                below: Set::from_json(value)?,
            };
            set.put(Element::parse(key)?, node);
        }
        Some(set)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn set(value: Value) -> Set {
        Set::from_json(&value).expect("a set")
    }

    #[test]
    fn sets_survive_json() {
        for value in [
            json!({}),
            json!({"f:spec": {"f:containers": {"k:{\"name\":\"a\"}": {".": {}, "f:image": {}}}}}),
            json!({"f:metadata": {"f:finalizers": {"v:\"x\"": {}}}, "f:a": {"i:0": {}}}),
        ] {
            assert_eq!(set(value.clone()).to_json(), value);
        }
        for bad in [
            json!([]),
            json!({"x": {}}),
            json!({"q:x": {}}),
            json!({"f:a": 1}),
            json!({"k:[": {}}),
        ] {
            assert_eq!(Set::from_json(&bad), None, "{bad}");
        }
    }

    #[test]
    fn algebra_by_case() {
        let (a, b) = (
            json!({"f:x": {".": {}, "f:y": {}}, "f:z": {}}),
            json!({"f:x": {"f:y": {}}, "f:w": {}}),
        );
        assert_eq!(
            set(a.clone()).intersection(&set(b.clone())).to_json(),
            json!({"f:x": {"f:y": {}}})
        );
        assert_eq!(
            set(a).difference(&set(b)).to_json(),
            json!({"f:x": {}, "f:z": {}})
        );
    }

    #[test]
    fn paths_read_as_messages_write_them() {
        let all = set(
            json!({"f:spec": {"f:ports": {"k:{\"protocol\":\"UDP\",\"port\":53}": {".": {}, "f:name": {}}}}, "f:metadata": {"f:finalizers": {"v:\"a\"": {}}}}),
        );
        let wanted = [
            ".metadata.finalizers[=\"a\"]",
            ".spec.ports[port=53,protocol=\"UDP\"]",
            ".spec.ports[port=53,protocol=\"UDP\"].name",
        ];
        assert_eq!(all.paths(), wanted);
    }
}
