//! Recognising secrets by their looks: the second line, for what nobody has
//! recorded (files that were there before, answers of servers).

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

/// What every PEM kind of private key ends its first line with.
const PEM_KEY: &[u8] = b"PRIVATE KEY-----";

/// Base64 with or without padding, since a run may be cut anywhere.
const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// How many bytes are looked at, layer by layer, for each byte of content.
/// Content that takes more is made to take long, and counts as a secret.
const EFFORT: usize = 24;

/// How many bytes are looked at in all, however much content there is: what is
/// encoded once, of the largest file that a component may read, takes half of
/// it.
const MOST_EFFORT: usize = 48 << 20;

/// The shortest run of an encoding that is decoded.
const SHORTEST_RUN: usize = 20;

/// The shortest value that is a secret because of the name it is given.
const SHORTEST_NAMED: usize = 12;

/// Names of fields that hold secrets, in kubeconfigs and configurations.
const NAMES: [&str; 8] = [
    "token",
    "password",
    "id-token",
    "refresh-token",
    "access-token",
    "client-secret",
    "token-secret",
    "certificatekey",
];

/// Whether bytes hold a private key (PEM or DER), a bootstrap token, a JSON Web
/// Token or a value that is named as a secret; plain, or encoded in base64 or
/// hexadecimal however often and whatever stands before it.
pub fn holds_secret(content: &[u8]) -> bool {
    any_layer(content, &mut looks_secret)
}

/// As [`holds_secret`], or whether `known` finds something.
pub(super) fn holds_secret_or(content: &[u8], known: &mut dyn FnMut(&[u8]) -> bool) -> bool {
    any_layer(content, &mut |layer| known(layer) || looks_secret(layer))
}

/// Whether `test` finds something in bytes, or in what they are an encoding of.
pub(super) fn any_layer(content: &[u8], test: &mut dyn FnMut(&[u8]) -> bool) -> bool {
    let all = content.len().saturating_mul(EFFORT);
    let mut effort = all.min(MOST_EFFORT.max(content.len() * 2));
    look_into(content, &mut effort, test)
}

fn look_into(content: &[u8], effort: &mut usize, test: &mut dyn FnMut(&[u8]) -> bool) -> bool {
    *effort = effort.saturating_sub(content.len());
    *effort == 0 && !content.is_empty() || test(content) || look_into_runs(content, effort, test)
}

fn looks_secret(content: &[u8]) -> bool {
    contains(content, PEM_KEY)
        || holds_der_key(content)
        || holds_token(content)
        || holds_web_token(content)
        || holds_named(content)
}

fn contains(haystack: &[u8], needle: &[u8]) -> bool {
    memchr::memmem::find(haystack, needle).is_some()
}

/// Looks into every run of base64 or hexadecimal characters; a line break
/// inside of one, as `base64` makes them, does not end it.
fn look_into_runs(content: &[u8], effort: &mut usize, test: &mut dyn FnMut(&[u8]) -> bool) -> bool {
    let mut run = Vec::new();
    for &byte in content {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'+' | b'/' => run.push(byte),
            // The alphabet for URLs and file names (RFC 4648 section 5).
            b'-' => run.push(b'+'),
            b'_' => run.push(b'/'),
            b'\n' | b'\r' => {}
            _ => {
                if look_into_run(&run, effort, test) {
                    return true;
                }
                run.clear();
            }
        }
    }
    look_into_run(&run, effort, test)
}

/// Decodes a run from each of the places at which it can begin: what stands
/// before it may be characters of the encoding, too.
fn look_into_run(run: &[u8], effort: &mut usize, test: &mut dyn FnMut(&[u8]) -> bool) -> bool {
    if run.len() < SHORTEST_RUN {
        return false;
    }
    let base64 = (0..4).any(|start| {
        let mut part = &run[start..];
        // A lone last character encodes nothing.
        if part.len() % 4 == 1 {
            part = &part[..part.len() - 1];
        }
        LENIENT
            .decode(part)
            .is_ok_and(|plain| look_into(&plain, effort, test))
    });
    base64 || look_into_hexadecimal(run, effort, test)
}

