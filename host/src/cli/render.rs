//! `kubewright render`

use std::path::PathBuf;
use std::time::SystemTime;

use anyhow::Context;
use clap::Args;
use serde_json::json;

use super::configuration::RunArguments;
use super::output::Output;
use super::render_output::RenderOutput;
use super::sandbox_run::{Outcome, SandboxRun, count};
use crate::component::Limits;

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
    arguments: RunArguments,
}

impl Render {
    pub fn run(&self, output: &Output) -> anyhow::Result<()> {
        let inputs = self.arguments.load(output)?;
        let folder = RenderOutput::open(&self.out)?;
        let now = SystemTime::now()
            .duration_since(SystemTime::UNIX_EPOCH)
            .context("the clock of this machine is before 1970")?;
        let outcome = SandboxRun {
            inputs,
            base: folder.base()?,
            objects: folder.objects()?,
            policies: &self.arguments.policies,
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

    fn summary(&self, output: &Output, outcome: &Outcome, written: &super::render_output::Written) {
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
