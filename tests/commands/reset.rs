//! `kubewright reset`: what it undoes besides files, and as what it is told to.

mod folders;
mod mounts;

use std::path::PathBuf;

use crate::support::program::{CONFIG, Finished, Place};
use crate::support::runtime::Runtime;
use crate::support::tree::{differences, tree};

/// The phases that a folder is enough for.
const PHASES: &str = "certs,kubeconfig,etcd,control-plane,kubelet-start";

/// A machine that is a folder.
struct Machine {
    place: Place,
}

impl Machine {
    fn new() -> Self {
        let place = Place::new();
        let socket = "{name: cp1, criSocket: 'unix:///run/containerd/containerd.sock'}";
        place.write("config.yaml", CONFIG.replace("{name: cp1}", socket));
        std::fs::create_dir_all(place.path("root/run")).unwrap();
        Self { place }
    }

    /// One that `init` ran on.
    fn made() -> Self {
        let machine = Self::new();
        machine.run(&["init", "--config", "config.yaml", "--phase", PHASES], &[]);
        machine
    }

    fn root(&self) -> PathBuf {
        self.place.path("root")
    }

    fn run(&self, command: &[&str], more: &[&str]) -> Finished {
        self.try_run(command, more).exits(0)
    }

    fn try_run(&self, command: &[&str], more: &[&str]) -> Finished {
        self.place
            .run(&[command, &["--rootfs", "root"], more].concat())
    }

    fn write(&self, path: &str, content: &str) {
        self.place.write(&format!("root/{path}"), content);
    }

    fn has(&self, path: &str) -> bool {
        self.root().join(path).symlink_metadata().is_ok()
    }

    /// Names of what lies below a folder.
    fn below(&self, folder: &str) -> Vec<String> {
        tree(&self.root().join(folder)).into_keys().collect()
    }
}

#[test]
fn pods_are_stopped_and_removed_however_often_it_takes() {
    let machine = Machine::new();
    let before = tree(&machine.root());
    machine.run(&["init", "--config", "config.yaml", "--phase", PHASES], &[]);
    // Where the kubelet's configuration says.
    let socket = machine.root().join("run/containerd/containerd.sock");
    let refusals = ["StopPodSandbox etcd", "RemovePodSandbox etcd"];
    let runtime = Runtime::listen(socket, &["etcd", "kube-apiserver"], &refusals);
    let said = machine.run(&["reset", "--yes"], &[]).says(&[
        "removed the Pod kube-system/etcd",
        "removed the Pod kube-system/kube-apiserver",
        "The reset process does not perform cleanup of CNI",
    ]);
    assert_eq!(runtime.pods(), [""; 0]);
    assert_eq!(
        runtime.calls(),
        [
            "ListPodSandbox",
            "StopPodSandbox etcd",
            "StopPodSandbox etcd",
            "RemovePodSandbox etcd",
            "StopPodSandbox etcd",
            "RemovePodSandbox etcd",
            "StopPodSandbox kube-apiserver",
            "RemovePodSandbox kube-apiserver",
        ]
    );
    // Nothing must start them anew.
    let said = said.said();
    let manifest = said.find("removed /etc/kubernetes/manifests/etcd.yaml");
    assert!(
        manifest.unwrap() < said.find("removed the Pod").unwrap(),
        "{said}"
    );
    std::fs::remove_dir_all(machine.root().join("run/containerd")).unwrap();
    let after = tree(&machine.root());
    let left: Vec<_> = differences(&before, &after)
        .into_iter()
        .filter(|name| !name.starts_with("var"))
        .collect();
    assert_eq!(left, [""; 0]);
    machine.run(&["history"], &[]).says(&["reset"]).exits(0);
    machine
        .run(&["history", "2"], &[])
        .says(&["RemovePod kube-system/etcd"]);
}

