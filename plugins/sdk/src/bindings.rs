//! What wit-bindgen makes of the contract in `wit/`.
//!
//! Each import is a function of its own, so that a component imports only what
//! it really calls: its import list is its capability request.

#![allow(missing_docs, clippy::all, clippy::pedantic)]

/// The world `phase`.
pub mod phase {
    wit_bindgen::generate!({
        path: "../../wit/v0.1.0",
        world: "phase",
        pub_export_macro: true,
        export_macro_name: "export_phase",
        default_bindings_module: "kubewright_plugin::bindings::phase",
    });
}
