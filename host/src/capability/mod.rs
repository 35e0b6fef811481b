//! One file per interface of the contract (`wit/`). Each turns a component's
//! call into an effect, or answers what is public.

mod accounts;
pub mod bindings;
mod checks;
mod clock;
mod container_runtime;
mod files;
mod health;
pub mod kube;
mod kubeconfigs;
mod log;
mod node;
mod patches;
pub mod pki;
mod run_secrets;
mod sealed;
mod state;
mod terminal;
pub mod tokens;

pub use log::{clean_failure, clean_line, clean_message};
pub use patches::{OperatorPatches, PatchCheck, PatchesError};
pub use run_secrets::RunSecrets;
pub use state::{Allowance, Exceeded, Panic, PhaseState, RunContext};
