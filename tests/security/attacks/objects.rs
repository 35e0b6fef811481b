//! Secrets in objects: in each field that a component can name, asked for by
//! everything that tells something of objects.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use kubewright_test_hostile_calls::{
    Alphabet, Call, Condition, Encoding, PatchType, Piece, Program, Reference, SealedField,
    Selection,
};
use serde_json::json;

use super::calls::{compose, connect, secrets};
use super::disguises::held_secrets;
use super::generated::{Tried, none, scene};
use crate::support::attack::{CERTIFICATE_KEY, TOKEN_SECRET, World};

/// Kinds of objects and their fields that may hold a secret.
const PLACES: &[(&str, &str, &str)] = &[
    ("v1", "Secret", "/data/k"),
    ("v1", "Secret", "/stringData/k"),
    ("v1", "Secret", "/type"),
    ("v1", "Secret", "/metadata/name"),
    ("v1", "Secret", "/metadata/generateName"),
    ("v1", "Secret", "/metadata/labels/k"),
    ("v1", "Secret", "/metadata/annotations/k"),
    ("v1", "Secret", "/metadata/finalizers/0"),
    ("v1", "Secret", "/metadata/ownerReferences/0/name"),
    ("v1", "Secret", "/data"),
    ("v1", "Secret", "/kind"),
    ("v1", "Secret", "/unknown"),
    ("v1", "secret", "/data/k"),
    ("v1", "Secrets", "/data/k"),
    ("v1", "ConfigMap", "/data/k"),
    ("v1", "ConfigMap", "/binaryData/k"),
    ("v1", "ConfigMap", "/metadata/annotations/k"),
    ("v1", "Node", "/metadata/labels/k"),
    ("v1", "Node", "/spec/providerID"),
    ("v1", "ServiceAccount", "/secrets/0/name"),
    (
        "rbac.authorization.k8s.io/v1",
        "ClusterRoleBinding",
        "/subjects/0/name",
    ),
    (
        "apps/v1",
        "Deployment",
        "/spec/template/spec/containers/0/env/0/value",
    ),
];

const IS_CLUSTERS: [&str; 2] = ["Node", "ClusterRoleBinding"];

/// Spellings of the kind that is asked for later.
const KINDS: [&str; 5] = ["Secret", "secret", "SECRET", "secrets", "ConfigMap"];

