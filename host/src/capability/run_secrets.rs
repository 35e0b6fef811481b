//! The secrets of a run.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use zeroize::Zeroizing;

use super::tokens::SecretError;
use crate::effect::{Journal, JournalError};
use crate::pki::{self, BootstrapToken, CertificateKey, SecretString};

/// The secrets of a run: what the configuration gives, and what was made.
///
/// Every phase that asks for the same pointer gets the same secret. So does a
/// run that goes on with one that did not come to its end: what that one made
/// may be in files and in the cluster already, and in servers that read it
/// when they started.
pub struct RunSecrets {
    /// By JSON pointer into the document's `configuration`.
    configured: BTreeMap<String, SecretString>,
    made: Mutex<Made>,
    journal: Arc<dyn Journal>,
}

/// By kind, then by pointer or name.
type Made = BTreeMap<String, BTreeMap<String, SecretString>>;

const TOKENS: &str = "tokens";
const CERTIFICATE_KEYS: &str = "certificateKeys";
const UUIDS: &str = "uuids";
const TIME_BASED_UUIDS: &str = "timeBasedUuids";

impl RunSecrets {
    /// With what the configuration gives, and what an unfinished run made.
    pub fn new(
        configured: BTreeMap<String, SecretString>,
        journal: Arc<dyn Journal>,
    ) -> Result<Self, JournalError> {
        let kept = journal.unfinished()?;
        // Nothing but ourselves writes it: what cannot be read is made anew.
        let made = kept.and_then(|text| serde_json::from_slice(&text).ok());
        Ok(Self {
            configured,
            made: Mutex::new(made.unwrap_or_default()),
            journal,
        })
    }

    // Only whole secrets are ever inserted: a poisoned lock still guards a
    // sound map.
    fn made(&self) -> MutexGuard<'_, Made> {
        self.made.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What was made under a name, or is made now. It is kept for a run that
    /// goes on with this one before anybody sees it.
    fn once<E>(
        &self,
        kind: &str,
        name: &str,
        make: impl FnOnce() -> Result<SecretString, E>,
    ) -> Result<SecretString, SecretError>
    where
        SecretError: From<E>,
    {
        let mut made = self.made();
        if let Some(secret) = made.get(kind).and_then(|kind| kind.get(name)) {
            return Ok(secret.clone());
        }
        let secret = make()?;
        made.entry(kind.to_owned())
            .or_default()
            .insert(name.to_owned(), secret.clone());
        self.journal.keep_unfinished(&revealed(&made))?;
        Ok(secret)
    }

    /// The token at a pointer, and whether it was made by a run. `make` makes
    /// one.
    pub fn token(
        &self,
        pointer: &str,
        make: impl FnOnce() -> Result<BootstrapToken, pki::RandomError>,
    ) -> Result<(BootstrapToken, bool), SecretError> {
        let (text, made) = match self.configured.get(pointer) {
            Some(given) => (given.clone(), false),
            None => {
                let made = self.once(TOKENS, pointer, || make().map(|token| token.whole()))?;
                (made, true)
            }
        };
        let token = text.reveal().parse().map_err(|source| SecretError::Token {
            pointer: pointer.to_owned(),
            source,
        })?;
        Ok((token, made))
    }

    /// Takes the token of a Secret for the one at a pointer. False where there
    /// is another already, or where the Secret holds none.
    pub fn adopt(&self, pointer: &str, secret: &Value) -> bool {
        if self.configured.contains_key(pointer) {
            return false;
        }
        let part = |key: &str| -> Option<Zeroizing<Vec<u8>>> {
            let text = secret.get("data")?.get(key)?.as_str()?;
            STANDARD.decode(text).ok().map(Zeroizing::new)
        };
        let token = (|| {
            let (id, secret) = (part("token-id")?, part("token-secret")?);
            let (id, secret) = (
                std::str::from_utf8(&id).ok()?,
                std::str::from_utf8(&secret).ok()?,
            );
            BootstrapToken::from_parts(id, secret).ok()
        })();
        let Some(token) = token.map(|token| token.whole()) else {
            return false;
        };
        let mut made = self.made();
        let tokens = made.entry(TOKENS.to_owned()).or_default();
        *tokens.entry(pointer.to_owned()).or_insert(token.clone()) == token
    }

    /// The key of uploaded certificates at a pointer, in hex.
    pub fn certificate_key(&self, pointer: &str) -> Result<SecretString, SecretError> {
        if let Some(given) = self.configured.get(pointer) {
            CertificateKey::from_hex(given.reveal()).map_err(|source| {
                SecretError::CertificateKey {
                    pointer: pointer.to_owned(),
                    source,
                }
            })?;
            return Ok(given.clone());
        }
        self.once(CERTIFICATE_KEYS, pointer, || {
            CertificateKey::random().map(|key| key.to_hex())
        })
    }

