//! Grants that reach further than they say.

use kubewright_test_hostile_calls::{
    Algorithm, Call, Existing, Outcome, Piece, Placement, Profile, Program, Reference, Selection,
};

use super::calls::{PKI, connect, get, inspect, read, write};
use crate::support::attack::{GENEROUS, Scene, World};
use crate::support::runtime::Runtime;
use crate::support::tree::{differences, tree};

/// All imports, and of objects what is said.
fn with_rules(rules: &str) -> String {
    let all = "        - {apiGroups: [\"*\"], resources: [\"*\"], verbs: [\"*\"]}\n";
    let grants = GENEROUS.replace(all, rules);
    assert_ne!(grants, GENEROUS);
    grants
}

/// An entry that loses a value grants nothing.
#[test]
fn a_namespace_without_a_value_is_not_everywhere() {
    let rules = "        - apiGroups: [\"\"]
          resources: [configmaps, nodes]
          namespaces: [\"${ClusterConfiguration.etcd.external.caFile}\"]
          verbs: [get, list]
        - apiGroups: [\"\"]
          resources: [secrets]
          namespaces: [kube-public, \"${ClusterConfiguration.etcd.external.caFile}\"]
          verbs: [get]
";
    let scene = Scene::with(World::Render, &with_rules(rules));
    let mut program = Program::new();
    let client = program.call(connect());
    let refused = [
        program.call(get(client, "ConfigMap", "kubeadm-config")),
        program.call(Call::KubeGet {
            of: client,
            reference: Reference {
                namespace: Some("kube-public".into()),
                ..Reference::core("ConfigMap", "cluster-info")
            },
        }),
        program.call(Call::KubeGet {
            of: client,
            reference: Reference {
                namespace: None,
                ..Reference::core("Node", "cp1")
            },
        }),
        program.call(Call::KubeGetList {
            of: client,
            selection: Selection::core("ConfigMap"),
        }),
        program.call(get(client, "Secret", "x")),
    ];
    let told = scene.carry_out(&program);
    told.done(client);
    for step in refused {
        let why = told.not_done(step);
        assert!(why.contains("Denied"), "step {step}: {why}");
    }
}

#[test]
fn a_generated_name_is_no_granted_name() {
    let rules = "        - apiGroups: [\"\"]
          resources: [configmaps]
          resourceNames: [kubeadm-config, mine]
          namespaces: [kube-system]
          verbs: [create, patch]
";
    let scene = Scene::with(World::Render, &with_rules(rules));
    let object = |metadata: &str| {
        format!(
            r#"{{"apiVersion":"v1","kind":"ConfigMap","metadata":{{{metadata},"namespace":"kube-system"}},"data":{{}}}}"#
        )
    };
    let mut program = Program::new();
    let client = program.call(connect());
    let create = |metadata: &str| Call::KubeCreate {
        of: client,
        object: object(metadata).into(),
        sealed: Vec::new(),
    };
    let generated = program.call(create(r#""generateName":"kubeadm-config""#));
    let both = program.call(create(r#""name":"","generateName":"mine""#));
    let named = program.call(create(r#""name":"mine""#));
    let told = scene.carry_out(&program);
    told.not_done(generated);
    told.not_done(both);
    told.done(named);
    let objects = std::fs::read_to_string(scene.place.out().join("objects.yaml")).unwrap();
    assert_eq!(objects.matches("name: mine").count(), 1);
    assert_eq!(
        objects.matches("name: kubeadm-config").count(),
        1,
        "a name was made"
    );
}

/// A handle remembers the grant that opened it.
#[test]
fn a_key_that_may_be_loaded_signs_nothing() {
    let pki = "      - {names: [\"**\"], below: /etc/kubernetes/pki, verbs: [load, create, sign, place]}\n";
    let grants = GENEROUS.replace(
        pki,
        "      - {names: [ca], below: /etc/kubernetes/pki, verbs: [load, sign, place]}
      - {names: [ca], below: /etc/kubernetes/pki/etcd, verbs: [load]}
      - {names: [mine], verbs: [create, place]}\n",
    );
    assert_ne!(grants, GENEROUS);
    let scene = Scene::with(World::Render, &grants);
    let mut program = Program::new();
    let load = |folder: &str| Call::PkiLoadCertificate {
        name: "ca".into(),
        certificate: format!("{folder}/ca.crt").into(),
        key: Some(format!("{folder}/ca.key").into()),
    };
    let issue = |signer| Call::PkiIssue {
        name: "mine".into(),
        profile: Profile::client("root"),
        algorithm: Algorithm::EcdsaP256,
        signer,
    };
    let mut results = Vec::new();
    for folder in [PKI.to_owned(), format!("{PKI}/etcd")] {
        let ca = program.call(load(&folder));
        let signed = program.call(issue(ca));
        let placed = program.call(Call::PkiCertificatePrivateKeyPem { of: ca });
        let pair = program.call(Call::PkiLoadKeyPair {
            name: "ca".into(),
            key: format!("{folder}/ca.key").into(),
        });
        let pair_placed = program.call(Call::PkiKeyPairPrivateKeyPem { of: pair });
        results.push((ca, [signed, placed, pair_placed]));
    }
    let told = scene.carry_out(&program);
    let (granted, steps) = &results[0];
    told.done(*granted);
    for step in steps {
        told.done(*step);
    }
    let (loaded, steps) = &results[1];
    told.done(*loaded);
    for step in steps {
        told.not_done(*step);
    }
}

/// A component that may use `/srv/hostile` and the name `mine` only.
fn narrow() -> String {
    let files = "      - {paths: [/srv/hostile, \"/srv/hostile/**\", \"/etc/kubernetes/pki/**\"], verbs: [read, write, remove]}
      - {paths: [\"/etc/kubernetes/**\"], verbs: [read]}\n";
    let pki = "names: [\"**\"], below: /etc/kubernetes/pki";
    let grants = GENEROUS
        .replace(
            files,
            "      - {paths: [/srv/hostile, \"/srv/hostile/**\"], verbs: [read, write, remove, own]}\n",
        )
        .replace(pki, "names: [mine], below: /etc/kubernetes/pki");
    assert!(!grants.contains(files) && !grants.contains(pki));
    grants
}

cases!(a_link_within_the_root_leads_out_of_no_grant:
    in_a_render(World::Render),
    on_a_machine(World::Machine),
);

/// A grant is about the file, not about how it is spelt.
fn a_link_within_the_root_leads_out_of_no_grant(world: World) {
    let scene = Scene::with(world, &narrow());
    scene.put("/etc/motd", "outside of the grant");
    scene.put("/srv/other/file", "outside of the grant");
    scene.put("/srv/hostile/own", "within");
    scene.link("/srv/hostile/etc", "../../etc");
    scene.link("/srv/hostile/absolute", "/etc");
    scene.link("/srv/hostile/motd", "../../etc/motd");
    scene.link("/srv/hostile/chain", "other");
    scene.link("/srv/hostile/other", "../other");
    scene.link("/srv/hostile/mine", "own");
    let before = tree(&scene.machine("/etc"));
    let mut program = Program::new();
    let control = program.call(read("/srv/hostile/mine"));
    let mut refused = Vec::new();
    for folder in ["etc", "absolute"] {
        let folder = format!("/srv/hostile/{folder}");
        refused.extend([
            program.call(read(format!("{folder}/motd"))),
            program.call(write(format!("{folder}/new"), vec![Piece::text("x")])),
            program.call(write(format!("{folder}/motd"), vec![Piece::text("x")])),
            program.call(Call::FilesList {
                path: folder.clone().into(),
            }),
            program.call(Call::FilesStat {
                path: format!("{folder}/motd").into(),
            }),
            program.call(Call::FilesRemove {
                path: format!("{folder}/motd").into(),
            }),
            program.call(Call::FilesMakeDirectory {
                path: format!("{folder}/new-folder").into(),
                mode: 0o755,
            }),
            program.call(inspect(format!("{folder}/kubernetes/admin.conf"))),
            program.call(Call::AccountsSetOwner {
                path: format!("{folder}/motd").into(),
                user: "root".into(),
                group: "root".into(),
                mode: 0o640,
            }),
        ]);
    }
    refused.push(program.call(read("/srv/hostile/motd")));
    refused.push(program.call(read("/srv/hostile/chain/file")));
    let told = scene.carry_out(&program);
    assert_eq!(told.done(control), "within");
    for step in refused {
        let seen = told.step(step);
        assert_ne!(seen.outcome, Outcome::Done, "step {step}: {}", seen.text());
    }
    let changed = differences(&before, &tree(&scene.machine("/etc")));
    let mine: Vec<_> = changed
        .iter()
        .filter(|name| name.contains("new") || name.contains("motd"))
        .collect();
    assert!(mine.is_empty(), "{mine:?}");
}

/// The file of a key that was not granted, under a name that was.
#[test]
fn a_link_makes_no_key_of_another_ones_own() {
    let scene = Scene::with(World::Render, &narrow());
    scene.link(&format!("{PKI}/mine.key"), "sa.key");
    scene.link(&format!("{PKI}/mine.crt"), "ca.crt");
    let mut program = Program::new();
    let pair = program.call(Call::PkiLoadKeyPair {
        name: "mine".into(),
        key: format!("{PKI}/mine.key").into(),
    });
    let placed = program.call(Call::PkiKeyPairPrivateKeyPem { of: pair });
    let certificate = program.call(Call::PkiLoadCertificate {
        name: "mine".into(),
        certificate: format!("{PKI}/mine.crt").into(),
        key: None,
    });
    let told = scene.carry_out(&program);
    told.not_done(pair);
    told.not_done(placed);
    told.not_done(certificate);
}

cases!(a_socket_leads_out_of_no_root:
    by_an_absolute_link(true),
    by_a_relative_link(false),
);

fn a_socket_leads_out_of_no_root(is_absolute: bool) {
    let scene = Scene::with(World::Machine, GENEROUS);
    std::fs::create_dir_all(scene.machine("/run")).unwrap();
    std::fs::create_dir_all(scene.place.path("outside")).unwrap();
    let outside = scene.place.path("outside/c.sock");
    let runtime = Runtime::listen(outside.clone(), &["etcd"], &[]);
    match is_absolute {
        true => scene.link("/run/hostile.sock", outside.to_str().unwrap()),
        false => scene.link("/run/hostile.sock", "../../outside/c.sock"),
    }
    let socket = "unix:///run/hostile.sock";
    let mut program = Program::new();
    program.call(Call::RuntimeState {
        socket: socket.into(),
    });
    program.call(Call::RuntimeHasImage {
        socket: socket.into(),
        image: "x".into(),
    });
    // Below another root nothing runs: whatever is answered, nobody was asked.
    scene.carry_out(&program);
    assert_eq!(runtime.calls(), [""; 0]);
}

/// What differs from machine to machine, and from moment to moment, is no
/// kernel parameter.
#[test]
fn random_numbers_are_no_kernel_parameter() {
    let scene = Scene::with(World::Machine, GENEROUS);
    let mut program = Program::new();
    let steps = [
        "kernel.random.uuid",
        "kernel/random/uuid",
        "kernel.random.boot_id",
        "kernel.random.entropy_avail",
    ]
    .map(|name| program.call(Call::ChecksKernelParameter { name: name.into() }));
    let control = program.call(Call::ChecksKernelParameter {
        name: "net.ipv4.ip_forward".into(),
    });
    let told = scene.carry_out(&program);
    assert!(told.done(control).starts_with("Some"));
    for step in steps {
        let seen = told.step(step);
        assert!(
            seen.outcome != Outcome::Done || seen.text() == "None",
            "step {step}: {}",
            seen.text()
        );
    }
}

cases!(a_secret_is_nothing_for_all_users:
    that_is_written(0o644),
    that_is_written_to_be_run(0o701),
    that_is_a_groups(0o640),
);

fn a_secret_is_nothing_for_all_users(mode: u32) {
    let scene = Scene::with(World::Render, GENEROUS);
    let mut program = Program::new();
    let at = |name: &str| Placement {
        path: format!("{PKI}/{name}").into(),
        mode,
    };
    let pair = program.call(Call::PkiEnsureKeyPair {
        name: "mine".into(),
        algorithm: Algorithm::EcdsaP256,
        key: at("mine.key"),
        public_key: None,
        existing: Existing::Keep,
    });
    let loaded = program.call(Call::PkiLoadKeyPair {
        name: "sa".into(),
        key: format!("{PKI}/sa.key").into(),
    });
    let key = program.call(Call::PkiKeyPairPrivateKeyPem { of: loaded });
    let written = program.call(Call::FilesWrite {
        path: format!("{PKI}/copy.key").into(),
        mode,
        content: vec![Piece::Sealed(key)],
    });
    // What is public may be.
    let public = program.call(Call::FilesWrite {
        path: "/srv/hostile/public".into(),
        mode,
        content: vec![Piece::text("public")],
    });
    let told = scene.carry_out(&program);
    told.done(public);
    for step in [pair, written] {
        match mode & 0o007 {
            0 => drop(told.done(step)),
            _ => assert!(told.not_done(step).contains("every user of the machine")),
        }
    }
}
