use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::effect::FileVerb;

fn document(yaml: &str) -> GrantsDocument {
    serde_saphyr::from_str(yaml).unwrap()
}

fn resolved(yaml: &str, value: Value) -> Result<Grants, GrantError> {
    resolve(&document(yaml), &json!({ "C": value }))
}

/// An entry that loses a value grants nothing, and never more than with it.
#[test]
fn what_loses_its_value_grants_nothing() {
    let rule = |names: &str, namespaces: &str| {
        format!(
            "kube: {{rules: [{{apiGroups: [''], resources: [secrets], resourceNames: {names}, namespaces: {namespaces}, verbs: [get]}}]}}"
        )
    };
    let absent = "[\"${C.absent}\"]";
    for (name, names, namespaces, wanted) in [
        ("any", "[]", "[]", true),
        ("no namespace left", "[]", absent, false),
        ("no name left", absent, "[]", false),
        ("neither left", absent, absent, false),
        ("a name, no namespace left", "[x]", absent, false),
        ("no name left, a namespace", absent, "[kube-system]", false),
        (
            "others left",
            "[\"${C.absent}\", x]",
            "[\"${C.absent}\", kube-system]",
            true,
        ),
    ] {
        let grants = resolved(&rule(names, namespaces), json!({})).unwrap();
        let granted = grants.covers_kube("", "v1", "Secret", Some("kube-system"), Some("x"), "get");
        assert_eq!(granted.is_ok(), wanted, "{name}");
        let other = grants.covers_kube("", "v1", "Secret", Some("other"), Some("y"), "get");
        assert_eq!(other.is_ok(), name == "any", "{name}");
    }
    let grants = resolved(
        "files: [{paths: ['${C.absent}/**', '/srv/${C.absent}'], verbs: [read]}]
pki: [{names: ['*'], below: '${C.absent}', verbs: [load]}, {names: ['${C.absent}'], verbs: [sign]}]
node: {runtimes: ['${C.absent}'], endpoints: ['https://${C.absent}:1'], accounts: ['${C.absent}']}
kube: {kubeconfigs: ['${C.absent}/admin.conf']}",
        json!({}),
    )
    .unwrap();
    assert!(grants.files.iter().all(|grant| grant.paths.is_empty()));
    assert!(grants.pki.iter().all(|grant| grant.names.is_empty()));
    let node = grants.node.unwrap();
    assert!(node.runtimes.is_empty() && node.endpoints.is_empty() && node.accounts.is_empty());
    assert!(grants.kube.unwrap().kubeconfigs.is_empty());
}

#[test]
fn a_value_that_means_any_is_an_error_that_names_it() {
    let error = resolved(
        "kube: {rules: [{apiGroups: [''], resources: [secrets], namespaces: ['${C.v}'], verbs: [get]}]}",
        json!({"v": "*"}),
    )
    .unwrap_err();
    assert_eq!(
        error.to_string(),
        "C.v is \"*\", and what phases may do depends on it: it has a \"*\", which would mean any"
    );
    let error = resolved(
        "files: [{paths: ['${C.v}/**'], verbs: [read]}]",
        json!({"v": "/"}),
    );
    let error = error.unwrap_err().to_string();
    assert!(error.starts_with("C.v is \"/\""), "{error}");
    assert!(error.contains("a folder in it is wanted"), "{error}");
}

#[test]
fn no_value_of_an_endpoint_means_any_port() {
    let grants = resolved(
        "node: {endpoints: ['${C.list}', 'https://${C.host}', 'https://self:*']}",
        json!({"list": ["https://10.0.0.1:2379", "https://10.0.0.2:*"], "host": "10.0.0.3:*"}),
    );
    let endpoints: Vec<_> = grants
        .unwrap()
        .node
        .unwrap()
        .endpoints
        .into_iter()
        .collect();
    assert_eq!(endpoints, ["https://10.0.0.1:2379", "https://self:*"]);
}

/// Patterns as distributions have them, and none of which names any of these.
const PATTERNS: [&str; 5] = [
    "${C.v}",
    "${C.v}/**",
    "${C.v}/ca.key",
    "/srv/${C.v}/**",
    "/srv/${C.v}",
];
const OTHERS: [&str; 6] = [
    "/etc/shadow",
    "/root/.ssh/x",
    "/root/.ssh/ca.key",
    "/var/lib/kubewright/unfinished",
    "/var/lib/kubewright/runs/000001.jsonl",
    "/usr/bin/kubelet",
];

fn grants_none_of_these(value: &str) -> Result<(), TestCaseError> {
    for pattern in PATTERNS {
        let yaml = format!("files: [{{paths: ['{pattern}'], verbs: [read]}}]");
        let Ok(grants) = resolved(&yaml, json!({ "v": value })) else {
            continue;
        };
        for path in OTHERS {
            let path = MachinePath::parse(path).unwrap();
            let patterns = grants.files.iter().flat_map(|grant| &grant.paths);
            let granted = patterns
                .clone()
                .any(|pattern| pattern.matches(path.as_str()));
            prop_assert!(!granted, "{value:?} in {pattern} grants {path}");
        }
    }
    Ok(())
}

proptest! {
    #[test]
    fn no_value_grants_what_the_pattern_does_not_name(value in "\\PC{0,40}") {
        grants_none_of_these(&value)?;
    }

    #[test]
    fn nor_does_any_path(
        value in prop::collection::vec(
            prop::sample::select(vec![
                "/", "//", "..", ".", "etc", "shadow", "root", ".ssh", "x", "var", "lib",
                "kubewright", "unfinished", "runs", "usr", "bin", "*", "**", "{", "}", ",", "[", "]",
                "?", "\\", "ca.key", "kubelet", "\n",
            ]),
            0..10,
        ),
    ) {
        grants_none_of_these(&value.concat())?;
    }
}

#[test]
fn a_file_verb_of_a_value_is_the_grants() {
    let grants = resolved(
        "files: [{paths: ['${C.v}/**'], verbs: [read]}]",
        json!({"v": "/srv/pki/"}),
    )
    .unwrap();
    assert!(grants.files[0].paths[0].matches("/srv/pki/ca.crt"));
    assert!(grants.files[0].verbs.contains(&FileVerb::Read));
}
