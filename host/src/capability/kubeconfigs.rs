//! `kubeconfigs`: what is public of the kubeconfig files on the machine.

use std::time::{Duration, UNIX_EPOCH};

use zeroize::Zeroizing;

use super::bindings::{kubeconfigs, types};
use super::state::{IntoWit, PhaseState};
use crate::effect::FileVerb;
use crate::kube::kubeconfig::{CurrentContext, KubeconfigError};
use crate::pki::{Certificate, CertificateError, KeyPair};
use crate::world::FileError;

/// What is read of a kubeconfig at most.
const FILE_LIMIT: u64 = 1 << 20;

impl kubeconfigs::Host for PhaseState {
    async fn inspect(
        &mut self,
        path: String,
    ) -> wasmtime::Result<Result<Option<kubeconfigs::Summary>, types::Error>> {
        self.enter()?;
        Ok(self.summary(&path))
    }
}

impl PhaseState {
    fn summary(&mut self, path: &str) -> Result<Option<kubeconfigs::Summary>, types::Error> {
        let path = self.granted(path, FileVerb::Read)?;
        let content = match self.world().files.read(&path, FILE_LIMIT) {
            Ok(content) => Zeroizing::new(content),
            Err(FileError::NotFound(_)) => return Ok(None),
            Err(error) => return Err(error.into_wit()),
        };
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
        // Of a file that this run put sealed values in, names are taken from
        // the masked text: a secret that was written as one stays sealed.
        let (server, user) = match self.run.sealed_file(&path) {
            None => (found.server, found.user),
            Some(masked) => CurrentContext::names(&masked).map_err(unreadable)?,
        };
        // A name that holds a secret is not what a component asks for.
        if [&server, &user]
            .iter()
            .any(|name| crate::effect::holds_secret(name.as_bytes()))
        {
            return Err(types::Error {
                code: types::ErrorCode::Sealed,
                message: format!("{path} has a secret where its server or its user should be"),
                hint: Some(format!("move {path} away to have it made anew")),
            });
        }
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
