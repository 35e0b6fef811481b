//! Whatever argument of an effect changes, a policy sees another effect.

use super::policies::{effects, effects_of, scene_with_policy, watched_by_policy};
use crate::support::attack::{GENEROUS, World};
use kubewright_test_hostile_calls::{
    Algorithm, Alphabet, Call, Encoding, Existing, ExtendedUsage, Group, KeyUsage, NotBefore,
    PatchType, Piece, Placement, Profile, Program, Reference, SealedField, Serial,
};
use serde_json::Value;

use super::calls::{ADMIN, PKI, TOKEN, at, compose, load_ca};

/// An effect's call, and the same with one argument changed each.
struct Row {
    name: &'static str,
    calls: Vec<(&'static str, Call)>,
}

/// Handles that calls of effects need.
struct Handles {
    client: usize,
    ca: usize,
    other_ca: usize,
    text: usize,
    token: usize,
}

fn key_pair(change: fn(&mut PairArguments)) -> Call {
    let mut arguments = PairArguments {
        name: "mine",
        algorithm: Algorithm::EcdsaP256,
        key: at(&format!("{PKI}/mine.key"), 0o600),
        public_key: Some(at(&format!("{PKI}/mine.pub"), 0o644)),
        existing: Existing::Keep,
    };
    change(&mut arguments);
    Call::PkiEnsureKeyPair {
        name: arguments.name.into(),
        algorithm: arguments.algorithm,
        key: arguments.key,
        public_key: arguments.public_key,
        existing: arguments.existing,
    }
}

struct PairArguments {
    name: &'static str,
    algorithm: Algorithm,
    key: Placement,
    public_key: Option<Placement>,
    existing: Existing,
}

fn certificate(signer: usize, change: fn(&mut Profile), existing: Existing) -> Call {
    let mut profile = Profile::client("x");
    change(&mut profile);
    Call::PkiEnsureCertificate {
        name: "mine".into(),
        profile,
        algorithm: Algorithm::EcdsaP256,
        signer: Some(signer),
        certificate: at(&format!("{PKI}/mine.crt"), 0o644),
        key: at(&format!("{PKI}/mine.key"), 0o600),
        public_key: None,
        existing,
    }
}

fn issue(signer: usize, name: &str, change: fn(&mut Profile), algorithm: Algorithm) -> Call {
    let mut profile = Profile::client("x");
    change(&mut profile);
    Call::PkiIssue {
        name: name.into(),
        profile,
        algorithm,
        signer,
    }
}

/// Every change of a profile.
type Changed = (&'static str, fn(&mut Profile));

const PROFILES: &[Changed] = &[
    ("common name", |profile| profile.common_name = "y".into()),
    ("organizations", |profile| {
        profile.organizations =
            vec![kubewright_test_hostile_calls::Text::from("system:masters").into()];
    }),
    ("dns names", |profile| {
        profile.dns_names = vec![kubewright_test_hostile_calls::Text::from("a.example.com").into()];
    }),
    ("addresses", |profile| {
        profile.ip_addresses = vec![kubewright_test_hostile_calls::Text::from("192.0.2.1").into()];
    }),
    ("authority", |profile| {
        profile.certificate_authority = true;
        profile.key_usages = vec![KeyUsage::KeyCertSign];
    }),
    ("usages", |profile| {
        profile.key_usages = vec![KeyUsage::DigitalSignature, KeyUsage::KeyEncipherment];
    }),
    ("extended usages", |profile| {
        profile.extended_usages = vec![ExtendedUsage::ServerAuth];
    }),
    ("another extended usage", |profile| {
        profile.extended_usages = vec![ExtendedUsage::Other("1.3.6.1.5.5.7.3.3".into())];
    }),
    ("validity", |profile| profile.validity_seconds = 200_000),
    ("beginning", |profile| {
        profile.not_before = NotBefore::BackDated(77)
    }),
    ("beginning of the signer", |profile| {
        profile.not_before = NotBefore::OfSigner
    }),
    ("serial", |profile| profile.serial = Serial::Fixed(7)),
];

fn config_map(name: &str, namespace: &str, value: &str) -> String {
    format!(
        r#"{{"apiVersion":"v1","kind":"ConfigMap","metadata":{{"name":"{name}","namespace":"{namespace}"}},"data":{{"x":"{value}"}}}}"#
    )
}

fn secret(pointer: &str, value: usize, of: usize) -> Call {
    Call::KubeApply {
        of,
        object: r#"{"apiVersion":"v1","kind":"Secret","metadata":{"name":"rows","namespace":"kube-system"},"stringData":{"a":"","b":""}}"#.into(),
        sealed: vec![SealedField {
            pointer: pointer.into(),
            value,
        }],
    }
}

fn rows(handles: &Handles) -> Vec<Row> {
    let Handles {
        client,
        ca,
        other_ca,
        text,
        token,
    } = *handles;
    let file = |path: &str, mode, content: &str| Call::FilesWrite {
        path: path.into(),
        mode,
        content: vec![Piece::text(content)],
    };
    let owner = |path: &str, user: &str, group: &str, mode| Call::AccountsSetOwner {
        path: path.into(),
        user: user.into(),
        group: group.into(),
        mode,
    };
    let mut certificates = vec![("itself", certificate(ca, |_| {}, Existing::Replace))];
    certificates.extend(
        PROFILES
            .iter()
            .map(|(name, change)| (*name, certificate(ca, *change, Existing::Replace))),
    );
    certificates.push(("signer", certificate(other_ca, |_| {}, Existing::Replace)));
    let mut issued = vec![("itself", issue(ca, "a", |_| {}, Algorithm::EcdsaP256))];
    issued.extend(
        PROFILES
            .iter()
            .map(|(name, change)| (*name, issue(ca, "a", *change, Algorithm::EcdsaP256))),
    );
    issued.extend([
        ("name", issue(ca, "b", |_| {}, Algorithm::EcdsaP256)),
        ("algorithm", issue(ca, "a", |_| {}, Algorithm::EcdsaP384)),
        ("signer", issue(other_ca, "a", |_| {}, Algorithm::EcdsaP256)),
    ]);
    let patch = |name: &str, patch_type, patch: &str| Call::KubePatch {
        of: client,
        reference: Reference::core("ConfigMap", name.to_owned()),
        patch_type,
        patch: patch.into(),
    };
    vec![
        Row {
            name: "write",
            calls: vec![
                ("itself", file("/srv/hostile/a", 0o600, "x")),
                ("path", file("/srv/hostile/b", 0o600, "x")),
                ("mode", file("/srv/hostile/a", 0o640, "x")),
                ("content", file("/srv/hostile/a", 0o600, "y")),
            ],
        },
        Row {
            name: "make-directory",
            calls: vec![
                (
                    "itself",
                    Call::FilesMakeDirectory {
                        path: "/srv/hostile/c".into(),
                        mode: 0o700,
                    },
                ),
                (
                    "path",
                    Call::FilesMakeDirectory {
                        path: "/srv/hostile/d".into(),
                        mode: 0o700,
                    },
                ),
                (
                    "mode",
                    Call::FilesMakeDirectory {
                        path: "/srv/hostile/c".into(),
                        mode: 0o755,
                    },
                ),
            ],
        },
        Row {
            name: "remove",
            calls: vec![
                (
                    "itself",
                    Call::FilesRemove {
                        path: "/srv/hostile/c".into(),
                    },
                ),
                (
                    "path",
                    Call::FilesRemove {
                        path: "/srv/hostile/d".into(),
                    },
                ),
            ],
        },
        Row {
            name: "ensure-key-pair",
            calls: vec![
                ("itself", key_pair(|_| {})),
                (
                    "existing",
                    key_pair(|pair| pair.existing = Existing::Replace),
                ),
                (
                    "algorithm",
                    key_pair(|pair| {
                        pair.existing = Existing::Replace;
                        pair.algorithm = Algorithm::EcdsaP384;
                    }),
                ),
                (
                    "mode",
                    key_pair(|pair| {
                        pair.existing = Existing::Replace;
                        pair.key.mode = 0o640;
                    }),
                ),
                (
                    "mode of the public key",
                    key_pair(|pair| {
                        pair.existing = Existing::Replace;
                        pair.public_key = Some(at(&format!("{PKI}/mine.pub"), 0o600));
                    }),
                ),
                (
                    "no public key",
                    key_pair(|pair| {
                        pair.existing = Existing::Replace;
                        pair.public_key = None;
                    }),
                ),
                (
                    "name",
                    key_pair(|pair| {
                        pair.existing = Existing::Replace;
                        pair.name = "other";
                        pair.key = at(&format!("{PKI}/other.key"), 0o600);
                        pair.public_key = Some(at(&format!("{PKI}/other.pub"), 0o644));
                    }),
                ),
            ],
        },
        Row {
            name: "ensure-certificate",
            calls: certificates,
        },
        Row {
            name: "issue",
            calls: issued,
        },
        Row {
            name: "apply",
            calls: vec![
                (
                    "itself",
                    Call::KubeApply {
                        of: client,
                        object: config_map("a", "kube-system", "x").into(),
                        sealed: vec![],
                    },
                ),
                (
                    "name",
                    Call::KubeApply {
                        of: client,
                        object: config_map("b", "kube-system", "x").into(),
                        sealed: vec![],
                    },
                ),
                (
                    "namespace",
                    Call::KubeApply {
                        of: client,
                        object: config_map("a", "kube-public", "x").into(),
                        sealed: vec![],
                    },
                ),
                (
                    "content",
                    Call::KubeApply {
                        of: client,
                        object: config_map("a", "kube-system", "y").into(),
                        sealed: vec![],
                    },
                ),
            ],
        },
        Row {
            name: "sealed fields",
            calls: vec![
                ("itself", secret("/stringData/a", text, client)),
                ("pointer", secret("/stringData/b", text, client)),
                ("value", secret("/stringData/a", token, client)),
            ],
        },
        Row {
            name: "create",
            calls: vec![
                (
                    "itself",
                    Call::KubeCreate {
                        of: client,
                        object: config_map("c", "kube-system", "x").into(),
                        sealed: vec![],
                    },
                ),
                (
                    "name",
                    Call::KubeCreate {
                        of: client,
                        object: config_map("d", "kube-system", "x").into(),
                        sealed: vec![],
                    },
                ),
                (
                    "content",
                    Call::KubeCreate {
                        of: client,
                        object: config_map("e", "kube-system", "y").into(),
                        sealed: vec![],
                    },
                ),
            ],
        },
        Row {
            name: "patch",
            calls: vec![
                (
                    "itself",
                    patch("a", PatchType::Merge, r#"{"data":{"x":"1"}}"#),
                ),
                (
                    "name",
                    patch("b", PatchType::Merge, r#"{"data":{"x":"1"}}"#),
                ),
                (
                    "type",
                    patch("a", PatchType::Strategic, r#"{"data":{"x":"1"}}"#),
                ),
                (
                    "patch",
                    patch("a", PatchType::Merge, r#"{"data":{"x":"2"}}"#),
                ),
            ],
        },
        Row {
            name: "delete",
            calls: vec![
                (
                    "itself",
                    Call::KubeDelete {
                        of: client,
                        reference: Reference::core("ConfigMap", "a"),
                    },
                ),
                (
                    "name",
                    Call::KubeDelete {
                        of: client,
                        reference: Reference::core("ConfigMap", "b"),
                    },
                ),
                (
                    "kind",
                    Call::KubeDelete {
                        of: client,
                        reference: Reference::core("Secret", "a"),
                    },
                ),
            ],
        },
        Row {
            name: "show",
            calls: vec![
                (
                    "itself",
                    Call::TerminalShow {
                        content: vec![Piece::text("a")],
                    },
                ),
                (
                    "content",
                    Call::TerminalShow {
                        content: vec![Piece::text("b")],
                    },
                ),
                (
                    "secret",
                    Call::TerminalShow {
                        content: vec![Piece::text("a"), Piece::Sealed(token)],
                    },
                ),
            ],
        },
        Row {
            name: "set-owner",
            calls: vec![
                (
                    "itself",
                    owner("/srv/hostile/a", "hostile-a", "hostile-a", 0o600),
                ),
                (
                    "path",
                    owner("/srv/hostile/b", "hostile-a", "hostile-a", 0o600),
                ),
                (
                    "user",
                    owner("/srv/hostile/a", "hostile-b", "hostile-a", 0o600),
                ),
                (
                    "group",
                    owner("/srv/hostile/a", "hostile-a", "hostile-b", 0o600),
                ),
                (
                    "mode",
                    owner("/srv/hostile/a", "hostile-a", "hostile-a", 0o640),
                ),
            ],
        },
        Row {
            name: "accounts",
            calls: vec![
                ("itself", accounts("hostile-a", "hostile-a", &[])),
                ("user", accounts("hostile-b", "hostile-b", &[])),
                (
                    "members",
                    accounts("hostile-a", "hostile-a", &["hostile-b"]),
                ),
            ],
        },
        Row {
            name: "service",
            calls: vec![
                (
                    "itself",
                    Call::NodeService {
                        name: "kubelet".into(),
                        action: kubewright_test_hostile_calls::ServiceAction::Stop,
                    },
                ),
                (
                    "action",
                    Call::NodeService {
                        name: "kubelet".into(),
                        action: kubewright_test_hostile_calls::ServiceAction::Start,
                    },
                ),
                (
                    "name",
                    Call::NodeService {
                        name: "containerd".into(),
                        action: kubewright_test_hostile_calls::ServiceAction::Stop,
                    },
                ),
            ],
        },
        Row {
            name: "pull-images",
            calls: vec![
                ("itself", pull("a.example.com/x:1")),
                ("image", pull("b.example.com/x:1")),
            ],
        },
    ]
}

fn accounts(user: &str, group: &str, members: &[&str]) -> Call {
    let text = |one: &str| kubewright_test_hostile_calls::Text::from(one);
    Call::AccountsEnsure {
        users: vec![text(user).into()],
        groups: vec![Group {
            name: text(group),
            members: members.iter().map(|one| text(one).into()).collect(),
        }],
    }
}

fn pull(image: &str) -> Call {
    Call::RuntimePullImages {
        socket: "unix:///run/hostile.sock".into(),
        images: vec![kubewright_test_hostile_calls::Text::from(image).into()],
        at_once: false,
    }
}

/// Whatever argument of an effect changes, the policy sees another effect.
#[test]
fn what_lands_is_what_is_shown() {
    let grants = GENEROUS
        .replace("[read, write, remove]", "[read, write, remove, own]")
        .replace("node: {", "node: {services: [kubelet, containerd], ");
    let scene = scene_with_policy(World::Render, &grants);
    let mut program = Program::new();
    let client = program.call(Call::KubeConnect {
        kubeconfig: ADMIN.into(),
    });
    let ca = program.call(load_ca());
    let other_ca = program.call(Call::PkiLoadCertificate {
        name: "front-proxy-ca".into(),
        certificate: format!("{PKI}/front-proxy-ca.crt").into(),
        key: Some(format!("{PKI}/front-proxy-ca.key").into()),
    });
    let bootstrap = program.call(Call::TokensBootstrap {
        pointer: TOKEN.into(),
        alphabet: Alphabet::Alphanumeric,
    });
    let token = program.call(Call::TokensTokenFull { of: bootstrap });
    let text = program.call(compose(Encoding::Plain, vec![Piece::text("text")]));
    let handles = Handles {
        client,
        ca,
        other_ca,
        text,
        token,
    };
    let rows = rows(&handles);
    let mut steps = Vec::new();
    for row in &rows {
        for (change, call) in &row.calls {
            steps.push((row.name, *change, program.call(call.clone())));
        }
    }
    let told = watched_by_policy(&scene, &program);
    assert_eq!(told.finished.code, 0, "{}", told.finished.said());
    let mut mistakes = Vec::new();
    for row in &rows {
        let mut seen: Vec<(&str, Vec<Value>)> = Vec::new();
        for (_, change, step) in steps.iter().filter(|(name, ..)| *name == row.name) {
            let effects = effects_of(&told, *step);
            if effects.is_empty() {
                let why = told.step(*step).text();
                mistakes.push(format!("{}, {change}: no policy saw it: {why}", row.name));
            } else if let Some((alike, _)) = seen.iter().find(|(_, other)| *other == effects) {
                mistakes.push(format!(
                    "{}: {change} is shown as {alike}: {effects:?}",
                    row.name
                ));
            }
            seen.push((*change, effects));
        }
    }
    assert!(mistakes.is_empty(), "{}", mistakes.join("\n"));
    // What is shown to the operator holds the token, as it should; what a policy
    // sees does not.
    for (step, effect) in effects(&told) {
        let effect = effect.to_string();
        for secret in scene.secrets() {
            assert!(!secret.is_in(&effect), "step {step}: {effect}");
        }
    }
}
