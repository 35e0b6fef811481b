//! The tokens and their Secrets.

use kubewright_plugin::client::{Client, Selection, reference};
use kubewright_plugin::configuration::BootstrapToken;
use kubewright_plugin::object::Object;
use kubewright_plugin::tokens::{self, Alphabet};
use kubewright_plugin::{
    Content, Context, Document, Result, Value, clock, debug, encoding, json, time,
};

const NAMESPACE: &str = "kube-system";
const SECRET_TYPE: &str = "bootstrap.kubernetes.io/token";

/// A token of the configuration and its value.
pub struct Token {
    pub asked: BootstrapToken,
    pub value: tokens::Token,
}

/// The tokens of the configuration. One that is to be made is first looked for
/// in the cluster: a run that is repeated makes no second one.
pub fn tokens(document: &Document, client: &Client) -> Result<Vec<Token>> {
    let mut found = Vec::new();
    let mut adopted = Vec::new();
    for (at, asked) in document
        .init()?
        .bootstrap_tokens
        .iter()
        .cloned()
        .enumerate()
    {
        let pointer = format!("/InitConfiguration/bootstrapTokens/{at}/token");
        if asked.token.is_empty() {
            adopt(client, &pointer, &asked, &mut adopted)?;
        }
        let value = tokens::bootstrap(&pointer, Alphabet::Alphanumeric).with_context(|| {
            format!("getting the token of InitConfiguration.bootstrapTokens[{at}]")
        })?;
        found.push(Token { asked, value });
    }
    Ok(found)
}

/// Takes a token that is just what was asked for. `adopted` has the names of
/// those that are taken already.
fn adopt(
    client: &Client,
    pointer: &str,
    asked: &BootstrapToken,
    adopted: &mut Vec<String>,
) -> Result<()> {
    let secrets = client.list(&Selection {
        api_version: "v1".into(),
        kind: "Secret".into(),
        namespace: Some(NAMESPACE.into()),
        label_selector: String::new(),
        field_selector: format!("type={SECRET_TYPE}"),
    })?;
    let now = clock::now()?;
    for secret in secrets
        .iter()
        .filter(|secret| is_as_asked(secret, asked, now))
    {
        let name = secret["metadata"]["name"].as_str().unwrap_or_default();
        if adopted.iter().any(|other| other == name) {
            continue;
        }
        if client.adopt_token(pointer, NAMESPACE, name)? {
            debug!("using the token of the Secret {name}, made by an earlier run");
            adopted.push(name.to_owned());
            return Ok(());
        }
    }
    Ok(())
}

/// Whether a Secret is what a run that asks for this would write, and still
/// good: an earlier run made it then.
fn is_as_asked(secret: &Value, asked: &BootstrapToken, now: i64) -> bool {
    const VARYING: [&str; 2] = ["token-id", "token-secret"];
    let ends = data(secret, "expiration");
    let is_good = match &ends {
        Some(moment) => time::is_after(moment, now),
        None => true,
    };
    let mut wanted = public_data(asked, ends, now);
    wanted.sort();
    let mut found: Vec<(String, String)> = secret["data"]
        .as_object()
        .into_iter()
        .flatten()
        .filter(|(key, _)| !VARYING.contains(&key.as_str()))
        .filter_map(|(key, _)| Some((key.clone(), data(secret, key)?)))
        .collect();
    found.sort();
    is_good && wanted == found
}

/// Writes the Secret of a token. One that is there and not expired keeps its
/// end: a run that is repeated changes nothing.
pub fn store(client: &Client, token: &Token) -> Result<()> {
    let id = token.value.id();
    let name = format!("bootstrap-token-{id}");
    let now = clock::now()?;
    let existing = client.get(&reference("v1", "Secret", Some(NAMESPACE), &name))?;
    let kept = existing.as_ref().and_then(|secret| expiration(secret, now));
    let mut secret = Object::new("v1", "Secret", &name)
        .namespace(NAMESPACE)
        .set("type", json!(SECRET_TYPE))
        .secret_data("token-id", &id)
        .sealed_data(
            "token-secret",
            Content::new().secret(token.value.secret()).base64()?,
        );
    for (key, text) in public_data(&token.asked, kept, now) {
        secret = secret.secret_data(&key, &text);
    }
    client.apply(&secret)?;
    Ok(())
}

