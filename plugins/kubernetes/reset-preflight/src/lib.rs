//! The phase `preflight` of reset. Who may reset a machine, and whether that is
//! meant, the host asks before anything runs.

use kubewright_plugin::{Document, Result, progress};

fn preflight(_: &Document) -> Result<()> {
    progress!("Running pre-flight checks");
    Ok(())
}

kubewright_plugin::phases! {
    summary: "Looks at whether a node can be reset",
    "preflight": "Run reset pre-flight checks" => preflight,
}
