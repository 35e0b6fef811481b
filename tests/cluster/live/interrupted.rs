//! A run that is told to end while it waits.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use crate::support::api_server::Fate;
use crate::support::live::{KUBERNETES, Live};

#[test]
fn an_interrupted_run_says_how_to_go_on_and_goes_on() {
    for (signal, code) in [("INT", 130), ("TERM", 143)] {
        let Some(live) = Live::new(&KUBERNETES) else {
            return;
        };
        live.meddle(|_| Fate::Refused(503, None));
        let mut init = live
            .configured("init", &[])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let said = BufReader::new(init.stdout.take().unwrap());
        let waits = |line: &String| line.contains("Waiting for kube-apiserver");
        let waiting = said.lines().map_while(Result::ok).find(waits);
        assert!(waiting.is_some(), "it waits for the API server");
        let sent = Command::new("kill")
            .args(["-s", signal, &init.id().to_string()])
            .status();
        assert!(sent.unwrap().success());
        let ended = init.wait_with_output().unwrap();
        let said = String::from_utf8_lossy(&ended.stderr);
        assert_eq!(ended.status.code(), Some(code), "{signal}: {said}");
        for words in [
            "run 1 did not come to its end",
            "the same command goes on with it",
            &format!("interrupted by SIG{signal}"),
        ] {
            assert!(said.contains(words), "{signal}: {said}");
        }
        let keys = live.keys();
        live.meddle(|_| Fate::Answered);
        live.init(&[]).exits(0).says(&["Going on with run 1"]);
        assert_eq!(live.keys(), keys, "{signal}: a key was made twice");
    }
}
