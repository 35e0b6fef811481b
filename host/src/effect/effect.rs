//! What an effect is.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::event::Change;
use super::grant::{Denial, Grants};
use super::object::WrittenObject;
use crate::world::{Files, MachinePath, Made, World};

/// How an effect is undone, which is also when it is recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Inverse {
    /// What it touches is files: each is recorded before it changes, and made
    /// what it was. Nothing is recorded of an effect that touches none.
    Files,
    /// It leaves nothing that would have to be undone, and is not recorded.
    Nothing,
    /// It cannot be undone, for this reason; it is recorded before it lands.
    None(&'static str),
}

/// What the journal notes of an effect that landed, besides that it did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mark {
    /// A path is what it was before all runs.
    Undone(MachinePath),
    /// Programs filled a folder.
    Filled(MachinePath),
    /// A phase published a document of this kind.
    Published(String, Value),
}

/// Something that a component asks the host to do: one value, from which
/// follow its name, what it aims at, which grant covers it, what policies see
/// of it, what of it is private, and how it is undone.
///
/// [`Self::shown`] takes the value apart without leaving a field out, so that
/// what lands cannot have an argument that policies do not see.
pub trait Effect: Send + Sync {
    /// As policies, journals and `-v` know it: `WriteFile`.
    fn name(&self) -> &'static str;

    /// What it aims at, for people: a path, `Secret kube-system/x`, a name.
    fn target(&self) -> String;

    /// Whether these grants cover it. `files` tells where links lead.
    fn grant(&self, grants: &Grants, files: &dyn Files) -> Result<(), Denial>;

    /// All of its arguments as policies see them: an object, without secrets.
    fn shown(&self) -> Value;

    /// The files that it writes, and what they are then.
    fn writes(&self) -> BTreeMap<MachinePath, Made> {
        BTreeMap::new()
    }

    /// A file of which it changes something else than the content, or which it
    /// removes.
    fn alters(&self) -> Option<&MachinePath> {
        None
    }

    fn inverse(&self) -> Inverse;

    /// What the journal notes besides, once it landed.
    fn mark(&self) -> Option<Mark> {
        None
    }

    /// What it makes of an object of the cluster, without secrets.
    fn object(&self) -> Option<WrittenObject> {
        None
    }
}

/// An effect that can land.
pub trait Landing: Effect {
    /// What comes of it for the host.
    type Output: Send;
    /// Why the world did not do it.
    type Error: Send;

    /// Does it, and says what that changed.
    fn land(
        &self,
        world: &World,
    ) -> impl Future<Output = Result<(Self::Output, Change), Self::Error>> + Send;
}

/// Who asks for an effect.
pub struct Asker<'a> {
    /// What the run is: `init`.
    pub operation: &'a str,
    pub phase: &'a str,
    pub component: &'a str,
}

/// An effect as a policy gets it (`wit/`, world `policy`): its own fields; who
/// asks; and the context of the configuration in a place of its own, since a
/// component may have made that.
pub fn described(effect: &dyn Effect, asker: &Asker, context: &Value) -> Value {
    let mut fields = effect.shown();
    fields["apiVersion"] = json!("kubewright.dev/v1alpha1");
    fields["kind"] = json!("Effect");
    fields["operation"] = json!(asker.operation);
    fields["phase"] = json!(asker.phase);
    fields["component"] = json!(asker.component);
    fields["action"] = json!(effect.name());
    fields["context"] = context.clone();
    fields
}

/// Permission bits as they are shown.
pub(super) fn octal(mode: u32) -> String {
    format!("{mode:04o}")
}
