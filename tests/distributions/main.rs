//! What distributions are made against, and what those besides the default one
//! leave.

#[path = "../support/mod.rs"]
mod support;

mod contract;
mod kubernetes_1_5;
