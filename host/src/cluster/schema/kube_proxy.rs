//! kubeproxy.config.k8s.io/v1alpha1 (k8s.io/kube-proxy config/v1alpha1/types.go at v1.36).

use super::core_v1::LOGGING;
use super::{BOOL_MAP, Fields, STRINGS, Type};

/// KubeProxyConfiguration
pub const KUBE_PROXY: Fields = &[
    ("featureGates", BOOL_MAP),
    (
        "clientConnection",
        Type::Object(&[
            ("kubeconfig", Type::String),
            ("acceptContentTypes", Type::String),
            ("contentType", Type::String),
            ("qps", Type::Float32),
            ("burst", Type::Int32),
        ]),
    ),
    ("logging", LOGGING),
    ("hostnameOverride", Type::String),
    ("bindAddress", Type::String),
    ("healthzBindAddress", Type::String),
    ("metricsBindAddress", Type::String),
    ("bindAddressHardFail", Type::Bool),
    ("enableProfiling", Type::Bool),
    ("showHiddenMetricsForVersion", Type::String),
    ("mode", Type::String),
    (
        "iptables",
        Type::Object(&[
            ("masqueradeBit", Type::Int32),
            ("masqueradeAll", Type::Bool),
            ("localhostNodePorts", Type::Bool),
            ("syncPeriod", Type::Duration),
            ("minSyncPeriod", Type::Duration),
        ]),
    ),
    (
        "ipvs",
        Type::Object(&[
            ("syncPeriod", Type::Duration),
            ("minSyncPeriod", Type::Duration),
            ("scheduler", Type::String),
            ("excludeCIDRs", STRINGS),
            ("strictARP", Type::Bool),
            ("tcpTimeout", Type::Duration),
            ("tcpFinTimeout", Type::Duration),
            ("udpTimeout", Type::Duration),
        ]),
    ),
    (
        "nftables",
        Type::Object(&[
            ("masqueradeBit", Type::Int32),
            ("masqueradeAll", Type::Bool),
            ("syncPeriod", Type::Duration),
            ("minSyncPeriod", Type::Duration),
        ]),
    ),
    (
        "winkernel",
        Type::Object(&[
            ("networkName", Type::String),
            ("sourceVip", Type::String),
            ("enableDSR", Type::Bool),
            ("rootHnsEndpointName", Type::String),
            ("forwardHealthCheckVip", Type::Bool),
        ]),
    ),
    ("detectLocalMode", Type::String),
    (
        "detectLocal",
        Type::Object(&[
            ("bridgeInterface", Type::String),
            ("interfaceNamePrefix", Type::String),
        ]),
    ),
    ("clusterCIDR", Type::String),
    ("nodePortAddresses", STRINGS),
    ("oomScoreAdj", Type::Int32),
    (
        "conntrack",
        Type::Object(&[
            ("maxPerCore", Type::Int32),
            ("min", Type::Int32),
            ("tcpEstablishedTimeout", Type::Duration),
            ("tcpCloseWaitTimeout", Type::Duration),
            ("tcpBeLiberal", Type::Bool),
            ("udpTimeout", Type::Duration),
            ("udpStreamTimeout", Type::Duration),
        ]),
    ),
    ("configSyncPeriod", Type::Duration),
    ("portRange", Type::String),
    ("windowsRunAsService", Type::Bool),
];
