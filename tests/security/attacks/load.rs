//! A component asks for more than a machine has: memory, time, disk.

use kubewright_test_hostile_calls::{
    Algorithm, Call, Condition, Encoding, Group, Item, PatchType, Piece, Profile, Program,
    Reference, SealedField, Text,
};
use rustix::process::Signal;

use super::calls::{compose, connect, ensure_mine, load_ca, read, write};
use super::network::cluster;
use crate::support::attack::{GENEROUS, Scene, World, config};
use crate::support::evil::Reply;
use crate::support::is_root;

/// A limit that a test can wait for.
const BRIEF: &str = "{wallClock: 5s, waiting: 5s}";

const DEEP: u32 = 1_000_000;

fn deep_pointer(before: &str) -> Text {
    Text::joined([before.into(), Text::repeat("/a", DEEP)])
}

cases!(a_pointer_however_deep_is_an_error:
    of_a_sealed_field(|program, client| {
        let value = program.call(compose(Encoding::Plain, vec![Piece::text("x")]));
        Call::KubeApply {
            of: client,
            object: r#"{"apiVersion":"v1","kind":"Secret","metadata":{"name":"x","namespace":"kube-system"}}"#.into(),
            sealed: vec![SealedField { pointer: deep_pointer("/data"), value }],
        }
    }),
    of_a_created_object(|program, client| {
        let value = program.call(compose(Encoding::Plain, vec![Piece::text("x")]));
        Call::KubeCreate {
            of: client,
            object: r#"{"apiVersion":"v1","kind":"Secret","metadata":{"name":"x","namespace":"kube-system"}}"#.into(),
            sealed: vec![SealedField { pointer: deep_pointer("/data"), value }],
        }
    }),
    of_a_token(|_, _| Call::TokensBootstrap {
        pointer: deep_pointer("/InitConfiguration"),
        alphabet: kubewright_test_hostile_calls::Alphabet::Alphanumeric,
    }),
    of_a_condition(|_, client| Call::KubeWait {
        of: client,
        reference: Reference::core("ConfigMap", "kubeadm-config"),
        condition: Condition::Equals(deep_pointer("/data"), "1".into()),
        seconds: 1,
    }),
);

fn a_pointer_however_deep_is_an_error(call: fn(&mut Program, usize) -> Call) {
    let scene = Scene::with(World::Render, GENEROUS);
    let mut program = Program::new();
    let client = program.call(connect());
    let call = call(&mut program, client);
    let deep = program.call(call);
    let told = scene.carry_out(&program);
    told.not_done(deep);
}

cases!(a_patch_however_deep_is_an_error:
    json(PatchType::Json, Text::joined([
        "[{\"op\":\"add\",\"path\":\"".into(), Text::repeat("/a", DEEP), "\",\"value\":1}]".into(),
    ])),
    json_that_copies_itself(PatchType::Json, copies().into()),
    merge(PatchType::Merge, nested()),
    strategic(PatchType::Strategic, nested()),
);

