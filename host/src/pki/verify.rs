//! Whether one certificate was signed by another.

use std::time::SystemTime;

use der::Encode;
use x509_cert::ext::pkix;

use super::certificate::Certificate;
use super::usage::KeyUsage;

/// Why a certificate was not signed by another one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum VerifyError {
    /// The certificate names another signer.
    #[error("it was issued by {issuer}, not by {ca}")]
    OtherIssuer {
        /// Who the certificate says signed it.
        issuer: String,
        /// Who should have.
        ca: String,
    },
    /// The signer may not sign.
    #[error("{0} may not sign certificates: it is no CA, or its key usage lacks cert sign")]
    NotACa(String),
    /// The signature is of an algorithm that is not trusted.
    #[error("its signature algorithm ({0}) is not trusted, or does not fit the key of the CA")]
    Algorithm(String),
    /// The signature is not of this signer, though the name is: another CA of the same name.
    #[error(
        "its signature was not made by the key of {0}: there must have been another CA of the same name"
    )]
    Signature(String),
    /// The signer is not valid now.
    #[error("its CA {0} is expired or not yet valid")]
    CaNotInForce(String),
    /// A file of certificates that all seem to have signed each other.
    #[error(
        "too many certificates of its file may have signed each other: the chain is not followed beyond {0} signatures"
    )]
    TooLong(u32),
    /// The certificate cannot be checked.
    #[error("it cannot be encoded again")]
    Encoding,
}

/// Signatures that are checked to follow one chain (`maxChainSignatureChecks` of Go's
/// `crypto/x509`).
const SIGNATURES: u32 = 100;

impl Certificate {
    /// Whether basic constraints and key usage allow it to sign certificates. One without key
    /// usage may (RFC 5280 section 4.2.1.3).
    pub fn may_sign_certificates(&self) -> bool {
        let usages = self.facts().key_usages.as_deref();
        self.facts().is_ca && usages.is_none_or(|usages| usages.contains(&KeyUsage::CertSign))
    }

    /// Checks that `ca` itself signed this certificate. Dates are not looked at.
    pub fn verify_signed_by(&self, ca: &Certificate) -> Result<(), VerifyError> {
        let name = || ca.facts().subject_name.clone();
        if self.tbs.issuer != ca.tbs.subject {
            return Err(VerifyError::OtherIssuer {
                issuer: self.facts().issuer_name.clone(),
                ca: name(),
            });
        }
        if !ca.may_sign_certificates() {
            return Err(VerifyError::NotACa(name()));
        }
        let message = self
            .signed
            .tbs
            .to_der()
            .map_err(|_| VerifyError::Encoding)?;
        let algorithm = self.signed.algorithm.oid;
        // The algorithm stands twice, and only the inner one is signed.
        let agreed = self.signed.algorithm == self.tbs.algorithm;
        let signature = self.signed.signature.raw_bytes();
        match ca.public_key().verifies(algorithm, &message, signature) {
            Some(true) if agreed => Ok(()),
            Some(false) => Err(VerifyError::Signature(name())),
            _ => Err(VerifyError::Algorithm(algorithm.to_string())),
        }
    }

    /// Checks that this certificate leads to `ca`, through intermediates that came with it in its
    /// file if need be, and that all signers are valid at `now` (`VerifyCertChain` of kubeadm).
    pub fn verify_chain(&self, ca: &Certificate, now: SystemTime) -> Result<(), VerifyError> {
        let mut current = self;
        let mut unused: Vec<&Certificate> = self.others().iter().collect();
        let mut below = 0;
        let mut signatures = 0;
        loop {
            let outcome = current.verify_signed_by(ca);
            if outcome.is_ok() {
                return ca.allows_below(below, now);
            }
            // Each intermediate is taken once, so that no two of them lead in a circle.
            let next = unused.iter().position(|other| {
                signatures += u32::from(current.tbs.issuer == other.tbs.subject);
                signatures <= SIGNATURES && current.verify_signed_by(other).is_ok()
            });
            if signatures > SIGNATURES {
                return Err(VerifyError::TooLong(SIGNATURES));
            }
            let Some(next) = next else {
                return outcome;
            };
            current = unused.swap_remove(next);
            current.allows_below(below, now)?;
            below += 1;
        }
    }

    /// Whether it is in force and its path length allows so many intermediates below it.
    fn allows_below(&self, intermediates: u8, now: SystemTime) -> Result<(), VerifyError> {
        let name = || self.facts().subject_name.clone();
        if !self.is_in_force(now) {
            return Err(VerifyError::CaNotInForce(name()));
        }
        let constraints = self
            .tbs
            .extension::<pkix::BasicConstraints>()
            .ok()
            .flatten();
        let longest = constraints.and_then(|constraints| constraints.path_len_constraint);
        match longest {
            Some(longest) if longest < intermediates => Err(VerifyError::NotACa(name())),
            _ => Ok(()),
        }
    }
}
