//! Being told to end: Ctrl-C, or a service manager's SIGTERM.
//!
//! It is always answered within a second, whatever the program does: a thread
//! of its own hears of it and tells the run, which ends in order where it can.
//! Where it cannot (it waits for a program that reads no more, computes, or
//! compiles), that thread ends the program itself, with the same words. That is
//! as safe as being killed: effects are recorded before they land, so that the
//! next run goes on, or a reset undoes them.

use std::process::exit;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{LazyLock, Mutex, PoisonError, mpsc};
use std::thread;
use std::time::Duration;

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::watch;

/// How long a run may take to come to its end.
const PATIENCE: Duration = Duration::from_millis(800);

/// How long telling why may take: a terminal may have been stopped.
const WORDS: Duration = Duration::from_millis(100);

/// What was heard.
static HEARD: LazyLock<watch::Sender<Option<Interrupted>>> =
    LazyLock::new(|| watch::Sender::new(None));

/// How many wait to hear of it.
static WAITING: AtomicUsize = AtomicUsize::new(0);

/// What is to be said besides if the program ends now.
static BESIDES: Mutex<Option<String>> = Mutex::new(None);

/// Whether somebody has begun to tell why the program ends.
static TOLD: AtomicBool = AtomicBool::new(false);

/// The run was ended from outside.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("interrupted by {name}")]
pub struct Interrupted {
    name: &'static str,
    number: u8,
}

impl Interrupted {
    /// As a shell says it of a program that a signal ended.
    pub fn exit_code(&self) -> u8 {
        128 + self.number
    }
}

/// Hears of signals from now on; `tell` says why the program ends. Where that cannot be, they do what they always
/// did.
pub fn answer_signals(tell: impl FnOnce(&anyhow::Error) + Send + 'static) {
    let (hears, ready) = mpsc::channel::<()>();
    let _ = thread::Builder::new()
        .name("signals".to_owned())
        .spawn(move || hear(tell, hears));
    // Whatever begins before would be ended without a word. It hangs up as it
    // begins to hear, or where it cannot.
    let _ = ready.recv();
}

/// Drops `hears` once it hears.
fn hear(tell: impl FnOnce(&anyhow::Error) + Send + 'static, hears: mpsc::Sender<()>) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_io()
        .enable_time()
        .build();
    let Ok(runtime) = runtime else { return };
    runtime.block_on(async {
        let (Ok(mut interrupt), Ok(mut terminate)) = (
            signal(SignalKind::interrupt()),
            signal(SignalKind::terminate()),
        ) else {
            return;
        };
        drop(hears);
        let first = next(&mut interrupt, &mut terminate).await;
        HEARD.send_replace(Some(first));
        if WAITING.load(Ordering::SeqCst) > 0 {
            tokio::select! {
                () = tokio::time::sleep(PATIENCE) => {}
                // Somebody has no patience.
                _ = next(&mut interrupt, &mut terminate) => {}
            }
        }
        end(tell, first);
    });
}

async fn next(interrupt: &mut Signal, terminate: &mut Signal) -> Interrupted {
    let (name, number) = tokio::select! {
        _ = interrupt.recv() => ("SIGINT", 2),
        _ = terminate.recv() => ("SIGTERM", 15),
    };
    Interrupted { name, number }
}

/// Ends the program, whatever its other threads do.
fn end(tell: impl FnOnce(&anyhow::Error) + Send + 'static, interrupted: Interrupted) -> ! {
    if may_tell() {
        let mut error = anyhow::Error::from(interrupted);
        let besides = BESIDES.try_lock().ok().and_then(|words| words.clone());
        if let Some(words) = besides {
            error = error.context(words);
        }
        let (done, is_done) = mpsc::channel::<()>();
        // Who was stopped may have been writing, and another writes no more.
        let _ = thread::Builder::new().spawn(move || {
            tell(&error);
            drop(done);
        });
        // It ends by hanging up.
        let _ = is_done.recv_timeout(WORDS);
    }
    exit(interrupted.exit_code().into());
}

/// Whether nobody has told yet why the program ends. Whoever asks first does.
pub fn may_tell() -> bool {
    !TOLD.swap(true, Ordering::SeqCst)
}

/// Waits until somebody wants the program to end. While one waits, the program
/// is given time to end in order.
pub async fn interrupted() -> Interrupted {
    let _waiting = Waiting::new();
    let mut heard = HEARD.subscribe();
    loop {
        if let Some(interrupted) = *heard.borrow_and_update() {
            return interrupted;
        }
        // Never fails: the sender is for ever.
        let _ = heard.changed().await;
    }
}

struct Waiting;

impl Waiting {
    fn new() -> Self {
        WAITING.fetch_add(1, Ordering::SeqCst);
        Self
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        WAITING.fetch_sub(1, Ordering::SeqCst);
    }
}

/// What the user is told if the program ends while this is there.
#[must_use]
pub struct Besides;

impl Besides {
    pub fn say(words: String) -> Self {
        *besides() = Some(words);
        Self
    }
}

impl Drop for Besides {
    fn drop(&mut self) {
        *besides() = None;
    }
}

fn besides() -> std::sync::MutexGuard<'static, Option<String>> {
    BESIDES.lock().unwrap_or_else(PoisonError::into_inner)
}
