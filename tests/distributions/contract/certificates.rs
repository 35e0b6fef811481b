//! A certificate may have any use that there is.

use kubewright::pki::{Certificate, ExtendedKeyUsage, KeyUsage as Usage};
use kubewright_test_hostile_calls::shorthand::{GENEROUS, PKI, load_ca};
use kubewright_test_hostile_calls::{
    Algorithm, Call, ExtendedUsage, KeyUsage, Profile, Program, Text,
};

use crate::support::attack::{Scene, World};

fn other(text: &str) -> ExtendedUsage {
    ExtendedUsage::Other(Text::from(text))
}

#[test]
fn all_usages_stand_in_it() {
    let scene = Scene::with(World::Render, GENEROUS);
    let mut program = Program::new();
    let ca = program.call(load_ca());
    let mut profile = Profile::client("x");
    profile.key_usages = KeyUsage::ALL.to_vec();
    profile.extended_usages = vec![
        ExtendedUsage::ServerAuth,
        ExtendedUsage::ClientAuth,
        other("1.3.6.1.5.5.7.3.3"),
        other("2.5.29.37.0"),
    ];
    let made = program.call(kubewright_test_hostile_calls::shorthand::ensure_mine(
        profile, ca,
    ));
    scene.carry_out(&program).done(made);
    let pem = scene.text(&format!("{PKI}/mine.crt"));
    let certificate = Certificate::from_pem(pem.as_bytes()).unwrap();
    let all = [
        Usage::DigitalSignature,
        Usage::ContentCommitment,
        Usage::KeyEncipherment,
        Usage::DataEncipherment,
        Usage::KeyAgreement,
        Usage::CertSign,
        Usage::CrlSign,
        Usage::EncipherOnly,
        Usage::DecipherOnly,
    ];
    assert_eq!(certificate.facts().key_usages.as_deref(), Some(&all[..]));
    let purposes = [
        ExtendedKeyUsage::ServerAuth,
        ExtendedKeyUsage::ClientAuth,
        ExtendedKeyUsage::Other("1.3.6.1.5.5.7.3.3".to_owned()),
        ExtendedKeyUsage::Any,
    ];
    let found = certificate.facts().extended_key_usages.as_deref();
    assert_eq!(found, Some(&purposes[..]));
}

#[test]
fn what_is_no_purpose_is_named() {
    let scene = Scene::with(World::Render, GENEROUS);
    let mut program = Program::new();
    let ca = program.call(load_ca());
    let mut steps = Vec::new();
    for text in [
        "",
        "server auth",
        "1",
        "1.3.6.1.5.5.7.3.3.",
        "9.9.9",
        "1.2.-3",
    ] {
        let mut profile = Profile::client("x");
        profile.extended_usages = vec![other(text)];
        let step = program.call(Call::PkiIssue {
            name: "mine".into(),
            profile,
            algorithm: Algorithm::EcdsaP256,
            signer: ca,
        });
        steps.push((text, step));
    }
    let told = scene.carry_out(&program);
    for (text, step) in steps {
        let words = told.not_done(step);
        let named = format!("{text:?} is not the object identifier of a purpose");
        assert!(words.contains(&named), "{text:?}: {words}");
    }
}
