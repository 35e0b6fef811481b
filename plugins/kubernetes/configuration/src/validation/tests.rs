mod cluster;
mod early;

use serde_json::{Value, json};

use super::*;
use crate::documents::{Document, Documents};
use crate::facts::NodeDefaults;
use crate::load;

fn document(kind: &str, mut fields: Value) -> Value {
    fields["apiVersion"] = "kubeadm.k8s.io/v1beta4".into();
    fields["kind"] = kind.into();
    fields
}

fn facts() -> NodeDefaults {
    NodeDefaults {
        hostname: "cp-1".into(),
        default_address: "10.66.0.31".parse().ok(),
        ..NodeDefaults::default()
    }
}

/// Errors and warnings of a file with one document, after defaults.
fn check(kind: &str, fields: Value) -> (String, Vec<String>) {
    let documents = Documents::read([&document(kind, fields)], Some("k.yaml")).unwrap();
    let result = match kind {
        "JoinConfiguration" => load::complete_join(documents, &facts()).map(|l| l.warnings),
        "ResetConfiguration" => load::complete_reset(documents, &facts()).map(|(_, w)| w),
        "UpgradeConfiguration" => load::complete_upgrade(documents).map(|(_, w)| w),
        _ => load::complete_init(documents, &facts()).map(|l| l.warnings),
    };
    match result {
        Ok(warnings) => (String::new(), warnings),
        Err(error) => (error.to_string(), Vec::new()),
    }
}

#[track_caller]
fn table(kind: &str, cases: Vec<(&str, Value, &str)>) {
    for (name, fields, expected) in cases {
        let (error, _) = check(kind, fields);
        if expected.is_empty() {
            assert_eq!(error, "", "{name}");
        } else {
            assert!(
                error.contains(expected),
                "{name}: {error}\n instead of {expected}"
            );
        }
    }
}

#[test]
fn init_configurations() {
    let token = |fields: Value| json!({"bootstrapTokens": [fields]});
    table(
        InitConfiguration::KIND,
        vec![
            ("nothing set", json!({}), ""),
            (
                "name",
                json!({"nodeRegistration": {"name": "cp_1"}}),
                "InitConfiguration.nodeRegistration.name: Invalid value: \"cp_1\"",
            ),
            (
                "socket scheme",
                json!({"nodeRegistration": {"criSocket": "unixx://x"}}),
                "only URL scheme \"unix\" is supported, got \"unixx\"",
            ),
            (
                "policy",
                json!({"nodeRegistration": {"imagePullPolicy": "Sometimes"}}),
                "imagePullPolicy: Invalid value: \"Sometimes\": invalid pull policy",
            ),
            (
                "nameless argument",
                json!({"nodeRegistration": {"kubeletExtraArgs": [{"value": "1"}]}}),
                "argument has no name",
            ),
            (
                "port",
                json!({"localAPIEndpoint": {"bindPort": 70000}}),
                "localAPIEndpoint.bindPort: Invalid value: \"70000\": port number is not valid",
            ),
            (
                "negative port",
                json!({"localAPIEndpoint": {"bindPort": -1}}),
                "port number is not valid",
            ),
            (
                "expired",
                token(json!({"ttl": "-1h"})),
                "bootstrapTokens[0].ttl: Invalid value: \"-1h0m0s\": a token can not expire before it is made",
            ),
            (
                "negative timeout",
                json!({"timeouts": {"kubeletHealthCheck": "-1m"}}),
                "InitConfiguration.timeouts.kubeletHealthCheck: Invalid value: \"-1m0s\": a time to wait can not be negative",
            ),
            (
                "both ends",
                token(json!({"ttl": "1h", "expires": "2027-01-01T00:00:00Z"})),
                "bootstrapTokens[0]: Invalid value: \"\": the BootstrapToken .TTL and .Expires fields are mutually exclusive",
            ),
            (
                "an end",
                token(json!({"expires": "2027-01-01T00:00:00Z"})),
                "",
            ),
            (
                "usage",
                token(json!({"usages": ["signing", "mining"]})),
                "invalid bootstrap token usage string: mining, valid usage options: signing,authentication",
            ),
            (
                "group",
                token(json!({"groups": ["system:masters"]})),
                "bootstrap group \"system:masters\" is invalid (must match \\Asystem:bootstrappers:",
            ),
            (
                "groups without authentication",
                token(json!({"usages": ["signing"]})),
                "token groups cannot be specified unless --usages includes \"authentication\"",
            ),
            (
                "same id",
                json!({"bootstrapTokens": [{"token": "abcdef.0123456789abcdef"}, {"token": "abcdef.fedcba9876543210"}]}),
                "bootstrapTokens[1].token: Invalid value: <sealed>: the token id \"abcdef\" is used by another token",
            ),
            (
                "two tokens",
                json!({"bootstrapTokens": [{"token": "abcdef.0123456789abcdef"}, {"token": "abcdeg.0123456789abcdef", "ttl": "0s"}, {}]}),
                "",
            ),
            (
                "key not hex",
                json!({"certificateKey": "secret"}),
                "certificateKey: Invalid value: <sealed>: certificate key decoding error",
            ),
            (
                "short key",
                json!({"certificateKey": "c0ffee"}),
                "<sealed>: invalid certificate key size 3, the key must be an AES key of size 32",
            ),
            ("key", json!({"certificateKey": "ab".repeat(32)}), ""),
        ],
    );
}

