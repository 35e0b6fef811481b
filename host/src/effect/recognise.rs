//! Recognising secrets in files that this program did not write itself.

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
const EFFORT: usize = 64;

/// Whether bytes hold a private key in PEM or a bootstrap token, plain or as
/// base64 (as kubeconfigs embed them), however often it was encoded and
/// whatever stands before it.
pub fn holds_secret(content: &[u8]) -> bool {
    let mut effort = content.len().saturating_mul(EFFORT);
    look_into(content, &mut effort)
}

fn look_into(content: &[u8], effort: &mut usize) -> bool {
    *effort = effort.saturating_sub(content.len());
    *effort == 0 && !content.is_empty()
        || contains(content, PEM_KEY)
        || holds_token(content)
        || look_into_base64(content, effort)
}

fn contains(haystack: &[u8], needle: &[u8]) -> bool {
    haystack
        .windows(needle.len())
        .any(|window| window == needle)
}

/// Looks into every run of base64 characters; a line break inside of one, as
/// `base64` makes them, does not end it.
fn look_into_base64(content: &[u8], effort: &mut usize) -> bool {
    let mut run = Vec::new();
    for &byte in content {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'+' | b'/' => run.push(byte),
            b'\n' | b'\r' => {}
            _ => {
                if look_into_run(&run, effort) {
                    return true;
                }
                run.clear();
            }
        }
    }
    look_into_run(&run, effort)
}

/// Decodes a run from each of the four places at which it can begin: what
/// stands before it may be base64 characters, too.
fn look_into_run(run: &[u8], effort: &mut usize) -> bool {
    run.len() > 30
        && (0..4).any(|start| {
            let mut part = &run[start..];
            // A lone last character encodes nothing.
            if part.len() % 4 == 1 {
                part = &part[..part.len() - 1];
            }
            LENIENT
                .decode(part)
                .is_ok_and(|plain| look_into(&plain, effort))
        })
}

/// `[a-z0-9]{6}\.[a-z0-9]{16}`, standing alone.
fn holds_token(content: &[u8]) -> bool {
    let plain = |byte: &u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let outside = |byte: Option<&u8>| {
        byte.is_none_or(|byte| !byte.is_ascii_alphanumeric() && !b"._-".contains(byte))
    };
    content.windows(23).enumerate().any(|(at, window)| {
        window[6] == b'.'
            && window[..6].iter().all(plain)
            && window[7..].iter().all(plain)
            // A secret is random: words with dots in them are names.
            && window[7..].iter().any(u8::is_ascii_digit)
            && outside(at.checked_sub(1).and_then(|before| content.get(before)))
            && outside(content.get(at + 23))
    })
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
            ("words", "kubeadm.kubernetesconfigs".to_owned(), false),
            ("empty", String::new(), false),
        ];
        for (name, text, wanted) in cases {
            assert_eq!(holds_secret(text.as_bytes()), wanted, "{name}");
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
