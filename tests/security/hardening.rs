//! A process that holds secrets leaves none behind when it dies, and nobody
//! looks into it.

use std::os::unix::fs::{MetadataExt, chown};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Child, Command, Stdio};

use crate::support::distribution::{Hostile, LEAST};
use crate::support::program::{Place, program};

const NOBODY: u32 = 65534;

/// A place with a run that does not come to its end by itself.
fn place() -> Place {
    let place = Place::new();
    Hostile {
        phases: &["loop"],
        grants: LEAST,
        limits: "{runningMilliseconds: 60000}",
    }
    .write(&place);
    place
}

const ARGUMENTS: [&str; 8] = [
    "render",
    "--config",
    "config.yaml",
    "--out",
    "out",
    "--distribution",
    "distribution.yaml",
    "-v",
];

/// Waits until a process is as it should be; panics where it ends before.
fn wait_until(child: &mut Child, what: &str, mut is_so: impl FnMut(u32) -> bool) {
    while !is_so(child.id()) {
        if let Some(status) = child.try_wait().unwrap() {
            panic!("it ended ({status}) before {what}");
        }
        std::thread::yield_now();
    }
}

/// The soft and the hard limit of core dumps.
fn core_limits(process: u32) -> Option<[String; 2]> {
    let limits = std::fs::read_to_string(format!("/proc/{process}/limits")).ok()?;
    let line = limits
        .lines()
        .find(|line| line.starts_with("Max core file size"))?;
    let mut words = line.split_whitespace().skip(4).map(str::to_owned);
    Some([words.next()?, words.next()?])
}

/// A program started with core dumps of any size allowed, as far as they are.
fn dumping(command: &Command) -> Command {
    let mut shell = Command::new("sh");
    shell.args(["-c", "ulimit -c \"$(ulimit -H -c)\"; exec \"$0\" \"$@\""]);
    shell.arg(command.get_program()).args(command.get_args());
    shell
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    if let Some(folder) = command.get_current_dir() {
        shell.current_dir(folder);
    }
    shell
}

fn abort(child: &mut Child) -> std::process::ExitStatus {
    let abort = Command::new("kill")
        .args(["-ABRT", &child.id().to_string()])
        .status();
    assert!(abort.unwrap().success());
    child.wait().unwrap()
}

#[test]
fn a_run_that_is_aborted_leaves_no_core() {
    let place = place();
    let mut sleep = Command::new("sleep");
    sleep.arg("60").current_dir(place.path("."));
    let mut other = dumping(&sleep).spawn().unwrap();
    wait_until(&mut other, "it slept", |process| {
        std::fs::read_to_string(format!("/proc/{process}/comm")).is_ok_and(|name| name == "sleep\n")
    });
    let others_dump = abort(&mut other).core_dumped();

    let mut command = program(&place.path("."));
    let mut run = dumping(command.args(ARGUMENTS)).spawn().unwrap();
    let none = ["0".to_owned(), "0".to_owned()];
    wait_until(&mut run, "its limit was none", |process| {
        core_limits(process).as_ref() == Some(&none)
    });
    let status = abort(&mut run);
    assert_eq!(status.signal(), Some(6), "{status}");
    assert!(
        !status.core_dumped(),
        "{status}; others dump: {others_dump}"
    );
}

#[test]
fn nobody_of_the_same_user_looks_into_it() {
    if is_not_root() {
        return;
    }
    let place = place();
    for path in [".", "config.yaml", "distribution.yaml", "hostile.wasm"] {
        chown(place.path(path), Some(NOBODY), Some(NOBODY)).unwrap();
    }
    // Of a process that may be looked into these belong to its user.
    let owner = |process: u32| {
        std::fs::metadata(format!("/proc/{process}/environ"))
            .unwrap()
            .uid()
    };
    let mut sleep = Command::new("sleep");
    let mut other = sleep.arg("60").uid(NOBODY).gid(NOBODY).spawn().unwrap();
    wait_until(&mut other, "it slept", |process| owner(process) == NOBODY);
    other.kill().unwrap();
    other.wait().unwrap();

    let mut command = program(&place.path("."));
    command.args(ARGUMENTS).uid(NOBODY).gid(NOBODY);
    command.stdout(Stdio::null()).stderr(Stdio::null());
    let mut run = command.spawn().unwrap();
    wait_until(&mut run, "it was closed to others", |process| {
        owner(process) == 0
    });
    run.kill().unwrap();
    run.wait().unwrap();
}

/// A render of somebody who is not root works as before: what it needs of
/// itself below `/proc` it still gets.
#[test]
fn a_render_of_another_user_works() {
    if is_not_root() {
        return;
    }
    let place = Place::new();
    for path in [".", "config.yaml"] {
        chown(place.path(path), Some(NOBODY), Some(NOBODY)).unwrap();
    }
    let mut command = program(&place.path("."));
    command.args(["render", "--config", "config.yaml", "--out", "out"]);
    let output = command.uid(NOBODY).gid(NOBODY).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    assert!(place.rendered("/etc/kubernetes/admin.conf").exists());
}

fn is_not_root() -> bool {
    let is_not = std::fs::metadata("/proc/self").unwrap().uid() != 0;
    if is_not {
        eprintln!("skipped: only root can run a program as somebody else");
    }
    is_not
}
