//! The built program against an API server that means no good.

use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use super::cases::{CASES, Case, SHORT};
use crate::support::at_once;
use crate::support::distribution::Hostile;
use crate::support::hostile_server::{HUSH, HostileServer, Mode, Shows};
use crate::support::program::{CONFIG, Finished, Place, program};

/// In KiB, of data: what it needs without any trouble is a third of that.
const MEMORY: u64 = 400 << 10;

/// After that it hangs: what is waited for takes some seconds altogether.
const HANGS: Duration = Duration::from_secs(120);

/// All that the component imports, and everything on the server.
const GRANTS: &str = "      files: [{paths: [/srv/hostile/**], verbs: [read, write]}, {paths: [/srv/hostile/gone], verbs: [empty]}]
      pki: [{names: [mine], below: /etc/kubernetes/pki, verbs: [load]}]
      kube: {kubeconfigs: [/etc/kubernetes/admin.conf], rules: [{apiGroups: [\"\"], resources: [configmaps, secrets], namespaces: [kube-system], verbs: [get, list, create, patch]}]}
      node: {accounts: [hostile-*], runtimes: [\"unix:///run/hostile.sock\"], mounts: [/srv/hostile]}
      etcd: [{ca: /etc/kubernetes/pki/etcd/ca.crt, certificate: /etc/kubernetes/pki/mine.crt, key: /etc/kubernetes/pki/mine.key, endpoints: [\"https://self:*\"]}]
      undo: [/srv/hostile/**]
      publish: {Hostile: {field: string}}
      use: [checks, clock, health, kubeconfigs, patches, terminal, tokens]
";

/// A machine in a folder with this kubeconfig, whose calls may take so long.
pub fn machine(kubeconfig: &str, phase: &str, seconds: u32) -> Place {
    let place = Place::new();
    place.write(
        "config.yaml",
        CONFIG.replace(
            "nodeRegistration:",
            &format!("timeouts: {{kubernetesAPICall: {seconds}s}}\nnodeRegistration:"),
        ),
    );
    place.write("root/etc/kubernetes/admin.conf", kubeconfig);
    Hostile {
        phases: &[phase],
        grants: GRANTS,
        limits: "",
    }
    .write(&place);
    place
}

/// Runs the phase, with limits of memory and of time that a hang would meet.
pub fn run(place: &Place, phase: &str) -> Finished {
    let own = program(&place.path(""));
    let mut command = Command::new("sh");
    command
        .current_dir(place.path(""))
        .stdin(Stdio::null())
        .stdout(std::fs::File::create(place.path("stdout")).expect("a file"))
        .stderr(std::fs::File::create(place.path("stderr")).expect("a file"))
        .args(["-c", "ulimit -d \"$1\" && shift && exec \"$@\"", "sh"])
        .arg(MEMORY.to_string())
        .arg(own.get_program())
        .args(["init", "-v", "--rootfs", "root", "--config", "config.yaml"])
        .args(["--distribution", "distribution.yaml"])
        .args(["--phase", &format!("hostile/{phase}")]);
    let mut child = command.spawn().expect("a shell");
    let started = Instant::now();
    let status = loop {
        if let Some(status) = child.try_wait().expect("a child") {
            break status;
        }
        if started.elapsed() > HANGS {
            child.kill().expect("a child");
            let _ = child.wait();
            panic!("it hangs: {}", read(place, "stdout"));
        }
        std::thread::sleep(Duration::from_millis(20));
    };
    Finished {
        code: status.code().unwrap_or(-1),
        stdout: read(place, "stdout"),
        stderr: read(place, "stderr"),
    }
}

fn read(place: &Place, name: &str) -> String {
    let bytes = std::fs::read(place.path(name)).expect("what it said");
    String::from_utf8_lossy(&bytes).into_owned()
}

/// What the component saw of an attempt.
pub fn seen(finished: &Finished, attempt: &str) -> String {
    let start = format!("[hostile] saw {attempt} ");
    let lines = finished.stdout.lines();
    let of_it: Vec<&str> = lines.filter_map(|line| line.strip_prefix(&start)).collect();
    // Quotes within what is printed for programmers.
    of_it.concat().replace("\\\"", "\"")
}

/// Bytes of one error as a component gets it.
const LONGEST: usize = 6000;

/// What is not as it should be about a run.
fn problems(case: &Case, finished: &Finished) -> Vec<String> {
    let (_, mode, _, wanted) = case;
    let is_sound = mode() == Mode::Sound;
    let mut found = Vec::new();
    if finished.code != 0 {
        found.push(format!("it exits {}: {}", finished.code, finished.said()));
    }
    for (attempt, words) in wanted {
        let seen = seen(finished, attempt);
        let kind = if words.is_empty() { "ok " } else { "error " };
        // A wait ends in its own time, whatever the server does then.
        let ended = *attempt == "wait" && seen.contains("waited 2s");
        if !seen.starts_with(kind) || !(seen.contains(words) || ended) {
            found.push(format!("{attempt}: {words:?} is not in {seen}"));
        }
        if seen.len() > LONGEST {
            found.push(format!("{attempt} says {} bytes", seen.len()));
        }
    }
    // What a Secret holds nobody is told, whatever it is called.
    let said = finished.said();
    if HUSH.iter().any(|value| said.contains(value)) {
        found.push(format!("it tells a secret: {said}"));
    }
    if is_sound && !seen(finished, "secret").contains("<sealed>") {
        found.push("no mask".to_owned());
    }
    found
}

#[test]
fn every_way_of_a_server_ends_in_an_error_in_time_and_in_memory() {
    let failed = Mutex::new(Vec::new());
    at_once(&CASES, |case| {
        let (name, mode, seconds, _) = case;
        let server = HostileServer::start(mode(), Shows::Sound);
        let place = machine(&server.kubeconfig(), "server", *seconds);
        let finished = run(&place, "server");
        for problem in problems(case, &finished) {
            failed.lock().unwrap().push(format!("{name}: {problem}"));
        }
    });
    let failed = failed.into_inner().unwrap();
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}

#[test]
fn nobody_is_led_to_another_server() {
    for shows in [Shows::Sound, Shows::Plain] {
        let other = HostileServer::start(Mode::Sound, shows);
        let to = format!(
            "{}/api/v1/namespaces/kube-system/configmaps/own",
            other.url()
        );
        let server = HostileServer::start(Mode::Redirects(to), Shows::Sound);
        let place = machine(&server.kubeconfig(), "server", SHORT);
        let finished = run(&place, "server");
        assert_eq!(finished.code, 0, "{}", finished.said());
        let seen = seen(&finished, "get");
        assert!(seen.contains("302 Found: nobody follows it"), "{seen}");
        assert_eq!(other.asked(), [], "{shows:?}");
    }
}

#[test]
fn a_server_that_is_another_is_told_nothing() {
    for (shows, words) in [
        (Shows::OtherCa, "invalid peer certificate"),
        (
            Shows::OtherName,
            "certificate not valid for name \"127.0.0.1\"",
        ),
        (
            Shows::ManyNames,
            "certificate not valid for name \"127.0.0.1\"",
        ),
        (Shows::Expired, "certificate expired"),
        (Shows::Silent, "the API server"),
    ] {
        let server = HostileServer::start(Mode::Sound, shows);
        let place = machine(&server.kubeconfig(), "server", SHORT);
        let finished = run(&place, "server");
        assert_eq!(finished.code, 0, "{shows:?}: {}", finished.said());
        for attempt in ["get", "secret", "list", "apply"] {
            let seen = seen(&finished, attempt);
            assert!(
                seen.starts_with("error ") && seen.contains(words),
                "{shows:?}, {attempt}: {seen}"
            );
            assert!(seen.len() < LONGEST, "{shows:?}: {}", seen.len());
        }
        assert_eq!(server.asked(), [], "{shows:?}");
    }
}
