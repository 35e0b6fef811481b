//! Keys that a component knows, because it wrote them, put where the cluster's
//! would be.

use kubewright_test_hostile_calls::{
    Algorithm, Call, Existing, Piece, Placement, Profile, Program,
};

use super::calls::{PKI, write};
use crate::support::attack::{GENEROUS, Scene, World};

cases!(a_key_that_a_component_wrote_is_none:
    in_a_render(World::Render),
    on_a_machine(World::Machine),
);

/// In this run, and in the next one.
fn a_key_that_a_component_wrote_is_none(world: World) {
    let scene = Scene::with(world, GENEROUS);
    let key = scene.text(&format!("{PKI}/sa.key"));
    let certificate = scene.text(&format!("{PKI}/ca.crt"));
    // The host knows sa.key: the same key in other words is another file.
    let mut program = Program::new();
    let planted = program.call(write(
        format!("{PKI}/mine.key"),
        vec![Piece::text(format!("{key}\n"))],
    ));
    let beside = program.call(write(
        format!("{PKI}/mine.crt"),
        vec![Piece::text(certificate)],
    ));
    let mut uses = load(&mut program);
    let told = scene.carry_out(&program);
    told.done(planted);
    told.done(beside);
    for step in uses.drain(..) {
        assert!(told.not_done(step).contains("was written by a component"));
    }
    let mut again = Program::new();
    let uses = load(&mut again);
    let told = scene.carry_out(&again);
    for step in uses {
        assert!(told.not_done(step).contains("was written by a component"));
    }
}

/// All ways to have the host take it for a key or a certificate.
fn load(program: &mut Program) -> Vec<usize> {
    let at = |name: &str| Placement {
        path: format!("{PKI}/{name}").into(),
        mode: 0o600,
    };
    vec![
        program.call(Call::PkiLoadKeyPair {
            name: "mine".into(),
            key: format!("{PKI}/mine.key").into(),
        }),
        program.call(Call::PkiLoadCertificate {
            name: "mine".into(),
            certificate: format!("{PKI}/mine.crt").into(),
            key: None,
        }),
        program.call(Call::PkiEnsureKeyPair {
            name: "mine".into(),
            algorithm: Algorithm::EcdsaP256,
            key: at("mine.key"),
            public_key: None,
            existing: Existing::Keep,
        }),
        program.call(Call::PkiEnsureCertificate {
            name: "mine".into(),
            profile: Profile::client("mine"),
            algorithm: Algorithm::EcdsaP256,
            signer: None,
            certificate: at("mine.crt"),
            key: at("mine.key"),
            public_key: None,
            existing: Existing::Keep,
        }),
    ]
}

cases!(nothing_is_for_every_user_to_change:
    a_file(false),
    a_folder(true),
);

fn nothing_is_for_every_user_to_change(is_folder: bool) {
    let scene = Scene::with(World::Render, GENEROUS);
    let mut program = Program::new();
    let made = match is_folder {
        true => program.call(Call::FilesMakeDirectory {
            path: "/srv/hostile/open".into(),
            mode: 0o777,
        }),
        false => program.call(Call::FilesWrite {
            path: "/srv/hostile/open".into(),
            mode: 0o666,
            content: vec![Piece::text("x")],
        }),
    };
    let told = scene.carry_out(&program);
    assert!(
        told.not_done(made)
            .contains("every user of the machine could change")
    );
    assert!(!scene.machine("/srv/hostile/open").exists());
}
