//! Just enough DER to write certificates and keys around bytes that their
//! writer does not know.

/// A value with its tag and length.
pub fn tlv(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = content.len();
    let mut out = vec![tag];
    match length {
        0..128 => out.push(length as u8),
        128..256 => out.extend([0x81, length as u8]),
        _ => out.extend([0x82, (length >> 8) as u8, length as u8]),
    }
    out.extend_from_slice(content);
    out
}

fn sequence(parts: &[Vec<u8>]) -> Vec<u8> {
    tlv(0x30, &parts.concat())
}

/// Where in a certificate the unknown bytes stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field {
    CommonName,
    Organization,
    IssuerCommonName,
    DnsName,
    EmailName,
    Extension,
    /// A comment of Netscape's, which tools print.
    Comment,
    Serial,
    Signature,
}

impl Field {
    pub const ALL: [Self; 9] = [
        Self::CommonName,
        Self::Organization,
        Self::IssuerCommonName,
        Self::DnsName,
        Self::EmailName,
        Self::Extension,
        Self::Comment,
        Self::Serial,
        Self::Signature,
    ];
}

const ECDSA_WITH_SHA256: [u8; 8] = [0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 2];
const COMMON_NAME: [u8; 3] = [0x55, 4, 3];
const ORGANIZATION: [u8; 3] = [0x55, 4, 10];
const SUBJECT_ALT_NAME: [u8; 3] = [0x55, 0x1d, 0x11];
/// 2.16.840.1.113730.1.13
const NETSCAPE_COMMENT: [u8; 9] = [0x60, 0x86, 0x48, 0x01, 0x86, 0xf8, 0x42, 1, 13];
/// 1.3.6.1.4.1.99999.1
const OF_NOBODY: [u8; 9] = [0x2b, 6, 1, 4, 1, 0x86, 0x8d, 0x1f, 1];

fn name(attributes: &[(&[u8], &[u8])]) -> Vec<u8> {
    let attributes = attributes.iter().map(|(kind, value)| {
        let attribute = sequence(&[tlv(6, kind), tlv(0x0c, value)]);
        tlv(0x31, &attribute)
    });
    sequence(&attributes.collect::<Vec<_>>())
}

/// A certificate for a public key (SPKI) with these bytes in one field; its
/// signature is rubbish.
pub fn certificate(spki: &[u8], field: Field, bytes: &[u8]) -> Vec<u8> {
    let or = |wanted: Field, plain: &'static [u8]| match field == wanted {
        true => bytes,
        false => plain,
    };
    let algorithm = sequence(&[tlv(6, &ECDSA_WITH_SHA256)]);
    let validity = sequence(&[tlv(0x17, b"200101000000Z"), tlv(0x17, b"490101000000Z")]);
    let names = sequence(&[
        tlv(0x82, or(Field::DnsName, b"plain.example.com")),
        tlv(0x81, or(Field::EmailName, b"plain@example.com")),
    ]);
    let extensions = [
        (&SUBJECT_ALT_NAME[..], names),
        (&NETSCAPE_COMMENT, tlv(0x16, or(Field::Comment, b"plain"))),
        (&OF_NOBODY, tlv(0x0c, or(Field::Extension, b"plain"))),
    ];
    let extensions = extensions
        .iter()
        .map(|(kind, value)| sequence(&[tlv(6, kind), tlv(4, value)]));
    let extensions = sequence(&extensions.collect::<Vec<_>>());
    let tbs = sequence(&[
        tlv(0xa0, &tlv(2, &[2])),
        tlv(2, or(Field::Serial, &[1])),
        algorithm.clone(),
        name(&[(&COMMON_NAME, or(Field::IssuerCommonName, b"issuer"))]),
        validity,
        name(&[
            (&ORGANIZATION, or(Field::Organization, b"plain")),
            (&COMMON_NAME, or(Field::CommonName, b"plain")),
        ]),
        spki.to_vec(),
        tlv(0xa3, &extensions),
    ]);
    let signature = [&[0], or(Field::Signature, &[0; 8])].concat();
    sequence(&[tbs, algorithm, tlv(3, &signature)])
}

/// What stands before and after so many unknown bytes in such a certificate.
pub fn around(spki: &[u8], field: Field, length: usize) -> (Vec<u8>, Vec<u8>) {
    split(&certificate(spki, field, &vec![0x77; length]), length)
}

/// What stands before and after 32 bytes of a private key (SEC 1, P-256), the
/// last `length` of which are unknown.
pub fn around_scalar(length: usize) -> (Vec<u8>, Vec<u8>) {
    let curve = tlv(6, &[0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7]);
    let scalar = [vec![0; 32 - length], vec![0x77; length]].concat();
    let key = sequence(&[tlv(2, &[1]), tlv(4, &scalar), tlv(0xa0, &curve)]);
    split(&key, length)
}

/// What stands before and after the modulus of an RSA key (PKCS #1) whose last
/// `length` bytes are unknown.
pub fn around_modulus(length: usize) -> (Vec<u8>, Vec<u8>) {
    let modulus = [
        vec![0, 0xc1],
        vec![0x55; 254 - length],
        vec![0x77; length],
        vec![1],
    ]
    .concat();
    let number = |byte: u8, length: usize| tlv(2, &vec![byte; length]);
    let key = sequence(&[
        tlv(2, &[0]),
        tlv(2, &modulus),
        tlv(2, &[1, 0, 1]),
        number(0x31, 256),
        number(0x33, 128),
        number(0x35, 128),
        number(0x37, 128),
        number(0x39, 128),
        number(0x3b, 128),
    ]);
    split(&key, length)
}

fn split(whole: &[u8], length: usize) -> (Vec<u8>, Vec<u8>) {
    let unknown = vec![0x77; length];
    let at = whole
        .windows(length)
        .position(|window| window == unknown)
        .expect("it is in there");
    (whole[..at].to_vec(), whole[at + length..].to_vec())
}

/// The bytes of a PEM block.
#[track_caller]
pub fn of_pem(pem: &str) -> Vec<u8> {
    use base64::Engine as _;
    let body: String = pem.lines().filter(|line| !line.starts_with("--")).collect();
    base64::engine::general_purpose::STANDARD
        .decode(body)
        .expect("PEM holds base64")
}
