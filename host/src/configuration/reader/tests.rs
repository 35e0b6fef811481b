mod lenient;
mod quirks;

use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::distribution::Distribution;

/// Of the default distribution, whose files kubeadm reads, too.
fn configuration() -> &'static DeclaredConfiguration {
    static ONCE: std::sync::LazyLock<DeclaredConfiguration> = std::sync::LazyLock::new(|| {
        let distribution = Distribution::load("kubernetes").unwrap();
        distribution.configuration.unwrap()
    });
    &ONCE
}

fn read(text: &str, file: &str, options: ReadOptions<'_>) -> Result<Documents, ReadError> {
    super::read(text, file, configuration(), options)
}

/// The fields of a document of the kind.
fn of_kind(read: &Documents, kind: &str) -> Value {
    let mut documents = read.documents.iter();
    let mut found = documents
        .find(|one| one["kind"] == kind)
        .cloned()
        .unwrap_or_default();
    if let Value::Object(fields) = &mut found {
        fields.remove("apiVersion");
        fields.remove("kind");
    }
    found
}

const CLUSTER: &str = "apiVersion: kubeadm.k8s.io/v1beta4\nkind: ClusterConfiguration\n";
const INIT: &str = "apiVersion: kubeadm.k8s.io/v1beta4\nkind: InitConfiguration\n";
const KUBELET: &str = "apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\n";
const PROXY: &str = "apiVersion: kubeproxy.config.k8s.io/v1alpha1\nkind: KubeProxyConfiguration\n";

fn problems(text: &str) -> Vec<String> {
    match read(text, "k.yaml", ReadOptions::default()) {
        Ok(_) => Vec::new(),
        Err(error) => error.to_string().lines().map(str::to_owned).collect(),
    }
}

