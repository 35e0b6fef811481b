//! The secrets of a run.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use zeroize::Zeroizing;

use super::tokens::{MOST_MADE, NAME_BYTES, SecretError};
use crate::effect::{Envelopes, Journal, JournalError};
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
    envelopes: Arc<Envelopes>,
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
            envelopes: Arc::default(),
            journal,
        })
    }

    /// What this run encrypted.
    pub fn envelopes(&self) -> Arc<Envelopes> {
        Arc::clone(&self.envelopes)
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
        if name.len() > NAME_BYTES {
            return Err(SecretError::LongName(name.len()));
        }
        if made.values().map(BTreeMap::len).sum::<usize>() >= MOST_MADE {
            return Err(SecretError::TooMany(name.to_owned()));
        }
        let secret = make()?;
        let names = made.entry(kind.to_owned()).or_default();
        names.insert(name.to_owned(), secret.clone());
        if let Err(error) = self.journal.keep_unfinished(&revealed(&made)) {
            // What the next run would not know, nobody gets to see in this one.
            made.entry(kind.to_owned()).or_default().remove(name);
            return Err(error.into());
        }
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
    // Sized first: growing would leave copies of secrets in freed memory. Each character of a
    // name may take six to write, and each entry some quotes.
    let size = texts.values().flatten().fold(1024, |size, (name, secret)| {
        size + 6 * name.len() + 6 * secret.len() + 8
    });
    let mut text = Zeroizing::new(Vec::with_capacity(size));
    // Maps of texts: they serialise, and nothing written to memory fails.
    let _ = serde_json::to_writer(&mut *text, &texts);
    text
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
    fn names_are_bounded_in_length_and_number() {
        let secrets = secrets(&[]);
        let longest = "n".repeat(NAME_BYTES);
        secrets.uuid(&longest).unwrap();
        let error = secrets.uuid(&(longest + "n")).unwrap_err();
        assert!(matches!(error, SecretError::LongName(1025)), "{error}");
        for at in 1..MOST_MADE {
            secrets.uuid(&at.to_string()).unwrap();
        }
        let more = secrets.certificate_key("/more").unwrap_err();
        assert!(matches!(more, SecretError::TooMany(_)), "{more}");
        // What is there is given as before.
        secrets.uuid("1").unwrap();
        let capacity = |text: &Zeroizing<Vec<u8>>| text.capacity();
        let text = revealed(&secrets.made());
        assert!(text.len() <= capacity(&text) && !text.is_empty());
    }

    /// A journal whose disk is full.
    struct Full(MemoryJournal);

    impl Journal for Full {
        fn begin(&self, entry: &crate::effect::Entry) -> Result<u64, JournalError> {
            self.0.begin(entry)
        }
        fn touch(
            &self,
            number: u64,
            path: &crate::world::MachinePath,
            prior: &crate::effect::Prior<'_>,
            after: &crate::effect::State,
        ) -> Result<(), JournalError> {
            self.0.touch(number, path, prior, after)
        }
        fn landed(&self, number: u64, change: crate::effect::Change) -> Result<(), JournalError> {
            self.0.landed(number, change)
        }
        fn failed(&self, number: u64) -> Result<(), JournalError> {
            self.0.failed(number)
        }
        fn keep_unfinished(&self, _content: &[u8]) -> Result<(), JournalError> {
            Err(JournalError::Copy {
                path: "full".to_owned(),
            })
        }
    }

    #[test]
    fn what_cannot_be_kept_is_not_given() {
        let journal = Arc::new(Full(MemoryJournal::default()));
        let secrets = RunSecrets::new(BTreeMap::new(), journal).unwrap();
        for _ in 0..2 {
            let error = secrets.uuid("a").unwrap_err();
            assert!(matches!(error, SecretError::Keep(_)), "{error}");
        }
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
