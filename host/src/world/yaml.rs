//! Reading YAML that people write, with errors for them: one line, and no
//! piece of the file, which could hold a secret.

use std::borrow::Cow;
use std::fmt;

use serde::de::DeserializeOwned;
use serde_saphyr::{DefaultMessageFormatter, Error, MessageFormatter};

/// Why a text is not what it should be.
#[derive(Debug)]
pub struct YamlError(Box<Error>);

/// Reads one document. Repeated keys are errors.
pub fn read<T: DeserializeOwned>(text: &str) -> Result<T, YamlError> {
    let options = serde_saphyr::options! { with_snippet: false };
    serde_saphyr::from_str_with_options(text, options).map_err(|error| YamlError(Box::new(error)))
}

/// Reads all documents.
pub fn read_all<T: DeserializeOwned>(text: &str) -> Result<Vec<T>, YamlError> {
    let options = serde_saphyr::options! { with_snippet: false };
    serde_saphyr::from_multiple_with_options(text, options)
        .map_err(|error| YamlError(Box::new(error)))
}

impl fmt::Display for YamlError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.render_with_formatter(&ForPeople))
    }
}

// The cause says the same in other words.
impl std::error::Error for YamlError {}

/// Words for somebody who does not know the library.
struct ForPeople;

impl MessageFormatter for ForPeople {
    fn format_message<'a>(&self, error: &'a Error) -> Cow<'a, str> {
        match error {
            Error::DuplicateMappingKey { key: Some(key), .. } => {
                format!("{key} is given twice; keep one of the two").into()
            }
            Error::DuplicateMappingKey { .. } => "a key is given twice".into(),
            Error::Budget { .. } => {
                "it nests deeper, or holds more once its anchors and aliases are resolved, than is read".into()
            }
            other => DefaultMessageFormatter.format_message(other),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    struct One {
        #[allow(dead_code, reason = "only its presence matters")]
        name: String,
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
                "unknown field `secret`, expected one of name at line 2",
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
}
