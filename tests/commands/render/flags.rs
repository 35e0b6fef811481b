//! Flags that cannot be what was meant: exit code 2, and the flag is named.

use crate::support::program::Place;

#[test]
fn bad_values_name_the_flag() {
    let cases: &[(&[&str], &[&str])] = &[
        (
            &["--pod-network-cidr", "10.0.0.0"],
            &["--pod-network-cidr: Invalid value: \"10.0.0.0\": couldn't parse subnet"],
        ),
        (
            &["--service-cidr", "x"],
            &["--service-cidr: Invalid value: \"x\""],
        ),
        (
            &["--pod-network-cidr", "10.96.0.0/16"],
            &[
                "--pod-network-cidr",
                "overlaps with the service subnet 10.96.0.0/12",
            ],
        ),
        (
            &["--token", "short"],
            &["--token can not be used", "[a-z0-9]{6}.[a-z0-9]{16}"],
        ),
        (
            &["--token-ttl", "soon"],
            &["--token-ttl can not be used", "write a number with a unit"],
        ),
        (
            &["--apiserver-advertise-address", "1.2.3"],
            &[
                "--apiserver-advertise-address can not be used",
                "must be ipv4 or ipv6 address",
            ],
        ),
        (
            &["--apiserver-advertise-address", "224.0.0.1"],
            &[
                "--apiserver-advertise-address can not be used",
                "give an address of this node",
            ],
        ),
        (
            &["--apiserver-bind-port", "x"],
            &[
                "--apiserver-bind-port",
                "a port is a whole number from 1 to 65535",
            ],
        ),
        (
            &["--apiserver-bind-port", "70000"],
            &[
                "--apiserver-bind-port",
                "a port is a whole number from 1 to 65535",
            ],
        ),
        (
            &["--apiserver-cert-extra-sans", "a_b"],
            &["--apiserver-cert-extra-sans: Invalid value: \"a_b\""],
        ),
        (
            &["--cert-dir", "pki"],
            &["--cert-dir: Invalid value: \"pki\": path is not absolute"],
        ),
        (
            &["--certificate-key", "zz"],
            &["--certificate-key: Invalid value: <sealed>", "hex"],
        ),
        (
            &["--control-plane-endpoint", "a_b"],
            &["--control-plane-endpoint can not be used", "RFC-1123"],
        ),
        (
            &["--feature-gates", "Nope=true"],
            &[
                "--feature-gates can not be used",
                "known are NodeLocalCRISocket",
            ],
        ),
        (
            &["--feature-gates", "x"],
            &["--feature-gates can not be used", "missing bool value"],
        ),
        (
            &["--ignore-preflight-errors", "all,Swap"],
            &["--ignore-preflight-errors", "individual checks"],
        ),
        (
            &["--image-repository", "http://x"],
            &["--image-repository: Invalid value: \"http://x\""],
        ),
        (
            &["--kubernetes-version", "1.34.0"],
            &["--kubernetes-version can not be used", ">= 1.35.0"],
        ),
        (
            &["--kubernetes-version", "new"],
            &["--kubernetes-version can not be used", "write it like"],
        ),
        (
            &["--node-name", "A_B"],
            &["--node-name: Invalid value: \"a_b\""],
        ),
        (
            &["--service-dns-domain", "A_B"],
            &["--service-dns-domain: Invalid value: \"A_B\""],
        ),
        (
            &["--skip-phases", "nope"],
            &["invalid phase name \"nope\"; the phases of kubernetes are: preflight, certs, "],
        ),
        (
            &["--skip-phases", "addon/nope"],
            &["invalid phase name \"addon/nope\""],
        ),
        (&["--phase", "nope"], &["invalid phase name \"nope\""]),
        (
            &["--phase", "certs,certs/nope"],
            &["invalid phase name \"certs/nope\""],
        ),
        (&["--nope"], &["unexpected argument '--nope'"]),
        (&["extra"], &["unexpected argument 'extra'"]),
        (&["--config", ""], &["--config"]),
        (
            &["--out", "other"],
            &["--out", "cannot be used multiple times"],
        ),
        (
            &["--output", "xml"],
            &["'xml'", "possible values: text, json"],
        ),
    ];
    let place = Place::new();
    for (flags, words) in cases {
        println!("{flags:?}");
        place.refused(2, &[&["render", "--out", "out"], *flags].concat(), words);
        // The same for a program.
        let json = [&["render", "--out", "out", "-o", "json"], *flags].concat();
        if !flags.contains(&"--output") {
            let finished = place.run(&json).exits(2);
            let events = finished.events();
            let last = events.last().expect("an error");
            assert_eq!(last["event"], "error", "{flags:?}: {last}");
            assert_eq!(last["error"]["exitCode"], 2, "{flags:?}: {last}");
            let messages = last["error"]["messages"].to_string();
            let first = flags[0].trim_start_matches('-');
            assert!(
                messages.contains(first) || messages.contains("phase"),
                "{flags:?}: {messages}"
            );
        }
    }
}

