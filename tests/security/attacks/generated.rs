//! Attacks that are made, not thought of: whatever takes a secret, in every
//! disguise, is followed by whatever gives something back.

use super::calls::{Held, PKI, compose};
use std::collections::BTreeMap;
use std::sync::OnceLock;

use kubewright_test_hostile_calls::{Encoding, Outcome, PROGRAM, Piece, Program};

use super::disguises::{Disguise, disguises, held_secrets};
use super::judge::Judge;
use super::readers::each_reader;
use crate::support::attack::{GENEROUS, Scene, Told, World};
use crate::support::components::hostile_policy;

/// The limits of a program of a thousand calls: it is not what is tried here.
const ROOMY: &str = "{handles: 20000, hostCalls: 100000, requests: 100000, withheld: 100000}";

/// A folder of keys that a component may write and not read.
const WRITE_ONLY_PKI: &str = "/srv/pki";

/// A machine with a component that may do all that is tried.
pub fn scene(world: World) -> Scene {
    let grants = GENEROUS
        .replace(
            "kubeconfigs: [/etc/kubernetes/admin.conf]",
            "kubeconfigs: [/etc/kubernetes/admin.conf, /srv/hostile/made/0]",
        )
        .replace(
            "      pki:\n",
            "      - {paths: [\"/srv/drop/**\", \"/srv/pki/**\"], verbs: [write]}\n      pki:\n      \
             - {names: [\"made*\"], below: /srv/pki, verbs: [load, create, sign, place]}\n",
        );
    let scene = Scene::new(world);
    scene.grant(&grants, ROOMY);
    scene
        .place
        .write("policy.wasm", &hostile_policy().component);
    // Other spellings of the same folder.
    for folder in ["/srv/hostile/made", "/srv/drop", WRITE_ONLY_PKI] {
        std::fs::create_dir_all(scene.machine(folder)).expect("a folder");
    }
    scene.link("/srv/hostile/linked", "../drop");
    scene
}

/// The calls of a program by their steps.
pub fn functions(program: &Program) -> BTreeMap<usize, &'static str> {
    let steps = program.steps.iter().enumerate();
    steps
        .map(|(at, step)| (program.first + at, step.call.function()))
        .collect()
}

/// An attack that was carried out: what it tried by each of its steps.
pub struct Tried<'a> {
    pub scene: &'a Scene,
    pub what: String,
    pub steps: BTreeMap<usize, String>,
    /// Steps that must not be done: they would tell a component what it may
    /// only guess.
    pub never: Vec<usize>,
}

impl Tried<'_> {
    /// Everything by which a secret came out.
    pub fn leaks(&self, told: &Told) -> Vec<String> {
        let Self { scene, what, .. } = self;
        // All machines are copies of one: its secrets are theirs.
        static JUDGE: OnceLock<Judge> = OnceLock::new();
        let judge = JUDGE.get_or_init(|| Judge::new(&scene.bare_secrets()));
        let mut found = Vec::new();
        let step = |step| self.steps.get(&step).map_or("?", String::as_str);
        for seen in &told.seen {
            if let Some(secret) = judge.finds(&seen.bytes) {
                found.push(format!("{what}: {} saw the {secret}", step(seen.step)));
            }
            if self.never.contains(&seen.step) && seen.outcome == Outcome::Done {
                found.push(format!("{what}: {} was done", step(seen.step)));
            }
        }
        // What the component itself tells is judged above.
        let of_others = |line: &&str| !line.contains("saw ");
        let said = told.finished.said();
        for line in said.lines().filter(of_others) {
            if let Some(secret) = judge.finds(line.as_bytes()) {
                found.push(format!("{what}: the {secret} is said: {line:.300}"));
            }
        }
        let runs = scene.machine("/var/lib/kubewright/runs");
        for (name, entry) in crate::support::tree::tree(&runs) {
            if let Some(secret) = judge.finds(&entry.content) {
                found.push(format!("{what}: the journal {name} has the {secret}"));
            }
        }
        found
    }
}

/// Fails the test with the first of many.
#[track_caller]
pub fn none(leaks: &[String]) {
    let some = leaks.len().min(40);
    assert!(
        leaks.is_empty(),
        "{} leaks, such as\n{}",
        leaks.len(),
        leaks[..some].join("\n")
    );
}

cases!(nothing_that_was_sealed_comes_back:
    from_files_in_a_render(World::Render, PKI),
    from_files_on_a_machine(World::Machine, PKI),
    from_files_that_may_only_be_written(World::Render, WRITE_ONLY_PKI),
);

/// Looks at all disguises in all ways.
fn look<'a>(
    scene: &'a Scene,
    what: String,
    program: &mut Program,
    pki: &str,
    made: &[Disguise],
) -> Tried<'a> {
    let mut tried = Tried {
        scene,
        what,
        steps: BTreeMap::new(),
        never: Vec::new(),
    };
    for (at, disguise) in made.iter().enumerate() {
        let before = program.first + program.steps.len();
        tried.never.extend(each_reader(program, at, pki, disguise));
        for step in before..program.first + program.steps.len() {
            let function = program.steps[step - program.first].call.function();
            tried
                .steps
                .insert(step, format!("{} by {function}", disguise.name));
        }
    }
    tried
}

