//! What is answered names what happened.

use kubewright_test_hostile_calls::shorthand::{GENEROUS, connect, write};
use kubewright_test_hostile_calls::{Call, Piece, Program, Reference};

use crate::support::attack::{Scene, World};

const MAP: &str =
    r#"{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"x","namespace":"kube-system"}}"#;

#[test]
fn what_is_gone_is_removed_and_once() {
    let scene = Scene::with(World::Render, GENEROUS);
    let mut program = Program::new();
    let file = "/srv/hostile/x";
    let made = program.call(write(file, vec![Piece::text("x")]));
    let remove = || Call::FilesRemove { path: file.into() };
    let removed = program.call(remove());
    let again = program.call(remove());
    let client = program.call(connect());
    let applied = program.call(Call::KubeApply {
        of: client,
        object: MAP.into(),
        sealed: Vec::new(),
    });
    let delete = || Call::KubeDelete {
        of: client,
        reference: Reference::core("ConfigMap", "x"),
    };
    let deleted = program.call(delete());
    let deleted_again = program.call(delete());
    let told = scene.carry_out(&program);
    for (step, wanted) in [
        (made, "Change::Created"),
        (removed, "Change::Removed"),
        (again, "Change::Unchanged"),
        (applied, "Change::Created"),
        (deleted, "Change::Removed"),
        (deleted_again, "Change::Unchanged"),
    ] {
        assert_eq!(told.done(step), wanted, "step {step}");
    }
}
