//! The commands as a user gives them, on a folder: what they take, what they
//! refuse and in which words, what they leave, and what becomes of it when a
//! run dies.

#[macro_use]
#[path = "../support/cases.rs"]
mod cases;
#[path = "../support/mod.rs"]
mod support;

mod interrupted;
mod journal;
mod refusals;
mod render;
mod reset;
mod rootless;
mod undo;
