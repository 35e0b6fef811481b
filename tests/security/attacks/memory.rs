//! A component has the host keep more than a machine has.

use kubewright_test_hostile_calls::{Algorithm, Call, Encoding, Piece, Profile, Program, Text};

use super::calls::{PKI, compose, load_ca, write};
use crate::support::attack::{GENEROUS, Scene, World};

cases!(what_the_host_keeps_is_bounded:
    names_of_uuids(&uuids()),
    handles_of_large_files(&bundles()),
    long_labels(&labels()),
    names_of_issued_certificates(&issued()),
);

fn what_the_host_keeps_is_bounded(program: &Program) {
    let scene = Scene::with(World::Render, GENEROUS);
    // Refused call by call, or ended as a whole: it must come to an end, and
    // a run of the default distribution takes some 50 MiB.
    let watched = scene.watched().mebibytes(600).seconds(180);
    let told = scene.attempt_within(watched, program, &[]);
    assert!(
        [0, 1].contains(&told.finished.code),
        "{}",
        told.finished.said()
    );
}

fn uuids() -> Program {
    let mut program = Program::new();
    let name = Text::joined([Text::repeat("x", 7 << 20), "{n}".into()]);
    program.repeat(200, Call::TokensUuid { name });
    program
}

/// A mebibyte of certificates, behind each of many handles.
fn bundles() -> Program {
    let certificate = Scene::new(World::Render).text(&format!("{PKI}/ca.crt"));
    let path = format!("{PKI}/mine.crt");
    let many = Text::repeat(&certificate, (1 << 20) / certificate.len() as u32);
    let mut program = Program::new();
    program.call(write(path.clone(), vec![Piece::text(many)]));
    program.keep(
        990,
        Call::PkiLoadCertificate {
            name: "mine".into(),
            certificate: path.into(),
            key: None,
        },
    );
    program
}

/// A label of a mebibyte, 5,000 times.
fn labels() -> Program {
    let mut program = Program::new();
    let ca = program.call(load_ca());
    let issued = program.call(Call::PkiIssue {
        name: Text::repeat("n", 1 << 20),
        profile: Profile::client("x"),
        algorithm: Algorithm::EcdsaP256,
        signer: ca,
    });
    let key = program.call(Call::PkiCertificatePrivateKeyPem { of: issued });
    let many = Piece::Many {
        piece: Box::new(Piece::Sealed(key)),
        times: 5_000,
    };
    program.call(write("/srv/hostile/labels", vec![many.clone()]));
    program.call(compose(Encoding::Base64, vec![many]));
    program
}

/// Certificates that lie in no file, each under a name of a mebibyte.
fn issued() -> Program {
    let mut program = Program::new();
    let ca = program.call(load_ca());
    program.repeat(
        2_000,
        Call::PkiIssue {
            name: Text::joined([Text::repeat("n", 1 << 20), "{n}".into()]),
            profile: Profile::client("x"),
            algorithm: Algorithm::EcdsaP256,
            signer: ca,
        },
    );
    program
}
