//! Text of others on its way to a terminal or a log: the one place where it is
//! made harmless.
//!
//! What components and servers say, names of files and objects, may hold what
//! moves a cursor, hides other text or changes its order, or begins a line that
//! looks like one of ours. All of that is shown, and does nothing.

use std::fmt::{self, Write};

/// What a line begins with that goes on with what somebody else said.
pub const MARK: &str = "    | ";

/// Text with all that is not to be seen made visible, as `\u{202e}`. As it is
/// written:
///
/// - [`line`](Self::line) is one line, whatever it holds;
/// - [`text`](Self::text) keeps its lines and tabs: for what we wrote ourselves;
/// - [`message`](Self::message) is what somebody else says: every further line
///   is marked, so that none can be taken for one of ours;
/// - [`built_in`](Self::built_in) is what a component of this program says, who
///   quotes others: its lines that begin with a tab stay, as none of ours does.
#[derive(Clone, Copy, Debug)]
pub struct Visible<'a> {
    text: &'a str,
    lines: Lines,
    /// Characters.
    limit: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Lines {
    One,
    Kept,
    Marked,
    Tabbed,
}

impl<'a> Visible<'a> {
    pub fn line(text: &'a str) -> Self {
        Self::new(text, Lines::One)
    }

    pub fn text(text: &'a str) -> Self {
        Self::new(text, Lines::Kept)
    }

    pub fn message(text: &'a str) -> Self {
        Self::new(text, Lines::Marked)
    }

    pub fn built_in(text: &'a str) -> Self {
        Self::new(text, Lines::Tabbed)
    }

    /// No more than so many characters of it; what is left out is told.
    pub fn at_most(self, limit: usize) -> Self {
        Self { limit, ..self }
    }

    fn new(text: &'a str, lines: Lines) -> Self {
        Self {
            text,
            lines,
            limit: usize::MAX,
        }
    }
}

impl fmt::Display for Visible<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = match self.lines {
            // Nothing would follow the mark.
            Lines::Marked | Lines::Tabbed => self.text.trim_end_matches('\n'),
            Lines::One | Lines::Kept => self.text,
        };
        let mut characters = text.chars().enumerate().peekable();
        while let Some((at, c)) = characters.next() {
            let mut is_before_tab = || matches!(characters.peek(), Some((_, '\t')));
            if at == self.limit {
                return f.write_str("...");
            }
            match (c, self.lines) {
                ('\n', Lines::Kept) => f.write_char('\n')?,
                ('\n', Lines::Tabbed) if is_before_tab() => f.write_char('\n')?,
                ('\n', Lines::Marked | Lines::Tabbed) => write!(f, "\n{MARK}")?,
                ('\n', Lines::One) => f.write_str("\\n")?,
                ('\t', Lines::One) => f.write_str("\\t")?,
                ('\t', _) => f.write_char('\t')?,
                (c, _) if is_hidden(c) => write!(f, "{}", c.escape_unicode())?,
                (c, _) => f.write_char(c)?,
            }
        }
        Ok(())
    }
}

/// What a component shows the operator: text of its own lines, of which those
/// are marked that look like what this program says of itself.
pub fn visible_product(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for line in text.split_inclusive('\n') {
        let line = Visible::text(line).to_string();
        if looks_like_ours(line.trim_start()) {
            shown.push_str(MARK);
        }
        shown.push_str(&line);
    }
    shown
}

/// What lines of this program begin with that a person goes by.
fn looks_like_ours(line: &str) -> bool {
    let line = line.to_ascii_lowercase();
    let leads = ["error", "warning", "hint:", "also:", "caused by:", "["];
    leads.iter().any(|lead| line.starts_with(lead))
}

/// JSON text with the same made visible: escaped as JSON has it, so that a
/// program reads what it was. (Such characters stand nowhere but in its
/// strings.)
pub fn visible_json(json: &str) -> String {
    let mut shown = String::with_capacity(json.len());
    for c in json.chars() {
        if is_hidden(c) {
            for unit in c.encode_utf16(&mut [0; 2]) {
                // Writing to a string does not fail.
                let _ = write!(shown, "\\u{unit:04x}");
            }
        } else {
            shown.push(c);
        }
    }
    shown
}

