//! Doors that open onto memory, laid over some other files.

mod api;
mod files;
mod node;

pub use api::SandboxApi;
pub use files::{Change, SandboxFiles};
pub use node::{SandboxHealth, SandboxNode};
