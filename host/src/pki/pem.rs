//! PEM text (RFC 7468), read so that a person learns what is wrong with a file.
//!
//! The `pem` crates leave copies of what they decode in freed memory, and fold "empty", "cut
//! short" and "damaged" into one error. Here the decoded bytes are wiped when dropped, and no
//! error repeats any of the input: a damaged private key is still mostly a private key.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use zeroize::{Zeroize, Zeroizing};

const BEGIN: &[u8] = b"-----BEGIN ";
const END: &[u8] = b"-----END ";
const DASHES: &[u8] = b"-----";
const LINE: usize = 64;

/// What is read of a text at most, in bytes: three times the CAs that browsers trust. Servers and
/// components, too, say what is read.
pub(super) const LIMIT: usize = 1 << 20;

/// What keeps a text from being read as PEM.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PemError {
    /// Nothing at all.
    #[error("it is empty (0 bytes)")]
    Empty,
    /// More than anybody keeps in such a file.
    #[error(
        "it has {0} bytes: more than the 1048576 (1 MiB) that are read of keys and certificates"
    )]
    TooLarge(usize),
    /// White space only.
    #[error("it holds nothing but white space")]
    Blank,
    /// Bytes, but no `-----BEGIN`.
    #[error("it is not PEM: no line starts with \"-----BEGIN \"")]
    NotPem,
    /// Binary ASN.1, as a `.der` file holds it.
    #[error("it is DER (binary), not PEM (text); convert it with openssl and -outform pem")]
    Binary,
    /// A block that never ends.
    #[error("it is truncated: its {0} has no \"-----END\" line")]
    Truncated(Label),
    /// A block whose text is not base64, or whose last line does not match its first.
    #[error(
        "it is damaged: the text of its {0} is not base64 between matching BEGIN and END lines"
    )]
    Damaged(Label),
    /// A block that needs a password.
    #[error(
        "its {0} is encrypted with a password; decrypt it first, for example with openssl pkey"
    )]
    Encrypted(Label),
}

/// What a block says it is. Unknown labels are not kept: they are somebody's bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Label {
    /// `CERTIFICATE`
    Certificate,
    /// `CERTIFICATE REQUEST`
    CertificateRequest,
    /// `PUBLIC KEY`, a SubjectPublicKeyInfo
    PublicKey,
    /// `RSA PUBLIC KEY`, PKCS#1
    RsaPublicKey,
    /// `PRIVATE KEY`, PKCS#8
    PrivateKey,
    /// `RSA PRIVATE KEY`, PKCS#1
    RsaPrivateKey,
    /// `EC PRIVATE KEY`, SEC1
    EcPrivateKey,
    /// `ENCRYPTED PRIVATE KEY`, PKCS#8
    EncryptedPrivateKey,
    /// `OPENSSH PRIVATE KEY`
    OpensshPrivateKey,
    /// `EC PARAMETERS`, which openssl writes before the key
    EcParameters,
    /// Any other.
    Unknown,
}

const LABELS: [(&str, Label); 10] = [
    ("CERTIFICATE", Label::Certificate),
    ("CERTIFICATE REQUEST", Label::CertificateRequest),
    ("PUBLIC KEY", Label::PublicKey),
    ("RSA PUBLIC KEY", Label::RsaPublicKey),
    ("PRIVATE KEY", Label::PrivateKey),
    ("RSA PRIVATE KEY", Label::RsaPrivateKey),
    ("EC PRIVATE KEY", Label::EcPrivateKey),
    ("ENCRYPTED PRIVATE KEY", Label::EncryptedPrivateKey),
    ("OPENSSH PRIVATE KEY", Label::OpensshPrivateKey),
    ("EC PARAMETERS", Label::EcParameters),
];

impl Label {
    fn parse(text: &[u8]) -> Self {
        LABELS
            .iter()
            .find(|(name, _)| name.as_bytes() == text)
            .map_or(Self::Unknown, |(_, label)| *label)
    }

    /// The text between the dashes.
    pub fn name(self) -> &'static str {
        LABELS
            .iter()
            .find(|(_, label)| *label == self)
            .map_or("block of an unknown kind", |(name, _)| name)
    }
}

