//! One run of several, undone.

use std::collections::BTreeMap;
use std::sync::Arc;

use anyhow::{Context, bail};
use serde_json::{Value, json};

use super::finished::tally;
use super::interrupt::interrupted;
use super::journaled::recorded;
use super::{Audience, Held, Machine, load_policy, now};
use crate::component::{Engine, Limits};
use crate::effect::{
    Conduit, DiskJournal, Events, Folder, Grants, Journal, Ledger, MemoryJournal, Origin,
    PathPattern, Policy, Record, RecordedObjects, RunHeader, RunOperation, RunRecords, RunStart,
    Step, Touched, Undo, UndoPath,
};
use crate::world::machine::{PlannedNode, RootfsNode, read_facts};
use crate::world::sandbox::SandboxFiles;
use crate::world::{Files, MachinePath, World};

/// What runs of this kind are called as who asks for an effect.
const NAME: &str = "undo";

/// What is asked for.
pub struct Asked<'a> {
    /// The run.
    pub run: u64,
    /// Whether to undo also what others changed since.
    pub force: bool,
    /// Whether nothing is to be changed.
    pub dry_run: bool,
    pub policies: &'a [String],
}

/// What came of it.
#[derive(Debug, Default)]
pub struct Undone {
    pub steps: Vec<Step>,
    /// How many paths stay.
    pub kept: usize,
    /// Effects of the run on something else than files, by their names: these
    /// stay.
    pub others: BTreeMap<String, usize>,
}

/// A run that is to be undone.
struct Wanted {
    records: RunRecords,
    /// What it did, and no other.
    own: Ledger,
    /// What all runs did.
    all: Ledger,
}

impl Wanted {
    fn read(folder: &Folder, number: u64) -> anyhow::Result<Self> {
        let records = folder
            .run(number, RecordedObjects::Dropped)?
            .with_context(|| {
                format!("there is no run {number} on this machine; `kubewright history` lists them")
            })?;
        if records.header.operation().undoes && records.header.operation().name != NAME {
            bail!(
                "run {number} ({}) undid what others made: what it took away is not kept",
                records.header.command
            );
        }
        Ok(Self {
            own: Ledger::of([&records]),
            all: folder.ledger()?,
            records,
        })
    }

    /// What undoing a path takes.
    fn undo(
        &self,
        files: &dyn Files,
        path: &MachinePath,
        touched: &Touched,
        force: bool,
    ) -> anyhow::Result<Undo> {
        let number = self.records.header.run;
        Ok(match self.all.get(path) {
            None => Undo::Nothing,
            Some(last) if last.by.0 != number => {
                Undo::Keep(format!("run {} changed it since", last.by.0))
            }
            Some(_) => Undo::of(files, path, touched, force)?,
        })
    }

    /// Effects that landed on something else than files.
    fn others(&self) -> BTreeMap<String, usize> {
        let records = &self.records.records;
        let touches = |wanted: u64| {
            records
                .iter()
                .any(|one| matches!(one, Record::Touch { effect, .. } if *effect == wanted))
        };
        let failed = |wanted: u64| {
            records
                .iter()
                .any(|one| matches!(one, Record::Failed { effect } if *effect == wanted))
        };
        let mut others = BTreeMap::new();
        for record in records {
            if let Record::Begin { effect, action, .. } = record
                && !touches(*effect)
                && !failed(*effect)
            {
                *others.entry(action.clone()).or_default() += 1;
            }
        }
        others
    }
}