/// An object within itself, twice as deep with each operation.
fn copies() -> String {
    let mut operations = vec![r#"{"op":"add","path":"/a","value":{}}"#.to_owned()];
    let mut leaf = String::from("/a");
    for _ in 0..20 {
        operations.push(format!(r#"{{"op":"copy","from":"/a","path":"{leaf}/a"}}"#));
        leaf = leaf.repeat(2);
        if leaf.len() > 1 << 17 {
            break;
        }
    }
    format!("[{}]", operations.join(","))
}

fn nested() -> Text {
    Text::joined([
        Text::repeat("{\"a\":", DEEP),
        "1".into(),
        Text::repeat("}", DEEP),
    ])
}

fn a_patch_however_deep_is_an_error(patch_type: PatchType, patch: Text) {
    let scene = Scene::with(World::Render, GENEROUS);
    let mut program = Program::new();
    let client = program.call(connect());
    program.call(Call::KubeCreate {
        of: client,
        object: r#"{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"deep","namespace":"kube-system"}}"#.into(),
        sealed: Vec::new(),
    });
    let deep = program.call(Call::KubePatch {
        of: client,
        reference: Reference::core("ConfigMap", "deep"),
        patch_type,
        patch,
    });
    let told = scene.carry_out(&program);
    told.not_done(deep);
}

cases!(a_phase_ends_in_its_time:
    that_waits_for_what_never_comes(&waiting()),
    that_makes_keys_without_an_end(&keys()),
    that_reads_what_takes_long(&slow_reads()),
);

fn a_phase_ends_in_its_time(program: &Program) {
    let scene = Scene::new(World::Render);
    scene.grant(GENEROUS, BRIEF);
    // What the configuration gives to waiting is added to the limit.
    let timeouts = "timeouts: {controlPlaneComponentHealthCheck: 1s, kubeletHealthCheck: 1s, kubernetesAPICall: 1s, etcdAPICall: 1s, tlsBootstrap: 1s, discovery: 1s, upgradeManifests: 1s}\nnodeRegistration:";
    scene.place.write(
        "config.yaml",
        config().replace("nodeRegistration:", timeouts),
    );
    let told = scene.attempt(program, &[]);
    told.finished
        .exits(1)
        .one_error(&["phase hostile/program failed", "hint: "]);
}

/// They are counted before anything is made of them.
#[test]
fn a_certificate_for_many_names_is_refused_at_once() {
    let scene = Scene::new(World::Render);
    scene.grant(GENEROUS, BRIEF);
    let told = scene.attempt(&many_names(), &[]);
    told.not_done(2);
    told.not_done(3);
}

cases!(a_signal_is_answered:
    while_keys_are_made(&keys(), Signal::INT, 130),
    while_files_are_looked_through(&slow_reads(), Signal::TERM, 143),
    while_it_waits(&waiting(), Signal::TERM, 143),
);

fn a_signal_is_answered(program: &Program, signal: Signal, code: i32) {
    let scene = Scene::with(World::Render, GENEROUS);
    let watched = scene
        .watched()
        .seconds(90)
        .signal_after("saw 0 done", signal);
    let told = scene.attempt_within(watched, program, &[]);
    told.finished.exits(code);
}

/// A program that says that it has begun.
fn begun() -> Program {
    let mut program = Program::new();
    program.call(Call::ClockNow {});
    program
}

fn waiting() -> Program {
    let mut program = begun();
    let client = program.call(connect());
    program.call(Call::KubeWait {
        of: client,
        reference: Reference::core("ConfigMap", "never"),
        condition: Condition::Exists,
        seconds: u32::MAX,
    });
    program
}

fn keys() -> Program {
    let mut program = begun();
    let ca = program.call(load_ca());
    program.repeat(
        10_000,
        Call::PkiIssue {
            name: "x".into(),
            profile: Profile::client("x"),
            algorithm: Algorithm::Rsa4096,
            signer: ca,
        },
    );
    program
}

/// A file that is base64 of base64 of base64.
fn slow_reads() -> Program {
    use base64::Engine as _;
    let mut layer = vec![b'A'; 700_000];
    for _ in 0..3 {
        layer = base64::engine::general_purpose::STANDARD
            .encode(&layer)
            .into_bytes();
    }
    let layer = String::from_utf8(layer).expect("base64 is text");
    // It repeats itself, so that the program need not hold all of it.
    let unit = &layer[..64 * 1024];
    let mut program = begun();
    program.call(write(
        "/srv/hostile/slow",
        vec![Piece::text(Text::repeat(
            unit,
            (layer.len() / unit.len()) as u32,
        ))],
    ));
    program.repeat(19_000, read("/srv/hostile/slow"));
    program
}

/// A certificate for many names, and another for as many others.
fn many_names() -> Program {
    let mut program = begun();
    let ca = program.call(load_ca());
    for round in ["a", "b"] {
        let profile = Profile {
            dns_names: vec![Item::Each {
                each: format!("{round}{{n}}").into(),
                times: 45_000,
            }],
            ..Profile::client("x")
        };
        program.call(ensure_mine(profile, ca));
    }
    program
}

#[test]
fn what_a_run_leaves_unfinished_does_not_stop_the_next() {
    let scene = Scene::with(World::Machine, GENEROUS);
    let mut program = Program::new();
    program.repeat(
        3,
        Call::TokensUuid {
            name: Text::joined([Text::repeat("x", 2 << 20), "{n}".into()]),
        },
    );
    program.fails = Some("out of order".into());
    let told = scene.attempt(&program, &[]);
    told.finished.exits(1).says(&["hostile/program"]);
    let mut program = Program::new();
    let now = program.call(Call::ClockNow {});
    let told = scene.attempt(&program, &[]);
    assert_eq!(told.finished.code, 0, "{}", told.finished.said());
    told.done(now);
    scene
        .watched()
        .run(&["plan", "--rootfs", "root", "--config", "config.yaml"])
        .exits(2);
}

#[test]
fn a_deep_folder_is_given_away_or_refused() {
    if !is_root() {
        return;
    }
    let own = GENEROUS.replace("[read, write, remove]", "[read, write, remove, own]");
    let scene = Scene::with(World::Machine, &own);
    scene.put("/etc/passwd", "root:x:0:0::/root:/bin/sh\n");
    scene.put("/etc/group", "root:x:0:\n");
    let top = "/srv/hostile/deep";
    let mut program = Program::new();
    let mut path = top.to_owned();
    // A path has an end (PATH_MAX); folders in folders have none.
    path.push_str(&"/d".repeat(2_000));
    program.call(Call::FilesMakeDirectory {
        path: path.into(),
        mode: 0o755,
    });
    program.call(Call::AccountsEnsure {
        users: vec![Item::One("hostile-a".into())],
        groups: vec![Group {
            name: "hostile-a".into(),
            members: Vec::new(),
        }],
    });
    program.call(Call::AccountsSetOwnerBelow {
        directory: top.into(),
        user: "hostile-a".into(),
        group: "hostile-a".into(),
    });
    let told = scene.carry_out(&program);
    assert_eq!(told.seen.len(), 3);
}

#[test]
fn patches_that_fail_do_not_fill_the_journal() {
    let scene = Scene::with(World::Machine, GENEROUS);
    // What is to be patched is there, and no patch is good enough.
    let server = cluster(&scene, |request| {
        match request.method.as_str() {
        "GET" => Reply::Json(
            200,
            br#"{"kind":"ConfigMap","apiVersion":"v1","metadata":{"name":"x","namespace":"kube-system"}}"#.to_vec(),
        ),
        _ => Reply::Json(
            422,
            br#"{"kind":"Status","apiVersion":"v1","status":"Failure","message":"no","reason":"Invalid","code":422}"#.to_vec(),
        ),
    }
    });
    let mut program = Program::new();
    let client = program.call(connect());
    let patch = |client| Call::KubePatch {
        of: client,
        reference: Reference::core("ConfigMap", "x"),
        patch_type: PatchType::Merge,
        patch: Text::joined([
            "{\"metadata\":{\"annotations\":{\"x\":\"".into(),
            Text::repeat("x", 7_900_000),
            "\"}}}".into(),
        ]),
    };
    program.repeat(60, patch(client));
    let told = scene.attempt_within(scene.watched().seconds(180), &program, &[]);
    assert!(
        [0, 1].contains(&told.finished.code),
        "{}",
        told.finished.said()
    );
    assert!(server.sent().contains("PATCH"), "{}", told.finished.said());
    let journal: u64 = crate::support::tree::tree(&scene.machine("/var/lib/kubewright"))
        .values()
        .map(|entry| entry.content.len() as u64)
        .sum();
    assert!(journal < 64 << 20, "{} MiB of journal", journal >> 20);
    // What comes after reads it in parts.
    scene
        .watched()
        .mebibytes(300)
        .run(&["history", "--rootfs", "root"])
        .exits(0);
}
