//! `kubewright render`

use std::path::PathBuf;

use clap::Args;
use serde_json::json;

use super::configuration::RunArguments;
use super::output::Output;
use super::render_output::RenderOutput;
use super::run::{Run, now};
use super::sandbox_run::{self, Outcome};

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
        let run = Run::prepare(inputs, &self.arguments.policies, output)?;
        let outcome = sandbox_run::run(run, folder.base()?, &folder.objects()?, now()?)?;
        let written = folder.write(&outcome.files, &outcome.api)?;
        output.done();
        outcome.finished.show(output);
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
        output.result(&json!({
            "folder": self.out,
            "changed": written.files > 0 || written.objects,
            "filesChanged": written.files,
            "objectsChanged": written.objects,
            "effects": outcome.finished.count(),
            "shown": outcome.finished.shown_sealed(),
        }));
    }
}
