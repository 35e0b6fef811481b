//! Secrets in disguise: in every text, certificate, key and kubeconfig that a
//! component can write around a handle.

use kubewright_test_hostile_calls::{Call, Encoding, Piece, Program};

<<<<<<< HEAD
use super::support::der::{self, Field};

pub const ADMIN: &str = "/etc/kubernetes/admin.conf";
pub const PKI: &str = "/etc/kubernetes/pki";
pub const TOKEN: &str = "/InitConfiguration/bootstrapTokens/0/token";
pub const KEY: &str = "/InitConfiguration/certificateKey";

/// A secret of the machine, by the step that got its handle.
pub struct Held {
    pub name: &'static str,
    pub step: usize,
    /// In bytes.
    pub length: usize,
}

/// Gets handles of all kinds of secrets; `key_length` is that of the file
/// `sa.key`.
pub fn secrets(program: &mut Program, key_length: usize) -> Vec<Held> {
    let pair = program.call(Call::PkiLoadKeyPair {
        name: "sa".into(),
        key: format!("{PKI}/sa.key").into(),
    });
    let key = program.call(Call::PkiKeyPairPrivateKeyPem { of: pair });
    let token = program.call(Call::TokensBootstrap {
        pointer: TOKEN.into(),
        alphabet: Alphabet::Alphanumeric,
    });
    let full = program.call(Call::TokensTokenFull { of: token });
    let half = program.call(Call::TokensTokenSecret { of: token });
    let certificate_key = program.call(Call::TokensCertificateKey {
        pointer: KEY.into(),
    });
    [
        ("private-key", key, key_length),
        ("token", full, 23),
        ("token-half", half, 16),
        ("certificate-key", certificate_key, 64),
    ]
    .map(|(name, step, length)| Held { name, step, length })
    .into()
}

pub fn write(path: impl Into<Text>, content: Vec<Piece>) -> Call {
    Call::FilesWrite {
        path: path.into(),
        mode: 0o600,
        content,
    }
}

pub fn read(path: impl Into<Text>) -> Call {
    Call::FilesRead { path: path.into() }
}

pub fn compose(encoding: Encoding, pieces: Vec<Piece>) -> Call {
    Call::SealedCompose { pieces, encoding }
}

pub fn inspect(path: impl Into<Text>) -> Call {
    Call::KubeconfigsInspect { path: path.into() }
}

pub fn connect() -> Call {
    Call::KubeConnect {
        kubeconfig: ADMIN.into(),
    }
}

pub fn get(of: usize, kind: &str, name: &str) -> Call {
    Call::KubeGet {
        of,
        reference: Reference::core(kind, name),
    }
}

pub fn load_ca() -> Call {
    Call::PkiLoadCertificate {
        name: "ca".into(),
        certificate: format!("{PKI}/ca.crt").into(),
        key: Some(format!("{PKI}/ca.key").into()),
    }
}

/// The certificate `mine` beside the others.
pub fn ensure_mine(profile: Profile, signer: usize) -> Call {
    let at = |path: String| Placement {
        path: path.into(),
        mode: 0o600,
    };
    Call::PkiEnsureCertificate {
        name: "mine".into(),
        profile,
        algorithm: Algorithm::EcdsaP256,
        signer: Some(signer),
        certificate: at(format!("{PKI}/mine.crt")),
        key: at(format!("{PKI}/mine.key")),
        public_key: None,
        existing: Existing::Keep,
    }
}

/// Adds a PEM block around DER of which one piece is sealed; gives the step.
pub fn pem(
    program: &mut Program,
    label: &str,
    (before, after): (Vec<u8>, Vec<u8>),
    secret: usize,
) -> usize {
    let body = program.call(compose(
        Encoding::Base64,
        vec![
            Piece::bytes(&before),
            Piece::Sealed(secret),
            Piece::bytes(&after),
        ],
    ));
    program.call(compose(
        Encoding::Plain,
        vec![
            Piece::text(format!("-----BEGIN {label}-----\n")),
            Piece::Sealed(body),
            Piece::text(format!("\n-----END {label}-----\n")),
        ],
    ))
}

