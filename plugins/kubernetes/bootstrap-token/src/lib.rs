//! The phase `bootstrap-token`: how nodes may join (kubeadm
//! `app/cmd/phases/init/bootstraptoken.go`, `app/phases/bootstraptoken`).

mod rights;
mod secrets;

use kubewright_plugin::client::Client;
use kubewright_plugin::kubeconfig::Kubeconfig;
use kubewright_plugin::object::Object;
use kubewright_plugin::{Context, Document, Error, Result, kubeconfigs, progress, rbac};

kubewright_plugin::phases! {
    summary: "Tokens that nodes join with, and what those may do",
    "bootstrap-token": "Generates bootstrap tokens used to join a node to a cluster" => run,
}

fn run(document: &Document) -> Result<()> {
    let client = Client::admin(document)?;
    let tokens = secrets::tokens(document, &client)?;
    if !document.options().skip_token_print {
        let shown: Vec<_> = tokens
            .iter()
            .map(|token| format!("{}.<sealed>", token.value.id()))
            .collect();
        match shown.as_slice() {
            [] => {}
            [one] => progress!("Using token: {one}"),
            several => progress!("Using tokens: [{}]", several.join(" ")),
        }
    }
    progress!("Configuring bootstrap tokens, cluster-info ConfigMap, RBAC Roles");
    for token in &tokens {
        secrets::store(&client, token).context("error updating or creating token")?;
    }
    rights::grant(&client)?;
    cluster_info(document, &client).context("error creating bootstrap ConfigMap")
}

/// Lets everybody read which CA the cluster has, and where. The signature
/// beside it (`jws-kubeconfig-ID`) is the controller manager's.
fn cluster_info(document: &Document, client: &Client) -> Result<()> {
    let (name, namespace, role) = (
        "cluster-info",
        "kube-public",
        "kubeadm:bootstrap-signer-clusterinfo",
    );
    progress!("Creating the {name:?} ConfigMap in the {namespace:?} namespace");
    let path = document.kubeconfig("admin.conf");
    let admin = kubeconfigs::inspect(&path)
        .with_context(|| format!("reading {path}"))?
        .ok_or_else(|| {
            Error::new(format!("there is no {path}"))
                .hint("'kubewright init phase kubeconfig admin' makes it")
        })?;
    let kubeconfig = Kubeconfig::discovery(&admin.server, &admin.certificate_authority_pem);
    client.apply(
        &Object::new("v1", "ConfigMap", name)
            .namespace(namespace)
            .data("kubeconfig", kubeconfig),
    )?;
    client.apply(&rbac::role(
        namespace,
        role,
        &[rbac::get_one("configmaps", name)],
    ))?;
    client.apply(&rbac::role_binding(
        namespace,
        role,
        role,
        &[rbac::user("system:anonymous")],
    ))?;
    Ok(())
}
