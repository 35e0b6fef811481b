//! What policies see changes with whatever lands: every effect, argument by
//! argument.

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

use serde_json::{Value, json};
use zeroize::Zeroizing;

use super::*;
use crate::effect::effect::{Asker, Effect, described};
use crate::effect::{
    CertificateFiles, Cluster, Content, Destination, Existing, Holds, KeyFile, KeyFiles,
    ObjectReference, Piece, Place, SealedObject, SealedValue, SecretKind, Signer, Undo,
    WantedCertificate, WantedGroup,
};
use crate::kube::embedded::{EmbeddedApi, Options};
use crate::kube::objects::{Objects, PatchBody};
use crate::pki::{
    Algorithm, ExtendedKeyUsage, KeyPair, KeyUsage, Profile, Serial, Start, self_sign,
};
use crate::world::{
    EtcdClient, EtcdMember, LastLink, MachinePath, Owner, PemFile, Pod, ServiceOperation,
    UnmountFlag,
};

/// An effect as it is, and with one argument changed at a time.
type Row = (&'static str, Vec<(&'static str, Box<dyn Effect>)>);

/// An argument, and what changes it.
type Changed<E> = (&'static str, Box<dyn Fn(&mut E)>);

fn row<E: Effect + 'static>(
    name: &'static str,
    base: impl Fn() -> E,
    changes: Vec<Changed<E>>,
) -> Row {
    let mut variants: Vec<(&'static str, Box<dyn Effect>)> = vec![("as it is", Box::new(base()))];
    for (argument, change) in changes {
        let mut changed = base();
        change(&mut changed);
        variants.push((argument, Box::new(changed)));
    }
    (name, variants)
}

/// Changes of one argument, so that a closure in a list has a type.
fn change<E>(argument: &'static str, change: impl Fn(&mut E) + 'static) -> Changed<E> {
    (argument, Box::new(change))
}

fn secret(label: &str) -> SealedValue {
    SealedValue::new(label, SecretKind::Token, Zeroizing::new(b"hush".to_vec()))
}

fn linked(path: &str, target: &str) -> Place {
    use crate::world::machine::MachineFiles;
    let folder = tempfile::tempdir().unwrap();
    std::os::unix::fs::symlink(target, folder.path().join(path.trim_start_matches('/'))).unwrap();
    let files = MachineFiles::open(folder.path()).unwrap();
    Place::of(&files, MachinePath::parse(path).unwrap(), LastLink::Follow).unwrap()
}

fn key_file(path: &str, holds: Holds) -> KeyFile {
    KeyFile {
        place: Place::plain(path),
        mode: 0o600,
        holds,
    }
}

fn key_files() -> KeyFiles {
    KeyFiles {
        key: key_file("/pki/a.key", Holds::PrivateKey),
        public_key: None,
    }
}

fn signer() -> Signer {
    let key = KeyPair::generate(Algorithm::EcdsaP256).unwrap();
    let now = UNIX_EPOCH + Duration::from_secs(1_800_000_000);
    Signer {
        certificate: Arc::new(self_sign(&Profile::authority("ca"), &key, now).unwrap()),
        key: Some(Arc::new(key)),
    }
}

fn cluster() -> Cluster {
    let api = EmbeddedApi::new(&Options::repeatable(jiff::Timestamp::UNIX_EPOCH, 1)).unwrap();
    Cluster {
        destination: Destination {
            kubeconfig: MachinePath::parse("/etc/kubernetes/admin.conf").unwrap(),
            server: Some("https://10.0.0.1:6443".to_owned()),
        },
        objects: Objects::new(api.client()),
    }
}

fn object(data: &str, sealed: &[(&str, &str)]) -> SealedObject {
    let text = json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "x", "namespace": "n"},
        "data": {"k": data}});
    let sealed: Vec<_> = sealed
        .iter()
        .map(|(pointer, label)| ((*pointer).to_owned(), secret(label)))
        .collect();
    SealedObject::new(&text.to_string(), &sealed).unwrap()
}