#[test]
fn what_the_runtime_does_not_do_is_told_and_the_reset_goes_on() {
    let machine = Machine::made();
    let stuck = ["StopPodSandbox etcd"; 5];
    let runtime = Runtime::listen(machine.root().join("run/c.sock"), &["etcd", "dns"], &stuck);
    machine
        .run(
            &["reset", "--yes", "--cri-socket", "unix:///run/c.sock"],
            &[],
        )
        .says(&[
            "Failed to remove the Pod kube-system/etcd",
            "device or resource busy",
            "removed the Pod kube-system/dns",
            "This machine is reset",
        ]);
    assert_eq!(runtime.pods(), ["etcd"]);
    assert!(!machine.has("etc/kubernetes/admin.conf"));

    let machine = Machine::made();
    machine
        .run(
            &["reset", "--yes", "--cri-socket", "unix:///run/none.sock"],
            &[],
        )
        .says(&[
            "Failed to remove containers",
            "cannot connect to the container runtime",
            "--cri-socket",
            "This machine is reset",
        ]);
    assert!(!machine.has("etc/kubernetes/admin.conf"));
}

#[test]
fn a_dry_run_shows_everything_and_does_nothing() {
    let machine = Machine::made();
    machine.write("etc/kubernetes/tmp/old.yaml", "x");
    let runtime = Runtime::listen(machine.root().join("run/c.sock"), &["etcd"], &[]);
    std::fs::write(
        machine.place.path("reset.yaml"),
        "apiVersion: kubeadm.k8s.io/v1beta4\nkind: ResetConfiguration\ndryRun: true\ncleanupTmpDir: true\ncriSocket: unix:///run/c.sock\n",
    )
    .unwrap();
    let before = tree(&machine.root());
    let by_flags = machine.run(
        &["reset", "--dry-run", "--cleanup-tmp-dir"],
        &["--cri-socket", "unix:///run/c.sock"],
    );
    let by_file = machine.run(&["reset", "--config", "reset.yaml"], &[]);
    assert_eq!(by_flags.stdout, by_file.stdout);
    by_flags.says(&[
        "[dryrun] removed the Pod kube-system/etcd",
        "[dryrun] removed /etc/kubernetes/manifests/etcd.yaml",
        "[dryrun] removed /etc/kubernetes/admin.conf",
        "[dryrun] emptied /etc/kubernetes/tmp",
        "This is what would be done; nothing was.",
    ]);
    assert_eq!(differences(&before, &tree(&machine.root())), [""; 0]);
    assert_eq!(runtime.calls(), ["ListPodSandbox", "ListPodSandbox"]);
}

#[test]
fn the_configuration_file_is_read_strictly_and_obeyed() {
    type Case<'a> = (
        &'a str,
        &'a str,
        &'a [&'a str],
        Result<&'a [&'a str], &'a str>,
    );
    let cases: [Case; 11] = [
        (
            "temporary files",
            "force: true\ncleanupTmpDir: true",
            &[],
            Ok(&["tmp"]),
        ),
        (
            "another folder of certificates",
            "force: true\ncertificatesDir: /srv/pki",
            &[],
            Ok(&["srv"]),
        ),
        (
            "a phase that is skipped",
            "force: true\nskipPhases: [cleanup-node]",
            &[],
            Ok(&["everything"]),
        ),
        (
            "the flag wins over the file",
            "force: true\ncleanupTmpDir: true\nskipPhases: [cleanup-node]",
            &["--skip-phases", "remove-etcd-member"],
            Ok(&["tmp"]),
        ),
        ("nobody to ask", "force: false", &[], Err("give --yes")),
        ("an unknown field", "forced: true", &[], Err("forced")),
        ("another type", "force: 3", &[], Err("force")),
        (
            "an unknown phase",
            "force: true\nskipPhases: [certs]",
            &[],
            Err("remove-etcd-member"),
        ),
        (
            "an unknown flag of umount2",
            "unmountFlags: [MNT_NOW]",
            &[],
            Err("MNT_DETACH"),
        ),
        (
            "flags and file",
            "force: true",
            &["--cert-dir", "/x"],
            Err("can not mix '--config' with arguments [cert-dir]"),
        ),
        (
            "the root",
            "force: true\ncertificatesDir: /",
            &[],
            Err("certificatesDir"),
        ),
    ];
    for (name, fields, flags, wanted) in cases {
        let machine = Machine::made();
        machine.write("etc/kubernetes/tmp/old", "x");
        machine.write("srv/pki/ca.crt", "x");
        let head = "apiVersion: kubeadm.k8s.io/v1beta4\nkind: ResetConfiguration\n";
        machine
            .place
            .write("reset.yaml", format!("{head}{fields}\n"));
        let before = tree(&machine.root());
        let done = machine.try_run(&["reset", "--config", "reset.yaml"], flags);
        match wanted {
            Err(words) => {
                assert_ne!(done.code, 0, "{name}: {}", done.stdout);
                done.says(&[words]);
                let now = tree(&machine.root());
                let changed = differences(&before, &now);
                assert!(
                    changed.iter().all(|path| path.contains("kubewright")),
                    "{name}: {changed:?}"
                );
            }
            Ok(wanted) => {
                done.exits(0);
                let everything = !machine.has("etc/kubernetes/tmp/old");
                let of = |what: &str| match what {
                    "tmp" => everything,
                    "srv" => !machine.has("srv/pki/ca.crt"),
                    _ => machine.has("etc/kubernetes/admin.conf"),
                };
                for what in ["tmp", "srv", "everything"] {
                    assert_eq!(of(what), wanted.contains(&what), "{name}: {what}");
                }
            }
        }
    }
    let machine = Machine::made();
    machine.place.write("other.yaml", CONFIG);
    machine
        .try_run(&["reset", "--config", "other.yaml"], &[])
        .exits(1)
        .says(&["no ResetConfiguration kind was found"]);
}