#[test]
fn each_mistake_is_named_with_its_line_and_path() {
    let cases = [
        (
            "unknown field",
            format!("{INIT}nodeRegistration:\n  taints:\n  - key: a\n    effct: NoSchedule\n"),
            vec![
                "k.yaml:6: InitConfiguration.nodeRegistration.taints[0].effct: unknown field; did you mean \"effect\"?",
            ],
        ),
        (
            "wrong case",
            format!("{CLUSTER}apiserver: {{}}\n"),
            vec![
                "k.yaml:3: ClusterConfiguration.apiserver: unknown field; did you mean \"apiServer\"?",
            ],
        ),
        (
            "repeated field",
            format!("{CLUSTER}clusterName: a\nimageRepository: b\nclusterName: c\n"),
            vec!["k.yaml:5: ClusterConfiguration.clusterName: is given twice, first on line 3"],
        ),
        (
            "number for a string",
            format!("{CLUSTER}scheduler:\n  extraArgs:\n  - name: v\n    value: 4\n"),
            vec![
                "k.yaml:6: ClusterConfiguration.scheduler.extraArgs[0].value: expected a string, found a number; put it in quotes",
            ],
        ),
        (
            "YAML 1.1 boolean for a string",
            format!("{CLUSTER}clusterName: on\n"),
            vec![
                "ClusterConfiguration.clusterName: expected a string, found a boolean; put it in quotes",
            ],
        ),
        (
            "string for a boolean",
            format!("{CLUSTER}dns:\n  disabled: \"true\"\n"),
            vec![
                "k.yaml:4: ClusterConfiguration.dns.disabled: expected a boolean, found a string; write it without quotes",
            ],
        ),
        (
            "v1beta3 arguments in v1beta4",
            format!("{CLUSTER}apiServer:\n  extraArgs:\n    v: \"4\"\n"),
            vec!["ClusterConfiguration.apiServer.extraArgs: expected a list, found an object"],
        ),
        (
            "port out of range",
            format!("{INIT}localAPIEndpoint:\n  bindPort: 99999999999\n"),
            vec!["InitConfiguration.localAPIEndpoint.bindPort: 99999999999 is not between"],
        ),
        (
            "fraction for a whole number",
            format!("{INIT}localAPIEndpoint: {{bindPort: 1.5}}\n"),
            vec!["bindPort: expected a whole number, found a fraction"],
        ),
        (
            "float out of range",
            format!("{INIT}localAPIEndpoint: {{bindPort: 1e39}}\n"),
            vec!["bindPort: 1000000000000000000000000000000000000000 is not between"],
        ),
        (
            "large for 32 bits",
            format!("{PROXY}clientConnection: {{qps: 1e39}}\n"),
            vec!["clientConnection.qps: 1000000000000000000000000000000000000000 is not between"],
        ),
        (
            "bad duration",
            format!("{INIT}timeouts:\n  discovery: 5 minutes\n"),
            vec!["InitConfiguration.timeouts.discovery: \"5 minutes\" has the unknown unit"],
        ),
        (
            "bad time",
            format!("{INIT}bootstrapTokens:\n- expires: tomorrow\n"),
            vec![
                "InitConfiguration.bootstrapTokens[0].expires: \"tomorrow\" is not an RFC 3339 time",
            ],
        ),
        (
            "null in a list",
            format!("{CLUSTER}apiServer:\n  certSANs:\n  -\n"),
            vec!["ClusterConfiguration.apiServer.certSANs[0]: expected a string, found null"],
        ),
        (
            "all at once, over documents, in file order",
            format!("{CLUSTER}x: 1\n---\n{KUBELET}maxPods: many\ncgroupdriver: a\n"),
            vec![
                "k.yaml:3: ClusterConfiguration.x: unknown field",
                "k.yaml:7: KubeletConfiguration.maxPods: expected a whole number, found a string",
                "k.yaml:8: KubeletConfiguration.cgroupdriver: unknown field; did you mean \"cgroupDriver\"?",
            ],
        ),
        (
            "two of one kind",
            format!("{CLUSTER}---\n{CLUSTER}"),
            vec![
                "k.yaml:4: ClusterConfiguration: invalid configuration: kind \"ClusterConfiguration\" is specified twice",
            ],
        ),
        (
            "one kind in two versions",
            format!("{CLUSTER}---\n{}", CLUSTER.replace("v1beta4", "v1beta3")),
            vec!["specified twice"],
        ),
        (
            "no kind",
            "apiVersion: kubeadm.k8s.io/v1beta4\n".into(),
            vec!["k.yaml:1: invalid configuration: kind and apiVersion is mandatory"],
        ),
        (
            "a list",
            "- a\n".into(),
            vec!["k.yaml:1: expected a document, found a list"],
        ),
        (
            "old version",
            CLUSTER.replace("v1beta4", "v1beta2"),
            vec![
                "ClusterConfiguration: your configuration file uses an old API spec: \"kubeadm.k8s.io/v1beta2\" (kind: \"ClusterConfiguration\"). Please use kubeadm v1.22",
            ],
        ),
        (
            "unknown version",
            CLUSTER.replace("v1beta4", "v2"),
            vec![
                "unknown configuration API \"kubeadm.k8s.io/v2\", kind \"ClusterConfiguration\"; the apiVersion of this kind is kubeadm.k8s.io/v1beta4 or",
            ],
        ),
        (
            "unknown kind",
            CLUSTER.replace("ClusterC", "C"),
            vec!["kind \"Configuration\"; the kinds of this version are InitConfiguration,"],
        ),
        (
            "other version of a component",
            KUBELET.replace("v1beta1", "v1alpha1"),
            vec![
                "unsupported apiVersion \"kubelet.config.k8s.io/v1alpha1\", you may have to do manual conversion to \"kubelet.config.k8s.io/v1beta1\"",
            ],
        ),
        (
            "no YAML",
            format!("{CLUSTER}dns: [\n"),
            vec!["the file is not valid YAML or JSON"],
        ),
    ];
    for (name, text, expected) in cases {
        let got = problems(&text);
        assert_eq!(got.len(), expected.len(), "{name}: {got:#?}");
        for (got, expected) in got.iter().zip(expected) {
            assert!(
                got.contains(expected),
                "{name}: {got}\n instead of {expected}"
            );
        }
    }
}

