//! The feature gate `RootlessControlPlane`: components as users of their own,
//! made once, undone whole.

mod undo;

use std::collections::BTreeMap;
use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;

use crate::support::is_root;
use crate::support::program::{CONFIG, Finished, Place};
use crate::support::tree::tree;

/// The phases that a folder is enough for.
const PHASES: &str = "certs,kubeconfig,etcd,control-plane";

const PASSWD: &str = "root:x:0:0:root:/root:/bin/bash\nsystemd:x:100:101::/:/usr/sbin/nologin\n";
/// Without a line break at its end.
const GROUP: &str = "root:x:0:\nadm:x:4:bob\nsystemd:x:101:";

const MADE_USERS: &str = "\
kubeadm-etcd:x:101:100:::/bin/false
kubeadm-kas:x:102:102:::/bin/false
kubeadm-kcm:x:103:103:::/bin/false
kubeadm-ks:x:104:104:::/bin/false
";
const MADE_GROUPS: &str = "
kubeadm-etcd:x:100:kubeadm-etcd
kubeadm-kas:x:102:kubeadm-kas
kubeadm-kcm:x:103:kubeadm-kcm
kubeadm-ks:x:104:kubeadm-ks
kubeadm-sa-key-readers:x:105:kubeadm-kas,kubeadm-kcm
";

/// All that belongs to somebody else than root, as kubeadm leaves it.
const GIVEN: [(&str, u32, u32, u32); 13] = [
    ("etc/kubernetes/controller-manager.conf", 103, 103, 0o600),
    (
        "etc/kubernetes/pki/apiserver-etcd-client.key",
        102,
        102,
        0o600,
    ),
    (
        "etc/kubernetes/pki/apiserver-kubelet-client.key",
        102,
        102,
        0o600,
    ),
    ("etc/kubernetes/pki/apiserver.key", 102, 102, 0o600),
    ("etc/kubernetes/pki/ca.key", 103, 103, 0o600),
    ("etc/kubernetes/pki/etcd/peer.key", 101, 100, 0o600),
    ("etc/kubernetes/pki/etcd/server.key", 101, 100, 0o600),
    ("etc/kubernetes/pki/front-proxy-client.key", 102, 102, 0o600),
    ("etc/kubernetes/pki/sa.key", 0, 105, 0o640),
    ("etc/kubernetes/pki/sa.pub", 102, 102, 0o600),
    ("etc/kubernetes/scheduler.conf", 104, 104, 0o600),
    ("etc/shadow", 0, 42, 0o640),
    ("var/lib/etcd", 101, 100, 0o700),
];

/// A machine that is a folder, with users.
struct Machine {
    place: Place,
}

impl Machine {
    fn new() -> Self {
        let place = Place::new();
        let socket = "{name: cp1, criSocket: 'unix:///run/containerd/containerd.sock'}";
        let gate = "featureGates: {RootlessControlPlane: true}\n";
        let config = CONFIG.replace("{name: cp1}", socket);
        place.write("config.yaml", format!("{config}{gate}"));
        place.write("without.yaml", config);
        std::fs::create_dir_all(place.path("root/var/lib")).unwrap();
        let machine = Self { place };
        machine.write("etc/passwd", PASSWD);
        machine.write("etc/group", GROUP);
        machine.write("etc/shadow", "root:*:::::::\n");
        let shadow = machine.path("etc/shadow");
        let mode = std::os::unix::fs::PermissionsExt::from_mode(0o640);
        std::fs::set_permissions(&shadow, mode).unwrap();
        std::os::unix::fs::chown(&shadow, Some(0), Some(42)).unwrap();
        machine
    }

    /// A copy as it is now.
    fn copy(&self) -> Self {
        let place = Place::new();
        let copied = std::process::Command::new("cp")
            .args(["-a"])
            .args([self.place.path("root"), place.path("")])
            .status();
        assert!(copied.is_ok_and(|copied| copied.success()));
        Self { place }
    }

    fn path(&self, path: &str) -> PathBuf {
        self.place.path("root").join(path)
    }

    fn write(&self, path: &str, content: &str) {
        self.place.write(&format!("root/{path}"), content);
    }

    fn read(&self, path: &str) -> String {
        std::fs::read_to_string(self.path(path)).unwrap()
    }

    fn run(&self, command: &[&str]) -> Finished {
        self.place.run(&[command, &["--rootfs", "root"]].concat())
    }

