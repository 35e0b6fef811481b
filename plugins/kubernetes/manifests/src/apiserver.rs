//! `control-plane/apiserver`.

use crate::{ca_folders, etcd, rootless, volumes, write};
use kubewright_plugin::arguments::{self, Arguments};
use kubewright_plugin::configuration::{Argument, ClusterConfiguration, InitConfiguration};
use kubewright_plugin::static_pod::{self, Probes, StaticPod, Volumes, probe_address};
use kubewright_plugin::{Document, Result, Value, machine, paths, progress, warn};

const NAME: &str = "kube-apiserver";
const AUTHORIZATION_MODES: &[&str] = &[
    "Node",
    "RBAC",
    "Webhook",
    "ABAC",
    "AlwaysAllow",
    "AlwaysDeny",
];
const DEFAULT_MODES: &str = "Node,RBAC";

pub fn run(document: &Document) -> Result<()> {
    let (init, cluster) = (document.init()?, document.cluster()?);
    progress!("Using manifest folder {:?}", paths::MANIFESTS);
    progress!("Creating static Pod manifest for {NAME:?}");
    for mode in authorization_modes(&cluster.api_server.extra_args).1 {
        warn!("ignoring unknown kube-apiserver authorization-mode {mode:?}");
    }
    let mut pod = pod(
        init,
        cluster,
        &ca_folders::present()?,
        &static_pod::proxy_environment(&machine::facts()?),
    )?;
    rootless::apply(&mut pod, cluster, &rootless::apiserver(cluster))?;
    write::manifest(&pod)
}

pub fn pod(
    init: &InitConfiguration,
    cluster: &ClusterConfiguration,
    ca_folders: &[&str],
    proxy: &[Value],
) -> Result<StaticPod> {
    let endpoint = &init.local_api_endpoint;
    let mut volumes = Volumes::new();
    volumes::certificates(&mut volumes, cluster, ca_folders);
    if let Some(etcd) = &cluster.etcd.external {
        volumes::external_etcd(&mut volumes, cluster, etcd, ca_folders);
    }
    volumes::extra(&mut volumes, &cluster.api_server.extra_volumes);
    let annotation = "kubeadm.kubernetes.io/kube-apiserver.advertise-address.endpoint";
    Ok(StaticPod {
        name: NAME.into(),
        image: cluster.kubernetes_image(NAME),
        command: command(init, cluster)?,
        annotations: vec![(annotation, endpoint.host_port())],
        environment: static_pod::environment(&[proxy, &cluster.api_server.extra_envs]),
        volumes,
        requests: vec![("cpu", "250m")],
        probes: Probes {
            host: probe_address(&endpoint.advertise_address),
            port: endpoint.bind_port,
            scheme: "HTTPS",
            liveness: "/livez",
            readiness: Some("/readyz"),
            startup: "/livez",
            startup_timeout: init.timeouts.control_plane_component_health_check,
        },
        run_as: None,
    })
}

