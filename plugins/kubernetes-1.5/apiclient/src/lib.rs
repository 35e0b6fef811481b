//! The phases CreateClientAndWaitForAPI and UpdateMasterRoleLabelsAndTaints.

use kubewright_1_5_common::{Master, NAMESPACE, PATIENCE_SECONDS, create, deployment};
use kubewright_plugin::client::{Client, Condition, PatchType, all, reference};
use kubewright_plugin::types::ErrorCode;
use kubewright_plugin::{Document, Error, Result, Value, json, progress_under};

const TOPIC: &str = "apiclient";
/// How often an update is tried again where somebody else was faster.
const CONFLICTS: usize = 100;

kubewright_plugin::phases! {
    summary: "The control plane comes up, and its node is marked",
    "CreateClientAndWaitForAPI": "Wait for the control plane and its node, and try a deployment" => wait,
    "UpdateMasterRoleLabelsAndTaints": "Label the node as master, and taint it" => mark,
}

fn wait(document: &Document) -> Result<()> {
    let master = Master::read(document)?;
    let client = Client::connect(&master.kubeconfig("admin"))?;
    let is = |kind: &str| Condition::StatusCondition((kind.to_owned(), "True".to_owned()));
    progress_under!(
        TOPIC,
        "Created API client, waiting for the control plane to become ready"
    );
    // The scheduler, the controller manager and at least one etcd.
    let components = all("v1", "ComponentStatus", None);
    client.wait_all(&components, 3, &is("Healthy"), PATIENCE_SECONDS)?;
    progress_under!(
        TOPIC,
        "All control plane components are healthy after {{elapsed}} seconds"
    );
    progress_under!(
        TOPIC,
        "Waiting for at least one node to register and become ready"
    );
    let nodes = all("v1", "Node", None);
    client.wait_all(&nodes, 1, &is("Ready"), PATIENCE_SECONDS)?;
    progress_under!(TOPIC, "First node is ready after {{elapsed}} seconds");
    try_deployment(&client, &master)
}

/// A deployment that does nothing, to see that one can be scheduled. It has no
/// tolerations: the node is not tainted yet.
fn try_deployment(client: &Client, master: &Master) -> Result<()> {
    progress_under!(TOPIC, "Creating a test deployment");
    let pod = json!({
        "hostNetwork": true,
        "securityContext": {},
        "containers": [{"name": "dummy", "image": master.other_image("pause", "3.0")}],
    });
    let dummy = reference("extensions/v1beta1", "Deployment", Some(NAMESPACE), "dummy");
    create(client, master, &deployment("dummy", None, pod))?;
    let available = Condition::AtLeast(("/status/availableReplicas".to_owned(), 1));
    client.wait(&dummy, &available, PATIENCE_SECONDS)?;
    progress_under!(TOPIC, "Test deployment succeeded");
    client.delete(&dummy)?;
    Ok(())
}

fn mark(document: &Document) -> Result<()> {
    let client = Client::connect(&Master::read(document)?.kubeconfig("admin"))?;
    for _ in 0..CONFLICTS {
        // The kubelet of this machine is the only one so far. A cloud provider
        // may have named its node otherwise than the host.
        let nodes = client.list(&all("v1", "Node", None))?;
        let node = nodes
            .first()
            .ok_or_else(|| Error::new("the cluster has no node any more"))?;
        let name = node["metadata"]["name"].as_str().unwrap_or_default();
        let outcome = client.patch(
            &reference("v1", "Node", None, name),
            PatchType::Merge,
            &patch(node),
        );
        match outcome {
            Err(error) if error.code() == Some(ErrorCode::Conflict) => {}
            outcome => return outcome.map(|_| ()),
        }
    }
    Err(Error::new(format!(
        "the node was changed by somebody else each of {CONFLICTS} times"
    )))
}

/// The role and the taint. The resource version makes it a conflict where the
/// node has changed since it was read.
fn patch(node: &Value) -> Value {
    json!({"metadata": {
        "resourceVersion": node["metadata"]["resourceVersion"],
        "labels": {"kubeadm.alpha.kubernetes.io/role": "master"},
        "annotations": {
            "scheduler.alpha.kubernetes.io/taints":
                r#"[{"key":"dedicated","value":"master","effect":"NoSchedule"}]"#,
        },
    }})
}
