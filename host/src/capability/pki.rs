//! `pki`: keys and certificates, whose private halves stay here.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

use serde_json::json;
use wasmtime::component::Resource as Handle;
use zeroize::Zeroizing;

use super::bindings::{pki, types};
use super::state::{IntoWit, PhaseState, wit_error};
use crate::effect::{
    Action, Change, Event, Existing, HeldCertificate, Holds, KeyFile, KeyFiles, PkiError, PkiVerb,
    SealedValue, SecretKind, Signer, WantedCertificate, ensure_certificate, ensure_key_pair,
    generate, load_certificate, load_key_pair,
};
use crate::pki::{
    Algorithm, Certificate, ExtendedKeyUsage, KeyPair, KeyUsage, Profile, Serial, Start, Subject,
};
use crate::world::MachinePath;

/// A key pair of a name.
pub struct KeyPairHandle {
    name: String,
    key: Arc<KeyPair>,
}

/// A certificate of a name.
pub struct CertificateHandle {
    name: String,
    certificate: Arc<Certificate>,
    key: Option<Arc<KeyPair>>,
}

impl IntoWit for PkiError {
    fn into_wit(self) -> types::Error {
        use types::ErrorCode;
        if let Self::File(error) = self {
            return error.into_wit();
        }
        let code = match &self {
            Self::Key { .. }
            | Self::Certificate { .. }
            | Self::Unsound { .. }
            | Self::KeyType { .. }
            | Self::PublicKeyMismatch { .. } => ErrorCode::Unsound,
            Self::SignerWithoutKey { .. } | Self::IssuerWithoutKey { .. } => ErrorCode::NotFound,
            Self::Issue { .. } => ErrorCode::Invalid,
            Self::Generate { .. } | Self::Interrupted | Self::File(_) => ErrorCode::Io,
        };
        types::Error {
            hint: self.hint(),
            ..wit_error(code, &self)
        }
    }
}

fn algorithm(algorithm: pki::Algorithm) -> Algorithm {
    match algorithm {
        pki::Algorithm::Rsa2048 => Algorithm::Rsa2048,
        pki::Algorithm::Rsa3072 => Algorithm::Rsa3072,
        pki::Algorithm::Rsa4096 => Algorithm::Rsa4096,
        pki::Algorithm::EcdsaP256 => Algorithm::EcdsaP256,
        pki::Algorithm::EcdsaP384 => Algorithm::EcdsaP384,
    }
}

fn existing(existing: pki::Existing) -> Existing {
    match existing {
        pki::Existing::Keep => Existing::Keep,
        pki::Existing::Replace => Existing::Replace,
    }
}

fn file(placement: pki::Placement, holds: Holds) -> Result<KeyFile, types::Error> {
    let path = MachinePath::parse(&placement.path).map_err(IntoWit::into_wit)?;
    Ok(KeyFile::new(path, placement.mode & 0o777, holds))
}

/// Files that are not one and the same: the last to be written would replace
/// the key that the others belong to.
fn distinct(files: Vec<KeyFile>) -> Result<Vec<KeyFile>, types::Error> {
    for (at, file) in files.iter().enumerate() {
        if files[..at].iter().any(|other| other.path == file.path) {
            return Err(types::Error {
                code: types::ErrorCode::Invalid,
                message: format!("{} cannot hold two things", file.path),
                hint: None,
            });
        }
    }
    Ok(files)
}

fn profile(wanted: pki::Profile) -> Result<Profile, types::Error> {
    let ip_addresses = wanted
        .ip_addresses
        .iter()
        .map(|text| {
            text.parse::<IpAddr>().map_err(|_| types::Error {
                code: types::ErrorCode::Invalid,
                message: format!("{text:?} is not an IP address"),
                hint: None,
            })
        })
        .collect::<Result<_, _>>()?;
    let usages = [
        (
            pki::KeyUsages::DIGITAL_SIGNATURE,
            KeyUsage::DigitalSignature,
        ),
        (pki::KeyUsages::KEY_ENCIPHERMENT, KeyUsage::KeyEncipherment),
        (pki::KeyUsages::KEY_CERT_SIGN, KeyUsage::CertSign),
    ];
    Ok(Profile {
        subject: Subject {
            common_name: wanted.common_name,
            organizations: wanted.organizations,
        },
        dns_names: wanted.dns_names,
        ip_addresses,
        is_ca: wanted.certificate_authority,
        key_usages: usages
            .into_iter()
            .filter(|(flag, _)| wanted.key_usages.contains(*flag))
            .map(|(_, usage)| usage)
            .collect(),
        extended_key_usages: wanted
            .extended_usages
            .into_iter()
            .map(|usage| match usage {
                pki::ExtendedUsage::ServerAuth => ExtendedKeyUsage::ServerAuth,
                pki::ExtendedUsage::ClientAuth => ExtendedKeyUsage::ClientAuth,
            })
            .collect(),
        validity: Duration::from_secs(wanted.validity_seconds),
        start: match wanted.not_before {
            pki::NotBefore::BackDated(seconds) => {
                Start::Backdated(Duration::from_secs(seconds.into()))
            }
            pki::NotBefore::OfSigner => Start::WithSigner,
        },
        serial: match wanted.serial {
            pki::Serial::Random => Serial::Random,
            pki::Serial::Fixed(number) => Serial::Fixed(number),
        },
        key_identifiers: true,
    })
}

