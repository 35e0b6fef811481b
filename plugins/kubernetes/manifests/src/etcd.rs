//! `etcd/local`.

use crate::{rootless, write};
use kubewright_plugin::arguments::{self, Arguments};
use kubewright_plugin::configuration::{ClusterConfiguration, InitConfiguration, LocalEtcd};
use kubewright_plugin::endpoint::{host_port, split_host_port};
use kubewright_plugin::static_pod::{self, Probes, StaticPod, Volumes};
use kubewright_plugin::{Document, Error, Result, debug, files, paths, progress};

const CLIENT_PORT: u16 = 2379;
const PEER_PORT: u16 = 2380;
const METRICS_PORT: u16 = 2381;

pub fn run(document: &Document) -> Result<()> {
    let (init, cluster) = (document.init()?, document.cluster()?);
    if cluster.etcd.external.is_some() {
        debug!("External etcd mode: Skipping the creation of a manifest for local etcd");
        return Ok(());
    }
    let mut pod = pod(init, cluster)?;
    if let Some(etcd) = &cluster.etcd.local {
        files::ensure_directory(&etcd.data_dir, 0o700)?;
    }
    progress!(
        "Creating static Pod manifest for local etcd in {:?}",
        paths::MANIFESTS
    );
    rootless::apply(&mut pod, cluster, &rootless::etcd(cluster))?;
    write::manifest(&pod)
}

pub fn pod(init: &InitConfiguration, cluster: &ClusterConfiguration) -> Result<StaticPod> {
    let etcd = cluster.etcd.local.as_ref().ok_or_else(|| {
        Error::new("ClusterConfiguration.etcd: neither local nor external is set")
    })?;
    let localhost = localhost(init)?;
    let client_url = url(&init.local_api_endpoint.advertise_address, CLIENT_PORT);
    let mut volumes = Volumes::in_order();
    volumes.host_path("etcd-data", &etcd.data_dir, "DirectoryOrCreate", false);
    volumes.host_path(
        "etcd-certs",
        // As it is written, like the folder itself in the other manifests.
        &format!("{}/etcd", cluster.certificates_dir),
        "DirectoryOrCreate",
        false,
    );
    let (host, port, scheme) = probe_endpoint(etcd, localhost);
    Ok(StaticPod {
        name: "etcd".into(),
        image: cluster.etcd_image(),
        command: command(init, cluster, etcd, localhost, &client_url),
        annotations: vec![(
            "kubeadm.kubernetes.io/etcd.advertise-client-urls",
            client_url,
        )],
        environment: static_pod::environment(&[&etcd.extra_envs]),
        volumes,
        requests: vec![("cpu", "100m"), ("memory", "100Mi")],
        probes: Probes {
            host,
            port,
            scheme,
            liveness: "/livez",
            readiness: Some("/readyz"),
            startup: "/readyz",
            startup_timeout: init.timeouts.control_plane_component_health_check,
        },
        run_as: None,
    })
}

/// Localhost of the family that the node is advertised in.
pub fn localhost(init: &InitConfiguration) -> Result<&'static str> {
    Ok(if init.local_api_endpoint.address()?.is_ipv6() {
        "::1"
    } else {
        "127.0.0.1"
    })
}

/// etcd's URL for clients at this address.
pub fn client_url(address: &str) -> String {
    url(address, CLIENT_PORT)
}

fn url(address: &str, port: u16) -> String {
    format!("https://{}", host_port(address, port))
}

fn command(
    init: &InitConfiguration,
    cluster: &ClusterConfiguration,
    etcd: &LocalEtcd,
    localhost: &str,
    client_url: &str,
) -> Vec<String> {
    let name = &init.node_registration.name;
    let peer_url = url(&init.local_api_endpoint.advertise_address, PEER_PORT);
    let mut arguments = Arguments::new();
    arguments.set("name", name);
    arguments.set(
        "listen-client-urls",
        format!("{},{client_url}", url(localhost, CLIENT_PORT)),
    );
    arguments.set("advertise-client-urls", client_url);
    arguments.set("listen-peer-urls", &peer_url);
    arguments.set("initial-advertise-peer-urls", &peer_url);
    arguments.set("initial-cluster", format!("{name}={peer_url}"));
    arguments.set("data-dir", &etcd.data_dir);
    arguments.set("cert-file", cluster.certificate_path("etcd/server.crt"));
    arguments.set("key-file", cluster.certificate_path("etcd/server.key"));
    arguments.set("trusted-ca-file", cluster.certificate_path("etcd/ca.crt"));
    arguments.set("client-cert-auth", "true");
    arguments.set("peer-cert-file", cluster.certificate_path("etcd/peer.crt"));
    arguments.set("peer-key-file", cluster.certificate_path("etcd/peer.key"));
    arguments.set(
        "peer-trusted-ca-file",
        cluster.certificate_path("etcd/ca.crt"),
    );
    arguments.set("peer-client-cert-auth", "true");
    arguments.set("snapshot-count", "10000");
    arguments.set(
        "listen-metrics-urls",
        format!("http://{}", host_port(localhost, METRICS_PORT)),
    );
    arguments.set("feature-gates", "InitialCorruptCheck=true");
    arguments.set("watch-progress-notify-interval", "5s");
    let mut command = vec!["etcd".to_owned()];
    command.extend(arguments.with_extra(&etcd.extra_args));
    command
}

/// Host, port and scheme of the first of `listen-metrics-urls`. What cannot be
/// read falls back to the default.
fn probe_endpoint(etcd: &LocalEtcd, localhost: &str) -> (String, u16, &'static str) {
    let default = (localhost.to_owned(), METRICS_PORT, "HTTP");
    let Some(urls) = arguments::last(&etcd.extra_args, "listen-metrics-urls") else {
        return default;
    };
    let first = urls.split(',').next().unwrap_or_default();
    let Some((scheme, rest)) = first.split_once("://") else {
        return default;
    };
    let scheme = if scheme == "https" { "HTTPS" } else { "HTTP" };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    if let Some(port) = authority.strip_prefix(':') {
        return (
            localhost.to_owned(),
            port.parse().unwrap_or(METRICS_PORT),
            scheme,
        );
    }
    match split_host_port(authority) {
        Ok((host, port)) => (host, port.unwrap_or(METRICS_PORT), scheme),
        Err(_) => default,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kubewright_plugin::configuration::Argument;

    #[test]
    fn probes_go_where_metrics_are_served() {
        for (urls, expected) in [
            (
                "https://10.0.0.1:2382,http://x",
                ("10.0.0.1", 2382, "HTTPS"),
            ),
            ("http://0.0.0.0:2381", ("0.0.0.0", 2381, "HTTP")),
            ("http://[::1]:99/", ("::1", 99, "HTTP")),
            ("http://metrics.example", ("metrics.example", 2381, "HTTP")),
            ("http://:2390", ("127.0.0.1", 2390, "HTTP")),
            ("nonsense", ("127.0.0.1", 2381, "HTTP")),
        ] {
            let argument = Argument {
                name: "listen-metrics-urls".into(),
                value: urls.into(),
            };
            let etcd = LocalEtcd {
                extra_args: vec![argument],
                ..Default::default()
            };
            let (host, port, scheme) = probe_endpoint(&etcd, "127.0.0.1");
            assert_eq!((host.as_str(), port, scheme), expected, "{urls}");
        }
    }
}
