//! kubeadm.k8s.io/v1beta3 (kubeadm `app/apis/kubeadm/v1beta3/types.go`), where arguments are maps.

use super::core_v1::{BOOTSTRAP_TOKEN, TAINT};
use super::kubeadm::{
    ENDPOINT, FILE_DISCOVERY, JOIN_CONTROL_PLANE, NETWORKING, PATCHES, TOKEN_DISCOVERY, VOLUMES,
};
use super::{BOOL_MAP, Fields, STRING_MAP, STRINGS, Type};

const NODE_REGISTRATION: Type = Type::Object(&[
    ("name", Type::String),
    ("criSocket", Type::String),
    ("taints", Type::List(&TAINT)),
    ("kubeletExtraArgs", STRING_MAP),
    ("ignorePreflightErrors", STRINGS),
    ("imagePullPolicy", Type::String),
]);

const COMPONENT: Type = Type::Object(&[("extraArgs", STRING_MAP), ("extraVolumes", VOLUMES)]);

/// InitConfiguration
pub const INIT: Fields = &[
    ("bootstrapTokens", Type::List(&BOOTSTRAP_TOKEN)),
    ("nodeRegistration", NODE_REGISTRATION),
    ("localAPIEndpoint", ENDPOINT),
    ("certificateKey", Type::Secret),
    ("skipPhases", STRINGS),
    ("patches", PATCHES),
];

/// ClusterConfiguration
pub const CLUSTER: Fields = &[
    (
        "etcd",
        Type::Object(&[
            (
                "local",
                Type::Object(&[
                    ("imageRepository", Type::String),
                    ("imageTag", Type::String),
                    ("dataDir", Type::String),
                    ("extraArgs", STRING_MAP),
                    ("serverCertSANs", STRINGS),
                    ("peerCertSANs", STRINGS),
                ]),
            ),
            (
                "external",
                Type::Object(&[
                    ("endpoints", STRINGS),
                    ("caFile", Type::String),
                    ("certFile", Type::String),
                    ("keyFile", Type::String),
                ]),
            ),
        ]),
    ),
    ("networking", NETWORKING),
    ("kubernetesVersion", Type::String),
    ("controlPlaneEndpoint", Type::String),
    (
        "apiServer",
        Type::Object(&[
            ("extraArgs", STRING_MAP),
            ("extraVolumes", VOLUMES),
            ("certSANs", STRINGS),
            ("timeoutForControlPlane", Type::Duration),
        ]),
    ),
    ("controllerManager", COMPONENT),
    ("scheduler", COMPONENT),
    (
        "dns",
        Type::Object(&[
            ("imageRepository", Type::String),
            ("imageTag", Type::String),
        ]),
    ),
    ("certificatesDir", Type::String),
    ("imageRepository", Type::String),
    ("featureGates", BOOL_MAP),
    ("clusterName", Type::String),
];

/// JoinConfiguration
pub const JOIN: Fields = &[
    ("nodeRegistration", NODE_REGISTRATION),
    ("caCertPath", Type::String),
    (
        "discovery",
        Type::Object(&[
            ("bootstrapToken", TOKEN_DISCOVERY),
            ("file", FILE_DISCOVERY),
            ("tlsBootstrapToken", Type::Secret),
            ("timeout", Type::Duration),
        ]),
    ),
    ("controlPlane", JOIN_CONTROL_PLANE),
    ("skipPhases", STRINGS),
    ("patches", PATCHES),
];
