//! A render that is killed, at any point: the same command completes it, keeps
//! what is sound, and takes nothing half-written for sound.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Stdio};

use crate::support::program::{Place, program};
use crate::support::tree::{Entry, tree};

/// When to kill.
enum When {
    /// Once this was said. Nothing has been written then.
    Said(&'static str),
    /// Once this is in the folder.
    There(&'static str),
}

fn start(place: &Place) -> Child {
    program(&place.path(""))
        .args(["render", "--config", "config.yaml", "--out", "out"])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("the program starts")
}

/// SIGKILL, as soon as it is time; or never, if the program was faster.
fn kill(place: &Place, when: &When) {
    let mut child = start(place);
    let output = BufReader::new(child.stdout.take().expect("a pipe"));
    match when {
        When::Said(words) => {
            let mut lines = output.lines().map_while(Result::ok);
            assert!(
                lines.any(|line| line.contains(words)),
                "it should say {words}"
            );
            child.kill().expect("it can be killed");
        }
        When::There(path) => {
            // Somebody must read, or it would wait for that.
            std::thread::scope(|scope| {
                scope.spawn(|| output.lines().map_while(Result::ok).for_each(drop));
                let path = place.out().join(path);
                while !is_there(&path) && child.try_wait().expect("a child").is_none() {
                    std::hint::spin_loop();
                }
                child.kill().expect("it can be killed");
            });
        }
    }
    child.wait().expect("it ends");
}

fn is_there(path: &Path) -> bool {
    path.symlink_metadata().is_ok()
}

fn is_temporary(name: &str) -> bool {
    name.rsplit('/')
        .next()
        .is_some_and(|name| name.starts_with(".kubewright-"))
}

fn completes(name: &str, place: &Place) {
    let left: Vec<(String, Entry)> = tree(&place.out())
        .into_iter()
        .filter(|(path, entry)| entry.modified.is_some() && !is_temporary(path))
        .collect();
    place.render(&[]).exits(0);
    let whole = tree(&place.out());
    for (path, entry) in &left {
        // What had its name was whole: it is kept as it is. Tokens are in the
        // objects alone, which come last.
        assert_eq!(whole.get(path), Some(entry), "{name}: {path}");
    }
    let odd: Vec<&String> = whole.keys().filter(|path| is_temporary(path)).collect();
    assert!(odd.is_empty(), "{name}: {odd:?} is left");
    for path in [
        "rootfs/etc/kubernetes/pki/ca.key",
        "rootfs/etc/kubernetes/admin.conf",
        "rootfs/var/lib/kubelet/config.yaml",
        "objects.yaml",
    ] {
        assert!(whole.contains_key(path), "{name}: {path}");
    }
    place.render(&[]).exits(0).says(&["Nothing changed"]);
}

#[test]
fn the_same_command_completes_it() {
    for (name, when) in [
        ("at once", When::Said("[preflight]")),
        (
            "among certificates",
            When::Said("[certs] Generating \"apiserver\""),
        ),
        ("among objects", When::Said("[upload-config]")),
        (
            "at the end of the phases",
            When::Said("[smoke-test] Waiting"),
        ),
        ("as the folder appears", When::There("")),
        ("as rootfs appears", When::There("rootfs")),
        (
            "as folders appear",
            When::There("rootfs/etc/kubernetes/manifests"),
        ),
        (
            "as the first file appears",
            When::There("rootfs/etc/kubernetes/admin.conf"),
        ),
        (
            "as keys appear",
            When::There("rootfs/etc/kubernetes/pki/apiserver.key"),
        ),
        (
            "as the CA appears",
            When::There("rootfs/etc/kubernetes/pki/ca.key"),
        ),
        (
            "as the key of tokens appears",
            When::There("rootfs/etc/kubernetes/pki/sa.key"),
        ),
        (
            "as the last file appears",
            When::There("rootfs/var/lib/kubelet/kubeadm-flags.env"),
        ),
        ("as objects appear", When::There("objects.yaml")),
    ] {
        println!("{name}");
        let place = Place::new();
        kill(&place, &when);
        if let When::Said(_) = when {
            assert!(
                !place.out().exists(),
                "{name}: nothing is written before all phases are through"
            );
        }
        completes(name, &place);
    }
}

#[test]
fn a_render_that_is_killed_over_and_over_completes() {
    let place = Place::new();
    for path in [
        "rootfs",
        "rootfs/etc/kubernetes/pki",
        "rootfs/etc/kubernetes/pki/etcd/ca.key",
        "rootfs/etc/kubernetes/scheduler.conf",
    ] {
        kill(&place, &When::There(path));
    }
    completes("over and over", &place);
}

/// What a kill leaves at worst: files that have not got their names yet, in
/// the folder itself and further down, and one without its certificate.
#[test]
fn what_never_got_its_name_is_removed() {
    let place = Place::new();
    place.render(&[]).exits(0);
    // No process has a number beyond the kernel's limit of 2^22.
    for path in [
        ".kubewright-99999999-0",
        "rootfs/etc/kubernetes/.kubewright-99999999-1",
    ] {
        place.write(
            &format!("out/{path}"),
            "-----BEGIN EC PRIVATE KEY-----\nhalf",
        );
    }
    for path in [
        "/etc/kubernetes/pki/apiserver.crt",
        "/etc/kubernetes/manifests/etcd.yaml",
    ] {
        std::fs::remove_file(place.rendered(path)).expect("it was there");
    }
    std::fs::remove_file(place.out().join("objects.yaml")).expect("it was there");
    completes("leftovers", &place);
}
