//! A component gets handles of secrets, and tries to read what is behind them.

use crate::support::der::Field;
use kubewright_test_hostile_calls::{Alphabet, Call, Encoding, Piece, Profile, Program};

use super::calls::{
    PKI, compose, ensure_mine, inspect, kubeconfig, load_ca, pem, read, secrets, write,
};
use crate::support::attack::{GENEROUS, Scene, WRITE_ONLY, World};
use crate::support::der;
use crate::support::leaks::Secret;

const SERVER: &str = "https://192.0.2.10:6443";

/// The public key of the machine's service accounts, and the length of the
/// file with the private one.
fn service_accounts(scene: &Scene) -> (Vec<u8>, usize) {
    let spki = der::of_pem(&scene.text(&format!("{PKI}/sa.pub")));
    (spki, scene.text(&format!("{PKI}/sa.key")).len())
}

/// The control: by each of the ways that are tried here what is public comes
/// through, so that the other tests could fail.
#[test]
fn public_things_are_seen() {
    let scene = Scene::with(World::Render, GENEROUS);
    let mut program = Program::new();
    let certificate = program.call(read(format!("{PKI}/ca.crt")));
    let summary = program.call(inspect("/etc/kubernetes/admin.conf"));
    program.call(write("/srv/hostile/public", vec![Piece::text("public")]));
    let written = program.call(read("/srv/hostile/public"));
    let loaded = program.call(Call::PkiLoadCertificate {
        name: "apiserver".into(),
        certificate: format!("{PKI}/apiserver.crt").into(),
        key: None,
    });
    let name = program.call(Call::PkiCertificateCommonName { of: loaded });
    let told = scene.carry_out(&program);
    assert_eq!(told.done(certificate), scene.text(&format!("{PKI}/ca.crt")));
    assert!(told.done(summary).contains("kubernetes-admin"));
    assert_eq!(told.done(written), "public");
    assert_eq!(told.done(name), "kube-apiserver");
    scene.keeps_its_secrets(&told);
}

#[test]
fn a_kubeconfig_gives_back_no_secret_as_its_certificate() {
    let scene = Scene::with(World::Render, GENEROUS);
    let (spki, length) = service_accounts(&scene);
    let mut program = Program::new();
    let mut asked = Vec::new();
    for held in secrets(&mut program, length) {
        let around = der::around(&spki, Field::CommonName, held.length);
        let certificate = pem(&mut program, "CERTIFICATE", around, held.step);
        let data = program.call(compose(Encoding::Base64, vec![Piece::Sealed(certificate)]));
        let path = format!("/srv/hostile/{}.conf", held.name);
        let content = kubeconfig(SERVER, "", "client-certificate-data", Piece::Sealed(data));
        let written = program.call(write(path.clone(), content));
        asked.push((written, program.call(inspect(path))));
    }
    let told = scene.carry_out(&program);
    scene.keeps_its_secrets(&told);
    assert_eq!(asked.len(), 4);
}

cases!(a_certificate_gives_back_no_secret_as_its_name:
    with_all_grants(GENEROUS),
    with_grants_to_write(WRITE_ONLY),
);

fn a_certificate_gives_back_no_secret_as_its_name(grants: &str) {
    let scene = Scene::with(World::Render, grants);
    let (spki, length) = service_accounts(&scene);
    let mut program = Program::new();
    for held in secrets(&mut program, length) {
        let around = der::around(&spki, Field::CommonName, held.length);
        let certificate = pem(&mut program, "CERTIFICATE", around, held.step);
        let path = format!("{PKI}/mine.crt");
        program.call(write(path.clone(), vec![Piece::Sealed(certificate)]));
        let loaded = program.call(Call::PkiLoadCertificate {
            name: "mine".into(),
            certificate: path.into(),
            key: None,
        });
        program.call(Call::PkiCertificateCommonName { of: loaded });
        program.call(Call::PkiCertificatePem { of: loaded });
    }
    let told = scene.carry_out(&program);
    scene.keeps_its_secrets(&told);
}

