//! What the host takes a file for that a component put together.
//!
//! A component may put a sealed value anywhere into a file. If the host then
//! read that file as a certificate, a key or a kubeconfig, what it tells of
//! those would tell the secret: so it reads only what has sealed values
//! nowhere but where secrets belong.

use serde_json::Value;

use super::content::{Content, Encoding, SealedValue, SecretKind};
use crate::world::Made;

/// Stands for a sealed value while the text around it is read.
const WORD: &str = "kubewrightSealedValue";

/// What a file with this content is.
pub fn made_of(content: &Content) -> Made {
    let sealed: Vec<&SealedValue> = content.sealed().collect();
    if sealed.is_empty() {
        return Made::OfText;
    }
    if let [key] = sealed[..]
        && is_key(key, &[])
        && content.with_words(|_| String::new()).is_empty()
    {
        return Made::PrivateKey;
    }
    match is_kubeconfig(content, &sealed) {
        true => Made::Kubeconfig,
        false => Made::OfSealed,
    }
}

/// Whether a value is a private key as the host made it, so encoded.
fn is_key(value: &SealedValue, encodings: &[Encoding]) -> bool {
    value
        .sole(encodings)
        .is_some_and(|key| key.kinds().iter().eq([&SecretKind::PrivateKey]))
}

/// Whether each sealed value is the key or the token of a user, and that
/// alone.
fn is_kubeconfig(content: &Content, sealed: &[&SealedValue]) -> bool {
    // A word that is there already would stand for two things.
    if content.with_words(|_| String::new()).contains(WORD) {
        return false;
    }
    let text = content.with_words(|at| format!("{WORD}{at}x"));
    let Ok(config) = serde_saphyr::from_str::<Value>(&text) else {
        return false;
    };
    if config["kind"] != "Config" || config["apiVersion"] != "v1" {
        return false;
    }
    let users = config["users"].as_array().into_iter().flatten();
    let placed = users
        .map(|user| {
            let at = |field: &str| {
                let word = user["user"][field].as_str()?;
                let at = word.strip_prefix(WORD)?.strip_suffix('x')?.parse().ok()?;
                sealed.get::<usize>(at).copied()
            };
            let key = at("client-key-data").filter(|key| is_key(key, &[Encoding::Base64]));
            let token = at("token").filter(|token| is_token(token));
            usize::from(key.is_some()) + usize::from(token.is_some())
        })
        .sum::<usize>();
    // All of them, and none a second time (an alias) or in a comment.
    placed == sealed.len() && words(&config) == sealed.len()
}

fn is_token(value: &SealedValue) -> bool {
    value
        .sole(&[])
        .is_some_and(|token| token.kinds().iter().eq([&SecretKind::Token]))
}

/// Texts and keys that stand for a sealed value or hold the word for one.
fn words(value: &Value) -> usize {
    match value {
        Value::String(text) => text.matches(WORD).count(),
        Value::Array(items) => items.iter().map(words).sum(),
        Value::Object(fields) => fields
            .iter()
            .map(|(key, value)| key.matches(WORD).count() + words(value))
            .sum(),
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::effect::Piece;
    use zeroize::Zeroizing;

    fn secret(kind: SecretKind) -> SealedValue {
        SealedValue::new("it", kind, Zeroizing::new(b"hush".to_vec()))
    }

    fn encoded(value: SealedValue, encoding: Encoding) -> SealedValue {
        Content::new(vec![Piece::Sealed(value)])
            .seal(encoding)
            .unwrap()
    }

    /// Text with `@` where a sealed value goes.
    fn content(text: &str, value: &SealedValue) -> Content {
        let mut pieces = Vec::new();
        for (at, part) in text.split('@').enumerate() {
            if at > 0 {
                pieces.push(Piece::Sealed(value.clone()));
            }
            pieces.push(Piece::Plain(part.as_bytes().to_vec()));
        }
        Content::new(pieces)
    }

    fn config(user: &str, more: &str) -> String {
        format!(
            "apiVersion: v1\nkind: Config\ncurrent-context: c\ncontexts: [{{name: c, context: {{cluster: k, user: u}}}}]\n\
             clusters: [{{name: k, cluster: {{server: 'https://x:1'}}}}]\n{more}users:\n- name: u\n  user: {user}\n"
        )
    }

    #[test]
    fn sealed_values_stand_where_secrets_belong_or_the_file_is_opaque() {
        let key = secret(SecretKind::PrivateKey);
        let data = encoded(key.clone(), Encoding::Base64);
        let token = secret(SecretKind::Token);
        let text_and_key = content("x@", &key).seal(Encoding::Base64).unwrap();
        let kubeconfig = |user: &str| config(user, "");
        let cases = [
            ("text", "a".to_owned(), &key, Made::OfText),
            ("a key", "@".to_owned(), &key, Made::PrivateKey),
            ("a key and a line", "@\n".to_owned(), &key, Made::OfSealed),
            ("two keys", "@@".to_owned(), &key, Made::OfSealed),
            ("an encoded key", "@".to_owned(), &data, Made::OfSealed),
            ("a token", "@".to_owned(), &token, Made::OfSealed),
            (
                "a kubeconfig",
                kubeconfig("{client-key-data: @}"),
                &data,
                Made::Kubeconfig,
            ),
            (
                "quoted",
                kubeconfig("{client-key-data: \"@\"}"),
                &data,
                Made::Kubeconfig,
            ),
            (
                "with a token",
                kubeconfig("{token: @}"),
                &token,
                Made::Kubeconfig,
            ),
            (
                "a key as token",
                kubeconfig("{token: @}"),
                &key,
                Made::OfSealed,
            ),
            (
                "an encoded key as token",
                kubeconfig("{token: @}"),
                &data,
                Made::OfSealed,
            ),
            (
                "a key not encoded",
                kubeconfig("{client-key-data: @}"),
                &key,
                Made::OfSealed,
            ),
            (
                "a key with text",
                kubeconfig("{client-key-data: @}"),
                &text_and_key,
                Made::OfSealed,
            ),
            (
                "text beside",
                kubeconfig("{client-key-data: a@}"),
                &data,
                Made::OfSealed,
            ),
            (
                "as a certificate",
                kubeconfig("{client-certificate-data: @}"),
                &data,
                Made::OfSealed,
            ),
            (
                "as a name",
                config("{token: t}", "x: @\n"),
                &data,
                Made::OfSealed,
            ),
            (
                "as a key",
                config("{token: t}", "@: x\n"),
                &data,
                Made::OfSealed,
            ),
            (
                "in a comment",
                config("{token: t}", "# @\n"),
                &data,
                Made::OfSealed,
            ),
            (
                "by an alias",
                config("{client-key-data: &a @}", "") + "x: *a\n",
                &data,
                Made::OfSealed,
            ),
            (
                "with the word",
                config("{client-key-data: @}", "x: kubewrightSealedValue0x\n"),
                &data,
                Made::OfSealed,
            ),
            (
                "no kubeconfig",
                kubeconfig("{client-key-data: @}").replace("Config", "Other"),
                &data,
                Made::OfSealed,
            ),
        ];
        for (name, text, value, wanted) in cases {
            assert_eq!(made_of(&content(&text, value)), wanted, "{name}");
        }
    }
}
