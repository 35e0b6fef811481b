//! A certificate with its key, loaded or made.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Value, json};

use crate::effect::effect::{Effect, Inverse, Landing};
use crate::effect::event::Change;
use crate::effect::grant::{Denial, Grants, PkiVerb};
use crate::effect::pki::{
    CertificateFiles, HeldCertificate, KeyFile, PkiError, WantedCertificate, ensure_certificate,
    generate, shown_files, sign, written_files,
};
use crate::pki::{Profile, Serial, Start};
use crate::world::{Files, MachinePath, Made, World};

/// Loads a certificate and its key, or makes them.
pub struct IssueCertificate {
    pub wanted: WantedCertificate,
    /// None: both stay with the host.
    pub files: Option<CertificateFiles>,
}

impl IssueCertificate {
    fn all_files(&self) -> Vec<KeyFile> {
        self.files.iter().flat_map(CertificateFiles::all).collect()
    }
}

impl Effect for IssueCertificate {
    fn name(&self) -> &'static str {
        "IssueCertificate"
    }

    fn target(&self) -> String {
        format!("certificate {}", self.wanted.name)
    }

    fn grant(&self, grants: &Grants, files: &dyn Files) -> Result<(), Denial> {
        grants.covers_pki(&self.wanted.name, PkiVerb::Create, &self.all_files(), files)
    }

    fn shown(&self) -> Value {
        let Self { wanted, files } = self;
        let WantedCertificate {
            name,
            profile,
            algorithm,
            signer,
            existing,
        } = wanted;
        let certificate = signer.as_ref().map(|signer| &signer.certificate);
        json!({
            "name": name,
            "algorithm": algorithm.to_string(),
            "profile": shown_profile(profile),
            "signer": certificate.map(|one| one.facts().subject.common_name.as_str()),
            // Names can be had twice, keys cannot.
            "signerKey": certificate.map(|one| one.public_key().pin()),
            "files": files.as_ref().map(|files| shown_files(&files.all())).unwrap_or_default(),
            "existing": existing,
        })
    }

    fn writes(&self) -> BTreeMap<MachinePath, Made> {
        written_files(&self.all_files())
    }

    fn inverse(&self) -> Inverse {
        Inverse::Files
    }
}

impl Landing for IssueCertificate {
    type Output = HeldCertificate;
    type Error = PkiError;

    async fn land(&self, world: &World) -> Result<(HeldCertificate, Change), PkiError> {
        let wanted = &self.wanted;
        let held = match &self.files {
            Some(files) => ensure_certificate(world, wanted, files).await?,
            None => {
                let key = generate(&wanted.name, wanted.algorithm).await?;
                let signer = wanted.signer.as_ref();
                let certificate = sign(world, &wanted.name, &wanted.profile, &key, signer)?;
                HeldCertificate {
                    certificate: Arc::new(certificate),
                    key: Some(Arc::new(key)),
                    change: Change::Created,
                    doubts: Vec::new(),
                }
            }
        };
        let change = held.change;
        Ok((held, change))
    }
}

/// All that a profile says, for policies.
fn shown_profile(profile: &Profile) -> Value {
    let Profile {
        subject,
        dns_names,
        ip_addresses,
        is_ca,
        key_usages,
        extended_key_usages,
        validity,
        start,
        serial,
        key_identifiers,
    } = profile;
    let words = |list: &[&dyn ToString]| list.iter().map(|one| one.to_string()).collect::<Vec<_>>();
    json!({
        "commonName": subject.common_name,
        "organizations": subject.organizations,
        "dnsNames": dns_names,
        "ipAddresses": ip_addresses,
        "certificateAuthority": is_ca,
        "keyUsages": words(&key_usages.iter().map(|one| one as _).collect::<Vec<_>>()),
        "extendedUsages": words(&extended_key_usages.iter().map(|one| one as _).collect::<Vec<_>>()),
        "validitySeconds": validity.as_secs(),
        "start": match start {
            Start::Backdated(by) => json!({ "backdatedSeconds": by.as_secs() }),
            Start::WithSigner => json!("with-signer"),
        },
        "serial": match serial {
            Serial::Random => json!("random"),
            Serial::Fixed(number) => json!(number),
        },
        "keyIdentifiers": key_identifiers,
    })
}
