//! A run of phases in the sandbox: what `render` does, without the writing.

use std::sync::Arc;

use anyhow::Context;
use serde_json::Value;

use super::{Finished, Run};
use crate::effect::MemoryJournal;
use crate::kube::embedded::{self, EmbeddedApi};
use crate::kube::objects::FIELD_MANAGER;
use crate::world::sandbox::{SandboxApi, SandboxFiles, SandboxHealth, SandboxNode};
use crate::world::{Files, Provenance, World};

/// What came out of a run in the sandbox.
pub struct Rendered {
    pub files: Arc<SandboxFiles>,
    pub api: EmbeddedApi,
    pub finished: Finished,
    /// What is known of who made the files.
    pub provenance: Arc<Provenance>,
}

/// Runs it over `base` (none for a machine as the distribution wants it) and
/// a cluster that has these objects.
pub fn sandboxed(
    mut run: Run,
    base: Option<Arc<dyn Files>>,
    provenance: Provenance,
    objects: &[Value],
    now: i64,
) -> anyhow::Result<Rendered> {
    let files = Arc::new(SandboxFiles::over(base));
    run.sandbox
        .prepare(&*files)
        .context("cannot prepare the sandbox")?;
    let api = embedded_api(&run, now, objects)?;
    let facts = run.facts.clone();
    let provenance = Arc::new(provenance);
    let finished = run.run(Arc::new(MemoryJournal::default()), || {
        Ok(World {
            files: Arc::<SandboxFiles>::clone(&files),
            kube: Arc::new(SandboxApi::of(
                api.client(),
                Arc::<SandboxFiles>::clone(&files),
            )),
            node: Arc::new(SandboxNode::new(facts)),
            health: Arc::new(SandboxHealth),
            provenance: Arc::clone(&provenance),
            now,
        })
    })?;
    Ok(Rendered {
        files,
        api,
        finished,
        provenance,
    })
}

/// An API as the distribution says it is once a control plane has come up,
/// with these objects.
pub(super) fn embedded_api(run: &Run, now: i64, objects: &[Value]) -> anyhow::Result<EmbeddedApi> {
    let time = jiff::Timestamp::from_second(now).context("the clock of this machine")?;
    // Nothing of an object's identity comes out of a render: numbers that
    // follow from a seed make it repeatable.
    let mut options = embedded::Options::repeatable(time, 1);
    run.sandbox
        .describe_api(
            &mut options,
            &run.prepared.document["configuration"],
            &run.prepared.node_name,
            &run.facts,
        )
        .context("cannot prepare the sandbox")?;
    let api = EmbeddedApi::new(&options).context("cannot start the embedded API")?;
    api.import(objects, FIELD_MANAGER)
        .context("the objects of the earlier render (objects.yaml) cannot be used; remove the file to have them made anew")?;
    Ok(api)
}
