//! Secrets in disguise: in every text, certificate, key and kubeconfig that a
//! component can write around a handle.

use kubewright_test_hostile_calls::{Call, Encoding, Piece, Program};

use super::calls::{Held, compose, kubeconfig, load_ca, pem, secrets, write};
use crate::support::der;
use crate::support::der::Field;

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
        let name = "client-certificate-data";
        let content = kubeconfig("https://127.0.0.1:1", "", name, Piece::Sealed(data));
        add(format!("kubeconfig, {name}, {field:?}"), content, false);
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
///
/// Links lead from `/srv/hostile/linked` to `/srv/drop`, which may only be
/// written: there the host lets secrets land that do not look like any.
pub fn paths(at: usize, pki: &str) -> [String; 4] {
    [
        format!("/srv/hostile/made/{at}"),
        format!("/srv/drop/{at}"),
        format!("{pki}/made{at}.crt"),
        format!("{pki}/made{at}.key"),
    ]
}

impl Disguise {
    /// Writes it to a file, to a certificate's and to a key's.
    pub fn write(&self, program: &mut Program, at: usize, pki: &str) {
        for path in paths(at, pki) {
            program.call(write(path, self.content.clone()));
        }
    }
}