fn look_into_hexadecimal(
    run: &[u8],
    effort: &mut usize,
    test: &mut dyn FnMut(&[u8]) -> bool,
) -> bool {
    let digit = |byte: &u8| char::from(*byte).to_digit(16);
    run.split(|byte| digit(byte).is_none())
        .filter(|digits| digits.len() >= SHORTEST_RUN)
        .any(|digits| {
            (0..2).any(|start| {
                let plain: Vec<u8> = digits[start..]
                    .chunks_exact(2)
                    .filter_map(|pair| {
                        let byte = digit(&pair[0])? << 4 | digit(&pair[1])?;
                        u8::try_from(byte).ok()
                    })
                    .collect();
                look_into(&plain, effort, test)
            })
        })
}

/// A private key in DER: `SEQUENCE { 0, modulus` (PKCS#1), `SEQUENCE { 1, OCTET
/// STRING of a scalar` (SEC1), `SEQUENCE { 0 or 1, SEQUENCE { OID` (PKCS#8).
fn holds_der_key(content: &[u8]) -> bool {
    // The algorithms of keys, as PKCS#8 names them: RSA, elliptic curves,
    // Ed25519.
    const ALGORITHMS: [&[u8]; 3] = [
        &[
            0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01,
        ],
        &[0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01],
        &[0x06, 0x03, 0x2b, 0x65, 0x70],
    ];
    memchr::memchr_iter(0x30, content).any(|at| {
        let after = &content[at + 1..];
        let body = match after {
            [0..=0x7f, body @ ..] => body,
            [0x81, _, body @ ..] => body,
            [0x82, _, _, body @ ..] => body,
            _ => return false,
        };
        match body {
            [0x02, 0x01, 0x00, 0x02, 0x81 | 0x82, ..] => true,
            [0x02, 0x01, 0x01, 0x04, 0x20 | 0x30 | 0x41 | 0x42, rest @ ..] => rest.len() >= 32,
            [0x02, 0x01, 0x00 | 0x01, 0x30, _, oid @ ..] => {
                ALGORITHMS.iter().any(|one| oid.starts_with(one))
            }
            _ => false,
        }
    })
}

/// `[a-z0-9]{6}\.[a-z0-9]{16}`, standing alone. Without a digit it may be two
/// words: then it counts where it is called a token, or is alone on its line.
fn holds_token(content: &[u8]) -> bool {
    let plain = |byte: &u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let outside = |byte: Option<&u8>| {
        byte.is_none_or(|byte| !byte.is_ascii_alphanumeric() && !b"._-".contains(byte))
    };
    content.windows(23).enumerate().any(|(at, window)| {
        window[6] == b'.'
            && window[..6].iter().all(plain)
            && window[7..].iter().all(plain)
            && outside(at.checked_sub(1).and_then(|before| content.get(before)))
            && outside(content.get(at + 23))
            && (window[7..].iter().any(u8::is_ascii_digit) || is_called_token(content, at))
    })
}

fn is_called_token(content: &[u8], at: usize) -> bool {
    let line = content[..at].rsplit(|byte| *byte == b'\n').next();
    let before = line.unwrap_or_default().to_ascii_lowercase();
    let rest = content[at + 23..].split(|byte| *byte == b'\n').next();
    let alone = [&before[..], rest.unwrap_or_default()]
        .concat()
        .iter()
        .all(|byte| byte.is_ascii_whitespace() || b"\"'-".contains(byte));
    alone || contains(&before, b"token")
}

/// A signed JSON Web Token (RFC 7519): three parts of base64url, the first of
/// which is a JSON object. With an empty second part it is a detached
/// signature, as cluster-info has it, which is public.
fn holds_web_token(content: &[u8]) -> bool {
    let of_part = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_".contains(byte);
    let length = |bytes: &[u8]| bytes.iter().take_while(|byte| of_part(byte)).count();
    memchr::memmem::find_iter(content, b"eyJ").any(|at| {
        let header = &content[at..];
        let Some([b'.', payload @ ..]) = header.get(length(header)..) else {
            return false;
        };
        let Some([b'.', signature @ ..]) = payload.get(length(payload)..) else {
            return false;
        };
        length(payload) >= 8 && length(signature) >= 16
    })
}

