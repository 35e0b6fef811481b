//! Doors that open onto this machine.

mod api;
mod directory;
mod facts;
mod files;
mod health;
mod node;
mod rootfs;
mod services;

pub use api::MachineApi;
pub use facts::read_facts;
pub use files::MachineFiles;
pub use health::MachineHealth;
pub use node::MachineNode;
pub use rootfs::RootfsNode;
pub use services::ServiceManager;
