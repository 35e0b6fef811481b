//! `render` and `config` as a new user tries them: what they take, what they
//! refuse and in which words, and what they leave.

mod commands;
mod component_configs;
mod components;
mod configuration;
mod flags;
mod folder;
mod help;
mod keys;
mod killed;
mod repeated;
#[path = "../support/mod.rs"]
mod support;