fn reference(name: &str) -> ObjectReference {
    ObjectReference {
        api_version: "v1".into(),
        kind: "ConfigMap".into(),
        namespace: Some("n".into()),
        name: name.into(),
    }
}

fn elsewhere(cluster: &mut Cluster) {
    cluster.destination.server = Some("https://10.0.0.2:6443".to_owned());
}

fn files() -> Vec<Row> {
    vec![
        row(
            "WriteFile",
            || WriteFile {
                place: Place::plain("/a"),
                mode: 0o600,
                content: Content::plain("x"),
            },
            vec![
                change("path", |e: &mut WriteFile| e.place = Place::plain("/b")),
                change("link", |e: &mut WriteFile| {
                    e.place = linked("/a", "/etc/passwd")
                }),
                change("mode", |e: &mut WriteFile| e.mode = 0o666),
                change("text", |e: &mut WriteFile| e.content = Content::plain("y")),
                change("secret", |e: &mut WriteFile| {
                    e.content = Content::new(vec![Piece::Sealed(secret("token a"))]);
                }),
                change("other secret", |e: &mut WriteFile| {
                    e.content = Content::new(vec![Piece::Sealed(secret("token b"))]);
                }),
                change("composed text", |e: &mut WriteFile| {
                    let public = Content::plain("privileged: true");
                    let sealed = public.seal(crate::effect::Encoding::Plain).unwrap();
                    e.content = Content::new(vec![Piece::Sealed(sealed)]);
                }),
            ],
        ),
        row(
            "MakeDirectory",
            || MakeDirectory {
                place: Place::plain("/a"),
                mode: 0o700,
            },
            vec![
                change("path", |e: &mut MakeDirectory| e.place = Place::plain("/b")),
                change("link", |e: &mut MakeDirectory| {
                    e.place = linked("/a", "/etc")
                }),
                change("mode", |e: &mut MakeDirectory| e.mode = 0o777),
            ],
        ),
        row(
            "RemoveFile",
            || RemoveFile {
                place: Place::plain("/a"),
            },
            vec![
                change("path", |e: &mut RemoveFile| e.place = Place::plain("/b")),
                change("link", |e: &mut RemoveFile| e.place = linked("/a", "/etc")),
            ],
        ),
        row(
            "SetOwner",
            || SetOwner {
                place: Place::plain("/a"),
                user: "root".into(),
                group: "root".into(),
                mode: Some(0o600),
                holds: None,
            },
            vec![
                change("path", |e: &mut SetOwner| e.place = Place::plain("/b")),
                change("link", |e: &mut SetOwner| e.place = linked("/a", "/etc")),
                change("user", |e: &mut SetOwner| e.user = "bob".into()),
                change("group", |e: &mut SetOwner| e.group = "bob".into()),
                change("mode", |e: &mut SetOwner| e.mode = Some(0o644)),
                change("all below", |e: &mut SetOwner| e.mode = None),
                change("holds", |e: &mut SetOwner| {
                    e.holds = Some(SecretKind::PrivateKey)
                }),
            ],
        ),
    ]
}

