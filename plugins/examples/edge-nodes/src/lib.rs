//! The phase `mark-control-plane` of a vendor whose control planes stand at
//! the edge: they carry a label of their own and take every workload.

use kubewright_plugin::client::{Client, PatchType, reference};
use kubewright_plugin::{Document, Result, json, progress};

kubewright_plugin::phases! {
    summary: "Control planes that take every workload",
    "mark-control-plane": "Label the node, and keep it free of taints" => run,
}

fn run(document: &Document) -> Result<()> {
    let name = &document.init()?.node_registration.name;
    progress!("{name} is a node at the edge");
    Client::admin(document)?.patch(
        &reference("v1", "Node", None, name),
        PatchType::Strategic,
        &json!({"metadata": {"labels": {
            "node-role.kubernetes.io/control-plane": "",
            "example.com/tier": "edge",
        }}}),
    )?;
    Ok(())
}
