//! What is refused: one clear error, and nothing is written.

use super::render::{MASTER, Rendered, Wanted};

const INIT: &str = "apiVersion: kubeadm.k8s.io/v1beta4\nkind: InitConfiguration\n";
const CLUSTER: &str = "apiVersion: kubeadm.k8s.io/v1beta4\nkind: ClusterConfiguration\n";

fn refused(rendered: &Rendered, name: &str, wanted: &str) {
    assert!(!rendered.success, "{name}");
    assert!(
        rendered.errors.contains(wanted),
        "{name}: {}",
        rendered.errors
    );
}

#[test]
fn bad_files_are_refused_with_field_and_line() {
    let cases = [
        (
            "token",
            MASTER,
            "secrets: {givenToken: abc.def}",
            ":3: MasterConfiguration.secrets.givenToken: the bootstrap token is not of the form",
        ),
        (
            "token in upper case",
            MASTER,
            "secrets: {givenToken: ABCDEF.0123456789abcdef}",
            "not of the form",
        ),
        (
            "cloud provider",
            MASTER,
            "cloudProvider: nimbus",
            ":3: MasterConfiguration.cloudProvider: cloud provider \"nimbus\" is not known; there are aws, azure",
        ),
        (
            "pod subnet",
            MASTER,
            "networking: {podSubnet: 10.96.0.0/16}",
            ":3: MasterConfiguration.networking.podSubnet: the pod subnet 10.96.0.0/16 overlaps with the service subnet 10.96.0.0/12",
        ),
        (
            "no subnet",
            MASTER,
            "networking: {serviceSubnet: 10.96.0.0}",
            "MasterConfiguration.networking.serviceSubnet: \"10.96.0.0\" is not a subnet",
        ),
        (
            "small subnet",
            MASTER,
            "networking: {serviceSubnet: 10.96.0.0/30}",
            "is too small",
        ),
        (
            "missing file",
            MASTER,
            "etcd: {endpoints: ['https://10.0.0.21:2379'], caFile: /etc/ssl/certs/etcd-ca.pem}",
            "MasterConfiguration.etcd.caFile: there is no file /etc/ssl/certs/etcd-ca.pem",
        ),
        (
            "file that pods do not see",
            MASTER,
            "etcd: {endpoints: ['https://10.0.0.21:2379'], caFile: /root/ca.pem}",
            "MasterConfiguration.etcd.caFile: the API server can not see \"/root/ca.pem\"",
        ),
        (
            "certificate without key",
            MASTER,
            "etcd: {endpoints: ['https://10.0.0.21:2379'], certFile: /etc/ssl/certs/a.pem}",
            "MasterConfiguration.etcd.keyFile: it is needed together with MasterConfiguration.etcd.certFile",
        ),
        (
            "port",
            MASTER,
            "api: {bindPort: 70000}",
            "MasterConfiguration.api.bindPort: 70000 is not a port",
        ),
        (
            "address",
            MASTER,
            "api: {advertiseAddresses: [here]}",
            "MasterConfiguration.api.advertiseAddresses[0]: \"here\" is not an IP address",
        ),
        (
            "version",
            MASTER,
            "kubernetesVersion: v1.36.2",
            "MasterConfiguration.kubernetesVersion: this distribution makes clusters of v1.4 and v1.5, not of v1.36.2",
        ),
        (
            "unknown field",
            MASTER,
            "cloudprovider: aws",
            ":3: MasterConfiguration.cloudprovider: unknown field; did you mean \"cloudProvider\"",
        ),
        (
            "repeated field",
            MASTER,
            "cloudProvider: aws\ncloudProvider: gce",
            ":4: MasterConfiguration.cloudProvider: is given twice",
        ),
        (
            "no counterpart",
            INIT,
            "nodeRegistration: {criSocket: unix:///x}",
            ":3: InitConfiguration.nodeRegistration: kubeadm of December 2016 has no counterpart",
        ),
        (
            "no counterpart in the cluster",
            CLUSTER,
            "controlPlaneEndpoint: lb.example.org",
            ":3: ClusterConfiguration.controlPlaneEndpoint: kubeadm of December 2016 has no counterpart",
        ),
        (
            "other kind",
            "apiVersion: kubeadm.k8s.io/v1beta4\nkind: JoinConfiguration\n",
            "",
            "does not take documents of apiVersion \"kubeadm.k8s.io/v1beta4\", kind \"JoinConfiguration\"; it takes kubeadm.k8s.io/v1alpha1 MasterConfiguration",
        ),
    ];
    for (name, head, body, wanted) in cases {
        let config = format!("{head}{body}\n");
        let rendered = Wanted {
            config: Some(&config),
            ..Wanted::default()
        }
        .render();
        refused(&rendered, name, wanted);
        crate::support::one_error(name, &rendered.errors);
        assert!(!rendered.errors.contains("0123456789abcdef"), "{name}");
        assert!(!rendered.out().exists(), "{name}: nothing is written");
    }
}