/// Undoes what one run did to the files of a machine, backwards. What a later
/// run changed stays, and so does what others changed, unless that is forced.
pub fn undo(
    machine: &Machine,
    asked: &Asked<'_>,
    audience: &dyn Audience,
) -> anyhow::Result<Undone> {
    let engine =
        Engine::start().map_err(|error| error.context("cannot start the WebAssembly engine"))?;
    let (events, _) = tally(audience.events());
    let policies = asked
        .policies
        .iter()
        .map(|name| load_policy(&engine, name, &events, Limits::default()))
        .collect::<anyhow::Result<Vec<_>>>()?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("cannot start the runtime")?;
    if asked.dry_run {
        let folder = machine.folder();
        let wanted = Wanted::read(&folder, asked.run)?;
        let journal: Arc<dyn Journal> = Arc::new(MemoryJournal::default());
        let work = Work::new(machine, asked, Arc::new(folder), wanted, events)?;
        return runtime.block_on(work.run(journal, policies));
    }
    let command = format!("{NAME} {}", asked.run);
    let held = Held::take(machine, command.clone())?;
    // What there is to undo is looked at under the lock.
    let wanted = Wanted::read(&held.folder, asked.run)?;
    let (folder, lock) = held.parts();
    let header = RunHeader {
        operation: Some(RunOperation {
            name: NAME.to_owned(),
            whole: false,
            undoes: true,
        }),
        command,
        version: env!("CARGO_PKG_VERSION").to_owned(),
        distribution: wanted.records.header.distribution.clone(),
        policies: policies
            .iter()
            .map(|one| (one.name().to_owned(), one.digest().to_owned()))
            .collect(),
        started: now()?,
        ..RunHeader::default()
    };
    let start = RunStart {
        header,
        configuration: Vec::new(),
    };
    let journal = Arc::new(DiskJournal::begin(Arc::clone(&folder), lock, start)?);
    let go_on = format!("`kubewright undo {}` goes on with what is left", asked.run);
    let work = Work::new(machine, asked, folder, wanted, events)?;
    recorded(&journal, &go_on, |recording| {
        runtime.block_on(async {
            tokio::select! {
                ended = work.run(recording, policies) => ended,
                interrupted = interrupted() => Err(interrupted.into()),
            }
        })
    })?
}

struct Work {
    world: World,
    folder: Arc<Folder>,
    wanted: Wanted,
    events: Events,
    force: bool,
}

impl Work {
    fn new(
        machine: &Machine,
        asked: &Asked<'_>,
        folder: Arc<Folder>,
        wanted: Wanted,
        events: Events,
    ) -> anyhow::Result<Self> {
        let (facts, now) = (read_facts()?, now()?);
        let provenance = wanted.all.provenance(&*machine.files);
        let world = machine.world(facts.clone(), provenance, now);
        let world = match asked.dry_run {
            false => world,
            true => World {
                files: Arc::new(SandboxFiles::over(Some(
                    Arc::clone(&machine.files) as Arc<dyn Files>
                ))),
                node: match machine.is_this {
                    true => Arc::new(PlannedNode::new(facts, Arc::clone(&machine.files))),
                    false => Arc::new(RootfsNode::planned(facts, Arc::clone(&machine.files))),
                },
                ..world
            },
        };
        Ok(Self {
            world,
            folder,
            wanted,
            events,
            force: asked.force,
        })
    }

    async fn run(
        self,
        journal: Arc<dyn Journal>,
        policies: Vec<Arc<dyn Policy>>,
    ) -> anyhow::Result<Undone> {
        let files = Arc::clone(&self.world.files);
        let node = Arc::clone(&self.world.node);
        let conduit =
            Conduit::new(self.world, policies, journal, self.events, Value::Null).of(NAME);
        // It is the host itself that undoes, and may what runs did.
        let origin = Origin {
            phase: NAME.to_owned(),
            component: "kubewright".to_owned(),
            digest: String::new(),
            grants: Arc::new(Grants {
                undo: vec![PathPattern::new("/**")?],
                ..Grants::default()
            }),
            changes: Arc::new([]),
        };
        let mut undone = Undone {
            others: self.wanted.others(),
            ..Undone::default()
        };
        for (path, touched) in self.wanted.own.backwards() {
            let mut undo = self.wanted.undo(&*files, path, touched, self.force)?;
            if undo == Undo::Remove && node.mounts().is_mount(path)? {
                undo = Undo::Keep("something is mounted on it".to_owned());
            }
            let step = |step: &str, reason: String| Step {
                step: step.to_owned(),
                target: path.to_string(),
                reason,
            };
            if let Some(why) = undo.kept() {
                undone.kept += 1;
                undone.steps.push(step("kept", why));
            }
            if matches!(undo, Undo::Nothing | Undo::Keep(_)) {
                continue;
            }
            undone.steps.push(step(undo.words(), String::new()));
            let effect = UndoPath {
                path: path.clone(),
                undo,
                copies: Some(Arc::clone(&self.folder)),
                of_run: Some(self.wanted.records.header.run),
            };
            conduit.land(&origin, &effect).await??;
        }
        conduit.judge().await?;
        Ok(undone)
    }
}

impl Undone {
    /// For programs.
    pub fn to_value(&self) -> Value {
        json!({ "steps": self.steps, "kept": self.kept, "notUndone": self.others })
    }
}
