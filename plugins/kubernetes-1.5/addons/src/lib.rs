//! The phase CreateEssentialAddons.

mod dns;

use kubewright_1_5_common::{Affinity, Master, NAMESPACE, annotations, create, labels};
use kubewright_plugin::client::Client;
use kubewright_plugin::object::Object;
use kubewright_plugin::{Document, Result, json, progress_under};

const PROXY: &str = "kube-proxy";

kubewright_plugin::phases! {
    summary: "kube-proxy and kube-dns",
    "CreateEssentialAddons": "Create the DaemonSet kube-proxy, and the Deployment and Service kube-dns" => run,
}

fn run(document: &Document) -> Result<()> {
    let master = Master::read(document)?;
    let client = Client::connect(&master.kubeconfig("admin"))?;
    create(&client, &master, &proxy(&master))?;
    progress_under!("addons", "Created essential addon: kube-proxy");
    create(&client, &master, &dns::deployment(&master))?;
    create(&client, &master, &dns::service(&master))?;
    progress_under!("addons", "Created essential addon: kube-dns");
    Ok(())
}

fn proxy(master: &Master) -> Object {
    let mut command = master.command(PROXY);
    command.push("--kubeconfig=/run/kubeconfig".to_owned());
    let pod = json!({
        "hostNetwork": true,
        "containers": [{
            "name": PROXY,
            "image": master.image(PROXY),
            "command": command,
            "securityContext": {"privileged": true},
            "volumeMounts": [
                {"name": "dbus", "mountPath": "/var/run/dbus"},
                {"name": "kubeconfig", "mountPath": "/run/kubeconfig"},
            ],
        }],
        "volumes": [
            {"name": "kubeconfig", "hostPath": {"path": master.kubeconfig("kubelet")}},
            {"name": "dbus", "hostPath": {"path": "/var/run/dbus"}},
        ],
    });
    let metadata = json!({
        "labels": labels(PROXY),
        "annotations": annotations(master, Affinity::Architecture),
    });
    Object::new("extensions/v1beta1", "DaemonSet", PROXY)
        .namespace(NAMESPACE)
        .set(
            "spec",
            json!({
                "selector": {"matchLabels": labels(PROXY)},
                "template": {"metadata": metadata, "spec": pod},
            }),
        )
}