#[test]
fn join_configurations() {
    let token = "abcdef.0123456789abcdef";
    let pin = format!("sha256:{}", "ab".repeat(32));
    let by_token = |fields: Value| json!({"discovery": {"bootstrapToken": fields}});
    let by_file = |path: &str| json!({"discovery": {"file": {"kubeConfigPath": path}}});
    table(
        JoinConfiguration::KIND,
        vec![
            (
                "token",
                by_token(
                    json!({"token": token, "apiServerEndpoint": "10.0.0.1:6443", "caCertHashes": [pin]}),
                ),
                "",
            ),
            (
                "no discovery",
                json!({}),
                "JoinConfiguration.discovery: Invalid value: \"\": bootstrapToken or file must be set",
            ),
            (
                "both",
                json!({"discovery": {"bootstrapToken": {"token": token}, "file": {"kubeConfigPath": "/x"}}}),
                "bootstrapToken and file cannot both be set",
            ),
            (
                "no pins",
                by_token(json!({"token": token, "apiServerEndpoint": "10.0.0.1:6443"})),
                "using token-based discovery without caCertHashes can be unsafe",
            ),
            (
                "bad pin",
                by_token(
                    json!({"token": token, "apiServerEndpoint": "10.0.0.1:6443", "caCertHashes": ["sha256:ab"]}),
                ),
                "caCertHashes: Invalid value: \"sha256:ab\"",
            ),
            (
                "no port",
                by_token(
                    json!({"token": token, "apiServerEndpoint": "10.0.0.1", "unsafeSkipCAVerification": true}),
                ),
                "apiServerEndpoint: Invalid value: \"10.0.0.1\": address 10.0.0.1: missing port in address",
            ),
            (
                "no endpoint",
                by_token(json!({"token": token, "unsafeSkipCAVerification": true})),
                "APIServerEndpoint is not set",
            ),
            (
                "bad token",
                by_token(
                    json!({"token": "nonsense-token", "apiServerEndpoint": "a:1", "unsafeSkipCAVerification": true}),
                ),
                "discovery.bootstrapToken.token: Invalid value: <sealed>: the bootstrap token is invalid",
            ),
            ("file", by_file("/etc/kubernetes/discovery.conf"), ""),
            ("URL", by_file("https://example/discovery.conf"), ""),
            (
                "plain URL",
                by_file("http://example/discovery.conf"),
                "if a URL is used, the scheme must be https",
            ),
            (
                "no path",
                by_file(""),
                "not a valid HTTPS URL or a file on disk",
            ),
            (
                "relative CA path",
                json!({"caCertPath": "ca.crt", "discovery": {"file": {"kubeConfigPath": "/x"}}}),
                "caCertPath: Invalid value: \"ca.crt\"",
            ),
            (
                "control plane port",
                json!({"controlPlane": {"localAPIEndpoint": {"bindPort": 70000}}, "discovery": {"file": {"kubeConfigPath": "/x"}}}),
                "controlPlane.localAPIEndpoint.bindPort",
            ),
        ],
    );
}

