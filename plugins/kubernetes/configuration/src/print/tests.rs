use kubewright_configuration::json;

use super::*;

/// What a file has, as the host gives it.
fn read(text: &str) -> Documents {
    let documents: Vec<Value> = serde_saphyr::from_multiple(text).unwrap();
    Documents::read(&documents, Some("k.yaml")).unwrap()
}

/// The warnings of `config validate`.
fn checked(documents: &[Value]) -> Result<Vec<String>, ConfigError> {
    let documents = Documents::read(documents, Some("k.yaml"))?;
    validate(documents, Some("2027-01-31T12:00:00Z")).map(|checked| checked.warnings)
}

#[test]
fn printed_defaults_are_valid_and_complete() {
    let kinds = json!({"component-configs": ["KubeletConfiguration", "KubeProxyConfiguration"]});
    let flags = Flags::new(kinds.as_object().cloned().unwrap());
    for (name, expected) in [
        (
            "init",
            vec![
                "\"taints\":null",
                "\"advertiseAddress\":\"1.2.3.4\"",
                "\"token\":\"abcdef.0123456789abcdef\"",
                "\"kubernetesVersion\":\"1.36.0\"",
                "\"kind\":\"KubeletConfiguration\"",
                "\"kind\":\"KubeProxyConfiguration\"",
            ],
        ),
        (
            "join",
            vec![
                "\"name\":\"host-1\"",
                "\"unsafeSkipCAVerification\":true",
                "\"apiServerEndpoint\":\"kube-apiserver:6443\"",
            ],
        ),
        (
            "reset",
            vec!["\"criSocket\":\"unix:///var/run/containerd/containerd.sock\""],
        ),
        ("upgrade", vec!["\"diff\":{}", "\"etcdUpgrade\":true"]),
    ] {
        let documents = defaults(name, &flags, "host-1").unwrap().unwrap();
        let text = json!(documents).to_string();
        for part in expected {
            assert!(text.contains(part), "{name}: {part} is missing in\n{text}");
        }
        assert_eq!(checked(&documents).unwrap(), Vec::<String>::new(), "{name}");
    }
    assert_eq!(
        init_defaults(&["Scheduler".to_owned()])
            .unwrap_err()
            .to_string(),
        "--component-configs: needs to contain some of [KubeProxyConfiguration KubeletConfiguration]"
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
    let old = old.replace("0123456789abcdef", "<sealed>");
    let migrated = migrate(read(&old), read(&old)).unwrap();
    assert!(migrated.warnings.is_empty(), "{:?}", migrated.warnings);
    let documents = migrated.documents.unwrap();
    let text = json!(documents).to_string();
    assert_eq!(text.matches("kubeadm.k8s.io/v1beta4").count(), 3, "{text}");
    for part in [
        "'token':'abcdef.<sealed>'",
        "'token':'ghijkl.<sealed>'",
        "'controlPlaneComponentHealthCheck':'9m0s'",
        "'discovery':'2m0s'",
        "{'name':'a','value':'2'}",
    ] {
        let text = text.replace('"', "'");
        assert!(text.contains(part), "{part} is missing in\n{text}");
    }
    for absent in ["1.2.3.4", "\"name\":\"node\"", "\"token\":\"\"", "v1beta3"] {
        assert!(!text.contains(absent), "{absent} is in\n{text}");
    }
    let read = || Documents::read(&documents, Some("new.yaml")).unwrap();
    let again = migrate(read(), read()).unwrap().documents.unwrap();
    assert_eq!(again, documents, "migrating twice changes nothing");
}

#[test]
fn validation_looks_at_every_document() {
    let text = "apiVersion: kubeadm.k8s.io/v1beta4\nkind: ResetConfiguration\nunmountFlags: [x]\n";
    let error = validate(read(text), None).unwrap_err().to_string();
    assert!(error.contains("ResetConfiguration.unmountFlags"), "{error}");
}

#[test]
fn validation_knows_what_time_it_is_and_migration_does_not_ask() {
    for (case, expires, expected) in [
        ("to come", "2027-01-31T12:00:01Z", None),
        (
            "now",
            "2027-01-31T12:00:00Z",
            Some("InitConfiguration.bootstrapTokens[0].expires"),
        ),
        (
            "gone",
            "2001-01-01T00:00:00Z",
            Some("the token has expired"),
        ),
    ] {
        let document = json!({
            "apiVersion": "kubeadm.k8s.io/v1beta4",
            "kind": "InitConfiguration",
            "bootstrapTokens": [{"expires": expires}],
        });
        let error = checked(std::slice::from_ref(&document))
            .err()
            .map(|error| error.to_string());
        match expected {
            None => assert_eq!(error, None, "{case}"),
            Some(part) => assert!(
                error.as_ref().is_some_and(|e| e.contains(part)),
                "{case}: {error:?}"
            ),
        }
        let read = || Documents::read([&document], Some("t.yaml")).unwrap();
        assert!(migrate(read(), read()).is_ok(), "{case}");
    }
}