/// What anybody may know of a token.
fn public_data(asked: &BootstrapToken, kept: Option<String>, now: i64) -> Vec<(String, String)> {
    let mut data = Vec::new();
    let mut add = |key: &str, text: String| {
        if !text.is_empty() {
            data.push((key.to_owned(), text));
        }
    };
    add("description", asked.description.clone());
    let ttl = asked.ttl.map_or(0, |ttl| ttl.seconds());
    if !asked.expires.is_empty() {
        add("expiration", asked.expires.clone());
    } else if ttl > 0 {
        add(
            "expiration",
            kept.unwrap_or_else(|| time::rfc3339(now.saturating_add_unsigned(ttl))),
        );
    }
    for usage in &asked.usages {
        add(&format!("usage-bootstrap-{usage}"), "true".to_owned());
    }
    add("auth-extra-groups", asked.groups.join(","));
    data
}

/// When the token of a Secret ends, if that is yet to come.
fn expiration(secret: &Value, now: i64) -> Option<String> {
    data(secret, "expiration").filter(|moment| time::is_after(moment, now))
}

fn data(secret: &Value, key: &str) -> Option<String> {
    encoding::base64_text(secret["data"][key].as_str()?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use kubewright_plugin::Duration;

    fn asked() -> BootstrapToken {
        BootstrapToken {
            ttl: Some(Duration::from_seconds(86_400)),
            usages: vec!["signing".into(), "authentication".into()],
            groups: vec![
                "system:bootstrappers:kubeadm:default-node-token".into(),
                "system:bootstrappers:x".into(),
            ],
            ..Default::default()
        }
    }

    #[test]
    fn a_secret_says_what_the_token_is_for() {
        let data = public_data(&asked(), None, 0);
        let expected = [
            ("expiration", "1970-01-02T00:00:00Z"),
            ("usage-bootstrap-signing", "true"),
            ("usage-bootstrap-authentication", "true"),
            (
                "auth-extra-groups",
                "system:bootstrappers:kubeadm:default-node-token,system:bootstrappers:x",
            ),
        ];
        assert_eq!(
            data,
            expected.map(|(key, text)| (key.to_owned(), text.to_owned()))
        );
    }

    #[test]
    fn the_end_is_what_was_asked_for() {
        let end = |asked: &BootstrapToken, kept: Option<&str>| {
            let data = public_data(asked, kept.map(str::to_owned), 0);
            data.into_iter()
                .find(|(key, _)| key == "expiration")
                .map(|(_, text)| text)
        };
        let never = BootstrapToken {
            ttl: Some(Duration::default()),
            ..asked()
        };
        let fixed = BootstrapToken {
            expires: "2030-01-01T00:00:00Z".into(),
            ..asked()
        };
        assert_eq!(
            end(&asked(), Some("1970-01-01T12:00:00Z")).as_deref(),
            Some("1970-01-01T12:00:00Z")
        );
        assert_eq!(end(&never, None), None);
        assert_eq!(
            end(&fixed, Some("1970-01-01T12:00:00Z")).as_deref(),
            Some("2030-01-01T00:00:00Z")
        );
    }

    #[test]
    fn a_token_is_adopted_where_it_is_as_asked() {
        let secret = |end: Option<&str>, extra: &[(&str, &str)]| {
            let mut asked = asked();
            asked.expires = end.unwrap_or_default().into();
            asked.ttl = None;
            let mut data = json!({"token-id": "x", "token-secret": "<sealed>"});
            for (key, text) in public_data(&asked, None, 0) {
                data[key] = encoding::base64(&text).into();
            }
            for (key, text) in extra {
                data[*key] = encoding::base64(text).into();
            }
            json!({ "data": data })
        };
        let end = Some("1970-01-02T00:00:00Z");
        let cases = [
            ("as asked", secret(end, &[]), 5, true),
            ("ended", secret(end, &[]), 100_000, false),
            ("without an end", secret(None, &[]), 5, false),
            (
                "described",
                secret(end, &[("description", "mine")]),
                5,
                false,
            ),
            (
                "other groups",
                secret(end, &[("auth-extra-groups", "x")]),
                5,
                false,
            ),
        ];
        for (name, secret, now, wanted) in cases {
            assert_eq!(is_as_asked(&secret, &asked(), now), wanted, "{name}");
        }
    }

    #[test]
    fn an_expired_secret_is_not_kept() {
        let secret = json!({"data": {"expiration": encoding::base64("1970-01-01T00:00:10Z")}});
        assert!(expiration(&secret, 9).is_some());
        assert!(expiration(&secret, 10).is_none());
        assert!(expiration(&json!({}), 0).is_none());
    }
}
