//! What is withheld tells something, too: that there is a secret in it. A
//! component that has its own words looked at must not come nearer to one.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use kubewright_test_hostile_calls::{
    Algorithm, Alphabet, Call, Existing, Placement, Program, Text,
};

use super::calls::{PKI, TOKEN};
use crate::support::attack::{GENEROUS, Scene, TOKEN_SECRET, Told, World};

/// Has the host repeat a text: in an error, and as an answer.
fn repeated(program: &mut Program, text: &str) -> [usize; 2] {
    let quoted = format!("{{\"x\":\"{text}\"}}");
    [
        program.call(Call::FilesStat {
            path: format!("relative/{text}").into(),
        }),
        program.call(Call::PatchesApply {
            target: "etcd".into(),
            object: quoted.into(),
        }),
    ]
}

fn is_repeated(told: &Told, steps: &[usize], text: &str) {
    for step in steps {
        let seen = told.step(*step).text();
        assert!(seen.contains(text), "{step}: {text} was withheld: {seen}");
    }
}

/// Of a token the id is known: with it in a piece, five letters were guessed.
#[test]
fn a_part_of_a_token_is_not_confirmed() {
    let scene = Scene::with(World::Render, GENEROUS);
    let mut program = Program::new();
    let token = program.call(Call::TokensBootstrap {
        pointer: TOKEN.into(),
        alphabet: Alphabet::Alphanumeric,
    });
    program.call(Call::TokensTokenFull { of: token });
    program.call(Call::TokensTokenSecret { of: token });
    let known = format!("abcdef.{}", &TOKEN_SECRET[..11]);
    let steps = repeated(&mut program, &known);
    // The control: what is more than anybody guesses is withheld.
    let whole = repeated(&mut program, TOKEN_SECRET);
    let told = scene.carry_out(&program);
    is_repeated(&told, &steps, &known);
    for step in whole {
        assert!(!told.step(step).text().contains(TOKEN_SECRET), "{step}");
    }
}

/// Of the exponent of an RSA key the upper half can be worked out, but for
/// some 65,536 candidates: nobody is told which of them it is.
#[test]
fn what_is_known_of_an_rsa_key_is_not_confirmed() {
    let scene = Scene::with(World::Render, GENEROUS);
    let mut program = Program::new();
    let at = |name: &str| Placement {
        path: format!("{PKI}/{name}").into(),
        mode: 0o600,
    };
    program.call(Call::PkiEnsureKeyPair {
        name: "mine".into(),
        algorithm: Algorithm::Rsa2048,
        key: at("mine.key"),
        public_key: None,
        existing: Existing::Keep,
    });
    scene.carry_out(&program);
    let [upper, lower] = exponent(&scene.text(&format!("{PKI}/mine.key")));
    let mut program = Program::new();
    let pair = program.call(Call::PkiLoadKeyPair {
        name: "mine".into(),
        key: format!("{PKI}/mine.key").into(),
    });
    program.call(Call::PkiKeyPairPrivateKeyPem { of: pair });
    let steps = repeated(&mut program, &upper);
    let whole = repeated(&mut program, &lower);
    let told = scene.carry_out(&program);
    is_repeated(&told, &steps, &upper);
    for step in whole {
        assert!(!told.step(step).text().contains(&lower), "{step}");
    }
}

/// The halves of the private exponent in a PEM of PKCS#1, in hexadecimal.
fn exponent(pem: &str) -> [String; 2] {
    let body: String = pem.lines().filter(|line| !line.starts_with('-')).collect();
    let der = STANDARD.decode(body).expect("PEM is base64");
    // SEQUENCE, version; modulus, public exponent, private exponent.
    let mut at = 4 + 3;
    let mut integers = Vec::new();
    for _ in 0..3 {
        let (length, header) = match der[at + 1] {
            0x82 => (usize::from(der[at + 2]) << 8 | usize::from(der[at + 3]), 4),
            short => (usize::from(short), 2),
        };
        integers.push(&der[at + header..at + header + length]);
        at += header + length;
    }
    assert_eq!(integers[1], [1, 0, 1], "the public exponent");
    let exponent = integers[2];
    let hexadecimal =
        |bytes: &[u8]| -> String { bytes.iter().map(|byte| format!("{byte:02x}")).collect() };
    let (upper, lower) = exponent.split_at(exponent.len() - 128);
    [hexadecimal(upper), hexadecimal(lower)]
}

/// Whoever is told again and again that there is a secret in its words is out
/// for it.
#[test]
fn a_phase_that_goes_on_guessing_is_ended() {
    let scene = Scene::with(World::Render, GENEROUS);
    let mut program = Program::new();
    program.call(Call::TokensBootstrap {
        pointer: TOKEN.into(),
        alphabet: Alphabet::Alphanumeric,
    });
    let path = Text::joined([TOKEN_SECRET.into(), "{n}".into()]);
    program.repeat(200, Call::FilesStat { path });
    let told = scene.attempt(&program, &[]);
    told.finished.exits(1).one_error(&[
        "phase hostile/program failed",
        "pieces of secrets were withheld from it more than 100 times",
    ]);
}
