//! What the host keeps for one run of one phase.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use wasmtime::component::{Resource, ResourceTable};
use zeroize::Zeroizing;

use super::bindings::types;
use super::budget::{Allowance, Budget, Exceeded, Waiting};
use super::gate::{Answer, Disclose, Disclosed, Gate};
use super::interfaces::Interface;
use super::patches::OperatorPatches;
use super::refusal::{IntoWit, Refusal};
use super::run_secrets::RunSecrets;
use crate::effect::{
    Change, Conduit, Content, Denial, Event, HeldCertificate, Landing, Origin, Past, Place,
    Published, SealedValue, Shown,
};
use crate::world::{LastLink, MachinePath, Purpose, World};

/// What all phases of a run share.
pub struct RunContext {
    pub conduit: Conduit,
    pub secrets: RunSecrets,
    pub patches: OperatorPatches,
    /// What components may learn.
    pub gate: Gate,
    /// How long a call to the API is tried again.
    pub call_timeout: Duration,
    /// How long the configuration gives phases to wait for others, beyond what
    /// every phase may.
    pub waiting: Duration,
    /// Whether objects are applied over what others set in them.
    pub force_conflicts: bool,
    /// What phases want the operator to see at the end.
    pub shown: Shown,
    /// What phases published for later ones.
    pub published: Published,
    /// What earlier runs did, for phases that undo it.
    pub past: Arc<Past>,
    /// Files that got sealed values, with words in place of those.
    redacted: Mutex<BTreeMap<MachinePath, String>>,
    /// What `pki.issue` made, by name: an instance ends with its phase.
    issued: Mutex<BTreeMap<String, HeldCertificate>>,
}

impl RunContext {
    pub fn new(conduit: Conduit, secrets: RunSecrets, patches: OperatorPatches) -> Self {
        Self {
            conduit,
            secrets,
            patches,
            gate: Gate::default(),
            call_timeout: crate::kube::objects::CALL_TIMEOUT,
            waiting: Duration::ZERO,
            force_conflicts: false,
            shown: Shown::default(),
            published: Published::default(),
            past: Arc::default(),
            redacted: Mutex::default(),
            issued: Mutex::default(),
        }
    }

    /// The same, with another time that calls to the API are tried again.
    pub fn with_call_timeout(self, call_timeout: Option<Duration>) -> Self {
        Self {
            call_timeout: call_timeout.unwrap_or(self.call_timeout),
            ..self
        }
    }

    /// The same, with time that the operator gave for waiting.
    pub fn with_waiting(self, waiting: Duration) -> Self {
        Self { waiting, ..self }
    }

    /// The same, on a machine that has a past.
    pub fn with_past(self, past: Arc<Past>) -> Self {
        Self { past, ..self }
    }

    /// The same, with objects applied over what others set in them.
    pub fn with_force_conflicts(self, force_conflicts: bool) -> Self {
        Self {
            force_conflicts,
            ..self
        }
    }

    /// Keeps a certificate for the phases that come later.
    pub fn keep_issued(&self, name: &str, held: &HeldCertificate) {
        let mut issued = self.issued.lock().unwrap_or_else(PoisonError::into_inner);
        issued.insert(name.to_owned(), held.clone());
    }

    /// What was issued under this name in this run.
    pub fn issued(&self, name: &str) -> Option<HeldCertificate> {
        let issued = self.issued.lock().unwrap_or_else(PoisonError::into_inner);
        issued.get(name).cloned()
    }

    /// Remembers how a file that was written is shown in a plan.
    pub fn remember_file(&self, place: &Place, content: &Content) {
        let mut files = self.redacted.lock().unwrap_or_else(PoisonError::into_inner);
        match content.kinds().is_empty() {
            true => files.remove(place.real()),
            false => files.insert(place.real().clone(), content.redacted()),
        };
    }

    /// The files that got sealed values, with words in place of those.
    pub fn redacted_files(&self) -> BTreeMap<MachinePath, String> {
        let files = self.redacted.lock().unwrap_or_else(PoisonError::into_inner);
        files.clone()
    }
}

/// The last words of a component that panicked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Panic(pub String);

