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
        let path = match self.granted(&path, FileVerb::Read) {
            Ok(path) => path,
            Err(error) => return Ok(Err(error)),
        };
        let content = match self.world().files.read(&path, FILE_LIMIT) {
            Ok(content) => Zeroizing::new(content),
            Err(FileError::NotFound(_)) => return Ok(Ok(None)),
            Err(error) => return Ok(Err(error.into_wit())),
        };
        let unsound = |error: &dyn std::error::Error| types::Error {
            code: types::ErrorCode::Unsound,
            message: format!("{path} is not usable: {}", crate::causes::chain(error)),
            hint: Some(format!("move {path} away to have it made anew")),
        };
        let found = match std::str::from_utf8(&content) {
            Err(error) => return Ok(Err(unsound(&error))),
            Ok(text) => match CurrentContext::parse(text) {
                // The parser's error would quote the line, secrets included.
                Err(KubeconfigError::Syntax(_)) => {
                    return Ok(Err(unsound(&UnreadableKubeconfig)));
                }
                Err(error) => return Ok(Err(unsound(&error))),
                Ok(found) => found,
            },
        };
        // Of a file that this run put sealed values in, names are taken from
        // the masked text: a secret that was written as one stays sealed.
        let masked = self.run.sealed_file(&path);
        let (server, user) = match masked.as_deref().map(CurrentContext::names) {
            None => (found.server, found.user),
            Some(Ok(names)) => names,
            Some(Err(error)) => return Ok(Err(unsound(&error))),
        };
        // A name that holds a secret is not what a component asks for.
        if [&server, &user]
            .iter()
            .any(|name| crate::effect::holds_secret(name.as_bytes()))
        {
            return Ok(Err(types::Error {
                code: types::ErrorCode::Sealed,
                message: format!("{path} has a secret where its server or its user should be"),
                hint: Some(format!("move {path} away to have it made anew")),
            }));
        }
        let now = UNIX_EPOCH + Duration::from_secs(u64::try_from(self.world().now).unwrap_or(0));
        let embedded = |field, pem: &[u8]| match Certificate::from_pem(pem) {
            _ if pem.is_empty() => Ok(None),
            Ok(certificate) => Ok(Some(certificate)),
            Err(source) => Err(unsound(&NoCertificate { field, source })),
        };
        let authority = match embedded("certificate-authority-data", &found.certificate_authority) {
            Ok(certificate) => certificate,
            Err(error) => return Ok(Err(error)),
        };
        let certificate = match embedded("client-certificate-data", &found.client_certificate) {
            Ok(certificate) => certificate,
            Err(error) => return Ok(Err(error)),
        };
        let key = KeyPair::from_pem(&*found.client_key).ok();
        Ok(Ok(Some(kubeconfigs::Summary {
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
        })))
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