/// `token: VALUE`, `"password": "VALUE"`, `--token=VALUE`, and the first column
/// of a file of static tokens (`TOKEN,user,uid`).
fn holds_named(content: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(content) else {
        return false;
    };
    let of_value = |c: char| c.is_ascii_graphic() && !"\"',;{}[]<>&*$".contains(c);
    text.lines().any(|line| {
        let named = line.match_indices([':', '=']).any(|(at, _)| {
            let name = line[..at].trim_end_matches(['"', '\'', ' ']);
            let name = name
                .rsplit(|c: char| !c.is_ascii_alphanumeric() && c != '-' && c != '_')
                .next()
                .unwrap_or_default()
                .trim_start_matches('-')
                .to_ascii_lowercase();
            let value = line[at + 1..].trim_start_matches([' ', '"', '\'']);
            let length = value.chars().take_while(|c| of_value(*c)).count();
            NAMES.contains(&name.as_str())
                && length >= SHORTEST_NAMED
                && !value.starts_with('/')
                && value[..length].chars().any(|c| c.is_ascii_alphanumeric())
        });
        named || is_static_token(line)
    })
}

/// A line of `--token-auth-file` of the API server: `token,user,uid,"groups"`.
fn is_static_token(line: &str) -> bool {
    let columns: Vec<&str> = line.splitn(4, ',').collect();
    let [token, user, uid, ..] = columns[..] else {
        return false;
    };
    let is_word = |text: &str| !text.is_empty() && !text.contains(char::is_whitespace);
    // Lists of names have commas, too: a token has digits among its letters.
    token.len() >= 16
        && token.chars().all(|c| c.is_ascii_alphanumeric() || c == '.')
        && token.chars().any(|c| c.is_ascii_digit())
        && is_word(user)
        && is_word(uid)
}

