//! Keys and certificates in files: load what is sound, make what is missing.
//!
//! kubeadm keeps whatever verifies against the CA and never looks at the key
//! (facts in its issues: an empty key file passes as an "existing"
//! certificate, changed SANs are kept in silence). Here everything that is
//! found is held against what it should be: what is not sound is an error that
//! names every reason, and nothing is replaced unless that was asked for.

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};
use std::time::{Duration, SystemTime};

use serde::Serialize;
use serde_json::{Value, json};
use tokio::sync::Semaphore;
use zeroize::Zeroizing;

use super::effect::octal;
use super::event::Change;
use super::files::write_file;
use super::place::Place;
use crate::pki::{
    self, Algorithm, Certificate, CertificateError, Finding, IssueError, KeyError, KeyPair,
    LoadKeyError, Profile, Severity,
};
use crate::world::{FileError, MachinePath, Made, Misuse, Purpose, World};

/// What is read of a key or certificate at most.
const FILE_LIMIT: u64 = 1 << 20;

/// Key generation takes a core each: one at a time for every core, first come
/// first served, so that the CA that others wait for is not the last.
static CORES: LazyLock<Semaphore> =
    LazyLock::new(|| Semaphore::new(std::thread::available_parallelism().map_or(1, usize::from)));

/// What a file of the PKI holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Holds {
    Certificate,
    PrivateKey,
    PublicKey,
}

/// A file that a key or a certificate goes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyFile {
    pub place: Place,
    pub mode: u32,
    pub holds: Holds,
}

impl KeyFile {
    /// Where it lies.
    pub fn path(&self) -> &MachinePath {
        self.place.path()
    }
}

/// What to do about what is there already.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Existing {
    Keep,
    Replace,
}

/// The files of a key.
#[derive(Clone, Debug)]
pub struct KeyFiles {
    pub key: KeyFile,
    pub public_key: Option<KeyFile>,
}

impl KeyFiles {
    /// All of them.
    pub fn all(&self) -> Vec<KeyFile> {
        let files = std::iter::once(&self.key).chain(&self.public_key);
        files.cloned().collect()
    }
}

/// The files of a certificate and its key.
#[derive(Clone, Debug)]
pub struct CertificateFiles {
    pub certificate: KeyFile,
    pub keys: KeyFiles,
}

impl CertificateFiles {
    /// All of them.
    pub fn all(&self) -> Vec<KeyFile> {
        let mut files = vec![self.certificate.clone()];
        files.extend(self.keys.all());
        files
    }
}

/// Files as policies see them.
pub(super) fn shown_files(files: &[KeyFile]) -> Vec<Value> {
    let shown = |KeyFile { place, mode, holds }: &KeyFile| {
        json!({
            "path": place.path(), "realPath": place.shown_real(), "mode": octal(*mode),
            "holds": holds,
        })
    };
    files.iter().map(shown).collect()
}

/// What files are once they are written.
pub(super) fn written_files(files: &[KeyFile]) -> BTreeMap<MachinePath, Made> {
    let made = |file: &KeyFile| {
        let made = match file.holds {
            Holds::PrivateKey => Made::HostKey,
            Holds::Certificate | Holds::PublicKey => Made::HostPublic,
        };
        (file.path().clone(), made)
    };
    files.iter().map(made).collect()
}

/// A certificate that may sign, with its key where that is here.
#[derive(Clone)]
pub struct Signer {
    pub certificate: Arc<Certificate>,
    pub key: Option<Arc<KeyPair>>,
}

/// A certificate that was loaded or made.
#[derive(Clone)]
pub struct HeldCertificate {
    pub certificate: Arc<Certificate>,
    /// None for a CA whose key is kept elsewhere.
    pub key: Option<Arc<KeyPair>>,
    pub change: Change,
    /// What is not as it would be made now, and is kept all the same.
    pub doubts: Vec<String>,
}

/// A certificate that a component asks for.
pub struct WantedCertificate {
    pub name: String,
    pub profile: Profile,
    pub algorithm: Algorithm,
    pub signer: Option<Signer>,
    pub existing: Existing,
}

