//! Folders that a reset does not empty, wherever their names come from.

use std::os::unix::fs::symlink;

use super::{Machine, PHASES, made_by_kubeadm};
use crate::support::mounts::with_mounts;
use crate::support::program::CONFIG;
use crate::support::tree::{differences, tree};

/// What is not the cluster's.
const THEIRS: [&str; 5] = [
    "home/bob/thesis",
    "etc/hostname",
    "var/lib/dpkg/status",
    "usr/bin/sh",
    "opt/alice/notes",
];

fn with_others(machine: &Machine) {
    for path in THEIRS {
        machine.write(path, "x");
    }
    let users = "root:x:0:0::/root:/bin/sh\nalice:x:1000:1000::/opt/alice:/bin/sh\n";
    machine.write("etc/passwd", users);
    std::fs::create_dir_all(machine.root().join("var/lib/kubewright")).unwrap();
}

#[track_caller]
fn others_are_there(name: &str, machine: &Machine) {
    for path in THEIRS {
        assert!(machine.has(path), "{name}: {path} is lost");
    }
}

/// Where etcd's data is said to be, and why that is left as it is.
const FOLDERS: [(&str, &str); 11] = [
    ("/", "it is /, a folder of the system"),
    ("/etc", "it is /etc, "),
    ("/home", "it is /home, "),
    ("/home/bob", "it is a home, that of bob"),
    ("/opt/alice", "it is a home, that of alice"),
    ("/var/lib/kubelet/..", "it is /var/lib, "),
    ("/usr/bin", "it is /usr/bin, "),
    ("/var/lib/kubewright", "it is /var/lib/kubewright, "),
    ("/data/root", "it is /, "),
    ("/data/up", "it is /, "),
    ("/data/home", "it is /home, "),
];

fn with_links(machine: &Machine) {
    std::fs::create_dir(machine.root().join("data")).unwrap();
    for (link, target) in [("root", "/"), ("up", "../../.."), ("home", "/home")] {
        symlink(target, machine.root().join("data").join(link)).unwrap();
    }
}

#[test]
fn a_manifest_of_etcd_names_no_folder_of_others() {
    for (folder, why) in FOLDERS {
        let machine = made_by_kubeadm();
        with_others(&machine);
        with_links(&machine);
        let etcd =
            format!("spec: {{volumes: [{{name: etcd-data, hostPath: {{path: {folder}}}}}]}}\n");
        machine.write("etc/kubernetes/manifests/etcd.yaml", &etcd);
        let before = tree(&machine.root());
        let planned = machine.try_run(&["reset", "--yes", "--dry-run"], &[]);
        planned.exits(1).says(&[why]);
        assert_eq!(differences(&before, &tree(&machine.root())), [""; 0]);
        machine
            .try_run(&["reset", "--yes"], &[])
            .exits(1)
            .one_error(&["not all of this machine is reset", "left as they are"])
            .says(&["is left as it is: ", why, "emptied /etc/kubernetes/pki"]);
        others_are_there(folder, &machine);
        for gone in [
            "etc/kubernetes/admin.conf",
            "etc/kubernetes/pki/ca.key",
            "var/lib/kubelet/config.yaml",
        ] {
            assert!(!machine.has(gone), "{folder}: {gone} stays");
        }
    }
}

#[test]
fn a_journal_names_no_folder_of_others_even_by_force() {
    for (folder, why) in FOLDERS {
        let machine = Machine::new();
        with_others(&machine);
        with_links(&machine);
        let config = format!("{CONFIG}etcd: {{local: {{dataDir: {folder}}}}}\n");
        machine.place.write("config.yaml", config);
        let made = machine.try_run(&["init", "--config", "config.yaml", "--phase", PHASES], &[]);
        if made.code != 0 {
            // Better still. What it did before it failed is undone.
            machine.try_run(&["reset", "--force"], &[]);
        } else {
            machine
                .try_run(&["reset", "--force"], &[])
                .exits(1)
                .says(&["is left as it is: ", why]);
            assert!(!machine.has("etc/kubernetes/pki/ca.key"), "{folder}");
        }
        others_are_there(folder, &machine);
        machine.run(&["reset", "--force"], &[]);
        others_are_there(folder, &machine);
    }
}

