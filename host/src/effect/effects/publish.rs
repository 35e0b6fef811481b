//! A document, for the phases that come later.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::{Value, json};

use crate::effect::effect::{Effect, Inverse, Landing, Mark};
use crate::effect::event::Change;
use crate::effect::grant::{Denial, Grants, Shape};
use crate::world::{Files, World};

/// What phases of a run published so far, by kind.
#[derive(Clone, Default)]
pub struct Published(Arc<Mutex<BTreeMap<String, Value>>>);

impl Published {
    // Only whole entries are ever inserted.
    fn documents(&self) -> MutexGuard<'_, BTreeMap<String, Value>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// All of it.
    pub fn all(&self) -> BTreeMap<String, Value> {
        self.documents().clone()
    }
}

/// Why a document is not published.
#[derive(Debug, thiserror::Error)]
pub enum PublishError {
    #[error("there is a {0} already")]
    There(String),
    #[error("it is no {kind}: {problem}")]
    Shape { kind: String, problem: String },
}

/// Publishes a document.
#[derive(Clone)]
pub struct Publish {
    pub kind: String,
    pub document: Value,
    /// The one that was granted.
    pub shape: Option<Arc<dyn Shape>>,
    /// Where it is kept.
    pub to: Published,
}

impl Effect for Publish {
    fn name(&self) -> &'static str {
        "Publish"
    }

    fn target(&self) -> String {
        self.kind.clone()
    }

    fn grant(&self, grants: &Grants, _files: &dyn Files) -> Result<(), Denial> {
        match grants.publish.contains_key(&self.kind) {
            true => Ok(()),
            false => Err(Denial {
                what: format!("publish a {}", self.kind),
                line: format!("publish: {{{}: {{field: string}}}}", self.kind),
            }),
        }
    }

    fn shown(&self) -> Value {
        let Self {
            kind,
            document,
            // The distribution's; what it lets pass is seen.
            shape: _,
            to: _,
        } = self;
        json!({ "documentKind": kind, "document": document })
    }

    fn inverse(&self) -> Inverse {
        Inverse::Nothing
    }

    fn mark(&self) -> Option<Mark> {
        Some(Mark::Published(self.kind.clone(), self.document.clone()))
    }
}

impl Landing for Publish {
    type Output = ();
    type Error = PublishError;

    async fn land(&self, _world: &World) -> Result<((), Change), PublishError> {
        if let Some(shape) = &self.shape {
            shape
                .check(&self.document)
                .map_err(|problem| PublishError::Shape {
                    kind: self.kind.clone(),
                    problem,
                })?;
        }
        let mut documents = self.to.documents();
        if documents.contains_key(&self.kind) {
            return Err(PublishError::There(self.kind.clone()));
        }
        documents.insert(self.kind.clone(), self.document.clone());
        Ok(((), Change::Unchanged))
    }
}
