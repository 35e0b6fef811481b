//! What defaulting must know about the node. The host finds it out.

use std::net::{IpAddr, Ipv4Addr};

use kubewright_configuration::Input;

use super::constants;

/// Facts about the node that defaults are made from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NodeDefaults {
    /// The host name, in any case.
    pub hostname: String,
    /// The address of the interface with the default route.
    pub default_address: Option<IpAddr>,
    /// A global unicast address on the loopback interface. Used when the user gives a loopback
    /// address, as networks do whose other interfaces have link-local addresses only (RFC 5549).
    pub loopback_address: Option<IpAddr>,
    /// Whether systemd-resolved is active.
    pub systemd_resolved: bool,
    /// URLs of the known CRI sockets that exist on this node.
    pub cri_sockets: Vec<String>,
    /// What time it is (RFC 3339, UTC, whole seconds), if that matters.
    pub now: Option<String>,
}

impl NodeDefaults {
    /// Those of the machine that a run is for.
    pub fn of(input: &Input) -> Self {
        let node = input.node();
        let texts = |name: &str| {
            let items = node[name].as_array().into_iter().flatten();
            items.filter_map(|item| item.as_str()).map(str::to_owned)
        };
        let address = |name: &str| node[name].as_str()?.parse().ok();
        Self {
            hostname: input.hostname().to_owned(),
            default_address: address("defaultAddress"),
            loopback_address: address("loopbackAddress"),
            systemd_resolved: texts("activeServices").any(|name| name == "systemd-resolved"),
            cri_sockets: texts("criSockets").collect(),
            now: input.now().map(str::to_owned),
        }
    }

    /// What defaulting uses where no node is at hand, as in `config validate` and `config migrate`:
    /// nothing is taken from the machine that checks a file.
    pub fn of_no_node() -> Self {
        Self {
            hostname: "node".to_owned(),
            default_address: Some(Ipv4Addr::new(1, 2, 3, 4).into()),
            loopback_address: Some(Ipv4Addr::new(1, 2, 3, 4).into()),
            systemd_resolved: false,
            cri_sockets: vec![constants::CRI_SOCKET.to_owned()],
            now: None,
        }
    }
}

/// Why defaults can not be found.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DefaultsError {
    /// Neither the user nor the node says how the node is called.
    #[error(
        "empty hostname is invalid; give the node a name with --node-name or \
         InitConfiguration.nodeRegistration.name"
    )]
    NoHostname,
    /// The advertise address is no address.
    #[error("couldn't use {0:?} as \"apiserver-advertise-address\", must be ipv4 or ipv6 address")]
    AdvertiseAddress(String),
    /// A loopback address was given, and the loopback interface has no other one.
    #[error(
        "it is a loopback address, which no other node can reach, and the loopback interface has \
         no other one; give an address of this node"
    )]
    Loopback,
    /// An address nobody can connect to.
    #[error(
        "cannot use {0:?} as the bind address for the API Server; give an address of this node"
    )]
    BindAddress(String),
    /// There are several container runtimes.
    #[error(
        "found multiple CRI endpoints on the host. Please define which one do you wish to use by \
         setting the 'criSocket' field in the kubeadm configuration file: {}", .0.join(", ")
    )]
    ManyRuntimes(Vec<String>),
    /// `controlPlaneEndpoint` is no `host[:port]`.
    #[error(transparent)]
    ControlPlaneEndpoint(super::net::HostPortError),
}
