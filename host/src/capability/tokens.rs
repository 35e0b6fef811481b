//! `tokens`: tokens and keys made for a run, or given in its configuration.

use std::time::{Duration, UNIX_EPOCH};

use wasmtime::component::Resource as Handle;
use zeroize::Zeroizing;

use super::bindings::{tokens, types};
use super::gate::Answer;
use super::kube::ClientHandle;
use super::refusal::{IntoWit, Refusal, wit_error};
use super::state::PhaseState;
use crate::effect::{JournalError, SealedValue, SecretKind};
use crate::pki::{
    BootstrapToken, CertificateKey, EnvelopeError, RandomError, SecretString, TokenError,
};

/// The longest name (or pointer) under which something is made, in bytes.
pub(super) const NAME_BYTES: usize = 1024;
/// How many tokens, keys and UUIDs a run makes. All are kept for a run that goes on with it.
pub(super) const MOST_MADE: usize = 1000;

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
    #[error("a name of {0} bytes: tokens, keys and UUIDs have names of at most {NAME_BYTES}")]
    LongName(usize),
    #[error("a run makes at most {MOST_MADE} tokens, keys and UUIDs; {0:?} would be one more")]
    TooMany(String),
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

pub async fn bootstrap(
    state: &mut PhaseState,
    pointer: String,
    alphabet: tokens::Alphabet,
) -> Answer<Handle<TokenHandle>> {
    let make = match alphabet {
        tokens::Alphabet::Alphanumeric => BootstrapToken::random,
        tokens::Alphabet::Hexadecimal => BootstrapToken::random_hexadecimal,
    };
    let (token, generated) = state.run.secrets.token(&pointer, make)?;
    // Its secret is sealed from here on, whatever is asked of the handle.
    state.gate.learn(whole(&token));
    state.hand(TokenHandle { token, generated })
}

pub async fn adopt(
    state: &mut PhaseState,
    pointer: String,
    client: Handle<ClientHandle>,
    namespace: String,
    name: String,
) -> Answer<bool> {
    let found = super::kube::secret(state, &client, namespace, name).await?;
    let adopted = found.is_some_and(|found| state.run.secrets.adopt(&pointer, &found));
    state.answer(adopted)
}

pub async fn certificate_key(
    state: &mut PhaseState,
    pointer: String,
) -> Answer<Handle<SealedValue>> {
    let key = state.run.secrets.certificate_key(&pointer)?;
    let label = "certificate key".to_owned();
    state.hand_secret(sealed(label, SecretKind::CertificateKey, &key))
}

pub async fn encrypt(
    state: &mut PhaseState,
    plain: Handle<SealedValue>,
    key: Handle<SealedValue>,
) -> Answer<Handle<SealedValue>> {
    let plain = state.table.get(&plain)?.clone();
    let key = state.table.get(&key)?.clone();
    state.budget.spend(plain.reveal().len())?;
    let is_key = key
        .sole(&[])
        .is_some_and(|key| key.kinds().iter().eq([&SecretKind::CertificateKey]));
    if !is_key {
        return Err(Refusal::Told(types::Error {
            code: types::ErrorCode::Invalid,
            message: "this is no certificate key: a component could know it, and read what is encrypted with it".to_owned(),
            hint: Some("ask for one with certificate-key".to_owned()),
        }));
    }
    let encrypted = (|| {
        // Bytes that are no text are no hex digits either.
        let hex = Zeroizing::new(String::from_utf8_lossy(key.reveal()).into_owned());
        let key = CertificateKey::from_hex(&hex)?;
        state.run.secrets.envelopes().encrypt(&key, plain.reveal())
    })();
    let bytes = encrypted.map_err(SecretError::Encrypt)?;
    let label = format!("encrypted {}", plain.label());
    state.hand_secret(SealedValue::new(
        label,
        SecretKind::Encrypted,
        Zeroizing::new(bytes),
    ))
}

pub async fn uuid(state: &mut PhaseState, name: String) -> Answer<String> {
    let uuid = state.run.secrets.uuid(&name)?;
    state.answer(uuid)
}

pub async fn time_based_uuid(state: &mut PhaseState, name: String) -> Answer<String> {
    let seconds = u64::try_from(state.world().now).unwrap_or(0);
    let now = UNIX_EPOCH + Duration::from_secs(seconds);
    let uuid = state.run.secrets.time_based_uuid(&name, now)?;
    state.answer(uuid)
}

pub async fn id(state: &mut PhaseState, token: Handle<TokenHandle>) -> Answer<String> {
    let id = state.table.get(&token)?.token.id().to_owned();
    state.answer(id)
}

pub async fn secret(
    state: &mut PhaseState,
    token: Handle<TokenHandle>,
) -> Answer<Handle<SealedValue>> {
    let token = &state.table.get(&token)?.token;
    let label = format!("secret of bootstrap token {}", token.id());
    let value = sealed(label, SecretKind::Token, token.secret()).without_looks();
    state.hand_secret(value)
}

pub async fn full(
    state: &mut PhaseState,
    token: Handle<TokenHandle>,
) -> Answer<Handle<SealedValue>> {
    let value = whole(&state.table.get(&token)?.token);
    state.hand_secret(value)
}

pub async fn generated(state: &mut PhaseState, token: Handle<TokenHandle>) -> Answer<bool> {
    let generated = state.table.get(&token)?.generated;
    state.answer(generated)
}

fn whole(token: &BootstrapToken) -> SealedValue {
    let label = format!("bootstrap token {}", token.id());
    sealed(label, SecretKind::Token, &token.whole())
}
