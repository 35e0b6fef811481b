use super::*;
use crate::effect::{Effect, EnsureAccounts, RemoveAccounts, Service, SetOwner};
use crate::world::Files;
use crate::world::sandbox::SandboxFiles;

fn files() -> SandboxFiles {
    SandboxFiles::over(None)
}

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
            servers: BTreeSet::new(),
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
        ..Grants::default()
    }
}

#[test]
fn leaving_is_granted_by_argument() {
    let mut grants = Grants {
        undo: patterns(&["/etc/kubernetes/**"]),
        etcd: vec![EtcdGrant {
            ca: path("/pki/ca.crt"),
            certificate: path("/pki/a.crt"),
            key: path("/pki/a.key"),
            endpoints: BTreeSet::from(["https://10.0.0.1:2379".into()]),
            asks_members: false,
        }],
        files: vec![FileGrant {
            paths: patterns(&["/var/lib/etcd"]),
            verbs: BTreeSet::from([FileVerb::Empty]),
        }],
        node: Some(NodeGrant {
            mounts: vec![path("/var/lib/kubelet")],
            ..NodeGrant::default()
        }),
        ..Grants::default()
    };
    let nothing = SandboxFiles::over(None);
    let etcd = |key: &str, endpoints: &[&str]| {
        let client = EtcdFiles {
            ca: Place::plain("/pki/ca.crt"),
            certificate: Place::plain("/pki/a.crt"),
            key: Place::plain(key),
        };
        let endpoints: Vec<_> = endpoints.iter().map(|one| (*one).to_owned()).collect();
        (client, endpoints)
    };
    let (ours, theirs) = ("https://10.0.0.1:2379", "https://10.0.0.2:2379");
    for (name, key, endpoints, wanted) in [
        ("as granted", "/pki/a.key", &[ours][..], true),
        ("another key", "/pki/b.key", &[ours], false),
        ("another server", "/pki/a.key", &[theirs], false),
        ("one of two", "/pki/a.key", &[ours, theirs], false),
        ("no URL", "/pki/a.key", &["x"], false),
    ] {
        let (client, endpoints) = etcd(key, endpoints);
        let covered = grants.covers_etcd(&client, &endpoints, &nothing);
        assert_eq!(covered.is_ok(), wanted, "{name}");
    }
    grants.etcd[0].asks_members = true;
    let (client, endpoints) = etcd("/pki/a.key", &[theirs]);
    assert!(grants.covers_etcd(&client, &endpoints, &nothing).is_ok());

    for (folder, wanted) in [
        ("/var/lib/kubelet", true),
        ("/var/lib/kubelet/pods", false),
        ("/var/lib", false),
        ("/", false),
    ] {
        let covered = grants.covers_mounts(&Place::plain(folder), &nothing);
        assert_eq!(covered.is_ok(), wanted, "{folder}");
    }
    for (at, wanted) in [
        ("/etc/kubernetes/admin.conf", true),
        ("/etc/kubernetes", false),
        ("/etc/passwd", false),
    ] {
        assert_eq!(grants.covers_undo(&path(at)).is_ok(), wanted, "{at}");
    }
    for (folder, verb, wanted) in [
        ("/var/lib/etcd", FileVerb::Empty, true),
        ("/var/lib/etcd", FileVerb::Remove, false),
        ("/var/lib/etcd/member", FileVerb::Empty, false),
        ("/var/lib", FileVerb::Empty, false),
    ] {
        let covered = grants.covers_file(&Place::plain(folder), verb, &nothing);
        assert_eq!(covered.is_ok(), wanted, "{folder} {verb:?}");
    }
}

#[test]
fn an_account_that_is_root_is_never_removed() {
    let grants = Grants {
        node: Some(NodeGrant {
            accounts: patterns(&["*"]),
            ..NodeGrant::default()
        }),
        ..Grants::default()
    };
    let nothing = SandboxFiles::over(None);
    for (user, group, wanted) in [
        ("kubeadm-etcd", "kubeadm-etcd", true),
        ("root", "kubeadm-etcd", false),
        ("kubeadm-etcd", "root", false),
    ] {
        let effect = RemoveAccounts {
            users: vec![user.to_owned()],
            groups: vec![group.to_owned()],
        };
        let covered = effect.grant(&grants, &nothing);
        assert_eq!(covered.is_ok(), wanted, "{user} {group}");
    }
}

