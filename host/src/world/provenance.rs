//! Who made the content of files, by the files' identities.
//!
//! What a component may learn of a file, and what the host takes a file for,
//! is not decided by its path or its looks: a file that holds sealed values is
//! known by which file it is, under whatever name it is asked for.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde::{Deserialize, Serialize};

use super::Identity;

/// What is known of how a file's content came to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Made {
    /// A component wrote it, without a sealed value.
    OfText,
    /// A component put it together from sealed values and what else it liked:
    /// of no use but to whom it was written for.
    OfSealed,
    /// A component wrote a sealed private key, the whole of it and nothing
    /// else.
    PrivateKey,
    /// A component wrote a kubeconfig in which sealed values stand where
    /// credentials do and nowhere else.
    Kubeconfig,
    /// The host wrote a private key.
    HostKey,
    /// The host wrote a certificate or a public key.
    HostPublic,
}

impl Made {
    /// Whether a sealed value is in it.
    pub fn is_sealed(self) -> bool {
        match self {
            Self::OfText | Self::HostPublic => false,
            Self::OfSealed | Self::PrivateKey | Self::Kubeconfig | Self::HostKey => true,
        }
    }
}

/// What a file is opened for on behalf of a component.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// The component gets the content.
    Read,
    /// As a private key.
    PrivateKey,
    /// As a certificate or a public key.
    Certificate,
    /// What is public of a kubeconfig is told.
    Inspect,
    /// The host connects with it, or shows it to a server.
    Connect,
}

/// A file that is not used for this.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Misuse {
    #[error("holds a secret, which no component may read")]
    Sealed,
    #[error(
        "was put together by a component from sealed values; the host takes for a key, a certificate or a kubeconfig only what it made as one or what was there before"
    )]
    Composed,
    #[error(
        "was written by a component; the host takes for keys, certificates and credentials only what it made or what was there before"
    )]
    Foreign,
}

/// What is known of files, by identity. A file that is not in it was there
/// before, or is somebody else's.
#[derive(Debug, Default)]
pub struct Provenance {
    files: Mutex<BTreeMap<Identity, Made>>,
}

impl Provenance {
    // Only whole entries are ever inserted.
    fn files(&self) -> MutexGuard<'_, BTreeMap<Identity, Made>> {
        self.files.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// With what earlier runs recorded.
    pub fn of(known: impl IntoIterator<Item = (Identity, Made)>) -> Self {
        Self {
            files: Mutex::new(known.into_iter().collect()),
        }
    }

    /// Lets something write a file and notes what it is. Nobody is told of the
    /// file in between: whoever opened it waits here.
    pub fn noting<E>(
        &self,
        made: Made,
        write: impl FnOnce() -> Result<Option<Identity>, E>,
    ) -> Result<Option<Identity>, E> {
        let mut files = self.files();
        let identity = write()?;
        if let Some(identity) = identity {
            files.insert(identity, made);
        }
        Ok(identity)
    }

    /// What is known of a file.
    pub fn made(&self, identity: Identity) -> Option<Made> {
        self.files().get(&identity).copied()
    }

    /// Whether a file may be used for this.
    pub fn allows(&self, identity: Identity, purpose: Purpose) -> Result<(), Misuse> {
        let Some(made) = self.made(identity) else {
            return Ok(());
        };
        match (purpose, made) {
            (Purpose::Read, made) if made.is_sealed() => Err(Misuse::Sealed),
            (Purpose::Read, _) => Ok(()),
            (_, Made::OfSealed) => Err(Misuse::Composed),
            (Purpose::Certificate, Made::PrivateKey | Made::Kubeconfig) => Err(Misuse::Composed),
            // Its author would know the key, or have it certified by one.
            (Purpose::Connect | Purpose::PrivateKey | Purpose::Certificate, Made::OfText) => {
                Err(Misuse::Foreign)
            }
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_file_may_be_used_for_depends_on_who_made_it() {
        use Made::{HostKey, HostPublic, Kubeconfig, OfSealed, OfText, PrivateKey};
        let identity = Identity {
            device: 1,
            inode: 2,
            born: None,
        };
        let purposes = [
            Purpose::Read,
            Purpose::PrivateKey,
            Purpose::Certificate,
            Purpose::Inspect,
            Purpose::Connect,
        ];
        let cases = [
            (None, [true, true, true, true, true]),
            (Some(OfText), [true, false, false, true, false]),
            (Some(OfSealed), [false, false, false, false, false]),
            (Some(PrivateKey), [false, true, false, true, true]),
            (Some(Kubeconfig), [false, true, false, true, true]),
            (Some(HostKey), [false, true, true, true, true]),
            (Some(HostPublic), [true, true, true, true, true]),
        ];
        for (made, wanted) in cases {
            let known = Provenance::of(made.map(|made| (identity, made)));
            let allowed = purposes.map(|purpose| known.allows(identity, purpose).is_ok());
            assert_eq!(allowed, wanted, "{made:?}");
        }
    }
}
