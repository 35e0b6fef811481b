//! What a run starts from.

use std::sync::Arc;

use crate::component::Engine;
use crate::configuration::prepared::Prepared;
use crate::distribution::{Distribution, Operation, Selection};
use crate::world::NodeFacts;

/// All that a run starts from.
pub struct Inputs {
    pub prepared: Prepared,
    pub facts: NodeFacts,
    pub distribution: Arc<Distribution>,
    pub operation: Operation,
    pub selection: Selection,
    /// What the configuration's component ran in; the phases do, too.
    pub engine: Engine,
}
