//! Programs of random calls, and random changes of programs.

use fastrand::Rng;
use serde_json::Value;

use crate::every::every_function;
use crate::{Call, Program};

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

/// A random program of so many calls, of those functions that are wanted.
pub fn random(seed: u64, steps: usize, is_wanted: fn(&str) -> bool) -> Program {
    let mut rng = Rng::with_seed(seed);
    let mut program = Program::new();
    every_function(&mut program);
    let samples: Vec<Value> = program
        .steps
        .iter()
        .map(|step| as_value(&step.call))
        .collect();
    program.steps.retain(|step| is_wanted(step.call.function()));
    while program.steps.len() < steps {
        let call = rng.choice(&samples).expect("there are some").clone();
        // What is no call any more is tried again.
        if let Some(call) = mixed(&mut rng, call, program.steps.len())
            && is_wanted(call.function())
        {
            program.call(call);
        }
    }
    program
}

/// Changes a program: a call more, a call less, another order, other
/// arguments.
pub fn change(rng: &mut Rng, program: &mut Program) {
    let steps = program.steps.len();
    match rng.u8(..8) {
        0 if steps > 1 => {
            program.steps.remove(rng.usize(..steps));
        }
        1 if steps > 1 => program.steps.swap(rng.usize(..steps), rng.usize(..steps)),
        2 if steps > 0 => {
            let again = program.steps[rng.usize(..steps)].clone();
            program.steps.push(again);
        }
        3..=5 if steps > 0 => {
            let at = rng.usize(..steps);
            let call = as_value(&program.steps[at].call);
            if let Some(call) = mixed(rng, call, steps) {
                program.steps[at].call = call;
            }
        }
        _ => {
            let mut every = Program::new();
            every_function(&mut every);
            let call = rng.choice(&every.steps).expect("there are some");
            if let Some(call) = mixed(rng, as_value(&call.call), steps) {
                program.call(call);
            }
        }
    }
}

fn as_value(call: &Call) -> Value {
    serde_json::to_value(call).expect("calls are JSON")
}

/// A call with some of its values changed; none where it is no call any more.
fn mixed(rng: &mut Rng, mut call: Value, steps: usize) -> Option<Call> {
    for _ in 0..=rng.usize(..3) {
        mix(rng, "", &mut call, steps);
    }
    serde_json::from_value(call).ok()
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
