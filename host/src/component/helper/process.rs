//! The program's side: starts a helper, and takes nothing from it but a whole
//! answer in time.

use std::io::{ErrorKind, Read, Write};
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec};

use super::wire::{self, ANSWER_LIMIT, HEAD, Kind, Task};
use super::{ARGUMENT, task};

/// How long a helper may take. What a vendor's compiler makes takes less than a
/// second.
const TIME: Duration = Duration::from_secs(60);

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum HelperError {
    /// In words for whoever made the component.
    #[error("{0}")]
    Wrong(String),
    #[error("{0}")]
    TooMuch(String),
    #[error("it takes more than {} seconds to compile", .0.as_secs())]
    TooLong(Duration),
    #[error(
        "it takes more than {} MiB of memory to compile, or more stack than there is",
        task::MEMORY >> 20
    )]
    Died,
    #[error("it breaks the compiler: {0}")]
    Defect(String),
    #[error("what is made of it has more than {ANSWER_LIMIT} bytes")]
    TooLarge,
    #[error("the helper that compiles it ended without an answer ({0})")]
    NoAnswer(ExitStatus),
    #[error("cannot start the helper that compiles it (/proc/self/exe)")]
    Start(#[source] std::io::Error),
    #[error("cannot speak to the helper that compiles it")]
    Speak(#[source] std::io::Error),
}

/// Has a helper do something with bytes of unknown origin. Blocks until it is
/// done, or its time is over.
pub fn ask(task: Task, bytes: &[u8]) -> Result<Vec<u8>, HelperError> {
    let mut child = start().map_err(HelperError::Start)?;
    let answer = speak(&mut child, task, bytes);
    // Whatever it still does, nobody waits for it. One that has ended keeps its
    // status.
    let _ = child.kill();
    let status = child.wait().map_err(HelperError::Speak)?;
    let mut answer = answer?;
    match wire::read(&answer) {
        Some((Kind::Done, _)) => {
            // In place: it may be large.
            answer.drain(..HEAD);
            Ok(answer)
        }
        Some((kind, content)) => {
            let words = String::from_utf8_lossy(content).into_owned();
            Err(match kind {
                Kind::TooMuch => HelperError::TooMuch(words),
                Kind::Defect => HelperError::Defect(words),
                Kind::Wrong | Kind::Done => HelperError::Wrong(words),
            })
        }
        None => Err(match status.signal() {
            // How an allocation that fails, and a stack that is full, end a
            // program of Rust.
            Some(libc::SIGABRT | libc::SIGSEGV | libc::SIGBUS) => HelperError::Died,
            Some(libc::SIGXCPU | libc::SIGKILL) => HelperError::TooLong(TIME),
            _ => HelperError::NoAnswer(status),
        }),
    }
}

fn start() -> std::io::Result<Child> {
    // By the file that this process runs, which may have been replaced since.
    Command::new("/proc/self/exe")
        .arg(ARGUMENT)
        .env_clear()
        // Each thread has its own stack and its own share of the heap.
        .envs(task::ENVIRONMENT)
        .current_dir("/")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
}

/// Hands over the task and takes what comes back, to its end.
fn speak(child: &mut Child, task: Task, bytes: &[u8]) -> Result<Vec<u8>, HelperError> {
    let until = Instant::now() + TIME;
    let (Some(mut to), Some(mut from)) = (child.stdin.take(), child.stdout.take()) else {
        return Err(HelperError::Speak(ErrorKind::BrokenPipe.into()));
    };
    std::thread::scope(|scope| {
        scope.spawn(move || {
            // One that went away says why, or its status does.
            let _ = to
                .write_all(&[task as u8])
                .and_then(|()| to.write_all(bytes));
        });
        let answer = listen(&mut from, until);
        if answer.is_err() {
            // Or the thread that writes would wait for it for ever.
            let _ = child.kill();
        }
        answer
    })
}

fn listen(from: &mut std::process::ChildStdout, until: Instant) -> Result<Vec<u8>, HelperError> {
    let mut answer = Vec::new();
    let mut part = vec![0; 64 << 10];
    loop {
        let left = until.saturating_duration_since(Instant::now());
        let left = Timespec::try_from(left)
            .map_err(|error| HelperError::Speak(std::io::Error::other(error)))?;
        let mut wanted = [PollFd::new(&*from, PollFlags::IN)];
        match rustix::event::poll(&mut wanted, Some(&left)) {
            Ok(0) => return Err(HelperError::TooLong(TIME)),
            Ok(_) => {}
            Err(rustix::io::Errno::INTR) => continue,
            Err(errno) => return Err(HelperError::Speak(errno.into())),
        }
        match from.read(&mut part) {
            Ok(0) => return Ok(answer),
            Ok(count) => answer.extend_from_slice(part.get(..count).unwrap_or_default()),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(HelperError::Speak(error)),
        }
        if answer.len() as u64 > ANSWER_LIMIT {
            return Err(HelperError::TooLarge);
        }
    }
}
