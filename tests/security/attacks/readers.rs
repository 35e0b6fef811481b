//! Everything that tells a component something.

use kubewright_test_hostile_calls::{
    Algorithm, Call, Existing, Item, Placement, Profile, Program, Question, Target, Trust,
};

use super::calls::{inspect, read};
use super::disguises::{Disguise, paths};

/// Looks at a disguise in every way there is. Gives the steps that must not be
/// done.
pub fn each_reader(program: &mut Program, at: usize, pki: &str, disguise: &Disguise) -> Vec<usize> {
    let [file, dropped, certificate, key] = paths(at, pki);
    let name = format!("made{at}");
    for path in [
        file.clone(),
        format!("/srv/hostile/linked/{at}"),
        format!("/srv/hostile/./made//{at}"),
        format!("/srv/hostile/made/../linked/{at}"),
        dropped.clone(),
        certificate.clone(),
        key.clone(),
    ] {
        program.call(read(path));
    }
    let linked = format!("/srv/hostile/linked/{at}");
    for path in [&file, &certificate, &dropped, &linked] {
        program.call(inspect(path.clone()));
    }
    let load = |certificate: &str, key: Option<&str>| Call::PkiLoadCertificate {
        name: name.clone().into(),
        certificate: certificate.into(),
        key: key.map(Into::into),
    };
    for loaded in [
        program.call(load(&certificate, None)),
        program.call(load(&certificate, Some(&key))),
        program.call(load(&key, None)),
    ] {
        program.call(Call::PkiCertificatePem { of: loaded });
        program.call(Call::PkiCertificateCommonName { of: loaded });
        program.call(Call::PkiCertificateOrganizations { of: loaded });
        program.call(Call::PkiCertificatePublicKeyHash { of: loaded });
    }
    let pair = program.call(Call::PkiLoadKeyPair {
        name: name.clone().into(),
        key: key.clone().into(),
    });
    program.call(Call::PkiKeyPairPublicKeyPem { of: pair });
    let at = |path: &str| Placement {
        path: path.into(),
        mode: 0o600,
    };
    // What is there and does not fit is told in an error.
    let kept = program.call(Call::PkiEnsureKeyPair {
        name: name.clone().into(),
        algorithm: Algorithm::EcdsaP256,
        key: at(&key),
        public_key: None,
        existing: Existing::Keep,
    });
    program.call(Call::PkiEnsureCertificate {
        name: name.into(),
        profile: Profile::client("x"),
        algorithm: Algorithm::EcdsaP256,
        signer: None,
        certificate: at(&certificate),
        key: at(&key),
        public_key: None,
        existing: Existing::Keep,
    });
    for trust in [
        Trust::CaFile(file.clone().into()),
        Trust::CaFile(linked.into()),
        Trust::Kubeconfig(file.clone().into()),
    ] {
        program.call(Call::HealthAwait {
            targets: vec![Item::One(Target {
                name: "x".into(),
                url: "https://127.0.0.1:1/".into(),
                trust,
                workload: "".into(),
            })],
            seconds: 0,
        });
    }
    program.call(Call::ChecksAsk {
        question: Question {
            url: "https://127.0.0.1:1/".into(),
            ca_file: file.clone().into(),
            certificate_file: certificate.into(),
            key_file: key.into(),
        },
    });
    program.call(Call::KubeConnect {
        kubeconfig: file.into(),
    });
    match disguise.is_made_key {
        true => vec![pair, kept],
        false => Vec::new(),
    }
}