impl std::fmt::Display for Label {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

/// One block: what it says it is, and its decoded bytes.
pub(super) struct Block {
    pub(super) label: Label,
    pub(super) der: Zeroizing<Vec<u8>>,
}

/// The blocks of a text in their order. What stands between blocks is skipped (RFC 7468 section
/// 2: certificates are often preceded by a description); a text without any block is an error.
pub(super) fn blocks(text: &[u8]) -> Blocks<'_> {
    Blocks {
        rest: text,
        found: false,
    }
}

pub(super) struct Blocks<'a> {
    rest: &'a [u8],
    found: bool,
}

impl Iterator for Blocks<'_> {
    type Item = Result<Block, PemError>;

    fn next(&mut self) -> Option<Self::Item> {
        let first = !std::mem::replace(&mut self.found, true);
        let all = self.rest;
        if first && all.len() > LIMIT {
            self.rest = b"";
            return Some(Err(PemError::TooLarge(all.len())));
        }
        while let Some(line) = self.line() {
            if let Some(label) = line.strip_prefix(BEGIN) {
                let label = Label::parse(label.strip_suffix(DASHES).unwrap_or_default());
                let block = self.block(label);
                if block.is_err() {
                    self.rest = b"";
                }
                return Some(block);
            }
        }
        first.then(|| Err(without_blocks(all)))
    }
}

impl<'a> Blocks<'a> {
    fn line(&mut self) -> Option<&'a [u8]> {
        if self.rest.is_empty() {
            return None;
        }
        let end = self.rest.iter().position(|byte| *byte == b'\n');
        let (line, rest) = match end {
            Some(end) => self.rest.split_at(end + 1),
            None => (self.rest, &b""[..]),
        };
        self.rest = rest;
        Some(line.trim_ascii())
    }

    fn block(&mut self, label: Label) -> Result<Block, PemError> {
        // Reserved once: growing would leave copies of the key behind. No more than this block
        // takes: all of it is wiped in the end, for each block of the text.
        let dashes = self.rest.windows(DASHES.len()).position(|at| at == DASHES);
        let mut body = Zeroizing::new(Vec::with_capacity(dashes.unwrap_or(self.rest.len())));
        loop {
            let line = self.line().ok_or(PemError::Truncated(label))?;
            if let Some(end) = line.strip_prefix(END) {
                if end.strip_suffix(DASHES).map(Label::parse) != Some(label) {
                    return Err(PemError::Damaged(label));
                }
                break;
            }
            if line.starts_with(BEGIN) {
                return Err(PemError::Truncated(label));
            }
            if line.starts_with(b"Proc-Type:") && line.ends_with(b"ENCRYPTED") {
                return Err(PemError::Encrypted(label));
            }
            // Other headers of RFC 1421 say nothing about the content.
            if !line.contains(&b':') {
                body.extend(line.iter().filter(|byte| !byte.is_ascii_whitespace()));
            }
        }
        if label == Label::EncryptedPrivateKey {
            return Err(PemError::Encrypted(label));
        }
        let mut der = Zeroizing::new(vec![0; body.len() / 4 * 3 + 3]);
        let length = STANDARD
            .decode_slice(body.as_slice(), &mut der)
            .map_err(|_| PemError::Damaged(label))?;
        der.truncate(length);
        Ok(Block { label, der })
    }
}

fn without_blocks(text: &[u8]) -> PemError {
    if text.is_empty() {
        PemError::Empty
    } else if text.trim_ascii().is_empty() {
        PemError::Blank
    } else if matches!(text, [0x30, 0x80..=0xff, ..]) {
        PemError::Binary
    } else {
        PemError::NotPem
    }
}

