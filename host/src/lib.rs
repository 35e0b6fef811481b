//! Kubewright: a Kubernetes provisioner whose phases are sandboxed
//! WebAssembly components.
//!
//! The rooms, each knowing only those below it: [`cli`], [`run`], [`cluster`],
//! [`distribution`], [`component`], [`capability`], [`effect`], [`world`],
//! [`kube`], [`pki`].

pub mod capability;
pub mod causes;
pub mod cli;
pub mod cluster;
pub mod component;
pub mod distribution;
pub mod effect;
pub mod hardening;
pub mod kube;
mod meant;
pub mod pki;
pub mod run;
mod visible;
pub mod world;
mod yaml;
