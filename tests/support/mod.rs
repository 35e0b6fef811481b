//! What the end-to-end tests share. They drive the built program, as a user
//! does.

#![allow(
    dead_code,
    reason = "every test file takes what it needs, and none takes all"
)]

pub mod api_requests;
pub mod api_server;
pub mod attack;
pub mod client_certificates;
pub mod components;
pub mod der;
pub mod distribution;
pub mod evil;
pub mod grpc;
pub mod health_server;
pub mod hostile_certificates;
pub mod hostile_server;
pub mod leaks;
pub mod live;
pub mod mounts;
pub mod others;
pub mod program;
pub mod pty;
pub mod runtime;
pub mod tree;
pub mod watched;

/// Runs a case each on two threads: most of a case is another program's work.
pub fn at_once<T: Sync>(cases: &[T], run: impl Fn(&T) + Sync) {
    std::thread::scope(|scope| {
        for half in cases.chunks(cases.len().div_ceil(2).max(1)) {
            scope.spawn(|| half.iter().for_each(&run));
        }
    });
}

/// Whether files can be given to other owners; says so where they cannot.
pub fn is_root() -> bool {
    let is_root = rustix::process::geteuid().is_root();
    if !is_root {
        eprintln!("skipped: only root gives files to others");
    }
    is_root
}

/// `KIND NAME` of each object.
pub fn names(objects: &[serde_json::Value]) -> Vec<String> {
    let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
    objects
        .iter()
        .map(|one| format!("{} {}", text(&one["kind"]), text(&one["metadata"]["name"])))
        .collect()
}

/// Checks that a failure is told once.
pub fn one_error(name: &str, errors: &str) {
    let lines = errors.lines().filter(|line| line.starts_with("error: "));
    assert_eq!(lines.count(), 1, "{name}: {errors}");
}

/// Checks what was said: all of these words, none of those.
#[track_caller]
pub fn says(name: &str, said: &str, words: &[&str], not: &[&str]) {
    for word in words {
        assert!(said.contains(word), "{name}: {word:?} is missing:\n{said}");
    }
    for word in not {
        assert!(!said.contains(word), "{name}: {word:?} is there:\n{said}");
    }
}