/// Why a key or certificate could not be had.
#[derive(Debug, thiserror::Error)]
pub enum PkiError {
    #[error(transparent)]
    File(#[from] FileError),
    #[error("{path} {misuse}")]
    Misused { path: MachinePath, misuse: Misuse },
    #[error("{path} is not a usable private key")]
    Key {
        path: MachinePath,
        #[source]
        source: LoadKeyError,
    },
    #[error("{path} is not a usable certificate")]
    Certificate {
        path: MachinePath,
        #[source]
        source: CertificateError,
    },
    #[error("{path} cannot be kept: it {}", sentences(findings))]
    Unsound {
        path: MachinePath,
        findings: Vec<Finding>,
    },
    #[error("{public_key} is not the public half of {key}")]
    PublicKeyMismatch {
        key: MachinePath,
        public_key: MachinePath,
    },
    #[error("{path} has a key of {found}, but the configuration asks for {wanted}")]
    KeyType {
        path: MachinePath,
        found: String,
        wanted: Algorithm,
    },
    #[error("{path} is missing, and it cannot be made because the key of its CA is not here")]
    SignerWithoutKey { path: MachinePath },
    #[error("the certificate {name} cannot be made because the key of its CA is not here")]
    IssuerWithoutKey { name: String },
    #[error("the certificate {name} cannot be made")]
    Issue {
        name: String,
        #[source]
        source: IssueError,
    },
    #[error("the key {name} cannot be made")]
    Generate {
        name: String,
        #[source]
        source: KeyError,
    },
    #[error("key generation was interrupted")]
    Interrupted,
}

impl PkiError {
    /// What a person can do about it.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Key { path, .. } | Self::Certificate { path, .. } => Some(format!(
                "restore {path} from a backup, or move it and what belongs to it away to have it made anew"
            )),
            Self::Unsound { path, .. } => Some(format!(
                "nothing was changed; move {path} and its key away to have them made anew, or correct the configuration"
            )),
            Self::KeyType { path, .. } => Some(format!(
                "nothing was changed; move {path} away to have it made anew, or correct encryptionAlgorithm"
            )),
            Self::PublicKeyMismatch { public_key, .. } => {
                Some(format!("remove {public_key} to have it made from the key"))
            }
            Self::SignerWithoutKey { .. } | Self::IssuerWithoutKey { .. } => Some(
                "in external CA mode every certificate and kubeconfig must be put in place beforehand".to_owned(),
            ),
            _ => None,
        }
    }
}

fn sentences(findings: &[Finding]) -> String {
    let texts: Vec<String> = findings.iter().map(Finding::to_string).collect();
    texts.join("; and it ")
}

/// Makes a key, off the async threads and no more at a time than there are
/// cores.
pub async fn generate(name: &str, algorithm: Algorithm) -> Result<KeyPair, PkiError> {
    let failed = |source| PkiError::Generate {
        name: name.to_owned(),
        source,
    };
    match algorithm {
        // Takes less time than handing it to another thread.
        Algorithm::EcdsaP256 | Algorithm::EcdsaP384 => KeyPair::generate(algorithm).map_err(failed),
        Algorithm::Rsa2048 | Algorithm::Rsa3072 | Algorithm::Rsa4096 => {
            let _core = CORES.acquire().await.map_err(|_| PkiError::Interrupted)?;
            tokio::task::spawn_blocking(move || KeyPair::generate(algorithm))
                .await
                .map_err(|_| PkiError::Interrupted)?
                .map_err(failed)
        }
    }
}

/// Loads or makes a key pair and its files. A key of another algorithm is kept,
/// as one beside a certificate is: what it signed must stay valid. The last
/// value says so.
pub async fn ensure_key_pair(
    world: &World,
    name: &str,
    algorithm: Algorithm,
    files: &KeyFiles,
    existing: Existing,
) -> Result<((Arc<KeyPair>, Vec<String>), Change), PkiError> {
    let mut doubts = Vec::new();
    let found = match existing {
        Existing::Keep => load_optional_key(world, files.key.path())?,
        Existing::Replace => None,
    };
    let (key, mut change) = match found {
        Some(key) => {
            let found = key.key_type().clone();
            if found.algorithm() != Some(algorithm) {
                let path = files.key.path();
                let differs = Finding::AlgorithmDiffers {
                    found,
                    wanted: algorithm,
                };
                doubts.push(format!("{path} {differs}; it is kept"));
            }
            (Arc::new(key), Change::Unchanged)
        }
        None => {
            let key = Arc::new(generate(name, algorithm).await?);
            let change = write_key(world, files, &key)?;
            (key, change)
        }
    };
    if write_public_key(world, files, &key, existing)? && change == Change::Unchanged {
        change = Change::Updated;
    }
    Ok(((key, doubts), change))
}

