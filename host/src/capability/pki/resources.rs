//! What components ask of the keys and certificates they hold.

use std::sync::Arc;
use std::time::UNIX_EPOCH;

use wasmtime::component::Resource as Handle;

use super::super::bindings::types;
use super::super::gate::Answer;
use super::super::state::PhaseState;
use super::{CertificateHandle, KeyPairHandle};
use crate::effect::SealedValue;

pub async fn public_key_pem(state: &mut PhaseState, pair: Handle<KeyPairHandle>) -> Answer<String> {
    let pem = state.table.get(&pair)?.key.public_key().pem();
    state.answer(pem)
}

pub async fn private_key_of_pair(
    state: &mut PhaseState,
    pair: Handle<KeyPairHandle>,
) -> Answer<Handle<SealedValue>> {
    let held = state.table.get(&pair)?;
    let value = state.placeable(&held.name, &held.key, &held.files)?;
    state.hand_secret(value)
}

pub async fn pem(state: &mut PhaseState, certificate: Handle<CertificateHandle>) -> Answer<String> {
    let pem = state.table.get(&certificate)?.certificate.pem();
    state.answer(pem)
}

pub async fn common_name(
    state: &mut PhaseState,
    certificate: Handle<CertificateHandle>,
) -> Answer<String> {
    let facts = state.table.get(&certificate)?.certificate.facts();
    state.answer(facts.subject.common_name.clone())
}

pub async fn organizations(
    state: &mut PhaseState,
    certificate: Handle<CertificateHandle>,
) -> Answer<Vec<String>> {
    let facts = state.table.get(&certificate)?.certificate.facts();
    state.answer(facts.subject.organizations.clone())
}

pub async fn not_after(
    state: &mut PhaseState,
    certificate: Handle<CertificateHandle>,
) -> Answer<i64> {
    let not_after = state.table.get(&certificate)?.certificate.facts().not_after;
    let seconds = not_after
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_secs());
    state.answer(i64::try_from(seconds).unwrap_or(i64::MAX))
}

pub async fn public_key_hash(
    state: &mut PhaseState,
    certificate: Handle<CertificateHandle>,
) -> Answer<String> {
    let pin = state
        .table
        .get(&certificate)?
        .certificate
        .public_key()
        .pin();
    state.answer(pin)
}

pub async fn has_key(
    state: &mut PhaseState,
    certificate: Handle<CertificateHandle>,
) -> Answer<bool> {
    let has_key = state.table.get(&certificate)?.key.is_some();
    state.answer(has_key)
}

pub async fn private_key_of_certificate(
    state: &mut PhaseState,
    certificate: Handle<CertificateHandle>,
) -> Answer<Handle<SealedValue>> {
    let held = state.table.get(&certificate)?;
    let key = held
        .key
        .as_ref()
        .map(Arc::clone)
        .ok_or_else(|| types::Error {
            code: types::ErrorCode::NotFound,
            message: format!("the key of {} is not here", held.name),
            hint: None,
        })?;
    let value = state.placeable(&held.name, &key, &held.files)?;
    state.hand_secret(value)
}
