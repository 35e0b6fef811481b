//! `kubewright component`

use std::path::PathBuf;

use anyhow::Context;
use clap::{Args, Subcommand};
use serde_json::json;

use super::output::Output;
use crate::component::{self, Engine, Source};
use crate::world::{Takes, read_given};

#[derive(Subcommand)]
pub enum Component {
    New(New),
}

const EXAMPLES: &str = "\
Example:
  cargo build --release --target wasm32-unknown-unknown
  kubewright component new target/wasm32-unknown-unknown/release/motd.wasm --out motd.wasm";

/// Make a component of the module that a compiler made.
///
/// Makes a component of a core WebAssembly module, as `cargo build --target
/// wasm32-unknown-unknown` leaves it, and says what a distribution file needs
/// to know of it: its digest, and which capabilities it asks for.
#[derive(Args)]
#[command(after_long_help = EXAMPLES)]
pub struct New {
    /// The module.
    #[arg(value_name = "MODULE.wasm")]
    module: PathBuf,
    /// Where to write the component.
    #[arg(long, value_name = "COMPONENT.wasm")]
    out: PathBuf,
}

impl Component {
    pub fn run(&self, output: &Output) -> anyhow::Result<()> {
        match self {
            Self::New(command) => command.run(output),
        }
    }
}

impl New {
    fn run(&self, output: &Output) -> anyhow::Result<()> {
        let module = read_given(&self.module, component::FILE_LIMIT, Takes::Files)
            .with_context(|| format!("cannot read the module {}", self.module.display()))?;
        let bytes = component::encode(&module)
            .with_context(|| format!("no component can be made of {}", self.module.display()))?;
        let engine = Engine::start().map_err(anyhow::Error::from)?;
        let source = Source::File {
            path: self.out.clone(),
            bytes: bytes.as_slice().into(),
        };
        let loaded = component::Component::load(&engine, &source)?;
        std::fs::write(&self.out, &bytes)
            .with_context(|| format!("cannot write {}", self.out.display()))?;
        let imports = loaded.imports();
        output.line(&format!("component: {}", self.out.display()));
        output.line(&format!("digest: {}", loaded.digest));
        output.line(&format!("imports: {}", imports.join(", ")));
        output.result(&json!({
            "component": self.out,
            "digest": loaded.digest,
            "imports": imports,
            "exports": loaded.exports(),
        }));
        Ok(())
    }
}
