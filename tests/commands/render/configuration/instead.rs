//! What is refused before anything runs, and what to write instead.

use crate::support::program::Place;

const HEAD: &str = "apiVersion: kubeadm.k8s.io/v1beta4\nkind: ";

fn refused(text: &str, words: &[&str]) {
    let place = Place::new();
    place.write("config.yaml", text);
    for arguments in [
        &["render", "--config", "config.yaml", "--out", "out"][..],
        &["config", "validate", "--config", "config.yaml"],
    ] {
        place.refused(1, arguments, words);
    }
}

/// An InitConfiguration of this, which begins on line 3.
fn in_init(fields: &str, words: &[&str]) {
    refused(&format!("{HEAD}InitConfiguration\n{fields}\n"), words);
}

/// A ClusterConfiguration of this, which begins on line 3.
fn in_cluster(fields: &str, words: &[&str]) {
    refused(&format!("{HEAD}ClusterConfiguration\n{fields}\n"), words);
}

cases! {
    in_init:
    a_phase_misspelt(
        "skipPhases: [addons/kube-proxy]",
        &["config.yaml:3: InitConfiguration.skipPhases[0]: invalid phase name \"addons/kube-proxy\"", "did you mean \"addon/kube-proxy\"?"],
    ),
    all_checks_and_one(
        "nodeRegistration:\n  ignorePreflightErrors: [all, Swap]",
        &["config.yaml:4: InitConfiguration.nodeRegistration.ignorePreflightErrors: Invalid value: \"all,swap\"", "keep 'all' or the others"],
    ),
    a_long_node_name(
        "nodeRegistration:\n  name: control-plane-01a346cae00e2fcda.inf.region-2.cloud.example.organisation",
        &["config.yaml:4: InitConfiguration.nodeRegistration.name", "more than 63 characters", "give it a shorter one"],
    ),
    an_effect_in_lower_case(
        "nodeRegistration:\n  taints:\n  - key: dedicated\n    effect: noschedule",
        &["config.yaml:6: InitConfiguration.nodeRegistration.taints[0].effect", "did you mean \"NoSchedule\"?"],
    ),
    braces_for_no_taints(
        "nodeRegistration:\n  taints: {}",
        &["config.yaml:4: InitConfiguration.nodeRegistration.taints: expected a list", "write [] for an empty one"],
    ),
    a_template(
        "nodeRegistration:\n  name: {{ ds.meta_data.local_hostname }}",
        &["config.yaml:4: name: a template", "was not filled in"],
    ),
    an_empty_token(
        "bootstrapTokens:\n- token: \"\"",
        &["config.yaml:4: InitConfiguration.bootstrapTokens[0].token: is empty", "leave the field out"],
    ),
    a_token_of_digits(
        "bootstrapTokens:\n- token: 123456.1234567890123456",
        &["config.yaml:4: InitConfiguration.bootstrapTokens[0].token", "found a number; put it in quotes"],
    ),
    a_token_that_has_expired(
        "bootstrapTokens:\n- token: abcdef.0123456789abcdef\n  expires: \"2001-01-01T00:00:00Z\"",
        &["config.yaml:5: InitConfiguration.bootstrapTokens[0].expires", "the token has expired", "a time to come"],
    ),
    a_port_with_letters(
        "localAPIEndpoint:\n  bindPort: 6443abc",
        &["config.yaml:4: InitConfiguration.localAPIEndpoint.bindPort", "found a string that is no number"],
    ),
    dashes_before_an_argument(
        "nodeRegistration:\n  kubeletExtraArgs:\n  - name: --v\n    value: \"4\"",
        &["config.yaml:5: InitConfiguration.nodeRegistration.kubeletExtraArgs[0].name", "write \"v\""],
    ),
}

cases! {
    in_cluster:
    a_label_of_another_minor(
        "kubernetesVersion: stable-1.35",
        &["config.yaml:3: ClusterConfiguration.kubernetesVersion", "name a version of 1.35 or 1.36, like \"v1.35.0\""],
    ),
    a_label_of_ci(
        "kubernetesVersion: ci/latest",
        &["config.yaml:3: ClusterConfiguration.kubernetesVersion", "name the build, like \"ci/v1.36.3-rc"],
    ),
    a_version_that_is_a_number(
        "kubernetesVersion: 1.40",
        &["config.yaml:3: ClusterConfiguration.kubernetesVersion", "a version has three numbers, like \"v1.36.2\""],
    ),
    an_endpoint_in_upper_case(
        "controlPlaneEndpoint: internal-ELB.example:9443",
        &["config.yaml:3: ClusterConfiguration.controlPlaneEndpoint", "write it in lower case: \"internal-elb.example:9443\""],
    ),
    an_empty_san(
        "apiServer:\n  certSANs: [\"127.0.0.1\", \"\"]",
        &["config.yaml:4: ClusterConfiguration.apiServer.certSANs[1]", "take the entry out"],
    ),
    joined_endpoints(
        "etcd:\n  external:\n    endpoints: [\"https://a:2379,https://b:2379\"]",
        &["config.yaml:5: ClusterConfiguration.etcd.external.endpoints[0]", "write each as an entry of its own"],
    ),
    a_gate_of_the_kubelet(
        "featureGates:\n  GracefulNodeShutdown: true",
        &["config.yaml:4: ClusterConfiguration.featureGates.GracefulNodeShutdown", "featureGates of KubeletConfiguration"],
    ),
    a_type_of_volumes(
        "apiServer:\n  extraVolumes:\n  - {name: a, hostPath: /a, mountPath: /a, pathType: directory}",
        &["config.yaml:5: ClusterConfiguration.apiServer.extraVolumes[0].pathType", "did you mean \"Directory\"?"],
    ),
    a_volume_given_twice(
        "scheduler:\n  extraVolumes:\n  - {name: a, hostPath: /a, mountPath: /a}\n  - {name: a, hostPath: /b, mountPath: /b}",
        &["config.yaml:6: ClusterConfiguration.scheduler.extraVolumes[1].name", "give each its own"],
    ),
}
