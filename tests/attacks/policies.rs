//! A component has effects land of which a policy saw something else.

use kubewright_test_hostile_calls::{
    Alphabet, Call, Encoding, PatchType, Piece, Program, Reference,
};
use serde_json::Value;

<<<<<<< HEAD
use super::disguises::{ADMIN, PKI, TOKEN, compose, connect, load_ca, write};
use super::support::attack::{CERTIFICATE_KEY, GENEROUS, Scene, TOKEN_SECRET, Told, World, config};
use super::support::components::{hostile, hostile_configuration, hostile_policy};
use super::support::program::{CONFIG, Place};
=======
use super::calls::{TOKEN, compose, connect, write};
use super::support::attack::{GENEROUS, Scene, Told, World};
use super::support::components::hostile_policy;
>>>>>>> tests

/// What the policy saw of each step, in order.
fn effects(told: &Told) -> Vec<(usize, Value)> {
    let mut found = Vec::new();
    let mut waiting = Vec::new();
    for line in told.finished.stdout.lines() {
        if let Some((_, effect)) = line.split_once("log: effect ") {
            let (json, _) = effect
                .rsplit_once(" (")
                .expect("the phase stands behind it");
            waiting.push(serde_json::from_str(json).unwrap_or_else(|error| {
                panic!("{error}: {json}");
            }));
        }
        if let Some((_, rest)) = line.split_once("saw ")
            && let Some(step) = rest.split(' ').next().and_then(|word| word.parse().ok())
        {
            found.extend(waiting.drain(..).map(|effect| (step, effect)));
        }
    }
    found
}

/// What the policy saw of one step.
pub fn effects_of(told: &Told, step: usize) -> Vec<Value> {
    let of_step = |(of, effect): (usize, Value)| (of == step).then_some(effect);
    effects(told).into_iter().filter_map(of_step).collect()
}

pub fn scene_with_policy(world: World, grants: &str) -> Scene {
    let scene = Scene::with(world, grants);
    scene
        .place
        .write("policy.wasm", &hostile_policy().component);
    scene
}

pub fn watched_by_policy(scene: &Scene, program: &Program) -> Told {
    scene.attempt(program, &["--policy", "policy.wasm", "-vv"])
}

const POD: &str = "apiVersion: v1\nkind: Pod\nmetadata: {name: x}\n";
const PRIVILEGED: &str = "spec: {hostPID: true, containers: [{name: x, image: evil, securityContext: {privileged: true}}]}\n";

/// Each hides text in a composition; gives the pieces.
type Hiding = fn(&mut Program) -> Vec<Piece>;

cases!(text_is_shown_as_text:
    in_a_composition(|program| {
        let hidden = program.call(compose(Encoding::Plain, vec![Piece::text(PRIVILEGED)]));
        vec![Piece::text(POD), Piece::Sealed(hidden)]
    }),
    in_a_composition_of_compositions(|program| {
        let inner = program.call(compose(Encoding::Plain, vec![Piece::text(PRIVILEGED)]));
        let outer = program.call(compose(Encoding::Plain, vec![Piece::text(POD), Piece::Sealed(inner)]));
        vec![Piece::Sealed(outer)]
    }),
    as_bytes(|program| {
        let hidden = program.call(compose(Encoding::Plain, vec![Piece::bytes(PRIVILEGED.as_bytes())]));
        vec![Piece::bytes(POD.as_bytes()), Piece::Sealed(hidden)]
    }),
    beside_a_secret(|program| {
        let token = program.call(Call::TokensBootstrap { pointer: TOKEN.into(), alphabet: Alphabet::Alphanumeric });
        let full = program.call(Call::TokensTokenFull { of: token });
        let hidden = program.call(compose(
            Encoding::Plain,
            vec![Piece::text(PRIVILEGED), Piece::text("# "), Piece::Sealed(full), Piece::text("\n")],
        ));
        vec![Piece::text(POD), Piece::Sealed(hidden)]
    }),
);

