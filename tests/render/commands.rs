//! What the commands around `render` take and give, and what all of them say
//! to people and to programs.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use crate::support::program::{CONFIG, Finished, Place};
use crate::support::tree::tree;

#[test]
fn printed_defaults_are_valid_and_can_be_rendered() {
    let place = Place::new();
    for (arguments, kinds) in [
        (
            &["init-defaults"][..],
            &["InitConfiguration", "ClusterConfiguration"][..],
        ),
        (
            &[
                "init-defaults",
                "--component-configs",
                "KubeletConfiguration,KubeProxyConfiguration",
            ],
            &[
                "InitConfiguration",
                "ClusterConfiguration",
                "KubeletConfiguration",
                "KubeProxyConfiguration",
            ],
        ),
        (&["join-defaults"], &["JoinConfiguration"]),
        (&["reset-defaults"], &["ResetConfiguration"]),
        (&["upgrade-defaults"], &["UpgradeConfiguration"]),
    ] {
        println!("{arguments:?}");
        let printed = place
            .run(&[&["config", "print"], arguments].concat())
            .exits(0);
        assert_eq!(printed.stderr, "");
        for kind in kinds {
            assert!(
                printed.stdout.contains(&format!("kind: {kind}\n")),
                "{kind}:\n{}",
                printed.stdout
            );
        }
        place.write("defaults.yaml", &printed.stdout);
        let validated = place
            .run(&["config", "validate", "--config", "defaults.yaml"])
            .exits(0);
        assert_eq!(
            (validated.stdout.as_str(), validated.stderr.as_str()),
            ("ok\n", "")
        );
        if arguments[0] == "init-defaults" {
            let out = format!("out{}", arguments.len());
            place
                .run(&["render", "--config", "defaults.yaml", "--out", &out])
                .exits(0);
        }
    }
    place.refused(
        2,
        &[
            "config",
            "print",
            "init-defaults",
            "--component-configs",
            "Foo",
        ],
        &["--component-configs", "KubeletConfiguration"],
    );
}

