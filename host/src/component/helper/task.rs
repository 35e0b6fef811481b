//! The helper's side: limits first, then the task.

use std::io::{self, Read};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;

use rustix::process::{
    DumpableBehavior, Resource, Rlimit, Signal, getrlimit, set_dumpable_behavior,
    set_parent_process_death_signal, setrlimit,
};

use super::bounds::{self, TooMuch};
use super::wire::{self, Kind, Task};
use crate::component::encode::{EncodeError, encode_here};
use crate::component::engine_config::engine_config;
use crate::component::source::FILE_LIMIT;

/// Bytes of address space of a helper. What other languages than Rust make, with
/// an interpreter of 10 MB in it, takes half of it.
pub const MEMORY: u64 = 1 << 30;

/// Seconds of processor time, over all of its threads.
const PROCESSOR: u64 = 60;

/// How many threads compile, and how many shares the heap has. Each takes
/// address space of its own: as many as a large machine has processors would
/// take more than there is.
pub const ENVIRONMENT: [(&str, &str); 2] = [("RAYON_NUM_THREADS", "4"), ("MALLOC_ARENA_MAX", "2")];

/// Does the one task that this process was started for.
pub fn serve() -> ExitCode {
    close_others();
    // Words go over the pipe, and nowhere else.
    std::panic::set_hook(Box::new(|_| {}));
    let answered = confine().and_then(|()| {
        let mut input = Vec::new();
        let mut all = io::stdin().lock().take(FILE_LIMIT + 2);
        all.read_to_end(&mut input)?;
        let (kind, content) = carry_out(&input);
        wire::write(io::stdout().lock(), kind, &content)
    });
    match answered {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}

/// Closes what the program was started with and hands on unawares, such as the
/// files of a shell.
fn close_others() {
    // SAFETY: nothing in this process has opened a file yet, so nobody in it
    // believes to own one of these. rustix offers no such call. A kernel before
    // Linux 5.9 has none, and the files stay as they are.
    unsafe { libc::close_range(3, libc::c_uint::MAX, 0) };
}

/// Gives up what a compiler has no need of, for good.
fn confine() -> io::Result<()> {
    let limits = [
        (Resource::As, MEMORY),
        (Resource::Cpu, PROCESSOR),
        (Resource::Core, 0),
        (Resource::Fsize, 0),
        // Three are there.
        (Resource::Nofile, 16),
    ];
    for (resource, limit) in limits {
        // Nobody but root may have more again than whoever started us has.
        let limit = match getrlimit(resource).maximum {
            Some(given) => given.min(limit),
            None => limit,
        };
        setrlimit(
            resource,
            Rlimit {
                current: Some(limit),
                maximum: Some(limit),
            },
        )?;
    }
    rustix::thread::set_no_new_privs(true)?;
    set_dumpable_behavior(DumpableBehavior::NotDumpable)?;
    // Nobody waits for the answer when the program is gone.
    set_parent_process_death_signal(Some(Signal::KILL))?;
    Ok(())
}

fn carry_out(input: &[u8]) -> (Kind, Vec<u8>) {
    let Some((task, bytes)) = input.split_first().and_then(|(first, rest)| {
        let task = Task::of(*first)?;
        Some((task, rest))
    }) else {
        return (Kind::Defect, b"there is no such task".to_vec());
    };
    let done = catch_unwind(AssertUnwindSafe(|| match task {
        Task::Compile => compile(bytes),
        Task::Encode => encode(bytes),
    }));
    match done {
        Ok(Ok(made)) => (Kind::Done, made),
        Ok(Err((kind, words))) => (kind, words.into_bytes()),
        Err(panic) => (Kind::Defect, words_of(&*panic).into_bytes()),
    }
}

type Refused = (Kind, String);

fn compile(component: &[u8]) -> Result<Vec<u8>, Refused> {
    bounds::check(component).map_err(refused)?;
    let wrong = |error: wasmtime::Error| (Kind::Wrong, format!("{error:#}"));
    let engine = wasmtime::Engine::new(&engine_config()).map_err(wrong)?;
    engine.precompile_component(component).map_err(wrong)
}

fn encode(module: &[u8]) -> Result<Vec<u8>, Refused> {
    bounds::check(module).map_err(refused)?;
    encode_here(module).map_err(|error| match error {
        EncodeError::Module(source) => (Kind::Wrong, crate::causes::chain(&*source)),
        error => (Kind::Wrong, error.to_string()),
    })
}

fn refused(too_much: TooMuch) -> Refused {
    match too_much {
        TooMuch::Of(_) => (Kind::TooMuch, too_much.to_string()),
        TooMuch::Foreign | TooMuch::Invalid(_) => (Kind::Wrong, too_much.to_string()),
    }
}

fn words_of(panic: &(dyn std::any::Any + Send)) -> String {
    let words = panic.downcast_ref::<String>().map(String::as_str);
    let words = words.or_else(|| panic.downcast_ref::<&str>().copied());
    words.unwrap_or("it panicked").to_owned()
}