/// A profile as policies see it.
fn described(profile: &Profile) -> serde_json::Value {
    json!({
        "commonName": profile.subject.common_name,
        "organizations": profile.subject.organizations,
        "dnsNames": profile.dns_names,
        "ipAddresses": profile.ip_addresses,
        "certificateAuthority": profile.is_ca,
        "keyUsages": profile.key_usages.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "extendedUsages": profile.extended_key_usages.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "validitySeconds": profile.validity.as_secs(),
    })
}

fn sealed_key(name: &str, key: &KeyPair) -> SealedValue {
    let bytes = Zeroizing::new(key.private_pem().reveal().to_vec());
    SealedValue::new(format!("{name} key"), SecretKind::PrivateKey, bytes)
}

impl PhaseState {
    fn granted_key(
        &mut self,
        name: &str,
        verb: PkiVerb,
        files: &[KeyFile],
    ) -> Result<(), types::Error> {
        self.origin
            .grants
            .covers_pki(name, verb, files)
            .map_err(IntoWit::into_wit)
    }

    fn signer(
        &mut self,
        signer: &Handle<CertificateHandle>,
    ) -> wasmtime::Result<Result<Signer, types::Error>> {
        let held = self.table.get(signer)?;
        let (name, signer) = (
            held.name.clone(),
            Signer {
                certificate: Arc::clone(&held.certificate),
                key: held.key.clone(),
            },
        );
        Ok(self.granted_key(&name, PkiVerb::Sign, &[]).map(|()| signer))
    }

    fn hold(
        &mut self,
        name: String,
        held: HeldCertificate,
    ) -> wasmtime::Result<Handle<CertificateHandle>> {
        for message in held.doubts {
            self.tell(Event::Warning {
                phase: self.origin.phase.clone(),
                message,
            });
        }
        Ok(self.table.push(CertificateHandle {
            name,
            certificate: held.certificate,
            key: held.key,
        })?)
    }

    /// The private key for placing, if that was granted.
    fn placeable(&mut self, name: &str, key: &KeyPair) -> Result<SealedValue, types::Error> {
        self.granted_key(name, PkiVerb::Place, &[])?;
        Ok(sealed_key(name, key))
    }
}

impl pki::Host for PhaseState {
    async fn ensure_key_pair(
        &mut self,
        name: String,
        wanted: pki::Algorithm,
        key: pki::Placement,
        public_key: Option<pki::Placement>,
        if_there: pki::Existing,
    ) -> wasmtime::Result<Result<(Handle<KeyPairHandle>, types::Change), types::Error>> {
        let algorithm = algorithm(wanted);
        let files = (|| {
            let files = KeyFiles {
                certificate: None,
                key: file(key, Holds::PrivateKey)?,
                public_key: public_key
                    .map(|at| file(at, Holds::PublicKey))
                    .transpose()?,
            };
            self.granted_key(&name, PkiVerb::Load, &distinct(files.all())?)?;
            Ok(files)
        })();
        let files = match files {
            Ok(files) => files,
            Err(error) => return Ok(Err(error)),
        };
        let action = Action::CreateKey {
            name: name.clone(),
            algorithm: algorithm.to_string(),
            files: files.all(),
        };
        let landed = self
            .land(action, async |world| {
                ensure_key_pair(world, &name, algorithm, &files, existing(if_there)).await
            })
            .await?;
        match landed {
            Ok((key, change)) => {
                let handle = self.table.push(KeyPairHandle { name, key })?;
                Ok(Ok((handle, change.into())))
            }
            Err(error) => Ok(Err(error)),
        }
    }

