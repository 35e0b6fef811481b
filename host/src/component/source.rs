//! Where components come from.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use sha2::{Digest, Sha256};

use super::builtin::BuiltIn;
use super::code_memory;
use super::engine::Engine;
use super::helper::{self, HelperError, Task};
use crate::world::{ReadError, Takes, read_given};

/// The largest component, or module of one, that is read.
pub const FILE_LIMIT: u64 = 64 << 20;

/// A component that can be loaded.
#[derive(Clone, Debug)]
pub enum Source {
    BuiltIn(&'static BuiltIn),
    /// A `.wasm` file and what is in it.
    File {
        path: PathBuf,
        bytes: Arc<[u8]>,
    },
}

/// Why a component cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    #[error("cannot read the component {}", path.display())]
    Read {
        path: PathBuf,
        #[source]
        source: ReadError,
    },
    #[error(
        "{name} is a core WebAssembly module, not a component; make one of it with `kubewright component new`"
    )]
    CoreModule { name: String },
    #[error("{name} is not WebAssembly: it does not begin with \\0asm")]
    NotWasm { name: String },
    #[error("{name} is not a valid component")]
    Invalid {
        name: String,
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    #[error("{name} is not a valid component")]
    Refused {
        name: String,
        #[source]
        source: HelperError,
    },
}

impl Source {
    /// Reads a component file.
    pub fn read(path: &Path) -> Result<Self, LoadError> {
        let read = read_given(path, FILE_LIMIT, Takes::Files);
        let bytes = read.map_err(|source| LoadError::Read {
            path: path.to_owned(),
            source,
        })?;
        Ok(Self::File {
            path: path.to_owned(),
            bytes: bytes.as_slice().into(),
        })
    }

    /// Its name for people: `kubernetes/certs`, or the path of its file.
    pub fn name(&self) -> String {
        match self {
            Self::BuiltIn(built_in) => built_in.name.to_owned(),
            Self::File { path, .. } => path.display().to_string(),
        }
    }

    /// `sha256:HEX` of the component.
    pub fn digest(&self) -> String {
        match self {
            Self::BuiltIn(built_in) => built_in.digest.to_owned(),
            Self::File { bytes, .. } => digest_of(bytes),
        }
    }
}

/// `sha256:HEX`
pub fn digest_of(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    let mut text = String::from("sha256:");
    for byte in Sha256::digest(bytes) {
        // Writing to a string does not fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}

/// A component, compiled and ready to be instantiated.
#[derive(Clone)]
pub struct Component {
    pub name: String,
    pub digest: String,
    pub(super) inner: wasmtime::component::Component,
    pub(super) engine: Engine,
}

impl Component {
    /// Loads machine code from inside the program, or has a helper compile a
    /// file.
    pub fn load(engine: &Engine, source: &Source) -> Result<Self, LoadError> {
        let name = source.name();
        let inner = match source {
            Source::BuiltIn(built_in) => {
                // SAFETY: these bytes are part of this program: the build
                // script made them with wasmtime from our own sources. They
                // live as long as the program, and nothing writes to them.
                unsafe {
                    wasmtime::component::Component::deserialize_raw(
                        engine.inner(),
                        code_memory::lend(built_in.machine_code()),
                    )
                }
            }
            Source::File { bytes, .. } => {
                match bytes.get(..8) {
                    Some([0, b'a', b's', b'm', 1, 0, 0, 0]) => {
                        return Err(LoadError::CoreModule { name });
                    }
                    Some([0, b'a', b's', b'm', ..]) => {}
                    _ => return Err(LoadError::NotWasm { name }),
                }
                let code =
                    helper::ask(Task::Compile, bytes).map_err(|source| LoadError::Refused {
                        name: name.clone(),
                        source,
                    })?;
                // SAFETY: these bytes are what wasmtime of this very program
                // made just now, of a component that it found valid: the
                // helper is /proc/self/exe, its answer came over a pipe that
                // nobody else holds, and is whole (length and digest).
                unsafe { wasmtime::component::Component::deserialize(engine.inner(), code) }
            }
        }
        .map_err(|error| LoadError::Invalid {
            name: name.clone(),
            source: error.into_boxed_dyn_error(),
        })?;
        Ok(Self {
            name,
            digest: source.digest(),
            inner,
            engine: engine.clone(),
        })
    }

    /// Names of the interfaces it imports, as `kubewright:provision/files@0.1.0`:
    /// its capability request.
    pub fn imports(&self) -> Vec<String> {
        self.inner
            .component_type()
            .imports(self.engine.inner())
            .map(|(name, _)| name.to_owned())
            .collect()
    }

    /// Names of what it exports.
    pub fn exports(&self) -> Vec<String> {
        self.inner
            .component_type()
            .exports(self.engine.inner())
            .map(|(name, _)| name.to_owned())
            .collect()
    }
}

impl std::fmt::Debug for Component {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Component")
            .field("name", &self.name)
            .field("digest", &self.digest)
            .finish_non_exhaustive()
    }
}
