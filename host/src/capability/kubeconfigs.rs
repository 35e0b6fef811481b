//! `kubeconfigs`: what is public of the kubeconfig files on the machine.

use std::time::{Duration, UNIX_EPOCH};

use super::bindings::{kubeconfigs, types};
use super::gate::Answer;
use super::refusal::Refusal;
use super::state::PhaseState;
use crate::effect::FileVerb;
use crate::kube::kubeconfig::{CurrentContext, KubeconfigError};
use crate::pki::{Certificate, CertificateError, KeyPair};
use crate::world::Purpose;

/// What is read of a kubeconfig at most.
const FILE_LIMIT: u64 = 1 << 20;

pub async fn inspect(state: &mut PhaseState, path: String) -> Answer<Option<kubeconfigs::Summary>> {
    let summary = state.summary(&path)?;
    state.answer(summary)
}

impl PhaseState {
    fn summary(&mut self, path: &str) -> Result<Option<kubeconfigs::Summary>, Refusal> {
        let path = self.granted(path, FileVerb::Read)?;
        if self.world().files.stat(path.path())?.is_none() {
            return Ok(None);
        }
        let content = self.open(&path, Purpose::Inspect, FILE_LIMIT)?;
        let unsound = |error: &dyn std::error::Error| types::Error {
            code: types::ErrorCode::Unsound,
            message: format!("{path} is not usable: {}", crate::causes::chain(error)),
            hint: Some(format!("move {path} away to have it made anew")),
        };
        let unreadable = |error: KubeconfigError| match error {
            // The parser's error would quote the line, secrets included.
            KubeconfigError::Syntax(_) => unsound(&UnreadableKubeconfig),
            error => unsound(&error),
        };
        let text = std::str::from_utf8(&content).map_err(|error| unsound(&error))?;
        let found = CurrentContext::parse(text).map_err(unreadable)?;
        let (server, user) = (found.server, found.user);
        let now = UNIX_EPOCH + Duration::from_secs(u64::try_from(self.world().now).unwrap_or(0));
        let embedded = |field, pem: &[u8]| match Certificate::from_pem(pem) {
            _ if pem.is_empty() => Ok(None),
            Ok(certificate) => Ok(Some(certificate)),
            Err(source) => Err(unsound(&NoCertificate { field, source })),
        };
        let authority = embedded("certificate-authority-data", &found.certificate_authority)?;
        let certificate = embedded("client-certificate-data", &found.client_certificate)?;
        let key = KeyPair::from_pem(&*found.client_key).ok();
        Ok(Some(kubeconfigs::Summary {
            key_matches: match (&certificate, &key) {
                (Some(certificate), Some(key)) => certificate.public_key() == key.public_key(),
                _ => false,
            },
            valid_now: certificate.as_ref().is_some_and(|one| one.is_in_force(now)),
            server,
            user,
            // Certificates only, whatever else the file holds there.
            certificate_authority_pem: authority.map(|one| one.bundle_pem()).unwrap_or_default(),
            client_certificate_pem: certificate.map(|one| one.pem()).unwrap_or_default(),
        }))
    }
}

/// A kubeconfig that is no YAML.
#[derive(Debug, thiserror::Error)]
#[error("it is not YAML")]
struct UnreadableKubeconfig;

/// A kubeconfig whose reader would find no certificate where it looks for one.
#[derive(Debug, thiserror::Error)]
#[error("its {field} holds no certificate")]
struct NoCertificate {
    field: &'static str,
    #[source]
    source: CertificateError,
}