fn command(init: &InitConfiguration, cluster: &ClusterConfiguration) -> Result<Vec<String>> {
    let endpoint = &init.local_api_endpoint;
    let extra = &cluster.api_server.extra_args;
    let mut arguments = Arguments::new();
    let mut set = |name: &str, value: &str| arguments.set(name, value);
    set("advertise-address", &endpoint.advertise_address);
    set("enable-admission-plugins", "NodeRestriction");
    set(
        "service-cluster-ip-range",
        &cluster.networking.service_subnet,
    );
    set(
        "service-account-issuer",
        &format!(
            "https://kubernetes.default.svc.{}",
            cluster.networking.dns_domain
        ),
    );
    set("enable-bootstrap-token-auth", "true");
    set("secure-port", &endpoint.bind_port.to_string());
    set("allow-privileged", "true");
    set(
        "kubelet-preferred-address-types",
        "InternalIP,ExternalIP,Hostname",
    );
    set("requestheader-username-headers", "X-Remote-User");
    set("requestheader-group-headers", "X-Remote-Group");
    set("requestheader-extra-headers-prefix", "X-Remote-Extra-");
    set("requestheader-allowed-names", "front-proxy-client");
    for (name, file) in [
        ("service-account-key-file", "sa.pub"),
        ("service-account-signing-key-file", "sa.key"),
        ("client-ca-file", "ca.crt"),
        ("tls-cert-file", "apiserver.crt"),
        ("tls-private-key-file", "apiserver.key"),
        ("kubelet-client-certificate", "apiserver-kubelet-client.crt"),
        ("kubelet-client-key", "apiserver-kubelet-client.key"),
        ("requestheader-client-ca-file", "front-proxy-ca.crt"),
        ("proxy-client-cert-file", "front-proxy-client.crt"),
        ("proxy-client-key-file", "front-proxy-client.key"),
    ] {
        set(name, &cluster.certificate_path(file));
    }
    reach_etcd(&mut arguments, init, cluster)?;
    // A structured configuration and modes exclude each other.
    if arguments::last(extra, "authorization-config").is_none() {
        arguments.set("authorization-mode", authorization_modes(extra).0);
    }
    let mut command = vec![NAME.to_owned()];
    command.extend(arguments.with_extra(extra));
    Ok(command)
}

fn reach_etcd(
    arguments: &mut Arguments,
    init: &InitConfiguration,
    cluster: &ClusterConfiguration,
) -> Result<()> {
    if let Some(etcd) = &cluster.etcd.external {
        arguments.set("etcd-servers", etcd.endpoints.join(","));
        if !etcd.ca_file.is_empty() {
            arguments.set("etcd-cafile", &etcd.ca_file);
        }
        if !etcd.cert_file.is_empty() && !etcd.key_file.is_empty() {
            arguments.set("etcd-certfile", &etcd.cert_file);
            arguments.set("etcd-keyfile", &etcd.key_file);
        }
        return Ok(());
    }
    let extra = cluster
        .etcd
        .local
        .as_ref()
        .map_or(&[][..], |etcd| &etcd.extra_args);
    let servers = match arguments::last(extra, "advertise-client-urls") {
        Some(urls) => urls.to_owned(),
        None => etcd::client_url(etcd::localhost(init)?),
    };
    arguments.set("etcd-servers", servers);
    arguments.set("etcd-cafile", cluster.certificate_path("etcd/ca.crt"));
    arguments.set(
        "etcd-certfile",
        cluster.certificate_path("apiserver-etcd-client.crt"),
    );
    arguments.set(
        "etcd-keyfile",
        cluster.certificate_path("apiserver-etcd-client.key"),
    );
    Ok(())
}

