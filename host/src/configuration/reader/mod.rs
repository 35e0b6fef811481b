//! From a stream of YAML or JSON documents to checked documents.
//!
//! Unknown fields, repeated fields, wrong types, unknown kinds and two documents of one kind are
//! errors, all reported at once with line and field path. A lenient reader goes on without what a
//! document has too much and tells it, as another program does that takes the same files: wrong types and two documents of one kind stay errors.

mod decode;
mod elsewhere;
mod hints;
mod number;
mod problem;
mod seal;
mod syntax;
mod text;
mod time;
mod tree;
mod versions;

use std::collections::BTreeMap;

use serde_json::{Map, Value};

pub use problem::{Problem, ReadError};

use super::secret::Sealed;
use crate::distribution::{DeclaredConfiguration, Fields};
use decode::Decoder;
use tree::{Node, NodeValue};

/// What may be read without a warning.
#[derive(Clone, Copy, Debug, Default)]
pub struct ReadOptions<'a> {
    /// Whether deprecated API versions go without a warning (`--allow-deprecated-api`).
    pub allow_deprecated: bool,
    /// The operation that reads, for a lenient reader; none for a strict one. A distribution that
    /// does not say how another program reads its files is always read strictly.
    pub lenient: Option<&'a str>,
}

/// The documents of a file, in their order.
#[derive(Debug, Default)]
pub struct Documents {
    /// Each with `apiVersion` and `kind`. Secrets are `<sealed>`, tokens `ID.<sealed>`.
    pub documents: Vec<Value>,
    /// What was sealed, by JSON pointer (RFC 6901) into the list of documents.
    pub secrets: BTreeMap<String, Sealed>,
    /// What the user should know.
    pub warnings: Vec<String>,
    /// Line of each field that is set, by path.
    pub lines: BTreeMap<String, u64>,
}

/// Reads the text of a file whose documents are of the kinds of this configuration. `file` is its
/// name, for messages.
///
/// # Errors
/// The text is no YAML, or some documents are not what they should be: all problems at once.
pub fn read(
    text: &str,
    file: &str,
    configuration: &DeclaredConfiguration,
    options: ReadOptions<'_>,
) -> Result<Documents, ReadError> {
    let nodes = tree::parse(text).map_err(|error| syntax::error(text, file, error))?;
    let lenient = options.lenient.filter(|_| configuration.reading.is_some());
    let mut reader = Reader {
        configuration,
        file,
        wanted: lenient.map(|operation| configuration.taken_by(operation)),
        allow_deprecated: options.allow_deprecated,
        decoder: Decoder::new(configuration, lenient.is_some()),
        seen: BTreeMap::new(),
        read: Documents::default(),
    };
    for node in nodes {
        reader.document(node);
    }
    let Reader {
        mut read, decoder, ..
    } = reader;
    if !decoder.problems.is_empty() {
        let mut problems = decoder.problems;
        problems.sort_by_key(|problem| problem.line);
        return Err(ReadError::Problems {
            file: file.to_owned(),
            problems,
        });
    }
    let ignored = decoder
        .ignored
        .iter()
        .map(|problem| format!("{file}:{}: {problem} (ignored)", problem.line));
    read.warnings.extend(ignored);
    read.lines = decoder.lines;
    Ok(read)
}

/// What is wrong with a document after a change that came from no file, such as a patch: unknown
/// fields, wrong types, another kind; each with its field. Nothing, if it was of a kind that the
/// configuration does not have.
pub fn check_change(
    configuration: &DeclaredConfiguration,
    before: &Value,
    after: &Value,
) -> Vec<String> {
    let known = |document: &Value| match (&document["apiVersion"], &document["kind"]) {
        (Value::String(api_version), Value::String(kind)) => configuration.kind(api_version, kind),
        _ => None,
    };
    let Some(kind) = known(before) else {
        return Vec::new();
    };
    let Ok(fields) = kind.fields() else {
        return Vec::new();
    };
    let mut decoder = Decoder::new(configuration, false);
    match known(after) {
        Some(now) if std::ptr::eq(now, kind) => {
            decoder.document(Node::from(after.clone()), fields, &kind.name);
        }
        _ => decoder.problem(0, &kind.name, "apiVersion and kind must stay as they are"),
    }
    decoder.problems.iter().map(Problem::to_string).collect()
}