const PATCHES: &[(PatchType, &str)] = &[
    (
        PatchType::Json,
        r#"[{"op":"copy","from":"/data/k","path":"/metadata/annotations/k"}]"#,
    ),
    (
        PatchType::Json,
        r#"[{"op":"move","from":"/data","path":"/metadata/annotations"}]"#,
    ),
    (
        PatchType::Json,
        r#"[{"op":"test","path":"/data/k","value":"x"}]"#,
    ),
    (PatchType::Merge, r#"{"kind":"ConfigMap"}"#),
    (
        PatchType::Merge,
        r#"{"type":"bootstrap.kubernetes.io/token"}"#,
    ),
    (PatchType::Merge, r#"{"data":{"k":1}}"#),
    (
        PatchType::Merge,
        r#"{"metadata":{"annotations":{"kubectl.kubernetes.io/last-applied-configuration":"x"}}}"#,
    ),
    (PatchType::Strategic, r#"{"$setElementOrder/data":["k"]}"#),
    (PatchType::Strategic, r#"{"data":{"$retainKeys":["k"]}}"#),
    (
        PatchType::Strategic,
        r#"{"data":{"$patch":"replace","k":{}}}"#,
    ),
];

fn reference(api_version: &str, kind: &str, name: &str) -> Reference {
    let is_namespaced = !IS_CLUSTERS.contains(&kind);
    Reference {
        api_version: api_version.into(),
        namespace: is_namespaced.then(|| "kube-system".into()),
        ..Reference::core(kind, name.to_owned())
    }
}

/// Asks for one object in every way.
fn ask(program: &mut Program, client: usize, api_version: &str, kind: &str, name: &str) {
    program.call(Call::KubeGet {
        of: client,
        reference: reference(api_version, kind, name),
    });
    program.call(Call::KubeGetList {
        of: client,
        selection: Selection {
            api_version: api_version.into(),
            ..Selection::core(kind)
        },
    });
    for condition in [
        Condition::AtLeast("/data/k".into(), 1),
        Condition::Equals("/data/k".into(), "\"x\"".into()),
        Condition::StatusCondition("/data/k".into(), "True".into()),
    ] {
        program.call(Call::KubeWait {
            of: client,
            reference: reference(api_version, kind, name),
            condition,
            seconds: 0,
        });
    }
    for (patch_type, patch) in PATCHES {
        program.call(Call::KubePatch {
            of: client,
            reference: reference(api_version, kind, name),
            patch_type: *patch_type,
            patch: (*patch).into(),
        });
        program.call(Call::KubeGet {
            of: client,
            reference: reference(api_version, kind, name),
        });
    }
    let adopted = format!("/{kind}{name}");
    program.call(Call::TokensAdopt {
        client,
        pointer: adopted.clone().into(),
        namespace: "kube-system".into(),
        name: name.into(),
    });
    let token = program.call(Call::TokensBootstrap {
        pointer: adopted.into(),
        alphabet: Alphabet::Alphanumeric,
    });
    program.call(Call::TokensTokenId { of: token });
}

#[test]
fn nothing_that_was_sealed_comes_back_from_objects() {
    let scene = scene(World::Render);
    let key_length = scene.text("/etc/kubernetes/pki/sa.key").len();
    let sources = held_secrets(&mut Program::new(), key_length).len();
    let mut leaks = Vec::new();
    for source in 0..sources {
        let mut program = Program::new();
        let held = held_secrets(&mut program, key_length).swap_remove(source);
        let client = program.call(connect());
        let mut values = vec![("plain", held.step)];
        for (name, encoding) in [("base64", Encoding::Base64), ("json", Encoding::JsonString)] {
            let made = program.call(compose(encoding, vec![Piece::Sealed(held.step)]));
            values.push((name, made));
        }
        let twice = program.call(compose(Encoding::Base64, vec![Piece::Sealed(values[1].1)]));
        values.push(("base64 twice", twice));
        let mut tried = Tried {
            scene: &scene,
            what: held.name.to_owned(),
            steps: std::collections::BTreeMap::new(),
            never: Vec::new(),
        };
        for (at, (api_version, kind, pointer)) in PLACES.iter().enumerate() {
            for (form, value) in &values {
                let before = program.steps.len();
                let name = format!("made-{at}-{}", form.replace(' ', "-"));
                let mut metadata = json!({"name": name, "labels": {}, "annotations": {}});
                if !IS_CLUSTERS.contains(kind) {
                    metadata["namespace"] = "kube-system".into();
                }
                let object = json!({"apiVersion": api_version, "kind": kind, "metadata": metadata});
                for is_made in [true, false] {
                    let sealed = vec![SealedField {
                        pointer: (*pointer).into(),
                        value: *value,
                    }];
                    let object = object.to_string().into();
                    program.call(match is_made {
                        true => Call::KubeCreate {
                            of: client,
                            object,
                            sealed,
                        },
                        false => Call::KubeApply {
                            of: client,
                            object,
                            sealed,
                        },
                    });
                }
                ask(&mut program, client, api_version, kind, &name);
                for step in before..program.steps.len() {
                    let function = program.steps[step].call.function();
                    tried
                        .steps
                        .insert(step, format!("{kind} {pointer}, {form}, by {function}"));
                }
            }
        }
        let before = program.steps.len();
        for kind in KINDS {
            program.call(Call::KubeGetList {
                of: client,
                selection: Selection::core(kind),
            });
            ask(&mut program, client, "v1", kind, "bootstrap-token-abcdef");
        }
        for step in before..program.steps.len() {
            let function = program.steps[step].call.function();
            tried
                .steps
                .insert(step, format!("at the end by {function}"));
        }
        let told = scene.attempt(&program, &["--policy", "policy.wasm", "-vv"]);
        assert_eq!(told.finished.code, 0, "{}", told.finished.said());
        assert!(told.seen.len() > 1_000, "{}", told.seen.len());
        leaks.extend(tried.leaks(&told));
    }
    none(&leaks);
}

/// A guess that is right is not told to be right.
#[test]
fn no_guess_is_confirmed() {
    let scene = scene(World::Render);
    let mut program = Program::new();
    let held = secrets(&mut program, 0);
    let client = program.call(connect());
    let mut guesses = Vec::new();
    for (held, secret) in held[2..].iter().zip([TOKEN_SECRET, CERTIFICATE_KEY]) {
        let data = program.call(compose(Encoding::Base64, vec![Piece::Sealed(held.step)]));
        program.call(Call::KubeApply {
            of: client,
            object: json!({"apiVersion": "v1", "kind": "Secret",
                "metadata": {"name": held.name, "namespace": "kube-system"}})
            .to_string()
            .into(),
            sealed: vec![SealedField {
                pointer: "/data/k".into(),
                value: data,
            }],
        });
        let encoded = STANDARD.encode(secret);
        for kind in ["Secret", "secret", "secrets"] {
            for name in [held.name, "bootstrap-token-abcdef"] {
                for (pointer, guess) in [
                    ("/data/k", encoded.as_str()),
                    ("/data/token-secret", encoded.as_str()),
                    ("/stringData/k", secret),
                ] {
                    guesses.push(program.call(Call::KubeWait {
                        of: client,
                        reference: Reference::core(kind, name.to_owned()),
                        condition: Condition::Equals(pointer.into(), format!("\"{guess}\"").into()),
                        seconds: 0,
                    }));
                }
            }
        }
    }
    // The control: what is public is told to be so.
    let public = program.call(Call::KubeWait {
        of: client,
        reference: Reference::core("Secret", "token-half"),
        condition: Condition::Equals("/metadata/name".into(), "\"token-half\"".into()),
        seconds: 0,
    });
    let told = scene.attempt(&program, &[]);
    told.done(public);
    for step in guesses {
        told.not_done(step);
    }
}
