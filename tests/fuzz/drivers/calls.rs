//! Programs of host calls, in two phases of one run.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use fastrand::Rng;
use kubewright::capability::{OperatorPatches, RunContext, RunSecrets};
use kubewright::component::Limits;
use kubewright::effect::{Conduit, Journal, Origin, Policy};
use kubewright::kube::embedded::{EmbeddedApi, Options, control_plane_seed};
use kubewright::world::machine::MachineFiles;
use kubewright::world::sandbox::{SandboxApi, SandboxFiles, SandboxHealth, SandboxNode};
use kubewright::world::{Files, MachinePath, NodeFacts, Provenance, World};
use kubewright_test_hostile_calls::random::change;
use kubewright_test_hostile_calls::shorthand::PKI;
use kubewright_test_hostile_calls::{Call, Outcome, PROGRAM, Program, Seen, THEN};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Driver;
use super::machine::{Attacker, Machine, now};
use super::watch::Watch;
use kubewright::causes::chain;

/// Steps of a program: more take time, and say no more.
const STEPS: usize = 40;

/// Memory of the process that one run may add: that of the component, what it
/// hands over, what is built of that; and some for the measuring.
const MEMORY: usize = 256 << 20;

/// What is over a time limit and yet none of the component's.
const SLACK: Duration = Duration::from_secs(10);

/// What the phases are given: they do not look at it.
const DOCUMENT: &str = r#"{"apiVersion":"kubewright.dev/v1alpha1","kind":"ProvisionDocument"}"#;

/// One input, as JSON.
#[derive(Default, Serialize, Deserialize)]
struct Attack {
    first: Program,
    #[serde(default)]
    then: Program,
}

pub struct Calls {
    runtime: tokio::runtime::Runtime,
    attacker: Attacker,
    machine: Machine,
    limits: Limits,
    facts: NodeFacts,
}

impl Driver for Calls {
    fn new() -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build();
        let driver = Self {
            runtime: runtime.expect("a runtime"),
            attacker: Attacker::new(),
            machine: Machine::new(),
            limits: Limits {
                memory: 32 << 20,
                running: Duration::from_secs(2),
                wall_clock: Duration::from_secs(4),
                waiting: Duration::from_secs(1),
                host_calls: 2_000,
                requests: 200,
                call_bytes: 1 << 20,
                content_bytes: 8 << 20,
                handles: 200,
                ..Limits::default()
            },
            facts: NodeFacts::parse(
                "apiVersion: kubewright.dev/v1alpha1\nkind: NodeFacts\nhostname: cp1\n\
                 defaultAddress: 192.0.2.10\naddresses: [192.0.2.10]\ncpus: 4\n\
                 memoryBytes: 8589934592\nkernel: 6.12.0\narchitecture: amd64\n",
                "these facts",
            )
            .unwrap_or_else(|error| panic!("{error:?}")),
        };
        // What is not carried out breaks no promise.
        let mut attack = Attack::default();
        attack.first.call(Call::ClockNow {});
        attack.then = Program::after(&attack.first);
        attack.then.call(Call::PkiLoadKeyPair {
            name: "sa".into(),
            key: format!("{PKI}/sa.key").into(),
        });
        let seen = driver.runtime.block_on(driver.run(&attack));
        let outcomes: Vec<Outcome> = seen.iter().map(|seen| seen.outcome).collect();
        assert_eq!(outcomes, [Outcome::Done; 2], "{seen:?}");
        driver
    }

    fn take(&self, input: &[u8]) {
        let Ok(mut attack) = serde_json::from_slice::<Attack>(input) else {
            return;
        };
        attack.first.steps.truncate(STEPS);
        attack.then.steps.truncate(STEPS);
        attack.first.first = 0;
        attack.then.first = attack.first.steps.len();
        let before = resident();
        let started = Instant::now();
        self.runtime.block_on(self.run(&attack));
        let limit = 2 * (self.limits.wall_clock + self.limits.waiting) + SLACK;
        assert!(started.elapsed() < limit, "it took {:?}", started.elapsed());
        let more = resident().saturating_sub(before);
        assert!(more < MEMORY, "it took {} MiB", more >> 20);
    }

    fn change(input: &[u8], most: usize, seed: u64) -> Option<Vec<u8>> {
        let mut rng = Rng::with_seed(seed);
        let mut attack: Attack = serde_json::from_slice(input).unwrap_or_default();
        for _ in 0..=rng.usize(..4) {
            match rng.u8(..4) {
                0 => change(&mut rng, &mut attack.then),
                _ => change(&mut rng, &mut attack.first),
            }
        }
        let changed = serde_json::to_vec(&attack).expect("attacks are JSON");
        Some(match changed.len() <= most {
            true => changed,
            false => input.to_vec(),
        })
    }
}

