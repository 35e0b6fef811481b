//! The one path: grant, policy, journal, world.

use std::sync::Arc;

use serde_json::Value;

use super::action::Action;
use super::event::{Change, Event, Events};
use super::grant::{Denial, Grants};
use super::journal::{Entry, Journal, JournalError, RecordedFiles};
use super::policy::{Policy, PolicyError, Verdict};
use crate::world::World;

/// Who asks for an effect.
#[derive(Clone)]
pub struct Origin {
    /// `certs/ca`
    pub phase: String,
    /// `certs`, or the path of a component file.
    pub component: String,
    /// `sha256:…` of the component.
    pub digest: String,
    pub grants: Arc<Grants>,
}

/// Why an effect did not land.
#[derive(Debug, thiserror::Error)]
pub enum EffectError {
    #[error(transparent)]
    Denied(#[from] Denial),
    #[error("the policy {policy} denies it: {action} {target} breaks the rule {rule}: {reason}")]
    Policy {
        policy: String,
        rule: String,
        reason: String,
        remedy: String,
        action: &'static str,
        target: String,
    },
    #[error(transparent)]
    PolicyFailed(#[from] PolicyError),
    #[error(transparent)]
    Journal(#[from] JournalError),
}

impl EffectError {
    /// Whether the run must stop here, whatever the component makes of it: a
    /// policy said no, or there is no record of what is done.
    pub fn is_fatal(&self) -> bool {
        !matches!(self, Self::Denied(_))
    }

    /// What a person can do about it.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Denied(denial) => Some(denial.hint()),
            Self::Policy { remedy, .. } => Some(remedy.clone()),
            Self::PolicyFailed(_) | Self::Journal(_) => None,
        }
    }
}

/// The path, for one run.
pub struct Conduit {
    world: World,
    policies: Vec<Arc<dyn Policy>>,
    journal: Arc<dyn Journal>,
    events: Events,
    /// Facts that every effect shows to policies, as `certificatesDir`.
    context: Value,
}

impl Conduit {
    pub fn new(
        world: World,
        policies: Vec<Arc<dyn Policy>>,
        journal: Arc<dyn Journal>,
        events: Events,
        context: Value,
    ) -> Self {
        Self {
            world,
            policies,
            journal,
            events,
            context,
        }
    }

    pub fn world(&self) -> &World {
        &self.world
    }

    /// Tells whoever watches.
    pub fn tell(&self, event: Event) {
        (self.events)(event);
    }

    /// Sends one effect down the path. `landing` does the work in the world
    /// and says what it changed; it runs only if nothing objects. The outer
    /// error is the path's, the inner one the world's.
    pub async fn land<T, E>(
        &self,
        origin: &Origin,
        action: &Action,
        landing: impl AsyncFnOnce(&World) -> Result<(T, Change), E>,
    ) -> Result<Result<(T, Change), E>, EffectError> {
        origin.grants.covers(action)?;
        self.ask_policies(origin, action).await?;
        let private = action.private_files();
        let number = self.journal.begin(&Entry {
            phase: origin.phase.clone(),
            component: origin.component.clone(),
            digest: origin.digest.clone(),
            action: action.name(),
            target: action.target(),
            of_files: action.is_of_files(),
            private: private.clone(),
            object: action.written_object(),
        })?;
        let landed = if self.journal.wants_touches() {
            let recorded = Arc::new(RecordedFiles::new(
                Arc::clone(&self.world.files),
                Arc::clone(&self.journal),
                number,
                private,
            ));
            let world = World {
                files: Arc::<RecordedFiles>::clone(&recorded),
                ..self.world.clone()
            };
            let landed = landing(&world).await;
            if let Some(failure) = recorded.take_failure() {
                return Err(failure.into());
            }
            landed
        } else {
            landing(&self.world).await
        };
        match &landed {
            Ok((_, change)) => {
                self.journal.landed(number, *change)?;
                self.tell(Event::Effect {
                    phase: origin.phase.clone(),
                    action: action.name(),
                    target: action.target(),
                    change: *change,
                });
            }
            Err(_) => self.journal.failed(number)?,
        }
        Ok(landed)
    }

    async fn ask_policies(&self, origin: &Origin, action: &Action) -> Result<(), EffectError> {
        if self.policies.is_empty() {
            return Ok(());
        }
        let effect = action.describe(&origin.phase, &origin.component, &self.context);
        for policy in &self.policies {
            for finding in policy.check(&effect).await? {
                match finding.verdict {
                    Verdict::Warn => self.tell(Event::Warning {
                        phase: origin.phase.clone(),
                        message: format!(
                            "policy {}, rule {}: {} {}: {} ({})",
                            policy.name(),
                            finding.rule,
                            action.name(),
                            action.target(),
                            finding.reason,
                            finding.remedy
                        ),
                    }),
                    Verdict::Deny => {
                        return Err(EffectError::Policy {
                            policy: policy.name().to_owned(),
                            rule: finding.rule,
                            reason: finding.reason,
                            remedy: finding.remedy,
                            action: action.name(),
                            target: action.target(),
                        });
                    }
                }
            }
        }
        Ok(())
    }
}
