//! Texts and content, some of which are too long to be written out.

use serde::{Deserialize, Serialize};

/// A text. `{n}` in it becomes the number of the time that a repeated step is
/// at.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Text {
    /// As it is.
    Plain(String),
    /// One that is made.
    Made(Made),
}

/// A text that is made.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Made {
    /// So often one after the other.
    Repeat {
        /// What.
        text: String,
        /// How often.
        times: u32,
    },
    /// What an earlier step saw, or the error that it got.
    Seen(usize),
    /// One after the other.
    Joined(Vec<Text>),
}

impl Text {
    /// `text`, so often.
    pub fn repeat(text: &str, times: u32) -> Self {
        let text = text.to_owned();
        Self::Made(Made::Repeat { text, times })
    }

    /// One after the other.
    pub fn joined(texts: impl IntoIterator<Item = Self>) -> Self {
        Self::Made(Made::Joined(texts.into_iter().collect()))
    }

    /// The text itself, at this time of its step; `seen` knows what earlier
    /// steps saw.
    pub fn make(&self, n: u32, seen: &dyn Fn(usize) -> String) -> String {
        match self {
            Self::Plain(text) => text.replace("{n}", &n.to_string()),
            Self::Made(Made::Repeat { text, times }) => text.repeat(*times as usize),
            Self::Made(Made::Seen(step)) => seen(*step),
            Self::Made(Made::Joined(texts)) => texts.iter().map(|one| one.make(n, seen)).collect(),
        }
    }
}

impl From<&str> for Text {
    fn from(text: &str) -> Self {
        Self::Plain(text.to_owned())
    }
}

impl From<String> for Text {
    fn from(text: String) -> Self {
        Self::Plain(text)
    }
}

/// One or many items of a list.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Item<T> {
    /// So many, with `{n}` in their texts for the number of each.
    Each {
        /// What.
        each: T,
        /// How many.
        times: u32,
    },
    /// This one.
    One(T),
}

impl<T> Item<T> {
    /// Calls `make` for each, with its number.
    pub fn expand<U>(items: &[Self], n: u32, mut make: impl FnMut(&T, u32) -> U) -> Vec<U> {
        let mut made = Vec::new();
        for item in items {
            match item {
                Self::One(one) => made.push(make(one, n)),
                Self::Each { each, times } => made.extend((0..*times).map(|n| make(each, n))),
            }
        }
        made
    }
}

impl<T> From<T> for Item<T> {
    fn from(one: T) -> Self {
        Self::One(one)
    }
}

/// A part of some content.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Piece {
    /// Text.
    Text(Text),
    /// Bytes, in base64.
    Bytes(String),
    /// The sealed value that this step got.
    Sealed(usize),
    /// The bytes that this step saw.
    Seen(usize),
    /// The same, so often.
    Many {
        /// What.
        piece: Box<Piece>,
        /// How often.
        times: u32,
    },
}

impl Piece {
    /// Text.
    pub fn text(text: impl Into<Text>) -> Self {
        Self::Text(text.into())
    }

    /// Bytes.
    pub fn bytes(bytes: &[u8]) -> Self {
        use base64::Engine as _;
        Self::Bytes(base64::engine::general_purpose::STANDARD.encode(bytes))
    }
}
