//! The one gate for what a component learns.
//!
//! A component's code never touches a secret, but it can have one put into a
//! file, an object, a certificate, and then ask the host what is in there. So
//! every answer of a capability passes here, and the types see to it: what a
//! capability returns is a [`Disclosed`] value, which only this file makes, and
//! every error is told by [`Gate::told`]. What is asked for in turn:
//!
//! - files: who made the one that is meant (by identity, [`Provenance`]), then
//!   what it looks like;
//! - everything: whether a piece of a secret of this run is in it, plain or
//!   encoded ([`Vault`]), and whether it looks like a secret of somebody else.

use std::sync::Arc;

use serde_json::Value;
use zeroize::Zeroizing;

use super::bindings::types;
use super::refusal::Refusal;
use crate::effect::{Place, SealedValue, Vault};
use crate::kube::secrets::{MASK, mask};
use crate::world::{FileError, MachinePath, Misuse, Purpose, World};

/// What a capability answers with.
pub type Answer<T> = Result<Disclosed<T>, Refusal>;

/// A value that passed the gate. Nothing but the gate makes one, and nothing
/// but the contract takes one apart.
#[derive(Debug)]
pub struct Disclosed<T>(T);

impl<T> Disclosed<T> {
    /// For the contract, which hands it to the component.
    pub(super) fn release(self) -> T {
        self.0
    }

    /// Bytes that the component gets.
    pub fn weight(&self) -> usize
    where
        T: Disclose,
    {
        let mut bytes = 0_usize;
        self.0
            .each(&mut |part| bytes = bytes.saturating_add(part.len()));
        bytes
    }

    /// None, or one.
    pub fn optional(value: Option<Self>) -> Disclosed<Option<T>> {
        Disclosed(value.map(|value| value.0))
    }

    /// Both of two.
    pub fn and<U>(self, other: Disclosed<U>) -> Disclosed<(T, U)> {
        Disclosed((self.0, other.0))
    }
}

/// What can be disclosed: it shows every text and byte in it.
pub trait Disclose {
    /// Visits all that a component could read a secret from.
    fn each(&self, visit: &mut dyn FnMut(&[u8]));
}

/// Why a file was not opened for a component.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    #[error(transparent)]
    File(#[from] FileError),
    #[error("{path} {misuse}")]
    Misused { path: MachinePath, misuse: Misuse },
}

/// The gate of one run.
#[derive(Default)]
pub struct Gate {
    vault: Arc<Vault>,
}

/// Bytes that are looked through where they are asked for. More is looked
/// through on another thread: the other phases, and the clocks of all, go on.
const AT_ONCE: usize = 64 << 10;

impl Gate {
    /// Learns a secret, so that no piece of it passes. Every sealed value is
    /// learned before a component gets a handle of it.
    pub fn learn(&self, secret: SealedValue) -> SealedValue {
        self.vault.learn(&secret);
        secret
    }

    /// How often something was withheld from the components of this run because
    /// a piece of a secret of this run is in it.
    pub fn withheld(&self) -> u64 {
        self.vault.found()
    }

    /// Opens a file for a purpose, by who made the file that is meant.
    pub fn open(
        &self,
        world: &World,
        place: &Place,
        purpose: Purpose,
        limit: u64,
    ) -> Result<Zeroizing<Vec<u8>>, OpenError> {
        let opened = world.files.open(place.path(), limit)?;
        let misused = |misuse| OpenError::Misused {
            path: place.path().clone(),
            misuse,
        };
        let allowed = world.provenance.allows(opened.identity, purpose);
        allowed.map_err(misused)?;
        Ok(opened.content)
    }

    /// Reads a file for a component.
    pub async fn read(&self, world: &World, place: &Place, limit: u64) -> Answer<Vec<u8>> {
        let content = self.open(world, place, Purpose::Read, limit)?;
        let length = content.len();
        let vault = Arc::clone(&self.vault);
        let look = move || match holds(&vault, &content) {
            false => Some(content),
            true => None,
        };
        match aside(length, look).await? {
            Some(mut content) => Ok(Disclosed(std::mem::take(&mut *content))),
            None => Err(OpenError::Misused {
                path: place.path().clone(),
                misuse: Misuse::Sealed,
            }
            .into()),
        }
    }