/// Files: each secret in each disguise, looked at in each way, by this phase, by
/// a later one and by the next run.
fn nothing_that_was_sealed_comes_back(world: World, pki: &str) {
    let scene = scene(world);
    let spki = crate::support::der::of_pem(&scene.text("/etc/kubernetes/pki/sa.pub"));
    let key_length = scene.text("/etc/kubernetes/pki/sa.key").len();
    let mut leaks = Vec::new();
    let sources = held_secrets(&mut Program::new(), key_length).len();
    for source in 0..sources {
        let mut program = Program::new();
        let held = held_secrets(&mut program, key_length).swap_remove(source);
        let made: Vec<Disguise> = disguises(&mut program, &held, &spki);
        assert!(made.len() > 100, "{}", made.len());
        for (at, disguise) in made.iter().enumerate() {
            disguise.write(&mut program, at, pki);
        }
        let tried = look(
            &scene,
            format!("{}, at once", held.name),
            &mut program,
            pki,
            &made,
        );
        if world == World::Machine {
            let told = planned(&scene, &program);
            leaks.extend(tried.leaks(&told));
        }
        let mut then = Program::after(&program);
        let tried_then = look(
            &scene,
            format!("{}, a phase later", held.name),
            &mut then,
            pki,
            &made,
        );
        let policy = ["--policy", "policy.wasm", "-vv"];
        let told = scene.both(&program, &then, &policy);
        assert_eq!(told.finished.code, 0, "{}", told.finished.said());
        assert!(told.seen.len() > 1_000, "{}", told.seen.len());
        let both = Tried {
            steps: tried.steps.into_iter().chain(tried_then.steps).collect(),
            never: [tried.never, tried_then.never].concat(),
            ..tried
        };
        leaks.extend(both.leaks(&told));
        let mut again = Program::new();
        let tried = look(
            &scene,
            format!("{}, the next run", held.name),
            &mut again,
            pki,
            &made,
        );
        let told = scene.attempt(&again, &policy);
        assert_eq!(told.finished.code, 0, "{}", told.finished.said());
        leaks.extend(tried.leaks(&told));
        // Whoever watches sees the same as JSON.
        if source == 0 {
            let told = scene.attempt(&again, &["-o", "json", "-vv"]);
            assert_eq!(told.finished.code, 0, "{}", told.finished.said());
            leaks.extend(tried.leaks(&told));
        }
    }
    if world == World::Machine {
        leaks.extend(what_others_tell(&scene));
    }
    none(&leaks);
}

/// What a plan shows of it.
fn planned(scene: &Scene, program: &Program) -> Told {
    scene.put(PROGRAM, program.file());
    let arguments = [
        "plan",
        "--rootfs",
        "root",
        "--config",
        "config.yaml",
        "--distribution",
        "distribution.yaml",
        "--phase",
        "hostile/program",
        "-vv",
    ];
    let finished = scene.watched().run(&arguments);
    assert!([0, 2].contains(&finished.code), "{}", finished.said());
    Told::new(finished)
}

/// What the commands tell that read the journal.
fn what_others_tell(scene: &Scene) -> Vec<String> {
    let mut leaks = Vec::new();
    for command in [
        &["history"][..],
        &["history", "1"],
        &["history", "1", "-o", "json"],
        &["why", "/srv/hostile/made/0"],
        &["why", "/srv/hostile/made/7", "-o", "json"],
        &["reset", "--dry-run", "--force"],
    ] {
        let finished = scene
            .watched()
            .run(&[command, &["--rootfs", "root"]].concat());
        let tried = Tried {
            scene,
            what: command.join(" "),
            steps: BTreeMap::new(),
            never: Vec::new(),
        };
        leaks.extend(tried.leaks(&Told::new(finished)));
    }
    leaks
}

/// The control: what is public does come back by these ways, in these forms,
/// so that the tests above could fail.
#[test]
fn what_was_public_comes_back() {
    const PUBLIC: &str = "public5words6that7all8may9see";
    let scene = scene(World::Render);
    let mut program = Program::new();
    let step = program.call(compose(Encoding::Plain, vec![Piece::text(PUBLIC)]));
    let held = Held {
        name: "public",
        step,
        length: PUBLIC.len(),
    };
    let spki = crate::support::der::of_pem(&scene.text("/etc/kubernetes/pki/sa.pub"));
    let made = disguises(&mut program, &held, &spki);
    for (at, disguise) in made.iter().enumerate() {
        disguise.write(&mut program, at, PKI);
    }
    let tried = look(&scene, "public".to_owned(), &mut program, PKI, &made);
    let told = scene.attempt(&program, &[]);
    assert_eq!(told.finished.code, 0, "{}", told.finished.said());
    let judge = Judge::new(&BTreeMap::from([("it".to_owned(), PUBLIC.to_owned())]));
    let seen: Vec<&String> = told
        .seen
        .iter()
        .filter(|seen| judge.finds(&seen.bytes).is_some())
        .filter_map(|seen| tried.steps.get(&seen.step))
        .collect();
    for way in [
        "plain by files.read",
        "base64 at 1 by files.read",
        "base64 at 1 and 2 by files.read",
        "json of base64 at 1 and 2 by files.read",
        "json string by files.read",
    ] {
        assert!(seen.iter().any(|tried| *tried == way), "{way}: {seen:?}");
    }
}
