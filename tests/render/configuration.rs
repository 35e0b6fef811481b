//! Bad configuration files: one error, with line and field, and nothing is
//! written.

use crate::support::program::{CONFIG, Place};

/// What is wrong with the file, the file, and what the error must say.
struct Case {
    name: &'static str,
    text: String,
    says: &'static [&'static str],
}

/// The sound configuration with these lines in its ClusterConfiguration, which
/// then begin on line 10.
fn cluster(name: &'static str, lines: &str, says: &'static [&'static str]) -> Case {
    Case {
        name,
        text: format!("{CONFIG}{lines}\n"),
        says,
    }
}

/// An InitConfiguration with these lines, which begin on line 3.
fn init(name: &'static str, lines: &str, says: &'static [&'static str]) -> Case {
    Case {
        name,
        text: format!(
            "apiVersion: kubeadm.k8s.io/v1beta4\nkind: InitConfiguration\n{lines}\n---\n\
             apiVersion: kubeadm.k8s.io/v1beta4\nkind: ClusterConfiguration\n"
        ),
        says,
    }
}

fn whole(name: &'static str, text: impl Into<String>, says: &'static [&'static str]) -> Case {
    Case {
        name,
        text: text.into(),
        says,
    }
}

fn refused(cases: &[Case]) {
    crate::support::at_once(cases, |case| {
        println!("{}", case.name);
        let place = Place::new();
        place.write("config.yaml", &case.text);
        for arguments in [
            &["render", "--config", "config.yaml", "--out", "out"][..],
            &["config", "validate", "--config", "config.yaml"],
        ] {
            place.refused(1, arguments, &[&["config.yaml"], case.says].concat());
        }
    });
}

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
            "unknown anchor",
            "clusterName: *nope",
            &["config.yaml:10: ", "unknown anchor"],
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
                "config.yaml:10: ClusterConfiguration.apiServer.certSANs: Invalid value: \"a b\": altname is not a valid IP address, DNS label or a DNS label with subdomain wildcards",
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

#[test]
fn kinds_and_versions() {
    let (init, cluster) = CONFIG.split_once("---\n").expect("two documents");
    refused(&[
        whole(
            "version that is too new",
            CONFIG.replace("v1beta4", "v1beta5"),
            &[
                "config.yaml:1: InitConfiguration: unknown configuration API \"kubeadm.k8s.io/v1beta5\"",
                "is kubeadm.k8s.io/v1beta4 or kubeadm.k8s.io/v1beta3",
            ],
        ),
        whole(
            "version that is too old",
            CONFIG.replace("v1beta4", "v1beta2"),
            &[
                "config.yaml:1: InitConfiguration: your configuration file uses an old API spec: \"kubeadm.k8s.io/v1beta2\"",
                "migrate",
            ],
        ),
        whole(
            "unknown kind",
            format!("{CONFIG}---\napiVersion: kubeadm.k8s.io/v1beta4\nkind: Foo\n"),
            &[
                "config.yaml:11: Foo: ",
                "the kinds of this version are InitConfiguration, ClusterConfiguration",
            ],
        ),
        whole(
            "unknown group",
            format!("{CONFIG}---\napiVersion: example.com/v1\nkind: Foo\n"),
            &["config.yaml:11: Foo: unknown configuration API \"example.com/v1\""],
        ),
        whole(
            "two InitConfigurations",
            format!("{init}---\n{cluster}---\n{init}"),
            &[
                "config.yaml:11: InitConfiguration: ",
                "specified twice in the file, first on line 1",
            ],
        ),
        whole(
            "two ClusterConfigurations",
            format!("{init}---\n{cluster}---\n{cluster}"),
            &[
                "config.yaml:11: ClusterConfiguration: ",
                "specified twice in the file, first on line 6",
            ],
        ),
        whole(
            "two KubeletConfigurations",
            format!(
                "{CONFIG}{0}{0}",
                "---\napiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\n"
            ),
            &[
                "config.yaml:14: KubeletConfiguration: ",
                "specified twice in the file, first on line 11",
            ],
        ),
    ]);
}

#[test]
fn what_is_too_much_is_given_up_soon() {
    let mut bomb = String::from("a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n");
    for level in 1..12 {
        let below = vec![format!("*a{}", level - 1); 10].join(",");
        bomb.push_str(&format!("a{level}: &a{level} [{below}]\n"));
    }
    let says = &["the file nests deeper, or holds more once its anchors and aliases"];
    refused(&[
        whole("anchors that multiply", bomb.clone(), says),
        whole(
            "anchors that multiply in a document",
            format!("{bomb}{CONFIG}"),
            says,
        ),
        cluster(
            "deep lists",
            &format!("networking: {}{}", "[".repeat(20_000), "]".repeat(20_000)),
            says,
        ),
        cluster(
            "deep objects",
            &format!(
                "networking: {}{}",
                "{a: ".repeat(20_000),
                "}".repeat(20_000)
            ),
            says,
        ),
        whole(
            "huge file",
            format!("{CONFIG}clusterName: {}\n", "x".repeat(5 << 20)),
            &["is too large: a configuration has at most 4194304 bytes"],
        ),
    ]);
}

#[test]
fn what_is_no_configuration() {
    for (name, content, says) in [
        ("empty", &b""[..], "no InitConfiguration or ClusterConfiguration kind was found"),
        ("comments", b"# nothing\n---\n", "no InitConfiguration or ClusterConfiguration kind was found"),
        ("a join alone", b"apiVersion: kubeadm.k8s.io/v1beta4\nkind: JoinConfiguration\ndiscovery: {bootstrapToken: {token: abcdef.0123456789abcdef, apiServerEndpoint: \"a:6443\", unsafeSkipCAVerification: true}}\n", "no InitConfiguration or ClusterConfiguration kind was found"),
        ("not UTF-8", b"\xff\xfe\x00x", "config.yaml is not text in UTF-8"),
        ("NULs", &[0; 100], "not valid YAML"),
    ] {
        println!("{name}");
        let place = Place::new();
        place.write("config.yaml", content);
        let arguments = ["render", "--config", "config.yaml", "--out", "out"];
        place.refused(1, &arguments, &["config.yaml", says]);
    }
}

#[test]
fn what_cannot_be_read() {
    let place = Place::new();
    std::fs::create_dir(place.path("folder")).expect("folders can be made");
    for (file, says) in [
        ("missing.yaml", "No such file"),
        ("folder", "Is a directory"),
        ("config.yaml/below", "Not a directory"),
        ("/dev/zero", "is too large"),
    ] {
        println!("{file}");
        let arguments = ["render", "--config", file, "--out", "out"];
        place.refused(1, &arguments, &[file, says]);
    }
}

#[test]
fn sound_files_of_any_shape_are_taken() {
    for (name, text) in [
        ("with a byte order mark", format!("\u{feff}{CONFIG}")),
        ("with carriage returns", CONFIG.replace('\n', "\r\n")),
        ("with anchors",
            format!("{CONFIG}apiServer: {{certSANs: [&san a.example.com]}}\netcd: {{local: {{serverCertSANs: [*san]}}}}\n"),
        ),
        ("with nulls", format!("{CONFIG}networking:\napiServer: null\n")),
        ("with an empty document", format!("---\n{CONFIG}---\n")),
        ("a ClusterConfiguration alone", CONFIG.split_once("---\n").expect("two").1.to_owned()),
        ("JSON", r#"{"apiVersion":"kubeadm.k8s.io/v1beta4","kind":"ClusterConfiguration","encryptionAlgorithm":"ECDSA-P256"}"#.to_owned()),
    ] {
        println!("{name}");
        let place = Place::new();
        place.write("config.yaml", text);
        place.render(&[]).exits(0);
        assert!(place.rendered("/etc/kubernetes/admin.conf").is_file());
    }
}

#[test]
fn standard_input_is_taken_for_a_dash() {
    use std::io::Write;
    let place = Place::new();
    let mut child = crate::support::program::program(&place.path(""))
        .args(["render", "--config", "-", "--out", "out"])
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::null())
        .spawn()
        .expect("the program starts");
    let mut input = child.stdin.take().expect("a pipe");
    input.write_all(CONFIG.as_bytes()).expect("it reads");
    drop(input);
    assert!(child.wait().expect("it ends").success());
    assert!(place.out().join("objects.yaml").is_file());
}
