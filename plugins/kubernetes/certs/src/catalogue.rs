//! Which certificates there are.

use crate::names;
use kubewright_plugin::configuration::{ClusterConfiguration, InitConfiguration};
use kubewright_plugin::{Result, pki::ExtendedUsage};

/// A certificate authority.
pub struct Authority {
    /// Its file below the certificates directory, without `.crt`; also its
    /// name for the host.
    pub base: &'static str,
    pub common_name: &'static str,
    /// Not made where etcd is external.
    pub of_etcd: bool,
}

/// A certificate that a CA signs.
pub struct Leaf {
    pub base: &'static str,
    pub authority: &'static Authority,
    /// None: the name of the node.
    pub common_name: Option<&'static str>,
    pub usages: &'static [ExtendedUsage],
    pub names: fn(&InitConfiguration, &ClusterConfiguration) -> Result<names::Names>,
}

const CLIENT: &[ExtendedUsage] = &[ExtendedUsage::ClientAuth];
const SERVER: &[ExtendedUsage] = &[ExtendedUsage::ServerAuth];
/// etcd's servers are each other's clients, and its gRPC gateway is one of its
/// own server (etcd #9785).
const BOTH: &[ExtendedUsage] = &[ExtendedUsage::ServerAuth, ExtendedUsage::ClientAuth];

pub const CA: Authority = Authority {
    base: "ca",
    common_name: "kubernetes",
    of_etcd: false,
};
pub const FRONT_PROXY_CA: Authority = Authority {
    base: "front-proxy-ca",
    common_name: "front-proxy-ca",
    of_etcd: false,
};
pub const ETCD_CA: Authority = Authority {
    base: "etcd/ca",
    common_name: "etcd-ca",
    of_etcd: true,
};

const fn client(
    base: &'static str,
    authority: &'static Authority,
    common_name: &'static str,
) -> Leaf {
    Leaf {
        base,
        authority,
        common_name: Some(common_name),
        usages: CLIENT,
        names: names::none,
    }
}

pub const APISERVER: Leaf = Leaf {
    base: "apiserver",
    authority: &CA,
    common_name: Some("kube-apiserver"),
    usages: SERVER,
    names: names::of_apiserver,
};
pub const APISERVER_KUBELET_CLIENT: Leaf = client(
    "apiserver-kubelet-client",
    &CA,
    "kube-apiserver-kubelet-client",
);
pub const FRONT_PROXY_CLIENT: Leaf =
    client("front-proxy-client", &FRONT_PROXY_CA, "front-proxy-client");
pub const ETCD_SERVER: Leaf = Leaf {
    base: "etcd/server",
    authority: &ETCD_CA,
    common_name: None,
    usages: BOTH,
    names: names::of_etcd_server,
};
pub const ETCD_PEER: Leaf = Leaf {
    base: "etcd/peer",
    authority: &ETCD_CA,
    common_name: None,
    usages: BOTH,
    names: names::of_etcd_peer,
};
pub const ETCD_HEALTHCHECK_CLIENT: Leaf = client(
    "etcd/healthcheck-client",
    &ETCD_CA,
    "kube-etcd-healthcheck-client",
);
pub const APISERVER_ETCD_CLIENT: Leaf = client(
    "apiserver-etcd-client",
    &ETCD_CA,
    "kube-apiserver-etcd-client",
);