    async fn ensure_certificate(
        &mut self,
        name: String,
        wanted: pki::Profile,
        wanted_algorithm: pki::Algorithm,
        signer: Option<Handle<CertificateHandle>>,
        certificate: pki::Placement,
        key: pki::Placement,
        public_key: Option<pki::Placement>,
        if_there: pki::Existing,
    ) -> wasmtime::Result<Result<(Handle<CertificateHandle>, types::Change), types::Error>> {
        let signer = match signer.map(|signer| self.signer(&signer)).transpose()? {
            None => None,
            Some(Ok(signer)) => Some(signer),
            Some(Err(error)) => return Ok(Err(error)),
        };
        let parts = (|| {
            let certificate = file(certificate, Holds::Certificate)?;
            let files = KeyFiles {
                certificate: Some(certificate.clone()),
                key: file(key, Holds::PrivateKey)?,
                public_key: public_key
                    .map(|at| file(at, Holds::PublicKey))
                    .transpose()?,
            };
            self.granted_key(&name, PkiVerb::Load, &distinct(files.all())?)?;
            Ok((certificate, files, profile(wanted)?))
        })();
        let (certificate, files, profile) = match parts {
            Ok(parts) => parts,
            Err(error) => return Ok(Err(error)),
        };
        let action = Action::IssueCertificate {
            name: name.clone(),
            algorithm: algorithm(wanted_algorithm).to_string(),
            profile: described(&profile),
            signer: signer
                .as_ref()
                .map(|signer| signer.certificate.facts().subject.common_name.clone()),
            files: files.all(),
        };
        let wanted = WantedCertificate {
            name: name.clone(),
            profile,
            algorithm: algorithm(wanted_algorithm),
            signer,
            existing: existing(if_there),
        };
        let landed = self
            .land(action, async |world| {
                let held = ensure_certificate(world, &wanted, &certificate, &files).await?;
                let change = held.change;
                Ok::<_, PkiError>((held, change))
            })
            .await?;
        match landed {
            Ok((held, change)) => Ok(Ok((self.hold(name, held)?, change.into()))),
            Err(error) => Ok(Err(error)),
        }
    }

    async fn issue(
        &mut self,
        name: String,
        wanted: pki::Profile,
        wanted_algorithm: pki::Algorithm,
        signer: Handle<CertificateHandle>,
    ) -> wasmtime::Result<Result<Handle<CertificateHandle>, types::Error>> {
        let signer = match self.signer(&signer)? {
            Ok(signer) => signer,
            Err(error) => return Ok(Err(error)),
        };
        let profile = match profile(wanted) {
            Ok(profile) => profile,
            Err(error) => return Ok(Err(error)),
        };
        let algorithm = algorithm(wanted_algorithm);
        let action = Action::IssueCertificate {
            name: name.clone(),
            algorithm: algorithm.to_string(),
            profile: described(&profile),
            signer: Some(signer.certificate.facts().subject.common_name.clone()),
            files: Vec::new(),
        };
        let landed = self
            .land(action, async |world| {
                let key = generate(&name, algorithm).await?;
                let certificate = crate::effect::sign(world, &name, &profile, &key, Some(&signer))?;
                let held = HeldCertificate {
                    certificate: Arc::new(certificate),
                    key: Some(Arc::new(key)),
                    change: Change::Created,
                    doubts: Vec::new(),
                };
                Ok::<_, PkiError>((held, Change::Created))
            })
            .await?;
        match landed {
            Ok((held, _)) => {
                self.run.keep_issued(&name, &held);
                Ok(Ok(self.hold(name, held)?))
            }
            Err(error) => Ok(Err(error)),
        }
    }

    async fn issued(
        &mut self,
        name: String,
    ) -> wasmtime::Result<Result<Handle<CertificateHandle>, types::Error>> {
        self.enter()?;
        self.doing = format!("looking for the certificate {name}");
        if let Err(error) = self.granted_key(&name, PkiVerb::Load, &[]) {
            return Ok(Err(error));
        }
        match self.run.issued(&name) {
            Some(held) => Ok(Ok(self.hold(name, held)?)),
            None => Ok(Err(types::Error {
                code: types::ErrorCode::NotFound,
                message: format!("no phase of this run has issued the certificate {name}"),
                hint: Some("run the phase that issues it in the same run".to_owned()),
            })),
        }
    }

    async fn load_certificate(
        &mut self,
        name: String,
        certificate: String,
        key: Option<String>,
    ) -> wasmtime::Result<Result<Handle<CertificateHandle>, types::Error>> {
        self.enter()?;
        self.doing = format!("loading {certificate}");
        let paths = (|| {
            let parse = |text: &str| MachinePath::parse(text).map_err(IntoWit::into_wit);
            let certificate = parse(&certificate)?;
            let key = key.as_deref().map(parse).transpose()?;
            let mut files = vec![KeyFile::new(certificate.clone(), 0, Holds::Certificate)];
            files.extend(
                key.clone()
                    .map(|key| KeyFile::new(key, 0, Holds::PrivateKey)),
            );
            self.granted_key(&name, PkiVerb::Load, &files)?;
            Ok((certificate, key))
        })();
        let (certificate, key) = match paths {
            Ok(paths) => paths,
            Err(error) => return Ok(Err(error)),
        };
        match load_certificate(&*self.world().files, &certificate, key.as_ref()) {
            Ok(held) => Ok(Ok(self.hold(name, held)?)),
            Err(error) => Ok(Err(error.into_wit())),
        }
    }

