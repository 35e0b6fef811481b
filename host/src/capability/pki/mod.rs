//! `pki`: keys and certificates, whose private halves stay here.

mod convert;
pub(super) mod resources;

use std::sync::Arc;

use wasmtime::component::Resource as Handle;

use self::convert::{algorithm, distinct, existing, file, followed, profile, sealed_key};
use super::bindings::{pki, types};
use super::gate::Answer;
use super::refusal::Refusal;
use super::state::PhaseState;
use crate::effect::{
    CertificateFiles, CreateKey, Event, Existing, HeldCertificate, Holds, IssueCertificate,
    KeyFile, KeyFiles, PkiVerb, SealedValue, Signer, WantedCertificate, load_certificate,
    load_key_pair,
};
use crate::pki::{Certificate, KeyPair};
use crate::world::LastLink;

/// A key pair of a name.
pub struct KeyPairHandle {
    name: String,
    key: Arc<KeyPair>,
    /// Where it came from: what may be done with it is granted for there.
    files: Vec<KeyFile>,
}

/// A certificate of a name.
pub struct CertificateHandle {
    name: String,
    certificate: Arc<Certificate>,
    key: Option<Arc<KeyPair>>,
    /// Where it came from; empty where the host alone has it.
    files: Vec<KeyFile>,
}

impl PhaseState {
    fn granted_key(&self, name: &str, verb: PkiVerb, keys: &[KeyFile]) -> Result<(), Refusal> {
        let files = &*self.world().files;
        Ok(self.origin.grants.covers_pki(name, verb, keys, files)?)
    }

    fn signer(&mut self, signer: &Handle<CertificateHandle>) -> Result<Signer, Refusal> {
        let held = self.table.get(signer)?;
        self.granted_key(&held.name, PkiVerb::Sign, &held.files)?;
        Ok(Signer {
            certificate: Arc::clone(&held.certificate),
            key: held.key.clone(),
        })
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
        files: Vec<KeyFile>,
    ) -> Answer<Handle<CertificateHandle>> {
        self.warn(held.doubts);
        // The host keeps all of a bundle for as long as the handle is open.
        self.budget.spend(held.certificate.bundle_pem().len())?;
        self.hand(CertificateHandle {
            name,
            certificate: held.certificate,
            key: held.key,
            files,
        })
    }

    /// The private key for placing, if that was granted.
    fn placeable(
        &self,
        name: &str,
        key: &KeyPair,
        files: &[KeyFile],
    ) -> Result<SealedValue, Refusal> {
        self.granted_key(name, PkiVerb::Place, files)?;
        Ok(sealed_key(name, key))
    }

    /// The files of a key, which may also be loaded from there.
    fn key_files(
        &self,
        key: pki::Placement,
        public_key: Option<pki::Placement>,
    ) -> Result<KeyFiles, Refusal> {
        Ok(KeyFiles {
            key: file(self, key, Holds::PrivateKey)?,
            public_key: public_key
                .map(|at| file(self, at, Holds::PublicKey))
                .transpose()?,
        })
    }

    fn granted_files(&self, name: &str, files: &[KeyFile]) -> Result<(), Refusal> {
        distinct(files)?;
        self.granted_key(name, PkiVerb::Load, &followed(self, files)?)
    }
}

pub async fn ensure_key_pair(
    state: &mut PhaseState,
    name: String,
    wanted: pki::Algorithm,
    key: pki::Placement,
    public_key: Option<pki::Placement>,
    if_there: pki::Existing,
) -> Answer<(Handle<KeyPairHandle>, types::Change)> {
    let files = state.key_files(key, public_key)?;
    let all = files.all();
    state.granted_files(&name, &all)?;
    let effect = CreateKey {
        name: name.clone(),
        algorithm: algorithm(wanted),
        files,
        existing: existing(if_there),
    };
    let ((key, doubts), change) = state.land(effect).await?;
    state.warn(doubts);
    let handle = state.hand(KeyPairHandle {
        name,
        key,
        files: all,
    })?;
    Ok(handle.and(state.answer(change.into())?))
}