fn keys() -> Vec<Row> {
    let ca = signer();
    let base = move || IssueCertificate {
        wanted: WantedCertificate {
            name: "a".into(),
            profile: Profile::authority("x"),
            algorithm: Algorithm::EcdsaP256,
            signer: Some(ca.clone()),
            existing: Existing::Keep,
        },
        files: Some(CertificateFiles {
            certificate: key_file("/pki/a.crt", Holds::Certificate),
            keys: key_files(),
        }),
    };
    type Issue = IssueCertificate;
    let profile = |argument, with: fn(&mut Profile)| {
        change(argument, move |e: &mut Issue| with(&mut e.wanted.profile))
    };
    vec![
        row(
            "CreateKey",
            || CreateKey {
                name: "a".into(),
                algorithm: Algorithm::EcdsaP256,
                files: key_files(),
                existing: Existing::Keep,
            },
            vec![
                change("name", |e: &mut CreateKey| e.name = "b".into()),
                change("algorithm", |e: &mut CreateKey| {
                    e.algorithm = Algorithm::Rsa2048
                }),
                change("file", |e: &mut CreateKey| {
                    e.files.key.place = Place::plain("/b")
                }),
                change("mode", |e: &mut CreateKey| e.files.key.mode = 0o644),
                change("public key", |e: &mut CreateKey| {
                    e.files.public_key = Some(key_file("/pki/a.pub", Holds::PublicKey));
                }),
                change("existing", |e: &mut CreateKey| {
                    e.existing = Existing::Replace
                }),
            ],
        ),
        row(
            "IssueCertificate",
            base,
            vec![
                change("name", |e: &mut Issue| e.wanted.name = "b".into()),
                change("algorithm", |e: &mut Issue| {
                    e.wanted.algorithm = Algorithm::Rsa2048
                }),
                change("signer", |e: &mut Issue| e.wanted.signer = None),
                change("signer of that name", |e: &mut Issue| {
                    e.wanted.signer = Some(signer())
                }),
                change("existing", |e: &mut Issue| {
                    e.wanted.existing = Existing::Replace
                }),
                change("files", |e: &mut Issue| e.files = None),
                profile("common name", |p| p.subject.common_name = "y".into()),
                profile("organizations", |p| {
                    p.subject.organizations.push("o".into())
                }),
                profile("DNS names", |p| p.dns_names.push("a".into())),
                profile("addresses", |p| {
                    p.ip_addresses.push(IpAddr::from([1, 2, 3, 4]))
                }),
                profile("authority", |p| p.is_ca = false),
                profile("usages", |p| {
                    p.key_usages = vec![KeyUsage::DigitalSignature]
                }),
                profile("extended usages", |p| {
                    p.extended_key_usages = vec![ExtendedKeyUsage::ClientAuth];
                }),
                profile("validity", |p| p.validity = Duration::from_secs(1)),
                profile("start", |p| p.start = Start::WithSigner),
                profile("back-dated", |p| {
                    p.start = Start::Backdated(Duration::from_secs(7))
                }),
                profile("serial", |p| p.serial = Serial::Fixed(7)),
                profile("other serial", |p| p.serial = Serial::Fixed(8)),
                profile("key identifiers", |p| {
                    p.key_identifiers = !p.key_identifiers
                }),
            ],
        ),
    ]
}

fn objects() -> Vec<Row> {
    vec![
        row(
            "Apply",
            || ApplyObject {
                cluster: cluster(),
                object: object("x", &[]),
                force: false,
            },
            vec![
                change("cluster", |e: &mut ApplyObject| elsewhere(&mut e.cluster)),
                change("kubeconfig", |e: &mut ApplyObject| {
                    e.cluster.destination.kubeconfig = MachinePath::parse("/x").unwrap();
                }),
                change("object", |e: &mut ApplyObject| e.object = object("y", &[])),
                change("sealed", |e: &mut ApplyObject| {
                    e.object = object("x", &[("/data/k", "a")])
                }),
                change("other", |e: &mut ApplyObject| {
                    e.object = object("x", &[("/data/k", "b")])
                }),
                change("force", |e: &mut ApplyObject| e.force = true),
            ],
        ),
        row(
            "Create",
            || CreateObject {
                cluster: cluster(),
                object: object("x", &[]),
            },
            vec![
                change("cluster", |e: &mut CreateObject| elsewhere(&mut e.cluster)),
                change("object", |e: &mut CreateObject| e.object = object("y", &[])),
                change("sealed", |e: &mut CreateObject| {
                    e.object = object("x", &[("/data/k", "a")])
                }),
            ],
        ),
        row(
            "Patch",
            || PatchObject {
                cluster: cluster(),
                reference: reference("x"),
                body: PatchBody::Merge(json!({"a": 1})),
            },
            vec![
                change("cluster", |e: &mut PatchObject| elsewhere(&mut e.cluster)),
                change("object", |e: &mut PatchObject| e.reference = reference("y")),
                change("patch", |e: &mut PatchObject| {
                    e.body = PatchBody::Merge(json!({"a": 2}))
                }),
                change("form", |e: &mut PatchObject| {
                    e.body = PatchBody::Strategic(json!({"a": 1}));
                }),
            ],
        ),
        row(
            "Delete",
            || DeleteObject {
                cluster: cluster(),
                reference: reference("x"),
            },
            vec![
                change("cluster", |e: &mut DeleteObject| elsewhere(&mut e.cluster)),
                change("object", |e: &mut DeleteObject| {
                    e.reference = reference("y")
                }),
            ],
        ),
    ]
}

