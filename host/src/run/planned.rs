//! A run in memory over a machine: what it would do, and nothing done.

use std::sync::Arc;
use std::time::Duration;

use super::journaled::tell_owned;
use super::sandboxed::embedded_api;
use super::{Audience, Finished, Machine, Run, now};
use crate::effect::MemoryJournal;
use crate::kube::answer::cut;
use crate::kube::objects::Objects;
use crate::world::machine::{MachineApi, PlannedNode, RootfsNode};
use crate::world::sandbox::{SandboxApi, SandboxFiles, SandboxHealth};
use crate::world::{
    DryRun, Files, KubeAccess, MachinePath, ObjectChange, ObservedApi, Provenance, World,
};

/// How long an API server may take to say that it is there.
const PATIENCE: Duration = Duration::from_secs(5);

/// In characters: what is shown of what a server calls its version.
const VERSION_LIMIT: usize = 100;

/// What came of a run in memory.
pub struct Planned {
    pub finished: Finished,
    pub files: Arc<SandboxFiles>,
    pub objects: Vec<ObjectChange>,
    /// The version of the API server that was asked.
    pub live: Option<String>,
    /// Who made the files that are there.
    pub provenance: Arc<Provenance>,
}

/// Runs phases over a machine as it is, changing nothing.
pub fn in_memory(
    machine: &Machine,
    mut run: Run,
    audience: &dyn Audience,
) -> anyhow::Result<Planned> {
    let ledger = machine.ledger()?;
    tell_owned(&mut run.prepared.document, &ledger);
    let provenance = Arc::new(ledger.provenance(&*machine.files));
    let now = now()?;
    let files = Arc::new(SandboxFiles::over(Some(
        Arc::clone(&machine.files) as Arc<dyn Files>
    )));
    let operation = run.operation.clone();
    let configuration = &run.prepared.document["configuration"];
    let local = operation.server(configuration);
    let kubeconfigs = operation.kubeconfigs(configuration)?;
    let live = run.block_on(answering(&files, kubeconfigs.first(), local.as_deref()));
    // What undoes asks a cluster that is there, or none.
    let embedded = match live.is_some() || operation.undoes {
        true => None,
        false => Some(embedded_api(&run, now, &[])?),
    };
    let facts = run.facts.clone();
    let behaviours = run.sandbox.behaviours().to_vec();
    // With all rights, as far as this machine has one: those of the
    // administrator may be yet to be given.
    let fallback = run.block_on(client(&files, kubeconfigs.last(), local.as_deref()));
    let mut observed = None;
    // What a run that did not come to its end made, the next one goes on with.
    let journal = MemoryJournal::going_on_with(machine.folder().unfinished()?);
    let finished = run.run(Arc::new(journal), || {
        let (api, dry_run): (Arc<dyn KubeAccess>, Option<DryRun>) = match &embedded {
            None => (
                Arc::new(MachineApi::new(Arc::<SandboxFiles>::clone(&files))),
                Some(DryRun::new(behaviours, fallback)),
            ),
            Some(embedded) => {
                let files = Arc::<SandboxFiles>::clone(&files);
                (Arc::new(SandboxApi::of(embedded.client(), files)), None)
            }
        };
        let kube = Arc::new(ObservedApi::new(api, dry_run));
        observed = Some(Arc::clone(&kube));
        Ok(World {
            kube,
            node: match machine.is_this {
                true => Arc::new(PlannedNode::new(facts, Arc::clone(&machine.files))),
                false => Arc::new(RootfsNode::planned(facts, Arc::clone(&machine.files))),
            },
            health: Arc::new(SandboxHealth),
            files: Arc::<SandboxFiles>::clone(&files),
            provenance: Arc::clone(&provenance),
            now,
        })
    });
    audience.done();
    Ok(Planned {
        finished: finished?,
        files,
        objects: observed.map(|api| api.changes()).unwrap_or_default(),
        live,
        provenance,
    })
}

/// A client of this machine's API server, as the user of a kubeconfig of it.
async fn client(
    files: &Arc<SandboxFiles>,
    kubeconfig: Option<&MachinePath>,
    local: Option<&str>,
) -> Option<kube::Client> {
    let path = kubeconfig?;
    files.stat(path).ok()??;
    let api = MachineApi::new(Arc::<SandboxFiles>::clone(files));
    match local {
        Some(server) => api.client_at(path, server).await.ok(),
        None => api.client(path).await.ok(),
    }
}

/// The version of this machine's API server, if there is one that answers.
async fn answering(
    files: &Arc<SandboxFiles>,
    kubeconfig: Option<&MachinePath>,
    local: Option<&str>,
) -> Option<String> {
    let client = client(files, kubeconfig, local).await?;
    let objects = Objects::new(client).with_call_timeout(PATIENCE);
    let version = objects.at("/version").await.ok()?;
    Some(cut(version["gitVersion"].as_str()?, VERSION_LIMIT))
}