    /// Lets a value through, or refuses it with `sealed`.
    pub fn disclose<T: Disclose>(&self, value: T) -> Answer<T> {
        let mut sealed = false;
        value.each(&mut |bytes| sealed = sealed || self.holds(bytes));
        match sealed {
            false => Ok(Disclosed(value)),
            true => Err(Refusal::Told(types::Error {
                code: types::ErrorCode::Sealed,
                message: "the answer holds a secret, which no component may read".to_owned(),
                hint: Some("ask for what is public of it: interfaces pki and kubeconfigs".into()),
            })),
        }
    }

    /// An object as a component may see it, as JSON: values of Secrets masked,
    /// and whatever else of it is a secret. `is_secret` says whether Secrets
    /// were asked for, whatever the answer calls itself.
    pub async fn object(&self, object: Value, is_secret: bool) -> Answer<String> {
        let mut shown = self.objects(vec![object], is_secret).await?.0;
        Ok(Disclosed(shown.pop().unwrap_or_default()))
    }

    /// The same for all objects of a list.
    pub async fn objects(&self, objects: Vec<Value>, is_secret: bool) -> Answer<Vec<String>> {
        let length = objects.iter().map(text_length).sum();
        let vault = Arc::clone(&self.vault);
        let look = move || {
            let shown = objects.into_iter().map(|mut object| {
                mask(&mut object, is_secret);
                mask_texts(&vault, &mut object);
                object.to_string()
            });
            shown.collect()
        };
        Ok(Disclosed(aside(length, look).await?))
    }

    /// What a component may see of one part of an object, which a JSON pointer
    /// names; none where there is no such part.
    pub fn part(&self, object: &Value, is_secret: bool, pointer: &str) -> Option<Value> {
        if self.vault.holds(pointer.as_bytes()) {
            return None;
        }
        let mut object = object.clone();
        mask(&mut object, is_secret);
        let mut part = object.pointer_mut(pointer)?.take();
        mask_texts(&self.vault, &mut part);
        Some(part)
    }

    /// An error as a component may see it.
    pub fn told(&self, error: types::Error) -> types::Error {
        let hint = error.hint.as_deref().unwrap_or_default();
        match self.holds(error.message.as_bytes()) || self.holds(hint.as_bytes()) {
            false => error,
            true => types::Error {
                message: "it failed for a reason that holds a secret".to_owned(),
                hint: None,
                ..error
            },
        }
    }

    fn holds(&self, bytes: &[u8]) -> bool {
        holds(&self.vault, bytes)
    }
}

fn holds(vault: &Vault, bytes: &[u8]) -> bool {
    !bytes.is_empty() && vault.holds_any(bytes)
}

fn mask_texts(vault: &Vault, value: &mut Value) {
    match value {
        Value::String(text) if holds(vault, text.as_bytes()) => *text = MASK.to_owned(),
        Value::Array(items) => items.iter_mut().for_each(|item| mask_texts(vault, item)),
        Value::Object(fields) => {
            fields.retain(|key, _| !vault.holds(key.as_bytes()));
            let values = fields.values_mut();
            values.for_each(|field| mask_texts(vault, field));
        }
        _ => {}
    }
}

/// Bytes of all texts of a value.
fn text_length(value: &Value) -> usize {
    match value {
        Value::String(text) => text.len(),
        Value::Array(items) => items.iter().map(text_length).sum(),
        Value::Object(fields) => {
            let each = fields.iter();
            each.map(|(key, field)| key.len() + text_length(field))
                .sum()
        }
        _ => 0,
    }
}

/// Looks through so many bytes here, or on another thread.
async fn aside<T: Send + 'static>(
    length: usize,
    look: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Refusal> {
    if length <= AT_ONCE {
        return Ok(look());
    }
    let looked = tokio::task::spawn_blocking(look).await;
    looked.map_err(|error| Refusal::Ended(wasmtime::Error::new(error)))
}
