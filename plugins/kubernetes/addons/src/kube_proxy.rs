//! `addon/kube-proxy`.

use crate::NAMESPACE;
use kubewright_plugin::client::Client;
use kubewright_plugin::object::Object;
use kubewright_plugin::{
    Configured, Document, Result, Value, encoding, json, machine, progress, rbac, static_pod, yaml,
};

const NAME: &str = "kube-proxy";

pub fn run(document: &Document) -> Result<()> {
    let cluster = document.cluster()?;
    if cluster.proxy.disabled {
        progress!("Skipping kube-proxy: ClusterConfiguration.proxy.disabled is true");
        return Ok(());
    }
    let server = cluster.server(&document.init()?.local_api_endpoint)?;
    let mut configuration = document.configuration("KubeProxyConfiguration")?.clone();
    configuration["apiVersion"] = json!("kubeproxy.config.k8s.io/v1alpha1");
    configuration["kind"] = json!("KubeProxyConfiguration");
    let config = config_map(
        &configuration,
        &server,
        document.user_supplied(Configured::KubeProxy),
    );
    let daemon = daemon_set(
        &cluster.kubernetes_image(NAME),
        static_pod::proxy_environment(&machine::facts()?),
    );

    let client = Client::admin(document)?;
    client.apply(&config)?;
    client.apply(&daemon)?;
    client.apply(&Object::new("v1", "ServiceAccount", NAME).namespace(NAMESPACE))?;
    client.apply(&rbac::cluster_role_binding(
        "kubeadm:node-proxier",
        "system:node-proxier",
        &[rbac::service_account(NAMESPACE, NAME)],
    ))?;
    client.apply(&rbac::role(
        NAMESPACE,
        NAME,
        &[rbac::get_one("configmaps", NAME)],
    ))?;
    client.apply(&rbac::role_binding(
        NAMESPACE,
        NAME,
        NAME,
        &[rbac::group(rbac::BOOTSTRAPPERS)],
    ))?;
    progress!("Applied essential addon: kube-proxy");
    Ok(())
}

fn config_map(configuration: &Value, server: &str, user_supplied: bool) -> Object {
    let configuration = yaml::to_string(configuration);
    let configuration = configuration.trim_end();
    let kubeconfig = kubeconfig(server);
    let mut config = Object::new("v1", "ConfigMap", NAME)
        .namespace(NAMESPACE)
        .label("app", NAME);
    if !user_supplied {
        let hash = encoding::sha256(&[configuration, &kubeconfig]);
        config = config.annotation("kubeadm.kubernetes.io/component-config.hash", &hash);
    }
    config
        .data("config.conf", configuration)
        .data("kubeconfig.conf", kubeconfig)
}

/// Reaches the API by its public name: kube-proxy is what makes the Service of
/// the API reachable.
fn kubeconfig(server: &str) -> String {
    let account = "/var/run/secrets/kubernetes.io/serviceaccount";
    format!(
        "apiVersion: v1
kind: Config
clusters:
- cluster:
    certificate-authority: {account}/ca.crt
    server: {server}
  name: default
contexts:
- context:
    cluster: default
    namespace: default
    user: default
  name: default
current-context: default
users:
- name: default
  user:
    tokenFile: {account}/token"
    )
}

