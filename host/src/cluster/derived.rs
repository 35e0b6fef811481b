//! Facts that follow from a defaulted configuration.

use std::net::IpAddr;

use super::documents::{ApiEndpoint, ClusterConfiguration, Etcd};
use super::{features, net};

/// Why a fact can not be derived.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DerivedError {
    /// The service subnet is none, or has no such address.
    #[error("unable to get internal Kubernetes Service IP from the given service CIDR ({0})")]
    ServiceSubnet(String),
    /// The local endpoint has no valid address.
    #[error("invalid value `{0}` given for api.advertiseAddress")]
    AdvertiseAddress(String),
    /// The local endpoint has no valid port.
    #[error("invalid value {0} given for api.bindPort")]
    BindPort(i32),
    /// The control plane endpoint is no `host[:port]`.
    #[error("invalid value {value:?} given for controlPlaneEndpoint")]
    ControlPlaneEndpoint {
        /// The endpoint as given.
        value: String,
        /// What is wrong with it.
        #[source]
        source: net::HostPortError,
    },
}

/// Address of the Service `kubernetes`: the first one of the first service subnet.
pub fn api_server_service_ip(service_subnet: &str) -> Result<IpAddr, DerivedError> {
    service_ips(service_subnet, 1)?
        .into_iter()
        .next()
        .ok_or_else(|| DerivedError::ServiceSubnet(service_subnet.to_owned()))
}

/// Addresses of cluster DNS: the tenth of each service subnet, in order.
pub fn dns_ips(service_subnet: &str) -> Result<Vec<IpAddr>, DerivedError> {
    service_ips(service_subnet, 10)
}

/// Address of cluster DNS that nodes use: the tenth of the first service subnet.
pub fn dns_ip(service_subnet: &str) -> Result<IpAddr, DerivedError> {
    let first = service_subnet.split(',').next().unwrap_or_default();
    let bad = || DerivedError::ServiceSubnet(service_subnet.to_owned());
    net::parse_cidrs(service_subnet).ok_or_else(bad)?;
    dns_ips(first)?.into_iter().next().ok_or_else(bad)
}

fn service_ips(service_subnet: &str, index: u32) -> Result<Vec<IpAddr>, DerivedError> {
    let bad = || DerivedError::ServiceSubnet(service_subnet.to_owned());
    let subnets = net::parse_cidrs(service_subnet).ok_or_else(bad)?;
    subnets
        .iter()
        .map(|subnet| net::nth_address(subnet, index).ok_or_else(bad))
        .collect()
}

/// URL of this node's API server, `https://10.0.0.1:6443`.
pub fn local_api_url(endpoint: &ApiEndpoint) -> Result<String, DerivedError> {
    if !(1..=65535).contains(&endpoint.bind_port) {
        return Err(DerivedError::BindPort(endpoint.bind_port));
    }
    let address = &endpoint.advertise_address;
    let ip =
        net::parse_ip(address).ok_or_else(|| DerivedError::AdvertiseAddress(address.clone()))?;
    Ok(format!(
        "https://{}",
        net::join_host_port(&ip.to_string(), endpoint.bind_port)
    ))
}

/// URL of the control plane as the cluster knows it: `controlPlaneEndpoint`, with the local port if
/// it has none; the local API server if there is no endpoint.
pub fn control_plane_url(
    control_plane_endpoint: &str,
    local: &ApiEndpoint,
) -> Result<String, DerivedError> {
    let local_url = local_api_url(local)?;
    if control_plane_endpoint.is_empty() {
        return Ok(local_url);
    }
    let (host, port) = net::parse_host_port(control_plane_endpoint).map_err(|source| {
        DerivedError::ControlPlaneEndpoint {
            value: control_plane_endpoint.to_owned(),
            source,
        }
    })?;
    let port = port.map_or(local.bind_port, i32::from);
    Ok(format!("https://{}", net::join_host_port(&host, port)))
}

/// Algorithm and size of the keys in certificates.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names are the algorithms'")]
pub enum EncryptionAlgorithm {
    EcdsaP256,
    EcdsaP384,
    Rsa2048,
    Rsa3072,
    Rsa4096,
}

impl EncryptionAlgorithm {
    /// All of them, by name.
    pub const ALL: [Self; 5] = [
        Self::EcdsaP256,
        Self::EcdsaP384,
        Self::Rsa2048,
        Self::Rsa3072,
        Self::Rsa4096,
    ];

    /// The value of `encryptionAlgorithm`.
    pub fn name(self) -> &'static str {
        match self {
            Self::EcdsaP256 => "ECDSA-P256",
            Self::EcdsaP384 => "ECDSA-P384",
            Self::Rsa2048 => "RSA-2048",
            Self::Rsa3072 => "RSA-3072",
            Self::Rsa4096 => "RSA-4096",
        }
    }

    /// The algorithm of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|algorithm| algorithm.name() == name)
    }
}

