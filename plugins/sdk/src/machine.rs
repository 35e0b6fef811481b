//! Answers that several phases ask the machine for.

use crate::configuration::ClusterConfiguration;
use crate::{Context, Error, Result, files, node, patches};
use serde_json::Value;

/// What is known of the machine: `hostname`, `proxyEnvironment` and so on.
pub fn facts() -> Result<Value> {
    let facts = node::facts().context("asking for the node's facts")?;
    read(&facts).context("reading the node's facts")
}

/// Whether the machine has this directory, one of those that facts tell of.
pub fn has_directory(facts: &Value, path: &str) -> bool {
    let mut known = facts["directories"].as_array().into_iter().flatten();
    known.any(|one| one == path)
}

/// The object with the operator's patches for `target` (`--patches DIR`).
pub fn patched(target: &str, object: &Value) -> Result<Value> {
    let text = patches::apply(target, &object.to_string())
        .with_context(|| format!("could not apply patches to {target:?}"))?;
    let patched = read(&text).with_context(|| format!("reading the patched {target:?}"))?;
    if !patched.is_object() {
        return Err(Error::new(format!(
            "the patches for {target:?} made no object of it"
        )));
    }
    Ok(patched)
}

/// Whether the key of the cluster's CA is kept elsewhere: its certificate is
/// here and its key is not.
pub fn external_ca(cluster: &ClusterConfiguration) -> Result<bool> {
    Ok(files::exists(&cluster.certificate_path("ca.crt"))?
        && !files::exists(&cluster.certificate_path("ca.key"))?)
}

fn read(text: &str) -> Result<Value> {
    serde_json::from_str(text).map_err(|error| Error::new(error.to_string()))
}