#[test]
fn no_message_shows_a_token() {
    let secret = "0123456789abcdef";
    for text in [
        format!("{INIT}bootstrapTokens:\n- token: abcdeg{secret}\n"),
        format!("{INIT}bootstrapTokens: abcdef.{secret}\n"),
        format!("{INIT}bootstrapTokens:\n- token: [abcdef.{secret}]\n"),
        format!("{INIT}certificateKey: [{secret}]\n"),
        format!("{INIT}bootstrapTokens:\n- token: abcdef.{secret}\n  token: abcdef.{secret}\n"),
        format!("{INIT}bootstrapTokens:\n- token: 'abcdef.{secret}\n"),
        format!("{INIT}bootstrapTokens:\n- token: &a !!int abcdef.{secret}\n"),
    ] {
        let error = read(&text, "k.yaml", ReadOptions::default()).unwrap_err();
        let mut shown = format!("{error} {error:?}");
        let mut source = std::error::Error::source(&error);
        while let Some(error) = source {
            shown += &format!(" {error} {error:?}");
            source = error.source();
        }
        assert!(!shown.contains(secret), "{shown}");
    }
}

#[test]
fn json_streams_are_read() {
    let text = "{\n\t\"apiVersion\": \"kubeadm.k8s.io/v1beta4\",\n\t\"kind\": \"ClusterConfiguration\",\n\
        \t\"clusterName\": \"a\\u0062\",\n\t\"etcd\": {\"local\": null}\n}\n---\n\
        {\"kind\":\"JoinConfiguration\",\"apiVersion\":\"kubeadm.k8s.io/v1beta4\",\"x\":1}";
    let got = problems(text);
    assert_eq!(got.len(), 1, "{got:?}");
    assert!(
        got[0].starts_with("k.yaml:8: JoinConfiguration.x: unknown field"),
        "{got:?}"
    );
    let cluster = text.split("---").next().unwrap();
    let documents = read(cluster, "k.json", ReadOptions::default()).unwrap();
    assert_eq!(
        of_kind(&documents, "ClusterConfiguration")["clusterName"],
        "ab"
    );
}

#[test]
fn numbers_are_those_that_fields_of_go_hold() {
    // As kubeadm v1.36.2 writes them.
    for (given, written) in [
        ("3.0", json!(3.0)),
        ("0x10", json!(16.0)),
        ("16777217", json!(16_777_216.0)),
        ("9007199254740993", json!(9_007_199_000_000_000.0)),
        ("1.123456789", json!(1.123_456_8)),
        ("1e-50", json!(0.0)),
        ("-1e-50", json!(0.0)),
        ("-0.0", json!(0.0)),
        ("0.1", json!(0.1)),
        ("1e21", json!(1e21)),
        ("100000000000000000000", json!(1e20)),
    ] {
        let text = format!("{PROXY}clientConnection: {{qps: {given}, burst: 7e3}}\n");
        let documents = read(&text, "k.yaml", ReadOptions::default()).unwrap();
        assert_eq!(
            of_kind(&documents, "KubeProxyConfiguration"),
            json!({"clientConnection": {"qps": written, "burst": 7000}}),
            "{given}"
        );
    }
    for (given, written) in [
        ("1.123456789", json!(1.123_456_789)),
        ("1.0", json!(1)),
        ("1e39", json!(1e39)),
    ] {
        let text = format!("{KUBELET}memoryThrottlingFactor: {given}\n");
        let documents = read(&text, "k.yaml", ReadOptions::default()).unwrap();
        let kubelet = of_kind(&documents, "KubeletConfiguration");
        assert_eq!(kubelet, json!({"memoryThrottlingFactor": written}));
    }
}

#[test]
fn yaml_1_1_booleans_octal_numbers_and_anchors_are_read() {
    let text = format!(
        "{CLUSTER}dns: {{disabled: yes}}\napiServer:\n  extraArgs: &args\n  - {{name: v, value: \"2\"}}\n\
         scheduler:\n  extraArgs: *args\n---\n{KUBELET}maxPods: 010\nlogging: {{flushFrequency: 5s}}\n\
         syncFrequency: 90s\n---\n"
    );
    let documents = read(&text, "k.yaml", ReadOptions::default()).unwrap();
    let cluster = of_kind(&documents, "ClusterConfiguration");
    assert_eq!(cluster["dns"]["disabled"], true);
    assert_eq!(
        cluster["scheduler"]["extraArgs"],
        json!([{"name": "v", "value": "2"}])
    );
    assert_eq!(
        cluster["scheduler"]["extraArgs"],
        cluster["apiServer"]["extraArgs"]
    );
    let kubelet = of_kind(&documents, "KubeletConfiguration");
    assert_eq!(
        kubelet,
        json!({"maxPods": 8, "logging": {"flushFrequency": "5s"}, "syncFrequency": "1m30s"})
    );
}

