//! What the program says to people, on a terminal and off, and to programs.

use std::process::{Command, Stdio};

use super::config_commands::OLD;
use crate::support::program::{CONFIG, Finished, Place, program};

#[test]
fn more_is_said_on_request() {
    let quiet = Place::new().render(&[]).exits(0).stdout;
    let effects = Place::new().render(&["-v"]).exits(0).stdout;
    let logs = Place::new().render(&["-vv"]).exits(0).stdout;
    assert!(!quiet.contains("created: "), "{quiet}");
    for part in [
        "  created: WriteFile /etc/kubernetes/manifests/etcd.yaml (etcd/local)",
        "(certs/ca)",
        "ConfigMap",
        "phase certs/ca took ",
    ] {
        assert!(effects.contains(part), "{part}:\n{effects}");
    }
    assert!(logs.lines().count() >= effects.lines().count());
    let place = Place::new();
    place.render(&[]).exits(0);
    let again = place.render(&["-v"]).exits(0).stdout;
    assert!(again.contains("  unchanged: "), "{again}");
    assert!(!again.contains("created: WriteFile"), "{again}");
}

/// Every line is JSON, and the last one is the result, or the error.
/// Whether a command tells what happens, rather than answer with one object.
fn streams(arguments: &[&str]) -> bool {
    matches!(arguments[0], "render" | "nonsense")
}

fn last(finished: &Finished, event: &str) -> serde_json::Value {
    let events = finished.events();
    assert_eq!(finished.stderr, "", "all is on standard output");
    for one in &events {
        assert!(one["event"].is_string(), "{one}");
    }
    let ends = |one: &serde_json::Value| one["event"] == "result" || one["event"] == "error";
    assert_eq!(
        events.iter().filter(|one| ends(one)).count(),
        1,
        "{}",
        finished.stdout
    );
    let last = events.last().expect("an event").clone();
    assert_eq!(last["event"], event, "{last}");
    last
}

#[test]
fn every_command_speaks_to_programs() {
    let place = Place::new();
    place.write("old.yaml", OLD);
    let commands: &[(&[&str], &str)] = &[
        (
            &["render", "--config", "config.yaml", "--out", "out"],
            "/folder",
        ),
        (
            &["render", "--config", "config.yaml", "--out", "out", "-v"],
            "/changed",
        ),
        (&["config", "print", "init-defaults"], "/documents/0/kind"),
        (&["config", "print", "join-defaults"], "/documents/0/kind"),
        (&["config", "validate", "--config", "config.yaml"], "/valid"),
        (
            &["config", "migrate", "--old-config", "old.yaml"],
            "/documents/1/kind",
        ),
        (
            &[
                "config",
                "migrate",
                "--old-config",
                "old.yaml",
                "--new-config",
                "new.yaml",
            ],
            "/written",
        ),
        (
            &["config", "images", "list", "--config", "config.yaml"],
            "/images/0",
        ),
        (&["phases"], "/phases/0/digest"),
        (&["node-facts"], "/hostname"),
        (&["version"], "/version"),
    ];
    for (arguments, pointer) in commands {
        println!("{arguments:?}");
        for json in [&["-o", "json"][..], &["--output=json"]] {
            let finished = place.run(&[*arguments, json].concat()).exits(0);
            let result = match streams(arguments) {
                true => last(&finished, "result")["result"].clone(),
                false => finished.answer(),
            };
            for line in finished.stderr.lines() {
                let event: serde_json::Value = serde_json::from_str(line).expect("JSON");
                assert_eq!(event["event"], "warning", "{line}");
            }
            let found = result.pointer(pointer);
            assert!(
                found.is_some_and(|value| !value.is_null()),
                "{pointer}: {result}"
            );
        }
    }
    let failures: &[(&[&str], i64)] = &[
        (&["render", "--config", "nope.yaml", "--out", "out"], 1),
        (&["render", "--out", "out", "--phase", "nope"], 2),
        (&["render", "--out", "out", "--nope"], 2),
        (&["render"], 2),
        (&["nonsense"], 2),
        (&["config", "validate", "--config", "nope.yaml"], 1),
        (&["config", "migrate", "--old-config", "nope.yaml"], 1),
        (&["config", "images", "list", "--config", "nope.yaml"], 1),
        (
            &[
                "config",
                "print",
                "init-defaults",
                "--component-configs",
                "x",
            ],
            2,
        ),
        (&["phases", "--distribution", "nope"], 1),
        (&["component", "new", "nope", "--out", "x"], 1),
    ];
    for (arguments, code) in failures {
        println!("{arguments:?}");
        let finished = place.run(&[*arguments, &["-o", "json"]].concat());
        assert_eq!(i64::from(finished.code), *code, "{}", finished.said());
        let error = match streams(arguments) {
            true => last(&finished, "error"),
            false => {
                assert_eq!(finished.stdout, "", "only answers are there");
                let line = finished.stderr.lines().last().expect("an error");
                serde_json::from_str(line).expect("JSON")
            }
        };
        assert_eq!(error["error"]["exitCode"], *code, "{error}");
        let messages = error["error"]["messages"].as_array().expect("messages");
        assert!(
            messages
                .iter()
                .all(|message| message.as_str().is_some_and(|text| !text.is_empty())),
            "{error}"
        );
    }
}