    fn phases(&self, command: &str, more: &[&str]) -> Finished {
        let arguments = ["--config", "config.yaml", "--phase", PHASES];
        self.run(&[&[command][..], &arguments, more].concat())
    }

    fn init(&self) -> Finished {
        self.phases("init", &[]).exits(0)
    }

    /// All that is on it, without the journal: owner, mode and content.
    fn all(&self) -> BTreeMap<String, (u32, u32, u32, Vec<u8>)> {
        let root = self.path("");
        let tree = tree(&root).into_iter();
        tree.filter(|(name, _)| !name.starts_with("var/lib/kubewright"))
            .map(|(name, entry)| {
                let found = std::fs::symlink_metadata(root.join(&name)).unwrap();
                let owned = (found.uid(), found.gid(), entry.mode, entry.content);
                (name, owned)
            })
            .collect()
    }

    /// What does not belong to root.
    fn given(&self) -> Vec<(String, u32, u32, u32)> {
        let all = self.all().into_iter();
        all.filter(|(_, (uid, gid, ..))| (*uid, *gid) != (0, 0))
            .map(|(name, (uid, gid, mode, _))| (name, uid, gid, mode))
            .collect()
    }

    fn manifest(&self, name: &str) -> serde_json::Value {
        let text = self.read(&format!("etc/kubernetes/manifests/{name}.yaml"));
        serde_saphyr::from_str(&text).unwrap()
    }
}

fn wanted() -> Vec<(String, u32, u32, u32)> {
    let own = |(name, uid, gid, mode): (&str, u32, u32, u32)| (name.to_owned(), uid, gid, mode);
    GIVEN.map(own).to_vec()
}

#[test]
fn components_run_as_users_to_whom_their_files_belong() {
    if !is_root() {
        return;
    }
    let machine = Machine::new();
    let before = machine.all();
    machine.init();
    assert_eq!(machine.read("etc/passwd"), format!("{PASSWD}{MADE_USERS}"));
    assert_eq!(machine.read("etc/group"), format!("{GROUP}{MADE_GROUPS}"));
    assert_eq!(machine.given(), wanted());
    let drops = serde_json::json!({
        "allowPrivilegeEscalation": false, "capabilities": {"drop": ["ALL"]},
    });
    let binds = serde_json::json!({
        "capabilities": {"add": ["NET_BIND_SERVICE"], "drop": ["ALL"]},
    });
    for (name, user, group, readers, container) in [
        ("etcd", 101, 100, None, &drops),
        ("kube-apiserver", 102, 102, Some(105), &binds),
        ("kube-controller-manager", 103, 103, Some(105), &drops),
        ("kube-scheduler", 104, 104, None, &drops),
    ] {
        let mut pod = serde_json::json!({
            "runAsUser": user, "runAsGroup": group, "seccompProfile": {"type": "RuntimeDefault"},
        });
        if let Some(readers) = readers {
            pod["supplementalGroups"] = serde_json::json!([readers]);
        }
        let spec = &machine.manifest(name)["spec"];
        assert_eq!(spec["securityContext"], pod, "{name}");
        assert_eq!(
            spec["containers"][0]["securityContext"], *container,
            "{name}"
        );
    }
    let made = machine.all();
    machine.init().says(&["Nothing changed"]);
    assert_eq!(machine.all(), made);
    machine.phases("plan", &[]).exits(0).says(&["No change"]);
    machine.run(&["reset", "--yes"]).exits(0).says(&[
        "removed our lines from /etc/passwd: kubeadm-etcd, kubeadm-kas, kubeadm-kcm, kubeadm-ks",
    ]);
    assert_eq!(machine.all(), before);
}

