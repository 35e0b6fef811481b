//! What kubeadm's commands go on without, and what they do not (tried with kubeadm v1.36.2).

use super::*;

const OF_INIT: ReadOptions<'static> = ReadOptions {
    allow_deprecated: false,
    lenient: Some("init"),
};

fn lenient(text: &str) -> Result<Documents, ReadError> {
    read(text, "k.yaml", OF_INIT)
}

/// Read with one warning, and refused by a strict reader with the same words.
macro_rules! ignored {
    ($($name:ident: $text:expr => $warning:expr;)*) => {$(
        #[test]
        fn $name() {
            let text: String = $text.into();
            let warnings = lenient(&text).unwrap().warnings;
            assert_eq!(warnings.len(), 1, "{warnings:#?}");
            assert!(warnings[0].contains($warning), "{}", warnings[0]);
            assert_eq!(problems(&text).len(), 1);
        }
    )*};
}

ignored! {
    an_unknown_field: format!("{CLUSTER}dns: {{nonsense: 1}}\n") =>
        "k.yaml:3: ClusterConfiguration.dns.nonsense: unknown field; the fields here are imageRepository, imageTag, disabled (ignored)";
    a_field_in_another_case: format!("{CLUSTER}apiserver: {{}}\n") => "did you mean \"apiServer\"? (case matters) (ignored)";
    metadata_of_a_cluster: format!("{CLUSTER}metadata: {{name: config}}\n") => "ClusterConfiguration.metadata: unknown field; configurations are no objects";
    metadata_of_a_kubelet: format!("{CLUSTER}---\n{KUBELET}metadata: {{name: config}}\n") => "k.yaml:6: KubeletConfiguration.metadata: unknown field";
    a_field_that_has_gone: format!("{CLUSTER}---\n{PROXY}udpIdleTimeout: 0s\n") => "k.yaml:6: KubeProxyConfiguration.udpIdleTimeout: unknown field; it has gone since Kubernetes v1.26";
    a_field_of_an_older_version: format!("{CLUSTER}apiServer: {{timeoutForControlPlane: 4m0s}}\n") => "it has gone since kubeadm.k8s.io/v1beta4; timeouts.controlPlaneComponentHealthCheck";
    a_field_of_another_document: format!("{CLUSTER}skipPhases: [addon]\n") => "unknown field here; it belongs in InitConfiguration.skipPhases";
    a_field_of_another_place: format!("{CLUSTER}podSubnet: 10.0.0.0/8\n") => "it belongs in ClusterConfiguration.networking.podSubnet";
    a_field_given_twice: format!("{CLUSTER}clusterName: a\nclusterName: b\n") => "k.yaml:4: ClusterConfiguration.clusterName: is given twice, first on line 3, the last one counts";
    a_document_of_another_group: format!("{CLUSTER}---\napiVersion: audit.k8s.io/v1\nkind: Policy\n") => "k.yaml:4: the document of audit.k8s.io/v1, kind Policy, is not kubeadm's (ignored)";
    an_unknown_kind: format!("{CLUSTER}---\n{}", CLUSTER.replace("ClusterConfiguration", "ClusterConfigration")) => "did you mean \"ClusterConfiguration\"?";
}

/// Errors for a lenient reader as for a strict one.
macro_rules! refused {
    ($($name:ident: $text:expr => $problem:expr;)*) => {$(
        #[test]
        fn $name() {
            let error = lenient(&$text).unwrap_err().to_string();
            assert!(error.contains($problem), "{error}");
        }
    )*};
}

refused! {
    a_wrong_type: format!("{CLUSTER}clusterName: [a]\n") => "ClusterConfiguration.clusterName: expected a string";
    a_wrong_type_that_counts: format!("{CLUSTER}clusterName: a\nclusterName: [b]\n") => "expected a string, found a list";
    a_kind_twice: format!("{CLUSTER}---\n{CLUSTER}") => "specified twice in the file";
    a_kind_of_others_twice: format!("{CLUSTER}---\napiVersion: a.io/v1\nkind: X\n---\napiVersion: b.io/v1\nkind: X\n") => "k.yaml:7: X: invalid configuration: kind \"X\" is specified twice";
    an_object_of_the_api: format!("{CLUSTER}---\napiVersion: v1\nkind: Secret\n") => "objects of the API are no configuration; take it out of the file";
    a_wanted_kind_of_an_unknown_version: CLUSTER.replace("v1beta4", "v9") => "the apiVersion of this kind is kubeadm.k8s.io/v1beta4";
    a_wanted_kind_of_a_misspelt_group: CLUSTER.replace("kubeadm.k8s.io", "kubeadm.k8s.oi") => "the apiVersion of this kind is kubeadm.k8s.io/v1beta4";
    an_old_version: CLUSTER.replace("v1beta4", "v1beta2") => "old API spec";
    another_kind_of_the_kubelet: format!("{CLUSTER}---\napiVersion: kubelet.config.k8s.io/v1beta1\nkind: CredentialProviderConfig\n") => "unknown configuration API";
    an_empty_kind: format!("{CLUSTER}---\napiVersion: a/b\nkind: \"\"\n") => "kind and apiVersion is mandatory";
    no_kind: format!("{CLUSTER}---\na: b\n") => "kind and apiVersion is mandatory";
}

#[test]
fn the_last_of_two_values_counts_whatever_the_first_was() {
    let text = format!(
        "{CLUSTER}clusterName: [a]\ndns: {{imageTag: x}}\nclusterName: b\ndns: {{disabled: true}}\n"
    );
    let documents = lenient(&text).unwrap();
    assert_eq!(
        of_kind(&documents, "ClusterConfiguration"),
        json!({"clusterName": "b", "dns": {"disabled": true}})
    );
    assert_eq!(documents.lines["ClusterConfiguration.clusterName"], 5);
}

#[test]
fn a_separator_that_is_missing_is_told() {
    let text = format!("{INIT}dryRun: true\n{CLUSTER}clusterName: a\n");
    let documents = lenient(&text).unwrap();
    assert_eq!(of_kind(&documents, "InitConfiguration"), Value::Null);
    assert_eq!(
        of_kind(&documents, "ClusterConfiguration")["clusterName"],
        "a"
    );
    assert!(
        documents.warnings.iter().any(|warning| warning.contains(
            "k.yaml:5: ClusterConfiguration.kind: is given twice, first on line 2, the last one counts; is a line with --- missing"
        )),
        "{:#?}",
        documents.warnings
    );
    assert!(
        problems(&text)
            .join("\n")
            .contains("is a line with --- missing before a further document?")
    );
}

#[test]
fn documents_of_other_commands_are_not_looked_at() {
    let text = format!(
        "{CLUSTER}---\napiVersion: kubeadm.k8s.io/v1beta4\nkind: JoinConfiguration\ndryRun: [x]\nnonsense: 1\n"
    );
    let documents = lenient(&text).unwrap();
    assert_eq!(
        documents.warnings,
        ["k.yaml:4: the JoinConfiguration document is ignored here"]
    );
    assert_eq!(documents.documents.len(), 1);
    assert_eq!(problems(&text).len(), 2);
}
