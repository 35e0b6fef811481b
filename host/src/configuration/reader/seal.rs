//! Secrets are taken out of what was read.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::configuration::secret::Sealed;
use crate::distribution::FieldType;

/// Takes the secrets out of an object with these fields, which stands at a pointer.
pub fn seal_fields(
    members: &mut Map<String, Value>,
    fields: &[(String, FieldType)],
    pointer: &str,
    secrets: &mut BTreeMap<String, Sealed>,
) {
    for (key, value) in members {
        if let Some((_, ty)) = fields.iter().find(|(name, _)| name == key) {
            seal(value, ty, below(pointer, key), secrets);
        }
    }
}

/// Takes the secrets out of a value of this type.
fn seal(
    value: &mut Value,
    ty: &FieldType,
    pointer: String,
    secrets: &mut BTreeMap<String, Sealed>,
) {
    match (ty, value) {
        (FieldType::Scalar(scalar), Value::String(text)) => {
            if let Some(sealed) = Sealed::take(*scalar, text) {
                secrets.insert(pointer, sealed);
            }
        }
        (FieldType::List(of), Value::Array(items)) => {
            for (at, item) in items.iter_mut().enumerate() {
                seal(item, of, format!("{pointer}/{at}"), secrets);
            }
        }
        (FieldType::Map(of), Value::Object(members)) => {
            for (key, value) in members {
                seal(value, of, below(&pointer, key), secrets);
            }
        }
        (FieldType::Object(fields), Value::Object(members)) => {
            seal_fields(members, fields, &pointer, secrets);
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
    use crate::configuration::reader::{self, Documents, ReadError, ReadOptions};
    use crate::distribution::{DeclaredConfiguration, Distribution, Kind, Schema};

    /// A configuration that nobody else reads.
    fn configuration() -> DeclaredConfiguration {
        let schema = r#"{"name": "string", "token": "token", "keys": {"*": "secret"},
            "tokens": [{"token": "token"}]}"#;
        let schema: Schema = serde_json::from_str(schema).unwrap();
        let fields = FieldType::of_kind(&schema, "Example").unwrap();
        let mut configuration = Distribution::load("kubernetes-1.5")
            .unwrap()
            .configuration
            .unwrap();
        configuration.kinds = vec![Kind::new("example.com/v1", "Example", fields)];
        configuration
    }

    fn read(body: &str) -> Result<Documents, ReadError> {
        let text = format!("apiVersion: example.com/v1\nkind: Example\n{body}");
        let lenient = ReadOptions {
            lenient: Some("init"),
            ..ReadOptions::default()
        };
        reader::read(&text, "x.yaml", &configuration(), lenient)
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
            .map(|(pointer, secret)| (pointer.as_str(), secret.secret.reveal()))
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
