//! Reading YAML that people write, with errors for them: one line, and no
//! piece of the file, which could hold a secret.

use std::borrow::Cow;
use std::fmt;

use serde::de::DeserializeOwned;
use serde_saphyr::{DefaultMessageFormatter, Error, MessageFormatter};

/// Why a text is not what it should be.
#[derive(Debug)]
pub struct YamlError {
    error: Box<Error>,
    /// The key that the place belongs to, if there is one.
    key: Option<String>,
}

/// Reads one document. Repeated keys are errors.
pub fn read<T: DeserializeOwned>(text: &str) -> Result<T, YamlError> {
    let options = serde_saphyr::options! { with_snippet: false };
    serde_saphyr::from_str_with_options(text, options).map_err(|error| YamlError::new(error, text))
}

/// Reads all documents.
pub fn read_all<T: DeserializeOwned>(text: &str) -> Result<Vec<T>, YamlError> {
    let options = serde_saphyr::options! { with_snippet: false };
    serde_saphyr::from_multiple_with_options(text, options)
        .map_err(|error| YamlError::new(error, text))
}

impl YamlError {
    fn new(error: Error, text: &str) -> Self {
        let key = error.location().and_then(|at| {
            let line = text
                .lines()
                .nth(usize::try_from(at.line()).ok()?.checked_sub(1)?)?;
            let before: String = line
                .chars()
                .take(usize::try_from(at.column()).ok()?.saturating_sub(1))
                .collect();
            let key = before.trim_end().strip_suffix(':')?;
            let is_word = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
            let word = key.rsplit(|c| !is_word(c)).next()?;
            (!word.is_empty()).then(|| word.to_owned())
        });
        Self {
            error: Box::new(error),
            key,
        }
    }
}

impl fmt::Display for YamlError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(key) = &self.key {
            write!(f, "{key}: ")?;
        }
        f.write_str(&self.error.render_with_formatter(&ForPeople))
    }
}

// The cause says the same in other words.
impl std::error::Error for YamlError {}

/// Whether a key may be told: where quotes are missing it can be half the file.
fn is_word(key: &str) -> bool {
    const LONGEST: usize = 63;
    let is_letter = |byte: u8| byte.is_ascii_alphanumeric() || b"-_./".contains(&byte);
    key.len() <= LONGEST && key.bytes().all(is_letter)
}

/// A message in which what is quoted of the file is quoted if it is a word.
fn without_pieces(message: &str) -> String {
    let parts = message.split('`').enumerate();
    let told = parts.map(|(at, part)| match at % 2 == 0 || is_word(part) {
        true => part,
        false => "...",
    });
    told.collect::<Vec<_>>().join("`")
}

/// Words for somebody who does not know the library.
struct ForPeople;

impl MessageFormatter for ForPeople {
    fn format_message<'a>(&self, error: &'a Error) -> Cow<'a, str> {
        match error {
            Error::DuplicateMappingKey { key: Some(key), .. } if is_word(key) => {
                format!("{key} is given twice; keep one of the two").into()
            }
            Error::DuplicateMappingKey { .. } => "a key is given twice".into(),
            Error::Budget { .. } => {
                "it nests deeper, or holds more once its anchors and aliases are resolved, than is read".into()
            }
            other => {
                let message = DefaultMessageFormatter.format_message(other);
                match message.strip_prefix("invalid ") {
                    Some("u8" | "u16" | "u32" | "u64" | "usize") => {
                        "expected a whole number, not below 0".into()
                    }
                    Some("i8" | "i16" | "i32" | "i64" | "isize") => {
                        "expected a whole number".into()
                    }
                    _ => without_pieces(&message).into(),
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    #[allow(dead_code, reason = "only their presence matters")]
    struct One {
        name: String,
        #[serde(default)]
        number: u64,
    }

    #[test]
    fn errors_are_one_line_with_the_place() {
        for (text, wanted) in [
            (
                "name: a\nname: b\n",
                "name is given twice; keep one of the two at line 2",
            ),
            (
                "name: a\nsecret: hunter2\n",
                "unknown field `secret`, expected one of name, number at line 2",
            ),
            (
                "name: a\nnumber: many\n",
                "number: expected a whole number, not below 0 at line 2",
            ),
            (
                "{name: a, number: -1}",
                "number: expected a whole number, not below 0 at line 1",
            ),
            (
                "? 'a hunter2'\n: 1\n? 'a hunter2'\n: 1\n",
                "unknown field `...`, expected one of name, number",
            ),
            ("name: [a\n", "at line 1"),
            ("", "end of input"),
        ] {
            let message = read::<One>(text).unwrap_err().to_string();
            assert!(message.contains(wanted), "{text:?}: {message}");
            assert!(!message.contains(['\n']), "{text:?}: {message}");
            assert!(!message.contains("hunter2"), "{text:?}: {message}");
        }
    }

    #[test]
    fn a_key_that_is_no_word_is_not_quoted() {
        let text = "? 'a hunter2'\n: 1\n? 'a hunter2'\n: 1\n";
        let message = read::<serde_json::Value>(text).unwrap_err().to_string();
        assert!(message.contains("a key is given twice"), "{message}");
        assert!(!message.contains("hunter2"), "{message}");
    }
}