fn others() -> Vec<Row> {
    let group = |name: &str, members: &[&str]| WantedGroup {
        name: name.into(),
        members: members.iter().map(|one| (*one).to_owned()).collect(),
    };
    vec![
        row(
            "EnsureAccounts",
            move || EnsureAccounts {
                users: vec!["a".into()],
                groups: vec![group("a", &[])],
            },
            vec![
                change("users", |e: &mut EnsureAccounts| e.users.push("b".into())),
                change("groups", move |e: &mut EnsureAccounts| {
                    e.groups.push(group("b", &[]))
                }),
                change("members", move |e: &mut EnsureAccounts| {
                    e.groups = vec![group("a", &["a"])]
                }),
            ],
        ),
        row(
            "Service",
            || Service {
                service: "kubelet".into(),
                operation: ServiceOperation::Start,
            },
            vec![
                change("service", |e: &mut Service| e.service = "sshd".into()),
                change("operation", |e: &mut Service| {
                    e.operation = ServiceOperation::Stop
                }),
            ],
        ),
        row(
            "PullImage",
            || PullImage {
                socket: "unix:///run/a.sock".into(),
                image: "a".into(),
            },
            vec![
                change("socket", |e: &mut PullImage| {
                    e.socket = "unix:///run/b.sock".into()
                }),
                change("image", |e: &mut PullImage| e.image = "b".into()),
            ],
        ),
        row(
            "Show",
            || Show {
                phase: "p".into(),
                content: Content::plain("x"),
                to: Shown::default(),
            },
            vec![
                change("text", |e: &mut Show| e.content = Content::plain("y")),
                change("secret", |e: &mut Show| {
                    e.content = Content::new(vec![Piece::Sealed(secret("a"))]);
                }),
            ],
        ),
    ]
}

fn path(text: &str) -> MachinePath {
    MachinePath::parse(text).unwrap()
}

fn member(id: u64, name: &str) -> EtcdMember {
    EtcdMember {
        id,
        name: name.to_owned(),
        peer_urls: vec!["https://10.0.0.1:2380".to_owned()],
        client_urls: vec!["https://10.0.0.1:2379".to_owned()],
    }
}

fn removal() -> RemoveEtcdMember {
    let pem = |at: &str| PemFile {
        path: path(at),
        content: Zeroizing::new(b"hush".to_vec()),
    };
    RemoveEtcdMember {
        files: EtcdFiles {
            ca: Place::plain("/ca"),
            certificate: Place::plain("/certificate"),
            key: Place::plain("/key"),
        },
        client: EtcdClient {
            endpoints: vec!["https://10.0.0.1:2379".to_owned()],
            ca: pem("/ca"),
            certificate: pem("/certificate"),
            key: pem("/key"),
            asks_members: false,
        },
        member: member(1, "a"),
        timeout: Duration::from_secs(1),
    }
}

