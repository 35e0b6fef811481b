//! A machine with secrets on it, and a component that may do almost all.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use kubewright::component::{Component, Engine, PhaseComponent, Source};
use kubewright::distribution::Distribution;
use kubewright::effect::Grants;
use kubewright::pki::{
    Algorithm, ExtendedKeyUsage, KeyPair, Profile, SecretString, self_sign, sign,
};
use kubewright_test_hostile_calls::judge::Judge;
use kubewright_test_hostile_calls::shorthand::{
    CERTIFICATE_KEY, GENEROUS, KEY, TOKEN, TOKEN_SECRET,
};

use crate::components::hostile;

/// The machine as it is before each run, and what is secret of it.
pub struct Machine {
    pub folder: tempfile::TempDir,
    pub judge: Judge,
}

impl Machine {
    pub fn new() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let pki = folder.path().join("etc/kubernetes/pki");
        for path in [
            "srv/hostile/made",
            "srv/drop",
            "etc/kubernetes/pki",
            "home/alice",
        ] {
            std::fs::create_dir_all(folder.path().join(path)).expect("folders can be made");
        }
        let now = SystemTime::now();
        let mut secrets = BTreeMap::from([
            ("token".to_owned(), TOKEN_SECRET.to_owned()),
            ("certificate key".to_owned(), CERTIFICATE_KEY.to_owned()),
        ]);
        let mut made = |name: &str| {
            let key = KeyPair::generate(Algorithm::EcdsaP256).expect("a key can be made");
            let pem = String::from_utf8(key.private_pem().reveal().to_vec()).expect("PEM is text");
            let line = pem.lines().nth(1).expect("PEM has lines").to_owned();
            secrets.insert(format!("{name}.key"), line);
            put(&pki.join(format!("{name}.key")), &pem);
            key
        };
        let (ca_key, sa, admin) = (made("ca"), made("sa"), made("admin"));
        let ca = self_sign(&Profile::authority("kubernetes"), &ca_key, now).expect("a CA");
        put(&pki.join("ca.crt"), &ca.pem());
        put(&pki.join("sa.pub"), &sa.public_key().pem());
        let mut profile = Profile::leaf("kubernetes-admin");
        profile.extended_key_usages = vec![ExtendedKeyUsage::ClientAuth];
        let certificate = sign(&profile, admin.public_key(), &ca, &ca_key, now).expect("a leaf");
        let data = |bytes: &[u8]| STANDARD.encode(bytes);
        put(
            &folder.path().join("etc/kubernetes/admin.conf"),
            &format!(
                "apiVersion: v1\nkind: Config\ncurrent-context: c\n\
                 contexts: [{{name: c, context: {{cluster: k, user: u}}}}]\n\
                 clusters: [{{name: k, cluster: {{server: 'https://192.0.2.10:6443', \
                 certificate-authority-data: {}}}}}]\n\
                 users: [{{name: u, user: {{client-certificate-data: {}, client-key-data: {}}}}}]\n",
                data(ca.pem().as_bytes()),
                data(certificate.pem().as_bytes()),
                data(admin.private_pem().reveal()),
            ),
        );
        put(
            &folder.path().join("home/alice/notes"),
            "not the component's",
        );
        std::os::unix::fs::symlink("/home/alice", folder.path().join("srv/hostile/out"))
            .expect("links can be made");
        Self {
            folder,
            judge: Judge::new(&secrets),
        }
    }

    /// What the configuration gives, by pointer.
    pub fn configured() -> BTreeMap<String, SecretString> {
        [
            (TOKEN, format!("abcdef.{TOKEN_SECRET}")),
            (KEY, CERTIFICATE_KEY.to_owned()),
        ]
        .map(|(pointer, text)| (pointer.to_owned(), SecretString::new(text)))
        .into()
    }
}

fn put(path: &Path, text: &str) {
    std::fs::write(path, text).expect("files can be written");
}

/// The component that carries programs out, and what it may do.
pub struct Attacker {
    pub component: PhaseComponent,
    pub grants: Arc<Grants>,
}

impl Attacker {
    pub fn new() -> Self {
        let built = hostile();
        let folder = tempfile::tempdir().expect("a temporary folder");
        let file = folder.path().join("hostile.wasm");
        std::fs::write(&file, &built.component).expect("files can be written");
        let distribution = folder.path().join("distribution.yaml");
        put(
            &distribution,
            &format!(
                "apiVersion: kubewright.dev/v1alpha1\nkind: Distribution\nname: mine\nphases:\n\
                 - name: hostile\n  component: hostile.wasm\n  digest: {}\n  phases:\n  \
                 - name: program\n  - name: then\n  grants:\n{GENEROUS}",
                built.digest
            ),
        );
        let name = distribution.to_str().expect("it is text");
        let distribution = Distribution::load(name).unwrap_or_else(|error| panic!("{error:?}"));
        let operation = distribution
            .operation("init")
            .unwrap_or_else(|error| panic!("{error:?}"));
        let grants = operation.groups[0].grants(&serde_json::json!({}));
        let engine = Engine::start().expect("the engine starts");
        let source = Source::read(&file).expect("the component is there");
        let loaded = Component::load(&engine, &source).unwrap_or_else(|error| panic!("{error:?}"));
        Self {
            component: PhaseComponent::link(loaded).expect("it is a phase"),
            grants: grants.unwrap_or_else(|error| panic!("{error:?}")),
        }
    }
}

/// In seconds since 1970: one time for all runs.
pub fn now() -> i64 {
    let now = SystemTime::UNIX_EPOCH.elapsed().unwrap_or(Duration::ZERO);
    i64::try_from(now.as_secs()).expect("it is before the year 292277026596")
}
