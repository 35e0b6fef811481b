//! Texts with a meaning that host and components share: Go durations,
//! resource quantities, addresses, DNS names.
//!
//! What stands here knows no distribution and no Kubernetes release. A component
//! reads a text the way the host has checked it, because both read it here.

pub mod dns;
pub mod duration;
pub mod meant;
pub mod net;
pub mod path;
pub mod quantity;

pub use duration::GoDuration;