/// Whether a character does something else than to be seen: controls (C0, C1,
/// DEL), what Unicode has for the order and the joining of text (general
/// category Cf), other ends of lines and blanks than the one, what has no width,
/// and what means nothing (private use, no characters).
fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{a0}'
            | '\u{ad}'
            | '\u{34f}'
            | '\u{61c}'
            | '\u{115f}'..='\u{1160}'
            | '\u{1680}'
            | '\u{17b4}'..='\u{17b5}'
            | '\u{180b}'..='\u{180f}'
            | '\u{2000}'..='\u{200f}'
            | '\u{2028}'..='\u{202f}'
            | '\u{205f}'..='\u{206f}'
            | '\u{2800}'
            | '\u{3000}'
            | '\u{3164}'
            | '\u{e000}'..='\u{f8ff}'
            | '\u{fdd0}'..='\u{fdef}'
            | '\u{fe00}'..='\u{fe0f}'
            | '\u{feff}'
            | '\u{ffa0}'
            | '\u{fff0}'..='\u{fffb}'
            | '\u{1bca0}'..='\u{1bca3}'
            | '\u{1d173}'..='\u{1d17a}'
            | '\u{e0000}'..='\u{10ffff}')
        || u32::from(c) & 0xfffe == 0xfffe
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_would_do_something_is_shown() {
        for (name, text, line, message) in [
            (
                "plain",
                "a é 世界 🦀 /b",
                "a é 世界 🦀 /b",
                "a é 世界 🦀 /b",
            ),
            ("escape", "a\x1b[2Jb", "a\\u{1b}[2Jb", "a\\u{1b}[2Jb"),
            (
                "title",
                "\x1b]0;x\x07",
                "\\u{1b}]0;x\\u{7}",
                "\\u{1b}]0;x\\u{7}",
            ),
            ("C1", "a\u{9b}2J", "a\\u{9b}2J", "a\\u{9b}2J"),
            (
                "return",
                "a\rerror: x",
                "a\\u{d}error: x",
                "a\\u{d}error: x",
            ),
            (
                "lines",
                "a\nerror: x\n",
                "a\\nerror: x\\n",
                "a\n    | error: x",
            ),
            (
                "indented",
                "a\n\thint: x",
                "a\\n\\thint: x",
                "a\n    | \thint: x",
            ),
            (
                "blank",
                "a\u{2800}\u{a0}b",
                "a\\u{2800}\\u{a0}b",
                "a\\u{2800}\\u{a0}b",
            ),
            ("private use", "a\u{e000}b", "a\\u{e000}b", "a\\u{e000}b"),
            (
                "no character",
                "a\u{1ffff}b",
                "a\\u{1ffff}b",
                "a\\u{1ffff}b",
            ),
            ("line separator", "a\u{2028}b", "a\\u{2028}b", "a\\u{2028}b"),
            (
                "order",
                "a\u{202e}b\u{2066}c",
                "a\\u{202e}b\\u{2066}c",
                "a\\u{202e}b\\u{2066}c",
            ),
            (
                "no width",
                "a\u{200b}\u{feff}b",
                "a\\u{200b}\\u{feff}b",
                "a\\u{200b}\\u{feff}b",
            ),
            ("letter mark", "\u{61c}", "\\u{61c}", "\\u{61c}"),
            ("tag", "\u{e0041}", "\\u{e0041}", "\\u{e0041}"),
            // Once is enough: it is plain text then.
            ("shown already", "\\u{1b}", "\\u{1b}", "\\u{1b}"),
        ] {
            assert_eq!(Visible::line(text).to_string(), line, "{name}");
            assert_eq!(Visible::message(text).to_string(), message, "{name}");
        }
        assert_eq!(Visible::text("a\n\tb\x1b").to_string(), "a\n\tb\\u{1b}");
        let findings = "some:\n\t[ERROR A]: b\n\t\tc\nerror: x\n";
        let shown = "some:\n\t[ERROR A]: b\n\t\tc\n    | error: x";
        assert_eq!(Visible::built_in(findings).to_string(), shown);
        assert_eq!(Visible::line("ééé").at_most(2).to_string(), "éé...");
        assert_eq!(Visible::line("éé").at_most(2).to_string(), "éé");
    }

    #[test]
    fn a_product_has_its_lines_but_for_such_as_look_like_ours() {
        for (text, wanted) in [
            (
                "\nDone!\n\n  mkdir -p $HOME\n",
                "\nDone!\n\n  mkdir -p $HOME\n",
            ),
            ("a\nerror: b\nc", "a\n    | error: b\nc"),
            ("a\n  Hint: b", "a\n    |   Hint: b"),
            ("[certs] a", "    | [certs] a"),
            ("a\rerror: b", "a\\u{d}error: b"),
        ] {
            assert_eq!(visible_product(text), wanted);
        }
    }

    proptest! {
        #[test]
        fn a_line_is_one_line(text in any::<String>()) {
            let shown = Visible::line(&text).to_string();
            prop_assert!(!shown.contains(is_hidden));
            prop_assert!(shown.lines().count() <= 1);
        }

        #[test]
        fn every_further_line_of_a_message_is_marked(text in any::<String>(), more in "\n(error|hint): .*") {
            let text = text + &more;
            let shown = Visible::message(&text).to_string();
            for line in shown.split(|c: char| c != '\t' && is_hidden(c)).skip(1) {
                prop_assert!(line.starts_with(MARK), "{line:?}");
            }
        }

        #[test]
        fn a_program_reads_what_it_was(text in any::<String>()) {
            let shown = visible_json(&serde_json::to_string(&text).unwrap());
            prop_assert!(!shown.contains(is_hidden));
            prop_assert_eq!(serde_json::from_str::<String>(&shown).unwrap(), text);
        }
    }
}
