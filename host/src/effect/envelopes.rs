//! What a run encrypted, to tell whether the cluster has the same already.
//!
//! Each message has a random nonce, so two of the same content under the same key differ. A run
//! that is repeated would upload all anew and change nothing by it; only the host, which has the
//! key, can tell that.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::pki::{CertificateKey, EnvelopeError};

/// Messages that are remembered. A cluster shares ten; beyond these they are uploaded anew.
const MOST: usize = 1000;

type Hash = [u8; 32];

/// The messages of a run.
#[derive(Default)]
pub struct Envelopes {
    /// By the hash of the message: the key, and the hash of what is in it.
    sent: Mutex<BTreeMap<Hash, (CertificateKey, Hash)>>,
}

impl Envelopes {
    // Only whole entries are ever inserted.
    fn sent(&self) -> MutexGuard<'_, BTreeMap<Hash, (CertificateKey, Hash)>> {
        self.sent.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Encrypts, and remembers the message.
    pub fn encrypt(&self, key: &CertificateKey, plain: &[u8]) -> Result<Vec<u8>, EnvelopeError> {
        let message = key.encrypt(plain)?;
        let mut sent = self.sent();
        if sent.len() < MOST {
            sent.insert(hash(&message), (key.clone(), hash(plain)));
        }
        Ok(message)
    }

    /// The data of a Secret that is about to be written, by key, for which `before` has a message
    /// of the same content under the same key: the text that is there.
    pub fn same_in(&self, object: &Value, before: &Value) -> BTreeMap<String, String> {
        let (Some(data), Some(found)) = (object["data"].as_object(), before["data"].as_object())
        else {
            return BTreeMap::new();
        };
        let sent = self.sent();
        let is_same = |new: &str, old: &str| -> Option<bool> {
            let (key, plain) = sent.get(&hash(&STANDARD.decode(new).ok()?))?;
            let there = key.decrypt(&STANDARD.decode(old).ok()?).ok()?;
            Some(hash(there.reveal()) == *plain)
        };
        data.iter()
            .filter_map(|(name, new)| {
                let (new, old) = (new.as_str()?, found.get(name)?.as_str()?);
                is_same(new, old)?.then(|| (name.clone(), old.to_owned()))
            })
            .collect()
    }
}

fn hash(bytes: &[u8]) -> Hash {
    Sha256::digest(bytes).into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_the_cluster_has_already_is_told() {
        let (ours, other) = (
            CertificateKey::random().unwrap(),
            CertificateKey::random().unwrap(),
        );
        let text = |message: Vec<u8>| STANDARD.encode(message);
        let envelopes = Envelopes::default();
        let new = text(envelopes.encrypt(&ours, b"a key").unwrap());
        let same = text(ours.encrypt(b"a key").unwrap());
        for (name, new, old, wanted) in [
            ("the same", &new, json!(same), Some(&same)),
            (
                "other content",
                &new,
                json!(text(ours.encrypt(b"another").unwrap())),
                None,
            ),
            (
                "another key",
                &new,
                json!(text(other.encrypt(b"a key").unwrap())),
                None,
            ),
            ("damaged", &new, json!(text(b"short".to_vec())), None),
            ("no base64", &new, json!("?"), None),
            ("no text", &new, json!(7), None),
            ("not ours", &same, json!(same), None),
            ("not encrypted", &"eA==".to_owned(), json!("eA=="), None),
        ] {
            let object = json!({"data": {"ca.key": new}});
            let found = envelopes.same_in(&object, &json!({"data": {"ca.key": old}}));
            assert_eq!(found.get("ca.key"), wanted, "{name}");
        }
        let object = json!({"data": {"ca.key": new}});
        for before in [json!({}), json!({"data": {}}), Value::Null] {
            assert!(envelopes.same_in(&object, &before).is_empty(), "{before}");
        }
    }
}
