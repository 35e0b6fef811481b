//! What the host keeps for one run of one phase.

use std::sync::Arc;

use wasmtime::component::ResourceTable;

use super::bindings::types;
use super::patches::OperatorPatches;
use super::run_secrets::RunSecrets;
use crate::effect::{
    Action, Change, Conduit, Content, EffectError, Event, HeldCertificate, Origin,
};
use crate::world::{MachinePath, World};

/// What all phases of a run share.
pub struct RunContext {
    pub conduit: Conduit,
    pub secrets: RunSecrets,
    pub patches: OperatorPatches,
    /// How long a call to the API is tried again.
    pub call_timeout: std::time::Duration,
    /// Whether objects are applied over what others set in them.
    pub force_conflicts: bool,
    /// What phases want the operator to see at the end, in the order shown.
    pub shown: std::sync::Mutex<Vec<(String, Content)>>,
    /// Files that got sealed values, with those replaced. Whatever a component
    /// made of a secret by encoding it, it does not read it back.
    sealed_files: std::sync::Mutex<std::collections::BTreeMap<MachinePath, SealedFile>>,
    /// What `pki.issue` made, by name: an instance ends with its phase.
    issued: std::sync::Mutex<std::collections::BTreeMap<String, HeldCertificate>>,
}

impl RunContext {
    pub fn new(conduit: Conduit, secrets: RunSecrets, patches: OperatorPatches) -> Self {
        Self {
            conduit,
            secrets,
            patches,
            call_timeout: crate::kube::objects::CALL_TIMEOUT,
            force_conflicts: false,
            shown: Default::default(),
            sealed_files: Default::default(),
            issued: Default::default(),
        }
    }

    /// The same, with another time that calls to the API are tried again.
    pub fn with_call_timeout(self, call_timeout: Option<std::time::Duration>) -> Self {
        Self {
            call_timeout: call_timeout.unwrap_or(self.call_timeout),
            ..self
        }
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
        self.issued
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
            .insert(name.to_owned(), held.clone());
    }

    /// What was issued under this name in this run.
    pub fn issued(&self, name: &str) -> Option<HeldCertificate> {
        self.issued
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
            .get(name)
            .cloned()
    }

    /// Remembers whether a file that was written holds sealed values.
    pub fn remember_file(&self, path: &MachinePath, content: &Content) {
        let mut files = self
            .sealed_files
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        if content.kinds().is_empty() {
            files.remove(path);
        } else {
            let file = SealedFile {
                skeleton: content.skeleton(),
                redacted: content.redacted(),
            };
            files.insert(path.clone(), file);
        }
    }

    /// The files that got sealed values, with words in place of those.
    pub fn redacted_files(&self) -> std::collections::BTreeMap<MachinePath, String> {
        self.sealed_files
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
            .iter()
            .map(|(path, file)| (path.clone(), file.redacted.clone()))
            .collect()
    }

    /// The text without its secrets of a file that got sealed values in this run.
    pub fn sealed_file(&self, path: &MachinePath) -> Option<String> {
        self.sealed_files
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
            .get(path)
            .map(|file| file.skeleton.clone())
    }
}

/// The text of a file without its secrets.
struct SealedFile {
    /// Parses as what it is.
    skeleton: String,
    /// Says what was taken out.
    redacted: String,
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
    /// When it last told of its progress.
    told: std::time::Instant,
    used: Allowance,
    allowance: Allowance,
}

/// What an instance may ask of the host.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Allowance {
    /// Calls.
    pub calls: u64,
    /// Bytes that one call may hand over, or make with `compose`.
    pub call_bytes: usize,
    /// Bytes of content in all.
    pub content_bytes: usize,
    /// Handles open at once.
    pub handles: usize,
}

/// A component that asked for more. It is ended: it gets no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Exceeded {
    #[error("it called the host more than {0} times")]
    Calls(u64),
    #[error("it made content of {size} bytes; the limit is {limit}")]
    Content { size: usize, limit: usize },
    #[error("it handed over {size} bytes of content in all; the limit is {limit}")]
    AllContent { size: usize, limit: usize },
}