#[test]
fn accounts_are_granted_by_pattern_and_files_given_by_verb() {
    let mut grants = grants();
    grants.files.push(FileGrant {
        paths: patterns(&["/etc/kubernetes/pki/*.key"]),
        verbs: BTreeSet::from([FileVerb::Own]),
    });
    let give = |at: &str, user: &str, group: &str| -> Box<dyn Effect> {
        Box::new(SetOwner {
            place: Place::plain(at),
            user: user.to_owned(),
            group: group.to_owned(),
            mode: Some(0o600),
            holds: None,
        })
    };
    let make = |user: &str, group: &str, member: &str| -> Box<dyn Effect> {
        Box::new(EnsureAccounts {
            users: vec![user.to_owned()],
            groups: vec![crate::effect::WantedGroup {
                name: group.to_owned(),
                members: vec![member.to_owned()],
            }],
        })
    };
    let key = "/etc/kubernetes/pki/ca.key";
    let nothing_yet = make("kubeadm-a", "kubeadm-a", "kubeadm-a").grant(&grants, &files());
    let line = nothing_yet.unwrap_err().line;
    assert_eq!(line, "node: {accounts: [\"kubeadm-a\"]}");
    assert!(give(key, "root", "root").grant(&grants, &files()).is_ok());
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
        assert_eq!(action.grant(&grants, &files()).is_ok(), wanted, "{name}");
    }
    // Neither read nor written by that.
    for verb in [FileVerb::Read, FileVerb::Write, FileVerb::Remove] {
        assert!(
            grants
                .covers_file(&Place::plain(key), verb, &files())
                .is_err()
        );
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
            grants()
                .covers_file(&Place::plain(at), verb, &files())
                .is_ok(),
            wanted,
            "{name}"
        );
    }
}

#[test]
fn keys_are_granted_by_name_and_folder() {
    let file = |at: &str| KeyFile {
        place: Place::plain(at),
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
            grants()
                .covers_pki(key, verb, &[file(at)], &files())
                .is_ok(),
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
        .covers_file(&Place::plain("/etc/passwd"), FileVerb::Write, &files())
        .unwrap_err();
    assert_eq!(
        denial.line,
        "files: [{paths: [/etc/passwd], verbs: [write]}]"
    );
    assert!(denial.hint().contains(&denial.line));
    let service = Service {
        service: "sshd".into(),
        operation: crate::world::ServiceOperation::Stop,
    };
    assert!(
        service
            .grant(&grants(), &files())
            .unwrap_err()
            .line
            .contains("sshd")
    );
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
    assert!(denial.line.contains("endpoints: [\"https://b\"]"));
}

/// A grant is about the file, not about what it is called.
#[test]
fn links_neither_widen_a_grant_nor_take_it_away() {
    use crate::world::LastLink;
    use crate::world::machine::MachineFiles;
    let folder = tempfile::tempdir().unwrap();
    let at = |path: &str| folder.path().join(path);
    for path in ["srv/red", "data/kubelet", "etc", "var/lib/kubewright"] {
        std::fs::create_dir_all(at(path)).unwrap();
    }
    for (link, target) in [
        ("srv/red/out", "/etc"),
        ("srv/red/shadow", "/etc/shadow"),
        ("var/lib/kubelet", "/data/kubelet"),
        ("srv/red/own", "../../var/lib/kubewright"),
        ("srv/link", "red"),
        ("home", "/data"),
    ] {
        std::os::unix::fs::symlink(target, at(link)).unwrap();
    }
    let files = MachineFiles::open(folder.path()).unwrap();
    let grants = Grants {
        files: vec![FileGrant {
            paths: patterns(&["/srv/red/**", "/var/lib/kubelet/config.yaml", "/var/lib/**"]),
            verbs: BTreeSet::from([FileVerb::Read]),
        }],
        ..Grants::default()
    };
    for (name, path, wanted) in [
        ("plain", "/srv/red/x", true),
        ("a link to a file outside", "/srv/red/shadow", false),
        ("a link to a folder outside", "/srv/red/out/shadow", false),
        (
            "a granted path through a link",
            "/var/lib/kubelet/config.yaml",
            true,
        ),
        ("what it leads to", "/data/kubelet/other", false),
        ("a link to a granted folder", "/srv/link/x", true),
        (
            "the program's own folder",
            "/var/lib/kubewright/unfinished",
            false,
        ),
        ("its own folder by a link", "/srv/red/own/unfinished", false),
    ] {
        let place = Place::of(
            &files,
            super::MachinePath::parse(path).unwrap(),
            LastLink::Follow,
        );
        let got = grants.covers_file(&place.unwrap(), FileVerb::Read, &files as &dyn Files);
        assert_eq!(got.is_ok(), wanted, "{name}: {got:?}");
    }
    // Where a link leads is told of granted names alone.
    for (name, path, told) in [
        ("within a grant", "/srv/red/shadow", true),
        ("elsewhere", "/home/alice", false),
    ] {
        let place = Place::of(
            &files,
            super::MachinePath::parse(path).unwrap(),
            LastLink::Follow,
        )
        .unwrap();
        let denial =
            (grants.covers_file(&place, FileVerb::Read, &files as &dyn Files)).unwrap_err();
        let said = format!("{} {}", denial.what, denial.line);
        assert_eq!(said.contains(place.real().as_str()), told, "{name}: {said}");
    }
}
