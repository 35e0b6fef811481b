//! `tokens`: tokens and keys made for a run, or given in its configuration.

use std::time::{Duration, UNIX_EPOCH};

use wasmtime::component::Resource as Handle;
use zeroize::Zeroizing;

use super::bindings::{tokens, types};
use super::state::{IntoWit, PhaseState, wit_error};
use crate::effect::{JournalError, SealedValue, SecretKind};
use crate::pki::{
    BootstrapToken, CertificateKey, EnvelopeError, RandomError, SecretString, TokenError,
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
    #[error("what was made cannot be kept for a run that goes on with this one")]
    Keep(#[from] JournalError),
}

impl IntoWit for SecretError {
    fn into_wit(self) -> types::Error {
        let code = match &self {
            Self::Random(_) | Self::Keep(_) => types::ErrorCode::Io,
            _ => types::ErrorCode::Invalid,
        };
        wit_error(code, &self)
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
        let make = match alphabet {
            tokens::Alphabet::Alphanumeric => BootstrapToken::random,
            tokens::Alphabet::Hexadecimal => BootstrapToken::random_hexadecimal,
        };
        match self.run.secrets.token(&pointer, make) {
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