#[test]
fn neither_do_a_flag_and_a_configuration() {
    for (folder, _) in FOLDERS {
        let machine = Machine::made();
        with_others(&machine);
        with_links(&machine);
        let head = "apiVersion: kubeadm.k8s.io/v1beta4\nkind: ResetConfiguration\nforce: true\n";
        machine
            .place
            .write("reset.yaml", format!("{head}certificatesDir: {folder}\n"));
        let before = tree(&machine.root());
        for arguments in [
            &["reset", "--force", "--cert-dir", folder][..],
            &["reset", "--config", "reset.yaml"],
        ] {
            machine
                .try_run(arguments, &[])
                .exits(1)
                .one_error(&["--cert-dir, certificatesDir: "]);
            let changed = differences(&before, &tree(&machine.root()));
            assert_eq!(changed, [""; 0], "{folder}: {arguments:?}");
        }
    }
}

#[test]
fn a_folder_of_the_cluster_that_leads_elsewhere_is_left() {
    for (link, target, why) in [
        (
            "var/lib/kubelet",
            "/",
            "/var/lib/kubelet is left as it is: it is /, ",
        ),
        ("var/lib/kubelet", "/home", "it is /home, "),
        (
            "etc/kubernetes/pki",
            "/etc",
            "/etc/kubernetes/pki is left as it is: it is /etc, ",
        ),
        ("etc/kubernetes/manifests", "/usr/bin", "it is /usr/bin, "),
        (
            "etc/kubernetes/tmp",
            "/opt/alice",
            "it is a home, that of alice",
        ),
    ] {
        let machine = made_by_kubeadm();
        with_others(&machine);
        let path = machine.root().join(link);
        std::fs::remove_dir_all(&path).unwrap();
        symlink(target, &path).unwrap();
        machine
            .try_run(&["reset", "--yes", "--cleanup-tmp-dir"], &[])
            .exits(1)
            .says(&[why]);
        others_are_there(link, &machine);
        assert!(!machine.has("etc/kubernetes/admin.conf"), "{link}");
    }
}

#[test]
fn mounts_of_others_are_left() {
    const ETCD: &str = "printf 'spec: {volumes: [{name: etcd-data, hostPath: {path: /srv/etcd}}]}' > root/etc/kubernetes/manifests/etcd.yaml\n";
    for (name, script, words) in [
        (
            "a folder of others",
            "mount --bind data root/srv/etcd
             ! \"$KUBEWRIGHT\" reset --rootfs root --yes",
            "/srv/etcd is left as it is: something is mounted on it",
        ),
        (
            "in a folder of others",
            "mkdir root/srv/etcd/nas; mount --bind data root/srv/etcd/nas
             ! \"$KUBEWRIGHT\" reset --rootfs root --yes",
            "/srv/etcd is left as it is: /srv/etcd/nas is mounted in it",
        ),
        (
            "the machine once more",
            "mount --bind root root/srv/etcd
             ! \"$KUBEWRIGHT\" reset --rootfs root --yes
             test -e root/home/bob/thesis",
            "/srv/etcd is left as it is: it is /, a folder of the system",
        ),
        (
            "a disk for etcd, by its usual name",
            "rm root/etc/kubernetes/manifests/etcd.yaml; mkdir -p root/var/lib/etcd; mount -t tmpfs tmpfs root/var/lib/etcd
             echo x > root/var/lib/etcd/wal
             \"$KUBEWRIGHT\" reset --rootfs root --yes
             test ! -e root/var/lib/etcd/wal",
            "emptied /var/lib/etcd",
        ),
    ] {
        let machine = made_by_kubeadm();
        with_others(&machine);
        machine.place.write("data/precious", "x");
        let script = format!("{ETCD}{script}");
        let Some(said) = with_mounts(&script, &machine.place.path("")) else {
            return;
        };
        assert!(said.contains(words), "{name}: {said}");
        assert!(machine.place.path("data/precious").exists(), "{name}: {said}");
        others_are_there(name, &machine);
    }
}
