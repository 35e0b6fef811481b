//! `addon/coredns`.

use crate::{NAMESPACE, corefile};
use kubewright_plugin::client::{Client, Selection, reference};
use kubewright_plugin::endpoint::nth_address;
use kubewright_plugin::object::Object;
use kubewright_plugin::{
    Context, Document, Error, Result, Value, json, machine, progress, rbac, warn,
};

const NAME: &str = "coredns";
/// Tools look for this label and for the Service `kube-dns`, whatever serves.
const LABEL: (&str, &str) = ("k8s-app", "kube-dns");
const REPLICAS: u64 = 2;
/// The address of the Service in the service range.
const DNS_ADDRESS: u32 = 10;

pub fn run(document: &Document) -> Result<()> {
    let cluster = document.cluster()?;
    if cluster.dns.disabled {
        progress!("Skipping CoreDNS: ClusterConfiguration.dns.disabled is true");
        return Ok(());
    }
    let address = nth_address(&cluster.networking.service_subnet, DNS_ADDRESS)
        .context("ClusterConfiguration.networking.serviceSubnet")?
        .to_string();
    let client = Client::admin(document)?;
    let deployment = Object::from_value(machine::patched(
        "corednsdeployment",
        &deployment(&cluster.dns_image(), replicas(&client)?),
    )?);

    configure(&client, &cluster.networking.dns_domain)?;
    let role = "system:coredns";
    client.apply(&rbac::cluster_role(
        role,
        &[
            rbac::rule(
                &["list", "watch"],
                "",
                &["endpoints", "services", "pods", "namespaces"],
            ),
            rbac::rule(&["list", "watch"], "discovery.k8s.io", &["endpointslices"]),
        ],
    ))?;
    client.apply(&rbac::cluster_role_binding(
        role,
        role,
        &[rbac::service_account(NAMESPACE, NAME)],
    ))?;
    client.apply(&Object::new("v1", "ServiceAccount", NAME).namespace(NAMESPACE))?;
    client.apply(&deployment)?;
    client.apply(&service(&address))?;
    progress!("Applied essential addon: CoreDNS");
    Ok(())
}

/// As many as there are, so that a repeated run does not undo scaling.
fn replicas(client: &Client) -> Result<u64> {
    let found = client.list(&Selection {
        api_version: "apps/v1".into(),
        kind: "Deployment".into(),
        namespace: Some(NAMESPACE.into()),
        label_selector: format!("{}={}", LABEL.0, LABEL.1),
        field_selector: String::new(),
    })?;
    match found.as_slice() {
        [] => Ok(REPLICAS),
        [one] => Ok(one["spec"]["replicas"].as_u64().unwrap_or(REPLICAS)),
        several => {
            let names: Vec<_> = several
                .iter()
                .filter_map(|found| found["metadata"]["name"].as_str())
                .collect();
            Err(Error::new(format!(
                "multiple DNS addon deployments found: {}",
                names.join(", ")
            ))
            .hint(format!(
                "only one Deployment in {NAMESPACE} may have the label {}={}",
                LABEL.0, LABEL.1
            )))
        }
    }
}

/// Writes the Corefile, unless somebody changed the one that is there.
fn configure(client: &Client, domain: &str) -> Result<()> {
    let existing = client.get(&reference("v1", "ConfigMap", Some(NAMESPACE), NAME))?;
    let current = existing
        .as_ref()
        .and_then(|config| config["data"]["Corefile"].as_str())
        .unwrap_or_default();
    if corefile::is_edited(current) {
        warn!("the existing CoreDNS Corefile configuration has been retained: it was edited");
        return Ok(());
    }
    let config = Object::new("v1", "ConfigMap", NAME).namespace(NAMESPACE);
    client.apply(&config.data("Corefile", corefile::default(domain)))?;
    Ok(())
}

pub fn deployment(image: &str, replicas: u64) -> Value {
    let labels = json!({LABEL.0: LABEL.1});
    let container = json!({
        "name": NAME,
        "image": image,
        "imagePullPolicy": "IfNotPresent",
        "args": ["-conf", "/etc/coredns/Corefile"],
        "resources": {"limits": {"memory": "170Mi"}, "requests": {"cpu": "100m", "memory": "70Mi"}},
        "volumeMounts": [{"name": "config-volume", "mountPath": "/etc/coredns", "readOnly": true}],
        "ports": [
            {"containerPort": 53, "name": "dns", "protocol": "UDP"},
            {"containerPort": 53, "name": "dns-tcp", "protocol": "TCP"},
            {"containerPort": 9153, "name": "metrics", "protocol": "TCP"},
            {"containerPort": 8080, "name": "liveness-probe", "protocol": "TCP"},
            {"containerPort": 8181, "name": "readiness-probe", "protocol": "TCP"},
        ],
        "livenessProbe": {
            "httpGet": {"path": "/health", "port": "liveness-probe", "scheme": "HTTP"},
            "initialDelaySeconds": 60,
            "timeoutSeconds": 5,
            "successThreshold": 1,
            "failureThreshold": 5,
        },
        "readinessProbe": {"httpGet": {"path": "/ready", "port": "readiness-probe", "scheme": "HTTP"}},
        "securityContext": {
            "allowPrivilegeEscalation": false,
            "capabilities": {"add": ["NET_BIND_SERVICE"], "drop": ["ALL"]},
            "readOnlyRootFilesystem": true,
        },
    });
    let spread = json!({
        "weight": 100,
        "podAffinityTerm": {
            "labelSelector": {"matchExpressions": [{"key": LABEL.0, "operator": "In", "values": [LABEL.1]}]},
            "topologyKey": "kubernetes.io/hostname",
        },
    });
    let pod = json!({
        "priorityClassName": "system-cluster-critical",
        "serviceAccountName": NAME,
        "affinity": {"podAntiAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": [spread]}},
        "tolerations": [
            {"key": "CriticalAddonsOnly", "operator": "Exists"},
            {"key": "node-role.kubernetes.io/control-plane", "effect": "NoSchedule"},
        ],
        "nodeSelector": {"kubernetes.io/os": "linux"},
        "containers": [container],
        "dnsPolicy": "Default",
        "volumes": [{
            "name": "config-volume",
            "configMap": {"name": NAME, "items": [{"key": "Corefile", "path": "Corefile"}]},
        }],
    });
    json!({
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": NAME, "namespace": NAMESPACE, "labels": labels},
        "spec": {
            "replicas": replicas,
            "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 1}},
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": pod},
        },
    })
}

pub fn service(address: &str) -> Object {
    let port = |name: &str, port: u16, protocol: &str| json!({"name": name, "port": port, "protocol": protocol, "targetPort": port});
    Object::new("v1", "Service", "kube-dns")
        .namespace(NAMESPACE)
        .label(LABEL.0, LABEL.1)
        .label("kubernetes.io/cluster-service", "true")
        .label("kubernetes.io/name", "CoreDNS")
        .annotation("prometheus.io/port", "9153")
        .annotation("prometheus.io/scrape", "true")
        .set(
            "spec",
            json!({
                "clusterIP": address,
                "selector": {LABEL.0: LABEL.1},
                "ports": [port("dns", 53, "UDP"), port("dns-tcp", 53, "TCP"), port("metrics", 9153, "TCP")],
            }),
        )
}