    /// A random UUID, the same for the same name.
    pub fn uuid(&self, name: &str) -> Result<String, SecretError> {
        let uuid = self.once(UUIDS, name, || pki::uuid::v4().map(SecretString::new))?;
        Ok(uuid.reveal().to_owned())
    }

    /// A UUID of a time, the same for the same name.
    pub fn time_based_uuid(&self, name: &str, now: SystemTime) -> Result<String, SecretError> {
        let uuid = self.once(TIME_BASED_UUIDS, name, || {
            pki::uuid::v1(now).map(SecretString::new)
        })?;
        Ok(uuid.reveal().to_owned())
    }
}

/// The text that is kept: a JSON object. It is made by hand, since a secret
/// that is serialised by itself stays sealed.
fn revealed(made: &Made) -> Zeroizing<Vec<u8>> {
    let texts: BTreeMap<&String, BTreeMap<&String, &str>> = made
        .iter()
        .map(|(kind, secrets)| {
            let secrets = secrets.iter();
            let texts = secrets.map(|(name, secret)| (name, secret.reveal()));
            (kind, texts.collect())
        })
        .collect();
    // Maps of texts: they serialise.
    Zeroizing::new(serde_json::to_vec(&texts).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::effect::MemoryJournal;
    use serde_json::json;
    use std::time::UNIX_EPOCH;

    const POINTER: &str = "/InitConfiguration/bootstrapTokens/0/token";

    fn secrets(configured: &[(&str, &str)]) -> RunSecrets {
        let configured = configured.iter().map(|(pointer, text)| {
            let secret = SecretString::new((*text).to_owned());
            ((*pointer).to_owned(), secret)
        });
        RunSecrets::new(configured.collect(), Arc::new(MemoryJournal::default())).unwrap()
    }

    #[test]
    fn a_given_token_is_taken_and_a_missing_one_is_made_once() {
        let secrets = secrets(&[(POINTER, "abcdef.0123456789abcdef")]);
        let token = |pointer| secrets.token(pointer, BootstrapToken::random).unwrap();
        assert_eq!((token(POINTER).0.id(), token(POINTER).1), ("abcdef", false));
        assert!(token("/other").1);
        assert_eq!(token("/other").0.id(), token("/other").0.id());
    }

    #[test]
    fn a_bad_token_is_an_error_that_does_not_tell_it() {
        let secrets = secrets(&[(POINTER, "abcdef.UPPERCASESECRET1")]);
        let error = secrets.token(POINTER, BootstrapToken::random).unwrap_err();
        let text = crate::causes::chain(&error);
        assert!(text.contains(POINTER) && !text.contains("UPPER"), "{text}");
    }

    #[test]
    fn a_token_is_adopted_once_and_only_if_sound() {
        let encode = |text: &str| STANDARD.encode(text);
        let secret = |id: &str, token: &str| json!({"data": {"token-id": encode(id), "token-secret": encode(token)}});
        let secrets = secrets(&[]);
        assert!(!secrets.adopt("/a", &json!({})));
        assert!(!secrets.adopt("/a", &secret("SHOUT1", "0123456789abcdef")));
        assert!(secrets.adopt("/a", &secret("abcdef", "0123456789abcdef")));
        assert!(!secrets.adopt("/a", &secret("zzzzzz", "0123456789abcdef")));
        let (token, _) = secrets.token("/a", BootstrapToken::random).unwrap();
        assert_eq!(token.id(), "abcdef");
    }

    #[test]
    fn a_uuid_is_the_same_all_through_a_run() {
        let secrets = secrets(&[]);
        assert_eq!(secrets.uuid("a").unwrap(), secrets.uuid("a").unwrap());
        assert_ne!(secrets.uuid("a").unwrap(), secrets.uuid("b").unwrap());
        let timed = |name| secrets.time_based_uuid(name, UNIX_EPOCH).unwrap();
        assert_eq!(timed("a"), timed("a"));
        assert_ne!(timed("a"), timed("b"));
        assert_eq!(timed("a").chars().nth(14), Some('1'));
    }

    #[test]
    fn what_an_unfinished_run_made_is_taken_up() {
        let first = secrets(&[]);
        let (token, _) = first.token(POINTER, BootstrapToken::random).unwrap();
        let key = first.certificate_key("/key").unwrap();
        let uuid = first.uuid("a").unwrap();
        let kept = revealed(&first.made());
        let second = secrets(&[]);
        *second.made() = serde_json::from_slice(&kept).unwrap();
        assert!(second.token(POINTER, BootstrapToken::random).unwrap().0 == token);
        assert!(second.certificate_key("/key").unwrap() == key);
        assert_eq!(second.uuid("a").unwrap(), uuid);
    }
}
