//! Running the program with an eye on its time and memory.

use std::ffi::OsStr;
use std::io::Read;
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use super::program::{Finished, Place, program};

/// What a run may use before it is ended and the test fails.
pub struct Watched {
    command: Command,
    seconds: u64,
    mebibytes: u64,
    interrupt_after: Option<(&'static str, Signal)>,
}

/// How often memory is looked at.
const TICK: Duration = Duration::from_millis(10);

impl Watched {
    /// The program in a place. It gets a minute and a gibibyte.
    pub fn new(place: &Place) -> Self {
        Self {
            command: program(&place.path("")),
            seconds: 60,
            mebibytes: 1024,
            interrupt_after: None,
        }
    }

    /// Another bound for its resident memory.
    #[must_use]
    pub fn mebibytes(mut self, mebibytes: u64) -> Self {
        self.mebibytes = mebibytes;
        self
    }

    /// Another bound for its time.
    #[must_use]
    pub fn seconds(mut self, seconds: u64) -> Self {
        self.seconds = seconds;
        self
    }

    /// Sends it a signal once it has said this, or was busy for a second where
    /// these words are empty; it must end within ten.
    #[must_use]
    pub fn signal_after(mut self, words: &'static str, signal: Signal) -> Self {
        self.interrupt_after = Some((words, signal));
        self
    }

    /// Runs it. Fails the test where it takes more than it gets, or where a
    /// signal ends it that nobody sent.
    #[track_caller]
    pub fn run<S: AsRef<OsStr>>(mut self, arguments: &[S]) -> Finished {
        let mut child = self
            .command
            .args(arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program runs");
        let stdout = collected(child.stdout.take().expect("it is piped"));
        let stderr = collected(child.stderr.take().expect("it is piped"));
        let why = self.watch(&mut child, &stdout);
        if why.is_some() {
            let _ = child.kill();
        }
        let status = child.wait().expect("it ended");
        let finished = Finished {
            code: status.code().unwrap_or(-1),
            stdout: stdout.whole(),
            stderr: stderr.whole(),
        };
        let said = shortened(&finished.said());
        if let Some(why) = why {
            panic!("the program {why}; it said:\n{said}");
        }
        if let Some(signal) = status.signal() {
            panic!("signal {signal} ended the program; it said:\n{said}");
        }
        finished
    }

    /// Waits for its end; says what it took more of than it gets.
    fn watch(&self, child: &mut Child, stdout: &Collected) -> Option<String> {
        let started = Instant::now();
        let pid = Pid::from_child(child);
        let mut interrupted: Option<Instant> = None;
        loop {
            if child.try_wait().expect("it is a child").is_some() {
                return None;
            }
            let peak = peak(pid) >> 10;
            if peak > self.mebibytes {
                return Some(format!("took {peak} MiB of memory, and more"));
            }
            if let Some((words, signal)) = self.interrupt_after
                && interrupted.is_none()
                && match words {
                    "" => started.elapsed() > Duration::from_secs(1),
                    words => stdout.text().contains(words),
                }
            {
                kill_process(pid, signal).expect("it is a child");
                interrupted = Some(Instant::now());
            }
            if interrupted.is_some_and(|at| at.elapsed() > Duration::from_secs(10)) {
                return Some("did not answer the signal within 10 seconds".to_owned());
            }
            if started.elapsed() > Duration::from_secs(self.seconds) {
                return Some(format!("went on for more than {} seconds", self.seconds));
            }
            std::thread::sleep(TICK);
        }
    }
}

/// The most memory that a process had so far, in KiB.
fn peak(pid: Pid) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", pid.as_raw_nonzero()));
    let status = status.unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.trim().trim_end_matches(" kB").parse().ok())
        .unwrap_or(0)
}

/// What comes out of a pipe, while it comes.
struct Collected {
    bytes: Arc<Mutex<Vec<u8>>>,
    thread: JoinHandle<()>,
}

fn collected(mut pipe: impl Read + Send + 'static) -> Collected {
    let bytes = Arc::new(Mutex::new(Vec::new()));
    let into = Arc::clone(&bytes);
    let thread = std::thread::spawn(move || {
        let mut chunk = vec![0; 1 << 16];
        while let Ok(read @ 1..) = pipe.read(&mut chunk) {
            into.lock().expect("nobody panicked").extend(&chunk[..read]);
        }
    });
    Collected { bytes, thread }
}

impl Collected {
    /// What came so far.
    fn text(&self) -> String {
        String::from_utf8_lossy(&self.bytes.lock().expect("nobody panicked")).into_owned()
    }

    /// All of it, once the program has ended.
    fn whole(self) -> String {
        let Self { bytes, thread } = self;
        thread.join().expect("it read to the end");
        let bytes = bytes.lock().expect("nobody panicked");
        String::from_utf8_lossy(&bytes).into_owned()
    }
}

/// What a test shows of what was said.
pub fn shortened(said: &str) -> String {
    let lines: Vec<String> = said
        .lines()
        .map(|line| line.chars().take(300).collect())
        .collect();
    let skipped = lines.len().saturating_sub(60);
    match skipped {
        0 => lines.join("\n"),
        _ => format!("({skipped} lines)\n{}", lines[skipped..].join("\n")),
    }
}
