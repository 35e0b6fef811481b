//! Distributions: which phases, in which order, from which components, with
//! which grants.

mod document;
mod grants;
mod load;
mod order;
mod sandbox;
mod scheduler;
mod selection;
mod variables;

pub use document::{ConfigurationDocument, DistributionDocument, PhaseDocument};
pub use load::{Distribution, DistributionError, Leaf, PhaseGroup};
pub use sandbox::Sandbox;
pub use scheduler::{RunError, Runner};
pub use selection::{Selection, SelectionError};
pub use variables::VariableError;
