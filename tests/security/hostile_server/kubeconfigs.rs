//! Kubeconfigs that lead astray: what they name, and where they lead.

use std::os::unix::fs::symlink;

use super::cases::SHORT;
use super::program::{machine, run, seen};
use crate::support::hostile_server::{HostileServer, Mode, Shows};

#[test]
fn a_kubeconfig_leads_to_one_server_that_encrypts() {
    let server = HostileServer::start(Mode::Sound, Shows::Sound);
    let sound = server.kubeconfig();
    let proxy = HostileServer::start(Mode::Sound, Shows::Plain);
    for (name, text, words) in [
        ("sound", sound.clone(), "connected"),
        (
            "plain text",
            sound.replace("https://", "http://"),
            "the server of its cluster is http://",
        ),
        (
            "any certificate",
            sound.replace("{server:", "{insecure-skip-tls-verify: true, server:"),
            "insecure-skip-tls-verify",
        ),
        (
            "a proxy",
            sound.replace(
                "{server:",
                &format!("{{proxy-url: '{}', server:", proxy.url()),
            ),
            "proxy-url",
        ),
        (
            "a user in the URL",
            sound.replace("https://", "https://u:p@"),
            "is not a URL",
        ),
        (
            "a program",
            sound.replace("{token:", "{exec: {command: touch}, token:"),
            "no program is run",
        ),
        (
            "a pipe",
            sound.replace(
                "{token:",
                "{client-certificate: fifo, client-key: fifo, token:",
            ),
            "the client certificate of its user cannot be read",
        ),
        (
            "zeros",
            sound.replace(
                "{token:",
                "{client-certificate: zero, client-key: zero, token:",
            ),
            "the client certificate of its user cannot be read",
        ),
        (
            "a file outside",
            sound.replace(
                "{token:",
                "{client-certificate: outside, client-key: outside, token:",
            ),
            "the client certificate of its user cannot be read",
        ),
    ] {
        let place = machine(&text, "connect", SHORT);
        let folder = place.path("root/etc/kubernetes");
        let made = std::process::Command::new("mkfifo")
            .arg(folder.join("fifo"))
            .status();
        assert!(made.unwrap().success());
        symlink("/dev/zero", folder.join("zero")).unwrap();
        place.write("outside", "-----BEGIN CERTIFICATE-----\n");
        symlink(place.path("outside"), folder.join("outside")).unwrap();
        let finished = run(&place, "connect");
        assert_eq!(finished.code, 0, "{name}: {}", finished.said());
        let seen = seen(&finished, "connect");
        assert!(seen.contains(words), "{name}: {words:?} is not in {seen}");
    }
    // Nothing is sent when one connects.
    assert_eq!(server.asked(), []);
    assert_eq!(proxy.asked(), []);
}
