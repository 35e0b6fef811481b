//! SIGINT and SIGTERM end the program, whatever it is busy with.

use std::io::{PipeReader, PipeWriter, Read, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use rustix::fs::{CWD, FileType, Mode, OFlags};

use crate::support::components::hostile;
use crate::support::distribution::{Hostile, LEAST};
use crate::support::program::{Place, program};

/// Far more than it takes: without an end of its own it would take for ever.
const FOR_EVER: Duration = Duration::from_secs(60);

/// Sends a signal to a program that is at something that does not end, and
/// returns what it said.
#[track_caller]
fn interrupt(name: &str, mut child: Child, signal: &str, code: i32) -> String {
    let id = child.id();
    let mut errors = child.stderr.take().unwrap();
    let sent = Command::new("kill")
        .args(["-s", signal, &id.to_string()])
        .status();
    assert!(sent.unwrap().success(), "{name}");
    let (sender, ended) = mpsc::channel();
    std::thread::spawn(move || {
        let mut said = String::new();
        errors.read_to_string(&mut said).unwrap();
        sender.send((child.wait().unwrap(), said))
    });
    let Ok((status, said)) = ended.recv_timeout(FOR_EVER) else {
        let _ = Command::new("kill")
            .args(["-s", "KILL", &id.to_string()])
            .status();
        panic!("{name}: SIG{signal} is not answered");
    };
    assert_eq!(status.code(), Some(code), "{name}: {said}");
    let words = format!("interrupted by SIG{signal}");
    assert!(said.contains(&words), "{name}: {said}");
    assert!(!said.contains("panicked"), "{name}: {said}");
    said
}

/// Waits for what another process does.
fn until(name: &str, child: &mut Child, mut is_so: impl FnMut(u32) -> bool) {
    while !is_so(child.id()) {
        assert!(child.try_wait().unwrap().is_none(), "{name}: it ended");
        std::thread::yield_now();
    }
}

/// Whether the first thread of a process is in this system call with this first
/// argument (proc(5), `syscall`).
fn is_in(process: u32, call: libc::c_long, file: u32) -> bool {
    let path = format!("/proc/{process}/syscall");
    let text = std::fs::read_to_string(path).unwrap_or_default();
    text.starts_with(&format!("{call} {file:#x} "))
}

/// A pipe that takes nothing more.
fn full_pipe() -> (PipeReader, PipeWriter) {
    let (reader, mut writer) = std::io::pipe().unwrap();
    rustix::fs::fcntl_setfl(&writer, OFlags::NONBLOCK).unwrap();
    for part in [&[b'x'; 4096][..], b"x"] {
        while writer.write(part).is_ok() {}
    }
    rustix::fs::fcntl_setfl(&writer, OFlags::empty()).unwrap();
    (reader, writer)
}

fn start(place: &Place, arguments: &[&str], input: Stdio, output: Stdio) -> Child {
    program(&place.path(""))
        .args(arguments)
        .stdin(input)
        .stdout(output)
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

const SIGNALS: [(&str, i32); 2] = [("INT", 130), ("TERM", 143)];

#[test]
fn a_run_whose_thread_is_blocked_ends_and_can_be_gone_on_with() {
    for (signal, code) in SIGNALS {
        let place = Place::new();
        std::fs::create_dir(place.path("root")).unwrap();
        let init = [
            "init",
            "--rootfs",
            "root",
            "--config",
            "config.yaml",
            "--phase",
            "certs",
        ];
        // Whoever reads what it says has stopped.
        let (_reader, writer) = full_pipe();
        let mut child = start(&place, &init, Stdio::null(), writer.into());
        until("blocked", &mut child, |id| is_in(id, libc::SYS_write, 1));
        let said = interrupt("blocked", child, signal, code);
        for words in ["error: run 1 did not come to its end", "goes on with it"] {
            assert!(said.contains(words), "{signal}: {said}");
        }
        place.run(&init).exits(0).says(&["Going on with run 1"]);
    }
}

#[test]
fn so_does_what_waits_before_a_run() {
    let waiting = |place: &Place| {
        let path = place.path("pipe");
        rustix::fs::mknodat(CWD, &path, FileType::Fifo, Mode::from_raw_mode(0o600), 0).unwrap();
        // Somebody who writes nothing, and reads what nobody else does.
        let mut both = std::fs::OpenOptions::new();
        both.read(true).write(true).open(path).unwrap()
    };
    for (signal, code) in SIGNALS {
        let place = Place::new();
        let held = waiting(&place);
        let from_input = ["config", "validate", "--config", "-"];
        let input = held.try_clone().unwrap().into();
        let mut child = start(&place, &from_input, input, Stdio::null());
        until("standard input", &mut child, |id| {
            is_in(id, libc::SYS_read, 0)
        });
        interrupt("standard input", child, signal, code);

        let from_pipe = ["config", "validate", "--config", "pipe"];
        let mut child = start(&place, &from_pipe, Stdio::null(), Stdio::null());
        until("a pipe", &mut child, |id| {
            has_opened(id, &place.path("pipe"))
        });
        interrupt("a pipe", child, signal, code);
        drop(held);
    }
}

fn has_opened(process: u32, path: &Path) -> bool {
    let files = std::fs::read_dir(format!("/proc/{process}/fd"));
    let mut links = files
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|file| std::fs::read_link(file.path()).ok());
    links.any(|link| link == path)
}

#[test]
fn so_does_what_compiles_and_so_does_its_helper() {
    for (signal, code) in SIGNALS {
        let place = Place::new();
        Hostile {
            phases: &["idle"],
            grants: LEAST,
            limits: "",
        }
        .write(&place);
        assert!(hostile().component.len() > 100_000, "it takes a while");
        let phases = ["phases", "--distribution", "distribution.yaml"];
        let mut child = start(&place, &phases, Stdio::null(), Stdio::null());
        let mut helper = String::new();
        until("compiling", &mut child, |id| {
            let children = format!("/proc/{id}/task/{id}/children");
            helper = std::fs::read_to_string(children).unwrap_or_default();
            !helper.is_empty()
        });
        interrupt("compiling", child, signal, code);
        // It has no reason to be there, and is on its way out.
        let helper = format!("/proc/{}", helper.trim());
        while is_at_work(Path::new(&helper)) {
            std::thread::yield_now();
        }
    }
}

/// Whether a process is there and is no zombie.
fn is_at_work(process: &Path) -> bool {
    let stat = std::fs::read_to_string(process.join("stat")).unwrap_or_default();
    let state = stat
        .rsplit(") ")
        .next()
        .and_then(|rest| rest.chars().next());
    !matches!(state, None | Some('Z' | 'X'))
}
