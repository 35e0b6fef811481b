//! JSON whose members stay in the order they are given, for files that people
//! read and that others compare: [`crate::Value`] sorts them.

use std::fmt::Write;

/// A JSON value in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Json {
    Null,
    Bool(bool),
    Number(i64),
    Text(String),
    List(Vec<Json>),
    Object(Vec<(String, Json)>),
}

impl Json {
    /// An object with these members.
    pub fn object<const N: usize>(members: [(&str, Json); N]) -> Self {
        let members = members.map(|(name, value)| (name.to_owned(), value));
        Self::Object(members.into())
    }

    /// Adds a member at the end of an object.
    #[must_use]
    pub fn with(mut self, name: &str, value: Json) -> Self {
        if let Self::Object(members) = &mut self {
            members.push((name.to_owned(), value));
        }
        self
    }

    /// The text, indented by two spaces a level, without a newline at the end:
    /// as Go's `json.MarshalIndent(v, "", "  ")`.
    pub fn pretty(&self) -> String {
        let mut out = String::new();
        self.write(&mut out, 0);
        out
    }

    fn write(&self, out: &mut String, depth: usize) {
        match self {
            Self::Null => out.push_str("null"),
            Self::Bool(true) => out.push_str("true"),
            Self::Bool(false) => out.push_str("false"),
            Self::Number(number) => {
                let _ = write!(out, "{number}");
            }
            Self::Text(text) => string(out, text),
            Self::List(items) => block(out, depth, ['[', ']'], items, |out, item| {
                item.write(out, depth + 1);
            }),
            Self::Object(members) => {
                block(out, depth, ['{', '}'], members, |out, (name, value)| {
                    string(out, name);
                    out.push_str(": ");
                    value.write(out, depth + 1);
                });
            }
        }
    }
}

fn block<T>(
    out: &mut String,
    depth: usize,
    [open, close]: [char; 2],
    items: &[T],
    write: impl Fn(&mut String, &T),
) {
    out.push(open);
    for (at, item) in items.iter().enumerate() {
        out.push_str(if at == 0 { "\n" } else { ",\n" });
        out.push_str(&"  ".repeat(depth + 1));
        write(out, item);
    }
    if !items.is_empty() {
        out.push('\n');
        out.push_str(&"  ".repeat(depth));
    }
    out.push(close);
}

fn string(out: &mut String, text: &str) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            // Go escapes these three for the sake of HTML.
            '<' | '>' | '&' | '\u{2028}' | '\u{2029}' | '\0'..='\u{1f}' => {
                let _ = write!(out, "\\u{:04x}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out.push('"');
}

impl From<&str> for Json {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Json {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<bool> for Json {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

impl From<i64> for Json {
    fn from(number: i64) -> Self {
        Self::Number(number)
    }
}

impl From<Vec<String>> for Json {
    fn from(texts: Vec<String>) -> Self {
        Self::List(texts.into_iter().map(Self::Text).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_stay_in_order_and_are_indented() {
        let json = Json::object([
            ("kind", "Pod".into()),
            ("a", Json::List(vec![Json::Number(1), Json::Null])),
            ("none", Json::object([])),
            ("empty", Json::List(Vec::new())),
        ])
        .with("last", true.into());
        assert_eq!(
            json.pretty(),
            "{\n  \"kind\": \"Pod\",\n  \"a\": [\n    1,\n    null\n  ],\n  \"none\": {},\n  \"empty\": [],\n  \"last\": true\n}"
        );
    }

    #[test]
    fn any_text_is_read_back() {
        for text in ["", "a\"b\\c", "\n\t\r\u{1}", "<a&b>", "ä\u{2028}"] {
            let written = Json::from(text).pretty();
            let read: String = serde_json::from_str(&written).unwrap();
            assert_eq!(read, text);
        }
    }
}