fn text_is_shown_as_text(hiding: Hiding) {
    let scene = scene_with_policy(World::Render, GENEROUS);
    let mut program = Program::new();
    let content = hiding(&mut program);
    let step = program.call(write("/srv/hostile/pod.yaml", content));
    let told = watched_by_policy(&scene, &program);
    assert_eq!(told.finished.code, 0, "{}", told.finished.said());
    let seen = effects_of(&told, step);
    assert_eq!(seen.len(), 1, "{seen:?}");
    let content = seen[0]["content"].as_str().unwrap_or_default();
    assert!(content.contains("privileged: true"), "{content}");
    assert!(content.contains("kind: Pod"), "{content}");
    scene.keeps_its_secrets(&told);
    // So that a policy can judge it: a Pod lies where the kubelet looks.
    let told = scene.attempt(&program, &["--policy", "baseline"]);
    told.finished.exits(1).says(&["static-pod-location"]);
}

fn binding(kind: &str, name: &str, role: &str, user: &str) -> String {
    format!(
        r#"{{"apiVersion":"rbac.authorization.k8s.io/v1","kind":"{kind}","metadata":{{"name":"{name}"}},"roleRef":{{"apiGroup":"rbac.authorization.k8s.io","kind":"ClusterRole","name":"{role}"}},"subjects":[{{"kind":"User","name":"{user}","apiGroup":"rbac.authorization.k8s.io"}}]}}"#
    )
}

fn bindings(kind: &str, name: &str) -> Reference {
    Reference {
        api_version: "rbac.authorization.k8s.io/v1".into(),
        kind: kind.into(),
        namespace: None,
        name: name.into(),
    }
}

/// Each makes an administrator of `mallory`, or nobody.
type Promotion = fn(kind: &str, client: usize) -> Call;

const APPLY: Promotion = |kind, client| Call::KubeApply {
    of: client,
    object: binding(kind, "mine", "cluster-admin", "mallory").into(),
    sealed: Vec::new(),
};
const CREATE: Promotion = |kind, client| Call::KubeCreate {
    of: client,
    object: binding(kind, "mine", "cluster-admin", "mallory").into(),
    sealed: Vec::new(),
};
const PATCH: Promotion = |kind, client| Call::KubePatch {
    of: client,
    reference: bindings(kind, "kubeadm:cluster-admins"),
    patch_type: PatchType::Merge,
    patch:
        r#"{"subjects":[{"kind":"User","name":"mallory","apiGroup":"rbac.authorization.k8s.io"}]}"#
            .into(),
};

cases!(nobody_becomes_an_administrator:
    by_apply(APPLY),
    by_create(CREATE),
    by_patch(PATCH),
);

/// However the kind is spelt: a policy sees the name that the API has for it.
fn nobody_becomes_an_administrator(promotion: Promotion) {
    let scene = Scene::with(World::Render, GENEROUS);
    for kind in [
        "ClusterRoleBinding",
        "ClusterRolebinding",
        "clusterrolebinding",
        "CLUSTERROLEBINDING",
        "clusterrolebindings",
        "ClusterRoleBindings",
        "ClusterRoleBinding ",
    ] {
        let mut program = Program::new();
        let client = program.call(connect());
        program.call(promotion(kind, client));
        let told = scene.attempt(&program, &["--policy", "baseline"]);
        let objects = std::fs::read_to_string(scene.place.out().join("objects.yaml")).unwrap();
        assert!(
            !objects.contains("mallory"),
            "{kind:?}: an administrator\n{}",
            told.finished.said()
        );
    }
    // The control: without the policy it lands.
    let mut program = Program::new();
    let client = program.call(connect());
    program.call(promotion("ClusterRoleBinding", client));
    scene.carry_out(&program);
    let objects = std::fs::read_to_string(scene.place.out().join("objects.yaml")).unwrap();
    assert!(objects.contains("mallory"));
}
<<<<<<< HEAD