#[test]
fn phases_are_run_alone() {
    let machine = Machine::made();
    machine.write("var/lib/etcd/member/wal", "x");
    machine
        .run(&["reset", "phase", "preflight", "--force"], &[])
        .says(&["[preflight] Running pre-flight checks"]);
    assert!(machine.has("etc/kubernetes/admin.conf"));
    machine.run(&["reset", "phase", "remove-etcd-member"], &[]);
    assert!(!machine.has("var/lib/etcd/member"));
    assert!(machine.has("etc/kubernetes/manifests/etcd.yaml"));
    machine.run(&["reset", "phase", "cleanupnode"], &[]);
    assert_eq!(machine.below("etc"), [""; 0]);
    machine
        .try_run(&["reset", "phase", "preflight", "--cert-dir", "/x"], &[])
        .exits(2)
        .says(&["--cert-dir"]);

    let machine = Machine::made();
    machine.write("var/lib/etcd/member/wal", "x");
    machine.run(
        &["reset", "--yes", "--skip-phases", "remove-etcd-member"],
        &[],
    );
    assert!(machine.has("var/lib/etcd/member/wal"));
    assert!(!machine.has("etc/kubernetes/manifests/etcd.yaml"));
}

#[test]
fn what_was_in_a_folder_before_the_kubelet_filled_it_stays() {
    let machine = Machine::new();
    machine.write("var/lib/kubelet/plugins/theirs.sock", "x");
    let before = tree(&machine.root());
    machine.run(&["init", "--config", "config.yaml", "--phase", PHASES], &[]);
    for path in [
        "var/lib/kubelet/pki/kubelet-client-current.pem",
        "var/lib/kubelet/pods/a/etc-hosts",
        "var/lib/kubelet/cpu_manager_state",
        "var/lib/etcd/member/wal",
    ] {
        machine.write(path, "x");
    }
    machine
        .run(&["reset", "--yes"], &[])
        .says(&["emptied /var/lib/kubelet: what was in it before is kept"]);
    let left: Vec<_> = differences(&before, &tree(&machine.root()))
        .into_iter()
        .filter(|name| !name.starts_with("var/lib/kubewright"))
        .collect();
    assert_eq!(left, [""; 0]);
}

/// What `kubeadm init` leaves, as far as `reset` looks at it.
fn made_by_kubeadm() -> Machine {
    let machine = Machine::new();
    let etcd = "spec: {volumes: [{name: etcd-data, hostPath: {path: /srv/etcd}}]}\n";
    for (path, content) in [
        ("etc/kubernetes/manifests/etcd.yaml", etcd),
        ("etc/kubernetes/manifests/kube-apiserver.yaml", "x"),
        ("etc/kubernetes/pki/ca.key", "x"),
        ("etc/kubernetes/pki/etcd/ca.key", "x"),
        ("etc/kubernetes/admin.conf", "x"),
        ("etc/kubernetes/super-admin.conf", "x"),
        ("etc/kubernetes/kubelet.conf", "x"),
        ("etc/kubernetes/controller-manager.conf", "x"),
        ("etc/kubernetes/scheduler.conf", "x"),
        ("etc/kubernetes/tmp/backup/etcd.yaml", "x"),
        ("etc/kubernetes/mine.txt", "x"),
        ("var/lib/kubelet/config.yaml", "x"),
        ("var/lib/kubelet/pki/kubelet.key", "x"),
        ("srv/etcd/member/wal", "x"),
        ("etc/cni/net.d/10-net.conflist", "x"),
    ] {
        machine.write(path, content);
    }
    machine
}

