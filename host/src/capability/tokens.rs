//! `tokens`: tokens and keys made for a run, or given in its configuration.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use wasmtime::component::Resource as Handle;
use zeroize::Zeroizing;

use super::bindings::{tokens, types};
use super::state::{IntoWit, PhaseState, wit_error};
use crate::effect::{SealedValue, SecretKind};
use crate::pki::{
    self, BootstrapToken, CertificateKey, EnvelopeError, RandomError, SecretString, TokenError,
};

/// A bootstrap token.
pub struct TokenHandle {
    token: BootstrapToken,
    generated: bool,
}

/// Why a token or key cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    #[error(
        "the token at {pointer} of the configuration is not of the form [a-z0-9]{{6}}.[a-z0-9]{{16}}"
    )]
    Token {
        pointer: String,
        #[source]
        source: TokenError,
    },
    #[error("the certificate key at {pointer} of the configuration is not usable")]
    CertificateKey {
        pointer: String,
        #[source]
        source: EnvelopeError,
    },
    #[error("cannot encrypt")]
    Encrypt(#[source] EnvelopeError),
    #[error("no random numbers can be had")]
    Random(#[from] RandomError),
}

impl IntoWit for SecretError {
    fn into_wit(self) -> types::Error {
        let code = match &self {
            Self::Random(_) => types::ErrorCode::Io,
            _ => types::ErrorCode::Invalid,
        };
        wit_error(code, &self)
    }
}

/// The secrets of a run: what the configuration gives, and what was made.
///
/// Every phase that asks for the same pointer gets the same secret.
#[derive(Default)]
pub struct RunSecrets {
    /// By JSON pointer into the document's `configuration`.
    configured: BTreeMap<String, SecretString>,
    made: Mutex<Made>,
}

#[derive(Default)]
struct Made {
    tokens: BTreeMap<String, BootstrapToken>,
    certificate_keys: BTreeMap<String, SecretString>,
    uuids: BTreeMap<String, String>,
    time_based_uuids: BTreeMap<String, String>,
}

impl RunSecrets {
    pub fn new(configured: BTreeMap<String, SecretString>) -> Self {
        Self {
            configured,
            made: Mutex::default(),
        }
    }

    // Only whole secrets are ever inserted: a poisoned lock still guards a
    // sound map.
    fn made(&self) -> MutexGuard<'_, Made> {
        self.made.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The token at a pointer, and whether this run made it.
    fn token(
        &self,
        pointer: &str,
        alphabet: tokens::Alphabet,
    ) -> Result<(BootstrapToken, bool), SecretError> {
        if let Some(given) = self.configured.get(pointer) {
            let token = given
                .reveal()
                .parse()
                .map_err(|source| SecretError::Token {
                    pointer: pointer.to_owned(),
                    source,
                })?;
            return Ok((token, false));
        }
        let mut made = self.made();
        if let Some(token) = made.tokens.get(pointer) {
            return Ok((token.clone(), true));
        }
        let token = match alphabet {
            tokens::Alphabet::Alphanumeric => BootstrapToken::random()?,
            tokens::Alphabet::Hexadecimal => BootstrapToken::random_hexadecimal()?,
        };
        made.tokens.insert(pointer.to_owned(), token.clone());
        Ok((token, true))
    }

    /// Takes the token of a Secret for the one at a pointer. False where there
    /// is one already, or where the Secret holds none.
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
        match (token, self.made().tokens.entry(pointer.to_owned())) {
            (Some(token), std::collections::btree_map::Entry::Vacant(slot)) => {
                slot.insert(token);
                true
            }
            _ => false,
        }
    }

    fn certificate_key(&self, pointer: &str) -> Result<SecretString, SecretError> {
        if let Some(given) = self.configured.get(pointer) {
            CertificateKey::from_hex(given.reveal()).map_err(|source| {
                SecretError::CertificateKey {
                    pointer: pointer.to_owned(),
                    source,
                }
            })?;
            return Ok(given.clone());
        }
        let mut made = self.made();
        if let Some(key) = made.certificate_keys.get(pointer) {
            return Ok(key.clone());
        }
        let key = CertificateKey::random()?.to_hex();
        made.certificate_keys
            .insert(pointer.to_owned(), key.clone());
        Ok(key)
    }

    fn uuid(&self, name: &str) -> Result<String, SecretError> {
        let mut made = self.made();
        if let Some(uuid) = made.uuids.get(name) {
            return Ok(uuid.clone());
        }
        let uuid = pki::uuid::v4()?;
        made.uuids.insert(name.to_owned(), uuid.clone());
        Ok(uuid)
    }

    fn time_based_uuid(&self, name: &str, now: SystemTime) -> Result<String, SecretError> {
        let mut made = self.made();
        if let Some(uuid) = made.time_based_uuids.get(name) {
            return Ok(uuid.clone());
        }
        let uuid = pki::uuid::v1(now)?;
        made.time_based_uuids.insert(name.to_owned(), uuid.clone());
        Ok(uuid)
    }
}

