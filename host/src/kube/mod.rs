//! The kube API: calls on objects of any kind, and an API embedded in the
//! program.

pub mod answer;
pub mod bounded_json;
mod call;
pub mod changes;
pub mod client;
pub mod embedded;
mod identity;
pub mod kinds;
pub mod kubeconfig;
mod list;
pub mod objects;
pub mod patching;
pub mod secrets;
mod watch;

#[cfg(test)]
mod apply_tests;
#[cfg(test)]
mod retry_tests;
