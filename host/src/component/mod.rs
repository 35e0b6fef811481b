//! Components: load them, check what they ask for, run them within limits.

mod builtin;
mod code_memory;
mod configuration;
mod encode;
mod engine;
mod engine_config;
mod failure;
mod helper;
mod imports;
mod limits;
mod listener;
mod phase;
mod policy;
mod source;

pub use builtin::BuiltIn;
pub use configuration::{ConfigurationComponent, Objection};
pub use encode::{EncodeError, encode};
pub use engine::Engine;
pub use failure::{Failure, FailureKind};
pub use helper::{HelperError, TooMuch, asked as asked_to_help, check_bounds, serve as help};
pub use imports::{Finding, check_imports};
pub use limits::Limits;
pub use phase::{Description, PhaseComponent, describe};
pub use policy::PolicyComponent;
pub use source::{Component, FILE_LIMIT, LoadError, Source, digest_of};