fn at(path: &str, mode: u32) -> Placement {
    Placement {
        path: path.into(),
        mode,
    }
}

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
const PROFILES: &[(&str, fn(&mut Profile))] = &[
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
    scene.keeps_its_secrets(&told);
}

/// A distribution whose configuration is completed by the hostile component.
fn declared(place: &Place, schemas: &str, grants: &str) {
    let configuration = hostile_configuration();
    place.write("configuration.wasm", &configuration.component);
    place.write("hostile.wasm", &hostile().component);
    place.write("policy.wasm", &hostile_policy().component);
    place.write(
        "distribution.yaml",
        format!(
            "apiVersion: kubewright.dev/v1alpha1\nkind: Distribution\nname: mine\n\
             configuration:\n\
             \x20 kinds: [kubeadm.k8s.io/v1beta4/InitConfiguration, kubeadm.k8s.io/v1beta4/ClusterConfiguration]\n\
             \x20 component: configuration.wasm\n  digest: {}\n{schemas}\
             phases:\n- name: hostile\n  component: hostile.wasm\n  digest: {}\n\
             \x20 phases:\n  - name: program\n  grants:\n{grants}",
            configuration.digest,
            hostile().digest
        ),
    );
}

/// Runs a program in such a distribution, in a folder.
fn run_declared(place: &Place, wish: &str, program: &Program, more: &[&str]) -> Told {
    place.write(
        "config.yaml",
        CONFIG.replace("{name: cp1}", &format!("{{name: {wish}}}")),
    );
    run_as_given(place, program, more)
}

fn run_as_given(place: &Place, program: &Program, more: &[&str]) -> Told {
    place.write(
        &format!("root{}", kubewright_test_hostile_calls::PROGRAM),
        program.file(),
    );
    let arguments = [
        "init",
        "--config",
        "config.yaml",
        "--distribution",
        "distribution.yaml",
        "--rootfs",
        "root",
        "--phase",
        "hostile/program",
    ];
    Told::new(super::support::watched::Watched::new(place).run(&[&arguments, more].concat()))
}

/// A private key for everybody to read, which the baseline denies.
fn loose_key() -> Program {
    let mut program = Program::new();
    program.call(Call::PkiEnsureKeyPair {
        name: "mine".into(),
        algorithm: Algorithm::EcdsaP256,
        key: at("/srv/hostile/mine.key", 0o666),
        public_key: None,
        existing: Existing::Keep,
    });
    program
}

fn own_grants() -> String {
    GENEROUS.replace("below: /etc/kubernetes/pki", "below: /srv/hostile")
}

cases!(a_configuration_blinds_no_policy:
    that_says_nothing("plain"),
    that_says_it_is_another_effect("blind"),
);

fn a_configuration_blinds_no_policy(wish: &str) {
    let place = Place::new();
    declared(&place, "", &own_grants());
    // The control: it is the policy that denies it.
    let allowed = run_declared(&place, wish, &loose_key(), &[]);
    assert_eq!(allowed.finished.code, 0, "{}", allowed.finished.said());
    assert!(place.path("root/srv/hostile/mine.key").exists());
    std::fs::remove_file(place.path("root/srv/hostile/mine.key")).unwrap();
    let told = run_declared(&place, wish, &loose_key(), &["--policy", "baseline"]);
    told.finished.exits(1).says(&["key-file-mode"]);
    assert!(!place.path("root/srv/hostile/mine.key").exists());
}

#[test]
fn the_context_of_a_configuration_stands_in_a_place_of_its_own() {
    let place = Place::new();
    declared(&place, "", &own_grants());
    let told = run_declared(
        &place,
        "blind",
        &loose_key(),
        &["--policy", "policy.wasm", "-vv"],
    );
    let seen = effects_of(&told, 0);
    assert_eq!(seen.len(), 1, "{}", told.finished.said());
    assert_eq!(seen[0]["action"], "CreateKey");
    assert_eq!(seen[0]["phase"], "hostile/program");
    assert_eq!(seen[0]["context"]["action"], "Nothing");
    assert_eq!(seen[0]["context"]["path"], "/etc/motd");
}

