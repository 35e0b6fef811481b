//! `pki`: keys and certificates, whose private halves stay here.

mod convert;
mod resources;

use std::sync::Arc;

use wasmtime::component::Resource as Handle;

use self::convert::{algorithm, described, distinct, existing, file, profile, sealed_key};
use super::bindings::{pki, types};
use super::state::{IntoWit, PhaseState};
use crate::effect::{
    Action, Change, Event, HeldCertificate, Holds, KeyFile, KeyFiles, PkiError, PkiVerb,
    SealedValue, Signer, WantedCertificate, ensure_certificate, ensure_key_pair, generate,
    load_certificate, load_key_pair,
};
use crate::pki::{Certificate, KeyPair};
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

    /// Tells what is not as it would be made now, and is kept.
    fn warn(&self, doubts: Vec<String>) {
        for message in doubts {
            self.tell(Event::Warning {
                phase: self.origin.phase.clone(),
                message,
            });
        }
    }

    fn hold(
        &mut self,
        name: String,
        held: HeldCertificate,
    ) -> wasmtime::Result<Handle<CertificateHandle>> {
        self.warn(held.doubts);
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
        self.enter()?;
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
            Ok(((key, doubts), change)) => {
                self.warn(doubts);
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
        self.enter()?;
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
        self.enter()?;
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
