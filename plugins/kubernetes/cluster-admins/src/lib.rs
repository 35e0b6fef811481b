//! The phase `cluster-admins`: lets `admin.conf` administrate.
//!
//! In kubeadm it is a hidden step of whichever phase connects first
//! (`EnsureAdminClusterRoleBinding` in `app/phases/kubeconfig/kubeconfig.go`).
//! The group of `admin.conf` has rights by a binding only, so that they can be
//! taken away; the first binding is made by `super-admin.conf`, which no
//! binding limits and which should leave the node soon.

use kubewright_plugin::client::Client;
use kubewright_plugin::{Context, Document, Result, debug, files, rbac};

const NAME: &str = "kubeadm:cluster-admins";

kubewright_plugin::phases! {
    summary: "Binds the group of admin.conf to the role cluster-admin",
    "cluster-admins": "Ensure that the ClusterRoleBinding for the kubeadm:cluster-admins Group exists" => run,
}

fn run(document: &Document) -> Result<()> {
    let super_admin = document.kubeconfig("super-admin.conf");
    let client = if files::exists(&super_admin)? {
        Client::local(document, &super_admin)?
    } else {
        debug!("there is no {super_admin:?}, trying with admin.conf");
        Client::admin(document)?
    };
    client
        .apply(&rbac::cluster_role_binding(NAME, "cluster-admin", &[rbac::group(NAME)]))
        .map_err(|error| {
            error.hint(format!(
                "without {super_admin} the user of admin.conf must be bound to cluster-admin already; 'kubewright init \
                 phase kubeconfig super-admin' makes that file"
            ))
        })
        .context("could not ensure the rights of admin.conf")?;
    Ok(())
}