#[test]
fn bad_flags_and_variables_are_refused_by_name() {
    // Name, arguments, variables, what the error says.
    type Case = (
        &'static str,
        &'static [&'static str],
        &'static [(&'static str, &'static str)],
        &'static str,
    );
    let cases: [Case; 5] = [
        (
            "no counterpart",
            &["--upload-certs"],
            &[],
            "--upload-certs: kubeadm of December 2016 has no counterpart",
        ),
        (
            "a name of the node",
            &["--node-name=a"],
            &[],
            "--node-name: kubeadm of December 2016 has no counterpart",
        ),
        ("token", &["--token=abc"], &[], "--token"),
        (
            "subnet",
            &["--pod-network-cidr=10.96.0.0/16"],
            &[],
            "--pod-network-cidr: the pod subnet 10.96.0.0/16 overlaps",
        ),
        (
            "folder",
            &[],
            &[("KUBE_KUBERNETES_DIR", "etc")],
            "KUBE_KUBERNETES_DIR: \"etc\" is not an absolute path",
        ),
    ];
    for (name, arguments, environment, wanted) in cases {
        let rendered = Wanted {
            arguments,
            environment,
            ..Wanted::default()
        }
        .render();
        refused(&rendered, name, wanted);
        assert!(!rendered.out().exists(), "{name}: nothing is written");
    }
}

#[test]
fn config_knows_the_kinds_that_a_distribution_takes() {
    let config = |arguments: &[&str]| {
        let place = crate::support::program::Place::new();
        place.write(
            "master.yaml",
            format!("{MASTER}networking: {{podSubnet: 10.244.0.0/16}}\n"),
        );
        place.write("bad.yaml", format!("{MASTER}cloudProvider: nimbus\n"));
        place.run(&[&["config"], arguments].concat())
    };
    let of = ["--distribution", "kubernetes-1.5"];
    let printed = config(&[&["print", "init-defaults"][..], &of].concat())
        .exits(0)
        .stdout;
    for line in [
        "apiVersion: kubeadm.k8s.io/v1alpha1",
        "kind: MasterConfiguration",
        "  serviceSubnet: 10.96.0.0/12",
        "kubernetesVersion: v1.5.1",
    ] {
        assert!(printed.lines().any(|one| one == line), "{line}: {printed}");
    }
    config(&[&["validate", "--config", "master.yaml"][..], &of].concat())
        .exits(0)
        .says(&["ok"]);
    config(&[&["validate", "--config", "bad.yaml"][..], &of].concat())
        .exits(1)
        .says(&[
            "bad.yaml:3: MasterConfiguration.cloudProvider: cloud provider \"nimbus\" is not known",
        ]);
    // Without it kubeadm's kinds are meant.
    let refused = config(&["validate", "--config", "master.yaml"])
        .exits(1)
        .stderr;
    assert!(
        refused.contains("MasterConfiguration") || refused.contains("v1alpha1"),
        "{refused}"
    );
}
