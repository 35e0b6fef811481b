//! What the path asks of policies.

use serde_json::Value;

use crate::world::Door;

/// How much a finding weighs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    Warn,
    Deny,
}

/// One thing a policy has to say of one effect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    pub verdict: Verdict,
    /// The rule's name within the policy.
    pub rule: String,
    pub reason: String,
    pub remedy: String,
}

/// A policy that could not give an answer. The effect does not land: a policy
/// that breaks must not become one that allows.
#[derive(Debug, thiserror::Error)]
#[error("the policy {policy} could not judge {what}")]
pub struct PolicyError {
    pub policy: String,
    /// `an effect`
    pub what: &'static str,
    #[source]
    pub source: Box<dyn std::error::Error + Send + Sync>,
}

/// Judges effects. Implemented by policy components.
pub trait Policy: Send + Sync {
    fn name(&self) -> &str;
    /// `sha256:HEX` of its component; empty where it is none.
    fn digest(&self) -> &str {
        ""
    }
    /// Judges one effect, as [`Action::describe`](super::Action::describe)
    /// gives it.
    fn check<'a>(&'a self, effect: &'a Value) -> Door<'a, Result<Vec<Finding>, PolicyError>>;
    /// Whether it judges what a run does as a whole, too.
    fn judges(&self) -> bool {
        false
    }
    /// Judges that: all effects, as [`Self::check`] gets them, and what each
    /// changed.
    fn judge<'a>(&'a self, _plan: &'a Value) -> Door<'a, Result<Vec<Finding>, PolicyError>> {
        Box::pin(std::future::ready(Ok(Vec::new())))
    }
}
