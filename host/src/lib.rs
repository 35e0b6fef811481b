//! Kubewright: a Kubernetes provisioner whose phases are sandboxed
//! WebAssembly components.
//!
//! The rooms, each knowing only those below it: [`cli`], [`run`], [`configuration`],
//! [`distribution`], [`component`], [`capability`], [`effect`], [`world`],
//! [`kube`], [`pki`].

pub mod capability;
pub mod causes;
pub mod cli;
pub mod component;
pub mod configuration;
pub mod distribution;
pub mod effect;
pub mod hardening;
pub mod kube;
pub mod pki;
pub mod run;
mod visible;
pub mod world;
mod yaml;
