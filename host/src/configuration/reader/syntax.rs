//! Why a text is no YAML, in words for who wrote it and not for who reads it with a program.

use serde_saphyr::Error;
use serde_saphyr::granit_parser::ErrorKind;

use super::problem::ReadError;
use super::tree;

/// What is wrong with a file that can not be parsed.
pub fn error(text: &str, file: &str, error: Error) -> ReadError {
    let line = error.location().map_or(0, |location| location.line());
    let file = file.to_owned();
    let source = Box::new(error);
    if tree::is_too_much(&source) {
        return ReadError::TooMuch { file, line };
    }
    match said(text, line, &source) {
        Some(what) => ReadError::Unreadable { file, line, what },
        None => ReadError::Syntax { file, line, source },
    }
}

/// What is wrong, where the parser speaks of types of this program or of what no user knows.
fn said(text: &str, line: u64, error: &Error) -> Option<String> {
    if let Some(line) = line_at(text, line).filter(|line| is_template(line)) {
        let field = field(line).map_or(String::new(), |field| format!("{field}: "));
        return Some(format!(
            "{field}a template, \"{{{{ … }}}}\", was not filled in; put what it stands for in its place"
        ));
    }
    if error
        .to_string()
        .starts_with(&ErrorKind::BomInsideDocument.to_string())
    {
        return Some(
            "a byte order mark (U+FEFF), which is not seen, stands in the line; take it out"
                .to_owned(),
        );
    }
    let said = match error {
        Error::Unexpected { .. } => {
            "a key is a plain text; put what is in it in quotes if it begins with [ or {"
        }
        Error::NullIntoString { .. } => {
            "a key is missing before the colon; write the field's name there"
        }
        Error::NonFiniteFloat { .. } => {
            "numbers that are infinite, or none, can not be in a configuration"
        }
        Error::UnknownAnchor { .. } => {
            "an alias (*NAME) has no anchor (&NAME) before it; put the text in quotes if it begins \
             with *"
        }
        Error::MergeValueNotMapOrSeqOfMaps { .. } => "<<: takes an object, or a list of objects",
        Error::BinaryNotUtf8 { .. } | Error::InvalidBinaryBase64 { .. } => {
            "!!binary is not for texts; leave the tag out"
        }
        Error::InvalidScalar { .. } => {
            "the value is not what its tag (!!…) says; leave the tag out"
        }
        Error::TaggedScalarCannotDeserializeIntoString { .. } => {
            "a key is a text; leave its tag (!!…) out"
        }
        _ => return None,
    };
    Some(said.to_owned())
}

/// A line, counted from 1.
fn line_at(text: &str, line: u64) -> Option<&str> {
    text.lines()
        .nth(usize::try_from(line.checked_sub(1)?).ok()?)
}

/// Whether a line has an expression of a template.
fn is_template(line: &str) -> bool {
    line.contains("{{") || line.contains("{%")
}

/// The field that a line sets, if it begins with a name. Never anything else that is on the line.
fn field(line: &str) -> Option<&str> {
    let (name, _) = line.trim_start_matches(['-', ' ']).split_once(':')?;
    let is_name = !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric());
    is_name.then_some(name)
}
