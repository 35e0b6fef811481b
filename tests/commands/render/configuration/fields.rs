//! Files that are broken, and fields that are wrong.

use super::{cluster, init, refused, whole};
use crate::support::program::CONFIG;

#[test]
fn syntax() {
    refused(&[
        whole(
            "broken YAML",
            "apiVersion: a: b\n",
            &[
                "config.yaml:1: the file is not valid YAML or JSON",
                "mapping values",
            ],
        ),
        whole(
            "bracket left open",
            "a: [1, 2\n",
            &["config.yaml:1: ", "unclosed bracket"],
        ),
        whole(
            "broken JSON",
            "{\"a\": \n",
            &["the file is not valid YAML or JSON"],
        ),
        cluster(
            "tabulator",
            "networking:\n\tdnsDomain: x",
            &["config.yaml:11: ", "tabs"],
        ),
        cluster(
            "an alias (*NAME) has no anchor (&NAME) before it",
            "clusterName: *nope",
            &[
                "config.yaml:10: ",
                "an alias (*NAME) has no anchor (&NAME) before it",
            ],
        ),
        whole(
            "list of documents",
            "- a\n- b\n",
            &["config.yaml:1: expected a document, found a list"],
        ),
        whole(
            "text",
            "hello\n",
            &["config.yaml:1: expected a document, found a string"],
        ),
        whole(
            "no kind",
            "apiVersion: kubeadm.k8s.io/v1beta4\n",
            &["config.yaml:1: ", "kind and apiVersion is mandatory"],
        ),
    ]);
}

#[test]
fn fields() {
    refused(&[
        cluster(
            "unknown field",
            "clusterNam: x",
            &[
                "config.yaml:10: ClusterConfiguration.clusterNam: unknown field; did you mean \"clusterName\"?",
            ],
        ),
        cluster(
            "unknown field, wrong case",
            "ClusterName: x",
            &[
                "config.yaml:10: ClusterConfiguration.ClusterName: unknown field; did you mean \"clusterName\"? (case matters)",
            ],
        ),
        cluster(
            "unknown field, nested",
            "networking: {podCIDR: 10.0.0.0/16}",
            &[
                "ClusterConfiguration.networking.podCIDR: unknown field; the fields here are",
                "podSubnet",
            ],
        ),
        cluster(
            "duplicate field",
            "clusterName: a\nclusterName: b",
            &[
                "config.yaml:11: ClusterConfiguration.clusterName: is given twice, first on line 10; keep one of the two",
            ],
        ),
        cluster(
            "list for a string",
            "clusterName: [a]",
            &["config.yaml:10: ClusterConfiguration.clusterName: expected a string, found a list"],
        ),
        cluster(
            "boolean for a string",
            "clusterName: yes",
            &["clusterName: expected a string, found a boolean; put it in quotes"],
        ),
        cluster(
            "arguments of v1beta3",
            "apiServer:\n  extraArgs: {v: \"4\"}",
            &[
                "config.yaml:11: ClusterConfiguration.apiServer.extraArgs: expected a list, found an object; write each argument as \"- {name: NAME, value: VALUE}\"",
            ],
        ),
        init(
            "string for a number",
            "localAPIEndpoint: {bindPort: \"6443\"}",
            &[
                "config.yaml:3: InitConfiguration.localAPIEndpoint.bindPort: expected a whole number, found a string; write it without quotes",
            ],
        ),
        whole(
            "unknown field of the kubelet's",
            format!(
                "{CONFIG}---\napiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\nmaxPodz: 5\n"
            ),
            &[
                "config.yaml:13: KubeletConfiguration.maxPodz: unknown field; did you mean \"maxPods\"?",
            ],
        ),
        whole(
            "unknown field of kube-proxy's",
            format!(
                "{CONFIG}---\napiVersion: kubeproxy.config.k8s.io/v1alpha1\nkind: KubeProxyConfiguration\nmod: x\n"
            ),
            &["config.yaml:13: KubeProxyConfiguration.mod: unknown field; did you mean \"mode\"?"],
        ),
        whole(
            "several problems at once",
            format!("{CONFIG}clusterNam: x\nnetworking: {{podSubnet: true}}\nproxi: {{}}\n"),
            &["config.yaml:10: ", "config.yaml:11: ", "config.yaml:12: "],
        ),
    ]);
}