/// The modes that count among the user's, and those that are none.
fn authorization_modes(extra: &[Argument]) -> (String, Vec<String>) {
    let asked = arguments::last(extra, "authorization-mode").unwrap_or_default();
    let (known, unknown): (Vec<&str>, Vec<&str>) = asked
        .split(',')
        .filter(|mode| !mode.is_empty())
        .partition(|mode| AUTHORIZATION_MODES.contains(mode));
    let modes = if known.is_empty() {
        DEFAULT_MODES.to_owned()
    } else {
        known.join(",")
    };
    (modes, unknown.into_iter().map(str::to_owned).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use kubewright_plugin::configuration::{Etcd, ExternalEtcd, LocalEtcd};

    fn init(address: &str) -> InitConfiguration {
        let mut init = InitConfiguration::default();
        init.local_api_endpoint.advertise_address = address.into();
        init.local_api_endpoint.bind_port = 6443;
        init
    }

    fn argument(name: &str, value: &str) -> Argument {
        Argument {
            name: name.into(),
            value: value.into(),
        }
    }

    fn value<'a>(command: &'a [String], name: &str) -> Option<&'a str> {
        command
            .iter()
            .rev()
            .find_map(|word| word.strip_prefix(&format!("--{name}=")))
    }

    #[test]
    fn a_structured_configuration_drops_the_modes() {
        let mut cluster = ClusterConfiguration::default();
        let command_of =
            |cluster: &ClusterConfiguration| command(&init("10.0.0.1"), cluster).unwrap();
        assert_eq!(
            value(&command_of(&cluster), "authorization-mode"),
            Some("Node,RBAC")
        );
        cluster.api_server.extra_args = vec![argument("authorization-config", "/x")];
        assert_eq!(value(&command_of(&cluster), "authorization-mode"), None);
        assert_eq!(
            value(&command_of(&cluster), "authorization-config"),
            Some("/x")
        );
    }

    #[test]
    fn modes_are_checked() {
        let modes = |text| authorization_modes(&[argument("authorization-mode", text)]);
        assert_eq!(
            modes("Webhook,Nope"),
            ("Webhook".into(), vec!["Nope".into()])
        );
        assert_eq!(modes("Nope"), ("Node,RBAC".into(), vec!["Nope".into()]));
        assert_eq!(modes(""), ("Node,RBAC".into(), vec![]));
    }

    #[test]
    fn etcd_is_reached_where_it_is() {
        let local = |args| Etcd {
            local: Some(LocalEtcd {
                extra_args: args,
                ..Default::default()
            }),
            external: None,
        };
        let external = Etcd {
            local: None,
            external: Some(ExternalEtcd {
                endpoints: vec!["https://a".into(), "https://b".into()],
                ..Default::default()
            }),
        };
        for (address, etcd, servers, certificate) in [
            (
                "10.0.0.1",
                local(vec![]),
                "https://127.0.0.1:2379",
                Some("/apiserver-etcd-client.crt"),
            ),
            (
                "fd00::1",
                local(vec![]),
                "https://[::1]:2379",
                Some("/apiserver-etcd-client.crt"),
            ),
            (
                "10.0.0.1",
                local(vec![argument("advertise-client-urls", "https://c")]),
                "https://c",
                Some("/apiserver-etcd-client.crt"),
            ),
            ("10.0.0.1", external, "https://a,https://b", None),
        ] {
            let cluster = ClusterConfiguration {
                etcd,
                ..Default::default()
            };
            let command = command(&init(address), &cluster).unwrap();
            assert_eq!(value(&command, "etcd-servers"), Some(servers));
            assert_eq!(value(&command, "etcd-certfile"), certificate);
        }
    }

    #[test]
    fn credentials_of_an_external_etcd_are_mounted_once() {
        let etcd = |ca: &str, cert: &str, key: &str| ExternalEtcd {
            ca_file: ca.into(),
            cert_file: cert.into(),
            key_file: key.into(),
            ..Default::default()
        };
        for (etcd, folders) in [
            (
                etcd("/a/ca.crt", "/a/b/c.crt", "/d/c.key"),
                vec!["/a", "/d"],
            ),
            (etcd("/a/b/ca.crt", "/a/c.crt", "/a/c.key"), vec!["/a"]),
            (
                etcd(
                    "/etc/kubernetes/pki/x/ca.crt",
                    "/etc/ssl/certs/c.crt",
                    "/etc/pki/ca-trust/c.key",
                ),
                vec![],
            ),
            (etcd("", "", ""), vec![]),
        ] {
            let cluster = ClusterConfiguration {
                certificates_dir: "/etc/kubernetes/pki".into(),
                etcd: Etcd {
                    local: None,
                    external: Some(etcd),
                },
                ..Default::default()
            };
            let pod = pod(&init("10.0.0.1"), &cluster, &["/etc/pki/ca-trust"], &[])
                .unwrap()
                .json();
            let mounted: Vec<_> = pod["spec"]["volumes"]
                .as_array()
                .unwrap()
                .iter()
                .filter(|volume| volume["name"].as_str().unwrap().starts_with("etcd-certs-"))
                .map(|volume| volume["hostPath"]["path"].as_str().unwrap())
                .collect();
            assert_eq!(mounted, folders);
        }
    }
}
