//! What this process withholds from others on the machine.
//!
//! It holds private keys and tokens in memory. So it leaves no core dump, whatever ends it and
//! wherever dumps go (a program that the kernel pipes them to does not ask for limits), and no
//! other process of the same user may look into it (`ptrace`, `/proc/PID/mem`, `environ`).
//!
//! The umask stays as the operator has it: all that may hold a secret is made with a mode of its
//! own, and what is not, as the file that `component new` writes, is the operator's.

use rustix::process::{DumpableBehavior, Resource, Rlimit, set_dumpable_behavior, setrlimit};

/// Comes first in the program, before anything is read.
///
/// Neither fails on Linux: the limit only goes down, and a process may always give up being looked
/// into. Should a filter of system calls forbid them, the program works as well, and without them.
pub fn start() {
    let _ = set_dumpable_behavior(DumpableBehavior::NotDumpable);
    let none = Rlimit {
        current: Some(0),
        maximum: Some(0),
    };
    let _ = setrlimit(Resource::Core, none);
}