#[test]
fn values() {
    refused(&[
        cluster(
            "wrong CIDR",
            "networking: {podSubnet: 10.244.0.0}",
            &[
                "config.yaml:10: ClusterConfiguration.networking.podSubnet: Invalid value: \"10.244.0.0\": couldn't parse subnet; write it in CIDR notation, like \"10.244.0.0/16\"",
            ],
        ),
        cluster(
            "wrong service CIDR",
            "networking: {serviceSubnet: 10.96.0.0/33}",
            &["networking.serviceSubnet", "couldn't parse subnet"],
        ),
        cluster(
            "overlapping subnets",
            "networking: {podSubnet: 10.96.0.0/16, serviceSubnet: 10.96.0.0/12}",
            &[
                "config.yaml:10: ClusterConfiguration.networking.podSubnet",
                "pod subnet overlaps with the service subnet 10.96.0.0/12",
            ],
        ),
        cluster(
            "two pod subnets of one family",
            "networking: {podSubnet: \"10.244.0.0/16,10.245.0.0/16\"}",
            &["networking.podSubnet", "two CIDRs from each family"],
        ),
        init(
            "bad token",
            "bootstrapTokens:\n- token: short.secretpart",
            &[
                "config.yaml:4: InitConfiguration.bootstrapTokens[0].token: the bootstrap token is not of the form \"[a-z0-9]{6}.[a-z0-9]{16}\"",
            ],
        ),
        init(
            "bad duration",
            "bootstrapTokens:\n- ttl: forever",
            &[
                "config.yaml:4: InitConfiguration.bootstrapTokens[0].ttl: \"forever\" is not a duration; write a number with a unit, like \"24h0m0s\"",
            ],
        ),
        cluster(
            "bad SAN",
            "apiServer: {certSANs: [\"a b\"]}",
            &[
                "config.yaml:10: ClusterConfiguration.apiServer.certSANs[0]: Invalid value: \"a b\": altname is not a valid IP address, DNS label or a DNS label with subdomain wildcards",
            ],
        ),
        whole(
            "bad version",
            CONFIG.replace("v1.36.2", "v1.3x"),
            &[
                "config.yaml:8: ClusterConfiguration.kubernetesVersion can not be used",
                "version \"v1.3x\" doesn't match patterns",
                "write it like \"v1.36.2\"",
            ],
        ),
        whole(
            "version that is too old",
            CONFIG.replace("v1.36.2", "v1.34.0"),
            &[
                "config.yaml:8: ClusterConfiguration.kubernetesVersion",
                "only supports deploying clusters with the control plane version >= 1.35.0",
            ],
        ),
        cluster(
            "bad endpoint",
            "controlPlaneEndpoint: https://api.example.com",
            &[
                "config.yaml:10: ClusterConfiguration.controlPlaneEndpoint can not be used",
                "it is a URL; write host or host:port, without scheme",
            ],
        ),
        init(
            "bad address",
            "localAPIEndpoint: {advertiseAddress: 10.66.0.300}",
            &[
                "config.yaml:3: InitConfiguration.localAPIEndpoint.advertiseAddress can not be used",
                "must be ipv4 or ipv6 address",
            ],
        ),
        init(
            "bad port",
            "localAPIEndpoint: {bindPort: 70000}",
            &[
                "config.yaml:3: InitConfiguration.localAPIEndpoint.bindPort: Invalid value: \"70000\": port number is not valid; it is from 1 to 65535",
            ],
        ),
        init(
            "bad name",
            "nodeRegistration: {name: node_1}",
            &[
                "config.yaml:3: InitConfiguration.nodeRegistration.name: Invalid value: \"node_1\": a lowercase RFC 1123 subdomain",
            ],
        ),
        init(
            "bad certificate key",
            "certificateKey: aabb",
            &[
                "config.yaml:3: InitConfiguration.certificateKey: Invalid value: <sealed>",
                "the key must be an AES key of size 32",
            ],
        ),
        cluster(
            "relative directory",
            "certificatesDir: pki",
            &[
                "config.yaml:10: ClusterConfiguration.certificatesDir: Invalid value: \"pki\": path is not absolute; it must begin with \"/\"",
            ],
        ),
        cluster(
            "bad registry",
            "imageRepository: https://x",
            &[
                "config.yaml:10: ClusterConfiguration.imageRepository",
                "without scheme, like \"registry.k8s.io\"",
            ],
        ),
        cluster(
            "two kinds of etcd",
            "etcd: {local: {}, external: {endpoints: [\"https://e:2379\"]}}",
            &[
                "config.yaml:10: ClusterConfiguration.etcd",
                "local and external are mutually exclusive; keep one of the two",
            ],
        ),
        cluster(
            "unknown feature gate",
            "featureGates: {Nope: true}",
            &[
                "config.yaml:10: ClusterConfiguration.featureGates.Nope",
                "known are NodeLocalCRISocket, PublicKeysECDSA, RootlessControlPlane",
            ],
        ),
        whole(
            "unknown algorithm",
            CONFIG.replace("ECDSA-P256", "RSA-1024"),
            &[
                "config.yaml:9: ClusterConfiguration.encryptionAlgorithm",
                "Must be one of [ECDSA-P256 ECDSA-P384 RSA-2048 RSA-3072 RSA-4096]",
            ],
        ),
        cluster(
            "several values at once",
            "networking: {podSubnet: 10.0.0.0/7, dnsDomain: A_B}",
            &["networking.podSubnet", "networking.dnsDomain"],
        ),
    ]);
}
