//! What distributions are made against, and what those besides the default one
//! leave.

#[macro_use]
#[path = "../support/cases.rs"]
mod cases;
#[path = "../support/mod.rs"]
mod support;

mod contract;
mod kubernetes_1_5;
mod operations;
