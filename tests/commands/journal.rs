//! Runs on a machine that die, find a full disk or a changed file: nothing is
//! lost, nothing is made twice, and everything can be undone.

mod damage;

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;
use tempfile::TempDir;

const CONFIGURATION: &str = "apiVersion: kubeadm.k8s.io/v1beta4
kind: InitConfiguration
localAPIEndpoint: {advertiseAddress: 10.0.0.11}
nodeRegistration: {name: cp-1, criSocket: 'unix:///run/containerd/containerd.sock'}
---
apiVersion: kubeadm.k8s.io/v1beta4
kind: ClusterConfiguration
kubernetesVersion: v1.36.2
encryptionAlgorithm: ECDSA-P256
";

/// The phases that a folder is enough for.
const PHASES: &str = "certs,kubeconfig,etcd,control-plane,kubelet-start";

/// A machine that is a folder, with something on it already.
struct Machine {
    folder: TempDir,
}

impl Machine {
    fn new() -> Self {
        let machine = Self {
            folder: tempfile::tempdir().unwrap(),
        };
        let root = machine.root();
        std::fs::create_dir_all(root.join("etc/kubernetes/manifests")).unwrap();
        std::fs::create_dir_all(root.join("var/lib/kubelet")).unwrap();
        let scheduler = root.join("etc/kubernetes/manifests/kube-scheduler.yaml");
        std::fs::write(&scheduler, "earlier: true\n").unwrap();
        std::fs::set_permissions(&scheduler, std::fs::Permissions::from_mode(0o640)).unwrap();
        std::fs::write(root.join("etc/kubernetes/mine.txt"), "of the operator").unwrap();
        std::fs::write(machine.folder.path().join("init.yaml"), CONFIGURATION).unwrap();
        machine
    }

    /// A copy as it is now.
    fn copy(&self) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let copied = Command::new("cp")
            .arg("-a")
            .arg(self.folder.path().join("."))
            .arg(folder.path())
            .status()
            .unwrap();
        assert!(copied.success());
        Self { folder }
    }

    fn root(&self) -> std::path::PathBuf {
        self.folder.path().join("root")
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_kubewright"));
        command
            .args(arguments)
            .arg("--rootfs")
            .arg(self.root())
            .env_remove("KUBEWRIGHT_CRASH_AT");
        command
    }

    fn init(&self, more: &[&str]) -> Command {
        self.phases("init", more)
    }

    fn phases(&self, command: &str, more: &[&str]) -> Command {
        let mut command = self.command(&[command, "--phase", PHASES]);
        command
            .arg("--config")
            .arg(self.folder.path().join("init.yaml"));
        command.args(more);
        command
    }

    /// All that is on it: mode, and content of files. Without the journal.
    fn tree(&self) -> BTreeMap<String, (u32, Vec<u8>)> {
        let mut found = BTreeMap::new();
        walk(&self.root(), &self.root(), &mut found);
        found
    }

    /// Names and modes.
    fn shape(&self) -> BTreeMap<String, u32> {
        let tree = self.tree().into_iter();
        tree.map(|(name, (mode, _))| (name, mode)).collect()
    }

    fn keys(&self) -> BTreeMap<String, Vec<u8>> {
        let tree = self.tree().into_iter();
        tree.filter(|(name, _)| name.ends_with(".key"))
            .map(|(name, (_, content))| (name, content))
            .collect()
    }
}

fn walk(root: &Path, folder: &Path, found: &mut BTreeMap<String, (u32, Vec<u8>)>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.strip_prefix(root).unwrap().display().to_string();
        if name == "var/lib/kubewright" {
            continue;
        }
        let metadata = std::fs::symlink_metadata(&path).unwrap();
        let mode = metadata.permissions().mode() & 0o7777;
        if metadata.is_dir() {
            found.insert(name, (mode, Vec::new()));
            walk(root, &path, found);
        } else {
            found.insert(name, (mode, std::fs::read(&path).unwrap()));
        }
    }
}

fn text(output: &Output) -> String {
    format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    )
}

fn succeeds(mut command: Command) -> String {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{command:?}: {}", text(&output));
    text(&output)
}