/// A kubeconfig in pieces, with this one as a field of its user.
pub fn kubeconfig(server: &str, cluster: &str, user: &str, piece: Piece) -> Vec<Piece> {
    vec![
        Piece::text(format!(
            "apiVersion: v1\nkind: Config\ncurrent-context: c\n\
             contexts: [{{name: c, context: {{cluster: k, user: u}}}}]\n\
             clusters: [{{name: k, cluster: {{server: '{server}'{cluster}}}}}]\n\
             users: [{{name: u, user: {{{user}: "
        )),
        piece,
        Piece::text("}}]\n"),
    ]
}
=======
use super::calls::{Held, PKI, compose, kubeconfig, load_ca, pem, secrets, write};
use super::support::der;
use super::support::der::Field;
>>>>>>> tests

/// Where a secret is written, and as what.
pub struct Disguise {
    pub name: String,
    content: Vec<Piece>,
    /// Whether it is a key of the component's own making: what is loaded from
    /// it would tell the secret by its public half.
    pub is_made_key: bool,
}

/// All secrets that a component can hold.
pub fn held_secrets(program: &mut Program, key_length: usize) -> Vec<Held> {
    let mut held = secrets(program, key_length);
    let ca = program.call(load_ca());
    let key = program.call(Call::PkiCertificatePrivateKeyPem { of: ca });
    held.push(Held {
        name: "key-of-a-ca",
        step: key,
        length: key_length,
    });
    held
}

/// Pieces around a secret.
fn around(before: &str, secret: usize, after: &str) -> Vec<Piece> {
    vec![
        Piece::text(before),
        Piece::Sealed(secret),
        Piece::text(after),
    ]
}

/// Texts that a secret may stand in, by what stands before and after it.
const TEXTS: &[(&str, &str, &str)] = &[
    ("plain", "", ""),
    ("words", "it is ", " and more"),
    ("letters", "x", "x"),
    ("after a key's mark", "# PRIVATE KEY-----\n", "\n"),
    ("csv", "", ",kubeadm-node-csr,1,system:kubelet-bootstrap\n"),
    (
        "comment of a certificate",
        "subject=",
        "\n-----BEGIN CERTIFICATE-----\nQUFB\n-----END CERTIFICATE-----\n",
    ),
    (
        "header of a key",
        "-----BEGIN EC PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: ",
        "\n\nQUFB\n-----END EC PRIVATE KEY-----\n",
    ),
    (
        "after a public key",
        "-----BEGIN PUBLIC KEY-----\nQUFB\n-----END PUBLIC KEY-----\n",
        "",
    ),
    (
        "body of a certificate",
        "-----BEGIN CERTIFICATE-----\n",
        "\n-----END CERTIFICATE-----\n",
    ),
    (
        "label of a block",
        "-----BEGIN ",
        "-----\nQUFB\n-----END X-----\n",
    ),
    ("json value", "{\"a\":\"", "\"}"),
    ("json key", "{\"", "\":1}"),
    ("json number", "{\"a\":1", "}"),
    ("json in an array", "[[[\"", "\"]]]"),
    ("yaml value", "a: \"", "\"\n"),
    ("yaml key", "\"", "\": 1\n"),
    ("yaml anchor", "a: &", " 1\nb: *x\n"),
    ("yaml alias", "a: *", "\n"),
    ("yaml tag", "a: !", " 1\n"),
    ("yaml comment", "a: 1 # ", "\n"),
    ("yaml directive", "%TAG ! ", "\n---\na: 1\n"),
    ("yaml twice", "\"x", "\": 1\n\"x\": 2\n"),
    ("kubeconfig that is none", "apiVersion: v1\nkind: ", "\n"),
    (
        "encryption configuration",
        "kind: EncryptionConfiguration\nresources: [{providers: [{aescbc: {keys: [{secret: \"",
        "\"}]}}]}]\n",
    ),
];

/// Fields of a kubeconfig: what stands before and after the secret.
const KUBECONFIGS: &[(&str, &str)] = &[
    ("server", "server: \"https://"),
    ("server-port", "server: \"https://127.0.0.1:"),
    ("server-user", "server: \"https://user:"),
    (
        "tls-server-name",
        "server: \"https://127.0.0.1:1\", tls-server-name: \"",
    ),
    (
        "proxy-url",
        "server: \"https://127.0.0.1:1\", proxy-url: \"http://",
    ),
    (
        "authority",
        "server: \"https://127.0.0.1:1\", certificate-authority: \"/",
    ),
    (
        "authority-data",
        "server: \"https://127.0.0.1:1\", certificate-authority-data: \"",
    ),
    ("unknown", "server: \"https://127.0.0.1:1\", \""),
];

