use super::*;

fn path(text: &str) -> MachinePath {
    MachinePath::parse(text).unwrap()
}

fn over_a_folder() -> (tempfile::TempDir, SandboxFiles) {
    let root = tempfile::tempdir().unwrap();
    std::fs::create_dir(root.path().join("etc")).unwrap();
    std::fs::write(root.path().join("etc/old"), b"old").unwrap();
    let base = MachineFiles::open(root.path()).unwrap();
    (root, SandboxFiles::over(Some(Arc::new(base))))
}

#[test]
fn reads_fall_through_and_writes_do_not() {
    let (root, files) = over_a_folder();
    assert_eq!(files.read(&path("/etc/old"), 9).unwrap(), b"old");
    files.write(&path("/etc/old"), 0o600, b"new").unwrap();
    files.write(&path("/etc/more"), 0o600, b"more").unwrap();
    assert_eq!(files.read(&path("/etc/old"), 9).unwrap(), b"new");
    assert_eq!(files.list(&path("/etc")).unwrap(), ["more", "old"]);
    files.remove(&path("/etc/old")).unwrap();
    assert_eq!(files.list(&path("/etc")).unwrap(), ["more"]);
    assert_eq!(std::fs::read(root.path().join("etc/old")).unwrap(), b"old");
    assert!(!root.path().join("etc/more").exists());
}

#[test]
fn commit_makes_the_base_what_the_sandbox_was() {
    let (root, files) = over_a_folder();
    files
        .make_directory(&path("/etc/kubernetes"), 0o700)
        .unwrap();
    files
        .write(&path("/etc/kubernetes/a"), 0o600, b"a")
        .unwrap();
    files.remove(&path("/etc/old")).unwrap();
    files
        .commit(&MachineFiles::open(root.path()).unwrap())
        .unwrap();
    assert_eq!(
        std::fs::read(root.path().join("etc/kubernetes/a")).unwrap(),
        b"a"
    );
    assert!(!root.path().join("etc/old").exists());
}

#[test]
fn what_a_real_folder_refuses_the_sandbox_refuses_too() {
    let (_root, files) = over_a_folder();
    assert!(files.write(&path("/nowhere/x"), 0o600, b"").is_err());
    assert!(files.write(&path("/etc"), 0o600, b"").is_err());
    assert!(files.remove(&path("/etc")).is_err());
    assert!(files.make_directory(&path("/etc/old"), 0o755).is_err());
    assert!(files.read(&path("/etc/old"), 2).is_err());
}

#[test]
fn what_is_given_away_is_given_in_memory() {
    let (root, files) = over_a_folder();
    let somebody = Owner { uid: 107, gid: 108 };
    files.make_directory(&path("/etc/d"), 0o700).unwrap();
    files.write(&path("/etc/d/new"), 0o600, b"new").unwrap();
    files.set_owner(&path("/etc/old"), somebody, 0o640).unwrap();
    files.set_owner_below(&path("/etc/d"), somebody).unwrap();
    for (at, mode) in [
        ("/etc/old", 0o640),
        ("/etc/d", 0o700),
        ("/etc/d/new", 0o600),
    ] {
        let found = files.stat(&path(at)).unwrap().unwrap();
        assert_eq!((found.owner, found.mode), (somebody, mode), "{at}");
    }
    assert_eq!(files.read(&path("/etc/old"), 9).unwrap(), b"old");
    files.rewrite(&path("/etc/old"), b"more").unwrap();
    let found = files.stat(&path("/etc/old")).unwrap().unwrap();
    assert_eq!((found.owner, found.mode, found.size), (somebody, 0o640, 4));
    let base = MachineFiles::open(root.path()).unwrap();
    let before = base.stat(&path("/etc/old")).unwrap().unwrap();
    assert_eq!(before.owner, Owner::of_process());
    if !rustix::process::geteuid().is_root() {
        eprintln!("skipped: only root gives files away");
        return;
    }
    files.commit(&base).unwrap();
    for (at, mode) in [
        ("/etc/old", 0o640),
        ("/etc/d", 0o700),
        ("/etc/d/new", 0o600),
    ] {
        let found = base.stat(&path(at)).unwrap().unwrap();
        assert_eq!((found.owner, found.mode), (somebody, mode), "{at}");
    }
}