fn fails(mut command: Command) -> String {
    let output = command.output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{}", text(&output));
    text(&output)
}

/// Kills an init at every point of a kind in turn; gives how many there are.
fn kill_at_every(point: &str) -> usize {
    let fresh = Machine::new();
    let before = fresh.tree();
    succeeds(fresh.init(&[]));
    let undisturbed = fresh.shape();
    for count in 1.. {
        let at = format!("{point}:{count}");
        let machine = Machine::new();
        let killed = machine
            .init(&[])
            .env("KUBEWRIGHT_CRASH_AT", &at)
            .output()
            .unwrap();
        if killed.status.success() {
            return count - 1;
        }
        assert_eq!(killed.status.signal(), Some(9), "{at}: {}", text(&killed));
        let keys = machine.keys();

        let abandoned = machine.copy();
        succeeds(abandoned.command(&["reset", "--yes"]));
        assert_eq!(abandoned.tree(), before, "{at}: reset of what was begun");

        succeeds(machine.init(&[]));
        assert_eq!(machine.shape(), undisturbed, "{at}: the run that went on");
        let now = machine.keys();
        for (name, key) in &keys {
            assert_eq!(now.get(name), Some(key), "{at}: {name} was made twice");
        }
        // Every certificate is held against its key and its CA here.
        let again = succeeds(machine.init(&[]));
        assert!(again.contains("Nothing changed"), "{at}: {again}");
        succeeds(machine.command(&["reset", "--yes"]));
        assert_eq!(machine.tree(), before, "{at}: reset after going on");
    }
    unreachable!()
}

#[test]
fn killed_before_each_change_of_a_file() {
    assert!(kill_at_every("touch") > 30);
}

#[test]
fn killed_before_each_effect() {
    assert!(kill_at_every("begin") > 25);
}

#[test]
fn killed_after_each_effect_before_it_is_recorded() {
    assert!(kill_at_every("landing") > 20);
}

#[test]
fn killed_after_each_effect() {
    assert!(kill_at_every("landed") > 20);
}

