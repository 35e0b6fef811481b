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
    let socket = registration.cri_socket.as_str();
    // Without the gate the socket is a flag and an annotation of the Node.
    let is_local = document.cluster()?.has_node_local_cri_socket();
    let (of_files, of_flags) = match is_local {
        true => (socket, None),
        false => ("", Some(socket)),
    };
    let mut files = vec![(
        "kubelet environment file with flags",
        paths::join(paths::KUBELET, "kubeadm-flags.env"),
        flags::environment_file(registration, &hostname()?, of_flags),
    )];
    if is_local {
        files.push((
            "kubelet configuration",
            paths::join(paths::KUBELET, "instance-config.yaml"),
            format!("containerRuntimeEndpoint: {}\n", flags::quoted(socket)),
        ));
    }
    files.push((
        "kubelet configuration",
        paths::join(paths::KUBELET, "config.yaml"),
        yaml::to_string(&configuration(document, of_files)?),
    ));
    // A kubelet that runs with these files already is left alone.
    let mut same = true;
    for (_, path, content) in &files {
        same = same && files::is(path, MODE, content)?;
    }
    if !same {
        debug!("Stopping the kubelet");
        service::act(
            ServiceAction::Stop,
            "please ensure that it is reloaded when its configuration is written",
        )?;
    }
    files::ensure_directory(paths::KUBELET, 0o700)?;
    for (what, path, content) in files {
        progress!("Writing {what} to file {path:?}");
        files::write(&path, MODE, content)?;
    }
    progress!("Starting the kubelet");
    service::act(
        ServiceAction::Start,
        "please ensure that the kubelet is reloaded and running",
    )?;
    Ok(())
}

/// The configuration of all kubelets with what this node's needs besides, the
/// operator's patches, then the socket.
fn configuration(document: &Document, socket: &str) -> Result<Value> {
    let configuration = document.node_configuration("KubeletConfiguration")?;
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
