//! A key pair of its own, loaded or made.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Value, json};

use crate::effect::effect::{Effect, Inverse, Landing};
use crate::effect::event::Change;
use crate::effect::grant::{Denial, Grants, PkiVerb};
use crate::effect::pki::{
    Existing, KeyFiles, PkiError, ensure_key_pair, shown_files, written_files,
};
use crate::pki::{Algorithm, KeyPair};
use crate::world::{Files, MachinePath, Made, World};

/// Loads a key pair, or makes one and its files.
#[derive(Clone, Debug)]
pub struct CreateKey {
    pub name: String,
    pub algorithm: Algorithm,
    pub files: KeyFiles,
    pub existing: Existing,
}

impl Effect for CreateKey {
    fn name(&self) -> &'static str {
        "CreateKey"
    }

    fn target(&self) -> String {
        format!("key {}", self.name)
    }

    fn grant(&self, grants: &Grants, files: &dyn Files) -> Result<(), Denial> {
        grants.covers_pki(&self.name, PkiVerb::Create, &self.files.all(), files)
    }

    fn shown(&self) -> Value {
        let Self {
            name,
            algorithm,
            files,
            existing,
        } = self;
        json!({
            "name": name, "algorithm": algorithm.to_string(), "files": shown_files(&files.all()),
            "existing": existing,
        })
    }

    fn writes(&self) -> BTreeMap<MachinePath, Made> {
        written_files(&self.files.all())
    }

    fn inverse(&self) -> Inverse {
        Inverse::Files
    }
}

impl Landing for CreateKey {
    /// The key, and what is not as it would be made now.
    type Output = (Arc<KeyPair>, Vec<String>);
    type Error = PkiError;

    async fn land(&self, world: &World) -> Result<(Self::Output, Change), PkiError> {
        ensure_key_pair(
            world,
            &self.name,
            self.algorithm,
            &self.files,
            self.existing,
        )
        .await
    }
}
