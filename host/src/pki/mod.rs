//! Keys, certificates, signers, and the other secrets a cluster is made of.
//!
//! This room knows X.509 and nothing of any Kubernetes distribution: what a certificate should be
//! comes in as a [`Profile`], where it lies is somebody else's business, and the time is always
//! passed in. What must not be seen is a [`SecretBytes`] or [`SecretString`].

mod algorithm;
mod certificate;
mod check;
mod envelope;
mod finding;
mod hex;
mod issue;
mod key;
mod key_load;
mod pem;
mod profile;
mod public_key;
mod random;
mod secret;
mod secret_parts;
mod subject;
mod token;
mod usage;
pub mod uuid;
mod verify;
mod x509;

pub use algorithm::{Algorithm, KeyType, UnknownAlgorithm};
pub use certificate::{Certificate, CertificateError, Facts};
pub use check::check;
pub use envelope::{CERTIFICATE_KEY_SIZE, CertificateKey, EnvelopeError};
pub use finding::{Finding, Severity};
pub use issue::{IssueError, request, self_sign, sign};
pub use key::{KeyError, KeyPair};
pub use key_load::LoadKeyError;
pub use pem::{Label, PemError};
pub use profile::{Profile, ProfileError, Serial, Start};
pub use public_key::{PublicKey, PublicKeyError};
pub use random::RandomError;
pub use secret::{SEALED, SecretBytes, SecretString};
pub use secret_parts::secret_parts;
pub use subject::Subject;
pub use token::{BootstrapToken, TokenError};
pub use usage::{ExtendedKeyUsage, KeyUsage};
pub use verify::VerifyError;

#[cfg(test)]
mod check_tests;
#[cfg(test)]
mod issue_tests;
#[cfg(test)]
mod test_support;
