//! Answers of servers that have no end, or no measure.

use kubewright_test_hostile_calls::{Call, Condition, Program, Reference, Selection};

use super::calls::{connect, get};
use super::network::cluster;
use crate::support::attack::{GENEROUS, Scene, World};
use crate::support::evil::{Reply, Request};

cases!(an_answer_is_bounded:
    a_watch_of_one_line(watched_forever(b"x".repeat(1 << 20))),
    a_watch_of_empty_lines(watched_forever(b"\n".repeat(1 << 20))),
    a_watch_of_many_objects(watched_forever(watch_events())),
    an_object_without_an_end(|_| Reply::Endless(b" ".repeat(1 << 20))),
    a_list_of_many_items(|_| Reply::Json(200, list(20_000_000))),
    an_error_without_an_end(|_| Reply::Json(500, b"x".repeat(200 << 20))),
);

fn watch_events() -> Vec<u8> {
    let event = br#"{"type":"ADDED","object":{"kind":"ConfigMap","apiVersion":"v1","metadata":{"name":"other","namespace":"kube-system"},"data":{"x":"y"}}}"#;
    [&event[..], b"\n"].concat().repeat(5_000)
}

/// A server whose watches have no end.
fn watched_forever(chunk: Vec<u8>) -> impl Fn(&Request) -> Reply + Send + Sync + 'static {
    move |request| {
        match request.target.contains("watch=") {
        true => Reply::Endless(chunk.clone()),
        false => Reply::Json(
            200,
            br#"{"kind":"ConfigMapList","apiVersion":"v1","metadata":{"resourceVersion":"1"},"items":[]}"#.to_vec(),
        ),
    }
    }
}

fn list(items: usize) -> Vec<u8> {
    let mut body = br#"{"kind":"ConfigMapList","apiVersion":"v1","metadata":{},"items":["#.to_vec();
    body.extend(b"{},".repeat(items));
    body.extend(b"{}]}");
    body
}

fn an_answer_is_bounded(script: impl Fn(&Request) -> Reply + Send + Sync + 'static) {
    let scene = Scene::with(World::Machine, GENEROUS);
    let server = cluster(&scene, script);
    let mut program = Program::new();
    let client = program.call(connect());
    let waited = program.call(Call::KubeWait {
        of: client,
        reference: Reference::core("ConfigMap", "never"),
        condition: Condition::Exists,
        seconds: 10,
    });
    program.call(Call::KubeGetList {
        of: client,
        selection: Selection::core("ConfigMap"),
    });
    program.call(get(client, "ConfigMap", "x"));
    let watched = scene.watched().mebibytes(600).seconds(150);
    let told = scene.attempt_within(watched, &program, &[]);
    assert!(
        [0, 1].contains(&told.finished.code),
        "{}",
        told.finished.said()
    );
    assert!(
        server.sent().contains("GET /api/v1"),
        "{}",
        told.finished.said()
    );
    // A phase that ended has told nothing of it.
    if told.finished.code == 0 {
        told.not_done(waited);
    }
}