/// The PEM text of `der`: lines of 64 characters ended by LF, as Go's `encoding/pem` and openssl
/// write them. The intermediate text is wiped.
pub(super) fn encode(label: Label, der: &[u8]) -> String {
    let mut body = STANDARD.encode(der);
    let name = label.name();
    let mut text = String::with_capacity(body.len() + body.len() / LINE + 2 * name.len() + 40);
    text.extend(["-----BEGIN ", name, "-----\n"]);
    for (index, character) in body.char_indices() {
        if index > 0 && index % LINE == 0 {
            text.push('\n');
        }
        text.push(character);
    }
    if !body.is_empty() {
        text.push('\n');
    }
    text.extend(["-----END ", name, "-----\n"]);
    body.zeroize();
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Vec<(Label, Vec<u8>)>, PemError> {
        blocks(text.as_bytes())
            .map(|block| block.map(|block| (block.label, block.der.to_vec())))
            .collect()
    }

    #[test]
    fn what_was_encoded_reads_back() {
        for length in [0, 1, 2, 3, 47, 48, 49, 96, 500] {
            let der = vec![0xa5; length];
            let text = encode(Label::PrivateKey, &der);
            assert!(text.lines().all(|line| line.len() <= 64), "{text}");
            assert_eq!(read(&text), Ok(vec![(Label::PrivateKey, der)]), "{length}");
        }
    }

    #[test]
    fn text_around_blocks_is_skipped() {
        let text = "subject=CN = x\r\n-----BEGIN CERTIFICATE-----\r\nAQID\r\n-----END CERTIFICATE-----\r\n\
                    issuer=y\n  -----BEGIN FOO-----  \nX-Note: z\n\nBA ==\n-----END FOO-----";
        assert_eq!(
            read(text),
            Ok(vec![
                (Label::Certificate, vec![1, 2, 3]),
                (Label::Unknown, vec![4])
            ])
        );
    }

    #[test]
    fn what_cannot_be_read_says_why() {
        use Label::{EncryptedPrivateKey, RsaPrivateKey};
        for (name, text, wanted) in [
            ("empty", "", PemError::Empty),
            ("blank", " \n\t\n", PemError::Blank),
            ("prose", "hello", PemError::NotPem),
            (
                "only an end",
                "-----END RSA PRIVATE KEY-----",
                PemError::NotPem,
            ),
            (
                "no end",
                "-----BEGIN RSA PRIVATE KEY-----\nAQID\n",
                PemError::Truncated(RsaPrivateKey),
            ),
            (
                "cut before the next",
                "-----BEGIN RSA PRIVATE KEY-----\nAQID\n-----BEGIN CERTIFICATE-----\n",
                PemError::Truncated(RsaPrivateKey),
            ),
            (
                "cut in the end line",
                "-----BEGIN RSA PRIVATE KEY-----\nAQID\n-----END RSA PRIV",
                PemError::Damaged(RsaPrivateKey),
            ),
            (
                "not base64",
                "-----BEGIN RSA PRIVATE KEY-----\nA?ID\n-----END RSA PRIVATE KEY-----\n",
                PemError::Damaged(RsaPrivateKey),
            ),
            (
                "other end",
                "-----BEGIN RSA PRIVATE KEY-----\nAQID\n-----END CERTIFICATE-----\n",
                PemError::Damaged(RsaPrivateKey),
            ),
            (
                "old encryption",
                "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-256-CBC,00\n\nAQID\n-----END RSA PRIVATE KEY-----\n",
                PemError::Encrypted(RsaPrivateKey),
            ),
            (
                "new encryption",
                "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAQID\n-----END ENCRYPTED PRIVATE KEY-----\n",
                PemError::Encrypted(EncryptedPrivateKey),
            ),
        ] {
            assert_eq!(read(text), Err(wanted), "{name}");
        }
        assert!(matches!(
            blocks(&[0x30, 0x82, 1]).next(),
            Some(Err(PemError::Binary))
        ));
    }

    #[test]
    fn a_text_is_read_up_to_its_limit() {
        let block = encode(Label::Certificate, &[1; 30]);
        let mut text = block.repeat(LIMIT / block.len());
        let count = LIMIT / block.len();
        assert_eq!(read(&text).map(|found| found.len()), Ok(count));
        text.push_str(&block);
        assert_eq!(read(&text), Err(PemError::TooLarge(text.len())));
    }
}
