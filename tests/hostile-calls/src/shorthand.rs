//! Calls that attacks have in common, and the grants that they are made with.

use crate::{
    Algorithm, Alphabet, Call, Encoding, Existing, Piece, Placement, Profile, Program, Reference,
    Text,
};

pub const ADMIN: &str = "/etc/kubernetes/admin.conf";
pub const PKI: &str = "/etc/kubernetes/pki";
pub const TOKEN: &str = "/InitConfiguration/bootstrapTokens/0/token";
pub const KEY: &str = "/InitConfiguration/certificateKey";

/// The secret half of the machine's token `abcdef`.
pub const TOKEN_SECRET: &str = "q1w2e3r4t5y6u7i8";
/// The key that encrypts uploaded certificates.
pub const CERTIFICATE_KEY: &str =
    "3f1c9d0be27a48565d90a1b2c3d4e5f60718293a4b5c6d7e8f90a1b2c3d4e5f6";

/// More than any phase has: all keys, all files, all objects. The kubeconfig
/// that it connects with is not the component's to write.
pub const GENEROUS: &str = "      files:
      - {paths: [/srv/hostile, \"/srv/hostile/**\", \"/etc/kubernetes/pki/**\"], verbs: [read, write, remove]}
      - {paths: [\"/etc/kubernetes/**\"], verbs: [read]}
      - {paths: [/srv/hostile/gone], verbs: [empty]}
      pki:
      - {names: [\"**\"], below: /etc/kubernetes/pki, verbs: [load, create, sign, place]}
      kube:
        kubeconfigs: [/etc/kubernetes/admin.conf]
        rules:
        - {apiGroups: [\"*\"], resources: [\"*\"], verbs: [\"*\"]}
      node: {accounts: [hostile-*], runtimes: [\"unix:///run/hostile.sock\"], mounts: [/srv/hostile]}
      etcd: [{ca: /etc/kubernetes/pki/etcd/ca.crt, certificate: /etc/kubernetes/pki/mine.crt, key: /etc/kubernetes/pki/mine.key, endpoints: [\"https://self:*\"]}]
      undo: [/srv/hostile/**]
      publish: {Hostile: {field: string}}
      use: [checks, clock, health, kubeconfigs, patches, terminal, tokens]
";

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

/// A file with these permission bits.
pub fn at(path: &str, mode: u32) -> Placement {
    Placement {
        path: path.into(),
        mode,
    }
}
