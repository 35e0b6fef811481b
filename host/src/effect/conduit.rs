//! The one path: grant, policy, journal, world.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::{Value, json};

use super::effect::{Asker, Effect, Inverse, Landing, described};
use super::event::{Change, Event, Events};
use super::grant::{Denial, Grants};
use super::journal::{Denied, Entry, Journal, JournalError, RecordedFiles};
use super::noted::NotedFiles;
use super::policy::{Finding, Policy, PolicyError, Verdict};
use crate::world::{Files, LastLink, MachinePath, World};

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
    /// Phases whose files it may write again.
    pub changes: Arc<[String]>,
}

/// Why an effect did not land.
#[derive(Debug, thiserror::Error)]
pub enum EffectError {
    #[error(transparent)]
    Denied(#[from] Denial),
    #[error(
        "the policy {} denies it: {} {} breaks the rule {}: {}",
        .denied.policy, .denied.action, .denied.target, .denied.rule, .denied.reason
    )]
    Policy { denied: Box<Denied>, remedy: String },
    #[error(transparent)]
    PolicyFailed(#[from] PolicyError),
    #[error(transparent)]
    Journal(#[from] JournalError),
    #[error(
        "{path} was written by the phase {writer} in this run, and the phase {phase} would change it"
    )]
    Contested {
        path: MachinePath,
        writer: String,
        phase: String,
    },
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
            Self::Contested { writer, phase, .. } => Some(format!(
                "if it is to, say so in the distribution file, at the phase {phase}: changes: [{writer}]"
            )),
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
    /// What the run is: `init`.
    operation: String,
    /// What every effect shows to policies below `context`, as
    /// `certificatesDir`: a component may have made it.
    context: Value,
    /// Which phase wrote which file.
    writers: Mutex<BTreeMap<MachinePath, String>>,
    /// What landed, as policies saw it, for those that judge it all.
    plan: Mutex<Vec<Value>>,
}