fn sealed(label: String, kind: SecretKind, text: &SecretString) -> SealedValue {
    SealedValue::new(
        label,
        kind,
        Zeroizing::new(text.reveal().as_bytes().to_vec()),
    )
}

impl tokens::Host for PhaseState {
    async fn bootstrap(
        &mut self,
        pointer: String,
        alphabet: tokens::Alphabet,
    ) -> wasmtime::Result<Result<Handle<TokenHandle>, types::Error>> {
        self.enter()?;
        match self.run.secrets.token(&pointer, alphabet) {
            Ok((token, generated)) => Ok(Ok(self.table.push(TokenHandle { token, generated })?)),
            Err(error) => Ok(Err(error.into_wit())),
        }
    }

    async fn certificate_key(
        &mut self,
        pointer: String,
    ) -> wasmtime::Result<Result<Handle<SealedValue>, types::Error>> {
        self.enter()?;
        match self.run.secrets.certificate_key(&pointer) {
            Ok(key) => {
                let value = sealed(
                    "certificate key".to_owned(),
                    SecretKind::CertificateKey,
                    &key,
                );
                Ok(Ok(self.table.push(value)?))
            }
            Err(error) => Ok(Err(error.into_wit())),
        }
    }

    async fn encrypt(
        &mut self,
        plain: Handle<SealedValue>,
        key: Handle<SealedValue>,
    ) -> wasmtime::Result<Result<Handle<SealedValue>, types::Error>> {
        self.enter()?;
        let plain = self.table.get(&plain)?.clone();
        let key = self.table.get(&key)?.clone();
        self.spend(plain.reveal().len())?;
        if !key.kinds().contains(&SecretKind::CertificateKey) {
            return Ok(Err(types::Error {
                code: types::ErrorCode::Invalid,
                message: "this is no certificate key: a component could know it, and read what is encrypted with it".to_owned(),
                hint: Some("ask for one with certificate-key".to_owned()),
            }));
        }
        let encrypted = (|| {
            // Bytes that are no text are no hex digits either.
            let hex = Zeroizing::new(String::from_utf8_lossy(key.reveal()).into_owned());
            CertificateKey::from_hex(&hex)?.encrypt(plain.reveal())
        })();
        match encrypted {
            Ok(bytes) => {
                let label = format!("encrypted {}", plain.label());
                let value = SealedValue::new(label, SecretKind::Encrypted, Zeroizing::new(bytes));
                Ok(Ok(self.table.push(value)?))
            }
            Err(error) => Ok(Err(SecretError::Encrypt(error).into_wit())),
        }
    }

    async fn uuid(&mut self, name: String) -> wasmtime::Result<Result<String, types::Error>> {
        self.enter()?;
        Ok(self.run.secrets.uuid(&name).map_err(IntoWit::into_wit))
    }

    async fn time_based_uuid(
        &mut self,
        name: String,
    ) -> wasmtime::Result<Result<String, types::Error>> {
        self.enter()?;
        let seconds = u64::try_from(self.world().now).unwrap_or(0);
        let now = UNIX_EPOCH + Duration::from_secs(seconds);
        let uuid = self.run.secrets.time_based_uuid(&name, now);
        Ok(uuid.map_err(IntoWit::into_wit))
    }
}