/// The algorithm that keys are made with. The deprecated feature gate PublicKeysECDSA, if it is set
/// to either value, wins over `encryptionAlgorithm` (kubeadm `EncryptionAlgorithmType`).
pub fn encryption_algorithm(cluster: &ClusterConfiguration) -> EncryptionAlgorithm {
    match cluster.feature_gates.get(features::PUBLIC_KEYS_ECDSA.name) {
        Some(true) => EncryptionAlgorithm::EcdsaP256,
        Some(false) => EncryptionAlgorithm::Rsa2048,
        None => EncryptionAlgorithm::from_name(&cluster.encryption_algorithm)
            .unwrap_or(EncryptionAlgorithm::Rsa2048),
    }
}

/// Whether etcd runs on the control plane nodes.
pub fn etcd_is_local(etcd: &Etcd) -> bool {
    etcd.external.is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn service_addresses() {
        let cases = [
            (
                "default",
                "10.96.0.0/12",
                Ok(("10.96.0.1", vec!["10.96.0.10"])),
            ),
            (
                "dual stack",
                "10.96.0.0/16,fd00:10:96::/112",
                Ok(("10.96.0.1", vec!["10.96.0.10", "fd00:10:96::a"])),
            ),
            (
                "v6 first",
                "fd00::/108,10.0.0.0/16",
                Ok(("fd00::1", vec!["fd00::a", "10.0.0.10"])),
            ),
            ("no subnet", "10.96.0.0", Err(())),
            ("second is none", "10.96.0.0/12,x", Err(())),
        ];
        for (name, subnet, expected) in cases {
            let first = api_server_service_ip(subnet).map(|ip| ip.to_string());
            let dns =
                dns_ips(subnet).map(|ips| ips.iter().map(IpAddr::to_string).collect::<Vec<_>>());
            match expected {
                Ok((ip, ips)) => {
                    assert_eq!(first.as_deref(), Ok(ip), "{name}");
                    assert_eq!(
                        dns_ip(subnet).map(|ip| ip.to_string()).as_deref(),
                        Ok(ips[0])
                    );
                    assert_eq!(
                        dns,
                        Ok(ips.into_iter().map(str::to_owned).collect()),
                        "{name}"
                    );
                }
                Err(()) => assert!(
                    first.is_err() && dns.is_err() && dns_ip(subnet).is_err(),
                    "{name}"
                ),
            }
        }
        assert!(
            dns_ip("10.0.0.0/30").is_err(),
            "four addresses have no tenth"
        );
    }

    #[test]
    fn control_plane_urls() {
        let local = |address: &str, bind_port| ApiEndpoint {
            advertise_address: address.into(),
            bind_port,
        };
        let cases = [
            (
                "local",
                "",
                local("10.0.0.1", 6443),
                Ok("https://10.0.0.1:6443"),
            ),
            (
                "local v6",
                "",
                local("fd00::1", 7443),
                Ok("https://[fd00::1]:7443"),
            ),
            (
                "name",
                "api.example",
                local("10.0.0.1", 7443),
                Ok("https://api.example:7443"),
            ),
            (
                "name and port",
                "api.example:443",
                local("10.0.0.1", 6443),
                Ok("https://api.example:443"),
            ),
            (
                "v6",
                "fd00::9",
                local("fd00::1", 6443),
                Ok("https://[fd00::9]:6443"),
            ),
            (
                "v6 and port",
                "[fd00::9]:443",
                local("fd00::1", 6443),
                Ok("https://[fd00::9]:443"),
            ),
            (
                "bad endpoint",
                "a b",
                local("10.0.0.1", 6443),
                Err("controlPlaneEndpoint"),
            ),
            (
                "bad address",
                "api.example",
                local("here", 6443),
                Err("advertiseAddress"),
            ),
            ("bad port", "", local("10.0.0.1", 0), Err("bindPort")),
        ];
        for (name, endpoint, local, expected) in cases {
            match (control_plane_url(endpoint, &local), expected) {
                (Ok(url), Ok(expected)) => assert_eq!(url, expected, "{name}"),
                (Err(error), Err(part)) => {
                    assert!(error.to_string().contains(part), "{name}: {error}")
                }
                (got, _) => panic!("{name}: {got:?}"),
            }
        }
    }

    #[test]
    fn the_old_feature_gate_decides_the_algorithm() {
        let mut cluster = ClusterConfiguration {
            encryption_algorithm: "RSA-4096".into(),
            ..Default::default()
        };
        assert_eq!(encryption_algorithm(&cluster), EncryptionAlgorithm::Rsa4096);
        cluster.feature_gates.insert("PublicKeysECDSA".into(), true);
        assert_eq!(
            encryption_algorithm(&cluster),
            EncryptionAlgorithm::EcdsaP256
        );
        cluster
            .feature_gates
            .insert("PublicKeysECDSA".into(), false);
        assert_eq!(encryption_algorithm(&cluster), EncryptionAlgorithm::Rsa2048);
    }
}