#[test]
fn a_machine_that_kubeadm_made_is_reset_as_kubeadm_would() {
    let machine = made_by_kubeadm();
    machine
        .try_run(&["reset"], &[])
        .exits(1)
        .says(&["'kubeadm init' or 'kubeadm join' will be reverted", "--yes"]);
    machine
        .run(&["reset", "--yes"], &[])
        .says(&["network filtering rules and kubeconfig files"]);
    let left = [
        "cni",
        "cni/net.d",
        "cni/net.d/10-net.conflist",
        "kubernetes",
        "kubernetes/manifests",
        "kubernetes/mine.txt",
        "kubernetes/pki",
        "kubernetes/tmp",
        "kubernetes/tmp/backup",
        "kubernetes/tmp/backup/etcd.yaml",
    ];
    assert_eq!(machine.below("etc"), left);
    assert_eq!(machine.below("srv"), ["etcd"]);
    assert_eq!(machine.below("var/lib/kubelet"), [""; 0]);
    machine
        .run(&["reset", "--yes"], &[])
        .says(&["Nothing of kubewright's is left to undo"]);
}

#[test]
fn a_reset_that_was_killed_goes_on() {
    let ours = Machine::new();
    let before = tree(&ours.root());
    ours.run(&["init", "--config", "config.yaml", "--phase", PHASES], &[]);
    for (name, machine) in [("kubeadm's", made_by_kubeadm()), ("ours", ours)] {
        Runtime::listen(machine.root().join("run/c.sock"), &["etcd"], &[]);
        let flags = ["reset", "--yes", "--rootfs", "root"];
        let killed = crate::support::program::program(&machine.place.path(""))
            .args(flags)
            .args(["--cri-socket", "unix:///run/c.sock"])
            .env("KUBEWRIGHT_CRASH_AT", "begin:RemovePod")
            .status()
            .unwrap();
        assert!(!killed.success(), "{name}");
        assert!(machine.has("etc/kubernetes/admin.conf"), "{name}");
        assert!(!machine.has("etc/kubernetes/manifests/etcd.yaml"), "{name}");
        machine.run(&["reset", "--yes"], &[]);
        assert!(!machine.has("etc/kubernetes/admin.conf"), "{name}");
        match name {
            // The manifest that told where etcd's data is was gone already.
            "kubeadm's" => assert_eq!(machine.below("srv"), ["etcd"]),
            _ => {
                std::fs::remove_file(machine.root().join("run/c.sock")).unwrap();
                let left: Vec<_> = differences(&before, &tree(&machine.root()))
                    .into_iter()
                    .filter(|path| !path.starts_with("var"))
                    .collect();
                assert_eq!(left, [""; 0]);
            }
        }
    }
}

/// Whoever answers, from wherever: `yes | kubewright reset`.
#[test]
fn an_answer_on_standard_input_counts() {
    for (answer, code, words) in [
        ("y\n", 0, ""),
        ("yes\ny\n", 0, ""),
        ("n\n", 1, "aborted reset operation"),
        ("what\n", 1, "aborted reset operation"),
        ("", 1, "give --yes (or --force)"),
    ] {
        let machine = made_by_kubeadm();
        let script = format!(
            "printf '{}' | {} reset --rootfs root",
            answer.replace('\n', "\\n"),
            env!("CARGO_BIN_EXE_kubewright")
        );
        let output = std::process::Command::new("sh")
            .args(["-c", &script])
            .current_dir(machine.place.path(""))
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(code), "{answer:?}: {said}");
        assert!(said.contains(words), "{answer:?}: {said}");
        assert_eq!(
            machine.has("etc/kubernetes/admin.conf"),
            code != 0,
            "{answer:?}"
        );
    }
}

