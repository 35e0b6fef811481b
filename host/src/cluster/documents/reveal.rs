//! Documents with their secrets in the clear, for the commands whose purpose is to print them.

use serde_json::Value;
use zeroize::Zeroize;

use super::{Document, InitConfiguration, JoinConfiguration};
use crate::cluster::secret::SealedString;

/// A JSON document that contains secrets; its texts are erased when it is dropped.
pub struct RevealedValue(Value);

impl RevealedValue {
    /// The document in the clear.
    pub fn value(&self) -> &Value {
        &self.0
    }
}

impl Drop for RevealedValue {
    fn drop(&mut self) {
        erase(&mut self.0);
    }
}

fn erase(value: &mut Value) {
    match value {
        Value::String(text) => text.zeroize(),
        Value::Array(items) => items.iter_mut().for_each(erase),
        Value::Object(fields) => fields.values_mut().for_each(erase),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// The document with its tokens and key. A token still to be made is left out.
pub fn init(configuration: &InitConfiguration) -> RevealedValue {
    let mut value = configuration.to_sealed_value();
    for (index, entry) in configuration.bootstrap_tokens.iter().enumerate() {
        let Some(shown) = value.pointer_mut(&format!("/bootstrapTokens/{index}")) else {
            continue;
        };
        match entry.token.given() {
            Some(token) => shown["token"] = Value::String(token.reveal().to_string()),
            None => {
                shown.as_object_mut().map(|fields| fields.remove("token"));
            }
        }
    }
    put(
        &mut value,
        "/certificateKey",
        &configuration.certificate_key,
    );
    RevealedValue(value)
}

/// The document with its tokens and key.
pub fn join(configuration: &JoinConfiguration) -> RevealedValue {
    let mut value = configuration.to_sealed_value();
    let discovery = &configuration.discovery;
    put(
        &mut value,
        "/discovery/tlsBootstrapToken",
        &discovery.tls_bootstrap_token,
    );
    if let Some(by_token) = &discovery.bootstrap_token {
        put(
            &mut value,
            "/discovery/bootstrapToken/token",
            &by_token.token,
        );
    }
    if let Some(control_plane) = &configuration.control_plane {
        put(
            &mut value,
            "/controlPlane/certificateKey",
            &control_plane.certificate_key,
        );
    }
    RevealedValue(value)
}

fn put(value: &mut Value, pointer: &str, secret: &SealedString) {
    if let Some(shown) = value.pointer_mut(pointer) {
        *shown = Value::String(secret.reveal().to_owned());
    }
}