#[test]
fn an_error_tells_no_secret_that_a_certificate_has_for_its_name() {
    let scene = Scene::with(World::Render, GENEROUS);
    let (spki, length) = service_accounts(&scene);
    let mut program = Program::new();
    let ca = program.call(load_ca());
    let mut refused = Vec::new();
    for held in secrets(&mut program, length) {
        let around = der::around(&spki, Field::CommonName, held.length);
        let certificate = pem(&mut program, "CERTIFICATE", around, held.step);
        let path = format!("{PKI}/mine.crt");
        program.call(write(path, vec![Piece::Sealed(certificate)]));
        refused.push(program.call(ensure_mine(Profile::client("x"), ca)));
    }
    let told = scene.carry_out(&program);
    for step in refused {
        told.not_done(step);
    }
    scene.keeps_its_secrets(&told);
}

#[test]
fn a_kubeconfig_gives_back_no_token_as_its_user() {
    let scene = Scene::with(World::Render, GENEROUS);
    let (_, length) = service_accounts(&scene);
    let mut program = Program::new();
    let secrets = secrets(&mut program, length);
    // What is known for a secret by one thing may hold another.
    for mark in ["# PRIVATE KEY-----\n", ""] {
        for held in &secrets {
            let name = || vec![Piece::text("x"), Piece::Sealed(held.step), Piece::text("x")];
            let mut content = vec![Piece::text(format!(
                "{mark}apiVersion: v1\nkind: Config\ncurrent-context: c\ncontexts: [{{name: c, context: {{cluster: k, user: \""
            ))];
            content.extend(name());
            content.push(Piece::text(format!(
                "\"}}}}]\nclusters: [{{name: k, cluster: {{server: '{SERVER}'}}}}]\nusers: [{{name: \""
            )));
            content.extend(name());
            content.push(Piece::text("\", user: {token: x}}]\n"));
            let path = format!("/srv/hostile/{}{}.conf", held.name, mark.len());
            program.call(write(path.clone(), content));
            program.call(inspect(path));
        }
    }
    let told = scene.carry_out(&program);
    scene.keeps_its_secrets(&told);
    // The host of the next run was not there when they were written.
    let mut program = Program::new();
    for held in &secrets {
        for mark in [19, 0] {
            program.call(inspect(format!("/srv/hostile/{}{mark}.conf", held.name)));
            program.call(read(format!("/srv/hostile/{}{mark}.conf", held.name)));
        }
    }
    let told = scene.carry_out(&program);
    scene.keeps_its_secrets(&told);
}

cases!(what_was_written_by_one_name_is_not_read_by_another:
    in_a_render(World::Render),
    on_a_machine(World::Machine),
);

fn what_was_written_by_one_name_is_not_read_by_another(world: World) {
    let scene = Scene::with(world, WRITE_ONLY);
    let (_, length) = service_accounts(&scene);
    std::fs::create_dir_all(scene.machine("/srv/drop")).unwrap();
    std::fs::create_dir_all(scene.machine("/srv/hostile")).unwrap();
    scene.link("/srv/hostile/red", "../drop");
    let mut program = Program::new();
    let secrets = secrets(&mut program, length);
    let mut reads = Vec::new();
    for held in &secrets {
        for (name, content) in [
            (held.name.to_owned(), vec![Piece::Sealed(held.step)]),
            (
                format!("{}-in-words", held.name),
                vec![
                    Piece::text("it is x"),
                    Piece::Sealed(held.step),
                    Piece::text("x here"),
                ],
            ),
        ] {
            program.call(write(format!("/srv/drop/{name}"), content));
            let path = format!("/srv/hostile/red/{name}");
            program.call(read(path.clone()));
            reads.push(path);
        }
    }
    program.call(write("/srv/drop/public", vec![Piece::text("public")]));
    let told = scene.carry_out(&program);
    assert!(scene.machine("/srv/drop/token").exists());
    scene.keeps_its_secrets(&told);
    let mut again = Program::new();
    for path in reads {
        again.call(read(path));
    }
    let told = scene.carry_out(&again);
    scene.keeps_its_secrets(&told);
    // An operator's hard link is another name, too, and shows by the file.
    for held in &secrets {
        let link = scene.machine(&format!("/srv/hostile/hard-{}", held.name));
        std::fs::hard_link(scene.machine(&format!("/srv/drop/{}", held.name)), link).unwrap();
    }
    let mut again = Program::new();
    for held in &secrets {
        again.call(read(format!("/srv/hostile/hard-{}", held.name)));
    }
    let told = scene.carry_out(&again);
    scene.keeps_its_secrets(&told);
}

