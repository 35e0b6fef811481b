//! Folders that nothing is rendered into.

use std::os::unix::fs::{PermissionsExt, symlink};
use std::process::Command;

use crate::support::others::{Prepared, give_away, open_to_all};
use crate::support::program::Place;
use crate::support::tree::{differences, tree};

const RENDER: [&str; 5] = ["render", "--config", "config.yaml", "--out", "out"];

/// What is in the folder, how it gets there, what the error must say.
type Case = (&'static str, fn(&Place), &'static [&'static str]);

/// Keys of theirs would sign for everything.
#[test]
fn a_folder_that_others_may_change() {
    if !crate::support::is_root() {
        return;
    }
    let cases: [Prepared<'_>; 5] = [
        (
            "the folder",
            &|place| give_away(place.out()),
            "out belongs to another user (uid 65534)",
        ),
        (
            "its files",
            &|place| give_away(place.out().join("rootfs")),
            "out/rootfs belongs to another user (uid 65534)",
        ),
        (
            "its objects",
            &|place| give_away(place.out().join("objects.yaml")),
            "out/objects.yaml belongs to another user (uid 65534)",
        ),
        (
            "a link of theirs",
            &|place| {
                std::fs::rename(place.out(), place.path("other")).expect("folders can be moved");
                symlink("other", place.out()).expect("links can be made");
                give_away(place.out());
            },
            "out belongs to another user (uid 65534)",
        ),
        (
            "everybody's",
            &|place| open_to_all(place.out()),
            "every user of this machine may write to out",
        ),
    ];
    for (name, prepare, words) in cases {
        let place = Place::new();
        place.render(&[]).exits(0);
        prepare(&place);
        let before = tree(&place.path(""));
        place.render(&[]).exits(1).one_error(&[words]);
        let changed = differences(&before, &tree(&place.path("")));
        assert_eq!(changed, Vec::<String>::new(), "{name}");
    }
}

#[test]
fn a_folder_that_holds_something_else() {
    let cases: &[Case] = &[
        (
            "another file",
            |place| drop(place.write("out/notes.txt", "mine")),
            &[
                "--out out holds something else than a render (notes.txt); give a new or empty folder",
            ],
        ),
        (
            "another file beside a render",
            |place| {
                place.render(&[]).exits(0);
                place.write("out/notes.txt", "mine");
            },
            &["holds something else than a render (notes.txt)"],
        ),
        (
            "a file in its place",
            |place| drop(place.write("out", "mine")),
            &["--out out is not a folder"],
        ),
        (
            "a file above it",
            |place| {
                place.write("other", "mine");
                symlink("other/below", place.path("out")).expect("links can be made");
            },
            &["--out out is not a folder"],
        ),
        (
            "a file named rootfs",
            |place| drop(place.write("out/rootfs", "mine")),
            &["rootfs is no folder"],
        ),
        (
            "a link named rootfs",
            |place| {
                std::fs::create_dir_all(place.path("elsewhere")).expect("folders can be made");
                std::fs::create_dir_all(place.out()).expect("folders can be made");
                symlink("../elsewhere", place.out().join("rootfs")).expect("links can be made");
            },
            &["rootfs is no folder"],
        ),
        (
            "a folder named objects.yaml",
            |place| drop(place.write("out/objects.yaml/a", "mine")),
            &["objects.yaml is no file"],
        ),
        (
            "objects that are no YAML",
            |place| drop(place.write("out/objects.yaml", "a: b: c")),
            &["out/objects.yaml is not what a render wrote", "remove it"],
        ),
        (
            "objects that are none",
            |place| drop(place.write("out/objects.yaml", "hello\n")),
            &["out/objects.yaml is not what a render wrote: its document 1 is no object"],
        ),
        (
            "objects of an unknown kind",
            |place| {
                drop(place.write(
                    "out/objects.yaml",
                    "apiVersion: example.com/v1\nkind: Foo\nmetadata: {name: a}\n",
                ))
            },
            &[
                "objects.yaml",
                "no kind \"Foo\" of apiVersion \"example.com/v1\" is known",
            ],
        ),
        (
            "a folder where a file goes",
            |place| {
                std::fs::create_dir_all(place.rendered("/etc/kubernetes/pki/ca.crt"))
                    .expect("folders")
            },
            &["/etc/kubernetes/pki/ca.crt is a directory"],
        ),
        (
            "a file where a folder goes",
            |place| drop(place.write("out/rootfs/etc/kubernetes", "mine")),
            &["/etc/kubernetes is not a directory"],
        ),
        (
            "a link that leads out",
            |place| {
                std::fs::create_dir_all(place.path("elsewhere")).expect("folders can be made");
                std::fs::create_dir_all(place.rendered("/etc")).expect("folders can be made");
                symlink(place.path("elsewhere"), place.rendered("/etc/kubernetes"))
                    .expect("links can be made");
            },
            &["/etc/kubernetes is not there"],
        ),
    ];
    for (name, prepare, words) in cases {
        println!("{name}");
        let place = Place::new();
        prepare(&place);
        place.refused(1, &RENDER, words);
    }
}

#[test]
fn a_folder_that_cannot_be_written() {
    // Root may write everywhere: the program runs as somebody else.
    let place = Place::new();
    let open = |name: &str, mode: u32| {
        let path = place.path(name);
        std::fs::create_dir_all(&path).expect("folders can be made");
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode))
            .expect("modes can be set");
    };
    open("", 0o755);
    open("out", 0o555);
    open("mine/rootfs", 0o755);
    for (out, words) in [
        ("out", "--out out cannot be written"),
        (
            "out/a/b",
            "--out out/a/b cannot be made: out cannot be written",
        ),
        ("/proc/1/nothing", "--out /proc/1/nothing cannot be "),
    ] {
        println!("{out}");
        let finished = as_nobody(&place, &["render", "--config", "config.yaml", "--out", out]);
        let Some(finished) = finished else { return };
        finished.exits(1).one_error(&[words]);
        assert_eq!(std::fs::read_dir(place.out()).expect("a folder").count(), 0);
    }
}

#[test]
fn a_file_that_must_not_be_read() {
    let place = Place::new();
    let set = |name: &str, mode| {
        std::fs::set_permissions(place.path(name), std::fs::Permissions::from_mode(mode))
            .expect("modes can be set")
    };
    set("", 0o777);
    set("config.yaml", 0o600);
    if let Some(finished) = as_nobody(&place, &RENDER) {
        finished
            .exits(1)
            .one_error(&["cannot read config.yaml", "Permission denied"]);
        assert!(!place.out().exists());
    }
}

/// Runs the program as the user `nobody`; none where that cannot be.
fn as_nobody(place: &Place, arguments: &[&str]) -> Option<crate::support::program::Finished> {
    use std::os::unix::process::CommandExt;
    let program = env!("CARGO_BIN_EXE_kubewright");
    let mut command = Command::new(program);
    command
        .current_dir(place.path(""))
        .args(arguments)
        .uid(65534)
        .gid(65534);
    match command.output() {
        Ok(output) => Some(crate::support::program::Finished {
            code: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }),
        // Not root, or the program lies where nobody may look.
        Err(_) => None,
    }
}
