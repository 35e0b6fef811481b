//! A Kubernetes API server in memory, behind the real `kube::Client` and without a socket.
//!
//! It answers as a kube-apiserver does, in its words, from tables of the API's kinds and types: what
//! a provisioner meets (create, read, replace, the four patches, apply with field ownership,
//! conflicts, watches, deletion, garbage collection, custom resources). What it is not: admission,
//! authorization, controllers; [`Behaviour`]s stand in for those.
//!
//! What is written to it can be taken out ([`EmbeddedApi::objects`]) as files for a real cluster, so
//! it fills in nothing that would change them.

mod behaviour;
mod call;
mod custom;
mod discovery;
mod export;
mod faults;
mod fields;
mod kinds;
mod object;
mod options;
mod patch;
mod route;
mod schema;
mod seed;
mod select;
mod service;
mod state;
mod status;
mod store;
mod verbs;
mod watch;

pub use behaviour::{Behaviour, On};
pub use export::{PlaceError, Refusal};
pub use faults::{Fault, Faults, Faulty};
pub use kinds::{ALL_VERBS, KindInfo};
pub use object::service::{NotARange, ServiceRange};
pub use options::{Clock, KUBERNETES_RELEASE, Options, Random, counted};
pub use patch::{PatchFailure, patched_document};
pub use seed::{control_plane_seed, kubernetes_service, namespace, node};
pub use select::selects;
pub use service::{AnswerBody, EmbeddedApi, EmbeddedService};

#[cfg(test)]
mod tests;
