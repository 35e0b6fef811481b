//! Documents of kinds that a distribution declares: read as strictly as those of kubeadm, and
//! otherwise left as they are given.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::decode::Decoder;
use super::problem::ReadError;
use super::tree::{self, Node};
use super::{identity, syntax};
use crate::cluster::schema::{Fields, Type};
use crate::cluster::secret::{SEALED, SealedToken};
use crate::pki::SecretString;

/// A kind that is read.
#[derive(Clone, Copy, Debug)]
pub struct DeclaredKind<'a> {
    /// `kubeadm.k8s.io/v1beta4`
    pub api_version: &'a str,
    /// `InitConfiguration`
    pub kind: &'a str,
    /// Its fields.
    pub fields: Fields,
}

/// The documents of a file, in their order.
#[derive(Debug, Default)]
pub struct DeclaredDocuments {
    /// Each with `apiVersion` and `kind`. Secrets are `<sealed>`, tokens `ID.<sealed>`.
    pub documents: Vec<Value>,
    /// What was sealed, by JSON pointer (RFC 6901) into the list of documents.
    pub secrets: BTreeMap<String, SecretString>,
    /// Line of each field that is set, by path.
    pub lines: BTreeMap<String, u64>,
}

/// Reads the text of a file whose documents are of these kinds and no others.
///
/// # Errors
/// The text is no YAML, or some documents are not what they should be: all problems at once.
pub fn read_declared(
    text: &str,
    file: &str,
    kinds: &[DeclaredKind<'_>],
) -> Result<DeclaredDocuments, ReadError> {
    let nodes = tree::parse(text).map_err(|error| syntax::error(text, file, error))?;
    let mut reader = Reader {
        kinds,
        decoder: Decoder::default(),
        seen: BTreeMap::new(),
        read: DeclaredDocuments::default(),
    };
    for node in nodes {
        reader.document(node);
    }
    let mut problems = reader.decoder.problems;
    if !problems.is_empty() {
        problems.sort_by_key(|problem| problem.line);
        return Err(ReadError::Problems {
            file: file.to_owned(),
            problems,
        });
    }
    reader.read.lines = reader.decoder.lines;
    Ok(reader.read)
}

struct Reader<'a> {
    kinds: &'a [DeclaredKind<'a>],
    decoder: Decoder,
    seen: BTreeMap<&'a str, u64>,
    read: DeclaredDocuments,
}

impl Reader<'_> {
    fn document(&mut self, node: Node) {
        let line = node.line;
        let (api_version, name) = match identity(&node) {
            Ok(identity) => identity,
            Err(message) => return self.decoder.problem(line, "", message),
        };
        let found = self
            .kinds
            .iter()
            .find(|one| one.api_version == api_version && one.kind == name);
        let Some(found) = found else {
            let known: Vec<_> = self
                .kinds
                .iter()
                .map(|one| format!("{} {}", one.api_version, one.kind))
                .collect();
            let message = format!(
                "the distribution does not take documents of apiVersion {api_version:?}, kind \
                 {name:?}; it takes {}",
                known.join(", ")
            );
            return self.decoder.problem(line, &name, message);
        };
        if let Some(first) = self.seen.insert(found.kind, line) {
            let message = format!(
                "invalid configuration: kind {name:?} is specified twice in the file, first on \
                 line {first}"
            );
            return self.decoder.problem(line, &name, message);
        }
        let fields = self.decoder.document(node, found.fields, found.kind);
        let mut document = Map::new();
        document.insert("apiVersion".to_owned(), api_version.into());
        document.insert("kind".to_owned(), name.into());
        document.extend(fields);
        let mut document = Value::Object(document);
        let pointer = format!("/{}", self.read.documents.len());
        let ty = Type::Object(found.fields);
        seal(&mut document, ty, pointer, &mut self.read.secrets);
        self.read.documents.push(document);
    }
}

