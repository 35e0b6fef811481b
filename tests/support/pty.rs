//! Running the program on a terminal.

use std::fs::File;
use std::io::Read;
use std::process::Command;

use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};

/// Runs a command with a terminal for standard output and error; gives the
/// exit code and all that the terminal was sent.
pub fn on_a_terminal(command: &mut Command) -> (i32, Vec<u8>) {
    let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).expect("a terminal");
    grantpt(&master).expect("a terminal");
    unlockpt(&master).expect("a terminal");
    let name = ptsname(&master, Vec::new()).expect("a terminal");
    let path = name.to_str().expect("a path");
    let open = || File::options().read(true).write(true).open(path);
    let output = open().expect("a terminal");
    let mut child = command
        .stdout(output.try_clone().expect("a terminal"))
        .stderr(output)
        .env("TERM", "xterm-256color")
        .spawn()
        .expect("the program runs");
    // The command keeps the terminal open as long as it is there.
    command.stdout(std::process::Stdio::null());
    command.stderr(std::process::Stdio::null());
    let mut sent = Vec::new();
    let mut master = File::from(master);
    // The end of a terminal is an error (EIO).
    let mut chunk = [0; 4096];
    while let Ok(read @ 1..) = master.read(&mut chunk) {
        sent.extend(&chunk[..read]);
    }
    let status = child.wait().expect("it ended");
    (status.code().unwrap_or(-1), sent)
}
