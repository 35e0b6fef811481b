//! `render` and `config` as a new user tries them: what they take, what they
//! refuse and in which words, and what they leave.

mod component_configs;
mod components;
mod config_commands;
mod configuration;
mod distributions;
mod flags;
mod folder;
mod help;
mod keys;
mod killed;
mod lenient;
mod output;
mod phases;
mod repeated;
mod rootfs;