/// Whatever takes something away goes the one path: policies see it, and what
/// they deny is not done, nor what would have come after it.
#[test]
fn a_policy_that_denies_it_ends_a_reset() {
    let machine = made_by_kubeadm();
    machine.write("srv/hostile/deny/ca.key", "x");
    let policy = crate::support::components::hostile_policy();
    machine.place.write("policy.wasm", &policy.component);
    let judged = ["--cert-dir", "/srv/hostile/deny", "--policy", "policy.wasm"];
    machine
        .try_run(&["reset", "--yes"], &judged)
        .exits(1)
        .one_error(&["denies it", "EmptyFolder /srv/hostile/deny", "as-asked"]);
    for kept in [
        "srv/hostile/deny/ca.key",
        "var/lib/kubelet/config.yaml",
        "etc/kubernetes/admin.conf",
    ] {
        assert!(machine.has(kept), "{kept}");
    }
    let before = tree(&machine.root());
    machine
        .try_run(&["plan", "reset"], &judged)
        .exits(1)
        .one_error(&["denies it", "EmptyFolder /srv/hostile/deny"]);
    assert_eq!(differences(&before, &tree(&machine.root())), [""; 0]);
    machine
        .run(&["history", "1"], &[])
        .says(&["denied by policy.wasm", "EmptyFolder /srv/hostile/deny"]);
    machine.run(&["reset", "--yes"], &judged[..2]);
    assert!(!machine.has("srv/hostile/deny/ca.key"));
}

/// A plan of a reset is what it does, and none once it was done.
#[test]
fn a_plan_of_a_reset_is_true() {
    for (name, machine) in [("ours", Machine::made()), ("kubeadm's", made_by_kubeadm())] {
        machine.write("var/lib/kubelet/pods/a/etc-hosts", "x");
        let runtime = Runtime::listen(machine.root().join("run/c.sock"), &["etcd"], &[]);
        let before = tree(&machine.root());
        let socket = ["--cri-socket", "unix:///run/c.sock"];
        let planned = machine
            .try_run(&["plan", "reset"], &socket)
            .exits(2)
            .says(&[
                "removed: /var/lib/kubelet/pods/a/etc-hosts",
                "removed: kube-system/etcd (cleanup-node)",
                "This is what `kubewright reset` would change; nothing was changed.",
            ]);
        assert_eq!(
            differences(&before, &tree(&machine.root())),
            [""; 0],
            "{name}"
        );
        assert_eq!(runtime.pods(), ["etcd"], "{name}");
        machine.run(&["reset", "--yes"], &socket);
        let now = tree(&machine.root());
        let gone: Vec<_> = before
            .keys()
            .filter(|path| !now.contains_key(*path))
            .collect();
        assert!(gone.len() > 10, "{name}: {gone:?}");
        for path in gone {
            let line = format!("removed: /{path}");
            assert!(
                planned
                    .stdout
                    .lines()
                    .any(|one| one.trim().starts_with(&line)),
                "{name}: {path} went, and the plan does not say so:\n{}",
                planned.stdout
            );
        }
        machine
            .try_run(&["plan", "reset"], &socket)
            .exits(0)
            .says(&["No change"]);
    }
}

#[test]
fn there_is_nothing_to_render_of_a_reset() {
    let machine = Machine::new();
    machine
        .place
        .run(&["render", "reset", "--out", "out"])
        .exits(1)
        .one_error(&["undoes what was made of a machine", "kubewright plan reset"]);
    assert!(!machine.place.path("out").exists());
}

/// Whatever distribution made it: its own folders are known by the journal.
#[test]
fn a_machine_of_2016_is_left_without_the_folder_of_its_etcd() {
    for command in [
        &["reset", "--yes"][..],
        &["reset", "--yes", "--distribution", "kubernetes-1.5"],
    ] {
        let machine = Machine::new();
        let before = tree(&machine.root());
        machine.run(
            &["init", "--distribution", "kubernetes-1.5", "--offline"],
            &[],
        );
        // As programs fill them.
        machine.write("var/lib/etcd/member/wal", "x");
        machine.write("var/lib/kubelet/pods/a/etc-hosts", "x");
        machine.run(command, &[]);
        let left: Vec<_> = differences(&before, &tree(&machine.root()))
            .into_iter()
            .filter(|path| {
                let kept = ["var", "var/lib"].contains(&path.as_str());
                !kept && !path.starts_with("var/lib/kubewright")
            })
            .collect();
        assert_eq!(left, [""; 0], "{command:?}");
    }
}
