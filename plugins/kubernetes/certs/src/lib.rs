//! The phases `certs/*`: keys and certificates of a control plane (kubeadm
//! `app/phases/certs/certlist.go`, `app/cmd/phases/init/certs.go`).

mod catalogue;
mod issue;
mod names;

use catalogue::{
    APISERVER, APISERVER_ETCD_CLIENT, APISERVER_KUBELET_CLIENT, CA, ETCD_CA,
    ETCD_HEALTHCHECK_CLIENT, ETCD_PEER, ETCD_SERVER, FRONT_PROXY_CA, FRONT_PROXY_CLIENT,
};
use issue::{authority, leaf, service_account};

kubewright_plugin::phases! {
    summary: "Keys and certificates of a control plane",
    "certs/ca": "Generate the self-signed Kubernetes CA to provision identities for other Kubernetes components"
        => |document| authority(document, &CA),
    "certs/apiserver": "Generate the certificate for serving the Kubernetes API"
        => |document| leaf(document, &APISERVER),
    "certs/apiserver-kubelet-client": "Generate the certificate for the API server to connect to kubelet"
        => |document| leaf(document, &APISERVER_KUBELET_CLIENT),
    "certs/front-proxy-ca": "Generate the self-signed CA to provision identities for front proxy"
        => |document| authority(document, &FRONT_PROXY_CA),
    "certs/front-proxy-client": "Generate the certificate for the front proxy client"
        => |document| leaf(document, &FRONT_PROXY_CLIENT),
    "certs/etcd-ca": "Generate the self-signed CA to provision identities for etcd"
        => |document| authority(document, &ETCD_CA),
    "certs/etcd-server": "Generate the certificate for serving etcd"
        => |document| leaf(document, &ETCD_SERVER),
    "certs/etcd-peer": "Generate the certificate for etcd nodes to communicate with each other"
        => |document| leaf(document, &ETCD_PEER),
    "certs/etcd-healthcheck-client": "Generate the certificate for liveness probes to healthcheck etcd"
        => |document| leaf(document, &ETCD_HEALTHCHECK_CLIENT),
    "certs/apiserver-etcd-client": "Generate the certificate the apiserver uses to access etcd"
        => |document| leaf(document, &APISERVER_ETCD_CLIENT),
    "certs/sa": "Generate a private key for signing service account tokens along with its public key"
        => service_account,
}