const USERS: &[(&str, &str)] = &[
    ("token", "token: \""),
    ("token-file", "tokenFile: \"/"),
    ("certificate", "client-certificate-data: \""),
    ("key", "client-certificate-data: QUFB, client-key-data: \""),
    ("key-file", "client-key: \"/"),
    ("username", "username: \""),
    ("password", "username: x, password: \""),
    (
        "exec",
        "exec: {apiVersion: client.authentication.k8s.io/v1, command: \"",
    ),
    ("provider", "auth-provider: {name: \""),
    ("impersonated", "as: \""),
];

/// Secrets in every disguise that a component can make, with the handles that
/// it takes.
pub fn disguises(program: &mut Program, held: &Held, spki: &[u8]) -> Vec<Disguise> {
    let secret = held.step;
    let base64 = program.call(compose(Encoding::Base64, vec![Piece::Sealed(secret)]));
    let json = program.call(compose(Encoding::JsonString, vec![Piece::Sealed(secret)]));
    let mut made = Vec::new();
    let mut add = |name: String, content: Vec<Piece>, is_made_key| {
        made.push(Disguise {
            name,
            content,
            is_made_key,
        });
    };
    for (name, before, after) in TEXTS {
        add((*name).to_owned(), around(before, secret, after), false);
        add(
            format!("{name}, base64"),
            around(before, base64, after),
            false,
        );
    }
    add("json string".to_owned(), vec![Piece::Sealed(json)], false);
    // Encoded again and again, each time at another place.
    for first in 0..3 {
        for second in 0..3 {
            let pad = |length: usize| Piece::text("ABC"[..length].to_owned());
            let inner = program.call(compose(
                Encoding::Base64,
                vec![pad(first), Piece::Sealed(secret)],
            ));
            let outer = program.call(compose(
                Encoding::Base64,
                vec![pad(second), Piece::Sealed(inner), pad(first)],
            ));
            add(
                format!("base64 at {first}"),
                vec![Piece::Sealed(inner)],
                false,
            );
            add(
                format!("base64 at {first} and {second}"),
                vec![Piece::Sealed(outer)],
                false,
            );
            let literal = program.call(compose(Encoding::JsonString, vec![Piece::Sealed(outer)]));
            add(
                format!("json of base64 at {first} and {second}"),
                vec![Piece::Sealed(literal)],
                false,
            );
        }
    }
    certificates(program, held, spki, &mut add);
    for (name, before) in KUBECONFIGS {
        for (form, value) in [("", secret), (", base64", base64)] {
            let content = vec![
                Piece::text(format!(
                    "apiVersion: v1\nkind: Config\ncurrent-context: c\ncontexts: [{{name: c, context: {{cluster: k, user: u}}}}]\nusers: [{{name: u, user: {{}}}}]\nclusters: [{{name: k, cluster: {{{before}"
                )),
                Piece::Sealed(value),
                Piece::text("\"}}]\n"),
            ];
            add(format!("kubeconfig, {name}{form}"), content, false);
        }
    }
    for (name, before) in USERS {
        for (form, value) in [("", secret), (", base64", base64)] {
            let content = kubeconfig(
                "https://127.0.0.1:1",
                "",
                before
                    .trim_end_matches([' ', '"', '/'])
                    .trim_end_matches(':'),
                Piece::Sealed(value),
            );
            add(
                format!("kubeconfig of a user, {name}{form}"),
                content,
                false,
            );
        }
    }
    // Names that stand in two places.
    for part in ["user", "context", "cluster"] {
        add(
            format!("kubeconfig, name of the {part}"),
            names(part, secret),
            false,
        );
    }
    made
}