#[test]
fn v1beta3_is_read_and_warned_about() {
    let text = "apiVersion: kubeadm.k8s.io/v1beta3\nkind: ClusterConfiguration\n\
        apiServer:\n  timeoutForControlPlane: 7m\n  extraArgs:\n    z: '1'\n    a: '2'\n---\n\
        apiVersion: kubeadm.k8s.io/v1beta3\nkind: JoinConfiguration\n\
        discovery: {timeout: 3m}\n";
    let documents = read(text, "old.yaml", ReadOptions::default()).unwrap();
    assert_eq!(documents.warnings.len(), 2);
    assert!(documents.warnings[0].contains("deprecated API spec: \"kubeadm.k8s.io/v1beta3\""));
    assert_eq!(
        of_kind(&documents, "ClusterConfiguration"),
        json!({"apiServer": {"timeoutForControlPlane": "7m0s", "extraArgs": {"a": "2", "z": "1"}}})
    );
    let quiet = ReadOptions {
        allow_deprecated: true,
        ..ReadOptions::default()
    };
    assert!(read(text, "old.yaml", quiet).unwrap().warnings.is_empty());
}

#[test]
fn taints_unset_and_empty_differ() {
    let taints = |text: &str| {
        let text = format!("{INIT}nodeRegistration: {text}\n");
        let documents = read(&text, "k.yaml", ReadOptions::default()).unwrap();
        let init = of_kind(&documents, "InitConfiguration");
        init["nodeRegistration"].get("taints").cloned()
    };
    assert_eq!(taints("{}"), None);
    assert_eq!(taints("{taints: null}"), None);
    assert_eq!(taints("{taints: []}"), Some(json!([])));
}

#[test]
fn bombs_are_refused() {
    let aliases = "a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\n\
        c: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]\nd: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c]\n\
        e: &e [*d,*d,*d,*d,*d,*d,*d,*d,*d]\nf: &f [*e,*e,*e,*e,*e,*e,*e,*e,*e]\n\
        g: &g [*f,*f,*f,*f,*f,*f,*f,*f,*f]\nh: [*g,*g,*g,*g,*g,*g,*g,*g,*g]\n";
    for text in [
        aliases.to_owned(),
        "[".repeat(100_000),
        "- ".repeat(100_000),
        "a: &a [*a]".into(),
    ] {
        assert!(read(&text, "bomb.yaml", ReadOptions::default()).is_err());
    }
}

const VALID: &str = "apiVersion: kubeadm.k8s.io/v1beta4\nkind: InitConfiguration\nbootstrapTokens:\n\
- token: abcdef.0123456789abcdef\n  ttl: 1h\nlocalAPIEndpoint:\n  advertiseAddress: 10.66.0.31\n\
nodeRegistration:\n  name: cp-1\n  taints: []\n---\napiVersion: kubeadm.k8s.io/v1beta4\n\
kind: ClusterConfiguration\nkubernetesVersion: v1.36.2\napiServer:\n  extraEnvs:\n  - name: A\n\
    valueFrom: {fieldRef: {fieldPath: status.hostIP}}\nnetworking:\n  podSubnet: 10.244.0.0/16\n";

proptest! {
    #[test]
    fn arbitrary_text_never_panics(text in "\\PC*") {
        let _ = read(&text, "any.yaml", ReadOptions::default());
    }

    #[test]
    fn yaml_like_text_never_panics(text in "([a-z&*!|>'\"\\[\\]{}:,#?%@ -]|\n|\t|---\n|: |- ){0,80}") {
        let _ = read(&text, "any.yaml", ReadOptions::default());
    }

    #[test]
    fn mutated_configurations_never_panic(
        at in 0..VALID.len(),
        cut in 0usize..12,
        insert in "[-a-z0-9:&*!|>'\"\\[\\]{},# \n\t\u{e9}]{0,6}",
    ) {
        // VALID is ASCII, so every index is a character boundary.
        let end = (at + cut).min(VALID.len());
        let text = format!("{}{insert}{}", &VALID[..at], &VALID[end..]);
        let _ = read(&text, "any.yaml", ReadOptions::default());
    }
}
