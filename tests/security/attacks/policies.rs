//! A component has effects land of which a policy saw something else.

use kubewright_test_hostile_calls::{
    Alphabet, Call, Encoding, PatchType, Piece, Program, Reference,
};
use serde_json::Value;

use super::calls::{TOKEN, compose, connect, write};
use crate::support::attack::{GENEROUS, Scene, Told, World};
use crate::support::components::hostile_policy;

/// What the policy saw of each step, in order.
pub fn effects(told: &Told) -> Vec<(usize, Value)> {
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
