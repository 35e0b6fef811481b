//! The one path: grant, policy, journal, world.

use std::sync::Arc;

use serde_json::Value;

use super::effect::{Effect, Inverse, Landing, described};
use super::event::{Change, Event, Events};
use super::grant::{Denial, Grants};
use super::journal::{Entry, Journal, JournalError, RecordedFiles};
use super::noted::NotedFiles;
use super::policy::{Policy, PolicyError, Verdict};
use crate::world::{Files, World};

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
    /// What every effect shows to policies below `context`, as
    /// `certificatesDir`: a component may have made it.
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

    /// Sends one effect down the path. It lands only if nothing objects. The
    /// outer error is the path's, the inner one the world's.
    pub async fn land<E: Landing>(
        &self,
        origin: &Origin,
        effect: &E,
    ) -> Result<Result<(E::Output, Change), E::Error>, EffectError> {
        effect.grant(&origin.grants, &*self.world.files)?;
        self.ask_policies(origin, effect).await?;
        let writes = effect.writes();
        let number = self.journal.begin(&Entry {
            phase: origin.phase.clone(),
            component: origin.component.clone(),
            digest: origin.digest.clone(),
            action: effect.name(),
            target: effect.target(),
            of_files: !matches!(effect.inverse(), Inverse::None(_)),
            writes: writes.clone(),
            object: effect.object(),
        })?;
        let noted = Arc::new(NotedFiles::new(
            Arc::clone(&self.world.files),
            Arc::clone(&self.world.provenance),
            Arc::clone(&self.journal),
            number,
            writes.clone(),
        ));
        let mut files: Arc<dyn Files> = Arc::<NotedFiles>::clone(&noted);
        let recorded = self.journal.wants_touches().then(|| {
            let private = writes.iter().filter(|(_, made)| made.is_sealed());
            Arc::new(RecordedFiles::new(
                Arc::clone(&files),
                Arc::clone(&self.journal),
                number,
                private.map(|(path, _)| path.clone()).collect(),
            ))
        });
        if let Some(recorded) = &recorded {
            files = Arc::<RecordedFiles>::clone(recorded);
        }
        let world = World {
            files,
            ..self.world.clone()
        };
        let landed = effect.land(&world).await;
        if landed.is_ok() {
            // What was so already was not written.
            noted.note_all();
        }
        let failure = recorded.and_then(|recorded| recorded.take_failure());
        if let Some(failure) = failure.or_else(|| noted.take_failure()) {
            return Err(failure.into());
        }
        match &landed {
            Ok((_, change)) => {
                self.journal.landed(number, *change)?;
                self.tell(Event::Effect {
                    phase: origin.phase.clone(),
                    action: effect.name(),
                    target: effect.target(),
                    change: *change,
                });
            }
            Err(_) => self.journal.failed(number)?,
        }
        Ok(landed)
    }

    async fn ask_policies(&self, origin: &Origin, asked: &dyn Effect) -> Result<(), EffectError> {
        if self.policies.is_empty() {
            return Ok(());
        }
        let effect = described(asked, &origin.phase, &origin.component, &self.context);
        for policy in &self.policies {
            for finding in policy.check(&effect).await? {
                match finding.verdict {
                    Verdict::Warn => self.tell(Event::Warning {
                        phase: origin.phase.clone(),
                        message: format!(
                            "policy {}, rule {}: {} {}: {} ({})",
                            policy.name(),
                            finding.rule,
                            asked.name(),
                            asked.target(),
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
                            action: asked.name(),
                            target: asked.target(),
                        });
                    }
                }
            }
        }
        Ok(())
    }
}
