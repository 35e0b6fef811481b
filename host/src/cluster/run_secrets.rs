//! The secrets of a configuration, for the host that keeps them from phases.

use std::collections::BTreeMap;

use super::load::Init;
use crate::pki::SecretString;

impl Init {
    /// What the configuration gives, by JSON pointer (RFC 6901) into the
    /// `configuration` of the document that phases get.
    pub fn secrets(&self) -> BTreeMap<String, SecretString> {
        let mut secrets = BTreeMap::new();
        for (at, token) in self.init.bootstrap_tokens.iter().enumerate() {
            if let Some(given) = token.token.given() {
                secrets.insert(
                    format!("/InitConfiguration/bootstrapTokens/{at}/token"),
                    SecretString::new(given.reveal().to_string()),
                );
            }
        }
        if !self.init.certificate_key.is_empty() {
            secrets.insert(
                "/InitConfiguration/certificateKey".to_owned(),
                SecretString::new(self.init.certificate_key.reveal().to_owned()),
            );
        }
        secrets
    }
}
