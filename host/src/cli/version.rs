//! `kubewright version`

use clap::Args;
use serde_json::json;

use super::output::Output;
use crate::cluster::constants;

/// This program's version.
pub const TEXT: &str = env!("CARGO_PKG_VERSION");

/// Print the version.
#[derive(Args)]
pub struct Version {}

impl Version {
    pub fn run(&self, output: &Output) -> anyhow::Result<()> {
        output.line(&format!(
            "kubewright {TEXT} (Kubernetes {})",
            constants::KUBERNETES_RELEASE
        ));
        output.result(&json!({
            "version": TEXT,
            "kubernetesVersion": constants::KUBERNETES_RELEASE,
        }));
        Ok(())
    }
}
