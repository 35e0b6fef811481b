//! TLS as a client of what listens on a machine.

mod unverified;

use std::sync::Arc;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ClientConfig, RootCertStore};

use unverified::Unverified;

/// Why there can be no TLS connection.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    #[error("it holds no certificate")]
    NoCertificate,
    #[error("this machine trusts no CA")]
    NoSystemRoots,
    #[error("it is not PEM with {wanted}")]
    Pem {
        wanted: &'static str,
        #[source]
        source: rustls::pki_types::pem::Error,
    },
    #[error("it cannot be used")]
    Unusable(#[from] rustls::Error),
}

/// A certificate and its key, as clients show them. The key is wiped with it.
pub struct Identity {
    certificates: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
}

impl Identity {
    /// From PEM texts.
    pub fn from_pem(certificate: &[u8], key: &[u8]) -> Result<Self, TlsError> {
        let certificates = CertificateDer::pem_slice_iter(certificate)
            .collect::<Result<Vec<_>, _>>()
            .map_err(|source| TlsError::Pem {
                wanted: "certificates",
                source,
            })?;
        if certificates.is_empty() {
            return Err(TlsError::NoCertificate);
        }
        let key = PrivateKeyDer::from_pem_slice(key).map_err(|source| TlsError::Pem {
            wanted: "a private key",
            source,
        })?;
        Ok(Self { certificates, key })
    }
}

/// The CAs of a PEM bundle.
pub fn roots(bundle: &[u8]) -> Result<RootCertStore, TlsError> {
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(bundle) {
        let certificate = certificate.map_err(|source| TlsError::Pem {
            wanted: "certificates",
            source,
        })?;
        roots.add(certificate)?;
    }
    match roots.is_empty() {
        true => Err(TlsError::NoCertificate),
        false => Ok(roots),
    }
}

/// The CAs that this machine trusts, as Go's and other programs do.
pub fn system_roots() -> Result<RootCertStore, TlsError> {
    let mut roots = RootCertStore::empty();
    // What of them cannot be used, nobody uses.
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    match roots.is_empty() {
        true => Err(TlsError::NoSystemRoots),
        false => Ok(roots),
    }
}

/// A client that trusts these CAs, or any server where there are none.
pub fn client(
    roots: Option<RootCertStore>,
    identity: Option<Identity>,
) -> Result<ClientConfig, TlsError> {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()?;
    let builder = match roots {
        Some(roots) => builder.with_root_certificates(roots),
        None => builder
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(Unverified::new(provider))),
    };
    Ok(match identity {
        None => builder.with_no_client_auth(),
        Some(identity) => builder.with_client_auth_cert(identity.certificates, identity.key)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_certificate_says_so() {
        for (name, bundle, wanted) in [
            ("empty", "", "it holds no certificate"),
            ("a text", "hello", "it holds no certificate"),
            (
                "torn",
                "-----BEGIN CERTIFICATE-----\n!!\n-----END CERTIFICATE-----\n",
                "it is not PEM with certificates",
            ),
        ] {
            let error = roots(bundle.as_bytes()).err().map(|one| one.to_string());
            assert_eq!(error.as_deref(), Some(wanted), "{name}");
            let error = Identity::from_pem(bundle.as_bytes(), b"").err();
            assert_eq!(error.unwrap().to_string(), wanted, "{name}");
        }
    }
}
