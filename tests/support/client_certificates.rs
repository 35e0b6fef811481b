//! Clients, by their certificates: as an API server with `--client-ca-file`
//! sees them, which lets everybody connect and then asks who it is.

use std::fmt;
use std::sync::Arc;

use rustls::client::danger::HandshakeSignatureValid;
use rustls::pki_types::{CertificateDer, UnixTime};
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::{DigitallySignedStruct, DistinguishedName, Error, SignatureScheme};
use x509_cert::der::Decode;
use x509_cert::der::asn1::{PrintableStringRef, Utf8StringRef};

/// Who asks.
#[derive(Clone, Debug)]
pub enum User {
    /// Without a certificate.
    Anonymous,
    /// With one that is not of the CA.
    Unknown,
    Known {
        name: String,
        groups: Vec<String>,
    },
}

impl fmt::Display for User {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Anonymous => "system:anonymous",
            Self::Unknown => "(unauthorized)",
            Self::Known { name, .. } => name,
        })
    }
}

/// Asks for a certificate, and takes every one whose key the client has.
#[derive(Debug)]
pub struct Asked {
    ca: Arc<dyn ClientCertVerifier>,
}

impl Asked {
    pub fn new(ca: Arc<dyn ClientCertVerifier>) -> Self {
        Self { ca }
    }
}

impl ClientCertVerifier for Asked {
    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        self.ca.root_hint_subjects()
    }

    fn client_auth_mandatory(&self) -> bool {
        false
    }

    fn verify_client_cert(
        &self,
        _end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _now: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        Ok(ClientCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.ca.verify_tls12_signature(message, certificate, signed)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.ca.verify_tls13_signature(message, certificate, signed)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.ca.supported_verify_schemes()
    }
}

/// Who is at the other end of a connection.
pub fn user_of(
    connection: &rustls::ServerConnection,
    ca: &Arc<dyn ClientCertVerifier>,
    now: UnixTime,
) -> User {
    let Some([certificate, others @ ..]) = connection.peer_certificates() else {
        return User::Anonymous;
    };
    if ca.verify_client_cert(certificate, others, now).is_err() {
        return User::Unknown;
    }
    let Ok(certificate) = x509_cert::Certificate::from_der(certificate) else {
        return User::Unknown;
    };
    let values = |oid: &str| -> Vec<String> {
        let names = certificate.tbs_certificate().subject().iter();
        names
            .filter(|one| one.oid.to_string() == oid)
            .filter_map(|one| {
                let text = one
                    .value
                    .decode_as::<Utf8StringRef<'_>>()
                    .map(|text| text.to_string());
                text.or_else(|_| {
                    let text = one.value.decode_as::<PrintableStringRef<'_>>();
                    text.map(|text| text.to_string())
                })
                .ok()
            })
            .collect()
    };
    User::Known {
        name: values("2.5.4.3").pop().unwrap_or_default(),
        groups: values("2.5.4.10"),
    }
}
