//! From a Pod to its manifest on disk.

use kubewright_plugin::static_pod::StaticPod;
use kubewright_plugin::{Result, bail, files, machine, paths, yaml};

/// Applies the operator's patches and writes the manifest.
pub fn manifest(pod: &StaticPod) -> Result<()> {
    let name = &pod.name;
    let patched = machine::patched(name, &pod.json())?;
    if patched["kind"] != "Pod" || patched["apiVersion"] != "v1" {
        bail!(
            "the patches for {name:?} made something else of the Pod: a v1 Pod must come out of them"
        );
    }
    files::ensure_directory(paths::MANIFESTS, 0o700)?;
    let path = paths::join(paths::MANIFESTS, &format!("{name}.yaml"));
    files::write(&path, 0o600, yaml::to_string(&patched))?;
    Ok(())
}
