//! What kubeadm takes, and a kubelet or an API server refuses later; and what it takes and we do.

use serde_json::{Value, json};

use super::{check, table};
use crate::documents::{ClusterConfiguration, Document, InitConfiguration};

#[test]
fn subnets_that_enclose_others() {
    let networking = |pods: &str, services: &str| json!({"networking": {"podSubnet": pods, "serviceSubnet": services}});
    let encloses = |pods: &str, services: &str| {
        let (error, warnings) = check(ClusterConfiguration::KIND, networking(pods, services));
        assert_eq!(error, "", "{pods} {services}");
        let said = format!("podSubnet: {pods} encloses the service subnet {services}");
        warnings.iter().any(|warning| warning.contains(&said))
    };
    assert!(encloses("10.0.0.0/8", "10.96.0.0/12"), "Cilium's default");
    assert!(encloses("fd00::/56", "fd00::/112"));
    assert!(!encloses("10.244.0.0/16", "10.96.0.0/12"));
    table(
        ClusterConfiguration::KIND,
        vec![
            (
                "the same",
                networking("10.96.0.0/16", "10.96.0.0/16"),
                "leaves no addresses for Pods",
            ),
            (
                "the other way round",
                networking("10.97.0.0/16", "10.96.0.0/12"),
                "choose one apart from it",
            ),
        ],
    );
}

#[test]
fn nodes() {
    let node = |fields: Value| json!({"nodeRegistration": fields});
    let taint = |fields: Value| node(json!({"taints": [fields]}));
    let arg = |name: &str| node(json!({"kubeletExtraArgs": [{"name": name, "value": "4"}]}));
    table(
        InitConfiguration::KIND,
        vec![
            (
                "a name as long as can be",
                node(json!({"name": "n".repeat(63)})),
                "",
            ),
            (
                "a name too long",
                node(json!({"name": "n".repeat(64)})),
                "nodeRegistration.name: Invalid value: \"nnn",
            ),
            (
                "a name too long, how long",
                node(json!({"name": "a.b".repeat(30)})),
                "it has 90; give it a shorter one",
            ),
            (
                "an effect",
                taint(json!({"key": "a", "effect": "NoExecute"})),
                "",
            ),
            (
                "an effect in lower case",
                taint(json!({"key": "a", "effect": "noschedule"})),
                "taints[0].effect: Invalid value: \"noschedule\": the effects are NoSchedule, PreferNoSchedule, NoExecute; did you mean \"NoSchedule\"?",
            ),
            (
                "no effect",
                taint(json!({"key": "a"})),
                "taints[0].effect: Invalid value: \"\": the effects are",
            ),
            (
                "no key",
                taint(json!({"effect": "NoSchedule"})),
                "taints[0].key: Required value: a taint has a key",
            ),
            ("an argument", arg("v"), ""),
            (
                "a dash",
                arg("-v"),
                "kubeletExtraArgs[0].name: Invalid value: \"-v\"",
            ),
            ("two dashes", arg("--v"), "write \"v\""),
            (
                "a value in the name",
                arg("v=4"),
                "write \"v\", and what is behind it as the value",
            ),
            ("a blank in the name", arg("v 4"), "write \"v\""),
            (
                "a variable",
                node(json!({"name": "${HOSTNAME}"})),
                "it looks like a template or a variable that was not filled in",
            ),
            (
                "a template",
                node(json!({"name": "{{ name }}"})),
                "it looks like a template",
            ),
            (
                "all checks and one",
                node(json!({"ignorePreflightErrors": ["all", "Swap"]})),
                "InitConfiguration.nodeRegistration.ignorePreflightErrors: Invalid value: \"all,swap\"",
            ),
        ],
    );
}

#[test]
fn volumes() {
    let volume = |name: &str, path_type: &str| json!({"name": name, "hostPath": "/h", "mountPath": "/m", "pathType": path_type});
    let of = |component: &str, volumes: &[Value]| json!({component: {"extraVolumes": volumes}});
    table(
        ClusterConfiguration::KIND,
        vec![
            (
                "two",
                of("apiServer", &[volume("a", "File"), volume("b", "")]),
                "",
            ),
            (
                "the same name twice",
                of("scheduler", &[volume("a", ""), volume("a", "")]),
                "scheduler.extraVolumes[1].name: Invalid value: \"a\": the name is that of ClusterConfiguration.scheduler.extraVolumes[0], too",
            ),
            (
                "a type in lower case",
                of("apiServer", &[volume("a", "directoryorcreate")]),
                "extraVolumes[0].pathType: Invalid value: \"directoryorcreate\": the types are DirectoryOrCreate, Directory, FileOrCreate, File, Socket, CharDevice, BlockDevice, or none; did you mean \"DirectoryOrCreate\"?",
            ),
            (
                "a name that is no label",
                of("controllerManager", &[volume("A_b", "")]),
                "extraVolumes[0].name: Invalid value: \"A_b\": the name of a volume has lower case letters",
            ),
            (
                "no path",
                of("apiServer", &[json!({"name": "a", "hostPath": "/h"})]),
                "extraVolumes[0].mountPath: Required value",
            ),
        ],
    );
}

#[test]
fn what_to_write_instead() {
    let external = |endpoints: &[&str]| json!({"etcd": {"external": {"endpoints": endpoints}}});
    let gate = |name: &str| json!({"featureGates": {name: true}});
    table(
        ClusterConfiguration::KIND,
        vec![
            (
                "an empty SAN",
                json!({"apiServer": {"certSANs": ["127.0.0.1", ""]}}),
                "certSANs[1]: Invalid value: \"\": altname is empty; take the entry out",
            ),
            (
                "joined endpoints",
                external(&["https://a:2379,https://b:2379"]),
                "endpoints[0]: Invalid value: \"https://a:2379,https://b:2379\": several URLs in one entry",
            ),
            (
                "an endpoint without scheme",
                external(&["10.0.0.1:2379"]),
                "write it like \"https://10.0.0.1:2379\"",
            ),
            (
                "a gate of the kubelet",
                gate("GracefulNodeShutdown"),
                "Gates of the kubelet and of kube-proxy go into featureGates of KubeletConfiguration",
            ),
            (
                "a gate misspelt",
                gate("RootlesControlPlane"),
                "did you mean \"RootlessControlPlane\"?",
            ),
            (
                "a gate that has gone",
                gate("ControlPlaneKubeletLocalMode"),
                "it has gone and is always on; take it out",
            ),
        ],
    );
    let (error, _) = check(ClusterConfiguration::KIND, external(&["10.0.0.1:2379"]));
    assert!(
        !error.contains("httpEndpoints"),
        "nobody has written them: {error}"
    );
}
