//! Looking for secrets in what was said, however it is encoded.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// How often a secret is encoded over and over, at most, to be found.
const LAYERS: usize = 4;

/// A secret in all the forms in which it could show.
pub struct Secret {
    pub name: String,
    forms: Vec<String>,
}

impl Secret {
    /// Of text that is secret as a whole: a token, a line of a key.
    pub fn new(name: &str, text: &str) -> Self {
        let mut forms = vec![text.to_owned()];
        let mut layer = forms.clone();
        for _ in 0..LAYERS {
            layer = layer.iter().flat_map(|text| encodings(text)).collect();
            forms.extend(layer.iter().cloned());
        }
        Self {
            name: name.to_owned(),
            forms,
        }
    }

    /// The lines of a PEM key that hold it.
    pub fn of_key(name: &str, pem: &str) -> Vec<Self> {
        vec![Self::new(name, first_line(pem))]
    }

    pub fn is_in(&self, text: &str) -> bool {
        self.forms.iter().any(|form| text.contains(form.as_str()))
    }

    /// Whether it is in bytes that need not be text.
    pub fn is_in_bytes(&self, bytes: &[u8]) -> bool {
        // Latin 1: a form is ASCII, and stays so.
        let text: String = bytes.iter().map(|byte| char::from(*byte)).collect();
        // PEM is base64 in lines.
        let joined: String = text.split_ascii_whitespace().collect();
        self.is_in(&text) || self.is_in(&joined)
    }
}

/// The first line of a PEM key: it holds the key itself (SEC 1) or much of it
/// (PKCS #1).
#[track_caller]
pub fn first_line(pem: &str) -> &str {
    pem.lines()
        .find(|line| !line.is_empty() && !line.starts_with("-----"))
        .unwrap_or_else(|| panic!("it is no PEM:\n{pem}"))
}

/// Text in base64.
#[track_caller]
pub fn decoded(data: &str) -> String {
    String::from_utf8(STANDARD.decode(data).expect("it is base64")).expect("it is text")
}

/// The base64 of a text that stands somewhere in a longer one: what of it does
/// not depend on its neighbours, for each of the three places it can have.
fn encodings(text: &str) -> Vec<String> {
    (0..3)
        .map(|before| {
            let encoded = STANDARD.encode([&vec![0; before], text.as_bytes()].concat());
            let skipped = [0, 2, 3][before];
            let whole = (before + text.len()) / 3 * 4;
            encoded[skipped..whole].to_owned()
        })
        .filter(|form| form.len() > 12)
        .collect()
}

#[test]
fn a_secret_is_found_however_it_is_encoded() {
    let secret = Secret::new("it", "MHcCAQEEIJ3vbh0TsHkCAQEE");
    for before in ["", "x", "xy", "xyz"] {
        let mut text = format!("{before}MHcCAQEEIJ3vbh0TsHkCAQEE and more");
        for layer in 0..LAYERS {
            assert!(secret.is_in(&text), "{before:?}, {layer} layers");
            text = STANDARD.encode(text);
        }
    }
    assert!(!secret.is_in("MHcCAQEEIJ3vbh0TsHkCAQE"));
}
