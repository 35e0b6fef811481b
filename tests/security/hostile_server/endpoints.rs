//! Health endpoints and servers that are asked for their version.

use std::sync::Arc;
use std::time::Duration;

use kubewright::world::machine::{MachineChecks, MachineFiles, MachineHealth};
use kubewright::world::{Checks, Health, HealthTarget, MachinePath, Question, Trust};

use crate::support::hostile_server::{HostileServer, Mode, Shows};

/// In seconds: a handshake takes a while where much goes on besides.
const PATIENCE: u64 = 5;

/// What is said of an endpoint that does not get healthy.
async fn unhealthy(server: &HostileServer, trust: &str, seconds: u64) -> String {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("ca.crt"), server.ca()).unwrap();
    let target = HealthTarget {
        name: "it".to_owned(),
        url: format!("{}/livez", server.url()),
        trust: match trust {
            "plain" => Trust::Plain,
            "unverified" => Trust::Unverified,
            _ => Trust::CaFile(MachinePath::parse("/ca.crt").unwrap()),
        },
        workload: String::new(),
    };
    let files = Arc::new(MachineFiles::open(folder.path()).unwrap());
    let waited = MachineHealth::new(files)
        .await_healthy(&[target], Duration::from_secs(seconds), &|_| {})
        .await;
    waited.unwrap_err().to_string()
}

async fn asked(server: &HostileServer) -> String {
    let question = Question {
        url: format!("{}/version", server.url()),
        ca: Some(server.ca().as_bytes().to_vec()),
        identity: None,
    };
    match MachineChecks::new(None).ask(&question).await {
        Ok(answer) => format!("{answer:?}"),
        Err(error) => error.to_string(),
    }
}

#[tokio::test]
async fn what_is_not_healthy_is_told_in_a_line() {
    let cases = [
        (
            Mode::Redirects("https://192.0.2.1/".to_owned()),
            Shows::Sound,
            "ca",
            "302 Found",
        ),
        (
            Mode::Redirects(String::new()),
            Shows::Plain,
            "plain",
            "302 Found",
        ),
        (
            Mode::LongWords,
            Shows::Sound,
            "ca",
            "422 Unprocessable Entity",
        ),
        (
            Mode::LongWords,
            Shows::Sound,
            "unverified",
            "422 Unprocessable Entity",
        ),
        (
            Mode::HugeHeader,
            Shows::Sound,
            "ca",
            "message head is too large",
        ),
        (
            Mode::EndlessHeaders,
            Shows::Plain,
            "plain",
            "message head is too large",
        ),
        (Mode::SlowHeaders, Shows::Sound, "ca", "no answer"),
        (Mode::NoAnswer, Shows::Sound, "ca", "no answer"),
        (Mode::Garbage, Shows::Sound, "ca", "answers no HTTP"),
        (Mode::Sound, Shows::Silent, "ca", "no answer"),
        (
            Mode::Sound,
            Shows::OtherCa,
            "ca",
            "not signed by the CA in /ca.crt",
        ),
        (
            Mode::Sound,
            Shows::OtherName,
            "ca",
            "its certificate is not for 127.0.0.1",
        ),
        (
            Mode::Sound,
            Shows::ManyNames,
            "ca",
            "its certificate is not for 127.0.0.1",
        ),
        (Mode::Sound, Shows::Expired, "ca", "certificate expired"),
    ];
    let asked = cases.map(async |(mode, shows, trust, words)| {
        let server = HostileServer::start(mode.clone(), shows);
        let said = unhealthy(&server, trust, PATIENCE).await;
        let name = format!("{mode:?}, {shows:?}, {trust}");
        assert!(said.contains(words), "{name}: {said}");
        assert!(said.len() < 1000, "{name}: {}", said.len());
        assert!(!said.contains(char::is_control), "{name}: {said}");
    });
    futures::future::join_all(asked).await;
}

#[tokio::test]
async fn a_question_has_one_answer_from_the_server_that_was_asked() {
    let other = HostileServer::start(Mode::Sound, Shows::Plain);
    for (mode, shows, words) in [
        (Mode::Sound, Shows::Sound, "status: 200"),
        (Mode::Redirects(other.url()), Shows::Sound, "status: 302"),
        (Mode::EndlessList, Shows::Sound, "status: 200, body: \"\""),
        (Mode::HugeHeader, Shows::Sound, "message head is too large"),
        (Mode::Garbage, Shows::Sound, "answers no HTTP"),
        (Mode::Sound, Shows::OtherCa, "no TLS connection"),
        (Mode::Sound, Shows::ManyNames, "no TLS connection"),
        (Mode::Sound, Shows::Expired, "no TLS connection"),
    ] {
        let server = HostileServer::start(mode.clone(), shows);
        let said = asked(&server).await;
        assert!(said.contains(words), "{mode:?}, {shows:?}: {said}");
        assert!(said.len() < 1000, "{mode:?}, {shows:?}: {}", said.len());
    }
    assert_eq!(other.asked(), []);
}
