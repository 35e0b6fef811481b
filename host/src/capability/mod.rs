//! One file per interface of the contract (`wit/`). Each turns a component's
//! call into an effect, or answers what is public; `contract` is where calls
//! come in, `gate` where answers go out.

mod accounts;
pub mod bindings;
mod budget;
mod charge;
mod checks;
mod clock;
mod container_runtime;
mod contract;
mod documents;
mod etcd;
mod files;
mod gate;
mod health;
pub mod interfaces;
pub mod kube;
mod kubeconfigs;
mod leftovers;
mod log;
mod mounts;
mod node;
mod patches;
pub mod pki;
mod pods;
mod refusal;
mod run_secrets;
mod sealed;
mod state;
mod terminal;
pub mod tokens;
mod undo;

pub use budget::{Allowance, Exceeded};
pub use log::{clean_failure, clean_line, clean_message};
pub use patches::{OperatorPatches, PatchCheck, PatchesError};
pub use refusal::Refusal;
pub use run_secrets::RunSecrets;
pub use state::{Panic, PhaseState, RunContext};
