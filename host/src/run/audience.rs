//! Whoever is told of a run while it goes on.

use crate::effect::Events;

/// Whoever is told: a terminal, a program that reads events.
pub trait Audience {
    /// What a run did or is about to do.
    fn line(&self, text: &str);
    /// What the user should know.
    fn warning(&self, text: &str);
    /// Where effects and phases are told.
    fn events(&self) -> Events;
    /// Nothing runs any more.
    fn done(&self);
}
