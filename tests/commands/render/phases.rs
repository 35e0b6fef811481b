//! Which phases there are, which are run, and for which machine.

use std::fs;

use crate::support::program::Place;
use crate::support::tree::tree;

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
    let result = place.run(&["phases", "-o", "json"]).exits(0).answer();
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
                "builds on what preflight, certs/ca leave behind",
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

/// The resolver of one node is nothing for the kubelets of others.
#[test]
fn a_kubelet_reads_the_servers_that_systemd_resolved_knows() {
    const LINE: &str = "resolvConf: /run/systemd/resolve/resolv.conf\n";
    let place = Place::new();
    let facts = place.run(&["node-facts"]).exits(0).stdout;
    let facts: String = facts
        .lines()
        .filter(|line| !line.starts_with("activeServices") && *line != "- systemd-resolved")
        .map(|line| format!("{line}\n"))
        .collect();
    let active = format!("{facts}activeServices: [systemd-resolved]\n");
    for (out, facts, is_there) in [("without", facts, false), ("with", active, true)] {
        place.write("facts.yaml", facts);
        place
            .run(&["render", "--out", out, "--node-facts", "facts.yaml"])
            .exits(0);
        let read =
            |path: &str| fs::read_to_string(place.path(&format!("{out}/{path}"))).expect(path);
        let config = read("rootfs/var/lib/kubelet/config.yaml");
        assert_eq!(config.contains(LINE), is_there, "{out}: {config}");
        let objects = read("objects.yaml");
        assert!(
            objects.contains("kind: KubeletConfiguration") && !objects.contains("resolvConf"),
            "{out}: {objects}"
        );
    }
}