/// A kubeconfig whose user, context or cluster has a secret for its name.
fn names(part: &str, secret: usize) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut text = |text: &str| pieces.push(Piece::text(text));
    text("apiVersion: v1\nkind: Config\ncurrent-context: \"x");
    let name = |of: &str, pieces: &mut Vec<Piece>| {
        if of == part {
            pieces.push(Piece::Sealed(secret));
        }
    };
    name("context", &mut pieces);
    pieces.push(Piece::text("\"\ncontexts: [{name: \"x"));
    name("context", &mut pieces);
    pieces.push(Piece::text("\", context: {cluster: \"x"));
    name("cluster", &mut pieces);
    pieces.push(Piece::text("\", user: \"x"));
    name("user", &mut pieces);
    pieces.push(Piece::text("\"}}]\nclusters: [{name: \"x"));
    name("cluster", &mut pieces);
    pieces.push(Piece::text(
        "\", cluster: {server: 'https://127.0.0.1:1'}}]\nusers: [{name: \"x",
    ));
    name("user", &mut pieces);
    pieces.push(Piece::text("\", user: {token: x}}]\n"));
    pieces
}

fn certificates(
    program: &mut Program,
    held: &Held,
    spki: &[u8],
    add: &mut impl FnMut(String, Vec<Piece>, bool),
) {
    for field in Field::ALL {
        let whole = der::around(spki, field, held.length);
        let certificate = pem(program, "CERTIFICATE", whole.clone(), held.step);
        add(
            format!("certificate, {field:?}"),
            vec![Piece::Sealed(certificate)],
            false,
        );
        let (before, after) = whole;
        let bare = vec![
            Piece::bytes(&before),
            Piece::Sealed(held.step),
            Piece::bytes(&after),
        ];
        add(format!("certificate in DER, {field:?}"), bare, false);
        let data = program.call(compose(Encoding::Base64, vec![Piece::Sealed(certificate)]));
        for name in ["client-certificate-data", "x: y, client-certificate-data"] {
            let content = kubeconfig("https://127.0.0.1:1", "", name, Piece::Sealed(data));
            add(format!("kubeconfig, {name}, {field:?}"), content, false);
        }
    }
    if held.length <= 32 {
        let key = pem(
            program,
            "EC PRIVATE KEY",
            der::around_scalar(held.length),
            held.step,
        );
        add("number of a key".to_owned(), vec![Piece::Sealed(key)], true);
    }
    if held.length <= 200 {
        let key = pem(
            program,
            "RSA PRIVATE KEY",
            der::around_modulus(held.length),
            held.step,
        );
        add(
            "modulus of a key".to_owned(),
            vec![Piece::Sealed(key)],
            true,
        );
    }
}

/// Where the disguise of this number is written.
pub fn paths(at: usize) -> [String; 3] {
    [
        format!("/srv/hostile/made/{at}"),
        format!("{PKI}/made{at}.crt"),
        format!("{PKI}/made{at}.key"),
    ]
}

impl Disguise {
    /// Writes it to a file, to a certificate's and to a key's.
    pub fn write(&self, program: &mut Program, at: usize) {
        for path in paths(at) {
            program.call(write(path, self.content.clone()));
        }
    }
}
<<<<<<< HEAD