/// The phase that a sub-phase is of: `certs` of `certs/ca`. A phase is its own.
pub fn outer(phase: &str) -> &str {
    phase.split('/').next().unwrap_or(phase)
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
            operation: String::new(),
            context,
            writers: Mutex::default(),
            plan: Mutex::default(),
        }
    }

    /// The same, for a run of this operation.
    #[must_use]
    pub fn of(mut self, operation: &str) -> Self {
        operation.clone_into(&mut self.operation);
        self
    }

    /// Notes who writes a file. Two phases that write one, and do not know of
    /// each other, would undo what the other did, run by run; the last one
    /// would win, whoever that is.
    fn claim(&self, origin: &Origin, path: &MachinePath) -> Result<(), EffectError> {
        let real = self.real(path);
        self.check_claim(origin, &real)?;
        self.writers().insert(real, origin.phase.clone());
        Ok(())
    }

    /// The file that is meant, however it is spelt. What cannot be looked at is
    /// not written either.
    fn real(&self, path: &MachinePath) -> MachinePath {
        let real = self.world.files.real(path, LastLink::Keep);
        real.unwrap_or_else(|_| path.clone())
    }

    /// The same for what is changed of a file, or of a folder with all in it.
    fn claim_all(&self, origin: &Origin, path: &MachinePath) -> Result<(), EffectError> {
        let real = self.real(path);
        let within: Vec<MachinePath> = self
            .writers()
            .keys()
            .filter(|written| written.is_within(&real))
            .cloned()
            .collect();
        within
            .iter()
            .try_for_each(|written| self.check_claim(origin, written))
    }

    // Only whole entries are ever inserted.
    fn writers(&self) -> MutexGuard<'_, BTreeMap<MachinePath, String>> {
        self.writers.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether a phase may change a file, as far as others wrote it.
    fn check_claim(&self, origin: &Origin, path: &MachinePath) -> Result<(), EffectError> {
        let writers = self.writers();
        if let Some(writer) = writers.get(path) {
            let may = |name: &String| name == writer || name == outer(writer);
            let is_own = outer(writer) == outer(&origin.phase);
            if !is_own && !origin.changes.iter().any(may) {
                return Err(EffectError::Contested {
                    path: path.clone(),
                    writer: writer.clone(),
                    phase: origin.phase.clone(),
                });
            }
        }
        Ok(())
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
        let described = self.ask_policies(origin, effect).await?;
        let writes = effect.writes();
        writes
            .keys()
            .try_for_each(|path| self.claim(origin, path))?;
        effect
            .alters()
            .map_or(Ok(()), |path| self.claim_all(origin, path))?;
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
        // Of what is removed for good, or undone, nothing is to be made again.
        let is_of_files = effect.inverse() == Inverse::Files;
        let recorded = (is_of_files && self.journal.wants_touches()).then(|| {
            let private = writes.iter().filter(|(_, made)| made.is_sealed());
            Arc::new(RecordedFiles::new(
                Arc::clone(&files),
                Arc::clone(&self.journal),
                number,
                private.map(|(path, _)| path.clone()).collect(),
                Arc::clone(&self.world.provenance),
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
                if let Some(mark) = effect.mark() {
                    self.journal.mark(&mark)?;
                }
                self.note(described, *change);
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

    /// Has the policies judge what landed as a whole, once the phases are
    /// through: in a sandbox before anything of it is on the machine, on the
    /// machine when it is.
    pub async fn judge(&self) -> Result<(), EffectError> {
        let effects =
            std::mem::take(&mut *self.plan.lock().unwrap_or_else(PoisonError::into_inner));
        let plan = json!({
            "apiVersion": "kubewright.dev/v1alpha1",
            "kind": "Plan",
            "operation": self.operation,
            "context": self.context,
            "effects": effects,
        });
        let asked = Asked {
            phase: &self.operation,
            action: "Plan",
            target: &self.operation,
        };
        for policy in self.policies.iter().filter(|policy| policy.judges()) {
            self.weigh(&**policy, policy.judge(&plan).await?, &asked)?;
        }
        Ok(())
    }

    /// Keeps an effect for the judgement of all.
    fn note(&self, described: Option<Value>, change: Change) {
        let judges = self.policies.iter().any(|policy| policy.judges());
        if let (true, Some(mut effect)) = (judges, described) {
            effect["change"] = json!(change);
            let mut plan = self.plan.lock().unwrap_or_else(PoisonError::into_inner);
            plan.push(effect);
        }
    }

    /// Asks all policies about one effect; gives it as they saw it.
    async fn ask_policies(
        &self,
        origin: &Origin,
        asked: &dyn Effect,
    ) -> Result<Option<Value>, EffectError> {
        if self.policies.is_empty() {
            return Ok(None);
        }
        let asker = Asker {
            operation: &self.operation,
            phase: &origin.phase,
            component: &origin.component,
        };
        let effect = described(asked, &asker, &self.context);
        let target = asked.target();
        let asked = Asked {
            phase: &origin.phase,
            action: asked.name(),
            target: &target,
        };
        for policy in &self.policies {
            self.weigh(&**policy, policy.check(&effect).await?, &asked)?;
        }
        Ok(Some(effect))
    }

    /// Tells of warnings; the first that denies is an error.
    fn weigh(
        &self,
        policy: &dyn Policy,
        findings: Vec<Finding>,
        asked: &Asked,
    ) -> Result<(), EffectError> {
        for finding in findings {
            match finding.verdict {
                Verdict::Warn => self.tell(Event::Warning {
                    phase: asked.phase.to_owned(),
                    message: format!(
                        "policy {}, rule {}: {} {}: {} ({})",
                        policy.name(),
                        finding.rule,
                        asked.action,
                        asked.target,
                        finding.reason,
                        finding.remedy
                    ),
                }),
                Verdict::Deny => {
                    let denied = Denied {
                        phase: asked.phase.to_owned(),
                        action: asked.action.to_owned(),
                        target: asked.target.to_owned(),
                        policy: policy.name().to_owned(),
                        rule: finding.rule,
                        reason: finding.reason,
                    };
                    self.journal.denied(denied.clone())?;
                    return Err(EffectError::Policy {
                        denied: Box::new(denied),
                        remedy: finding.remedy,
                    });
                }
            }
        }
        Ok(())
    }
}

/// What policies are asked about.
struct Asked<'a> {
    phase: &'a str,
    action: &'a str,
    target: &'a str,
}
