//! `kubewright render`

use std::path::PathBuf;
use std::time::SystemTime;

use anyhow::Context;
use clap::Args;
use serde_json::json;

use super::init_flags::InitArguments;
use super::inputs::{node_facts, read_text};
use super::output::Output;
use super::render_output::RenderOutput;
use super::sandbox_run::{Outcome, SandboxRun, count, defaults_from};
use crate::cluster::load;
use crate::component::Limits;
use crate::distribution::{Distribution, Selection};

/// Runs all phases of `init` in a sandbox and leaves `DIR/rootfs/**` (the
/// files with their modes) and `DIR/objects.yaml` (the kube objects in the
/// order applied). Keys and certificates of an earlier render into the same
/// DIR are kept where they are sound.
#[derive(Args)]
pub struct Render {
    /// The folder to render into: a new or empty one, or that of an earlier
    /// render.
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    #[command(flatten)]
    init: InitArguments,
    /// Facts of the machine to render for (see `kubewright node-facts`);
    /// without it those of this machine.
    #[arg(long, value_name = "FILE")]
    node_facts: Option<PathBuf>,
    /// A built-in distribution, or the path of a distribution file.
    #[arg(long, value_name = "NAME|PATH", default_value = "kubernetes")]
    distribution: String,
    /// Run only these phases, as `certs` or `control-plane/apiserver`.
    #[arg(long = "phase", value_name = "PHASE", value_delimiter = ',')]
    phases: Vec<String>,
    /// Judge every effect by this policy: a `.wasm` file, or `baseline`. May
    /// be given several times.
    #[arg(long = "policy", value_name = "FILE.wasm|NAME")]
    policies: Vec<String>,
}

impl Render {
    pub fn run(&self, output: &Output) -> anyhow::Result<()> {
        let facts = node_facts(self.node_facts.as_ref())?;
        let text = self.init.config.as_deref().map(read_text).transpose()?;
        let source = match (&self.init.config, &text) {
            (Some(file), Some(text)) => Some(load::Source { file, text }),
            _ => None,
        };
        let (init, options) = load::init(source, &self.init.flags(), &defaults_from(&facts))?;
        for warning in &init.warnings {
            output.warning(warning);
        }
        let distribution = Distribution::load(&self.distribution)?;
        let selection = Selection::new(&distribution, &self.phases, &options.skip_phases)?;
        let folder = RenderOutput::open(&self.out)?;
        let now = SystemTime::now()
            .duration_since(SystemTime::UNIX_EPOCH)
            .context("the clock of this machine is before 1970")?;
        let outcome = SandboxRun {
            init: &init,
            options: &options,
            facts,
            distribution,
            selection,
            base: folder.base()?,
            objects: folder.objects()?,
            policies: &self.policies,
            limits: Limits::default(),
            now: i64::try_from(now.as_secs()).context("the clock of this machine")?,
        }
        .run(output)?;
        let written = folder.write(&outcome.files, &outcome.api)?;
        output.done();
        for (_, content) in &outcome.shown {
            // For the operator's eyes; a program reads the result, where
            // secrets stay sealed.
            if !output.is_json() {
                let text = content.reveal();
                output.text(&String::from_utf8_lossy(&text));
            }
        }
        self.summary(output, &outcome, &written);
        Ok(())
    }

    fn summary(
        &self,
        output: &Output,
        outcome: &Outcome,
        written: &super::render_output::Written,
    ) {
        let folder = self.out.display();
        if written.files == 0 && !written.objects {
            output.line(&format!("Nothing changed: {folder} is already so."));
        } else {
            let objects = match written.objects {
                true => format!("{} objects", outcome.api.objects().len()),
                false => "no object".to_owned(),
            };
            output.line(&format!(
                "Rendered into {folder}: {} files and {objects} changed.",
                written.files
            ));
        }
        let shown: Vec<_> = outcome
            .shown
            .iter()
            .map(|(phase, content)| json!({ "phase": phase, "text": content.redacted() }))
            .collect();
        output.result(&json!({
            "folder": self.out,
            "changed": written.files > 0 || written.objects,
            "filesChanged": written.files,
            "objectsChanged": written.objects,
            "effects": count(&outcome.effects),
            "shown": shown,
        }));
    }
}