/// Looks at a disguise in every way there is. Gives the steps that must not be
/// done.
pub fn each_reader(program: &mut Program, at: usize, disguise: &Disguise) -> Vec<usize> {
    let [file, certificate, key] = paths(at);
    let name = format!("made{at}");
    for path in [
        file.clone(),
        format!("/srv/hostile/linked/{at}"),
        format!("/srv/hostile/./made//{at}"),
        format!("/srv/hostile/made/../linked/{at}"),
        certificate.clone(),
        key.clone(),
    ] {
        program.call(read(path));
    }
    for path in [&file, &certificate] {
        program.call(inspect(path.clone()));
    }
    let load = |certificate: &str, key: Option<&str>| Call::PkiLoadCertificate {
        name: name.clone().into(),
        certificate: certificate.into(),
        key: key.map(Into::into),
    };
    for loaded in [
        program.call(load(&certificate, None)),
        program.call(load(&certificate, Some(&key))),
        program.call(load(&key, None)),
    ] {
        program.call(Call::PkiCertificatePem { of: loaded });
        program.call(Call::PkiCertificateCommonName { of: loaded });
        program.call(Call::PkiCertificateOrganizations { of: loaded });
        program.call(Call::PkiCertificatePublicKeyHash { of: loaded });
    }
    let pair = program.call(Call::PkiLoadKeyPair {
        name: name.clone().into(),
        key: key.clone().into(),
    });
    program.call(Call::PkiKeyPairPublicKeyPem { of: pair });
    let at = |path: &str| Placement {
        path: path.into(),
        mode: 0o600,
    };
    // What is there and does not fit is told in an error.
    let kept = program.call(Call::PkiEnsureKeyPair {
        name: name.clone().into(),
        algorithm: Algorithm::EcdsaP256,
        key: at(&key),
        public_key: None,
        existing: Existing::Keep,
    });
    program.call(Call::PkiEnsureCertificate {
        name: name.into(),
        profile: Profile::client("x"),
        algorithm: Algorithm::EcdsaP256,
        signer: None,
        certificate: at(&certificate),
        key: at(&key),
        public_key: None,
        existing: Existing::Keep,
    });
    for trust in [
        Trust::CaFile(file.clone().into()),
        Trust::Kubeconfig(file.clone().into()),
    ] {
        program.call(Call::HealthAwait {
            targets: vec![Item::One(Target {
                name: "x".into(),
                url: "https://127.0.0.1:1/".into(),
                trust,
                workload: "".into(),
            })],
            seconds: 0,
        });
    }
    program.call(Call::ChecksAsk {
        question: Question {
            url: "https://127.0.0.1:1/".into(),
            ca_file: file.clone().into(),
            certificate_file: certificate.into(),
            key_file: key.into(),
        },
    });
    program.call(Call::KubeConnect {
        kubeconfig: file.into(),
    });
    match disguise.is_made_key {
        true => vec![pair, kept],
        false => Vec::new(),
    }
}

