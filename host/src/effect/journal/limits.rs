//! What a journal may hold. Whatever is beyond is refused before it is done, so
//! that what was written can always be read.

/// Bytes that a run may record. Three thousand times what one of kubeadm's
/// phases takes together; then no further effect lands.
pub(super) const RUN: u64 = 64 << 20;

/// Bytes of a line: the longest are of folders with many thousand entries.
pub(super) const LINE: usize = 16 << 20;

/// Bytes of an object that are recorded before it is written. Of a larger one
/// that is its hash; the object itself follows once it has landed, so that
/// what fails leaves little.
pub(super) const OBJECT_AHEAD: usize = 16 << 10;

/// Bytes of an object that are recorded at all. What an API server takes has
/// one and a half million.
pub(super) const OBJECT: usize = 2 << 20;

/// Bytes of what an unfinished run keeps for the next: written with the limit
/// that it is read with.
pub(super) const UNFINISHED: usize = 1 << 20;

/// Bytes of a file that is about to be replaced and of which a copy is kept.
/// Nothing that a phase writes comes near it.
pub(super) const COPY: u64 = 64 << 20;
