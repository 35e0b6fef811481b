use super::*;

/// The warnings of `config validate`.
fn checked(text: &str, file: &str, allow_deprecated: bool) -> Result<Vec<String>, ConfigError> {
    let now = "2027-01-31T12:00:00Z".parse().unwrap();
    validate(text, file, allow_deprecated, now).map(|checked| checked.warnings)
}

#[test]
fn printed_defaults_are_valid_and_complete() {
    let kinds = [
        "KubeletConfiguration".to_owned(),
        "KubeProxyConfiguration".to_owned(),
    ];
    for (name, text, expected) in [
        (
            "init",
            init_defaults(&kinds).unwrap(),
            vec![
                "taints: null",
                "advertiseAddress: \"1.2.3.4\"",
                "token: abcdef.0123456789abcdef",
                "kubernetesVersion: \"1.36.0\"",
                "kind: KubeletConfiguration",
                "kind: KubeProxyConfiguration",
            ],
        ),
        (
            "join",
            join_defaults("host-1").unwrap(),
            vec![
                "name: host-1",
                "unsafeSkipCAVerification: true",
                "apiServerEndpoint: kube-apiserver:6443",
            ],
        ),
        (
            "reset",
            reset_defaults().unwrap(),
            vec!["criSocket: unix:///var/run/containerd/containerd.sock"],
        ),
        (
            "upgrade",
            upgrade_defaults().unwrap(),
            vec!["diff: {}", "etcdUpgrade: true"],
        ),
    ] {
        for part in expected {
            assert!(text.contains(part), "{name}: {part} is missing in\n{text}");
        }
        assert_eq!(
            checked(&text, name, false).unwrap(),
            Vec::<String>::new(),
            "{name}"
        );
    }
    assert_eq!(
        init_defaults(&["Scheduler".to_owned()])
            .unwrap_err()
            .to_string(),
        "--component-configs needs to contain some of [KubeProxyConfiguration KubeletConfiguration]"
    );
}

#[test]
fn migration_writes_the_current_version_and_keeps_secrets() {
    let old = "apiVersion: kubeadm.k8s.io/v1beta3\nkind: ClusterConfiguration\nkubernetesVersion: v1.36.1\n\
        apiServer: {timeoutForControlPlane: 9m, extraArgs: {b: '1', a: '2'}}\n---\n\
        apiVersion: kubeadm.k8s.io/v1beta3\nkind: InitConfiguration\n\
        bootstrapTokens: [{token: abcdef.0123456789abcdef}, {}]\n---\n\
        apiVersion: kubeadm.k8s.io/v1beta3\nkind: JoinConfiguration\ndiscovery:\n  timeout: 2m\n\
        \x20 bootstrapToken: {token: ghijkl.0123456789abcdef, apiServerEndpoint: 'a:1', unsafeSkipCAVerification: true}\n";
    let (text, warnings) = migrate(old, "old.yaml").unwrap();
    assert!(warnings.is_empty(), "{warnings:?}");
    assert_eq!(
        text.matches("kubeadm.k8s.io/v1beta4").count(),
        3,
        "{}",
        *text
    );
    for part in [
        "token: abcdef.0123456789abcdef",
        "token: ghijkl.0123456789abcdef",
        "controlPlaneComponentHealthCheck: 9m0s",
        "discovery: 2m0s",
        "- name: a\n    value: '2'",
    ] {
        let text = text.replace('"', "'");
        assert!(text.contains(part), "{part} is missing in\n{text}");
    }
    for absent in ["1.2.3.4", "name: node", "token: ''", "v1beta3", "<sealed>"] {
        assert!(!text.contains(absent), "{absent} is in\n{}", *text);
    }
    let (again, _) = migrate(&text, "new.yaml").unwrap();
    assert_eq!(again, text, "migrating twice changes nothing");
}

#[test]
fn validation_looks_at_every_document() {
    let text = "apiVersion: kubeadm.k8s.io/v1beta4\nkind: ResetConfiguration\nunmountFlags: [x]\n";
    assert!(
        checked(text, "r.yaml", false)
            .unwrap_err()
            .to_string()
            .contains("r.yaml:3: ResetConfiguration.unmountFlags")
    );
    let old = "apiVersion: kubeadm.k8s.io/v1beta3\nkind: ClusterConfiguration\nkubernetesVersion: v1.36.1\n";
    assert_eq!(checked(old, "o.yaml", false).unwrap().len(), 1);
    assert_eq!(checked(old, "o.yaml", true).unwrap().len(), 0);
}

#[test]
fn validation_knows_what_time_it_is_and_migration_does_not_ask() {
    let head = "apiVersion: kubeadm.k8s.io/v1beta4\nkind: InitConfiguration\nbootstrapTokens:\n- expires: ";
    for (case, expires, expected) in [
        ("to come", "2027-01-31T12:00:01Z", None),
        (
            "now",
            "2027-01-31T12:00:00Z",
            Some("t.yaml:4: InitConfiguration.bootstrapTokens[0].expires"),
        ),
        (
            "gone",
            "2001-01-01T00:00:00Z",
            Some("the token has expired"),
        ),
    ] {
        let text = format!("{head}{expires:?}\n");
        let error = checked(&text, "t.yaml", false)
            .err()
            .map(|error| error.to_string());
        match expected {
            None => assert_eq!(error, None, "{case}"),
            Some(part) => assert!(
                error.as_ref().is_some_and(|e| e.contains(part)),
                "{case}: {error:?}"
            ),
        }
        assert!(migrate(&text, "t.yaml").is_ok(), "{case}");
    }
}