/// A call of every function; gives the steps.
pub fn every_function(program: &mut Program) -> Vec<usize> {
    let mut steps = Vec::new();
    let text = |text: &str| Text::from(text);
    let at = |path: &str| Placement {
        path: path.into(),
        mode: 0o600,
    };
    let pair = program.call(Call::PkiLoadKeyPair {
        name: "sa".into(),
        key: format!("{PKI}/sa.key").into(),
    });
    let ca = program.call(load_ca());
    let token = program.call(Call::TokensBootstrap {
        pointer: TOKEN.into(),
        alphabet: Alphabet::Alphanumeric,
    });
    let key = program.call(Call::TokensCertificateKey {
        pointer: KEY.into(),
    });
    let value = program.call(compose(Encoding::Plain, vec![Piece::text("x")]));
    let client = program.call(connect());
    let map = || Reference::core("ConfigMap", "x");
    let object = r#"{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"x","namespace":"kube-system"}}"#;
    let socket = || text("unix:///run/hostile.sock");
    let calls = [
        Call::SealedLabel { of: value },
        write("/srv/hostile/x", vec![Piece::Sealed(value)]),
        Call::FilesMakeDirectory {
            path: text("/srv/hostile/folder"),
            mode: 0o700,
        },
        Call::FilesRemove {
            path: text("/srv/hostile/folder"),
        },
        read("/srv/hostile/x"),
        Call::FilesList {
            path: text("/srv/hostile"),
        },
        Call::FilesStat {
            path: text("/srv/hostile/x"),
        },
        Call::PkiKeyPairPublicKeyPem { of: pair },
        Call::PkiKeyPairPrivateKeyPem { of: pair },
        Call::PkiCertificatePem { of: ca },
        Call::PkiCertificateCommonName { of: ca },
        Call::PkiCertificateOrganizations { of: ca },
        Call::PkiCertificateNotAfter { of: ca },
        Call::PkiCertificatePublicKeyHash { of: ca },
        Call::PkiCertificateHasKey { of: ca },
        Call::PkiCertificatePrivateKeyPem { of: ca },
        Call::PkiEnsureKeyPair {
            name: text("mine"),
            algorithm: Algorithm::EcdsaP256,
            key: at(&format!("{PKI}/mine.key")),
            public_key: Some(at(&format!("{PKI}/mine.pub"))),
            existing: Existing::Keep,
        },
        ensure_mine(Profile::client("x"), ca),
        Call::PkiIssue {
            name: text("issued"),
            profile: Profile::client("x"),
            algorithm: Algorithm::EcdsaP256,
            signer: ca,
        },
        Call::PkiIssued {
            name: text("issued"),
        },
        inspect(ADMIN),
        Call::TokensTokenId { of: token },
        Call::TokensTokenSecret { of: token },
        Call::TokensTokenFull { of: token },
        Call::TokensTokenGenerated { of: token },
        Call::TokensEncrypt { plain: value, key },
        Call::TokensUuid { name: text("x") },
        Call::TokensTimeBasedUuid { name: text("x") },
        Call::KubeConnectTo {
            kubeconfig: text(ADMIN),
            server: text("https://192.0.2.10:6443"),
        },
        Call::KubeGet {
            of: client,
            reference: map(),
        },
        Call::KubeGetList {
            of: client,
            selection: Selection::core("ConfigMap"),
        },
        Call::KubeApply {
            of: client,
            object: object.into(),
            sealed: vec![SealedField {
                pointer: text("/data/x"),
                value,
            }],
        },
        Call::KubeCreate {
            of: client,
            object: object.into(),
            sealed: Vec::new(),
        },
        Call::KubePatch {
            of: client,
            reference: map(),
            patch_type: PatchType::Merge,
            patch: text("{}"),
        },
        Call::KubeDelete {
            of: client,
            reference: map(),
        },
        Call::KubeWait {
            of: client,
            reference: map(),
            condition: Condition::Exists,
            seconds: 0,
        },
        Call::KubeAdoptToken {
            of: client,
            pointer: text("/mine"),
            namespace: text("kube-system"),
            name: text("x"),
        },
        Call::KubeWaitAll {
            of: client,
            selection: Selection::core("ConfigMap"),
            minimum: 1,
            condition: Condition::Exists,
            seconds: 0,
        },
        Call::NodeFacts {},
        Call::NodeHasDirectory { path: text("/etc") },
        Call::NodeService {
            name: text("kubelet"),
            action: ServiceAction::Stop,
        },
        Call::NodeServiceActive {
            name: text("kubelet"),
        },
        Call::AccountsEnsure {
            users: vec![],
            groups: vec![Group {
                name: text("hostile-a"),
                members: vec![],
            }],
        },
        Call::AccountsSetOwner {
            path: text("/srv/hostile/x"),
            user: text("root"),
            group: text("root"),
            mode: 0o600,
        },
        Call::AccountsSetOwnerBelow {
            directory: text("/srv/hostile"),
            user: text("root"),
            group: text("root"),
        },
        Call::HealthAwait {
            targets: vec![Item::One(Target {
                name: text("x"),
                url: text("https://127.0.0.1:1/"),
                trust: Trust::Plain,
                workload: text(""),
            })],
            seconds: 0,
        },
        Call::ChecksSystem {},
        Call::ChecksKernelOptions {
            names: vec![Item::One(text("NAMESPACES"))],
        },
        Call::ChecksKernelParameter {
            name: text("net.ipv4.ip_forward"),
        },
        Call::ChecksPortIsFree { port: 1 },
        Call::ChecksOccupied { path: text("/etc") },
        Call::ChecksFindProgram { name: text("sh") },
        Call::ChecksProgramVersion {
            name: text("kubelet"),
        },
        Call::ChecksResolve {
            name: text("localhost"),
        },
        Call::ChecksAsk {
            question: Question {
                url: text("https://127.0.0.1:1/"),
                ca_file: text(""),
                certificate_file: text(""),
                key_file: text(""),
            },
        },
        Call::ChecksService {
            name: text("kubelet"),
        },
        Call::RuntimeState { socket: socket() },
        Call::RuntimeHasImage {
            socket: socket(),
            image: text("x"),
        },
        Call::RuntimePullImages {
            socket: socket(),
            images: vec![Item::One(text("x"))],
            at_once: true,
        },
        Call::PatchesApply {
            target: text("etcd"),
            object: text("{}"),
        },
        Call::ClockNow {},
        Call::LogLog {
            level: Level::Debug,
            message: text("x"),
        },
        Call::LogPanicked { message: text("x") },
        Call::TerminalProgress { message: text("x") },
        Call::TerminalProgressUnder {
            topic: text("x"),
            message: text("x"),
        },
        Call::TerminalShow {
            content: vec![Piece::text("x")],
        },
    ];
    for call in calls {
        steps.push(program.call(call));
    }
    steps
}
=======
>>>>>>> tests