#[test]
fn events_tell_the_run() {
    let finished = Place::new().render(&["-o", "json", "-v"]).exits(0);
    let events = finished.events();
    let of = |kind: &str| events.iter().filter(|one| one["event"] == kind).count();
    assert_eq!(
        of("phaseStarted"),
        of("phaseFinished"),
        "{}",
        finished.stdout
    );
    assert!(of("phaseStarted") > 25, "{}", finished.stdout);
    assert!(
        of("progress") > 10 && of("effect") > 50,
        "{}",
        finished.stdout
    );
    // Secrets are for eyes, not for programs' logs.
    let result = events.last().expect("a result");
    let shown = result["result"]["shown"].to_string();
    assert!(
        shown.contains("kubeadm join") && shown.contains("<sealed"),
        "{shown}"
    );
}

/// On a terminal one line tells what is running; into a pipe goes plain text.
/// What follows the sequences (ECMA-48 CSI) that clear the line and move the
/// cursor.
fn without_controls(mut line: &str) -> &str {
    while let Some(sequence) = line.strip_prefix("\x1b[") {
        let end = sequence.find(|c: char| c.is_ascii_alphabetic());
        line = end.map_or("", |end| &sequence[end + 1..]);
    }
    line
}

#[test]
fn progress_on_a_terminal() {
    let place = Place::new();
    place.write("config.yaml", CONFIG.replace("ECDSA-P256", "RSA-2048"));
    let piped = Place::new().render(&[]).exits(0);
    assert!(!piped.said().contains('\x1b') && !piped.said().contains('\r'));
    let render = format!(
        "{} render --config config.yaml --out out",
        env!("CARGO_BIN_EXE_kubewright")
    );
    let output = Command::new("script")
        .args(["-qfec", &render, "/dev/null"])
        .current_dir(place.path(""))
        .env("TERM", "xterm")
        .output()
        .expect("script, of bsdutils, runs");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}");
    assert!(
        said.contains("\x1b[2K") && said.contains(" preflight "),
        "{said}"
    );
    // Whole lines stay above it.
    let lines: Vec<&str> = said.split(['\n', '\r']).collect();
    let has = |words: &str| {
        lines
            .iter()
            .any(|line| without_controls(line).starts_with(words))
    };
    assert!(
        has("[certs] Generating \"ca\" certificate and key"),
        "{said}"
    );
    assert!(has("Rendered into out: "), "{said}");
}

#[test]
fn what_cannot_be_written_is_no_success() {
    let place = Place::new();
    let full = || std::fs::OpenOptions::new().write(true).open("/dev/full");
    for arguments in [
        &["config", "print", "init-defaults"][..],
        &["phases"],
        &["phases", "-o", "json"],
        &["version"],
        &["render", "--config", "config.yaml", "--out", "out"],
    ] {
        let name = arguments.join(" ");
        let failed = program(&place.path(""))
            .args(arguments)
            .stdout(full().unwrap())
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&failed.stderr);
        assert_eq!(failed.status.code(), Some(1), "{name}: {said}");
        let wanted = ["could not be written to standard output", "No space left"];
        let told = wanted.iter().all(|words| said.contains(words));
        assert!(told, "{name}: {said}");
    }
    assert!(place.out().join("objects.yaml").exists(), "it was rendered");
}

#[test]
fn a_reader_that_goes_away_has_read_enough() {
    let mut child = program(Place::new().path("").as_path())
        .args(["phases", "-v"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    assert!(child.wait().unwrap().success());
}
