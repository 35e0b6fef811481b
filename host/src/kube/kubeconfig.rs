//! What is public of a kubeconfig.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use zeroize::Zeroizing;

use crate::yaml::{self, YamlError};

/// A kubeconfig that cannot be read. Nothing of it is quoted: anything in the
/// file can be a secret, a name as well.
#[derive(Debug, thiserror::Error)]
pub enum KubeconfigError {
    #[error("it is not YAML")]
    Syntax(#[source] YamlError),
    #[error("it is not a kubeconfig: wanted apiVersion: v1, kind: Config")]
    Kind,
    #[error("its current context is not among its contexts")]
    NoContext,
    #[error("the {0} of its current context is not there")]
    Missing(&'static str),
    #[error("{0} is not base64")]
    NotBase64(&'static str),
}

/// The current context of a kubeconfig.
pub struct CurrentContext {
    /// `https://10.0.0.11:6443`; empty where there is none.
    pub server: String,
    pub user: String,
    /// PEM, empty where there is none.
    pub certificate_authority: Vec<u8>,
    /// PEM, empty where there is none.
    pub client_certificate: Vec<u8>,
    /// PEM, empty where there is none.
    pub client_key: Zeroizing<Vec<u8>>,
}

impl CurrentContext {
    /// Reads the text of a kubeconfig (client-go `tools/clientcmd/api/v1`).
    pub fn parse(text: &str) -> Result<Self, KubeconfigError> {
        let config = read(text)?;
        let (_, cluster) = current(&config, "cluster", "clusters")?;
        let (user_name, user) = current(&config, "user", "users")?;
        let data = |entry: &Value, field: &'static str| match entry[field].as_str() {
            None => Ok(Vec::new()),
            Some(text) => STANDARD
                .decode(text.trim())
                .map_err(|_| KubeconfigError::NotBase64(field)),
        };
        Ok(Self {
            server: cluster["server"].as_str().unwrap_or_default().to_owned(),
            user: user_name.to_owned(),
            certificate_authority: data(cluster, "certificate-authority-data")?,
            client_certificate: data(user, "client-certificate-data")?,
            client_key: Zeroizing::new(data(user, "client-key-data")?),
        })
    }

    /// Only the server and the user's name.
    pub fn names(text: &str) -> Result<(String, String), KubeconfigError> {
        let config = read(text)?;
        let (_, cluster) = current(&config, "cluster", "clusters")?;
        let (user, _) = current(&config, "user", "users")?;
        let server = cluster["server"].as_str().unwrap_or_default();
        Ok((server.to_owned(), user.to_owned()))
    }
}

fn read(text: &str) -> Result<Value, KubeconfigError> {
    let config: Value = yaml::read(text).map_err(KubeconfigError::Syntax)?;
    if config["kind"] != "Config" || config["apiVersion"] != "v1" {
        return Err(KubeconfigError::Kind);
    }
    Ok(config)
}

/// What the current context refers to, with its name.
fn current<'a>(
    config: &'a Value,
    what: &'static str,
    list: &str,
) -> Result<(&'a str, &'a Value), KubeconfigError> {
    let current = config["current-context"].as_str().unwrap_or_default();
    let context = find(config, "contexts", current).ok_or(KubeconfigError::NoContext)?;
    let name = context["context"][what].as_str().unwrap_or_default();
    find(config, list, name)
        .map(|entry| (name, &entry[what]))
        .filter(|(_, content)| content.is_object())
        .ok_or(KubeconfigError::Missing(what))
}

fn find<'a>(config: &'a Value, list: &str, name: &str) -> Option<&'a Value> {
    config[list]
        .as_array()?
        .iter()
        .find(|entry| entry["name"] == name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const SOUND: &str = "apiVersion: v1
kind: Config
current-context: c
contexts: [{name: c, context: {cluster: k, user: u}}]
clusters: [{name: k, cluster: {server: 'https://1.2.3.4:6443', certificate-authority-data: Y2E=}}]
users: [{name: u, user: {client-certificate-data: Y3J0, client-key-data: a2V5}}]
";

    #[test]
    fn the_current_context_is_read() {
        let found = CurrentContext::parse(SOUND).unwrap();
        assert_eq!(found.server, "https://1.2.3.4:6443");
        assert_eq!(found.user, "u");
        assert_eq!(found.certificate_authority, b"ca");
        assert_eq!(found.client_certificate, b"crt");
        assert_eq!(&*found.client_key, b"key");
    }

    #[test]
    fn what_is_not_sound_says_why() {
        let cases = [
            ("empty", String::new(), "not a kubeconfig"),
            ("other kind", "kind: Pod\n".to_owned(), "not a kubeconfig"),
            (
                "no context",
                SOUND.replace("current-context: c", "current-context: d"),
                "its current context is not among",
            ),
            (
                "no user",
                SOUND.replace("name: u,", "name: v,"),
                "the user of its current context is not there",
            ),
            (
                "nothing of the user",
                SOUND.replace(
                    "user: {client-certificate-data: Y3J0, client-key-data: a2V5}",
                    "user: ",
                ),
                "the user of its current context is not there",
            ),
            (
                "no base64",
                SOUND.replace("a2V5", "'***'"),
                "client-key-data",
            ),
        ];
        for (name, text, wanted) in cases {
            let error = CurrentContext::parse(&text).err().unwrap().to_string();
            assert!(error.contains(wanted), "{name}: {error}");
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "\\PC{0,200}", at in 0..SOUND.len()) {
            let _ = CurrentContext::parse(&text);
            let _ = CurrentContext::parse(&SOUND[..at]);
        }
    }
}
