//! The kinds there are.

/// A kind of document that this distribution takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(missing_docs, reason = "each variant is the kind of that name")]
#[allow(clippy::enum_variant_names, reason = "they are the kinds' own names")]
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
    /// The kind of that name.
    pub fn named(name: &str) -> Option<Self> {
        [
            Self::InitConfiguration,
            Self::ClusterConfiguration,
            Self::JoinConfiguration,
            Self::ResetConfiguration,
            Self::UpgradeConfiguration,
            Self::KubeletConfiguration,
            Self::KubeProxyConfiguration,
        ]
        .into_iter()
        .find(|kind| kind.name() == name)
    }

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
