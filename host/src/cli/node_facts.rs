//! `kubewright node-facts`

use anyhow::Context;
use clap::Args;

use super::output::Output;
use crate::world::machine::read_facts;

/// Print the facts of this machine that a render depends on.
///
/// Its name and addresses, which folders of certificate authorities exist, the
/// resolver, CPUs and so on, as YAML that `render --node-facts FILE` takes, on
/// any machine.
#[derive(Args)]
pub struct NodeFactsCommand {}

impl NodeFactsCommand {
    /// Prints the facts as YAML; with `-o json` they are the result.
    pub fn run(&self, output: &Output) -> anyhow::Result<()> {
        let facts = serde_json::to_value(read_facts()?)?;
        if output.is_json() {
            output.result(&facts);
        } else {
            let text =
                crate::configuration::yaml::write(&facts).context("cannot write the facts")?;
            output.text(&text);
        }
        Ok(())
    }
}
