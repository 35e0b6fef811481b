//! Which fields each kind of document has, and of which type. One table per kind; the reader
//! decodes against it, so that every unknown or mistyped field is found and named.

mod core_v1;
mod declared;
mod elsewhere;
mod kube_proxy;
mod kubeadm;
mod kubelet;
mod v1beta3;

pub use declared::declared;
pub use elsewhere::{gone, places};

/// The type of a field. JSON null is taken as "unset" for all of them, as Go does.
#[derive(Clone, Copy, Debug)]
pub enum Type {
    /// A text.
    String,
    /// A text that no message may show.
    Secret,
    /// A bootstrap token; no message may show it.
    Token,
    /// True or false.
    Bool,
    /// A whole number of 32 bits.
    Int32,
    /// A whole number of 64 bits.
    Int64,
    /// A whole number of 32 bits that is not negative.
    UInt32,
    /// Any number.
    Float,
    /// Any number, kept in 32 bits.
    Float32,
    /// A Go duration as text.
    Duration,
    /// A Go duration as text, or nanoseconds as a number.
    DurationOrNanoseconds,
    /// An RFC 3339 time as text.
    Time,
    /// A resource quantity: a text or a number.
    Quantity,
    /// A list.
    List(&'static Type),
    /// A map from texts.
    Map(&'static Type),
    /// An object with these fields and no other.
    Object(&'static [(&'static str, Type)]),
}

/// The fields of an object.
pub type Fields = &'static [(&'static str, Type)];

/// A list of texts.
const STRINGS: Type = Type::List(&Type::String);
/// A map from texts to texts.
const STRING_MAP: Type = Type::Map(&Type::String);
/// Feature gates.
const BOOL_MAP: Type = Type::Map(&Type::Bool);

/// A kind of document the reader knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(missing_docs, reason = "each variant is the kind of that name")]
pub enum Kind {
    InitConfiguration,
    ClusterConfiguration,
    JoinConfiguration,
    ResetConfiguration,
    UpgradeConfiguration,
    KubeletConfiguration,
    KubeProxyConfiguration,
}

impl Kind {
    /// The value of the `kind` field.
    pub fn name(self) -> &'static str {
        match self {
            Self::InitConfiguration => "InitConfiguration",
            Self::ClusterConfiguration => "ClusterConfiguration",
            Self::JoinConfiguration => "JoinConfiguration",
            Self::ResetConfiguration => "ResetConfiguration",
            Self::UpgradeConfiguration => "UpgradeConfiguration",
            Self::KubeletConfiguration => "KubeletConfiguration",
            Self::KubeProxyConfiguration => "KubeProxyConfiguration",
        }
    }
}

/// The version of a kind, where it matters for reading.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Version {
    /// The only or current one.
    Current,
    /// kubeadm.k8s.io/v1beta3: read, converted, warned about.
    V1Beta3,
}

/// API group of kubeadm's documents.
pub const KUBEADM_GROUP: &str = "kubeadm.k8s.io";
/// `apiVersion` of a KubeletConfiguration.
pub const KUBELET_API_VERSION: &str = "kubelet.config.k8s.io/v1beta1";
/// `apiVersion` of a KubeProxyConfiguration.
pub const KUBE_PROXY_API_VERSION: &str = "kubeproxy.config.k8s.io/v1alpha1";

/// The kind behind an `apiVersion` and a `kind`, with its fields.
pub fn find(api_version: &str, kind: &str) -> Option<(Kind, Version, Fields)> {
    use Kind::*;
    let found = match (api_version, kind) {
        ("kubeadm.k8s.io/v1beta4", "InitConfiguration") => (InitConfiguration, kubeadm::INIT),
        ("kubeadm.k8s.io/v1beta4", "ClusterConfiguration") => {
            (ClusterConfiguration, kubeadm::CLUSTER)
        }
        ("kubeadm.k8s.io/v1beta4", "JoinConfiguration") => (JoinConfiguration, kubeadm::JOIN),
        ("kubeadm.k8s.io/v1beta4", "ResetConfiguration") => (ResetConfiguration, kubeadm::RESET),
        ("kubeadm.k8s.io/v1beta4", "UpgradeConfiguration") => {
            (UpgradeConfiguration, kubeadm::UPGRADE)
        }
        (KUBELET_API_VERSION, "KubeletConfiguration") => (KubeletConfiguration, kubelet::KUBELET),
        (KUBE_PROXY_API_VERSION, "KubeProxyConfiguration") => {
            (KubeProxyConfiguration, kube_proxy::KUBE_PROXY)
        }
        ("kubeadm.k8s.io/v1beta3", _) => {
            let (kind, fields) = match kind {
                "InitConfiguration" => (InitConfiguration, v1beta3::INIT),
                "ClusterConfiguration" => (ClusterConfiguration, v1beta3::CLUSTER),
                "JoinConfiguration" => (JoinConfiguration, v1beta3::JOIN),
                _ => return None,
            };
            return Some((kind, Version::V1Beta3, fields));
        }
        _ => return None,
    };
    Some((found.0, Version::Current, found.1))
}

/// All `apiVersion`, `kind` pairs that are read, for messages.
pub const KNOWN: [(&str, &str); 10] = [
    ("kubeadm.k8s.io/v1beta4", "InitConfiguration"),
    ("kubeadm.k8s.io/v1beta4", "ClusterConfiguration"),
    ("kubeadm.k8s.io/v1beta4", "JoinConfiguration"),
    ("kubeadm.k8s.io/v1beta4", "ResetConfiguration"),
    ("kubeadm.k8s.io/v1beta4", "UpgradeConfiguration"),
    ("kubeadm.k8s.io/v1beta3", "InitConfiguration"),
    ("kubeadm.k8s.io/v1beta3", "ClusterConfiguration"),
    ("kubeadm.k8s.io/v1beta3", "JoinConfiguration"),
    (KUBELET_API_VERSION, "KubeletConfiguration"),
    (KUBE_PROXY_API_VERSION, "KubeProxyConfiguration"),
];

#[cfg(test)]
mod tests;
