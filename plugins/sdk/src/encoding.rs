//! Base64 and hashes of what is public.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use sha2::{Digest, Sha256};

/// Base64 with padding, without line breaks.
pub fn base64(text: &str) -> String {
    STANDARD.encode(text)
}

/// The text behind a base64 string; none where it is not base64 of UTF-8.
pub fn base64_text(encoded: &str) -> Option<String> {
    String::from_utf8(STANDARD.decode(encoded.trim()).ok()?).ok()
}

/// `sha256:HEX` of these texts, one behind the other: how kubeadm marks a
/// ConfigMap that nobody has edited (`componentconfigs.ChecksumForConfigMap`,
/// texts in the order of their keys).
pub fn sha256(texts: &[&str]) -> String {
    let mut hash = Sha256::new();
    texts.iter().for_each(|text| hash.update(text));
    let hex: String = hash
        .finalize()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    format!("sha256:{hex}")
}
