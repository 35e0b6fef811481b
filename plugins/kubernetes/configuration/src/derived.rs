//! Facts that follow from a defaulted configuration.

use std::net::IpAddr;

use super::documents::ClusterConfiguration;
use super::{features, net};

/// Why a fact can not be derived.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DerivedError {
    /// The service subnet is none, or has no such address.
    #[error("unable to get internal Kubernetes Service IP from the given service CIDR ({0})")]
    ServiceSubnet(String),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn service_addresses() {
        let cases = [
            ("default", "10.96.0.0/12", Ok(vec!["10.96.0.10"])),
            (
                "dual stack",
                "10.96.0.0/16,fd00:10:96::/112",
                Ok(vec!["10.96.0.10", "fd00:10:96::a"]),
            ),
            (
                "v6 first",
                "fd00::/108,10.0.0.0/16",
                Ok(vec!["fd00::a", "10.0.0.10"]),
            ),
            ("no subnet", "10.96.0.0", Err(())),
            ("second is none", "10.96.0.0/12,x", Err(())),
        ];
        for (name, subnet, expected) in cases {
            let dns =
                dns_ips(subnet).map(|ips| ips.iter().map(IpAddr::to_string).collect::<Vec<_>>());
            match expected {
                Ok(ips) => {
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
                Err(()) => assert!(dns.is_err() && dns_ip(subnet).is_err(), "{name}"),
            }
        }
        assert!(
            dns_ip("10.0.0.0/30").is_err(),
            "four addresses have no tenth"
        );
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
