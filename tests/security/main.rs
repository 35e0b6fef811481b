//! What SECURITY.md promises: each of its rows names the modules here that hold
//! it.

#[macro_use]
#[path = "../support/cases.rs"]
mod cases;
#[path = "../support/mod.rs"]
mod support;

mod attacks;
mod hardening;
mod hostile_files;
mod hostile_limits;
mod hostile_reach;
mod hostile_secrets;
mod hostile_server;
mod policies;