#[test]
fn reset_and_upgrade_configurations() {
    table(
        ResetConfiguration::KIND,
        vec![
            ("nothing set", json!({}), ""),
            (
                "unmount flag",
                json!({"unmountFlags": ["MNT_DETACH", "MNT_NOW"]}),
                "unmountFlags: Invalid value: \"index 1\": unknown unmount flag MNT_NOW",
            ),
            (
                "relative path",
                json!({"certificatesDir": "pki"}),
                "path is not absolute",
            ),
        ],
    );
    table(
        UpgradeConfiguration::KIND,
        vec![
            ("nothing set", json!({}), ""),
            (
                "relative patches",
                json!({"apply": {"patches": {"directory": "p"}}}),
                "UpgradeConfiguration.apply.patches.directory",
            ),
            (
                "policy",
                json!({"node": {"imagePullPolicy": "x"}}),
                "UpgradeConfiguration.node.imagePullPolicy",
            ),
        ],
    );
}

#[test]
fn warnings() {
    let cases = [
        (
            "long leaf",
            json!({"certificateValidityPeriod": "8761h"}),
            "certificateValidityPeriod: the value 8761h0m0s is more than the recommended default for certificate expiration: 8760h0m0s",
        ),
        (
            "long CA",
            json!({"caCertificateValidityPeriod": "87601h"}),
            "CA certificate expiration",
        ),
        (
            "leaf outlives CA",
            json!({"caCertificateValidityPeriod": "1h"}),
            "is more than the caCertificateValidityPeriod: 1h0m0s",
        ),
        (
            "site local",
            json!({"networking": {"podSubnet": "fec0::/48"}}),
            "site-local addresses",
        ),
        (
            "label",
            json!({"kubernetesVersion": "latest"}),
            "\"latest\" is not looked up on the internet; using v1.36.2",
        ),
        (
            "too new",
            json!({"kubernetesVersion": "v1.38.0"}),
            "Kubernetes version is greater than",
        ),
        (
            "etcd for a new version",
            json!({"kubernetesVersion": "v1.38.0"}),
            "could not find officially supported version of etcd",
        ),
        (
            "deprecated gate",
            json!({"featureGates": {"PublicKeysECDSA": true}}),
            "will be removed",
        ),
    ];
    for (name, fields, expected) in cases {
        let (error, warnings) = check(ClusterConfiguration::KIND, fields);
        assert_eq!(error, "", "{name}");
        assert!(
            warnings.iter().any(|w| w.contains(expected)),
            "{name}: {warnings:?}"
        );
    }
}

#[test]
fn everything_wrong_is_reported_at_once() {
    let (error, _) = check(
        ClusterConfiguration::KIND,
        json!({"certificatesDir": "pki", "encryptionAlgorithm": "x", "networking": {"podSubnet": "y"}}),
    );
    assert_eq!(error.lines().count(), 3, "{error}");
}

#[test]
fn ignored_checks_are_united() {
    let list = |names: &[&str]| names.iter().map(|n| (*n).to_owned()).collect::<Vec<_>>();
    let united = |flags: &[&str], file: &[&str]| {
        ignored_preflight_errors(&list(flags), &list(file), "A.field")
    };
    assert_eq!(
        united(&["Swap"], &["NumCPU", "swap"]).unwrap(),
        ["numcpu", "swap"]
    );
    for (case, flags, file, path, hint) in [
        (
            "the file alone",
            &[][..],
            &["all", "Swap"][..],
            "A.field",
            "keep 'all' or",
        ),
        (
            "the flag alone",
            &["Swap", "ALL"],
            &[],
            IGNORE_PREFLIGHT_ERRORS,
            "keep 'all' or",
        ),
        (
            "both",
            &["all"],
            &["Swap"],
            IGNORE_PREFLIGHT_ERRORS,
            "taken together",
        ),
    ] {
        let error = united(flags, file).unwrap_err();
        assert_eq!(error.path, path, "{case}");
        let said = error.said();
        assert!(
            said.contains("don't specify individual checks if 'all' is used")
                && said.contains(hint),
            "{case}: {said}"
        );
    }
}