/// The `apiVersion` and `kind` of a document.
fn identity(node: &Node) -> Result<(String, String), String> {
    if !matches!(node.value, NodeValue::Map(_)) {
        let found = node.value.describe();
        return Err(format!("expected a document, found {found}"));
    }
    match (node.text_field("apiVersion"), node.text_field("kind")) {
        (Some(api_version), Some(kind)) if !api_version.is_empty() && !kind.is_empty() => {
            Ok((api_version.to_owned(), kind.to_owned()))
        }
        _ => Err(
            "invalid configuration: kind and apiVersion is mandatory information that must \
                  be specified"
                .to_owned(),
        ),
    }
}

struct Reader<'a> {
    configuration: &'a DeclaredConfiguration,
    file: &'a str,
    /// The kinds that a lenient reader wants.
    wanted: Option<Vec<&'a str>>,
    allow_deprecated: bool,
    decoder: Decoder<'a>,
    seen: BTreeMap<String, u64>,
    read: Documents,
}

impl Reader<'_> {
    fn document(&mut self, node: Node) {
        let line = node.line;
        let (api_version, kind) = match identity(&node) {
            Ok(identity) => identity,
            Err(message) => return self.decoder.problem(line, "", message),
        };
        let found = self.configuration.kind(&api_version, &kind);
        match &self.configuration.reading {
            None => {
                if found.is_none() {
                    let message = versions::not_taken(self.configuration, &api_version, &kind);
                    return self.decoder.problem(line, &kind, message);
                }
                if self.is_repeated(&kind, line) {
                    return;
                }
            }
            Some(reading) => {
                if self.is_repeated(&kind, line) {
                    return;
                }
                let versions = versions::Versions::new(self.configuration, reading);
                if let Err(message) = versions.check(&api_version, &kind) {
                    return self.decoder.problem(line, &kind, message);
                }
                if let Some(wanted) = &self.wanted
                    && !versions.is_wanted(&api_version, &kind, wanted)
                {
                    let file = self.file;
                    let why = match found {
                        Some(_) => format!("the {kind} document is ignored here"),
                        None => versions.ignored(&api_version, &kind),
                    };
                    return self.read.warnings.push(format!("{file}:{line}: {why}"));
                }
                if found.is_none() {
                    let message = versions.unknown(&api_version, &kind);
                    return self.decoder.problem(line, &kind, message);
                }
                if let Some(instead) = reading.deprecated.get(&api_version)
                    && !self.allow_deprecated
                {
                    let warning = versions::deprecated(&api_version, &kind, instead);
                    self.read.warnings.push(warning);
                }
            }
        }
        match found.map(|found| found.fields()) {
            Some(Ok(fields)) => self.keep(node, &api_version, &kind, fields),
            Some(Err(error)) => self.decoder.problem(line, &kind, error.to_string()),
            None => {}
        }
    }

    /// Whether a document of the kind has been there, which is an error.
    fn is_repeated(&mut self, kind: &str, line: u64) -> bool {
        let Some(first) = self.seen.insert(kind.to_owned(), line) else {
            return false;
        };
        let message = format!(
            "invalid configuration: kind {kind:?} is specified twice in the file, first on line \
             {first}"
        );
        self.decoder.problem(line, kind, message);
        true
    }

    fn keep(&mut self, node: Node, api_version: &str, kind: &str, fields: &Fields) {
        let mut document = self.decoder.document(node, fields, kind);
        let pointer = format!("/{}", self.read.documents.len());
        seal::seal_fields(&mut document, fields, &pointer, &mut self.read.secrets);
        let mut whole = Map::new();
        whole.insert("apiVersion".to_owned(), api_version.into());
        whole.insert("kind".to_owned(), kind.into());
        whole.extend(document);
        self.read.documents.push(Value::Object(whole));
    }
}

#[cfg(test)]
mod tests;
