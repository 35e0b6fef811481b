//! Something for the operator's eyes.

use std::convert::Infallible;
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::{Value, json};

use crate::effect::content::Content;
use crate::effect::effect::{Effect, Inverse, Landing};
use crate::effect::event::Change;
use crate::effect::grant::{Denial, Grants};
use crate::world::{Files, World};

/// What phases want the operator to see once the run is through: the phase and
/// the content, in the order shown.
#[derive(Clone, Default)]
pub struct Shown(Arc<Mutex<Vec<(String, Content)>>>);

impl Shown {
    /// Takes what was shown so far.
    pub fn take(&self) -> Vec<(String, Content)> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Shows content at the end of the run, its secrets filled in.
pub struct Show {
    pub phase: String,
    pub content: Content,
    /// Where it is kept until then.
    pub to: Shown,
}

impl Effect for Show {
    fn name(&self) -> &'static str {
        "Show"
    }

    fn target(&self) -> String {
        "terminal".to_owned()
    }

    /// Bounded by the grant of the interface, which is checked at load.
    fn grant(&self, _grants: &Grants, _files: &dyn Files) -> Result<(), Denial> {
        Ok(())
    }

    fn shown(&self) -> Value {
        let Self {
            phase: _,
            content,
            to: _,
        } = self;
        json!({ "content": content.redacted(), "sealed": content.kinds() })
    }

    fn inverse(&self) -> Inverse {
        Inverse::Nothing
    }
}

impl Landing for Show {
    type Output = ();
    type Error = Infallible;

    async fn land(&self, _world: &World) -> Result<((), Change), Infallible> {
        let mut shown = self.to.0.lock().unwrap_or_else(PoisonError::into_inner);
        shown.push((self.phase.clone(), self.content.clone()));
        Ok(((), Change::Unchanged))
    }
}