/// What leaves a machine.
fn leaving() -> Vec<Row> {
    type Member = RemoveEtcdMember;
    type Empty = EmptyFolder;
    vec![
        row(
            "RemoveEtcdMember",
            removal,
            vec![
                change("endpoints", |e: &mut Member| {
                    e.client.endpoints.push("https://b".into())
                }),
                change("members", |e: &mut Member| e.client.asks_members = true),
                change("ca", |e: &mut Member| e.files.ca = Place::plain("/b")),
                change("certificate", |e: &mut Member| {
                    e.files.certificate = Place::plain("/b")
                }),
                change("key", |e: &mut Member| e.files.key = Place::plain("/b")),
                change("key by a link", |e: &mut Member| {
                    e.files.key = linked("/key", "/b")
                }),
                change("id", |e: &mut Member| e.member.id = 2),
                change("name", |e: &mut Member| e.member.name = "b".into()),
                change("peers", |e: &mut Member| e.member.peer_urls.clear()),
                change("clients", |e: &mut Member| e.member.client_urls.clear()),
                change("timeout", |e: &mut Member| e.timeout = Duration::ZERO),
            ],
        ),
        row(
            "RemovePod",
            || RemovePod {
                socket: "unix:///run/a.sock".into(),
                pod: Pod {
                    id: "1".into(),
                    name: "n/a".into(),
                },
            },
            vec![
                change("socket", |e: &mut RemovePod| {
                    e.socket = "unix:///run/b.sock".into()
                }),
                change("id", |e: &mut RemovePod| e.pod.id = "2".into()),
                change("name", |e: &mut RemovePod| e.pod.name = "n/b".into()),
            ],
        ),
        row(
            "Unmount",
            || Unmount {
                folder: Place::plain("/a"),
                path: path("/a/b"),
                flags: Vec::new(),
                was_empty: false,
            },
            vec![
                change("folder", |e: &mut Unmount| e.folder = Place::plain("/b")),
                change("link", |e: &mut Unmount| e.folder = linked("/a", "/etc")),
                change("path", |e: &mut Unmount| e.path = path("/a/c")),
                change("flags", |e: &mut Unmount| {
                    e.flags = vec![UnmountFlag::Detach]
                }),
                change("before", |e: &mut Unmount| e.was_empty = true),
            ],
        ),
        row(
            "EmptyFolder",
            || EmptyFolder {
                place: Place::plain("/a"),
                was_empty: false,
                stays: BTreeSet::new(),
            },
            vec![
                change("path", |e: &mut Empty| e.place = Place::plain("/b")),
                change("link", |e: &mut Empty| e.place = linked("/a", "/etc")),
                change("before", |e: &mut Empty| e.was_empty = true),
                change("stays", |e: &mut Empty| {
                    e.stays = ["a".to_owned()].into();
                }),
            ],
        ),
        row(
            "DiscardFile",
            || DiscardFile {
                place: Place::plain("/a"),
            },
            vec![
                change("path", |e: &mut DiscardFile| e.place = Place::plain("/b")),
                change("link", |e: &mut DiscardFile| e.place = linked("/a", "/etc")),
            ],
        ),
        row(
            "NoteFolder",
            || NoteFolder {
                place: Place::plain("/a"),
            },
            vec![
                change("path", |e: &mut NoteFolder| e.place = Place::plain("/b")),
                change("link", |e: &mut NoteFolder| e.place = linked("/a", "/etc")),
            ],
        ),
        row(
            "RemoveAccounts",
            || RemoveAccounts {
                users: vec!["a".into()],
                groups: vec!["a".into()],
            },
            vec![
                change("users", |e: &mut RemoveAccounts| e.users.push("b".into())),
                change("groups", |e: &mut RemoveAccounts| e.groups.clear()),
            ],
        ),
        row(
            "Publish",
            || Publish {
                kind: "A".into(),
                document: json!({"a": 1}),
                shape: None,
                to: Published::default(),
            },
            vec![
                change("kind", |e: &mut Publish| e.kind = "B".into()),
                change("document", |e: &mut Publish| e.document = json!({"a": 2})),
            ],
        ),
        row("Undo", || undoing("/a", Undo::Remove), undoings()),
    ]
}