#[test]
fn a_plan_shows_users_and_owners_and_makes_neither() {
    if !is_root() {
        return;
    }
    let machine = Machine::new();
    // There already, and given away.
    machine.init();
    let key = machine.read("etc/kubernetes/pki/ca.key");
    let certificate = machine.read("etc/kubernetes/pki/ca.crt");
    let machine = Machine::new();
    machine.write("etc/kubernetes/pki/ca.key", &key);
    machine.write("etc/kubernetes/pki/ca.crt", &certificate);
    let before = machine.all();
    let planned = machine.phases("plan", &[]).exits(2).says(&[
        "updated: /etc/passwd 0644",
        "+kubeadm-ks:x:104:104:::/bin/false",
        "updated: /etc/group 0644",
        "+kubeadm-sa-key-readers:x:105:kubeadm-kas,kubeadm-kcm",
        "updated: /etc/kubernetes/pki/ca.key 0644 -> 0600, root:root -> kubeadm-kcm:kubeadm-kcm",
        "created: /etc/kubernetes/pki/sa.key 0640, root:kubeadm-sa-key-readers",
        "created: /etc/kubernetes/scheduler.conf 0600, kubeadm-ks:kubeadm-ks",
        "created: /var/lib/etcd 0700, kubeadm-etcd:kubeadm-etcd",
    ]);
    assert!(!planned.said().contains("PRIVATE KEY"));
    assert_eq!(machine.all(), before);
    let finished = machine.phases("plan", &["-o", "json"]).exits(2);
    let result = finished
        .events()
        .into_iter()
        .find(|one| one["event"] == "result");
    let files = result.unwrap()["result"]["files"].clone();
    let files = files.as_array().unwrap();
    let ca = files
        .iter()
        .find(|one| one["target"] == "/etc/kubernetes/pki/ca.key");
    assert_eq!(ca.unwrap()["ownerAfter"], "kubeadm-kcm:kubeadm-kcm");
    machine.init();
    assert_eq!(machine.given(), wanted());
    machine.run(&["reset", "--yes"]).exits(0);
    assert_eq!(machine.all(), before);
}

#[test]
fn patches_come_after_and_the_policy_agrees() {
    if !is_root() {
        return;
    }
    let machine = Machine::new();
    let patch = "spec: {securityContext: {runAsUser: 7}}\n";
    machine
        .place
        .write("patches/kube-scheduler+merge.yaml", patch);
    let config = std::fs::read_to_string(machine.place.path("config.yaml")).unwrap();
    let folder = "localAPIEndpoint:";
    let patched = config.replace(
        folder,
        &format!("patches: {{directory: patches}}\n{folder}"),
    );
    machine.place.write("config.yaml", patched);
    let finished = machine.phases("init", &["--policy", "baseline"]).exits(0);
    assert!(!finished.said().contains("baseline"), "{}", finished.said());
    let context = &machine.manifest("kube-scheduler")["spec"]["securityContext"];
    assert_eq!(context["runAsUser"], 7);
    assert_eq!(context["runAsGroup"], 104);
}

#[test]
fn a_render_is_as_without_the_gate_and_says_so() {
    let place = Place::new();
    let gate = "featureGates: {RootlessControlPlane: true}\n";
    place.render(&[]).exits(0);
    let without = tree(&place.rendered("/etc/kubernetes/manifests"));
    place.write("config.yaml", format!("{CONFIG}{gate}"));
    let finished = place.render(&[]).exits(0);
    for name in [
        "etcd",
        "kube-apiserver",
        "kube-controller-manager",
        "kube-scheduler",
    ] {
        let words = format!("Would update static pod manifest for {name:?} to run as non-root");
        assert_eq!(
            finished.stderr.matches(&words).count(),
            1,
            "{}",
            finished.stderr
        );
    }
    let with = tree(&place.rendered("/etc/kubernetes/manifests"));
    assert_eq!(without.len(), 4);
    assert_eq!(without, with);
    assert!(!place.rendered("/etc/passwd").exists());
}

#[test]
fn accounts_that_are_no_such_accounts_stop_the_run() {
    if !is_root() {
        return;
    }
    for (name, passwd, group, words) in [
        (
            "a shell",
            format!("{PASSWD}kubeadm-ks:x:150:150:::/bin/bash\n"),
            format!("{GROUP}\nkubeadm-ks:x:150:kubeadm-ks\n"),
            &[
                "failed to run component",
                "as non-root: failed to create users and groups",
                "user \"kubeadm-ks\" has unexpected shell \"/bin/bash\"; expected \"/bin/false\"",
                "remove kubeadm-ks from /etc/passwd and /etc/group",
            ][..],
        ),
        (
            "a broken file",
            format!("{PASSWD}bob\n"),
            GROUP.to_owned(),
            &["/etc/passwd, line 3: an entry must have 7 fields"],
        ),
    ] {
        let machine = Machine::new();
        machine.write("etc/passwd", &passwd);
        machine.write("etc/group", &group);
        machine.phases("init", &[]).exits(1).says(words);
        assert_eq!(machine.read("etc/passwd"), passwd, "{name}");
        assert_eq!(machine.read("etc/group"), group, "{name}");
    }
    let machine = Machine::new();
    std::fs::remove_file(machine.path("etc/passwd")).unwrap();
    machine
        .phases("init", &[])
        .exits(1)
        .says(&["/etc/passwd is not there"]);
}
