//! `control-plane/controller-manager`.

use crate::{ca_folders, rootless, volumes, write};
use kubewright_plugin::arguments::{self, Arguments};
use kubewright_plugin::configuration::{ClusterConfiguration, InitConfiguration};
use kubewright_plugin::static_pod::{self, Probes, StaticPod, Volumes, probe_address};
use kubewright_plugin::{Document, Result, Value, machine, paths, progress};

const NAME: &str = "kube-controller-manager";
const PORT: u16 = 10257;

pub fn run(document: &Document) -> Result<()> {
    let (init, cluster) = (document.init()?, document.cluster()?);
    progress!("Creating static Pod manifest for {NAME:?}");
    let external_ca = machine::external_ca(cluster)?;
    let mut pod = pod(
        init,
        cluster,
        external_ca,
        &ca_folders::present()?,
        &static_pod::proxy_environment(&machine::facts()?),
    );
    let needs = rootless::controller_manager(cluster, kubeconfig(), external_ca);
    rootless::apply(&mut pod, cluster, &needs)?;
    write::manifest(&pod)
}

fn kubeconfig() -> String {
    paths::join(paths::KUBERNETES, "controller-manager.conf")
}

pub fn pod(
    init: &InitConfiguration,
    cluster: &ClusterConfiguration,
    external_ca: bool,
    ca_folders: &[&str],
    proxy: &[Value],
) -> StaticPod {
    let component = &cluster.controller_manager;
    let kubeconfig = kubeconfig();
    let mut volumes = Volumes::new();
    volumes::certificates(&mut volumes, cluster, ca_folders);
    volumes::kubeconfig(&mut volumes, &kubeconfig);
    volumes::extra(&mut volumes, &component.extra_volumes);
    let address = arguments::last(&component.extra_args, "bind-address").unwrap_or("127.0.0.1");
    StaticPod {
        name: NAME.into(),
        image: cluster.kubernetes_image(NAME),
        command: command(cluster, external_ca, &kubeconfig),
        environment: static_pod::environment(&[proxy, &component.extra_envs]),
        volumes,
        requests: vec![("cpu", "200m")],
        probes: Probes {
            host: probe_address(address),
            port: PORT,
            scheme: "HTTPS",
            liveness: "/healthz",
            readiness: None,
            startup: "/healthz",
            startup_timeout: init.timeouts.control_plane_component_health_check,
        },
        ..StaticPod::default()
    }
}

fn command(cluster: &ClusterConfiguration, external_ca: bool, kubeconfig: &str) -> Vec<String> {
    let ca = cluster.certificate_path("ca.crt");
    let ca_key = cluster.certificate_path("ca.key");
    // Without the CA's key the signing controllers must stay off, which an
    // empty path does.
    let (signing, signing_key) = if external_ca {
        ("", "")
    } else {
        (ca.as_str(), ca_key.as_str())
    };
    let mut arguments = Arguments::new();
    let mut set = |name: &str, value: &str| arguments.set(name, value);
    set("bind-address", "127.0.0.1");
    set("leader-elect", "true");
    for name in [
        "kubeconfig",
        "authentication-kubeconfig",
        "authorization-kubeconfig",
    ] {
        set(name, kubeconfig);
    }
    set("client-ca-file", &ca);
    set(
        "requestheader-client-ca-file",
        &cluster.certificate_path("front-proxy-ca.crt"),
    );
    set("root-ca-file", &ca);
    set(
        "service-account-private-key-file",
        &cluster.certificate_path("sa.key"),
    );
    set("cluster-signing-cert-file", signing);
    set("cluster-signing-key-file", signing_key);
    set("use-service-account-credentials", "true");
    set("controllers", "*,bootstrapsigner,tokencleaner");
    let networking = &cluster.networking;
    if !networking.pod_subnet.is_empty() {
        set("allocate-node-cidrs", "true");
        set("cluster-cidr", &networking.pod_subnet);
        if !networking.service_subnet.is_empty() {
            set("service-cluster-ip-range", &networking.service_subnet);
        }
    }
    if !cluster.cluster_name.is_empty() {
        set("cluster-name", &cluster.cluster_name);
    }
    let mut command = vec![NAME.to_owned()];
    command.extend(arguments.with_extra(&cluster.controller_manager.extra_args));
    command
}

#[cfg(test)]
mod tests {
    use super::*;
    use kubewright_plugin::configuration::Argument;

    #[test]
    fn without_the_ca_key_nothing_is_signed() {
        let cluster = ClusterConfiguration {
            certificates_dir: "/pki".into(),
            ..Default::default()
        };
        let command = command(&cluster, true, "/k");
        assert!(
            command.contains(&"--cluster-signing-cert-file=".to_owned()),
            "{command:?}"
        );
        assert!(command.contains(&"--cluster-signing-key-file=".to_owned()));
        assert!(command.contains(&"--root-ca-file=/pki/ca.crt".to_owned()));
    }

    #[test]
    fn probes_follow_the_bind_address() {
        for (address, host) in [
            ("10.0.0.1", Some("10.0.0.1")),
            ("0.0.0.0", None),
            ("::", None),
        ] {
            let mut cluster = ClusterConfiguration::default();
            let argument = Argument {
                name: "bind-address".into(),
                value: address.into(),
            };
            cluster.controller_manager.extra_args = vec![argument];
            let pod = pod(&InitConfiguration::default(), &cluster, false, &[], &[]).json();
            let get = &pod["spec"]["containers"][0]["livenessProbe"]["httpGet"];
            assert_eq!(get.get("host").and_then(Value::as_str), host, "{address}");
        }
    }
}
