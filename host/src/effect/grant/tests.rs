use super::*;

fn path(text: &str) -> MachinePath {
    MachinePath::parse(text).unwrap()
}

fn patterns(texts: &[&str]) -> Vec<PathPattern> {
    texts
        .iter()
        .map(|text| PathPattern::new(text).unwrap())
        .collect()
}

fn grants() -> Grants {
    Grants {
        files: vec![FileGrant {
            paths: patterns(&["/etc/kubernetes/manifests/*", "/var/lib/etcd/**"]),
            verbs: BTreeSet::from([FileVerb::Write]),
        }],
        pki: vec![PkiGrant {
            names: patterns(&["ca", "etcd/*"]),
            below: Some(path("/etc/kubernetes/pki")),
            verbs: BTreeSet::from([PkiVerb::Create]),
        }],
        kube: Some(KubeGrant {
            kubeconfigs: vec![path("/etc/kubernetes/admin.conf")],
            rules: vec![KubeRule {
                api_groups: vec![String::new()],
                resources: vec!["secrets".into()],
                resource_names: vec!["bootstrap-token-*".into()],
                namespaces: vec!["kube-system".into()],
                verbs: vec!["create".into(), "patch".into()],
            }],
        }),
        node: Some(NodeGrant {
            services: BTreeSet::from(["kubelet".into()]),
            ..NodeGrant::default()
        }),
        interfaces: BTreeSet::new(),
    }
}

#[test]
fn accounts_are_granted_by_pattern_and_files_given_by_verb() {
    let mut grants = grants();
    grants.files.push(FileGrant {
        paths: patterns(&["/etc/kubernetes/pki/*.key"]),
        verbs: BTreeSet::from([FileVerb::Own]),
    });
    let give = |at: &str, user: &str, group: &str| Action::SetOwner {
        path: path(at),
        user: user.to_owned(),
        group: group.to_owned(),
        mode: Some(0o600),
        holds: None,
    };
    let make = |user: &str, group: &str, member: &str| Action::EnsureAccounts {
        users: vec![user.to_owned()],
        groups: vec![crate::effect::WantedGroup {
            name: group.to_owned(),
            members: vec![member.to_owned()],
        }],
    };
    let key = "/etc/kubernetes/pki/ca.key";
    let nothing_yet = grants.covers(&make("kubeadm-a", "kubeadm-a", "kubeadm-a"));
    let line = nothing_yet.unwrap_err().line;
    assert_eq!(line, "node: {accounts: [\"kubeadm-a\"]}");
    assert!(grants.covers(&give(key, "root", "root")).is_ok());
    grants.node.as_mut().unwrap().accounts = patterns(&["kubeadm-*"]);
    for (name, action, wanted) in [
        ("its own", make("kubeadm-a", "kubeadm-b", "kubeadm-c"), true),
        ("another user", make("bob", "kubeadm-b", "kubeadm-c"), false),
        (
            "another group",
            make("kubeadm-a", "sudo", "kubeadm-c"),
            false,
        ),
        (
            "another member",
            make("kubeadm-a", "kubeadm-b", "root"),
            false,
        ),
        ("root", make("root", "kubeadm-b", "kubeadm-b"), false),
        ("a key", give(key, "kubeadm-a", "kubeadm-b"), true),
        ("a key for root", give(key, "root", "kubeadm-b"), true),
        ("to another user", give(key, "bob", "kubeadm-b"), false),
        ("to another group", give(key, "root", "adm"), false),
        (
            "what it may write",
            give("/var/lib/etcd/a", "kubeadm-a", "kubeadm-b"),
            false,
        ),
    ] {
        assert_eq!(grants.covers(&action).is_ok(), wanted, "{name}");
    }
    // Neither read nor written by that.
    for verb in [FileVerb::Read, FileVerb::Write, FileVerb::Remove] {
        assert!(grants.covers_file(&path(key), verb).is_err());
    }
}

#[test]
fn files_are_granted_by_pattern_and_verb() {
    let cases = [
        (
            "in the folder",
            "/etc/kubernetes/manifests/etcd.yaml",
            FileVerb::Write,
            true,
        ),
        (
            "deeper than *",
            "/etc/kubernetes/manifests/a/b",
            FileVerb::Write,
            false,
        ),
        ("any depth", "/var/lib/etcd/a/b", FileVerb::Write, true),
        ("other verb", "/var/lib/etcd/a", FileVerb::Read, false),
        ("elsewhere", "/etc/passwd", FileVerb::Write, false),
    ];
    for (name, at, verb, wanted) in cases {
        assert_eq!(
            grants().covers_file(&path(at), verb).is_ok(),
            wanted,
            "{name}"
        );
    }
}