fn results(output: &str) -> Vec<Value> {
    output
        .lines()
        .filter(|line| line.starts_with('{'))
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

#[test]
fn a_plan_shows_what_init_does_effect_for_effect() {
    let machine = Machine::new();
    let before = machine.tree();
    let mut plan = machine.phases("plan", &["-o", "json"]);
    let planned = plan.output().unwrap();
    assert_eq!(planned.status.code(), Some(2), "{}", text(&planned));
    assert_eq!(machine.tree(), before, "a plan changes nothing");
    let said = text(&planned);
    assert!(!said.contains("PRIVATE KEY"), "{said}");
    // What is sealed is told, and not shown.
    let keys: Vec<_> = said.split("client-key-data: ").skip(1).collect();
    assert!(keys.len() >= 4 && keys.iter().all(|key| key.starts_with("<sealed")));
    let key = |one: &Value| {
        ["phase", "action", "target", "change"].map(|field| one[field].as_str().unwrap().to_owned())
    };
    let planned = results(&said);
    let result = planned.iter().find(|one| one["event"] == "result");
    let result = result.unwrap_or_else(|| panic!("no result: {said}"));
    let mut wanted: Vec<_> = result["result"]["effects"]
        .as_array()
        .unwrap()
        .iter()
        .map(key)
        .collect();
    let done = succeeds(machine.init(&["-o", "json", "-v"]));
    let mut got: Vec<_> = results(&done)
        .iter()
        .filter(|one| one["event"] == "effect" || one["event"] == "Effect")
        .map(key)
        .collect();
    wanted.sort();
    got.sort();
    assert!(got.len() > 25, "{done}");
    assert_eq!(wanted, got);

    let mut plan = machine.phases("plan", &[]);
    assert_eq!(
        plan.status().unwrap().code(),
        Some(0),
        "nothing is left to do"
    );
}

#[test]
fn a_plan_that_fails_is_not_taken_for_one_with_changes() {
    let machine = Machine::new();
    for wrong in [["--no-such-flag", "x"], ["--phase", "no-such-phase"]] {
        let failed = machine.command(&["plan"]).args(wrong).output().unwrap();
        assert_eq!(failed.status.code(), Some(1), "{}", text(&failed));
    }
}

#[test]
fn what_others_changed_is_kept_and_told() {
    let machine = Machine::new();
    let before = machine.tree();
    succeeds(machine.init(&[]));
    let manifest = machine.root().join("etc/kubernetes/manifests/etcd.yaml");
    std::fs::write(&manifest, "changed: true\n").unwrap();
    let why = succeeds(machine.command(&["why", "/etc/kubernetes/manifests/etcd.yaml"]));
    assert!(
        why.contains("etcd/local") && why.contains("changed since by"),
        "{why}"
    );
    let dry = succeeds(machine.command(&["reset", "--dry-run"]));
    assert!(
        dry.contains("kept /etc/kubernetes/manifests/etcd.yaml"),
        "{dry}"
    );
    assert!(machine.tree().len() > 40, "a dry run removes nothing");
    succeeds(machine.command(&["reset", "--yes"]));
    assert!(manifest.exists());
    succeeds(machine.command(&["reset", "--force"]));
    assert_eq!(machine.tree(), before);
    let history = succeeds(machine.command(&["history"]));
    assert_eq!(history.matches("reset").count(), 2, "{history}");
}

#[test]
fn the_journal_holds_no_key() {
    let machine = Machine::new();
    succeeds(machine.init(&[]));
    let mut journal = BTreeMap::new();
    let state = machine.root().join("var/lib/kubewright");
    walk(&state, &state, &mut journal);
    for (name, key) in machine.keys() {
        let key = String::from_utf8(key).unwrap();
        let line = key.lines().nth(1).unwrap().to_owned();
        for (file, (mode, content)) in &journal {
            assert_eq!(mode & 0o077, 0, "{file} is for root alone");
            let content = String::from_utf8_lossy(content);
            assert!(!content.contains(&line), "{name} is in {file}");
        }
    }
}

#[test]
fn one_run_at_a_time() {
    let machine = Machine::new();
    succeeds(machine.init(&[]));
    let lock = machine.root().join("var/lib/kubewright/lock");
    std::fs::write(&lock, "4242 init phase certs all\n").unwrap();
    let file = std::fs::File::open(&lock).unwrap();
    file.lock().unwrap();
    for command in [machine.init(&[]), machine.command(&["reset", "--yes"])] {
        let said = fails(command);
        assert!(
            said.contains("4242") && said.contains("init phase certs all"),
            "{said}"
        );
    }
}

/// A small file system; none where this user may not mount one.
struct Mounted(std::path::PathBuf);

impl Mounted {
    fn new(at: &Path, options: &str) -> Option<Self> {
        std::fs::create_dir_all(at).unwrap();
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", options, "tmpfs"])
            .arg(at)
            .output();
        if !mounted.is_ok_and(|output| output.status.success()) {
            eprintln!("skipped: no file system can be mounted here");
            return None;
        }
        Some(Self(at.to_owned()))
    }

    fn remount(&self, options: &str) {
        let mut command = Command::new("mount");
        command
            .arg("-o")
            .arg(format!("remount,{options}"))
            .arg(&self.0);
        succeeds(command);
    }
}

impl Drop for Mounted {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(&self.0).status();
    }
}

#[test]
fn a_disk_that_is_full_or_read_only_loses_nothing() {
    for (name, at) in [
        ("files", "etc/kubernetes/pki"),
        ("journal", "var/lib/kubewright"),
    ] {
        let machine = Machine::new();
        let Some(disk) = Mounted::new(&machine.root().join(at), "size=24k,mode=700") else {
            return;
        };
        let said = fails(machine.init(&[]));
        assert!(said.contains("No space left"), "{name}: {said}");
        let keys = machine.keys();
        disk.remount("size=4m,ro");
        let said = fails(machine.init(&[]));
        assert!(said.contains("Read-only"), "{name}: {said}");
        disk.remount("size=4m,rw");
        succeeds(machine.init(&[]));
        for (path, key) in keys {
            assert_eq!(machine.keys().get(&path), Some(&key), "{name}: {path}");
        }
        assert!(
            succeeds(machine.init(&[])).contains("Nothing changed"),
            "{name}"
        );
    }
}
