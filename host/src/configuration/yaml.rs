//! YAML as kubectl and kubeadm write it: sorted keys, no folded lines.

use serde_json::Value;

/// Separates documents.
pub const SEPARATOR: &str = "---\n";

/// A document could not be written, which JSON values do not give cause for.
#[derive(Debug, thiserror::Error)]
#[error("the document can not be written as YAML")]
pub struct WriteError(#[source] Box<serde_saphyr::ser::Error>);

/// Writes one document.
pub fn write(value: &Value) -> Result<String, WriteError> {
    let options = serde_saphyr::ser_options! {
        folded_wrap_chars: 1 << 20,
    };
    let mut text = String::new();
    serde_saphyr::to_fmt_writer_with_options(&mut text, value, options)
        .map_err(|error| WriteError(Box::new(error)))?;
    Ok(text)
}

/// Writes several documents one after the other.
pub fn write_all<'a>(values: impl IntoIterator<Item = &'a Value>) -> Result<String, WriteError> {
    let texts: Vec<String> = values.into_iter().map(write).collect::<Result<_, _>>()?;
    Ok(texts.join(SEPARATOR))
}