#[test]
fn no_key_is_loaded_that_was_written_from_a_secret() {
    let scene = Scene::with(World::Render, WRITE_ONLY);
    let (_, length) = service_accounts(&scene);
    let mut program = Program::new();
    let secrets = secrets(&mut program, length);
    let path = format!("{PKI}/mine.key");
    // The half of a token: 2^41 steps find the number of a key from its
    // public key.
    let half = &secrets[2];
    let mut loads = Vec::new();
    for (label, around) in [
        ("EC PRIVATE KEY", der::around_scalar(half.length)),
        ("RSA PRIVATE KEY", der::around_modulus(half.length)),
    ] {
        let key = pem(&mut program, label, around, half.step);
        program.call(write(path.clone(), vec![Piece::Sealed(key)]));
        let pair = program.call(Call::PkiLoadKeyPair {
            name: "mine".into(),
            key: path.clone().into(),
        });
        loads.push(pair);
        program.call(Call::PkiKeyPairPublicKeyPem { of: pair });
    }
    let told = scene.carry_out(&program);
    for step in loads {
        told.not_done(step);
    }
    scene.keeps_its_secrets(&told);
    // The next run does not know who wrote it.
    let mut program = Program::new();
    let pair = program.call(Call::PkiLoadKeyPair {
        name: "mine".into(),
        key: path.into(),
    });
    let sa = program.call(Call::PkiLoadKeyPair {
        name: "sa".into(),
        key: format!("{PKI}/sa.key").into(),
    });
    let told = scene.carry_out(&program);
    told.not_done(pair);
    told.done(sa);
}

/// A component may read all of `/var/lib`.
fn var_lib() -> String {
    WRITE_ONLY.replace(
        "      pki:\n      - {names: [mine]",
        "      - {paths: [/var/lib, \"/var/lib/**\"], verbs: [read]}\n      pki:\n      - {names: [mine]",
    )
}

#[test]
fn the_folder_of_the_host_is_never_granted() {
    let grants = var_lib();
    assert_ne!(grants, WRITE_ONLY);
    let scene = Scene::with(World::Machine, &grants);
    scene.put("/var/lib/other/file", "public");
    let mut program = Program::new();
    // Made by this run, so that nobody knows them yet.
    let key = program.call(Call::TokensCertificateKey {
        pointer: "/mine".into(),
    });
    let token = program.call(Call::TokensBootstrap {
        pointer: "/mine".into(),
        alphabet: Alphabet::Alphanumeric,
    });
    let full = program.call(Call::TokensTokenFull { of: token });
    program.call(write("/srv/drop/key", vec![Piece::Sealed(key)]));
    program.call(write("/srv/drop/token", vec![Piece::Sealed(full)]));
    let other = program.call(read("/var/lib/other/file"));
    let folder = "/var/lib/kubewright";
    let refused = [
        program.call(read(format!("{folder}/unfinished"))),
        program.call(read("/var/lib/other/../kubewright/unfinished")),
        program.call(Call::FilesList {
            path: folder.into(),
        }),
        program.call(Call::FilesList {
            path: format!("{folder}/runs").into(),
        }),
        program.call(read(format!("{folder}/runs/1"))),
    ];
    program.fails = Some("so that it stays unfinished".into());
    let told = scene.attempt(&program, &[]);
    assert_eq!(told.finished.code, 1, "{}", told.finished.said());
    assert_eq!(told.done(other), "public");
    for step in refused {
        told.not_done(step);
    }
    let token = scene.text("/srv/drop/token");
    let half = token.split_once('.').expect("a token has two halves").1;
    told.lacks(&[
        Secret::new("key", &scene.text("/srv/drop/key")),
        Secret::new("token", half),
    ]);
    scene.keeps_its_secrets(&told);
    // What an operator links to is the same folder.
    scene.link("/var/lib/other/link", "../kubewright");
    let mut program = Program::new();
    let linked = program.call(read("/var/lib/other/link/unfinished"));
    let told = scene.attempt(&program, &[]);
    told.not_done(linked);
}

