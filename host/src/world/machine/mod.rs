//! Doors that open onto this machine.

mod api;
mod checks;
mod cri;
mod directory;
mod facts;
mod files;
mod health;
mod node;
mod rootfs;
mod runtime;
mod services;
mod system;

pub use api::MachineApi;
pub use checks::MachineChecks;
pub use cri::{Cri, Pod};
pub use facts::read_facts;
pub use files::MachineFiles;
pub use health::MachineHealth;
pub use node::MachineNode;
pub use rootfs::RootfsNode;
pub use runtime::MachineRuntime;
pub use services::ServiceManager;