impl tokens::HostToken for PhaseState {
    async fn id(&mut self, token: Handle<TokenHandle>) -> wasmtime::Result<String> {
        Ok(self.table.get(&token)?.token.id().to_owned())
    }

    async fn secret(
        &mut self,
        token: Handle<TokenHandle>,
    ) -> wasmtime::Result<Handle<SealedValue>> {
        self.enter()?;
        let token = &self.table.get(&token)?.token;
        let label = format!("secret of bootstrap token {}", token.id());
        let value = sealed(label, SecretKind::Token, token.secret()).without_looks();
        Ok(self.table.push(value)?)
    }

    async fn full(&mut self, token: Handle<TokenHandle>) -> wasmtime::Result<Handle<SealedValue>> {
        self.enter()?;
        let token = &self.table.get(&token)?.token;
        let label = format!("bootstrap token {}", token.id());
        let value = sealed(label, SecretKind::Token, &token.whole());
        Ok(self.table.push(value)?)
    }

    async fn generated(&mut self, token: Handle<TokenHandle>) -> wasmtime::Result<bool> {
        Ok(self.table.get(&token)?.generated)
    }

    async fn drop(&mut self, token: Handle<TokenHandle>) -> wasmtime::Result<()> {
        self.table.delete(token)?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const POINTER: &str = "/InitConfiguration/bootstrapTokens/0/token";

    #[test]
    fn a_given_token_is_taken_and_a_missing_one_is_made_once() {
        let given = SecretString::new("abcdef.0123456789abcdef".to_owned());
        let secrets = RunSecrets::new(BTreeMap::from([(POINTER.to_owned(), given)]));
        let alphabet = tokens::Alphabet::Alphanumeric;
        let (token, generated) = secrets.token(POINTER, alphabet).unwrap();
        assert_eq!((token.id(), generated), ("abcdef", false));
        let (first, generated) = secrets.token("/other", alphabet).unwrap();
        assert!(generated);
        assert_eq!(
            secrets.token("/other", alphabet).unwrap().0.id(),
            first.id()
        );
    }

    #[test]
    fn a_bad_token_is_an_error_that_does_not_tell_it() {
        let given = SecretString::new("abcdef.UPPERCASESECRET1".to_owned());
        let secrets = RunSecrets::new(BTreeMap::from([(POINTER.to_owned(), given)]));
        let error = secrets
            .token(POINTER, tokens::Alphabet::Alphanumeric)
            .unwrap_err();
        let text = super::super::state::chain(&error);
        assert!(text.contains(POINTER) && !text.contains("UPPER"), "{text}");
    }

    #[test]
    fn a_token_is_adopted_once_and_only_if_sound() {
        let encode = |text: &str| STANDARD.encode(text);
        let secret = |id: &str, token: &str| json!({"data": {"token-id": encode(id), "token-secret": encode(token)}});
        let secrets = RunSecrets::default();
        assert!(!secrets.adopt("/a", &json!({})));
        assert!(!secrets.adopt("/a", &secret("SHOUT1", "0123456789abcdef")));
        assert!(secrets.adopt("/a", &secret("abcdef", "0123456789abcdef")));
        assert!(!secrets.adopt("/a", &secret("zzzzzz", "0123456789abcdef")));
        assert_eq!(
            secrets
                .token("/a", tokens::Alphabet::Alphanumeric)
                .unwrap()
                .0
                .id(),
            "abcdef"
        );
    }

    #[test]
    fn a_uuid_is_the_same_all_through_a_run() {
        let secrets = RunSecrets::default();
        assert_eq!(secrets.uuid("a").unwrap(), secrets.uuid("a").unwrap());
        assert_ne!(secrets.uuid("a").unwrap(), secrets.uuid("b").unwrap());
        let timed = |name| secrets.time_based_uuid(name, UNIX_EPOCH).unwrap();
        assert_eq!(timed("a"), timed("a"));
        assert_ne!(timed("a"), timed("b"));
        assert_eq!(timed("a").chars().nth(14), Some('1'));
    }
}
