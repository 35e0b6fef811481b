use super::*;
use crate::world::sandbox::SandboxFiles;

fn path(text: &str) -> MachinePath {
    MachinePath::parse(text).unwrap()
}

fn file(content: &[u8], copy: bool) -> State {
    match State::written(0o600, content) {
        State::File {
            mode,
            digest,
            owner,
            added,
            ..
        } => State::File {
            mode,
            digest,
            copy,
            owner,
            added,
        },
        other => other,
    }
}

#[test]
fn only_what_is_ours_is_undone() {
    let directory = State::made;
    type Case<'a> = (&'a str, State, State, &'a str, bool, &'a str);
    let cases: [Case; 11] = [
        (
            "made",
            State::Absent,
            file(b"new", false),
            "/d/new",
            false,
            "removed",
        ),
        (
            "changed since",
            State::Absent,
            file(b"x", false),
            "/d/new",
            false,
            "kept",
        ),
        (
            "changed, forced",
            State::Absent,
            file(b"x", false),
            "/d/new",
            true,
            "removed",
        ),
        (
            "replaced",
            file(b"old", true),
            file(b"new", false),
            "/d/new",
            false,
            "restored",
        ),
        (
            "replaced secret",
            file(b"old", false),
            file(b"new", false),
            "/d/new",
            true,
            "kept",
        ),
        (
            "never happened",
            State::Absent,
            file(b"x", false),
            "/d/none",
            false,
            "is as it was",
        ),
        (
            "removed",
            file(b"old", true),
            State::Absent,
            "/d/none",
            false,
            "restored",
        ),
        (
            "full folder",
            State::Absent,
            directory(0o700),
            "/d",
            false,
            "kept",
        ),
        (
            "empty folder",
            State::Absent,
            directory(0o700),
            "/e",
            false,
            "removed",
        ),
        (
            "folder's mode",
            directory(0o755),
            directory(0o700),
            "/e",
            false,
            "mode and owner restored",
        ),
        (
            "a secret's mode",
            match file(b"new", false) {
                State::File { digest, .. } => State::File {
                    mode: 0o644,
                    digest,
                    copy: false,
                    owner: None,
                    added: Vec::new(),
                },
                other => other,
            },
            file(b"new", false),
            "/d/new",
            false,
            "mode and owner restored",
        ),
    ];
    for (name, original, made, at, force, wanted) in cases {
        let files = SandboxFiles::over(None);
        files.make_directory(&path("/d"), 0o700).unwrap();
        files.make_directory(&path("/e"), 0o700).unwrap();
        files.write(&path("/d/new"), 0o600, b"new").unwrap();
        let touched = Touched {
            original,
            made: vec![made],
            by: (1, 1),
            order: 1,
        };
        let undo = Undo::of(&files, &path(at), &touched, force).unwrap();
        assert_eq!(undo.words(), wanted, "{name}: {undo:?}");
    }
}

#[test]
fn what_a_run_that_died_gave_away_is_given_back() {
    let files = SandboxFiles::over(None);
    files.make_directory(&path("/d"), 0o700).unwrap();
    for name in ["/d/given", "/d/not-yet"] {
        files.write(&path(name), 0o600, b"x").unwrap();
    }
    let before = files.stat(&path("/d")).unwrap().unwrap().owner;
    let given = Owner { uid: 107, gid: 108 };
    files.set_owner(&path("/d/given"), given, 0o600).unwrap();
    let state = |owner, within: &[&str]| State::Directory {
        mode: 0o700,
        empty: false,
        owner: Some(owner),
        within: within.iter().map(|at| (path(at), before)).collect(),
    };
    let touched = Touched {
        original: state(before, &["/d/given", "/d/not-yet"]),
        made: vec![state(given, &[])],
        by: (1, 1),
        order: 1,
    };
    let undo = Undo::of(&files, &path("/d"), &touched, false).unwrap();
    let Undo::Folder { within, .. } = &undo else {
        panic!("{undo:?}");
    };
    assert_eq!(within.keys().collect::<Vec<_>>(), [&path("/d/given")]);
    for (at, owner) in within {
        files.set_owner(at, *owner, 0o600).unwrap();
    }
    let undo = Undo::of(&files, &path("/d"), &touched, false).unwrap();
    assert_eq!(undo, Undo::Nothing);
}
