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
use std::sync::atomic::{AtomicU64, Ordering};

use serde_json::Value;
use zeroize::Zeroizing;

use super::bindings::types;
use super::refusal::Refusal;
use crate::effect::{Found, Place, SealedValue, Vault};
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

/// The gate of one run, as one phase comes to it.
#[derive(Clone, Default)]
pub struct Gate {
    vault: Arc<Vault>,
    /// How often a piece of a secret was withheld from this phase.
    withheld: Arc<AtomicU64>,
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

    /// The same gate for another phase, which is told nothing so far.
    pub fn for_phase(&self) -> Self {
        Self {
            vault: Arc::clone(&self.vault),
            withheld: Arc::default(),
        }
    }

    /// How often something was withheld from this phase because a piece of a
    /// secret of this run is in it.
    pub fn withheld(&self) -> u64 {
        self.withheld.load(Ordering::Relaxed)
    }

    /// Opens a file for a purpose of the host's, by who made the file that is
    /// meant. What a component reads it gets by [`Self::read`] alone.
    pub fn open(
        &self,
        world: &World,
        place: &Place,
        purpose: Purpose,
        limit: u64,
    ) -> Result<Zeroizing<Vec<u8>>, OpenError> {
        match purpose {
            Purpose::Read => Err(OpenError::Misused {
                path: place.path().clone(),
                misuse: Misuse::Sealed,
            }),
            _ => Self::opened(world, place, purpose, limit),
        }
    }

    fn opened(
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
        let content = Self::opened(world, place, Purpose::Read, limit)?;
        let length = content.len();
        let gate = self.clone();
        let look = move || match gate.holds(&content) {
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
        let gate = self.clone();
        let look = move || {
            let shown = objects.into_iter().map(|mut object| {
                mask(&mut object, is_secret);
                gate.mask_texts(&mut object);
                object.to_string()
            });
            shown.collect()
        };
        Ok(Disclosed(aside(length, look).await?))
    }

    /// What a component may see of one part of an object, which a JSON pointer
    /// names; none where there is no such part.
    pub fn part(&self, object: &Value, is_secret: bool, pointer: &str) -> Option<Value> {
        if self.holds_piece(pointer.as_bytes()) {
            return None;
        }
        let mut object = object.clone();
        mask(&mut object, is_secret);
        let mut part = object.pointer_mut(pointer)?.take();
        self.mask_texts(&mut part);
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

    fn mask_texts(&self, value: &mut Value) {
        match value {
            Value::String(text) if self.holds(text.as_bytes()) => *text = MASK.to_owned(),
            Value::Array(items) => items.iter_mut().for_each(|item| self.mask_texts(item)),
            Value::Object(fields) => {
                fields.retain(|key, _| !self.holds_piece(key.as_bytes()));
                fields.values_mut().for_each(|field| self.mask_texts(field));
            }
            _ => {}
        }
    }

    fn holds(&self, bytes: &[u8]) -> bool {
        let found = match bytes {
            [] => Found::Nothing,
            bytes => self.vault.look(bytes),
        };
        self.count(found == Found::Piece);
        found != Found::Nothing
    }

    fn holds_piece(&self, bytes: &[u8]) -> bool {
        let found = self.vault.holds(bytes);
        self.count(found);
        found
    }

    fn count(&self, is_withheld: bool) {
        self.withheld
            .fetch_add(is_withheld.into(), Ordering::Relaxed);
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::effect::SecretKind;

    #[test]
    fn what_is_withheld_counts_for_whom_it_is_withheld_from() {
        let of_run = Gate::default();
        let (one, other) = (of_run.for_phase(), of_run.for_phase());
        let secret = Zeroizing::new(b"q1w2e3r4t5y6u7i8".to_vec());
        one.learn(SealedValue::new("it", SecretKind::Token, secret));
        assert!(one.disclose("q1w2e3r4t5y6u7i8".to_owned()).is_err());
        // What only looks like a secret is nobody's of this run.
        let likeness = "--token=0A1b2C3d4E5f6G7h";
        assert!(one.disclose(likeness.to_owned()).is_err());
        assert!(other.disclose("nothing of the kind".to_owned()).is_ok());
        assert_eq!((one.withheld(), other.withheld()), (1, 0));
        // The secrets are known to all.
        assert!(other.disclose("q1w2e3r4t5y6u7i8".to_owned()).is_err());
        assert_eq!((one.withheld(), other.withheld()), (1, 1));
    }
}