cases!(a_file_that_holds_a_secret_is_not_read:
    a_token_file_of_2016("81a1b2c3d4e5f607,kubeadm-node-csr,4d9e0e3a-b75a-11e6-80f5-76304dec7eb7,system:kubelet-bootstrap\n"),
    a_token_without_digits("users:\n- name: kubelet\n  user:\n    token: abcdef.qwertyuiopasdfgh\n"),
    a_token_of_digits("--token 123456.1234567890123456\n"),
    a_token_of_a_service_account("users:\n- name: x\n  user:\n    token: eyJhbGciOiJSUzI1NiIsImtpZCI6IkFCQ0RFRiJ9.eyJpc3MiOiJrdWJlcm5ldGVzL3NlcnZpY2VhY2NvdW50Iiwic3ViIjoic3lzdGVtOnNlcnZpY2VhY2NvdW50OmRlZmF1bHQ6ZGVmYXVsdCJ9.QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVphYmNkZWZnaGlqa2xtbm9wcXJzdHV2d3h5ejAxMjM0NTY3ODk\n"),
);

/// Files that others left on the machine.
fn a_file_that_holds_a_secret_is_not_read(content: &str) {
    let scene = Scene::with(World::Machine, GENEROUS);
    let path = "/srv/hostile/file";
    scene.put(path, content);
    let mut program = Program::new();
    let step = program.call(read(path));
    let told = scene.carry_out(&program);
    told.not_done(step);
}

#[test]
fn a_key_in_der_is_not_read() {
    let scene = Scene::with(World::Machine, GENEROUS);
    let bytes = der::of_pem(&scene.text(&format!("{PKI}/sa.key")));
    scene.put("/srv/hostile/key.der", &bytes);
    // Something before it does not hide it.
    scene.put(
        "/srv/hostile/later.der",
        [b"\0\0\0\x01", &bytes[..], b"\0"].concat(),
    );
    let public = der::of_pem(&scene.text(&format!("{PKI}/ca.crt")));
    scene.put("/srv/hostile/certificate.der", &public);
    let mut program = Program::new();
    let steps =
        ["key.der", "later.der"].map(|name| program.call(read(format!("/srv/hostile/{name}"))));
    let certificate = program.call(read("/srv/hostile/certificate.der"));
    let told = scene.carry_out(&program);
    for step in steps {
        told.not_done(step);
    }
    told.done(certificate);
    assert_eq!(told.step(certificate).bytes, public);
}

/// What the product wrote in one run is no component's to read in the next.
#[test]
fn the_token_of_2016_is_not_read() {
    let scene = Scene::with(World::Render, GENEROUS);
    std::fs::remove_dir_all(scene.place.out()).unwrap();
    let token = "4f5e6d.1a2b3c4d5e6f7a8b";
    scene.place.write(
        "config.yaml",
        format!(
            "apiVersion: kubeadm.k8s.io/v1alpha1\nkind: MasterConfiguration\napi: {{advertiseAddresses: [192.0.2.10]}}\nsecrets: {{givenToken: {token}}}\n"
        ),
    );
    let distribution = std::fs::read_to_string(scene.place.path("distribution.yaml")).unwrap();
    let distribution = distribution
        .replace("extends: kubernetes\n", "extends: kubernetes-1.5\n")
        .replace("show-join-command", "generateJoinArgs");
    scene.place.write("distribution.yaml", distribution);
    let of_2016 = ["--distribution", "kubernetes-1.5"];
    scene.place.render(&of_2016).exits(0);
    let file = "/etc/kubernetes/pki/token.csv";
    let written = scene.text(file);
    let secret = written.split(',').next().expect("a token").to_owned();
    let mut program = Program::new();
    let csv = program.call(read(file));
    let listed = program.call(Call::FilesList {
        path: "/etc/kubernetes/pki".into(),
    });
    let certificate = program.call(read("/etc/kubernetes/pki/ca.pem"));
    let told = scene.attempt(&program, &[]);
    assert_eq!(told.finished.code, 0, "{}", told.finished.said());
    told.not_done(csv);
    told.done(listed);
    told.done(certificate);
    told.lacks(&[Secret::new("token", &secret)]);
}
