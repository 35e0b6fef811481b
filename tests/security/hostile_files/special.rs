//! Names that lead to something else than a regular file of moderate size.

use std::fs::File;
use std::io::Write;
use std::os::fd::AsRawFd;
use std::os::unix::fs::symlink;
use std::os::unix::net::UnixListener;
use std::process::Stdio;

use rustix::fs::{CWD, FileType, Mode};

use super::with_component;
use crate::support::program::{CONFIG, Place, program};

/// What a name leads to, and what is said of it.
const KINDS: [(&str, &str); 5] = [
    ("zero", "it is a device"),
    ("fifo", "pipe"),
    ("socket", "it is a socket"),
    ("folder", "Is a directory"),
    ("sparse", "too large"),
];

fn put(place: &Place, kind: &str, name: &str) {
    let path = place.path(name);
    let _ = std::fs::remove_file(&path);
    match kind {
        "zero" => symlink("/dev/zero", path).unwrap(),
        "fifo" => {
            let mode = Mode::from_raw_mode(0o600);
            rustix::fs::mknodat(CWD, path, FileType::Fifo, mode, 0).unwrap();
        }
        // It stays though nobody listens.
        "socket" => drop(UnixListener::bind(path).unwrap()),
        "folder" => std::fs::create_dir(path).unwrap(),
        _ => File::create(path).unwrap().set_len(10 << 30).unwrap(),
    }
}

#[test]
fn only_regular_files_are_read_wherever_one_is_named() {
    let render = ["render", "--out", "out"];
    let named: [(&str, &[&str]); 10] = [
        ("c.yaml", &["render", "--out", "out", "--config", "c.yaml"]),
        ("c.yaml", &["config", "validate", "--config", "c.yaml"]),
        ("c.yaml", &["config", "migrate", "--old-config", "c.yaml"]),
        (
            "c.yaml",
            &["config", "images", "list", "--config", "c.yaml"],
        ),
        (
            "c.yaml",
            &["reset", "--rootfs", "root", "--config", "c.yaml"],
        ),
        (
            "f.yaml",
            &["render", "--out", "out", "--node-facts", "f.yaml"],
        ),
        ("d.yaml", &["phases", "--distribution", "d.yaml"]),
        ("p.wasm", &["render", "--out", "out", "--policy", "p.wasm"]),
        ("m.wasm", &["component", "new", "m.wasm", "--out", "c.wasm"]),
        (
            "patches/etcd0.yaml",
            &["render", "--out", "out", "--patches", "patches"],
        ),
    ];
    for (kind, words) in KINDS {
        for (file, arguments) in named {
            // What is a folder is passed over, or is looked into.
            if kind == "folder" && ["d.yaml", "patches/etcd0.yaml"].contains(&file) {
                continue;
            }
            println!("{kind}: {arguments:?}");
            let place = Place::new();
            for folder in ["root", "patches"] {
                std::fs::create_dir(place.path(folder)).unwrap();
            }
            put(&place, kind, file);
            // Of a large patch that is said without what it is.
            let words = if file.starts_with("patches") && kind == "sparse" {
                "more than"
            } else {
                words
            };
            place.run(arguments).exits(1).one_error(&[file, words]);
        }
        println!("{kind}: a component");
        let place = with_component(b"");
        put(&place, kind, "x.wasm");
        let arguments = [&render[..], &["--distribution", "distribution.yaml"]].concat();
        place.run(&arguments).exits(1).one_error(&["x.wasm", words]);
    }
}

#[test]
fn what_a_shell_makes_of_a_command_is_a_configuration() {
    for (name, text, code, words) in [
        ("a configuration", CONFIG.to_owned(), 0, "ok"),
        ("nothing", String::new(), 1, "cannot read"),
        ("no end", CONFIG.repeat(50_000), 1, "is too large"),
    ] {
        let place = Place::new();
        let (reader, mut writer) = std::io::pipe().unwrap();
        // As bash does for `<(...)`.
        let path = format!("/proc/{}/fd/{}", std::process::id(), reader.as_raw_fd());
        let child = program(&place.path(""))
            .args(["config", "validate", "--config", &path])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let writing = std::thread::spawn(move || drop(writer.write_all(text.as_bytes())));
        let output = child.wait_with_output().unwrap();
        drop(reader);
        writing.join().unwrap();
        let said = format!(
            "{}{}",
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        );
        assert_eq!(output.status.code(), Some(code), "{name}: {said}");
        assert!(said.contains(words), "{name}: {said}");
    }
}
