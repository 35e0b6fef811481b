//! Programs of random calls: every function of the contract, its arguments mixed
//! up. Whatever comes of it, no secret does, and the program ends as programs
//! end.

use fastrand::Rng;
use kubewright_test_hostile_calls::{Call, Program};
use serde_json::Value;

use super::generated::{Tried, none, scene};
use super::readers::every_function;
use super::support::attack::World;

/// Steps of a program.
const STEPS: usize = 500;

/// What texts are exchanged for: paths, names, kinds, pointers that lead
/// somewhere, and such that should not.
const TEXTS: &[&str] = &[
    "/srv/hostile/a",
    "/srv/hostile/linked/a",
    "/srv/hostile/made/../made/a",
    "/etc/kubernetes/pki/ca.crt",
    "/etc/kubernetes/pki/ca.key",
    "/etc/kubernetes/pki/sa.key",
    "/etc/kubernetes/pki/mine.crt",
    "/etc/kubernetes/pki/mine.key",
    "/etc/kubernetes/admin.conf",
    "/etc/shadow",
    "/var/lib/kubewright/unfinished",
    "/proc/self/environ",
    "/",
    "",
    "ca",
    "sa",
    "mine",
    "kubernetes-admin",
    "Secret",
    "secrets",
    "ConfigMap",
    "bootstrap-token-abcdef",
    "kubeadm-config",
    "kube-system",
    "v1",
    "/data",
    "/data/token-secret",
    "/InitConfiguration/bootstrapTokens/0/token",
    "/InitConfiguration/certificateKey",
    "kernel.random.uuid",
    "{\"apiVersion\":\"v1\",\"kind\":\"Secret\",\"metadata\":{\"name\":\"a\",\"namespace\":\"kube-system\"},\"data\":{\"a\":\"\"}}",
    "{\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\",\"metadata\":{\"name\":\"a\",\"namespace\":\"kube-system\"},\"data\":{\"a\":\"\"}}",
    "[{\"op\":\"copy\",\"from\":\"/data\",\"path\":\"/metadata/annotations\"}]",
    "{\"kind\":\"ConfigMap\"}",
    "\u{202e}\u{1b}[2J\n",
];

/// Fields that hold the number of a step.
const HANDLES: &[&str] = &["of", "signer", "plain", "key", "value", "sealed", "seen"];

/// Fields whose numbers would take time.
const SECONDS: &[&str] = &["seconds", "times", "minimum", "validity-seconds"];

/// A random program of calls that begin with such names.
fn random(seed: u64, is_wanted: fn(&str) -> bool) -> Program {
    let mut rng = Rng::with_seed(seed);
    let mut program = Program::new();
    every_function(&mut program);
    let samples: Vec<Value> = program
        .steps
        .iter()
        .map(|step| serde_json::to_value(&step.call).expect("calls are JSON"))
        .collect();
    program.steps.retain(|step| is_wanted(step.call.function()));
    while program.steps.len() < STEPS {
        let mut call = rng.choice(&samples).expect("there are some").clone();
        let steps = program.steps.len();
        for _ in 0..=rng.usize(..3) {
            mix(&mut rng, "", &mut call, steps);
        }
        // What is no call any more is tried again.
        if let Ok(call) = serde_json::from_value::<Call>(call)
            && is_wanted(call.function())
        {
            program.call(call);
        }
    }
    program
}

/// Changes some of the values.
fn mix(rng: &mut Rng, field: &str, value: &mut Value, steps: usize) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                mix(rng, name, value, steps);
            }
        }
        Value::Array(items) => {
            if !items.is_empty() && rng.u8(..8) == 0 {
                let again = items[rng.usize(..items.len())].clone();
                items.push(again);
            }
            for item in items {
                mix(rng, field, item, steps);
            }
        }
        Value::Number(_) if HANDLES.contains(&field) => {
            if rng.bool() {
                *value = rng.usize(..steps.max(1)).into();
            }
        }
        Value::Number(_) if SECONDS.contains(&field) => {}
        Value::Number(_) => {
            if rng.u8(..4) == 0 {
                *value = rng.u16(..).into();
            }
        }
        Value::String(text) => {
            if rng.u8(..3) == 0 {
                (*rng.choice(TEXTS).expect("there are some")).clone_into(text);
            }
        }
        Value::Null | Value::Bool(_) => {}
    }
}

cases!(a_random_program_learns_nothing:
    in_a_render_1(1, World::Render),
    in_a_render_2(2, World::Render),
    in_a_render_3(3, World::Render),
    in_a_render_4(4, World::Render),
    on_a_machine_1(5, World::Machine),
    on_a_machine_2(6, World::Machine),
);

fn a_random_program_learns_nothing(seed: u64, world: World) {
    let scene = scene(world);
    let program = match world {
        World::Render => random(seed, |_| true),
        // There is no API server to wait for.
        World::Machine => random(seed, |name| !name.starts_with("kube.client")),
    };
    let steps = program
        .steps
        .iter()
        .map(|step| step.call.function().to_owned());
    let tried = Tried {
        scene: &scene,
        what: format!("seed {seed}"),
        steps: steps.enumerate().collect(),
        never: Vec::new(),
    };
    let told = scene.attempt(&program, &["--policy", "policy.wasm", "-vv"]);
    assert!(
        [0, 1].contains(&told.finished.code),
        "seed {seed}: {}",
        told.finished.said()
    );
    assert!(!told.finished.said().contains("panicked at"), "seed {seed}");
    assert!(told.seen.len() > STEPS / 2, "{}", told.finished.said());
    none(&tried.leaks(&told));
}
