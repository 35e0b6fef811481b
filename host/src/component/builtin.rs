//! Components and distributions that are part of this program.
//!
//! The build script (`build.rs`) makes them: it compiles the crates below
//! `plugins/` to components and those to machine code. Machine code that comes
//! from inside our own program is the only kind that is ever loaded.

use super::code_memory::PageAligned;

/// A component that is part of this program.
#[derive(Clone, Copy)]
pub struct BuiltIn {
    /// The folder it is made in: `kubernetes/certs`, `policies/baseline`.
    pub name: &'static str,
    /// `sha256:HEX` of the component (not of the machine code).
    pub digest: &'static str,
    machine_code: &'static PageAligned<[u8]>,
}

include!(concat!(env!("OUT_DIR"), "/builtin.rs"));

impl std::fmt::Debug for BuiltIn {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("BuiltIn")
            .field("name", &self.name)
            .field("digest", &self.digest)
            .finish_non_exhaustive()
    }
}

impl BuiltIn {
    /// All of them, by name.
    pub fn all() -> &'static [Self] {
        COMPONENTS
    }

    /// One, by name.
    pub fn named(name: &str) -> Option<&'static Self> {
        COMPONENTS.iter().find(|one| one.name == name)
    }

    /// A built-in distribution file, by its name, as JSON.
    pub fn distribution(name: &str) -> Option<&'static str> {
        DISTRIBUTIONS
            .iter()
            .find(|(one, _)| *one == name)
            .map(|(_, text)| *text)
    }

    /// The built-in schema of a kind (`group/version/Kind`), as JSON.
    pub fn schema(kind: &str) -> Option<&'static str> {
        SCHEMAS
            .iter()
            .find(|(one, _)| *one == kind)
            .map(|(_, text)| *text)
    }

    /// Names of the built-in distributions.
    pub fn distributions() -> impl Iterator<Item = &'static str> {
        DISTRIBUTIONS.iter().map(|(name, _)| *name)
    }

    /// Machine code for the engine of this program.
    pub(super) fn machine_code(&self) -> &'static PageAligned<[u8]> {
        self.machine_code
    }
}
