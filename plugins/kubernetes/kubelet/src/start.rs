//! `kubelet-start`.

use crate::{flags, service};
use kubewright_plugin::node::ServiceAction;
use kubewright_plugin::{
    Document, Result, Value, debug, files, json, machine, paths, progress, yaml,
};

/// The flags and the configuration hold no secrets; the packages' unit and
/// tools of operators read them.
const MODE: u32 = 0o644;

pub fn run(document: &Document) -> Result<()> {
    let registration = &document.init()?.node_registration;
    debug!("Stopping the kubelet");
    service::act(ServiceAction::Stop)?;
    files::ensure_directory(paths::KUBELET, 0o700)?;

    let environment = paths::join(paths::KUBELET, "kubeadm-flags.env");
    progress!("Writing kubelet environment file with flags to file {environment:?}");
    files::write(
        &environment,
        MODE,
        flags::environment_file(registration, &hostname()?),
    )?;

    let instance = paths::join(paths::KUBELET, "instance-config.yaml");
    progress!("Writing kubelet configuration to file {instance:?}");
    let socket = &registration.cri_socket;
    files::write(
        &instance,
        MODE,
        format!("containerRuntimeEndpoint: {}\n", flags::quoted(socket)),
    )?;

    let path = paths::join(paths::KUBELET, "config.yaml");
    let configuration = configuration(document, socket)?;
    progress!("Writing kubelet configuration to file {path:?}");
    files::write(&path, MODE, yaml::to_string(&configuration))?;

    progress!("Starting the kubelet");
    service::act(ServiceAction::Start)
}

/// The configuration of all kubelets, the operator's patches, then what is of
/// this node alone.
fn configuration(document: &Document, socket: &str) -> Result<Value> {
    let configuration = document.configuration("KubeletConfiguration")?;
    let mut patched = machine::patched("kubeletconfiguration", configuration)?;
    if !socket.is_empty() {
        patched["containerRuntimeEndpoint"] = json!(socket);
    }
    Ok(patched)
}

fn hostname() -> Result<String> {
    let facts = machine::facts()?;
    Ok(flags::normal_hostname(
        facts["hostname"].as_str().unwrap_or_default(),
    ))
}
