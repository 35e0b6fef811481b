//! What joining nodes may do.

use kubewright_plugin::client::Client;
use kubewright_plugin::rbac::{self, BOOTSTRAPPERS, NODES};
use kubewright_plugin::{Context, Result, Value, progress};

pub fn grant(client: &Client) -> Result<()> {
    let get_nodes = "kubeadm:get-nodes";
    progress!("Configured RBAC rules to allow Node Bootstrap tokens to get nodes");
    client
        .apply(&rbac::cluster_role(
            get_nodes,
            &[rbac::rule(&["get"], "", &["nodes"])],
        ))
        .context("error allowing bootstrap tokens to get Nodes")?;
    bind(client, get_nodes, get_nodes, rbac::group(BOOTSTRAPPERS))?;

    progress!(
        "Configured RBAC rules to allow Node Bootstrap tokens to post CSRs in order for nodes to get long term \
         certificate credentials"
    );
    bind(
        client,
        "kubeadm:kubelet-bootstrap",
        "system:node-bootstrapper",
        rbac::group(BOOTSTRAPPERS),
    )?;

    progress!(
        "Configured RBAC rules to allow the csrapprover controller automatically approve CSRs from a Node Bootstrap Token"
    );
    let approve = "system:certificates.k8s.io:certificatesigningrequests:nodeclient";
    bind(
        client,
        "kubeadm:node-autoapprove-bootstrap",
        approve,
        rbac::group(BOOTSTRAPPERS),
    )?;

    progress!(
        "Configured RBAC rules to allow certificate rotation for all node client certificates in the cluster"
    );
    let approve = "system:certificates.k8s.io:certificatesigningrequests:selfnodeclient";
    bind(
        client,
        "kubeadm:node-autoapprove-certificate-rotation",
        approve,
        rbac::group(NODES),
    )?;

    progress!(
        "Configured RBAC rules to allow the API server kubelet client certificate to access the kubelet API"
    );
    let client_name = rbac::user("kube-apiserver-kubelet-client");
    bind(
        client,
        "kubeadm:apiserver-kubelet-client",
        "system:kubelet-api-admin",
        client_name,
    )
}

fn bind(client: &Client, name: &str, role: &str, subject: Value) -> Result<()> {
    client.apply(&rbac::cluster_role_binding(name, role, &[subject]))?;
    Ok(())
}