/// The host's side of one instance.
pub struct PhaseState {
    pub run: Arc<RunContext>,
    pub origin: Origin,
    pub table: ResourceTable,
    /// What it said when it panicked.
    pub panic: Option<Panic>,
    /// What the last call was, for when the component fails.
    pub doing: String,
    /// What it may still use.
    pub budget: Budget,
    /// When it last told of its progress.
    told: Instant,
    /// What it may learn.
    pub gate: Gate,
    /// Names of the Pods that it was told of, by socket and id.
    pub pods: BTreeMap<(String, String), String>,
}

impl PhaseState {
    pub fn new(run: Arc<RunContext>, origin: Origin, mut allowance: Allowance) -> Self {
        allowance.waiting = allowance.waiting.saturating_add(run.waiting);
        let mut table = ResourceTable::new();
        table.set_max_capacity(allowance.handles);
        Self {
            gate: run.gate.for_phase(),
            run,
            origin,
            table,
            panic: None,
            doing: "starting".to_owned(),
            budget: Budget::new(allowance),
            told: Instant::now(),
            pods: BTreeMap::new(),
        }
    }

    /// How long ago the last line of progress is; this one is the last now.
    pub fn since_last_line(&mut self) -> Duration {
        let now = Instant::now();
        now.duration_since(std::mem::replace(&mut self.told, now))
    }

    /// Counts a call to the host; the contract does, for every function.
    pub fn enter(&mut self, bytes: usize) -> Result<(), Exceeded> {
        self.budget.withheld(self.gate.withheld())?;
        self.budget.enter(bytes)
    }

    /// Whether this phase was granted the interface: its component has the
    /// imports of all of its phases.
    pub fn lent(&self, interface: &Interface) -> Result<(), Denial> {
        interface.check(&self.origin.grants)
    }

    /// Counts a call that goes out; what it takes until the value is dropped
    /// is waiting.
    pub fn wait(&mut self) -> Result<Waiting, Exceeded> {
        self.budget.request()?;
        Ok(self.budget.clock().wait())
    }

    pub fn world(&self) -> &World {
        self.run.conduit.world()
    }

    pub fn tell(&self, event: Event) {
        self.run.conduit.tell(event);
    }

    /// The place of a path, its links followed.
    pub fn place(&self, path: &str, last: LastLink) -> Result<Place, Refusal> {
        let path = MachinePath::parse(path)?;
        Ok(Place::of(&*self.world().files, path, last)?)
    }

    /// Opens a file for a purpose, charged to the budget.
    pub fn open(
        &mut self,
        place: &Place,
        purpose: Purpose,
        limit: u64,
    ) -> Result<Zeroizing<Vec<u8>>, Refusal> {
        let content = self.gate.open(self.world(), place, purpose, limit)?;
        self.budget.spend(content.len())?;
        Ok(content)
    }

    /// Answers with a value, if the gate lets it through.
    pub fn answer<T: Disclose>(&self, value: T) -> Answer<T> {
        self.gate.disclose(value)
    }

    /// Charges what was disclosed already.
    pub fn charged<T: Disclose>(&mut self, disclosed: Disclosed<T>) -> Answer<T> {
        self.budget.spend(disclosed.weight())?;
        Ok(disclosed)
    }

    /// Gives the component a handle of something.
    pub fn hand<T: Send + 'static>(&mut self, held: T) -> Answer<Resource<T>> {
        let handle = self.table.push(held)?;
        self.gate.disclose(handle)
    }

    /// Gives it a handle of a secret.
    pub fn hand_secret(&mut self, secret: SealedValue) -> Answer<Resource<SealedValue>> {
        let secret = self.gate.learn(secret);
        self.hand(secret)
    }

    /// Sends an effect down the path. A denial by policy or a journal that
    /// cannot be written ends the component (a trap), everything else is the
    /// component's to handle.
    pub async fn land<E>(&mut self, effect: E) -> Result<(E::Output, Change), Refusal>
    where
        E: Landing,
        E::Error: IntoWit,
    {
        self.doing = format!("{} {}", effect.name(), effect.target());
        let run = Arc::clone(&self.run);
        let landed = run.conduit.land(&self.origin, &effect).await?;
        landed.map_err(|error| Refusal::Told(error.into_wit()))
    }
}

impl From<Change> for types::Change {
    fn from(change: Change) -> Self {
        match change {
            Change::Created => Self::Created,
            Change::Updated => Self::Updated,
            Change::Removed => Self::Removed,
            Change::Unchanged => Self::Unchanged,
        }
    }
}
