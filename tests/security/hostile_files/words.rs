//! What components say, on its way to a terminal.

use std::process::Command;

use crate::support::distribution::{Hostile, LEAST};
use crate::support::program::{Finished, Place};

fn place(phase: &'static str) -> Place {
    let place = Place::new();
    Hostile {
        phases: Box::leak(Box::new([phase])),
        grants: LEAST,
        limits: "",
    }
    .write(&place);
    place
}

const RENDER: [&str; 6] = [
    "render",
    "--config",
    "config.yaml",
    "--out",
    "out",
    "--distribution",
];

fn arguments<'a>(phase: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    [&RENDER[..], &["distribution.yaml", "--phase", phase], more].concat()
}

/// Whether a character is one that nobody should get to see act.
fn acts(c: char) -> bool {
    (c.is_control() && c != '\n' && c != '\t')
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{61c}' | '\u{e0000}'..='\u{e007f}')
}

/// Nothing of what a component said stands where a line of ours would.
#[track_caller]
fn is_marked(finished: &Finished) {
    let said = finished.said();
    assert!(said.contains("forged"), "the component spoke: {said}");
    assert!(!said.contains(acts), "{said:?}");
    for line in said.lines().filter(|line| line.contains("forged")) {
        let is_ours = [
            "error: forged",
            "hint: forged",
            "WARNING: forged",
            "[certs] forged",
        ]
        .iter()
        .any(|words| line.trim_start().starts_with(words));
        assert!(!is_ours, "{line:?} in {said}");
    }
}

#[test]
fn no_component_forges_a_line_of_ours() {
    for phase in ["hostile/forges", "hostile/forges-failing"] {
        for more in [&[][..], &["-vv"]] {
            let place = place(phase.strip_prefix("hostile/").unwrap_or(phase));
            let finished = place.run(&arguments(phase, more));
            assert_eq!(finished.code, i32::from(phase.ends_with("failing")));
            is_marked(&finished);
            // Further lines are there, each with its mark.
            let said = finished.said();
            assert!(said.contains("\n    | error: forged"), "{said}");
        }
        let place = place(phase.strip_prefix("hostile/").unwrap_or(phase));
        let finished = place.run(&arguments(phase, &["-o", "json", "-vv"]));
        assert!(!finished.said().contains(acts), "{:?}", finished.said());
        assert!(finished.events().len() > 1);
    }
}

#[test]
fn nor_does_one_on_a_terminal() {
    let place = place("forges");
    let command = [
        &[env!("CARGO_BIN_EXE_kubewright")][..],
        &arguments("hostile/forges", &[]),
    ]
    .concat();
    let output = Command::new("script")
        .args(["-qfec", &command.join(" "), "/dev/null"])
        .current_dir(place.path(""))
        .env("TERM", "xterm")
        .output()
        .expect("script, of bsdutils, runs");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(said.contains("forged"), "{said:?}");
    // What the status line needs is ours; a title and a cleared screen are not.
    for odd in ["\x1b]", "\x1b[2J", "\x07", "\u{9b}", "\u{202e}"] {
        assert!(!said.contains(odd), "{odd:?}: {said:?}");
    }
}
