//! kubeadm.k8s.io/v1beta4 (kubeadm `app/apis/kubeadm/v1beta4/types.go`).

use super::core_v1::{BOOTSTRAP_TOKEN, ENV_VAR, TAINT};
use super::{BOOL_MAP, Fields, STRINGS, Type};

const ARGS: Type = Type::List(&Type::Object(&[
    ("name", Type::String),
    ("value", Type::String),
]));
const ENVS: Type = Type::List(&ENV_VAR);

/// Host volumes of a component.
pub const VOLUMES: Type = Type::List(&Type::Object(&[
    ("name", Type::String),
    ("hostPath", Type::String),
    ("mountPath", Type::String),
    ("readOnly", Type::Bool),
    ("pathType", Type::String),
]));
/// `localAPIEndpoint`
pub const ENDPOINT: Type = Type::Object(&[
    ("advertiseAddress", Type::String),
    ("bindPort", Type::Int32),
]);
/// `patches`
pub const PATCHES: Type = Type::Object(&[("directory", Type::String)]);
/// `networking`
pub const NETWORKING: Type = Type::Object(&[
    ("serviceSubnet", Type::String),
    ("podSubnet", Type::String),
    ("dnsDomain", Type::String),
]);
/// `controlPlane` of a JoinConfiguration
pub const JOIN_CONTROL_PLANE: Type = Type::Object(&[
    ("localAPIEndpoint", ENDPOINT),
    ("certificateKey", Type::Secret),
]);
/// `discovery.bootstrapToken`
pub const TOKEN_DISCOVERY: Type = Type::Object(&[
    ("token", Type::Secret),
    ("apiServerEndpoint", Type::String),
    ("caCertHashes", STRINGS),
    ("unsafeSkipCAVerification", Type::Bool),
]);
/// `discovery.file`
pub const FILE_DISCOVERY: Type = Type::Object(&[("kubeConfigPath", Type::String)]);

const TIMEOUTS: Type = Type::Object(&[
    ("controlPlaneComponentHealthCheck", Type::Duration),
    ("kubeletHealthCheck", Type::Duration),
    ("kubernetesAPICall", Type::Duration),
    ("etcdAPICall", Type::Duration),
    ("tlsBootstrap", Type::Duration),
    ("discovery", Type::Duration),
    ("upgradeManifests", Type::Duration),
]);

const NODE_REGISTRATION: Type = Type::Object(&[
    ("name", Type::String),
    ("criSocket", Type::String),
    ("taints", Type::List(&TAINT)),
    ("kubeletExtraArgs", ARGS),
    ("ignorePreflightErrors", STRINGS),
    ("imagePullPolicy", Type::String),
    ("imagePullSerial", Type::Bool),
]);

const COMPONENT: Type = Type::Object(&[
    ("extraArgs", ARGS),
    ("extraVolumes", VOLUMES),
    ("extraEnvs", ENVS),
]);

/// InitConfiguration
pub const INIT: Fields = &[
    ("bootstrapTokens", Type::List(&BOOTSTRAP_TOKEN)),
    ("dryRun", Type::Bool),
    ("nodeRegistration", NODE_REGISTRATION),
    ("localAPIEndpoint", ENDPOINT),
    ("certificateKey", Type::Secret),
    ("skipPhases", STRINGS),
    ("patches", PATCHES),
    ("timeouts", TIMEOUTS),
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
                    ("extraArgs", ARGS),
                    ("extraEnvs", ENVS),
                    ("serverCertSANs", STRINGS),
                    ("peerCertSANs", STRINGS),
                ]),
            ),
            (
                "external",
                Type::Object(&[
                    ("endpoints", STRINGS),
                    ("httpEndpoints", STRINGS),
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
            ("extraArgs", ARGS),
            ("extraVolumes", VOLUMES),
            ("extraEnvs", ENVS),
            ("certSANs", STRINGS),
        ]),
    ),
    ("controllerManager", COMPONENT),
    ("scheduler", COMPONENT),
    (
        "dns",
        Type::Object(&[
            ("imageRepository", Type::String),
            ("imageTag", Type::String),
            ("disabled", Type::Bool),
        ]),
    ),
    ("proxy", Type::Object(&[("disabled", Type::Bool)])),
    ("certificatesDir", Type::String),
    ("imageRepository", Type::String),
    ("featureGates", BOOL_MAP),
    ("clusterName", Type::String),
    ("encryptionAlgorithm", Type::String),
    ("certificateValidityPeriod", Type::Duration),
    ("caCertificateValidityPeriod", Type::Duration),
];

/// JoinConfiguration
pub const JOIN: Fields = &[
    ("dryRun", Type::Bool),
    ("nodeRegistration", NODE_REGISTRATION),
    ("caCertPath", Type::String),
    (
        "discovery",
        Type::Object(&[
            ("bootstrapToken", TOKEN_DISCOVERY),
            ("file", FILE_DISCOVERY),
            ("tlsBootstrapToken", Type::Secret),
        ]),
    ),
    ("controlPlane", JOIN_CONTROL_PLANE),
    ("skipPhases", STRINGS),
    ("patches", PATCHES),
    ("timeouts", TIMEOUTS),
];

/// ResetConfiguration
pub const RESET: Fields = &[
    ("cleanupTmpDir", Type::Bool),
    ("certificatesDir", Type::String),
    ("criSocket", Type::String),
    ("dryRun", Type::Bool),
    ("force", Type::Bool),
    ("ignorePreflightErrors", STRINGS),
    ("skipPhases", STRINGS),
    ("unmountFlags", STRINGS),
    ("timeouts", TIMEOUTS),
];

/// UpgradeConfiguration
pub const UPGRADE: Fields = &[
    (
        "apply",
        Type::Object(&[
            ("kubernetesVersion", Type::String),
            ("allowExperimentalUpgrades", Type::Bool),
            ("allowRCUpgrades", Type::Bool),
            ("certificateRenewal", Type::Bool),
            ("dryRun", Type::Bool),
            ("etcdUpgrade", Type::Bool),
            ("forceUpgrade", Type::Bool),
            ("ignorePreflightErrors", STRINGS),
            ("patches", PATCHES),
            ("printConfig", Type::Bool),
            ("skipPhases", STRINGS),
            ("imagePullPolicy", Type::String),
            ("imagePullSerial", Type::Bool),
        ]),
    ),
    (
        "diff",
        Type::Object(&[
            ("kubernetesVersion", Type::String),
            ("contextLines", Type::Int64),
        ]),
    ),
    (
        "node",
        Type::Object(&[
            ("certificateRenewal", Type::Bool),
            ("dryRun", Type::Bool),
            ("etcdUpgrade", Type::Bool),
            ("ignorePreflightErrors", STRINGS),
            ("skipPhases", STRINGS),
            ("patches", PATCHES),
            ("imagePullPolicy", Type::String),
            ("imagePullSerial", Type::Bool),
        ]),
    ),
    (
        "plan",
        Type::Object(&[
            ("kubernetesVersion", Type::String),
            ("allowExperimentalUpgrades", Type::Bool),
            ("allowRCUpgrades", Type::Bool),
            ("dryRun", Type::Bool),
            ("etcdUpgrade", Type::Bool),
            ("ignorePreflightErrors", STRINGS),
            ("printConfig", Type::Bool),
        ]),
    ),
    ("timeouts", TIMEOUTS),
];
