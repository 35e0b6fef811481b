//! Feature gates of `init` (kubeadm `app/features/features.go` at v1.36.2).

use std::collections::BTreeMap;

use kubewright_values::meant::meant;

/// A feature gate that a cluster configuration may set.
#[derive(Clone, Copy, Debug)]
pub struct FeatureGate {
    /// The key in `featureGates`.
    pub name: &'static str,
    /// The value when the user does not set it.
    pub default: bool,
    /// Whether it can only be "set" to its default.
    pub locked: bool,
    /// What to use instead.
    pub advice: Option<&'static str>,
}

/// The socket of the container runtime is read from the node, not from an annotation.
pub const NODE_LOCAL_CRI_SOCKET: FeatureGate = FeatureGate {
    name: "NodeLocalCRISocket",
    default: true,
    locked: true,
    advice: None,
};
/// ECDSA P-256 keys; superseded by `encryptionAlgorithm`.
pub const PUBLIC_KEYS_ECDSA: FeatureGate = FeatureGate {
    name: "PublicKeysECDSA",
    default: false,
    locked: false,
    advice: Some("set ClusterConfiguration.encryptionAlgorithm instead"),
};
/// Control plane components run as users of their own.
pub const ROOTLESS_CONTROL_PLANE: FeatureGate = FeatureGate {
    name: "RootlessControlPlane",
    default: false,
    locked: false,
    advice: Some("the kubelet feature UserNamespacesSupport will take its place"),
};

/// All gates, by name.
pub const ALL: [FeatureGate; 3] = [
    NODE_LOCAL_CRI_SOCKET,
    PUBLIC_KEYS_ECDSA,
    ROOTLESS_CONTROL_PLANE,
];

/// Why a `--feature-gates` value can not be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FeatureError {
    /// An entry without `=`.
    #[error("missing bool value for feature-gate key:{0}")]
    MissingValue(String),
    /// A gate nobody knows.
    #[error("unrecognized feature-gate key: {key}; {instead}", instead = instead(key))]
    Unknown {
        /// The key as given.
        key: String,
    },
    /// A value that is not one of Go's booleans.
    #[error("invalid value {value} for feature-gate key: {key}, use true|false instead")]
    NotABool {
        /// The key as given.
        key: String,
        /// The value as given.
        value: String,
    },
}

/// Gates that once were, and are on for ever.
const ALWAYS_ON: [&str; 3] = [
    "ControlPlaneKubeletLocalMode",
    "EtcdLearnerMode",
    "WaitForAllControlPlaneComponents",
];

/// What to write instead of a gate that is none of kubeadm's.
pub fn instead(name: &str) -> String {
    if ALWAYS_ON.contains(&name) {
        return "it has gone and is always on; take it out".to_owned();
    }
    if let Some(meant) = meant(name, ALL.map(|gate| gate.name)) {
        return format!("did you mean {meant:?}?");
    }
    format!(
        "known are {}. Gates of the kubelet and of kube-proxy go into featureGates of \
         KubeletConfiguration and KubeProxyConfiguration, those of the control plane into the \
         argument feature-gates in extraArgs of each component",
        known_names()
    )
}

/// The gate of that name.
pub fn find(name: &str) -> Option<&'static FeatureGate> {
    ALL.iter().find(|gate| gate.name == name)
}

/// All names, for messages.
pub fn known_names() -> String {
    ALL.map(|gate| gate.name).join(", ")
}

/// Reads `a=true,b=false`, the value of `--feature-gates`.
pub fn parse(text: &str) -> Result<BTreeMap<String, bool>, FeatureError> {
    let mut set = BTreeMap::new();
    for entry in text.split(',').filter(|entry| !entry.is_empty()) {
        let Some((key, value)) = entry.split_once('=') else {
            return Err(FeatureError::MissingValue(entry.to_owned()));
        };
        let (key, value) = (key.trim(), value.trim());
        if find(key).is_none() {
            return Err(FeatureError::Unknown {
                key: key.to_owned(),
            });
        }
        let value = parse_bool(value).ok_or_else(|| FeatureError::NotABool {
            key: key.to_owned(),
            value: value.to_owned(),
        })?;
        set.insert(key.to_owned(), value);
    }
    Ok(set)
}

/// The spellings Go's `strconv.ParseBool` takes.
fn parse_bool(text: &str) -> Option<bool> {
    match text {
        "1" | "t" | "T" | "true" | "TRUE" | "True" => Some(true),
        "0" | "f" | "F" | "false" | "FALSE" | "False" => Some(false),
        _ => None,
    }
}

/// What to tell a user about the gates that are set: deprecations and locked values.
pub fn warnings(set: &BTreeMap<String, bool>) -> Vec<String> {
    let mut warnings = Vec::new();
    for (name, value) in set {
        let Some(gate) = find(name) else { continue };
        if gate.locked && *value != gate.default {
            warnings.push(format!(
                "the feature gate {name} is to stay {}, and will be removed in a future release; \
                 {name}={value} still takes effect, as in kubeadm",
                gate.default
            ));
        }
        if let Some(advice) = gate.advice {
            warnings.push(format!(
                "the feature gate {name}={value} will be removed in a future release: {advice}"
            ));
        }
    }
    warnings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gates_are_parsed() {
        let cases = [
            ("none", "", Ok(vec![])),
            (
                "one",
                "PublicKeysECDSA=true",
                Ok(vec![("PublicKeysECDSA", true)]),
            ),
            (
                "two, spaced, short bools",
                " PublicKeysECDSA = T,RootlessControlPlane=0,",
                Ok(vec![
                    ("PublicKeysECDSA", true),
                    ("RootlessControlPlane", false),
                ]),
            ),
            ("no value", "PublicKeysECDSA", Err("missing bool value")),
            (
                "unknown",
                "Nonsense=true",
                Err("unrecognized feature-gate key: Nonsense"),
            ),
            ("no bool", "PublicKeysECDSA=yes", Err("invalid value yes")),
        ];
        for (name, text, expected) in cases {
            match (parse(text), expected) {
                (Ok(set), Ok(expected)) => {
                    let expected = expected
                        .into_iter()
                        .map(|(k, v)| (k.to_owned(), v))
                        .collect();
                    assert_eq!(set, expected, "{name}");
                }
                (Err(error), Err(part)) => {
                    assert!(error.to_string().contains(part), "{name}: {error}")
                }
                (got, expected) => panic!("{name}: {got:?} instead of {expected:?}"),
            }
        }
    }

    #[test]
    fn a_locked_gate_set_against_its_default_is_warned_about() {
        let set = parse("NodeLocalCRISocket=false").unwrap();
        assert!(
            warnings(&set)
                .iter()
                .any(|w| w.contains("still takes effect"))
        );
        assert!(warnings(&parse("NodeLocalCRISocket=true").unwrap()).is_empty());
    }
}