impl Calls {
    /// Gives what the component saw.
    async fn run(&self, attack: &Attack) -> Vec<Seen> {
        let below = MachineFiles::open(self.machine.folder.path()).expect("the machine is there");
        let files = Arc::new(SandboxFiles::over(Some(Arc::new(below))));
        for (path, program) in [(PROGRAM, &attack.first), (THEN, &attack.then)] {
            let path = MachinePath::parse(path).expect("it is a path");
            (files.write(&path, 0o644, &program.file())).expect("the sandbox takes files");
        }
        let time = jiff::Timestamp::UNIX_EPOCH;
        let mut options = Options::repeatable(time, 1);
        options.seeds = control_plane_seed("cp1", &[]);
        let api = EmbeddedApi::new(&options).expect("the API starts");
        let world = World {
            files: Arc::<SandboxFiles>::clone(&files),
            kube: Arc::new(SandboxApi::of(
                api.client(),
                Arc::<SandboxFiles>::clone(&files),
            )),
            node: Arc::new(SandboxNode::new(self.facts.clone())),
            health: Arc::new(SandboxHealth),
            provenance: Arc::new(Provenance::default()),
            now: now(),
        };
        let before = state(&files, &api);
        let watch = Watch::default();
        let journal: Arc<dyn Journal> = Arc::new(watch.clone());
        let policy: Arc<dyn Policy> = Arc::new(watch.clone());
        let secrets = RunSecrets::new(Machine::configured(), Arc::clone(&journal));
        let conduit = Conduit::new(world, vec![policy], journal, watch.events(), Value::Null);
        let run = Arc::new(RunContext::new(
            conduit,
            secrets.expect("nothing is kept"),
            OperatorPatches::default(),
        ));
        let mut said = Vec::new();
        for phase in ["hostile/program", "hostile/then"] {
            let origin = Origin {
                phase: phase.to_owned(),
                component: "hostile.wasm".to_owned(),
                digest: String::new(),
                grants: Arc::clone(&self.attacker.grants),
                changes: Arc::default(),
            };
            let ran = (self.attacker.component)
                .run(Arc::clone(&run), origin, DOCUMENT, self.limits)
                .await;
            said.extend(ran.err().map(|error| chain(&error)));
        }
        self.judge(&watch, &said);
        landed(&watch, &before, &state(&files, &api));
        Seen::of_lines(watch.seen().progress.iter().map(String::as_str))
    }

    /// No secret is anywhere.
    fn judge(&self, watch: &Watch, said: &[String]) {
        let seen = watch.seen();
        let found = |what: &str, bytes: &[u8]| {
            if let Some(secret) = self.machine.judge.finds(bytes) {
                let text = String::from_utf8_lossy(bytes);
                panic!("{what}: the {secret} is in {text}");
            }
        };
        for step in Seen::of_lines(seen.progress.iter().map(String::as_str)) {
            found(&format!("step {}", step.step), &step.bytes);
        }
        // What the component itself tells of is judged above.
        let shown = seen
            .progress
            .iter()
            .filter(|line| !line.starts_with("saw "));
        shown.for_each(|line| found("a line", line.as_bytes()));
        for event in &seen.events {
            found("an event", event.as_bytes());
        }
        for effect in &seen.effects {
            found("a policy", effect.to_string().as_bytes());
        }
        for line in &seen.journal {
            found("the journal", line.as_bytes());
        }
        for error in said {
            found("a failure", error.as_bytes());
        }
    }
}

/// What there is: files that differ from the machine's, and objects.
type State = BTreeMap<String, String>;

fn state(files: &SandboxFiles, api: &EmbeddedApi) -> State {
    use kubewright::world::sandbox::Change;
    let mut state = State::new();
    let visited: Result<(), std::convert::Infallible> = files.each_change(|path, change| {
        let what = match change {
            Change::File {
                mode,
                owner,
                content,
            } => format!("{mode:o} {owner:?} {content:?}"),
            Change::Directory { mode, owner } | Change::Given { mode, owner } => {
                format!("{mode:o} {owner:?}")
            }
            Change::Removed => "removed".to_owned(),
        };
        state.insert(path.to_string(), what);
        Ok(())
    });
    let Ok(()) = visited;
    for object in api.objects() {
        let metadata = &object["metadata"];
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let name = [&object["kind"], &metadata["namespace"], &metadata["name"]].map(text);
        state.insert(name.join(" "), object.to_string());
    }
    state
}

/// Whatever is another than before was shown to a policy, and files are where
/// they were granted.
fn landed(watch: &Watch, before: &State, after: &State) {
    let seen = watch.seen();
    let shown: Vec<String> = seen.effects.iter().map(Value::to_string).collect();
    let names = before.keys().chain(after.keys());
    for name in names.filter(|name| before.get(*name) != after.get(*name)) {
        match name.starts_with('/') {
            true => {
                let quoted = format!("{:?}", name);
                let of_accounts = ["/etc/passwd", "/etc/group", "/etc/shadow", "/etc/gshadow"];
                let is_accounts = of_accounts.iter().any(|file| name.starts_with(file));
                // A folder above a file is made with it, and what lies in a
                // folder is given away with it.
                let is_shown = shown.iter().any(|effect| {
                    effect.contains(&quoted)
                        || effect.contains(&format!("\"{name}/"))
                        || is_accounts && effect.contains("\"EnsureAccounts\"")
                        || parents(name).any(|parent| effect.contains(&format!("{parent:?}")))
                });
                assert!(is_shown, "no policy saw {name}: {shown:#?}");
                let is_granted = ["/srv/hostile", "/etc/kubernetes/pki"]
                    .iter()
                    .any(|granted| name == granted || name.starts_with(&format!("{granted}/")));
                assert!(is_granted || is_accounts, "{name} was not granted");
            }
            false => {
                let last = name.rsplit(' ').next().unwrap_or_default();
                let is_shown = shown.iter().any(|effect| effect.contains(last));
                assert!(is_shown, "no policy saw {name}: {shown:#?}");
            }
        }
    }
}

fn parents(name: &str) -> impl Iterator<Item = &str> {
    name.match_indices('/').skip(1).map(|(at, _)| &name[..at])
}

/// The memory of this process, in bytes.
fn resident() -> usize {
    let pages = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    let pages = pages.split(' ').nth(1).and_then(|pages| pages.parse().ok());
    pages.unwrap_or(0_usize) * 4096
}
