//! Reads documents field by field.
//!
//! Typed structs by derive would read nicer and weigh 50 kB more in every
//! component, each of which is compiled to machine code.

use crate::{Duration, Error, Result};
use serde_json::Value;
use std::collections::BTreeMap;

/// An object of a document. A field that is not there, or null, is empty: an
/// empty text, false, 0, no items. One of the wrong type is an error that names
/// it, as `ClusterConfiguration.apiServer.certSANs[1]`.
#[derive(Debug, Clone)]
pub struct Fields<'a> {
    value: &'a Value,
    path: String,
}

impl<'a> Fields<'a> {
    /// The fields of `value`, which is called `name` in errors.
    #[inline(never)]
    pub fn of(value: &'a Value, name: &str) -> Result<Self> {
        let fields = Self {
            value,
            path: name.to_owned(),
        };
        match value {
            Value::Object(_) | Value::Null => Ok(fields),
            _ => Err(fields.wrong("an object")),
        }
    }

    /// Whether the field is there.
    pub fn has(&self, name: &str) -> bool {
        !self.value[name].is_null()
    }

    /// The fields of an object in here.
    #[inline(never)]
    pub fn object(&self, name: &str) -> Result<Self> {
        Self::of(&self.value[name], &self.path_of(name))
    }

    /// A text.
    #[inline(never)]
    pub fn text(&self, name: &str) -> Result<String> {
        text(&self.value[name]).ok_or_else(|| self.wrong_field(name, "a text"))
    }

    /// True or false.
    #[inline(never)]
    pub fn flag(&self, name: &str) -> Result<bool> {
        match &self.value[name] {
            Value::Null => Ok(false),
            Value::Bool(flag) => Ok(*flag),
            _ => Err(self.wrong_field(name, "true or false")),
        }
    }

    /// A TCP port, 0 where there is none.
    #[inline(never)]
    pub fn port(&self, name: &str) -> Result<u16> {
        match &self.value[name] {
            Value::Null => Ok(0),
            value => value
                .as_u64()
                .and_then(|port| u16::try_from(port).ok())
                .ok_or_else(|| self.wrong_field(name, "a port from 0 to 65535")),
        }
    }

    /// A duration, as `4m0s`.
    #[inline(never)]
    pub fn duration(&self, name: &str) -> Result<Option<Duration>> {
        match self.text(name)?.as_str() {
            "" => Ok(None),
            text => match Duration::parse(text) {
                Ok(duration) => Ok(Some(duration)),
                Err(_) => Err(self.wrong_field(name, "a duration such as 24h0m0s")),
            },
        }
    }

    /// A list of anything.
    #[inline(never)]
    pub fn values(&self, name: &str) -> Result<Vec<Value>> {
        match &self.value[name] {
            Value::Null => Ok(Vec::new()),
            Value::Array(items) => Ok(items.clone()),
            _ => Err(self.wrong_field(name, "a list")),
        }
    }

    /// A map of names to true or false.
    #[inline(never)]
    pub fn flags(&self, name: &str) -> Result<BTreeMap<String, bool>> {
        let flags = self.object(name)?;
        let mut read = BTreeMap::new();
        for (name, _) in self.value[name].as_object().into_iter().flatten() {
            read.insert(name.clone(), flags.flag(name)?);
        }
        Ok(read)
    }

    /// A list of texts.
    #[inline(never)]
    pub fn texts(&self, name: &str) -> Result<Vec<String>> {
        let texts: Option<_> = self.values(name)?.iter().map(text).collect();
        texts.ok_or_else(|| self.wrong_field(name, "a list of texts"))
    }

    /// A list of objects, each read by `read`.
    pub fn list<T>(&self, name: &str, read: fn(&Fields<'_>) -> Result<T>) -> Result<Vec<T>> {
        let mut items = Vec::new();
        for (at, value) in self.values(name)?.iter().enumerate() {
            items.push(read(&Fields::of(
                value,
                &format!("{}[{at}]", self.path_of(name)),
            )?)?);
        }
        Ok(items)
    }

    #[inline(never)]
    fn path_of(&self, name: &str) -> String {
        format!("{}.{name}", self.path)
    }

    #[inline(never)]
    fn wrong_field(&self, name: &str, expected: &str) -> Error {
        Error::new(format!("{}: expected {expected}", self.path_of(name)))
    }

    fn wrong(&self, expected: &str) -> Error {
        Error::new(format!("{}: expected {expected}", self.path))
    }
}

fn text(value: &Value) -> Option<String> {
    match value {
        Value::Null => Some(String::new()),
        Value::String(text) => Some(text.clone()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_is_missing_is_empty() {
        let value = json!({"null": null});
        let fields = Fields::of(&value, "Thing").unwrap();
        assert_eq!(fields.text("null").unwrap(), "");
        assert_eq!(fields.port("x").unwrap(), 0);
        assert_eq!(fields.duration("x").unwrap(), None);
        assert!(
            !fields.flag("x").unwrap()
                && fields.texts("x").unwrap().is_empty()
                && !fields.has("null")
        );
        assert_eq!(fields.object("x").unwrap().text("y").unwrap(), "");
    }

    #[test]
    fn what_is_wrong_is_named() {
        let value =
            json!({"list": [{"a": 1}], "port": 70000, "time": "1d", "texts": [1], "object": []});
        let fields = Fields::of(&value, "Thing").unwrap();
        for (error, message) in [
            (
                fields.list("list", |item| item.text("a")).unwrap_err(),
                "Thing.list[0].a: expected a text",
            ),
            (
                fields.port("port").unwrap_err(),
                "Thing.port: expected a port from 0 to 65535",
            ),
            (
                fields.duration("time").unwrap_err(),
                "Thing.time: expected a duration such as 24h0m0s",
            ),
            (
                fields.texts("texts").unwrap_err(),
                "Thing.texts: expected a list of texts",
            ),
            (
                fields.object("object").unwrap_err(),
                "Thing.object: expected an object",
            ),
            (
                fields.flag("port").unwrap_err(),
                "Thing.port: expected true or false",
            ),
        ] {
            assert_eq!(error.to_string(), message);
        }
    }
}
