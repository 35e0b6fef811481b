//! ClusterConfiguration, field by field.

use serde_json::{Value, json};

use super::table;
use crate::documents::{ClusterConfiguration, Document};

#[test]
fn cluster_configurations() {
    let networking = |pods: &str, services: &str| json!({"networking": {"podSubnet": pods, "serviceSubnet": services}});
    let kcm = |pods: &str, name: &str, value: &str| json!({"networking": {"podSubnet": pods}, "controllerManager": {"extraArgs": [{"name": name, "value": value}]}});
    let external = |fields: Value| json!({"etcd": {"external": fields}});
    table(
        ClusterConfiguration::KIND,
        vec![
            ("nothing set", json!({"kubernetesVersion": "v1.36.2"}), ""),
            (
                "no subnet",
                networking("10.244.0.0", ""),
                "ClusterConfiguration.networking.podSubnet: Invalid value: \"10.244.0.0\": couldn't parse subnet",
            ),
            (
                "dual stack",
                networking(
                    "10.244.0.0/16,fd00:10:244::/56",
                    "10.96.0.0/16,fd00:10:96::/112",
                ),
                "",
            ),
            (
                "v6 alone",
                networking("fd00:10:244::/48", "fd00:10:96::/108"),
                "",
            ),
            (
                "two of one family",
                networking("10.244.0.0/16,10.245.0.0/16", ""),
                "expected one (IPv4 or IPv6) CIDR or two CIDRs from each family",
            ),
            (
                "three subnets",
                networking("", "10.96.0.0/16,fd00::/112,10.97.0.0/16"),
                "expected one (IPv4 or IPv6)",
            ),
            (
                "few services",
                networking("", "10.96.0.0/29"),
                "networking.serviceSubnet: Invalid value: \"10.96.0.0/29\": subnet with 8 address(es) is too small, the minimum is 10",
            ),
            (
                "many services",
                networking("", "10.0.0.0/8"),
                "specified service subnet is too large; for 32-bit addresses, the mask must be >= 12",
            ),
            (
                "many v6 services",
                networking("", "fd00::/64"),
                "for 128-bit addresses, the mask must be >= 108",
            ),
            (
                "pods smaller than a node",
                networking("10.244.0.0/25", ""),
                "the size of pod subnet with mask 25 is smaller than the size of node subnet with mask 24",
            ),
            (
                "pods too large",
                networking("fd00::/47", "10.96.0.0/12"),
                "pod subnet mask (47) and node-mask (64) difference is greater than 16",
            ),
            (
                "node mask given",
                kcm("10.244.0.0/25", "node-cidr-mask-size-ipv4", "26"),
                "",
            ),
            (
                "node mask a word",
                kcm("10.244.0.0/16", "node-cidr-mask-size-ipv4", "x"),
                "could not parse the value of the kube-controller-manager flag node-cidr-mask-size-ipv4 as an integer",
            ),
            (
                "nodes get no CIDR",
                kcm("10.244.0.0/25", "allocate-node-cidrs", "false"),
                "",
            ),
            (
                "overlap",
                networking("10.96.0.0/16", "10.96.0.0/12"),
                "ClusterConfiguration.networking.podSubnet: Invalid value: \"10.96.0.0/16\": pod subnet overlaps with the service subnet 10.96.0.0/12",
            ),
            (
                "overlap in v6",
                networking("10.244.0.0/16,fd00::/112", "10.96.0.0/16,fd00::/108"),
                "pod subnet overlaps with the service subnet fd00::/108",
            ),
            (
                "domain",
                json!({"networking": {"dnsDomain": "Cluster.Local"}}),
                "networking.dnsDomain: Invalid value: \"Cluster.Local\": a lowercase RFC 1123 subdomain",
            ),
            (
                "relative path",
                json!({"certificatesDir": "pki"}),
                "certificatesDir: Invalid value: \"pki\": path is not absolute",
            ),
            (
                "gate",
                json!({"featureGates": {"Nonsense": true}}),
                "featureGates.Nonsense: Invalid value: \"true\": Nonsense is not a valid feature name",
            ),
            (
                "algorithm",
                json!({"encryptionAlgorithm": "RSA-1024"}),
                "Invalid encryption algorithm \"RSA-1024\". Must be one of [ECDSA-P256 ECDSA-P384 RSA-2048 RSA-3072 RSA-4096]",
            ),
            (
                "repository",
                json!({"imageRepository": "https://x"}),
                "imageRepository: Invalid value: \"https://x\": invalid image repository format",
            ),
            (
                "DNS repository",
                json!({"dns": {"imageRepository": "UPPER/Case"}}),
                "dns.imageRepository",
            ),
            (
                "nameless argument",
                json!({"scheduler": {"extraArgs": [{"name": "", "value": "1"}]}}),
                "scheduler.extraArgs: Invalid value: \"index 0\": argument has no name",
            ),
            (
                "SANs",
                json!({"apiServer": {"certSANs": ["a.b", "*.a.b", "10.0.0.1", "fd00::1", "a_b"]}}),
                "apiServer.certSANs[4]: Invalid value: \"a_b\": altname is not a valid IP address, DNS label or a DNS label with subdomain wildcards",
            ),
            (
                "endpoint",
                json!({"controlPlaneEndpoint": "a b"}),
                "controlPlaneEndpoint",
            ),
            (
                "old version",
                json!({"kubernetesVersion": "v1.30.0"}),
                "kubernetesVersion",
            ),
            (
                "no validity",
                json!({"certificateValidityPeriod": "0s"}),
                "ClusterConfiguration.certificateValidityPeriod: Invalid value: \"0s\"",
            ),
            (
                "negative validity",
                json!({"caCertificateValidityPeriod": "-1h"}),
                "caCertificateValidityPeriod",
            ),
            (
                "two etcds",
                json!({"etcd": {"local": {}, "external": {"endpoints": ["http://x:1"]}}}),
                "local and external are mutually exclusive",
            ),
            (
                "relative data",
                json!({"etcd": {"local": {"dataDir": "etcd"}}}),
                "etcd.local.dataDir: Invalid value: \"etcd\"",
            ),
            (
                "etcd SANs",
                json!({"etcd": {"local": {"peerCertSANs": ["-"]}}}),
                "etcd.local.peerCertSANs",
            ),
            (
                "plain external",
                external(json!({"endpoints": ["http://10.0.0.1:2379"]})),
                "",
            ),
            (
                "separate health endpoints",
                external(
                    json!({"endpoints": ["https://e:2379"], "httpEndpoints": ["http://e:2381"], "caFile": "/ca", "certFile": "/c", "keyFile": "/k"}),
                ),
                "",
            ),
            (
                "no endpoints",
                external(json!({})),
                "etcd.external.endpoints: Invalid value: \"\": at least one endpoint must be specified",
            ),
            (
                "TLS needs https",
                external(json!({"endpoints": ["http://e:2379"], "caFile": "/ca"})),
                "etcd.external.endpoints[0]: Invalid value: \"http://e:2379\": the URL must be using the HTTPS scheme",
            ),
            (
                "no scheme",
                external(json!({"endpoints": ["etcd.example"]})),
                "the URL without scheme is not allowed",
            ),
            (
                "no URL",
                external(json!({"endpoints": ["10.0.0.1:2379"]})),
                "URL parse error",
            ),
            (
                "half a pair",
                external(json!({"endpoints": ["https://e:1"], "caFile": "/ca", "certFile": "/c"})),
                "either both or none of certFile and keyFile must be set",
            ),
            (
                "pair without CA",
                external(json!({"endpoints": ["https://e:1"], "certFile": "/c", "keyFile": "/k"})),
                "requires caFile",
            ),
            (
                "relative CA",
                external(json!({"endpoints": ["https://e:1"], "caFile": "ca"})),
                "etcd.external.caFile: Invalid value: \"ca\": path is not absolute",
            ),
        ],
    );
}