    async fn load_key_pair(
        &mut self,
        name: String,
        key: String,
    ) -> wasmtime::Result<Result<Handle<KeyPairHandle>, types::Error>> {
        self.enter()?;
        self.doing = format!("loading {key}");
        let path = (|| {
            let path = MachinePath::parse(&key).map_err(IntoWit::into_wit)?;
            let file = KeyFile::new(path.clone(), 0, Holds::PrivateKey);
            self.granted_key(&name, PkiVerb::Load, &[file])?;
            Ok(path)
        })();
        let path = match path {
            Ok(path) => path,
            Err(error) => return Ok(Err(error)),
        };
        match load_key_pair(&*self.world().files, &path) {
            Ok(key) => Ok(Ok(self.table.push(KeyPairHandle { name, key })?)),
            Err(error) => Ok(Err(error.into_wit())),
        }
    }
}

impl pki::HostKeyPair for PhaseState {
    async fn public_key_pem(&mut self, handle: Handle<KeyPairHandle>) -> wasmtime::Result<String> {
        Ok(self.table.get(&handle)?.key.public_key().pem())
    }

    async fn private_key_pem(
        &mut self,
        handle: Handle<KeyPairHandle>,
    ) -> wasmtime::Result<Result<Handle<SealedValue>, types::Error>> {
        self.enter()?;
        let held = self.table.get(&handle)?;
        let (name, key) = (held.name.clone(), Arc::clone(&held.key));
        match self.placeable(&name, &key) {
            Ok(value) => Ok(Ok(self.table.push(value)?)),
            Err(error) => Ok(Err(error)),
        }
    }

    async fn drop(&mut self, handle: Handle<KeyPairHandle>) -> wasmtime::Result<()> {
        self.table.delete(handle)?;
        Ok(())
    }
}

impl pki::HostCertificate for PhaseState {
    async fn pem(&mut self, handle: Handle<CertificateHandle>) -> wasmtime::Result<String> {
        Ok(self.table.get(&handle)?.certificate.pem())
    }

    async fn common_name(&mut self, handle: Handle<CertificateHandle>) -> wasmtime::Result<String> {
        let held = self.table.get(&handle)?;
        Ok(held.certificate.facts().subject.common_name.clone())
    }

    async fn organizations(
        &mut self,
        handle: Handle<CertificateHandle>,
    ) -> wasmtime::Result<Vec<String>> {
        let held = self.table.get(&handle)?;
        Ok(held.certificate.facts().subject.organizations.clone())
    }

    async fn not_after(&mut self, handle: Handle<CertificateHandle>) -> wasmtime::Result<i64> {
        let not_after = self.table.get(&handle)?.certificate.facts().not_after;
        let seconds = not_after
            .duration_since(UNIX_EPOCH)
            .map_or(0, |since| since.as_secs());
        Ok(i64::try_from(seconds).unwrap_or(i64::MAX))
    }

    async fn public_key_hash(
        &mut self,
        handle: Handle<CertificateHandle>,
    ) -> wasmtime::Result<String> {
        Ok(self.table.get(&handle)?.certificate.public_key().pin())
    }

    async fn has_key(&mut self, handle: Handle<CertificateHandle>) -> wasmtime::Result<bool> {
        Ok(self.table.get(&handle)?.key.is_some())
    }

    async fn private_key_pem(
        &mut self,
        handle: Handle<CertificateHandle>,
    ) -> wasmtime::Result<Result<Handle<SealedValue>, types::Error>> {
        self.enter()?;
        let held = self.table.get(&handle)?;
        let (name, key) = (held.name.clone(), held.key.clone());
        let Some(key) = key else {
            return Ok(Err(types::Error {
                code: types::ErrorCode::NotFound,
                message: format!("the key of {name} is not here"),
                hint: None,
            }));
        };
        match self.placeable(&name, &key) {
            Ok(value) => Ok(Ok(self.table.push(value)?)),
            Err(error) => Ok(Err(error)),
        }
    }

    async fn drop(&mut self, handle: Handle<CertificateHandle>) -> wasmtime::Result<()> {
        self.table.delete(handle)?;
        Ok(())
    }
}
