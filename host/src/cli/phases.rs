//! `kubewright phases`

use clap::Args;
use serde_json::json;

use super::output::Output;
use crate::component::{Component, Engine, Limits, describe};
use crate::distribution::{Distribution, MAIN};

/// List the phases of a distribution: component, digest, needs, grants.
///
/// In their order: the component and its digest, what must be through before,
/// the capabilities it asks for (its imports) and what it was granted. The
/// names are what --phase and --skip-phases take; those of kubeadm.
#[derive(Args)]
pub struct Phases {
    /// A built-in distribution, or the path of a distribution file.
    #[arg(long, value_name = "NAME|PATH", default_value = "kubernetes")]
    distribution: String,
    /// The operation whose phases are listed, as `reset`.
    #[arg(default_value = MAIN, num_args = 1..=3)]
    operation: Vec<String>,
}

impl Phases {
    pub fn run(&self, output: &Output) -> anyhow::Result<()> {
        let distribution = Distribution::load(&self.distribution)?;
        let operation = distribution.operation(&self.operation.join(" "))?;
        let engine = Engine::start().map_err(anyhow::Error::from)?;
        let runtime = tokio::runtime::Builder::new_current_thread().build()?;
        let mut listed = Vec::new();
        output.line(&format!("{}: {}", distribution.name, distribution.summary));
        for (at, group) in operation.groups.iter().enumerate() {
            let component = Component::load(&engine, &group.source)?;
            let imports: Vec<String> = component
                .imports()
                .into_iter()
                .map(|name| {
                    let name = name.strip_prefix("kubewright:provision/").unwrap_or(&name);
                    name.split('@').next().unwrap_or(name).to_owned()
                })
                .collect();
            let description = runtime.block_on(describe(&component, Limits::default()))?;
            output.line(&format!("\n{}: {}", group.name, description.summary));
            if !group.aliases.is_empty() {
                output.line(&format!("  aliases    {}", group.aliases.join(", ")));
            }
            output.line(&format!(
                "  component  {} {}",
                component.name, component.digest
            ));
            output.line(&format!("  asks for   {}", imports.join(", ")));
            for line in group.granted().lines() {
                output.line(&format!("  granted    {line}"));
            }
            let mut leaves = Vec::new();
            for leaf in operation.leaves.iter().filter(|leaf| leaf.group == at) {
                let needs: Vec<&str> = leaf
                    .needs
                    .iter()
                    .map(|need| operation.leaves[*need].name.as_str())
                    .collect();
                let after = match needs.is_empty() {
                    true => String::new(),
                    false => format!(" (needs {})", needs.join(", ")),
                };
                let summary = description
                    .phases
                    .iter()
                    .find(|(name, _)| *name == leaf.name)
                    .map_or("", |(_, summary)| summary.as_str());
                output.line(&format!("  phase      {}: {summary}{after}", leaf.name));
                leaves.push(json!({ "name": leaf.name, "summary": summary, "needs": needs }));
            }
            listed.push(json!({
                "name": group.name,
                "summary": description.summary,
                "aliases": group.aliases,
                "component": component.name,
                "digest": component.digest,
                "imports": imports,
                "grants": group.granted().lines(),
                "phases": leaves,
            }));
        }
        output.result(&json!({
            "distribution": distribution.name,
            "operation": operation.name,
            "operations": distribution.operations.keys().collect::<Vec<_>>(),
            "phases": listed,
        }));
        Ok(())
    }
}
