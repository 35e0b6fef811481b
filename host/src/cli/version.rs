//! `kubewright version`

use clap::Args;
use serde_json::json;

use super::output::Output;
use crate::kube::embedded::KUBERNETES_RELEASE;

/// This program's version.
pub const TEXT: &str = env!("CARGO_PKG_VERSION");

/// The engine that runs components, as this program was built with it.
const ENGINE: &str = env!("KUBEWRIGHT_WASMTIME");

/// Print the version, and those of Kubernetes and of the engine.
#[derive(Args)]
pub struct Version {}

impl Version {
    pub fn run(&self, output: &Output) -> anyhow::Result<()> {
        output.line(&format!(
            "kubewright {TEXT} (Kubernetes {}, wasmtime {ENGINE})",
            KUBERNETES_RELEASE
        ));
        output.result(&json!({
            "version": TEXT,
            "kubernetesVersion": KUBERNETES_RELEASE,
            "wasmtimeVersion": ENGINE,
        }));
        Ok(())
    }
}
