use std::os::unix::fs::symlink;
use std::sync::Arc;

use super::*;
use crate::world::Mounting;
use crate::world::machine::{MachineFiles, MachineMounts};

/// A machine with its system folders, some users and some links.
fn machine() -> (tempfile::TempDir, Arc<MachineFiles>) {
    let root = tempfile::tempdir().unwrap();
    let at = |path: &str| root.path().join(path);
    for folder in [
        "etc/kubernetes/pki",
        "etc/ssl/certs",
        "home/bob/etcd",
        "root",
        "srv/etcd",
        "srv/www",
        "opt/admin/data",
        "usr/lib/systemd",
        "usr/local/bin",
        "var/lib/etcd",
        "var/lib/kubelet/pods",
        "var/lib/kubewright/runs",
        "var/lib/service",
        "data/etcd",
        "disk/srv/inner",
        "proc",
        "run",
        "tmp/etcd",
    ] {
        std::fs::create_dir_all(at(folder)).unwrap();
    }
    for (link, target) in [
        ("lib", "usr/lib"),
        ("srv/x", "/"),
        ("srv/up", "../.."),
        ("srv/h", "/home"),
        ("srv/bob", "/home/bob"),
        ("srv/deep", "/srv/h/../etc"),
        ("srv/fine", "/data/etcd"),
        ("var/run", "/run"),
        ("mnt", "disk/srv"),
    ] {
        symlink(target, at(link)).unwrap();
    }
    std::fs::write(
        at("etc/passwd"),
        "root:x:0:0:root:/root:/bin/bash\n\
         daemon:x:1:1::/usr/sbin:/usr/sbin/nologin\n\
         etcd:x:104:104::/var/lib/etcd:/bin/bash\n\
         service:x:105:105::/var/lib/service:/usr/sbin/nologin\n\
         bob:x:1000:1000::/home/bob:/bin/bash\n\
         admin:x:1001:1001::/opt/admin:/bin/false\n\
         broken line\n",
    )
    .unwrap();
    let files = MachineFiles::open(root.path()).unwrap();
    (root, Arc::new(files))
}

fn check(files: &Arc<MachineFiles>, folder: &str) -> Result<Option<String>, String> {
    let folder = MachinePath::parse(folder).unwrap();
    MachineMounts::new(Arc::clone(files))
        .emptiable(&**files, &folder, false)
        .map(|folder| folder.map(|folder| folder.path().to_string()))
        .map_err(|error| error.to_string())
}

#[test]
fn folders_of_the_system_and_of_people_are_no_clusters() {
    let (_root, files) = machine();
    for (folder, why) in [
        ("/", "it is /, a folder of the system"),
        ("/..", "it is /, "),
        ("/srv/x", "it is /, "),
        ("/srv/up", "it is /, "),
        ("/srv/x/srv", "it is /srv, "),
        ("/etc", "it is /etc, "),
        ("/srv/deep", "it is /etc, "),
        ("/var/lib/kubelet/..", "it is /var/lib, "),
        ("/var/lib/kubelet/../../..", "it is /, "),
        ("/home", "it is /home, "),
        ("/srv/h", "it is /home, "),
        ("/usr", "it is /usr, "),
        ("/var", "it is /var, "),
        ("/run", "it is /run, "),
        ("/var/run", "it is /"),
        ("/root", "it is /root, "),
        ("/tmp", "it is /tmp, "),
        ("/proc", "it is /proc, "),
        ("/etc/ssl", "it is /etc/ssl, "),
        ("/lib", "it is /lib, "),
        ("/usr/lib/systemd", "it lies in /"),
        ("/lib/systemd", "it lies in /lib, "),
        ("/etc/ssl/certs", "it is /etc/ssl/certs, "),
        ("/var/lib/kubewright", "it is /var/lib/kubewright, "),
        (
            "/var/lib/kubewright/runs",
            "it lies in /var/lib/kubewright, ",
        ),
        // A link of the system leads there.
        ("/disk/srv", "it is /mnt, "),
        ("/disk", "it holds /mnt, "),
        ("/home/bob", "it is a home, that of bob"),
        ("/srv/bob", "it is a home, that of bob"),
        ("/opt/admin", "it is a home, that of admin"),
    ] {
        let got = check(&files, folder);
        let said = got.as_ref().err().map(String::as_str).unwrap_or("nothing");
        assert!(said.starts_with(why), "{folder}: {got:?}");
    }
    for (folder, real) in [
        ("/var/lib/kubelet", Some("/var/lib/kubelet")),
        // Though it is a user's home.
        ("/var/lib/etcd", Some("/var/lib/etcd")),
        ("/etc/kubernetes/pki", Some("/etc/kubernetes/pki")),
        ("/data/etcd", Some("/data/etcd")),
        ("/data", Some("/data")),
        ("/srv/etcd", Some("/srv/etcd")),
        ("/srv/fine", Some("/data/etcd")),
        ("/home/bob/etcd", Some("/home/bob/etcd")),
        ("/tmp/etcd", Some("/tmp/etcd")),
        ("/var/lib/service", Some("/var/lib/service")),
        ("/none", None),
        ("/etc/passwd", None),
    ] {
        let real = real.map(str::to_owned);
        assert_eq!(check(&files, folder), Ok(real), "{folder}");
    }
}

#[test]
fn of_a_machine_whose_users_cannot_be_read_nothing_is_assumed() {
    let (root, files) = machine();
    std::fs::remove_file(root.path().join("etc/passwd")).unwrap();
    assert_eq!(
        check(&files, "/opt/admin"),
        Ok(Some("/opt/admin".to_owned()))
    );
    std::fs::create_dir(root.path().join("etc/passwd")).unwrap();
    let said = check(&files, "/opt/admin").unwrap_err();
    assert!(said.contains("whose home it is"), "{said}");
    let said = check(&files, "/etc/kubernetes/pki").unwrap();
    assert!(said.is_some());
}

#[test]
fn every_name_of_the_system_is_a_path_and_stands_there_once() {
    let all: Vec<&str> = [&system::WHOLE[..], &system::THEMSELVES].concat();
    let different: BTreeSet<&str> = all.iter().copied().collect();
    assert_eq!(different.len(), all.len());
    for name in all {
        assert_eq!(MachinePath::parse(name).unwrap().as_str(), name);
    }
}

#[test]
fn what_stays_is_neither_removed_nor_entered() {
    let (root, files) = machine();
    let at = |path: &str| root.path().join(path);
    for file in ["srv/etcd/a/b/c", "srv/etcd/volume/data", "srv/etcd/mounted"] {
        std::fs::create_dir_all(at(file).parent().unwrap()).unwrap();
        std::fs::write(at(file), "x").unwrap();
    }
    symlink("/srv/www", at("srv/etcd/link")).unwrap();
    std::fs::write(at("srv/www/index"), "x").unwrap();
    let path = |text: &str| MachinePath::parse(text).unwrap();
    let mounts = MachineMounts::new(Arc::clone(&files));
    let folder = mounts.emptiable(&*files, &path("/srv/etcd"), false);
    let folder = folder.unwrap().unwrap();
    let stays = [path("/srv/etcd/volume"), path("/srv/etcd/mounted")];
    folder.empty(&*files, &|at| stays.contains(at)).unwrap();
    assert_eq!(
        files.list(&path("/srv/etcd")).unwrap(),
        ["mounted", "volume"]
    );
    assert!(at("srv/etcd/volume/data").exists() && at("srv/www/index").exists());
}