/// Writes where a grant speaks of `${ClusterConfiguration.certificatesDir}`.
fn wide_grants() -> String {
    GENEROUS.replace(
        "      pki:\n",
        "      - {paths: [\"${ClusterConfiguration.certificatesDir}/**\"], verbs: [read, write, remove]}\n      pki:\n",
    )
}

fn wide_program() -> (Program, Vec<usize>) {
    let mut program = Program::new();
    let steps = [
        "/etc/shadow",
        "/usr/bin/sh",
        "/root/.ssh/authorized_keys",
        "/boot/x",
    ]
    .map(|path| program.call(write(path, vec![Piece::text("root::::::::\n")])));
    (program, steps.into())
}

fn nothing_was_widened(place: &Place, told: &Told) {
    for path in [
        "etc/shadow",
        "usr/bin/sh",
        "root/.ssh/authorized_keys",
        "boot/x",
    ] {
        assert!(
            !place.path("root").join(path).exists(),
            "/{path} was written:\n{}",
            told.finished.said()
        );
    }
}

#[test]
fn a_configuration_widens_no_grant() {
    let place = Place::new();
    declared(&place, "", &wide_grants());
    let (program, _) = wide_program();
    let told = run_declared(&place, "widen", &program, &[]);
    nothing_was_widened(&place, &told);
}

cases!(a_folder_of_the_system_widens_no_grant:
    the_root("/"),
    the_root_by_another_name("/srv/.."),
    the_folder_of_settings("/etc"),
    the_folder_of_programs("/usr"),
    the_home_of_root("/root"),
);

/// A value that the user gave may be a mistake: a folder of the system is none
/// of certificates.
fn a_folder_of_the_system_widens_no_grant(folder: &str) {
    let place = Place::new();
    declared(&place, "", &wide_grants());
    place.write(
        "config.yaml",
        CONFIG.replace(
            "kubernetesVersion:",
            &format!("certificatesDir: {folder}\nkubernetesVersion:"),
        ),
    );
    let (program, _) = wide_program();
    let told = run_as_given(&place, &program, &[]);
    nothing_was_widened(&place, &told);
}

#[test]
fn a_folder_of_certificates_is_granted() {
    let place = Place::new();
    declared(&place, "", &wide_grants());
    place.write(
        "config.yaml",
        CONFIG.replace(
            "kubernetesVersion:",
            "certificatesDir: /srv/pki\nkubernetesVersion:",
        ),
    );
    let mut program = Program::new();
    let step = program.call(write("/srv/pki/x", vec![Piece::text("x")]));
    let told = run_as_given(&place, &program, &[]);
    assert_eq!(told.finished.code, 0, "{}", told.finished.said());
    told.done(step);
    assert!(place.path("root/srv/pki/x").exists());
}

#[test]
fn a_distribution_makes_no_plain_text_of_secrets() {
    let place = Place::new();
    let schemas = "  schemas:\n    kubeadm.k8s.io/v1beta4/InitConfiguration:\n      localAPIEndpoint: {advertiseAddress: string}\n      nodeRegistration: {name: string}\n      certificateKey: string\n      bootstrapTokens: [{token: string}]\n";
    declared(&place, schemas, GENEROUS);
    place.write(
        "config.yaml",
        config().replace("apiServer: {certSANs: [127.0.0.1]}\n", ""),
    );
    let told = run_as_given(&place, &Program::new(), &["-vv"]);
    let said = told.finished.said();
    for secret in [TOKEN_SECRET, CERTIFICATE_KEY] {
        assert!(!said.contains(secret), "{said}");
    }
    // A kind that the program knows cannot be described anew.
    told.finished
        .exits(1)
        .one_error(&["schemas", "InitConfiguration"]);
}
=======
>>>>>>> tests
