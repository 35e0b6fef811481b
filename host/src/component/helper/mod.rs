//! What is done with components and modules of unknown origin before they run:
//! in another process, within limits that the kernel keeps.
//!
//! Compiling is bounded by nothing but its input. 1,456 bytes of components
//! that instantiate each other took 3 GiB and 43 s; a type nested in itself
//! some million times takes the stack. The program starts itself once more
//! ([`asked`]), as a process that has a limit of memory and of time, gets the
//! bytes on a pipe, and gives its answer on another ([`process`]). That first
//! counts what the component is made of ([`bounds`]) and refuses most of such at
//! once, with words that say what there is too much of.

mod bounds;
mod process;
mod task;
mod wire;

pub use bounds::{TooMuch, check as check_bounds};
pub use process::{HelperError, ask};
pub use task::serve;
pub use wire::Task;

use std::ffi::OsString;
use std::io;
use std::os::fd::{AsFd, BorrowedFd};

use rustix::fs::{FileType, fstat};

/// The argument by which the program starts itself. It does nothing for
/// anybody whose standard input and output are no pipes.
const ARGUMENT: &str = "__helper";

/// Whether this process was started as a helper: by its arguments, and since it
/// can only be spoken to through pipes.
pub fn asked(mut arguments: impl Iterator<Item = OsString>) -> bool {
    let is_named = arguments.nth(1).is_some_and(|one| one == ARGUMENT);
    let is_pipe = |file: BorrowedFd<'_>| {
        fstat(file).is_ok_and(|stat| FileType::from_raw_mode(stat.st_mode) == FileType::Fifo)
    };
    is_named
        && arguments.next().is_none()
        && is_pipe(io::stdin().as_fd())
        && is_pipe(io::stdout().as_fd())
}
