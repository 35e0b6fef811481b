//! Runs with accounts that die, and resets after others came.

use std::os::unix::fs::chown;
use std::os::unix::process::ExitStatusExt;

use super::{GROUP, MADE_GROUPS, MADE_USERS, Machine, PASSWD, PHASES, wanted};
use crate::support::is_root;
use crate::support::program::program;

/// Kills a run of these phases at every change of a file in turn, after
/// another run of those before; gives how many there are.
fn kill_at_every_change(before: &str, phases: &str) -> usize {
    for count in 1.. {
        let machine = Machine::new();
        let fresh = machine.all();
        let run = |phases: &str| {
            let mut command = program(&machine.place.path(""));
            command.args(["init", "--config", "config.yaml", "--phase", phases]);
            command.args(["--rootfs", "root"]);
            command
        };
        if !before.is_empty() {
            assert!(run(before).output().unwrap().status.success());
        }
        let at = format!("touch:{count}");
        let killed = run(phases).env("KUBEWRIGHT_CRASH_AT", &at).output();
        let killed = killed.unwrap().status;
        if killed.success() {
            return count - 1;
        }
        assert_eq!(killed.signal(), Some(9), "{phases} {at}");
        let abandoned = machine.copy();
        abandoned.run(&["reset", "--yes"]).exits(0);
        assert_eq!(abandoned.all(), fresh, "{at}: reset of what was begun");

        machine.init();
        assert_eq!(machine.given(), wanted(), "{at}");
        assert_eq!(machine.read("etc/passwd"), format!("{PASSWD}{MADE_USERS}"));
        assert_eq!(machine.read("etc/group"), format!("{GROUP}{MADE_GROUPS}"));
        machine.init().says(&["Nothing changed"]);
        machine.run(&["reset", "--yes"]).exits(0);
        assert_eq!(machine.all(), fresh, "{at}: reset after going on");
    }
    unreachable!()
}

#[test]
fn a_run_that_died_goes_on_or_is_undone() {
    if !is_root() {
        return;
    }
    assert!(kill_at_every_change("", PHASES) > 45);
}

/// Alone the order of its changes is always the same: no place is passed over.
#[test]
fn a_phase_that_died_goes_on_or_is_undone() {
    if !is_root() {
        return;
    }
    let whole = Machine::new();
    whole.init();
    let history = whole.run(&["history", "1", "-o", "json"]).exits(0).stdout;
    assert!(history.contains("EnsureAccounts") && history.contains("SetOwner"));
    assert!(kill_at_every_change("certs,kubeconfig", "etcd") >= 7);
}

#[test]
fn what_others_did_to_accounts_since_is_theirs() {
    if !is_root() {
        return;
    }
    let machine = Machine::new();
    machine.init();
    let bob = "bob:x:1000:1000::/home/bob:/bin/sh\n";
    let shell = MADE_USERS.replace(
        "kubeadm-ks:x:104:104:::/bin/false",
        "kubeadm-ks:x:104:104:::/bin/sh",
    );
    machine.write("etc/passwd", &format!("{PASSWD}{shell}{bob}"));
    machine.write("etc/group", &format!("{GROUP}{MADE_GROUPS}bob:x:1000:\n"));
    let dry = machine.run(&["reset", "--dry-run"]).exits(0);
    dry.says(&[
        "[dryrun] removed our lines from /etc/passwd: kubeadm-etcd, kubeadm-kas, kubeadm-kcm",
        "[dryrun] kept /etc/passwd: kubeadm-ks has been changed since",
    ]);
    assert_eq!(machine.read("etc/passwd"), format!("{PASSWD}{shell}{bob}"));
    machine.run(&["reset", "--yes"]).exits(0);
    let theirs = "kubeadm-ks:x:104:104:::/bin/sh\n";
    assert_eq!(machine.read("etc/passwd"), format!("{PASSWD}{theirs}{bob}"));
    assert_eq!(machine.read("etc/group"), format!("{GROUP}\nbob:x:1000:\n"));
    machine.run(&["reset", "--force"]).exits(0);
    assert_eq!(machine.read("etc/passwd"), format!("{PASSWD}{bob}"));
}

#[test]
fn a_second_run_does_not_take_others_for_its_own() {
    if !is_root() {
        return;
    }
    let machine = Machine::new();
    machine.init();
    let bob = "bob:x:1000:1000::/home/bob:/bin/sh\n";
    // Somebody came, and one of ours went: the run that follows mends it.
    let (others, last) = MADE_USERS.split_at(MADE_USERS.find("kubeadm-ks").unwrap());
    machine.write("etc/passwd", &format!("{PASSWD}{others}{bob}"));
    machine.init();
    let mended = format!("{PASSWD}{others}{bob}{last}");
    assert_eq!(machine.read("etc/passwd"), mended);
    machine.run(&["reset", "--yes"]).exits(0);
    assert_eq!(machine.read("etc/passwd"), format!("{PASSWD}{bob}"));
    assert_eq!(machine.read("etc/group"), GROUP);
}

#[test]
fn files_that_were_there_get_their_owners_back() {
    if !is_root() {
        return;
    }
    let machine = Machine::new();
    machine.write("var/lib/etcd/member/snap/db", "x");
    machine.write("var/lib/etcd/member/wal/0.wal", "x");
    std::os::unix::fs::symlink("../../../etc", machine.path("var/lib/etcd/member/out")).unwrap();
    chown(
        machine.path("var/lib/etcd/member/wal/0.wal"),
        Some(7),
        Some(8),
    )
    .unwrap();
    let before = machine.all();
    machine.init();
    let given = machine.given();
    for name in [
        "",
        "/member",
        "/member/snap",
        "/member/snap/db",
        "/member/wal/0.wal",
    ] {
        let name = format!("var/lib/etcd{name}");
        assert!(
            given
                .iter()
                .any(|(one, uid, gid, _)| *one == name && (*uid, *gid) == (101, 100)),
            "{name}: {given:?}"
        );
    }
    assert!(!given.iter().any(|(name, ..)| name == "etc"), "{given:?}");
    machine.init().says(&["Nothing changed"]);
    // Somebody gave one of them to somebody: that is not undone.
    chown(
        machine.path("var/lib/etcd/member/snap/db"),
        Some(9),
        Some(9),
    )
    .unwrap();
    machine.run(&["reset", "--yes"]).exits(0);
    let mut after = machine.all();
    let kept = after.get_mut("var/lib/etcd/member/snap/db").unwrap();
    assert_eq!((kept.0, kept.1), (9, 9));
    (kept.0, kept.1) = (0, 0);
    assert_eq!(after, before);
}
