//! Texts that the host keeps: bootstrap tokens and certificate keys.
//!
//! A component sees `<sealed>`, or `ID.<sealed>` of a token, and must say which
//! of the given secrets stands where in what it makes. So each sealed text is
//! marked with the place that it was given at before the documents are read,
//! goes through them as part of the text, and is taken apart again in what was
//! made.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use serde_json::{Map, Value};

/// What the host shows of a secret.
pub const SEALED: &str = "<sealed>";

/// Stands before a mark. YAML may hold it too, so a mark counts only if the
/// host has named the place.
const MARK: char = '\0';

/// A text that is or may be sealed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SealedString {
    shown: String,
    from: Option<Origin>,
}

/// Where a sealed text was given, and what the host says of it.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Origin {
    pointer: String,
    /// Bytes that it stands for in hexadecimal, if it is a key.
    bytes: Option<usize>,
}

impl SealedString {
    /// A text that is no secret, such as a placeholder.
    pub fn new(shown: String) -> Self {
        Self { shown, from: None }
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.shown.is_empty()
    }

    /// How many bytes it stands for in hexadecimal; none if it is something
    /// else.
    pub fn hexadecimal_bytes(&self) -> Option<usize> {
        match &self.from {
            Some(origin) => origin.bytes,
            None => {
                let digits = self.shown.bytes().all(|b| b.is_ascii_hexdigit());
                (digits && self.shown.len().is_multiple_of(2)).then_some(self.shown.len() / 2)
            }
        }
    }

    /// Whether it is a bootstrap token. Of one that is sealed the host shows the
    /// id only if it is.
    pub fn is_token(&self) -> bool {
        token_id(&self.shown).is_some()
    }

    /// As it is written where marks are taken apart.
    fn marked(&self) -> String {
        match &self.from {
            None => self.shown.clone(),
            Some(origin) => {
                let bytes = origin.bytes.map(|bytes| bytes.to_string());
                let bytes = bytes.unwrap_or_default();
                format!("{}{MARK}{}{MARK}{bytes}", self.shown, origin.pointer)
            }
        }
    }

    fn read(text: &str) -> Self {
        let mut parts = text.splitn(3, MARK);
        let mut next = || parts.next().unwrap_or_default();
        let (shown, pointer, bytes) = (next(), next(), next());
        Self {
            shown: shown.to_owned(),
            from: (!pointer.is_empty()).then(|| Origin {
                pointer: pointer.to_owned(),
                bytes: bytes.parse().ok(),
            }),
        }
    }
}

/// The id of a token, `[a-z0-9]{6}`, if it is one: the secret is sealed, or has
/// its form (`BootstrapTokenPattern` in k8s.io/cluster-bootstrap token/api).
fn token_id(shown: &str) -> Option<&str> {
    let (id, secret) = shown.split_once('.')?;
    let has_form = |part: &str, length: usize| {
        let is_allowed = |b: u8| b.is_ascii_digit() || b.is_ascii_lowercase();
        part.len() == length && part.bytes().all(is_allowed)
    };
    (has_form(id, 6) && (secret == SEALED || has_form(secret, 16))).then_some(id)
}

impl Serialize for SealedString {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.marked())
    }
}

impl<'de> Deserialize<'de> for SealedString {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self::read(&String::deserialize(deserializer)?))
    }
}

/// A bootstrap token, `<id>.<secret>`. The id is public.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SealedToken {
    id: String,
    text: SealedString,
}

/// The text is no bootstrap token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the bootstrap token is not of the form \"[a-z0-9]{{6}}.[a-z0-9]{{16}}\"")]
pub struct TokenError;

impl SealedToken {
    /// Takes a text that is one.
    pub fn new(text: SealedString) -> Result<Self, TokenError> {
        let id = token_id(&text.shown).ok_or(TokenError)?.to_owned();
        Ok(Self { id, text })
    }

    /// The public half, which names the Secret `bootstrap-token-<id>`.
    pub fn id(&self) -> &str {
        &self.id
    }
}

impl fmt::Display for SealedToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text.shown)
    }
}

/// Where the token of a `bootstrapTokens` entry comes from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum TokenSource {
    /// The user gave it.
    Given(SealedToken),
    /// The user left it out; the host makes a random one before the token is first used.
    #[default]
    Generate,
}

impl TokenSource {
    /// The token if there is one already.
    pub fn given(&self) -> Option<&SealedToken> {
        match self {
            Self::Given(token) => Some(token),
            Self::Generate => None,
        }
    }
}

