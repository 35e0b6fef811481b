//! Machine code where it lies: that of the built-in components is run from the
//! pages of this program, not from a copy of them.
//!
//! wasmtime would copy each component into memory of its own, 7 MB and some
//! 1,800 page faults a run. Lent as it is, only what a phase touches is ever
//! read, and it comes from the page cache.

use std::ptr::NonNull;

use rustix::mm::{MprotectFlags, mprotect};
use wasmtime::CustomCodeMemory;

/// A size of page that all machines of this architecture have, or a multiple.
pub(super) const PAGE: usize = if cfg!(target_arch = "x86_64") {
    4 << 10
} else {
    64 << 10
};

/// Machine code as it is included: at the start of a page, so that the pages of
/// its text can be made executable.
#[cfg_attr(target_arch = "x86_64", repr(C, align(4096)))]
#[cfg_attr(not(target_arch = "x86_64"), repr(C, align(65536)))]
pub(super) struct PageAligned<T: ?Sized>(pub(super) T);

/// The memory to deserialize a built-in component from.
pub(super) fn lend(machine_code: &'static PageAligned<[u8]>) -> NonNull<[u8]> {
    NonNull::from(&machine_code.0)
}

/// Makes machine code executable, and never writable again.
pub(super) struct Pages;

impl CustomCodeMemory for Pages {
    fn required_alignment(&self) -> usize {
        PAGE
    }

    fn publish_executable(&self, ptr: *const u8, len: usize) -> wasmtime::Result<()> {
        // SAFETY: the range is the text of a component that wasmtime has
        // loaded: whole pages that nobody writes to. Of the program's own
        // pages, which are mapped read-only, it takes no right away.
        unsafe {
            mprotect(
                ptr.cast_mut().cast(),
                len,
                MprotectFlags::READ | MprotectFlags::EXEC,
            )
        }?;
        Ok(())
    }

    /// Leaves them as they are. wasmtime calls it as it drops a component: pages
    /// of its own are unmapped next, and those of the program may be in use by
    /// another load of the same component.
    fn unpublish_executable(&self, _: *const u8, _: usize) -> wasmtime::Result<()> {
        Ok(())
    }
}
