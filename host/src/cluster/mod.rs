//! What the user asked for: the kubeadm.k8s.io documents, defaults, validation, image names.
//!
//! Text and facts go in, complete and valid configurations come out, or errors that name file, line
//! and field. This room reads no files, asks no network and makes no randomness.
//!
//! The way of a file: [`reader`] (strict, against [`schema`]) to [`documents`], [`convert`]ed from
//! old versions; [`defaults`]; [`validation`]; [`component_configs`]. [`load`] goes that way.

pub mod component_configs;
pub mod constants;
pub mod convert;
pub mod declared;
pub mod defaults;
pub mod derived;
pub mod documents;
pub mod duration;
pub mod error;
pub mod facts;
pub mod features;
pub mod flags;
pub mod images;
pub mod load;
pub mod names;
pub mod net;
pub mod options;
pub mod plugin_document;
pub mod prepared;
pub mod print;
pub mod quantity;
pub mod reader;
mod run_secrets;
pub mod schema;
pub mod secret;
pub mod validation;
pub mod version;
pub mod yaml;
