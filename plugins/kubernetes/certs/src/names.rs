//! The names and addresses that certificates are valid for (kubeadm
//! `app/util/pkiutil/pki_helpers.go`).

use kubewright_plugin::configuration::{ClusterConfiguration, InitConfiguration};
use kubewright_plugin::endpoint::{
    is_dns_name, is_wildcard_dns_name, nth_address, parse_address, split_host_port,
};
use kubewright_plugin::{Context, Result, warn};
use std::collections::BTreeSet;
use std::net::IpAddr;

/// Subject alternative names: DNS names sorted, addresses in order, each once.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Names {
    pub dns: BTreeSet<String>,
    pub addresses: Vec<IpAddr>,
}

impl Names {
    fn address(&mut self, address: IpAddr) {
        if !self.addresses.contains(&address) {
            self.addresses.push(address);
        }
    }

    fn dns(&mut self, name: impl Into<String>) {
        let name = name.into();
        if !name.is_empty() {
            self.dns.insert(name);
        }
    }

    /// Adds what the user asks for. Gives back what is neither an address nor
    /// a DNS name.
    fn extra<'a>(&mut self, names: &'a [String]) -> Vec<&'a str> {
        let mut refused = Vec::new();
        for name in names {
            match parse_address(name) {
                Some(address) => self.address(address),
                None if is_dns_name(name) || is_wildcard_dns_name(name) => self.dns(name),
                None => refused.push(name.as_str()),
            }
        }
        refused
    }
}

/// For certificates of clients.
pub fn none(_: &InitConfiguration, _: &ClusterConfiguration) -> Result<Names> {
    Ok(Names::default())
}

pub fn of_apiserver(init: &InitConfiguration, cluster: &ClusterConfiguration) -> Result<Names> {
    let mut names = Names::default();
    names.dns(&init.node_registration.name);
    for name in ["kubernetes", "kubernetes.default", "kubernetes.default.svc"] {
        names.dns(name);
    }
    let networking = &cluster.networking;
    if !networking.dns_domain.is_empty() {
        names.dns(format!("kubernetes.default.svc.{}", networking.dns_domain));
    }
    names.address(
        nth_address(&networking.service_subnet, 1)
            .context("ClusterConfiguration.networking.serviceSubnet")?,
    );
    names.address(init.local_api_endpoint.address()?);
    if !cluster.control_plane_endpoint.is_empty() {
        let (host, _) = split_host_port(&cluster.control_plane_endpoint)
            .context("ClusterConfiguration.controlPlaneEndpoint")?;
        match parse_address(&host) {
            Some(address) => names.address(address),
            None => names.dns(host),
        }
    }
    tell_refused(names.extra(&cluster.api_server.cert_sans), "apiserver.crt");
    Ok(names)
}

pub fn of_etcd_server(init: &InitConfiguration, cluster: &ClusterConfiguration) -> Result<Names> {
    let extra = cluster
        .etcd
        .local
        .as_ref()
        .map_or(&[][..], |etcd| &etcd.server_cert_sans);
    of_etcd(init, extra, "etcd/server.crt")
}

pub fn of_etcd_peer(init: &InitConfiguration, cluster: &ClusterConfiguration) -> Result<Names> {
    let extra = cluster
        .etcd
        .local
        .as_ref()
        .map_or(&[][..], |etcd| &etcd.peer_cert_sans);
    of_etcd(init, extra, "etcd/peer.crt")
}

fn of_etcd(init: &InitConfiguration, extra: &[String], file: &str) -> Result<Names> {
    let mut names = Names::default();
    names.dns(&init.node_registration.name);
    names.dns("localhost");
    names.address(init.local_api_endpoint.address()?);
    names.address(IpAddr::from([127, 0, 0, 1]));
    names.address(IpAddr::from([0, 0, 0, 0, 0, 0, 0, 1]));
    tell_refused(names.extra(extra), file);
    Ok(names)
}

fn tell_refused(refused: Vec<&str>, file: &str) {
    for name in refused {
        warn!(
            "{name:?} was not added to the names of {file}: it is neither an IP address nor a DNS name of RFC 1123"
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kubewright_plugin::configuration::{Etcd, LocalEtcd};

    fn configurations() -> (InitConfiguration, ClusterConfiguration) {
        let mut init = InitConfiguration::default();
        init.node_registration.name = "cp-1".into();
        init.local_api_endpoint.advertise_address = "10.66.0.31".into();
        let mut cluster = ClusterConfiguration::default();
        cluster.networking.service_subnet = "10.100.0.0/16".into();
        cluster.networking.dns_domain = "k8s.example".into();
        (init, cluster)
    }

    fn addresses(names: &Names) -> Vec<String> {
        names.addresses.iter().map(IpAddr::to_string).collect()
    }

    #[test]
    fn the_api_server_answers_to_all_its_names() {
        let (init, mut cluster) = configurations();
        cluster.control_plane_endpoint = "api.example.internal:6443".into();
        cluster.api_server.cert_sans = [
            "api.example.internal",
            "203.0.113.7",
            "*.k8s.example.internal",
            "10.66.0.31",
        ]
        .map(String::from)
        .into();
        let names = of_apiserver(&init, &cluster).unwrap();
        assert_eq!(
            names.dns.iter().map(String::as_str).collect::<Vec<_>>(),
            [
                "*.k8s.example.internal",
                "api.example.internal",
                "cp-1",
                "kubernetes",
                "kubernetes.default",
                "kubernetes.default.svc",
                "kubernetes.default.svc.k8s.example",
            ]
        );
        assert_eq!(
            addresses(&names),
            ["10.100.0.1", "10.66.0.31", "203.0.113.7"]
        );
    }

    #[test]
    fn an_endpoint_may_be_an_address() {
        let (init, mut cluster) = configurations();
        cluster.control_plane_endpoint = "[fd00::7]:6443".into();
        let names = of_apiserver(&init, &cluster).unwrap();
        assert_eq!(addresses(&names), ["10.100.0.1", "10.66.0.31", "fd00::7"]);
    }

    #[test]
    fn etcd_answers_on_localhost() {
        let (init, mut cluster) = configurations();
        let etcd = LocalEtcd {
            peer_cert_sans: vec!["etcd-peer.example".into()],
            ..Default::default()
        };
        cluster.etcd = Etcd {
            local: Some(etcd),
            external: None,
        };
        let names = of_etcd_peer(&init, &cluster).unwrap();
        assert_eq!(
            names.dns.iter().collect::<Vec<_>>(),
            ["cp-1", "etcd-peer.example", "localhost"]
        );
        assert_eq!(addresses(&names), ["10.66.0.31", "127.0.0.1", "::1"]);
    }

    #[test]
    fn what_is_no_name_is_refused() {
        let extra = [
            "under_score".to_owned(),
            "UPPER".into(),
            "a.b".into(),
            "*.*.c".into(),
        ];
        assert_eq!(
            Names::default().extra(&extra),
            ["under_score", "UPPER", "*.*.c"]
        );
    }
}
