//! The phases `upload-config/*`: the configuration that further nodes read
//! (kubeadm `app/phases/uploadconfig`, `app/phases/kubelet/config.go`).

use kubewright_plugin::client::Client;
use kubewright_plugin::object::Object;
use kubewright_plugin::{
    Configured, Context, Document, Result, Value, encoding, json, progress, rbac, yaml,
};

const NAMESPACE: &str = "kube-system";

kubewright_plugin::phases! {
    summary: "The configuration of cluster and kubelets, as ConfigMaps",
    "upload-config/kubeadm": "Upload the kubeadm ClusterConfiguration to a ConfigMap" => kubeadm,
    "upload-config/kubelet": "Upload the kubelet component config to a ConfigMap" => kubelet,
}

fn kubeadm(document: &Document) -> Result<()> {
    let name = "kubeadm-config";
    progress!(
        "Storing the configuration used in ConfigMap {name:?} in the {NAMESPACE:?} Namespace"
    );
    let text = text(document, "ClusterConfiguration", "kubeadm.k8s.io/v1beta4")?;
    let config = config_map(name).data("ClusterConfiguration", text);
    let role = "kubeadm:nodes-kubeadm-config";
    upload(
        document,
        &config,
        name,
        role,
        &[rbac::group(rbac::BOOTSTRAPPERS), rbac::group(rbac::NODES)],
    )
    .context("error uploading the kubeadm ClusterConfiguration")
}

fn kubelet(document: &Document) -> Result<()> {
    let name = "kubelet-config";
    progress!(
        "Creating a ConfigMap {name:?} in namespace {NAMESPACE} with the configuration for the kubelets in the cluster"
    );
    let text = text(
        document,
        "KubeletConfiguration",
        "kubelet.config.k8s.io/v1beta1",
    )?;
    let mut config = config_map(name);
    // Without the user's hand in it, an upgrade may make it anew: the hash says
    // that nobody has edited it since.
    if !document.user_supplied(Configured::Kubelet) {
        config = config.annotation(
            "kubeadm.kubernetes.io/component-config.hash",
            &encoding::sha256(&[&text]),
        );
    }
    let role = "kubeadm:kubelet-config";
    upload(
        document,
        &config.data("kubelet", text),
        name,
        role,
        &[rbac::group(rbac::NODES), rbac::group(rbac::BOOTSTRAPPERS)],
    )
    .context("error creating kubelet configuration ConfigMap")
}

fn upload(
    document: &Document,
    config: &Object,
    name: &str,
    role: &str,
    readers: &[Value],
) -> Result<()> {
    let client = Client::admin(document)?;
    client.apply(config)?;
    client.apply(&rbac::role(
        NAMESPACE,
        role,
        &[rbac::get_one("configmaps", name)],
    ))?;
    client.apply(&rbac::role_binding(NAMESPACE, role, role, readers))?;
    Ok(())
}

fn config_map(name: &str) -> Object {
    Object::new("v1", "ConfigMap", name).namespace(NAMESPACE)
}

fn text(document: &Document, kind: &str, api_version: &str) -> Result<String> {
    let mut configuration = document.configuration(kind)?.clone();
    configuration["apiVersion"] = json!(api_version);
    configuration["kind"] = json!(kind);
    Ok(yaml::to_string(&configuration))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The text and the hash that kubeadm v1.36.2 uploads with its defaults.
    #[test]
    fn text_and_hash_are_those_of_kubeadm() {
        let configuration = json!({
            "authentication": {
                "anonymous": {"enabled": false},
                "webhook": {"cacheTTL": "0s", "enabled": true},
                "x509": {"clientCAFile": "/etc/kubernetes/pki/ca.crt"},
            },
            "authorization": {"mode": "Webhook", "webhook": {"cacheAuthorizedTTL": "0s", "cacheUnauthorizedTTL": "0s"}},
            "cgroupDriver": "systemd", "clusterDNS": ["10.96.0.10"], "clusterDomain": "cluster.local",
            "containerRuntimeEndpoint": "", "cpuManagerReconcilePeriod": "0s", "crashLoopBackOff": {},
            "evictionPressureTransitionPeriod": "0s", "fileCheckFrequency": "0s", "healthzBindAddress": "127.0.0.1",
            "healthzPort": 10248, "httpCheckFrequency": "0s", "imageMaximumGCAge": "0s", "imageMinimumGCAge": "0s",
            "logging": {
                "flushFrequency": 0,
                "options": {"json": {"infoBufferSize": "0"}, "text": {"infoBufferSize": "0"}},
                "verbosity": 0,
            },
            "memorySwap": {}, "nodeStatusReportFrequency": "0s", "nodeStatusUpdateFrequency": "0s",
            "rotateCertificates": true, "runtimeRequestTimeout": "0s", "shutdownGracePeriod": "0s",
            "shutdownGracePeriodCriticalPods": "0s", "staticPodPath": "/etc/kubernetes/manifests",
            "streamingConnectionIdleTimeout": "0s", "syncFrequency": "0s", "volumeStatsAggPeriod": "0s",
        });
        let document = json!({
            "apiVersion": "kubewright.dev/v1alpha1",
            "configuration": {"KubeletConfiguration": configuration},
        });
        let document = Document::parse(&document.to_string()).unwrap();
        let text = text(
            &document,
            "KubeletConfiguration",
            "kubelet.config.k8s.io/v1beta1",
        )
        .unwrap();
        assert_eq!(
            encoding::sha256(&[&text]),
            "sha256:26488e9fc7c5cb5fdda9996cda2e6651a9af5febce07ea02de11bd3ef3f49e9c",
            "{text}"
        );
    }
}
