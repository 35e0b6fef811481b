//! Doors that open onto this machine.

mod facts;
mod files;

pub use facts::read_facts;
pub use files::MachineFiles;