/// Whether a line holds the hash of a password as crypt(5) writes it (not the
/// kinds of before 1994). They should lie in `/etc/shadow`; old machines have
/// them in `/etc/passwd`.
pub fn holds_password(line: &str) -> bool {
    const KINDS: [&str; 9] = [
        "$1$", "$2a$", "$2b$", "$2y$", "$5$", "$6$", "$7$", "$y$", "$gy$",
    ];
    const SHORTEST: usize = 22;
    let is_of_hash = |c: &char| c.is_ascii_alphanumeric() || "./$=,".contains(*c);
    KINDS.iter().any(|kind| {
        line.match_indices(kind).any(|(at, _)| {
            line[at + kind.len()..]
                .chars()
                .take_while(is_of_hash)
                .count()
                >= SHORTEST
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use base64::engine::general_purpose::STANDARD;
    use proptest::prelude::*;

    const KEY: &str = "-----BEGIN EC PRIVATE KEY-----\nMHcCAQEEIA\n-----END EC PRIVATE KEY-----\n";

    #[test]
    fn secrets_are_recognised() {
        let encoded = STANDARD.encode(KEY);
        let wrapped = format!("{}\n{}", &encoded[..50], &encoded[50..]);
        let cases = [
            ("pem", KEY.to_owned(), true),
            (
                "in a kubeconfig",
                format!("users:\n- client-key-data: {encoded}\n"),
                true,
            ),
            ("wrapped", wrapped, true),
            ("encoded twice", STANDARD.encode(&encoded), true),
            (
                "encoded often",
                (0..9).fold(KEY.to_owned(), |text, _| STANDARD.encode(text)),
                true,
            ),
            ("shifted", format!("A{encoded}"), true),
            (
                "shifted in every layer",
                (0..5).fold(KEY.to_owned(), |text, at| {
                    format!("{}{}", &"ABC"[..at % 4], STANDARD.encode(text))
                }),
                true,
            ),
            ("token", "token: abcdef.0123456789abcdef\n".to_owned(), true),
            (
                "certificate",
                "-----BEGIN CERTIFICATE-----\nMIIB\n".to_owned(),
                false,
            ),
            ("host name", "server.kubernetes0default1".to_owned(), false),
            (
                "token of letters",
                "users:\n- name: u\n  user: {token: abcdef.qwertyuiopasdfgh}\n".to_owned(),
                true,
            ),
            (
                "token of letters alone",
                "abcdef.qwertyuiopasdfgh\n".to_owned(),
                true,
            ),
            (
                "two words",
                "see config.kubernetesconfig there".to_owned(),
                false,
            ),
            (
                "web token",
                "x eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJrdWJlIn0.c2lnbmF0dXJlLXNpZ25hdHVyZQ".to_owned(),
                true,
            ),
            (
                "detached signature",
                "jws-kubeconfig-abcdef: eyJhbGciOiJIUzI1NiJ9..c2lnbmF0dXJlLXNpZ25hdHVyZQ"
                    .to_owned(),
                false,
            ),
            (
                "bearer",
                "users: [{user: {token: 0A1b2C3d4E5f6G7h}}]".to_owned(),
                true,
            ),
            ("flag", "--token=0A1b2C3d4E5f6G7h".to_owned(), true),
            ("path", "--token=/etc/kubernetes/token".to_owned(), false),
            (
                "other flag",
                "--token-auth-file=/etc/kubernetes/pki/token.csv".to_owned(),
                false,
            ),
            (
                "token.csv",
                "0123456789abcdef,kubeadm-node-csr,a-b-c,system:x\n".to_owned(),
                true,
            ),
            (
                "usages of a token",
                "usage-bootstrap-authentication: dHJ1ZQ==\n".to_owned(),
                false,
            ),
            ("words", "kubeadm.kubernetesconfigs".to_owned(), false),
            ("empty", String::new(), false),
        ];
        for (name, text, wanted) in cases {
            assert_eq!(holds_secret(text.as_bytes()), wanted, "{name}");
        }
    }

    #[test]
    fn keys_in_der_are_recognised() {
        use crate::pki::{Algorithm, KeyPair};
        for algorithm in [Algorithm::EcdsaP256, Algorithm::EcdsaP384] {
            let key = KeyPair::generate(algorithm).unwrap();
            let text = String::from_utf8(key.private_pem().reveal().to_vec()).unwrap();
            let body: String = text.lines().filter(|line| !line.starts_with('-')).collect();
            let der = STANDARD.decode(&body).unwrap();
            let hexadecimal: String = der.iter().map(|byte| format!("{byte:02x}")).collect();
            assert!(holds_secret(&der), "{algorithm}");
            assert!(holds_secret(body.as_bytes()), "{algorithm}, base64");
            assert!(
                holds_secret(hexadecimal.as_bytes()),
                "{algorithm}, hexadecimal"
            );
            assert!(
                !holds_secret(key.public_key().pem().as_bytes()),
                "{algorithm}"
            );
        }
    }

    #[test]
    fn hashes_of_passwords_are_recognised() {
        for (line, wanted) in [
            (
                "bob:$6$saltsalt$IxDD3jeSOb5eB1CX5LBsqZFVkJdido3OUILO5Ifz5iwMuTS4XMS130MTSuDDl3aCI6WouIL9AjRbLCelDCy.g.:1:1:::",
                true,
            ),
            ("bob:$1$abcdefgh$0123456789./ABCDEFGHIJ:1:1:::", true),
            (
                "bob:$y$j9T$F5Jx5fExrKuPp53xLKQ..1$X3DX6M94c7o.9agCG9G317fhZg9SqC.5i5rd.RhAtQ7:1:1:::",
                true,
            ),
            ("root:x:0:0:root:/root:/bin/bash", false),
            ("daemon:*:1:1:::", false),
            ("echo \"$1$2\"", false),
            ("$6$", false),
        ] {
            assert_eq!(holds_password(line), wanted, "{line}");
        }
    }

    proptest! {
        #[test]
        fn a_key_is_found_behind_other_base64(before in "[A-Za-z0-9+/]{0,9}", layers in 1_usize..6) {
            let text = (0..layers).fold(KEY.to_owned(), |text, _| {
                format!("{before}{}", STANDARD.encode(text))
            });
            prop_assert!(holds_secret(text.as_bytes()));
        }

        #[test]
        fn an_embedded_key_is_found_wherever_it_stands(before in "[ -~\n]{0,40}", after in "[ -~\n]{0,40}") {
            let text = format!("{before}: {}\"{after}", STANDARD.encode(KEY));
            prop_assert!(holds_secret(text.as_bytes()));
        }

        #[test]
        fn any_bytes_are_looked_at_without_panic(bytes: Vec<u8>) {
            holds_secret(&bytes);
        }
    }
}