const OLD: &str = "\
apiVersion: kubeadm.k8s.io/v1beta3
kind: InitConfiguration
bootstrapTokens: [{token: abcdef.0123456789abcdef}]
localAPIEndpoint: {advertiseAddress: 192.0.2.10}
nodeRegistration:
  name: cp1
  kubeletExtraArgs: {v: \"4\"}
---
apiVersion: kubeadm.k8s.io/v1beta3
kind: ClusterConfiguration
kubernetesVersion: v1.36.2
apiServer:
  timeoutForControlPlane: 5m0s
  extraArgs: {profiling: \"false\", v: \"3\"}
---
apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
maxPods: 50
";

#[test]
fn an_old_file_is_migrated_to_the_same_cluster() {
    let place = Place::new();
    place.write("old.yaml", OLD);
    let warned = place
        .run(&["config", "validate", "--config", "old.yaml"])
        .exits(0);
    assert!(
        warned
            .stderr
            .contains("deprecated API spec: \"kubeadm.k8s.io/v1beta3\""),
        "{}",
        warned.stderr
    );
    let accepted = place
        .run(&[
            "config",
            "validate",
            "--config",
            "old.yaml",
            "--allow-deprecated-api",
        ])
        .exits(0);
    assert_eq!(accepted.stderr, "");

    let arguments = [
        "config",
        "migrate",
        "--old-config",
        "old.yaml",
        "--new-config",
        "new.yaml",
    ];
    let migrated = place.run(&arguments).exits(0);
    assert!(
        migrated
            .stderr
            .contains("KubeletConfiguration document is not converted; copy it"),
        "{}",
        migrated.stderr
    );
    // The token is in it.
    let mode = fs::metadata(place.path("new.yaml"))
        .expect("it is written")
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o600);
    let new = fs::read_to_string(place.path("new.yaml")).expect("it is written");
    for part in [
        "kubeadm.k8s.io/v1beta4",
        "abcdef.0123456789abcdef",
        "- name: profiling\n",
        "controlPlaneComponentHealthCheck: 5m0s",
    ] {
        assert!(new.contains(part), "{part}:\n{new}");
    }
    assert!(
        !new.contains("v1beta3") && !new.contains("timeoutForControlPlane"),
        "{new}"
    );
    let validated = place
        .run(&["config", "validate", "--config", "new.yaml"])
        .exits(0);
    assert_eq!(validated.stderr, "");
    // Without a file it goes to standard output.
    assert_eq!(place.run(&arguments[..4]).exits(0).stdout, new);

    let kubelet = OLD.split("---\n").nth(2).expect("three documents");
    place.write("new.yaml", format!("{new}---\n{kubelet}"));
    place
        .run(&["render", "--config", "old.yaml", "--out", "a"])
        .exits(0);
    place
        .run(&["render", "--config", "new.yaml", "--out", "b"])
        .exits(0);
    for path in [
        "manifests/kube-apiserver.yaml",
        "manifests/kube-controller-manager.yaml",
        "manifests/etcd.yaml",
    ] {
        let read = |out: &str| {
            fs::read_to_string(place.path(&format!("{out}/rootfs/etc/kubernetes/{path}")))
                .expect(path)
        };
        assert_eq!(read("a"), read("b"), "{path}");
    }
    let read = |out: &str| {
        fs::read_to_string(place.path(&format!("{out}/rootfs/var/lib/kubelet/config.yaml")))
            .expect("it")
    };
    assert!(read("b").contains("maxPods: 50"));
    assert_eq!(read("a"), read("b"));
}

#[test]
fn what_cannot_be_migrated() {
    let place = Place::new();
    place.write(
        "bad.yaml",
        "apiVersion: kubeadm.k8s.io/v1beta3\nkind: ClusterConfiguration\nclusterNam: x\n",
    );
    place.refused(
        1,
        &["config", "migrate", "--old-config", "bad.yaml"],
        &["bad.yaml:3: ClusterConfiguration.clusterNam"],
    );
    place.refused(
        1,
        &["config", "migrate", "--old-config", "nope.yaml"],
        &["cannot read nope.yaml"],
    );
    place.write(
        "older.yaml",
        "apiVersion: kubeadm.k8s.io/v1beta2\nkind: ClusterConfiguration\n",
    );
    place.refused(
        1,
        &["config", "migrate", "--old-config", "older.yaml"],
        &["old API spec", "v1beta2"],
    );
    let arguments = [
        "config",
        "migrate",
        "--old-config",
        "config.yaml",
        "--new-config",
        "nowhere/new.yaml",
    ];
    place.refused(1, &arguments, &["cannot write nowhere/new.yaml"]);
}

#[test]
fn images_are_listed() {
    let place = Place::new();
    let list = |more: &[&str]| {
        place
            .run(&[&["config", "images", "list"], more].concat())
            .exits(0)
            .stdout
    };
    let images = list(&["--config", "config.yaml"]);
    let names: Vec<&str> = images.lines().collect();
    assert_eq!(names.len(), 7, "{images}");
    for (name, wanted) in names.iter().zip([
        "kube-apiserver:v1.36.2",
        "kube-controller-manager:v1.36.2",
        "kube-scheduler:v1.36.2",
        "kube-proxy:v1.36.2",
        "coredns/coredns:",
        "pause:",
        "etcd:",
    ]) {
        assert!(
            name.starts_with(&format!("registry.k8s.io/{wanted}")),
            "{name}: {wanted}"
        );
    }
    let other = list(&[
        "--kubernetes-version",
        "v1.35.1",
        "--image-repository",
        "mirror.example/k8s",
    ]);
    assert!(
        other.contains("mirror.example/k8s/kube-proxy:v1.35.1\n"),
        "{other}"
    );
    assert!(
        other
            .lines()
            .all(|line| line.starts_with("mirror.example/k8s/")),
        "{other}"
    );
    // Just what the render puts into manifests.
    place.render(&[]).exits(0);
    let manifest =
        fs::read_to_string(place.rendered("/etc/kubernetes/manifests/etcd.yaml")).expect("it");
    assert!(
        names
            .iter()
            .any(|image| manifest.contains(&format!("image: {image}\n"))),
        "{manifest}"
    );

    place.refused(
        2,
        &["config", "images", "list", "--kubernetes-version", "x"],
        &["--kubernetes-version can not be used"],
    );
    place.refused(
        2,
        &[
            "config",
            "images",
            "list",
            "--config",
            "config.yaml",
            "--image-repository",
            "x",
        ],
        &["can not mix '--config' with arguments [image-repository]"],
    );
    // Flags that would be of no use are none of this command's.
    place.refused(
        2,
        &["config", "images", "list", "--token", "x"],
        &["unexpected argument '--token'"],
    );
}

#[test]
fn phases_are_listed_with_component_digest_needs_and_grants() {
    let place = Place::new();
    let text = place.run(&["phases"]).exits(0).stdout;
    for part in [
        "kubernetes/certs sha256:",
        "phase      certs/apiserver: ",
        "(needs preflight, certs/ca)",
        "granted    pki load,create,sign ca",
        "granted    kube",
        "asks for   types, ",
    ] {
        assert!(text.contains(part), "{part}:\n{text}");
    }
    let events = place.run(&["phases", "-o", "json"]).exits(0).events();
    let result = &events.last().expect("a result")["result"];
    let phases = result["phases"].as_array().expect("phases");
    for phase in phases {
        let name = &phase["name"];
        assert!(
            phase["digest"]
                .as_str()
                .is_some_and(|digest| digest.len() == 71),
            "{name}"
        );
        assert!(
            phase["grants"].is_array() && phase["imports"].is_array(),
            "{name}"
        );
        assert!(
            phase["phases"]
                .as_array()
                .is_some_and(|leaves| !leaves.is_empty()),
            "{name}"
        );
    }
    // kubeadm's, in its order, and no other but the test of what was made.
    let names: Vec<&str> = phases
        .iter()
        .filter_map(|phase| phase["name"].as_str())
        .collect();
    let of_kubeadm = [
        "preflight",
        "certs",
        "kubeconfig",
        "etcd",
        "control-plane",
        "kubelet-start",
        "wait-control-plane",
        "upload-config",
        "upload-certs",
        "mark-control-plane",
        "bootstrap-token",
        "kubelet-finalize",
        "addon",
        "show-join-command",
    ];
    for name in of_kubeadm {
        assert!(names.contains(&name), "{name}: {names:?}");
    }
}

#[test]
fn phases_are_selected_by_kubeadms_names() {
    let written = |arguments: &[&str]| -> Vec<String> {
        let place = Place::new();
        place.render(arguments).exits(0);
        let files = tree(&place.out());
        let files = files
            .into_iter()
            .filter(|(_, entry)| entry.modified.is_some());
        files
            .map(|(path, _)| path.replace("rootfs/etc/kubernetes/", ""))
            .collect()
    };
    assert_eq!(
        written(&["--phase", "certs/ca"]),
        ["pki/ca.crt", "pki/ca.key"]
    );
    assert_eq!(
        written(&["--phase", "CERTS/CA,certs/sa"]),
        ["pki/ca.crt", "pki/ca.key", "pki/sa.key", "pki/sa.pub"]
    );
    assert_eq!(
        written(&["--phase", "certs/ca", "--phase", "certs/sa"]).len(),
        4
    );
    assert_eq!(
        written(&["--phase", "certs"]),
        written(&["--phase", "certs/all"])
    );
    assert_eq!(written(&["--phase", "certs"]).len(), 22);
    assert_eq!(written(&["--phase", "etcd/local"]), ["manifests/etcd.yaml"]);
    assert_eq!(
        written(&[
            "--phase",
            "control-plane",
            "--skip-phases",
            "control-plane/scheduler"
        ]),
        [
            "manifests/kube-apiserver.yaml",
            "manifests/kube-controller-manager.yaml"
        ]
    );
    let objects = |arguments: &[&str]| {
        let place = Place::new();
        place.render(arguments).exits(0);
        fs::read_to_string(place.out().join("objects.yaml")).expect("objects")
    };
    let all = objects(&[]);
    let without = objects(&["--skip-phases", "addon/kube-proxy"]);
    assert!(
        all.contains("name: kube-proxy\n") && !without.contains("kind: DaemonSet"),
        "{without}"
    );
    assert!(without.contains("name: coredns\n"));
    let none = objects(&["--skip-phases", "addon,bootstrap-token"]);
    assert!(!none.contains("name: coredns\n") && !none.contains("cluster-info"));
}

#[test]
fn phases_that_need_others_say_so() {
    let place = Place::new();
    let base = ["render", "--config", "config.yaml", "--out", "out"];
    for (more, words) in [
        (
            &["--phase", "certs/apiserver"][..],
            &[
                "phase certs/apiserver failed",
                "/etc/kubernetes/pki/ca.crt is not there",
                "needs what preflight, certs/ca leave behind",
            ][..],
        ),
        (
            &["--phase", "kubeconfig/admin"],
            &[
                "phase kubeconfig/admin failed",
                "ca.crt is not there",
                "certs/ca",
            ],
        ),
        (
            &["--skip-phases", "certs/ca"],
            &["ca.crt is not there", "hint: "],
        ),
    ] {
        println!("{more:?}");
        place.refused(1, &[&base, more].concat(), words);
    }
    // What is there from an earlier render will do.
    place.render(&["--phase", "certs/ca"]).exits(0);
    place.render(&["--phase", "certs/apiserver"]).exits(0);
    place.render(&["--phase", "kubeconfig/admin"]).exits(0);
    assert!(place.rendered("/etc/kubernetes/admin.conf").is_file());
}

#[test]
fn a_render_is_for_the_machine_whose_facts_are_given() {
    let place = Place::new();
    let facts = place.run(&["node-facts"]).exits(0).stdout;
    let here = facts
        .lines()
        .find_map(|line| line.strip_prefix("hostname: "))
        .expect("a name")
        .to_owned();
    place.run(&["render", "--out", "out"]).exits(0);
    let kubelet = fs::read_to_string(place.rendered("/etc/kubernetes/kubelet.conf")).expect("it");
    let name = here.trim_matches('"').to_lowercase();
    assert!(
        kubelet.contains(&format!("system:node:{name}")) || kubelet.contains(&name),
        "{name}"
    );

    let other: String = facts
        .lines()
        .map(|line| match line.split(':').next() {
            Some("hostname") => "hostname: elsewhere\n".to_owned(),
            Some("defaultAddress") => "defaultAddress: 198.51.100.7\n".to_owned(),
            _ => format!("{line}\n"),
        })
        .collect();
    place.write(
        "facts.yaml",
        other.replace("- /usr/share/ca-certificates\n", ""),
    );
    place
        .run(&["render", "--out", "other", "--node-facts", "facts.yaml"])
        .exits(0);
    let read = |path: &str| {
        fs::read_to_string(place.path(&format!("other/rootfs/etc/kubernetes/{path}"))).expect(path)
    };
    assert!(read("kubelet.conf").contains("https://198.51.100.7:6443"));
    let manifest = read("manifests/kube-apiserver.yaml");
    assert!(
        manifest.contains("--advertise-address=198.51.100.7"),
        "{manifest}"
    );
    assert!(
        !manifest.contains("/usr/share/ca-certificates"),
        "{manifest}"
    );
    let objects = fs::read_to_string(place.path("other/objects.yaml")).expect("objects");
    assert!(objects.contains("name: elsewhere\n"), "{objects}");
}

#[test]
fn more_is_said_on_request() {
    let quiet = Place::new().render(&[]).exits(0).stdout;
    let effects = Place::new().render(&["-v"]).exits(0).stdout;
    let logs = Place::new().render(&["-vv"]).exits(0).stdout;
    assert!(!quiet.contains("created: "), "{quiet}");
    for part in [
        "  created: WriteFile /etc/kubernetes/manifests/etcd.yaml (etcd/local)",
        "(certs/ca)",
        "ConfigMap",
        "phase certs/ca took ",
    ] {
        assert!(effects.contains(part), "{part}:\n{effects}");
    }
    assert!(logs.lines().count() >= effects.lines().count());
    let place = Place::new();
    place.render(&[]).exits(0);
    let again = place.render(&["-v"]).exits(0).stdout;
    assert!(again.contains("  unchanged: "), "{again}");
    assert!(!again.contains("created: WriteFile"), "{again}");
}

/// Every line is JSON, and the last one is the result, or the error.
fn last(finished: &Finished, event: &str) -> serde_json::Value {
    let events = finished.events();
    assert_eq!(finished.stderr, "", "all is on standard output");
    for one in &events {
        assert!(one["event"].is_string(), "{one}");
    }
    let ends = |one: &serde_json::Value| one["event"] == "result" || one["event"] == "error";
    assert_eq!(
        events.iter().filter(|one| ends(one)).count(),
        1,
        "{}",
        finished.stdout
    );
    let last = events.last().expect("an event").clone();
    assert_eq!(last["event"], event, "{last}");
    last
}

#[test]
fn every_command_speaks_to_programs() {
    let place = Place::new();
    place.write("old.yaml", OLD);
    let commands: &[(&[&str], &str)] = &[
        (
            &["render", "--config", "config.yaml", "--out", "out"],
            "/folder",
        ),
        (
            &["render", "--config", "config.yaml", "--out", "out", "-v"],
            "/changed",
        ),
        (&["config", "print", "init-defaults"], "/documents/0/kind"),
        (&["config", "print", "join-defaults"], "/documents/0/kind"),
        (&["config", "validate", "--config", "config.yaml"], "/valid"),
        (
            &["config", "migrate", "--old-config", "old.yaml"],
            "/documents/1/kind",
        ),
        (
            &[
                "config",
                "migrate",
                "--old-config",
                "old.yaml",
                "--new-config",
                "new.yaml",
            ],
            "/written",
        ),
        (
            &["config", "images", "list", "--config", "config.yaml"],
            "/images/0",
        ),
        (&["phases"], "/phases/0/digest"),
        (&["node-facts"], "/hostname"),
        (&["version"], "/version"),
    ];
    for (arguments, pointer) in commands {
        println!("{arguments:?}");
        for json in [&["-o", "json"][..], &["--output=json"]] {
            let finished = place.run(&[*arguments, json].concat()).exits(0);
            let result = last(&finished, "result");
            let found = result["result"].pointer(pointer);
            assert!(
                found.is_some_and(|value| !value.is_null()),
                "{pointer}: {result}"
            );
        }
    }
    let failures: &[(&[&str], i64)] = &[
        (&["render", "--config", "nope.yaml", "--out", "out"], 1),
        (&["render", "--out", "out", "--phase", "nope"], 2),
        (&["render", "--out", "out", "--nope"], 2),
        (&["render"], 2),
        (&["nonsense"], 2),
        (&["config", "validate", "--config", "nope.yaml"], 1),
        (&["config", "migrate", "--old-config", "nope.yaml"], 1),
        (&["config", "images", "list", "--config", "nope.yaml"], 1),
        (
            &[
                "config",
                "print",
                "init-defaults",
                "--component-configs",
                "x",
            ],
            2,
        ),
        (&["phases", "--distribution", "nope"], 1),
        (&["component", "new", "nope", "--out", "x"], 1),
    ];
    for (arguments, code) in failures {
        println!("{arguments:?}");
        let finished = place.run(&[*arguments, &["-o", "json"]].concat());
        assert_eq!(i64::from(finished.code), *code, "{}", finished.said());
        let error = last(&finished, "error");
        assert_eq!(error["error"]["exitCode"], *code, "{error}");
        let messages = error["error"]["messages"].as_array().expect("messages");
        assert!(
            messages
                .iter()
                .all(|message| message.as_str().is_some_and(|text| !text.is_empty())),
            "{error}"
        );
    }
}

#[test]
fn events_tell_the_run() {
    let finished = Place::new().render(&["-o", "json", "-v"]).exits(0);
    let events = finished.events();
    let of = |kind: &str| events.iter().filter(|one| one["event"] == kind).count();
    assert_eq!(
        of("phaseStarted"),
        of("phaseFinished"),
        "{}",
        finished.stdout
    );
    assert!(of("phaseStarted") > 25, "{}", finished.stdout);
    assert!(
        of("progress") > 10 && of("effect") > 50,
        "{}",
        finished.stdout
    );
    // Secrets are for eyes, not for programs' logs.
    let result = events.last().expect("a result");
    let shown = result["result"]["shown"].to_string();
    assert!(
        shown.contains("kubeadm join") && shown.contains("<sealed"),
        "{shown}"
    );
}

/// On a terminal one line tells what is running; into a pipe goes plain text.
/// What follows the sequences (ECMA-48 CSI) that clear the line and move the
/// cursor.
fn without_controls(mut line: &str) -> &str {
    while let Some(sequence) = line.strip_prefix("\x1b[") {
        let end = sequence.find(|c: char| c.is_ascii_alphabetic());
        line = end.map_or("", |end| &sequence[end + 1..]);
    }
    line
}

#[test]
fn progress_on_a_terminal() {
    let place = Place::new();
    place.write("config.yaml", CONFIG.replace("ECDSA-P256", "RSA-2048"));
    let piped = Place::new().render(&[]).exits(0);
    assert!(!piped.said().contains('\x1b') && !piped.said().contains('\r'));
    let render = format!(
        "{} render --config config.yaml --out out",
        env!("CARGO_BIN_EXE_kubewright")
    );
    let output = Command::new("script")
        .args(["-qfec", &render, "/dev/null"])
        .current_dir(place.path(""))
        .env("TERM", "xterm")
        .output()
        .expect("script, of bsdutils, runs");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}");
    assert!(
        said.contains("\x1b[2K") && said.contains("preflight (0s)"),
        "{said}"
    );
    // Whole lines stay above it.
    let lines: Vec<&str> = said.split(['\n', '\r']).collect();
    let has = |words: &str| {
        lines
            .iter()
            .any(|line| without_controls(line).starts_with(words))
    };
    assert!(
        has("[certs] Generating \"ca\" certificate and key"),
        "{said}"
    );
    assert!(has("Rendered into out: "), "{said}");
}