/// Loads or makes a certificate, its key and their files.
pub async fn ensure_certificate(
    world: &World,
    wanted: &WantedCertificate,
    all: &CertificateFiles,
) -> Result<HeldCertificate, PkiError> {
    let CertificateFiles {
        certificate: certificate_file,
        keys: files,
    } = all;
    let (found, key) = match wanted.existing {
        Existing::Keep => (
            load_optional_certificate(world, certificate_file.path())?,
            load_optional_key(world, files.key.path())?,
        ),
        Existing::Replace => (None, None),
    };
    let Some(found) = found else {
        return make(world, wanted, certificate_file, files, key).await;
    };
    let (doubts, fatal): (Vec<_>, Vec<_>) = pki::check(
        &found,
        key.as_ref(),
        &wanted.profile,
        Some(wanted.algorithm),
        wanted.signer.as_ref().map(|signer| &*signer.certificate),
        now(world),
    )
    .into_iter()
    // A CA without its key: external CA mode.
    .filter(|finding| !(wanted.profile.is_ca && *finding == Finding::KeyMissing))
    .partition(|finding| finding.severity() == Severity::Tolerable);
    if !fatal.is_empty() {
        return Err(PkiError::Unsound {
            path: certificate_file.path().clone(),
            findings: fatal,
        });
    }
    let key = key.map(Arc::new);
    let mut change = Change::Unchanged;
    if let Some(key) = &key
        && write_public_key(world, files, key, wanted.existing)?
    {
        change = Change::Updated;
    }
    Ok(HeldCertificate {
        certificate: Arc::new(found),
        key,
        change,
        doubts: doubts
            .iter()
            .map(|doubt| format!("{} {doubt}; it is kept", certificate_file.path()))
            .collect(),
    })
}

async fn make(
    world: &World,
    wanted: &WantedCertificate,
    certificate_file: &KeyFile,
    files: &KeyFiles,
    key: Option<KeyPair>,
) -> Result<HeldCertificate, PkiError> {
    if wanted
        .signer
        .as_ref()
        .is_some_and(|signer| signer.key.is_none())
    {
        return Err(PkiError::SignerWithoutKey {
            path: certificate_file.path().clone(),
        });
    }
    let key = match key {
        // Left by a run that died between the two files, or put there by an
        // operator who brings keys along.
        Some(key) => {
            if key.key_type().algorithm() != Some(wanted.algorithm) {
                return Err(PkiError::KeyType {
                    path: files.key.path().clone(),
                    found: key.key_type().to_string(),
                    wanted: wanted.algorithm,
                });
            }
            Arc::new(key)
        }
        None => {
            let key = Arc::new(generate(&wanted.name, wanted.algorithm).await?);
            // The key before its certificate: a certificate without a key
            // would look like external CA mode to the next run.
            write_key(world, files, &key)?;
            key
        }
    };
    let certificate = sign(
        world,
        &wanted.name,
        &wanted.profile,
        &key,
        wanted.signer.as_ref(),
    )?;
    let change = write_file(
        &*world.files,
        certificate_file.path(),
        certificate_file.mode,
        certificate.pem().as_bytes(),
    )?;
    write_public_key(world, files, &key, wanted.existing)?;
    Ok(HeldCertificate {
        certificate: Arc::new(certificate),
        key: Some(key),
        change,
        doubts: Vec::new(),
    })
}

