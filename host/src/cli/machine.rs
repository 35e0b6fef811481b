//! The machine that a command works on, as the command line has it.

use std::path::{Path, PathBuf};

use clap::Args;

use crate::run::Machine;

/// What every command that works on a machine takes.
#[derive(Args, Clone, Default)]
pub struct MachineArguments {
    /// The path to the 'real' host root filesystem. With another root than /
    /// only files change: nothing is started, and no root is needed.
    #[arg(long, value_name = "DIR")]
    rootfs: Option<PathBuf>,
}

impl MachineArguments {
    pub fn open(&self) -> anyhow::Result<Machine> {
        Machine::open(self.rootfs.as_deref().unwrap_or(Path::new("/")))
    }
}