fn undoing(at: &str, undo: Undo) -> UndoPath {
    UndoPath {
        path: path(at),
        undo,
        copies: None,
        of_run: None,
    }
}

fn undoings() -> Vec<Changed<UndoPath>> {
    let to = |argument, undo: Undo| change(argument, move |e: &mut UndoPath| e.undo = undo.clone());
    let restore = |mode, digest: &str| Undo::Restore {
        mode,
        owner: None,
        digest: digest.to_owned(),
    };
    let owner = Owner { uid: 1, gid: 1 };
    let lines = |name: &str, rest: &str| Undo::Lines {
        names: vec![name.to_owned()],
        rest: rest.as_bytes().to_vec(),
        changed: Vec::new(),
    };
    let folder = |within: &[&str]| Undo::Folder {
        mode: 0o755,
        owner: None,
        within: within.iter().map(|at| (path(at), owner)).collect(),
    };
    vec![
        change("path", |e: &mut UndoPath| e.path = path("/b")),
        change("run", |e: &mut UndoPath| e.of_run = Some(1)),
        to("nothing", Undo::Nothing),
        to("kept", Undo::Keep("a".to_owned())),
        to("kept for another reason", Undo::Keep("b".to_owned())),
        to("restored", restore(0o600, "a")),
        to("restored with a mode", restore(0o644, "a")),
        to("restored content", restore(0o600, "b")),
        to("rights", Undo::Rights { mode: 0o600, owner }),
        to("other rights", Undo::Rights { mode: 0o644, owner }),
        to("lines", lines("a", "x")),
        to("other lines", lines("b", "x")),
        to("another rest", lines("a", "y")),
        to("a folder", folder(&[])),
        to("what is in it", folder(&["/a/b"])),
    ]
}

fn all() -> Vec<Row> {
    [files(), keys(), objects(), others(), leaving()]
        .into_iter()
        .flatten()
        .collect()
}

#[tokio::test]
async fn whatever_lands_shows() {
    for (name, variants) in all() {
        let mut seen: Vec<(&str, Value)> = Vec::new();
        for (argument, effect) in &variants {
            assert_eq!(effect.name(), name);
            let shown = effect.shown();
            assert!(shown.is_object(), "{name}");
            if let Some((other, _)) = seen.iter().find(|(_, one)| *one == shown) {
                panic!("{name}: with another {argument} a policy sees what it sees of {other}");
            }
            seen.push((argument, shown));
        }
        assert!(seen.len() > 1, "{name}");
    }
}

/// Each file of the room is in the table above.
#[tokio::test]
async fn every_effect_is_in_the_table() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/effect/effects");
    let files: BTreeSet<String> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| !["mod.rs", "tests.rs"].contains(&name.as_str()))
        .collect();
    assert_eq!(files.len(), all().len(), "{files:?}");
}

#[tokio::test]
async fn no_secret_and_nothing_of_a_component_stands_where_the_host_speaks() {
    let context = json!({"action": "Nothing", "path": "/etc/motd", "files": [], "phase": "x"});
    for (name, variants) in all() {
        for (argument, effect) in variants {
            let asker = Asker {
                operation: "init",
                phase: "certs/ca",
                component: "certs",
            };
            let shown = described(&*effect, &asker, &context);
            assert!(!shown.to_string().contains("hush"), "{name}, {argument}");
            assert_eq!(shown["action"], name);
            assert_eq!(shown["operation"], "init");
            assert_eq!(shown["phase"], "certs/ca");
            assert_eq!(shown["context"], context);
            let bare = effect.shown();
            for (field, value) in bare.as_object().unwrap() {
                assert_eq!(shown[field], *value, "{name}, {argument}: {field}");
            }
        }
    }
}