/// Takes the secrets out of a value of this type.
fn seal(
    value: &mut Value,
    ty: Type,
    pointer: String,
    secrets: &mut BTreeMap<String, SecretString>,
) {
    match (ty, value) {
        (Type::Secret | Type::Token, Value::String(text)) if !text.is_empty() => {
            let shown = match (ty, SealedToken::parse(text)) {
                (Type::Token, Ok(token)) => token.to_string(),
                _ => SEALED.to_owned(),
            };
            let secret = std::mem::replace(text, shown);
            secrets.insert(pointer, SecretString::new(secret));
        }
        (Type::List(of), Value::Array(items)) => {
            for (at, item) in items.iter_mut().enumerate() {
                seal(item, *of, format!("{pointer}/{at}"), secrets);
            }
        }
        (Type::Map(of), Value::Object(members)) => {
            for (key, value) in members {
                seal(value, *of, below(&pointer, key), secrets);
            }
        }
        (Type::Object(fields), Value::Object(members)) => {
            for (key, value) in members {
                if let Some((_, ty)) = fields.iter().find(|(name, _)| name == key) {
                    seal(value, *ty, below(&pointer, key), secrets);
                }
            }
        }
        _ => {}
    }
}

fn below(pointer: &str, key: &str) -> String {
    format!("{pointer}/{}", key.replace('~', "~0").replace('/', "~1"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIELDS: Fields = &[
        ("name", Type::String),
        ("token", Type::Token),
        ("keys", Type::Map(&Type::Secret)),
        (
            "tokens",
            Type::List(&Type::Object(&[("token", Type::Token)])),
        ),
    ];
    const KINDS: [DeclaredKind<'static>; 1] = [DeclaredKind {
        api_version: "example.com/v1",
        kind: "Example",
        fields: FIELDS,
    }];

    fn read(body: &str) -> Result<DeclaredDocuments, ReadError> {
        let text = format!("apiVersion: example.com/v1\nkind: Example\n{body}");
        read_declared(&text, "x.yaml", &KINDS)
    }

    #[test]
    fn secrets_are_taken_out() {
        let read = read(
            "name: a\ntoken: abcdef.0123456789abcdef\nkeys: {a/b: hush}\ntokens:\n- token: aaaaaa.0123456789abcdef\n",
        )
        .unwrap();
        let shown = serde_json::to_string(&read.documents).unwrap();
        assert!(
            !shown.contains("0123456789") && !shown.contains("hush"),
            "{shown}"
        );
        assert_eq!(read.documents[0]["token"], "abcdef.<sealed>");
        let secrets: Vec<_> = read
            .secrets
            .iter()
            .map(|(pointer, secret)| (pointer.as_str(), secret.reveal()))
            .collect();
        assert_eq!(
            secrets,
            [
                ("/0/keys/a~1b", "hush"),
                ("/0/token", "abcdef.0123456789abcdef"),
                ("/0/tokens/0/token", "aaaaaa.0123456789abcdef"),
            ]
        );
        assert_eq!(read.lines["Example.name"], 3);
    }

    #[test]
    fn what_is_wrong_is_named_with_its_line() {
        let cases = [
            (
                "unknown field",
                "nam: a\n",
                "x.yaml:3: Example.nam: unknown field; did you mean \"name\"",
            ),
            (
                "twice",
                "name: a\nname: b\n",
                "x.yaml:4: Example.name: is given twice",
            ),
            (
                "type",
                "name: 1\n",
                "x.yaml:3: Example.name: expected a string",
            ),
            (
                "token",
                "token: short\n",
                "x.yaml:3: Example.token: the bootstrap token is not of the form",
            ),
            (
                "a second document of the kind",
                "name: a\n---\napiVersion: example.com/v1\nkind: Example\n",
                "is specified twice in the file",
            ),
            (
                "another kind",
                "---\napiVersion: v1\nkind: Pod\n",
                "does not take documents of apiVersion \"v1\", kind \"Pod\"; it takes example.com/v1 Example",
            ),
            (
                "no kind",
                "---\nname: a\n",
                "kind and apiVersion is mandatory",
            ),
        ];
        for (name, body, wanted) in cases {
            let message = read(body).unwrap_err().to_string();
            assert!(message.contains(wanted), "{name}: {message}");
            assert!(!message.contains("short"), "{name}: {message}");
        }
    }
}
