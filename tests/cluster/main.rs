//! Runs against an API server.

#[path = "../support/mod.rs"]
mod support;

mod control_plane;
mod live;
