//! What the author of a Kubewright plugin writes against.
//!
//! A plugin is a WebAssembly component that provides phases. It owns nothing:
//! it asks the host for effects. A whole plugin:
//!
//! ```ignore
//! use kubewright_plugin::{Document, Result, files, progress};
//!
//! fn motd(document: &Document) -> Result<()> {
//!     let node = document.init()?.node_registration.name;
//!     progress!("Greeting the users of {node}");
//!     files::write("/etc/motd", 0o644, format!("{node} is part of a cluster\n"))?;
//!     Ok(())
//! }
//!
//! kubewright_plugin::phases! {
//!     summary: "Greets whoever logs in",
//!     "motd": "Write the message of the day" => motd,
//! }
//! ```
//!
//! Build it for `wasm32-unknown-unknown` as a `cdylib`. It imports only the
//! interfaces that it really calls, and the distribution file must grant them.
//!
//! - [`Document`] is what the user asked for; [`configuration`] its types.
//! - [`files`], [`accounts`], [`client`], [`machine`], [`pki`], [`tokens`], [`terminal`] ... are the
//!   capabilities; a secret is a [`Sealed`] handle and goes into [`Content`].
//! - [`object`], [`rbac`], [`static_pod`], [`kubeconfig`], [`yaml`] build what
//!   phases write; they call no capability, so they run in native tests too.
//! - [`Error`] becomes the words that the user reads.
//!
//! Policies are written against the crate `kubewright-policy`.

pub mod accounts;
pub mod arguments;
pub mod bindings;
pub mod client;
pub mod configuration;
mod content;
mod document;
mod duration;
pub mod encoding;
pub mod endpoint;
mod error;
mod fields;
pub mod files;
pub mod images;
pub mod json;
pub mod kubeconfig;
pub mod machine;
pub mod object;
pub mod paths;
pub mod rbac;
#[doc(hidden)]
pub mod runtime;
pub mod static_pod;
pub mod time;
pub mod yaml;

pub use bindings::phase::kubewright::provision::{
    checks, clock, container_runtime, documents, etcd, health, kube, kubeconfigs, leftovers, log,
    mounts, node, patches, pki, pods, sealed, terminal, tokens, types, undo,
};
pub use content::{Content, Sealed};
pub use document::{Configured, Document, Options};
pub use duration::Duration;
pub use error::{Context, Error, Result};
pub use fields::Fields;
pub use runtime::Phase;
pub use serde_json::{self, Value, json};

/// Makes a component of a crate: its phases, each with a sentence and the
/// function that runs it (`fn(&Document) -> Result<()>`).
#[macro_export]
macro_rules! phases {
    (summary: $summary:expr, $($name:literal : $sentence:expr => $run:expr),+ $(,)?) => {
        const PHASES: &[$crate::Phase] =
            &[$($crate::Phase { name: $name, summary: $sentence, run: $run }),+];

        struct Plugin;

        impl $crate::bindings::phase::Guest for Plugin {
            fn describe() -> $crate::types::Description {
                $crate::runtime::describe($summary, PHASES)
            }

            fn run(phase: String, document: String) -> Result<(), $crate::types::Failure> {
                $crate::runtime::run(PHASES, &phase, &document)
            }
        }

        $crate::bindings::phase::export_phase!(Plugin with_types_in $crate::bindings::phase);
    };
}

/// A line of progress for the operator. The host sets `[phase]` before it.
#[macro_export]
macro_rules! progress {
    ($($part:tt)*) => { $crate::terminal::progress(&::std::format!($($part)*)) };
}

/// A line of progress under another name than the phase's:
/// `progress_under!("apiclient", "First node is ready after {{elapsed}} seconds")`.
/// The host fills in `{elapsed}`.
#[macro_export]
macro_rules! progress_under {
    ($topic:expr, $($part:tt)*) => { $crate::terminal::progress_under($topic, &::std::format!($($part)*)) };
}

/// A warning under another name than the phase's.
#[macro_export]
macro_rules! warn_under {
    ($topic:expr, $($part:tt)*) => { $crate::terminal::warn_under($topic, &::std::format!($($part)*)) };
}

/// A warning in the log.
#[macro_export]
macro_rules! warn {
    ($($part:tt)*) => { $crate::log::log($crate::log::Level::Warn, &::std::format!($($part)*)) };
}

/// A message in the log for those who look for details.
#[macro_export]
macro_rules! debug {
    ($($part:tt)*) => { $crate::log::log($crate::log::Level::Debug, &::std::format!($($part)*)) };
}

/// Returns early with an [`Error`].
#[macro_export]
macro_rules! bail {
    ($($part:tt)*) => { return ::core::result::Result::Err($crate::Error::new(::std::format!($($part)*))) };
}