#[expect(clippy::too_many_arguments, reason = "the contract's")]
pub async fn ensure_certificate(
    state: &mut PhaseState,
    name: String,
    wanted: pki::Profile,
    wanted_algorithm: pki::Algorithm,
    signer: Option<Handle<CertificateHandle>>,
    certificate: pki::Placement,
    key: pki::Placement,
    public_key: Option<pki::Placement>,
    if_there: pki::Existing,
) -> Answer<(Handle<CertificateHandle>, types::Change)> {
    let signer = signer.map(|signer| state.signer(&signer)).transpose()?;
    let files = CertificateFiles {
        certificate: file(state, certificate, Holds::Certificate)?,
        keys: state.key_files(key, public_key)?,
    };
    let all = files.all();
    state.granted_files(&name, &all)?;
    let effect = IssueCertificate {
        wanted: WantedCertificate {
            name: name.clone(),
            profile: profile(wanted)?,
            algorithm: algorithm(wanted_algorithm),
            signer,
            existing: existing(if_there),
        },
        files: Some(files),
    };
    let (held, change) = state.land(effect).await?;
    let handle = state.hold(name, held, all)?;
    Ok(handle.and(state.answer(change.into())?))
}

pub async fn issue(
    state: &mut PhaseState,
    name: String,
    wanted: pki::Profile,
    wanted_algorithm: pki::Algorithm,
    signer: Handle<CertificateHandle>,
) -> Answer<Handle<CertificateHandle>> {
    let effect = IssueCertificate {
        wanted: WantedCertificate {
            name: name.clone(),
            signer: Some(state.signer(&signer)?),
            profile: profile(wanted)?,
            algorithm: algorithm(wanted_algorithm),
            // Nothing is there: both stay with the host.
            existing: Existing::Replace,
        },
        files: None,
    };
    let (held, _) = state.land(effect).await?;
    state.run.keep_issued(&name, &held);
    state.hold(name, held, Vec::new())
}

pub async fn issued(state: &mut PhaseState, name: String) -> Answer<Handle<CertificateHandle>> {
    state.doing = format!("looking for the certificate {name}");
    state.granted_key(&name, PkiVerb::Load, &[])?;
    let held = state.run.issued(&name).ok_or_else(|| types::Error {
        code: types::ErrorCode::NotFound,
        message: format!("no phase of this run has issued the certificate {name}"),
        hint: Some("run the phase that issues it in the same run".to_owned()),
    })?;
    state.hold(name, held, Vec::new())
}

pub async fn load_certificate_file(
    state: &mut PhaseState,
    name: String,
    certificate: String,
    key: Option<String>,
) -> Answer<Handle<CertificateHandle>> {
    state.doing = format!("loading {certificate}");
    let mut files = vec![loaded(state, &certificate, Holds::Certificate)?];
    let key = key
        .map(|key| loaded(state, &key, Holds::PrivateKey))
        .transpose()?;
    files.extend(key.clone());
    state.granted_key(&name, PkiVerb::Load, &files)?;
    let key = key.as_ref().map(KeyFile::path);
    let held = load_certificate(state.world(), files[0].path(), key)?;
    state.hold(name, held, files)
}

pub async fn load_key_file(
    state: &mut PhaseState,
    name: String,
    key: String,
) -> Answer<Handle<KeyPairHandle>> {
    state.doing = format!("loading {key}");
    let file = loaded(state, &key, Holds::PrivateKey)?;
    state.granted_key(&name, PkiVerb::Load, std::slice::from_ref(&file))?;
    let key = load_key_pair(state.world(), file.path())?;
    state.hand(KeyPairHandle {
        name,
        key,
        files: vec![file],
    })
}

fn loaded(state: &PhaseState, path: &str, holds: Holds) -> Result<KeyFile, Refusal> {
    Ok(KeyFile {
        place: state.place(path, LastLink::Follow)?,
        mode: 0,
        holds,
    })
}