pub fn daemon_set(image: &str, proxy: Vec<Value>) -> Object {
    let labels = json!({"k8s-app": NAME});
    let mut environment = vec![
        json!({"name": "NODE_NAME", "valueFrom": {"fieldRef": {"fieldPath": "spec.nodeName"}}}),
    ];
    environment.extend(proxy);
    let container = json!({
        "name": NAME,
        "image": image,
        "imagePullPolicy": "IfNotPresent",
        "command": [
            "/usr/local/bin/kube-proxy",
            "--config=/var/lib/kube-proxy/config.conf",
            "--hostname-override=$(NODE_NAME)",
        ],
        "securityContext": {"privileged": true},
        "volumeMounts": [
            {"mountPath": "/var/lib/kube-proxy", "name": NAME},
            {"mountPath": "/run/xtables.lock", "name": "xtables-lock"},
            {"mountPath": "/lib/modules", "name": "lib-modules", "readOnly": true},
        ],
        "env": environment,
    });
    let pod = json!({
        "priorityClassName": "system-node-critical",
        "containers": [container],
        "hostNetwork": true,
        "serviceAccountName": NAME,
        "volumes": [
            {"name": NAME, "configMap": {"name": NAME}},
            {"name": "xtables-lock", "hostPath": {"path": "/run/xtables.lock", "type": "FileOrCreate"}},
            {"name": "lib-modules", "hostPath": {"path": "/lib/modules"}},
        ],
        "tolerations": [{"operator": "Exists"}],
        "nodeSelector": {"kubernetes.io/os": "linux"},
    });
    Object::new("apps/v1", "DaemonSet", NAME)
        .namespace(NAMESPACE)
        .label("k8s-app", NAME)
        .set(
            "spec",
            json!({
                "selector": {"matchLabels": labels},
                "updateStrategy": {"type": "RollingUpdate"},
                "template": {"metadata": {"labels": labels}, "spec": pod},
            }),
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    const HASH: &str = "kubeadm.kubernetes.io/component-config.hash";

    /// The configuration and the hash that kubeadm v1.36.2 uploads with its
    /// defaults.
    #[test]
    fn the_hash_is_that_of_kubeadm() {
        let logging = json!({
            "flushFrequency": 0,
            "options": {"json": {"infoBufferSize": "0"}, "text": {"infoBufferSize": "0"}},
            "verbosity": 0,
        });
        let rules = json!({"masqueradeAll": false, "masqueradeBit": null, "minSyncPeriod": "0s", "syncPeriod": "0s"});
        let mut iptables = rules.clone();
        iptables["localhostNodePorts"] = Value::Null;
        let configuration = json!({
            "apiVersion": "kubeproxy.config.k8s.io/v1alpha1", "kind": "KubeProxyConfiguration",
            "bindAddress": "0.0.0.0", "bindAddressHardFail": false,
            "clientConnection": {"acceptContentTypes": "", "burst": 0, "contentType": "",
                "kubeconfig": "/var/lib/kube-proxy/kubeconfig.conf", "qps": 0},
            "clusterCIDR": "10.244.0.0/16", "configSyncPeriod": "0s",
            "conntrack": {"maxPerCore": null, "min": null, "tcpBeLiberal": false, "tcpCloseWaitTimeout": null,
                "tcpEstablishedTimeout": null, "udpStreamTimeout": "0s", "udpTimeout": "0s"},
            "detectLocal": {"bridgeInterface": "", "interfaceNamePrefix": ""}, "detectLocalMode": "",
            "enableProfiling": false, "healthzBindAddress": "", "hostnameOverride": "", "iptables": iptables,
            "ipvs": {"excludeCIDRs": null, "minSyncPeriod": "0s", "scheduler": "", "strictARP": false,
                "syncPeriod": "0s", "tcpFinTimeout": "0s", "tcpTimeout": "0s", "udpTimeout": "0s"},
            "logging": logging, "metricsBindAddress": "", "mode": "", "nftables": rules, "nodePortAddresses": null,
            "oomScoreAdj": null, "portRange": "", "showHiddenMetricsForVersion": "",
            "winkernel": {"enableDSR": false, "forwardHealthCheckVip": false, "networkName": "",
                "rootHnsEndpointName": "", "sourceVip": ""},
        });
        let config = config_map(&configuration, "https://10.66.0.31:6443", false);
        assert_eq!(
            config.json()["metadata"]["annotations"][HASH],
            "sha256:4209832c749b1c9d767c7958ab43f334b09d4992bf6dbc05c2d56073482db096",
            "{}",
            config.json()["data"]["config.conf"]
        );
        let config = config_map(&configuration, "https://10.66.0.31:6443", true);
        assert!(config.json()["metadata"].get("annotations").is_none());
    }

    #[test]
    fn proxy_variables_reach_the_container() {
        let daemon = daemon_set("image", vec![json!({"name": "HTTP_PROXY", "value": "x"})]);
        let environment = &daemon.json()["spec"]["template"]["spec"]["containers"][0]["env"];
        assert_eq!(environment[0]["name"], "NODE_NAME");
        assert_eq!(environment[1], json!({"name": "HTTP_PROXY", "value": "x"}));
    }
}
