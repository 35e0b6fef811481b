//! Whole runs of `init` on a machine in a folder, against an API server that
//! is really there: what it does, what a plan says of it, and what becomes of
//! it when the server, the process or somebody else comes in between.

mod changes;
mod faults;
mod init;
mod interrupted;
mod kills;
mod objects;
mod plans;
mod preflight;
mod services;