#[test]
fn flags_that_a_file_speaks_for_do_not_mix_with_it() {
    let cases: &[(&[&str], &str)] = &[
        (&["--token", "abcdef.0123456789abcdef"], "token"),
        (&["--pod-network-cidr", "10.0.0.0/16"], "pod-network-cidr"),
        (&["--cert-dir", "/x"], "cert-dir"),
        (&["--patches", "/x"], "patches"),
        (&["--certificate-key", "00"], "certificate-key"),
        (
            &["--token-ttl", "1h", "--kubernetes-version", "v1.36.0"],
            "kubernetes-version token-ttl",
        ),
    ];
    let place = Place::new();
    for (flags, named) in cases {
        let base = ["render", "--config", "config.yaml", "--out", "out"];
        let words = format!("can not mix '--config' with arguments [{named}]");
        place.refused(2, &[&base, *flags].concat(), &[&words]);
    }
}

#[test]
fn flags_that_mix_with_a_file_win_over_it() {
    let place = Place::new();
    place.render(&["--node-name", "other"]).exits(0);
    let objects = std::fs::read_to_string(place.out().join("objects.yaml")).expect("objects");
    assert!(objects.contains("kubernetes.io/hostname: other") || objects.contains("name: other"));
}

#[test]
fn what_is_missing_is_named() {
    let place = Place::new();
    for (arguments, words) in [
        (&["render"][..], &["--out <DIR>"][..]),
        (&["render", "--out", ""], &["--out"]),
        (&["config", "validate"], &["--config <FILE>"]),
        (&["config", "migrate"], &["--old-config <FILE>"]),
        (&["component", "new", "x.wasm"], &["--out <COMPONENT.wasm>"]),
        (&["nonsense"], &["unrecognized subcommand 'nonsense'"]),
    ] {
        place.refused(2, arguments, words);
    }
}

/// The flags of kubeadm give what the same words in a file give.
#[test]
fn flags_say_what_a_file_says() {
    let token = "abcdef.0123456789abcdef";
    let flags = Place::new();
    flags
        .run(&[
            "render",
            "--out",
            "out",
            "--node-name",
            "cp1",
            "--apiserver-advertise-address",
            "192.0.2.10",
            "--apiserver-bind-port",
            "7443",
            "--apiserver-cert-extra-sans",
            "a.example.com,192.0.2.99",
            "--control-plane-endpoint",
            "api.example.com",
            "--cri-socket",
            "unix:///run/crio/crio.sock",
            "--image-repository",
            "mirror.example.com",
            "--kubernetes-version",
            "v1.36.1",
            "--pod-network-cidr",
            "10.244.0.0/16",
            "--service-cidr",
            "10.97.0.0/16",
            "--service-dns-domain",
            "k8s.example.com",
            "--token",
            token,
            "--token-ttl",
            "2h",
            "--cert-dir",
            "/etc/pki",
        ])
        .exits(0);
    let file = Place::new();
    file.write(
        "config.yaml",
        format!(
            "apiVersion: kubeadm.k8s.io/v1beta4\nkind: InitConfiguration\n\
             nodeRegistration: {{name: cp1, criSocket: \"unix:///run/crio/crio.sock\"}}\n\
             localAPIEndpoint: {{advertiseAddress: 192.0.2.10, bindPort: 7443}}\n\
             bootstrapTokens: [{{token: {token}, ttl: 2h, description: \"The default bootstrap token generated by 'kubeadm init'.\"}}]\n---\n\
             apiVersion: kubeadm.k8s.io/v1beta4\nkind: ClusterConfiguration\n\
             apiServer: {{certSANs: [a.example.com, 192.0.2.99]}}\ncontrolPlaneEndpoint: api.example.com\n\
             imageRepository: mirror.example.com\nkubernetesVersion: v1.36.1\ncertificatesDir: /etc/pki\n\
             networking: {{podSubnet: 10.244.0.0/16, serviceSubnet: 10.97.0.0/16, dnsDomain: k8s.example.com}}\n"
        ),
    );
    file.render(&[]).exits(0);
    for path in [
        "/etc/kubernetes/manifests/kube-apiserver.yaml",
        "/etc/kubernetes/manifests/kube-controller-manager.yaml",
        "/etc/kubernetes/manifests/etcd.yaml",
        "/var/lib/kubelet/config.yaml",
    ] {
        let read = |place: &Place| std::fs::read_to_string(place.rendered(path)).expect(path);
        assert_eq!(read(&flags), read(&file), "{path}");
    }
}