impl PhaseState {
    pub fn new(run: Arc<RunContext>, origin: Origin, allowance: Allowance) -> Self {
        let mut table = ResourceTable::new();
        table.set_max_capacity(allowance.handles);
        Self {
            run,
            origin,
            table,
            panic: None,
            doing: "starting".to_owned(),
            told: std::time::Instant::now(),
            used: Allowance::default(),
            allowance,
        }
    }

    /// How long ago the last line of progress is; this one is the last now.
    pub fn since_last_line(&mut self) -> std::time::Duration {
        let now = std::time::Instant::now();
        now.duration_since(std::mem::replace(&mut self.told, now))
    }

    /// Counts a call to the host. Every function of every interface that does
    /// more than hand out what a handle holds begins with it.
    pub fn enter(&mut self) -> Result<(), Exceeded> {
        self.used.calls += 1;
        if self.used.calls > self.allowance.calls {
            return Err(Exceeded::Calls(self.allowance.calls));
        }
        Ok(())
    }

    /// Counts content that is about to be made, before it takes any memory:
    /// values composed of themselves double with each call.
    pub fn spend(&mut self, size: usize) -> Result<(), Exceeded> {
        if size > self.allowance.call_bytes {
            return Err(Exceeded::Content {
                size,
                limit: self.allowance.call_bytes,
            });
        }
        self.used.content_bytes = self.used.content_bytes.saturating_add(size);
        if self.used.content_bytes > self.allowance.content_bytes {
            return Err(Exceeded::AllContent {
                size: self.used.content_bytes,
                limit: self.allowance.content_bytes,
            });
        }
        Ok(())
    }

    pub fn world(&self) -> &World {
        self.run.conduit.world()
    }

    pub fn tell(&self, event: Event) {
        self.run.conduit.tell(event);
    }

    /// Sends an effect down the path. A denial by policy or a journal that
    /// cannot be written ends the component (a trap), everything else is the
    /// component's to handle.
    pub async fn land<T, E>(
        &mut self,
        action: Action,
        landing: impl AsyncFnOnce(&World) -> Result<(T, Change), E>,
    ) -> wasmtime::Result<Result<(T, Change), types::Error>>
    where
        E: IntoWit,
    {
        self.doing = format!("{} {}", action.name(), action.target());
        let run = Arc::clone(&self.run);
        match run.conduit.land(&self.origin, &action, landing).await {
            Ok(Ok(landed)) => Ok(Ok(landed)),
            Ok(Err(error)) => Ok(Err(error.into_wit())),
            Err(error) if error.is_fatal() => Err(wasmtime::Error::new(error)),
            Err(error) => Ok(Err(denied(&error))),
        }
    }
}

fn denied(error: &EffectError) -> types::Error {
    types::Error {
        code: types::ErrorCode::Denied,
        message: error.to_string(),
        hint: error.hint(),
    }
}

/// Errors that a component gets to see.
pub trait IntoWit {
    fn into_wit(self) -> types::Error;
}

impl IntoWit for types::Error {
    fn into_wit(self) -> types::Error {
        self
    }
}

/// An error for a component.
pub fn wit_error(code: types::ErrorCode, error: &dyn std::error::Error) -> types::Error {
    types::Error {
        code,
        message: crate::causes::chain(error),
        hint: None,
    }
}

impl IntoWit for crate::effect::Denial {
    fn into_wit(self) -> types::Error {
        types::Error {
            code: types::ErrorCode::Denied,
            hint: Some(self.hint()),
            message: self.to_string(),
        }
    }
}

impl IntoWit for crate::world::PathError {
    fn into_wit(self) -> types::Error {
        wit_error(types::ErrorCode::Invalid, &self)
    }
}

impl From<Change> for types::Change {
    fn from(change: Change) -> Self {
        match change {
            Change::Created => Self::Created,
            Change::Updated | Change::Removed => Self::Updated,
            Change::Unchanged => Self::Unchanged,
        }
    }
}
