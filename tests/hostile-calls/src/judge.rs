//! Whether a part of a secret is in what somebody saw, however it is written.

use base64::Engine as _;

use std::collections::{BTreeMap, HashMap};

use base64::engine::general_purpose::STANDARD;

/// So many characters in a row are found; fewer are chance.
const PART: usize = 12;

/// How often a secret may be encoded over and over.
const LAYERS: usize = 3;

/// Parts of secrets in all their forms, in lower case.
pub struct Judge {
    parts: HashMap<[u8; PART], String>,
}

impl Judge {
    /// Of secrets that are text: a token, a line of a key. Of a line of a key
    /// what is public is left out.
    pub fn new(secrets: &BTreeMap<String, String>) -> Self {
        let mut judge = Self {
            parts: HashMap::new(),
        };
        for (name, text) in secrets {
            let is_key = name.ends_with(".key") || name.ends_with(".conf");
            let text = match is_key {
                // The number stands behind seven bytes that all keys share
                // (SEC 1), and the line ends within the public key.
                true => &text[12..52],
                false => text.as_str(),
            };
            judge.add(name, text);
            if is_key {
                // In DER, too.
                judge.add_bytes(
                    name,
                    &STANDARD.decode(text).expect("four letters are three bytes"),
                );
            }
        }
        judge
    }

    fn add(&mut self, name: &str, text: &str) {
        let mut layer = vec![text.to_owned()];
        for _ in 0..=LAYERS {
            for form in &layer {
                self.add_bytes(name, form.as_bytes());
            }
            layer = layer
                .iter()
                .flat_map(|form| encodings(form.as_bytes()))
                .collect();
        }
    }

    /// As it is, backwards, in hexadecimal and in base64 of any alignment.
    fn add_bytes(&mut self, name: &str, bytes: &[u8]) {
        let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        let mut forms = vec![bytes.to_vec(), hex.into_bytes()];
        forms.extend(encodings(bytes).map(String::into_bytes));
        for form in forms {
            let backwards: Vec<u8> = form.iter().rev().copied().collect();
            for form in [form, backwards] {
                for part in form.to_ascii_lowercase().windows(PART) {
                    let part = part.try_into().expect("it has this length");
                    self.parts.entry(part).or_insert_with(|| name.to_owned());
                }
            }
        }
    }

    /// The name of a secret of which a part is in these bytes.
    pub fn finds(&self, bytes: &[u8]) -> Option<&str> {
        let lower = bytes.to_ascii_lowercase();
        let joined: Vec<u8> = lower
            .iter()
            .copied()
            .filter(|byte| !byte.is_ascii_whitespace())
            .collect();
        let forms = [unescaped(&lower), lower, joined];
        forms.iter().find_map(|form| {
            form.windows(PART)
                .find_map(|part| self.parts.get(part).map(String::as_str))
        })
    }
}

/// The base64 of something that stands somewhere in a longer text, for each of
/// the three places that it can have there.
fn encodings(bytes: &[u8]) -> impl Iterator<Item = String> + use<> {
    let bytes = bytes.to_vec();
    (0..3).map(move |before| {
        let encoded = STANDARD.encode([&vec![0; before], &bytes[..]].concat());
        let skipped = [0, 2, 3][before];
        let whole = (before + bytes.len()) / 3 * 4;
        encoded[skipped..whole].to_owned()
    })
}

/// Without the escapes of URLs (`%41`), of JSON and of YAML (`\u0041`, `\x41`).
fn unescaped(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len());
    let mut rest = bytes;
    while let Some((&first, tail)) = rest.split_first() {
        let escape = match first {
            b'%' => Some((1, 2)),
            b'\\' if tail.first() == Some(&b'u') => Some((2, 4)),
            b'\\' if tail.first() == Some(&b'x') => Some((2, 2)),
            _ => None,
        };
        let code = escape.and_then(|(skip, length)| {
            let digits = rest.get(skip..skip + length)?;
            let code = u32::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()?;
            Some((u8::try_from(code).ok()?, skip + length))
        });
        match code {
            Some((code, length)) => {
                out.push(code);
                rest = &rest[length..];
            }
            None => {
                out.push(first);
                rest = tail;
            }
        }
    }
    out
}

#[test]
fn parts_of_secrets_are_found_however_they_are_written() {
    let key = "MHcCAQEEIJ3vbh0TsHkC8oA4Yy5W0kE1sT7uQm3vXc9LrNfPq2aBoAoGCCqGSM49";
    let secrets = BTreeMap::from([
        ("token".to_owned(), "q1w2e3r4t5y6u7i8".to_owned()),
        ("sa.key".to_owned(), key.to_owned()),
    ]);
    let judge = Judge::new(&secrets);
    let der = STANDARD.decode(&key[..64]).unwrap();
    let found: [(&str, Vec<u8>); 12] = [
        ("itself", b"xx q1w2e3r4t5y6u7i8 xx".to_vec()),
        ("a part", b"xxw2e3r4t5y6u7xx".to_vec()),
        ("upper case", b"Q1W2E3R4T5Y6U7I8".to_vec()),
        ("backwards", b"8i7u6y5t4r3e2w1q".to_vec()),
        ("hexadecimal", b"713177326533723474357936753769 38".to_vec()),
        ("percent", b"%71%31%77%32%65%33%72%34%74%35%79%36".to_vec()),
        ("json", br"\u0071\u0031\u0077\u0032e3r4t5y6u7i8".to_vec()),
        ("base64", STANDARD.encode("xxq1w2e3r4t5y6u7i8").into_bytes()),
        (
            "base64 of base64",
            STANDARD
                .encode(STANDARD.encode("yq1w2e3r4t5y6u7i8"))
                .into_bytes(),
        ),
        ("in lines", b"q1w2e3\nr4t5y6\nu7i8".to_vec()),
        ("a key", key.as_bytes().to_vec()),
        ("a key in DER", der),
    ];
    for (name, bytes) in found {
        assert!(judge.finds(&bytes).is_some(), "{name}");
    }
    for (name, bytes) in [
        ("another token", &b"q1w2e3r4t5y0000000"[..]),
        ("what all keys share", b"MHcCAQEEI"),
        ("the end of a key", b"oAoGCCqGSM49"),
        ("nothing", b""),
    ] {
        assert_eq!(judge.finds(bytes), None, "{name}");
    }
}
