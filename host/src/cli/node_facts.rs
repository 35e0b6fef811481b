//! `kubewright node-facts`

use anyhow::Context;
use clap::Args;

use super::output::Output;
use crate::world::machine::read_facts;

/// Print the facts of this machine that a render depends on.
///
/// Its name and addresses, which folders of certificate authorities exist, the
/// resolver, CPUs and so on: YAML, or JSON with `-o json`. `render
/// --node-facts FILE` takes both, on any machine.
#[derive(Args)]
pub struct NodeFactsCommand {}

impl NodeFactsCommand {
    /// Prints the facts as YAML, or as JSON with `-o json`; `--node-facts`
    /// takes both.
    pub fn run(&self, output: &Output) -> anyhow::Result<()> {
        let facts = serde_json::to_value(read_facts()?)?;
        if output.is_json() {
            output.text(&format!("{}\n", serde_json::to_string_pretty(&facts)?));
        } else {
            let text = crate::cluster::yaml::write(&facts).context("cannot write the facts")?;
            output.text(&text);
        }
        Ok(())
    }
}
