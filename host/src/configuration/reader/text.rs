//! What kubeadm's YAML reader takes and the parser here does not: each document of a stream goes to
//! Go's reader on its own, and that one is of YAML 1.1.

use serde_saphyr::granit_parser::ErrorKind;
use zeroize::Zeroizing;

/// Written by editors at the start of a file; files that are joined keep it, with or without a
/// separator before it.
const BYTE_ORDER_MARK: char = '\u{feff}';

/// More than the deepest block can be indented by people.
const INDENTATION: &str = "                                                                ";

/// How many lines are indented at most, and how many bytes are read again for it: each one is a
/// reading of its own.
const MENDED_LINES: usize = 400;
const MENDED_BYTES: usize = 64 << 20;

/// The text without the byte order marks that begin a line. Lines stay where they are.
pub fn without_byte_order_marks(text: &str) -> Zeroizing<String> {
    let mut out = String::with_capacity(text.len());
    for line in text.split_inclusive('\n') {
        out.push_str(line.trim_start_matches(BYTE_ORDER_MARK));
    }
    Zeroizing::new(out)
}

/// A text whose quoted strings go on at the margin, which is mended as the parser finds them: the
/// blanks before a further line are no part of the string.
pub struct Mended {
    pub text: Zeroizing<String>,
    lines: usize,
}

impl Mended {
    pub fn new(text: &str) -> Self {
        Self {
            text: without_byte_order_marks(text),
            lines: 0,
        }
    }

    /// Mends what the parser has stumbled over. False if that is something else, or too often.
    pub fn mend(&mut self, error: &serde_saphyr::Error) -> bool {
        let unindented = ErrorKind::InvalidQuotedScalarIndent.to_string();
        let (Some(location), true) = (error.location(), error.to_string().starts_with(&unindented))
        else {
            return false;
        };
        self.lines += 1;
        if self.lines > MENDED_LINES || self.lines * self.text.len() > MENDED_BYTES {
            return false;
        }
        let Some(start) = start_of_line(&self.text, location.line()) else {
            return false;
        };
        let mut text = Zeroizing::new(String::with_capacity(self.text.len() + INDENTATION.len()));
        text.push_str(&self.text[..start]);
        text.push_str(INDENTATION);
        text.push_str(&self.text[start..]);
        self.text = text;
        true
    }
}

/// Where a line starts, which are counted from 1.
fn start_of_line(text: &str, line: u64) -> Option<usize> {
    let before = usize::try_from(line.checked_sub(1)?).ok()?;
    match before {
        0 => Some(0),
        before => text
            .match_indices('\n')
            .nth(before - 1)
            .map(|(at, _)| at + 1),
    }
}

/// Whether a plain word is a boolean to Go's reader: in lower case, in upper case, or with its first
/// letter in upper case. `nO` is a text.
pub fn is_boolean(word: &str) -> bool {
    let lower = word.to_ascii_lowercase();
    let (first, rest) = word.split_at(word.len().min(1));
    let capital = first == first.to_ascii_uppercase() && rest == rest.to_ascii_lowercase();
    word == lower || word == word.to_ascii_uppercase() || capital
}

/// The plain word that stands at a place of the text, behind its anchor and its tag.
pub fn word_at(text: &str, start: usize) -> Option<&str> {
    let mut rest = text.get(start..)?;
    while rest.starts_with(['&', '!']) {
        rest = rest.trim_start_matches(|c: char| !c.is_whitespace());
        rest = rest.trim_start();
    }
    let end = rest
        .find(|c: char| !c.is_ascii_alphabetic())
        .unwrap_or(rest.len());
    Some(&rest[..end])
}