/// Signs a certificate for a key: by the signer, or by itself.
pub fn sign(
    world: &World,
    name: &str,
    profile: &Profile,
    key: &KeyPair,
    signer: Option<&Signer>,
) -> Result<Certificate, PkiError> {
    match signer {
        None => pki::self_sign(profile, key, now(world)),
        Some(Signer {
            certificate,
            key: Some(signer),
        }) => pki::sign(profile, key.public_key(), certificate, signer, now(world)),
        Some(Signer { key: None, .. }) => {
            return Err(PkiError::IssuerWithoutKey {
                name: name.to_owned(),
            });
        }
    }
    .map_err(|source| PkiError::Issue {
        name: name.to_owned(),
        source,
    })
}

/// Loads a certificate, and its key if that has a path and is there.
pub fn load_certificate(
    world: &World,
    certificate: &MachinePath,
    key: Option<&MachinePath>,
) -> Result<HeldCertificate, PkiError> {
    let found = load_optional_certificate(world, certificate)?
        .ok_or_else(|| FileError::NotFound(certificate.clone()))?;
    let key = match key {
        Some(path) => load_optional_key(world, path)?,
        None => None,
    };
    if let Some(key) = &key
        && key.public_key() != found.public_key()
    {
        return Err(PkiError::Unsound {
            path: certificate.clone(),
            findings: vec![Finding::KeyMismatch],
        });
    }
    Ok(HeldCertificate {
        certificate: Arc::new(found),
        key: key.map(Arc::new),
        change: Change::Unchanged,
        doubts: Vec::new(),
    })
}

/// Loads a key pair.
pub fn load_key_pair(world: &World, path: &MachinePath) -> Result<Arc<KeyPair>, PkiError> {
    load_optional_key(world, path)?
        .map(Arc::new)
        .ok_or_else(|| FileError::NotFound(path.clone()).into())
}

fn load_optional_certificate(
    world: &World,
    path: &MachinePath,
) -> Result<Option<Certificate>, PkiError> {
    let Some(text) = open(world, path, Purpose::Certificate)? else {
        return Ok(None);
    };
    Certificate::from_pem(&text)
        .map(Some)
        .map_err(|source| PkiError::Certificate {
            path: path.clone(),
            source,
        })
}

fn load_optional_key(world: &World, path: &MachinePath) -> Result<Option<KeyPair>, PkiError> {
    let Some(text) = open(world, path, Purpose::PrivateKey)? else {
        return Ok(None);
    };
    KeyPair::from_pem(&*text)
        .map(Some)
        .map_err(|source| PkiError::Key {
            path: path.clone(),
            source,
        })
}

/// A file, if it is there and may be used for this.
fn open(
    world: &World,
    path: &MachinePath,
    purpose: Purpose,
) -> Result<Option<Zeroizing<Vec<u8>>>, PkiError> {
    if world.files.stat(path)?.is_none() {
        return Ok(None);
    }
    let opened = world.files.open(path, FILE_LIMIT)?;
    let allowed = world.provenance.allows(opened.identity, purpose);
    allowed.map_err(|misuse| PkiError::Misused {
        path: path.clone(),
        misuse,
    })?;
    Ok(Some(opened.content))
}

fn write_key(world: &World, files: &KeyFiles, key: &KeyPair) -> Result<Change, FileError> {
    write_file(
        &*world.files,
        files.key.path(),
        files.key.mode,
        key.private_pem().reveal(),
    )
}

/// Writes the public half if it has a file; true where that was not so yet.
fn write_public_key(
    world: &World,
    files: &KeyFiles,
    key: &KeyPair,
    existing: Existing,
) -> Result<bool, PkiError> {
    let Some(file) = &files.public_key else {
        return Ok(false);
    };
    let text = key.public_key().pem();
    if existing == Existing::Keep && world.files.stat(file.path())?.is_some() {
        let found = open(world, file.path(), Purpose::Certificate)?.unwrap_or_default();
        let same = pki::PublicKey::from_pem(&found).is_ok_and(|found| found == *key.public_key());
        return match same {
            true => Ok(false),
            false => Err(PkiError::PublicKeyMismatch {
                key: files.key.path().clone(),
                public_key: file.path().clone(),
            }),
        };
    }
    let change = write_file(&*world.files, file.path(), file.mode, text.as_bytes())?;
    Ok(change != Change::Unchanged)
}

fn now(world: &World) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(u64::try_from(world.now).unwrap_or(0))
}
