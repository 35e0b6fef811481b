//! What the user asked for: reading it, and having the component of a distribution complete it.
//!
//! Text, flags and facts go in, a complete and valid configuration comes out, or errors that name
//! file, line and field. This room reads no files, asks no network and makes no randomness, and it
//! knows no kind of document: which there are, what fields they have and which of these are secret
//! comes from the distribution.
//!
//! The way of a file: [`reader`] (against the schemas of the distribution, secrets are taken out);
//! [`complete`] (its component defaults, converts and checks).

pub mod complete;
pub mod error;
pub mod finding;
pub mod flags;
pub mod prepared;
pub mod reader;
pub mod revealed;
pub mod secret;
pub mod yaml;
