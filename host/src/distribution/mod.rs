//! Distributions: which phases, in which order, from which components, with
//! which grants.

mod compose;
mod configuration;
mod decisive;
mod document;
mod folders;
mod grants;
mod limits;
mod load;
mod operation;
mod order;
mod sandbox;
mod sandbox_api;
mod scheduler;
mod schema;
mod selection;
mod variables;

pub use configuration::{
    ConfigurationDocument, DeclaredConfiguration, Hint, Kind, NoFields, Reading, Shape,
};
pub use decisive::ForeignValue;
pub use document::{
    DistributionDocument, FlagDocument, FlagType, OperationDocument, PhaseDocument,
};
pub use limits::LimitsDocument;
pub use load::{Distribution, DistributionError, Leaf, PhaseGroup};
pub use operation::{MAIN, Operation};
pub use sandbox::Sandbox;
pub use sandbox_api::SandboxApiError;
pub use scheduler::{RunError, Runner};
pub use schema::{FieldType, Fields, Scalar, Schema};
pub use selection::{Selection, SelectionError};
pub use variables::VariableError;
