//! The kube API: calls on objects of any kind, and an API embedded in the
//! program.

mod call;
pub mod changes;
pub mod embedded;
pub mod kubeconfig;
pub mod objects;
pub mod patching;
pub mod secrets;

#[cfg(test)]
mod apply_tests;
#[cfg(test)]
mod retry_tests;