#[test]
fn keys_are_granted_by_name_and_folder() {
    let file = |at: &str| KeyFile {
        path: path(at),
        mode: 0o600,
        holds: Holds::PrivateKey,
    };
    let cases = [
        (
            "granted",
            "ca",
            PkiVerb::Create,
            "/etc/kubernetes/pki/ca.key",
            true,
        ),
        (
            "below",
            "etcd/peer",
            PkiVerb::Create,
            "/etc/kubernetes/pki/etcd/peer.key",
            true,
        ),
        (
            "other name",
            "sa",
            PkiVerb::Create,
            "/etc/kubernetes/pki/sa.key",
            false,
        ),
        ("other folder", "ca", PkiVerb::Create, "/root/ca.key", false),
        (
            "the file of another name",
            "etcd/ca",
            PkiVerb::Create,
            "/etc/kubernetes/pki/ca.key",
            false,
        ),
        (
            "a name that begins alike",
            "ca",
            PkiVerb::Create,
            "/etc/kubernetes/pki/ca-of-others.key",
            false,
        ),
        (
            "as in 2016",
            "ca",
            PkiVerb::Create,
            "/etc/kubernetes/pki/ca-key.pem",
            true,
        ),
        (
            "other verb",
            "ca",
            PkiVerb::Place,
            "/etc/kubernetes/pki/ca.key",
            false,
        ),
    ];
    for (name, key, verb, at, wanted) in cases {
        assert_eq!(
            grants().covers_pki(key, verb, &[file(at)]).is_ok(),
            wanted,
            "{name}"
        );
    }
}

#[test]
fn objects_are_granted_by_rule() {
    let cases = [
        (
            "granted",
            "v1",
            "Secret",
            "kube-system",
            "bootstrap-token-abcdef",
            "create",
            true,
        ),
        (
            "other name",
            "v1",
            "Secret",
            "kube-system",
            "other",
            "create",
            false,
        ),
        (
            "other namespace",
            "v1",
            "Secret",
            "default",
            "bootstrap-token-a",
            "create",
            false,
        ),
        (
            "other kind",
            "v1",
            "ConfigMap",
            "kube-system",
            "bootstrap-token-a",
            "create",
            false,
        ),
        (
            "other group",
            "x/v1",
            "Secret",
            "kube-system",
            "bootstrap-token-a",
            "create",
            false,
        ),
        (
            "other verb",
            "v1",
            "Secret",
            "kube-system",
            "bootstrap-token-a",
            "delete",
            false,
        ),
    ];
    for (case, api_version, kind, namespace, name, verb, wanted) in cases {
        let reference = ObjectReference {
            api_version: api_version.into(),
            kind: kind.into(),
            namespace: Some(namespace.into()),
            name: name.into(),
        };
        let got = grants().covers_object(&reference, verb);
        assert_eq!(got.is_ok(), wanted, "{case}: {got:?}");
    }
}

#[test]
fn a_denial_gives_the_line_that_would_grant_it() {
    let denial = grants()
        .covers_file(&path("/etc/passwd"), FileVerb::Write)
        .unwrap_err();
    assert_eq!(
        denial.line,
        "files: [{paths: [/etc/passwd], verbs: [write]}]"
    );
    assert!(denial.hint().contains(&denial.line));
    let service = Action::Service {
        name: "sshd".into(),
        operation: crate::world::ServiceOperation::Stop,
    };
    assert!(grants().covers(&service).unwrap_err().line.contains("sshd"));
}

#[test]
fn servers_are_granted_by_their_origins() {
    let grants = Grants {
        node: Some(NodeGrant {
            endpoints: [
                "https://etcd.example:2379".to_owned(),
                "http://a/".to_owned(),
            ]
            .into(),
            ..NodeGrant::default()
        }),
        ..Grants::default()
    };
    for (url, wanted) in [
        ("https://etcd.example:2379/version", true),
        ("HTTPS://ETCD.example:2379/health", true),
        ("http://a:80/x", true),
        ("https://etcd.example/version", false),
        ("http://etcd.example:2379/version", false),
        ("https://etcd.example:23790/", false),
        ("https://etcd.example:2379@b/", false),
        ("https://b/?https://etcd.example:2379", false),
        ("etcd.example:2379", false),
        ("", false),
    ] {
        assert_eq!(grants.covers_endpoint(url).is_ok(), wanted, "{url}");
    }
    let denial = grants.covers_endpoint("https://b/x").unwrap_err();
    assert!(denial.line.contains("endpoints: [\"https://b:443\"]"));
}