impl Serialize for TokenSource {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Given(token) => token.text.serialize(serializer),
            Self::Generate => serializer.serialize_str(""),
        }
    }
}

impl<'de> Deserialize<'de> for TokenSource {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        SealedToken::new(SealedString::deserialize(deserializer)?)
            .map(Self::Given)
            .map_err(de::Error::custom)
    }
}

/// Marks the sealed texts of an input with the places they were given at.
pub fn mark(input: &mut Value, sealed: &Map<String, Value>) {
    for (pointer, known) in sealed {
        if let Some(Value::String(text)) = input.pointer_mut(pointer) {
            let bytes = known["hexadecimalBytes"].as_u64();
            let bytes = bytes.map(|bytes| bytes.to_string()).unwrap_or_default();
            *text = format!("{text}{MARK}{pointer}{MARK}{bytes}");
        }
    }
}

/// Takes the marks out of what was made; returns which of the given secrets
/// stands where: pointers into it by pointers into the input.
pub fn unmark(made: &mut Value, sealed: &Map<String, Value>) -> BTreeMap<String, String> {
    let mut secrets = BTreeMap::new();
    walk(made, String::new(), sealed, &mut secrets);
    secrets
}

fn walk(
    value: &mut Value,
    pointer: String,
    sealed: &Map<String, Value>,
    secrets: &mut BTreeMap<String, String>,
) {
    match value {
        Value::String(text) if text.contains(MARK) => {
            let read = SealedString::read(text);
            if let Some(origin) = read.from.filter(|from| sealed.contains_key(&from.pointer)) {
                secrets.insert(pointer, origin.pointer);
                *text = read.shown;
            }
        }
        Value::Array(items) => {
            for (at, item) in items.iter_mut().enumerate() {
                walk(item, format!("{pointer}/{at}"), sealed, secrets);
            }
        }
        Value::Object(fields) => {
            for (key, value) in fields {
                let key = key.replace('~', "~0").replace('/', "~1");
                walk(value, format!("{pointer}/{key}"), sealed, secrets);
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_sealed_text_is_found_where_it_went() {
        let given = json!({"/documents/0/tokens/0": {}, "/flags/key": {"hexadecimalBytes": 32}});
        let given = given.as_object().unwrap();
        let mut input = json!({
            "documents": [{"tokens": ["abcdef.<sealed>"], "name": "<sealed>"}],
            "flags": {"key": "<sealed>"},
        });
        mark(&mut input, given);
        let token: TokenSource =
            serde_json::from_value(input["documents"][0]["tokens"][0].clone()).unwrap();
        let key: SealedString = serde_json::from_value(input["flags"]["key"].clone()).unwrap();
        assert_eq!(token.given().unwrap().id(), "abcdef");
        assert_eq!(key.hexadecimal_bytes(), Some(32));
        let mut made = json!({
            "a/b": token,
            "list": [key, "<sealed>", "x\0/flags/other\0"],
            "name": input["documents"][0]["name"],
        });
        let secrets = unmark(&mut made, given);
        let expected = [
            ("/a~1b", "/documents/0/tokens/0"),
            ("/list/0", "/flags/key"),
        ];
        let expected = expected.map(|(to, from)| (to.to_owned(), from.to_owned()));
        assert_eq!(secrets, BTreeMap::from(expected));
        assert_eq!(
            made,
            json!({
                "a/b": "abcdef.<sealed>",
                "list": ["<sealed>", "<sealed>", "x\0/flags/other\0"],
                "name": "<sealed>",
            })
        );
    }

    #[test]
    fn misspelt_tokens_are_refused() {
        let cases = [
            ("empty", "", false),
            ("no dot", "abcdef0123456789abcdef", false),
            ("short id", "abcde.0123456789abcdef", false),
            ("short secret", "abcdef.0123456789abcde", false),
            ("upper case", "ABCDEF.0123456789abcdef", false),
            ("two dots", "abcdef.0123456789.bcdef", false),
            ("not ASCII", "abcdéf.0123456789abcdef", false),
            ("sealed, of no token", "<sealed>", false),
            ("sealed", "abcdef.<sealed>", true),
            ("a token", "abcdef.0123456789abcdef", true),
        ];
        for (name, text, expected) in cases {
            let text = SealedString::new(text.to_owned());
            assert_eq!(text.is_token(), expected, "{name}");
            assert_eq!(SealedToken::new(text).is_ok(), expected, "{name}");
        }
    }
}
