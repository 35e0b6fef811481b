use super::*;
use std::os::unix::fs::{PermissionsExt, symlink};

fn path(text: &str) -> MachinePath {
    MachinePath::parse(text).unwrap()
}

#[test]
fn a_file_is_written_whole_with_its_mode() {
    let root = tempfile::tempdir().unwrap();
    let files = MachineFiles::open(root.path()).unwrap();
    files.make_directory(&path("/etc"), 0o755).unwrap();
    files.write(&path("/etc/a"), 0o600, b"one").unwrap();
    files.write(&path("/etc/a"), 0o640, b"two").unwrap();
    assert_eq!(files.read(&path("/etc/a"), 10).unwrap(), b"two");
    assert_eq!(files.stat(&path("/etc/a")).unwrap().unwrap().mode, 0o640);
    assert_eq!(files.list(&path("/etc")).unwrap(), ["a"]);
    assert_eq!(files.list(&path("/")).unwrap(), ["etc"], "no leftovers");
}

#[test]
fn links_stay_below_the_root() {
    let root = tempfile::tempdir().unwrap();
    let outside = tempfile::tempdir().unwrap();
    std::fs::write(outside.path().join("secret"), b"x").unwrap();
    symlink(outside.path(), root.path().join("out")).unwrap();
    symlink("../../../../../../etc", root.path().join("up")).unwrap();
    std::fs::create_dir(root.path().join("data")).unwrap();
    symlink("/data", root.path().join("in")).unwrap();
    let files = MachineFiles::open(root.path()).unwrap();
    assert!(files.read(&path("/out/secret"), 10).is_err());
    assert!(files.read(&path("/up/passwd"), 1 << 20).is_err());
    // An absolute link is followed below the root, as in a chroot.
    files.write(&path("/in/file"), 0o644, b"y").unwrap();
    assert_eq!(std::fs::read(root.path().join("data/file")).unwrap(), b"y");
    assert!(files.write(&path("/out/new"), 0o644, b"z").is_err());
    assert!(!outside.path().join("new").exists());
}

#[test]
fn what_cannot_be_done_says_why() {
    let root = tempfile::tempdir().unwrap();
    let files = MachineFiles::open(root.path()).unwrap();
    files.make_directory(&path("/d"), 0o700).unwrap();
    files.write(&path("/d/f"), 0o644, b"12345").unwrap();
    type Case = (&'static str, Result<(), FileError>, &'static str);
    let cases: [Case; 5] = [
        ("missing", files.read(&path("/x"), 9).map(drop), "not there"),
        (
            "too large",
            files.read(&path("/d/f"), 4).map(drop),
            "more than the 4",
        ),
        (
            "directory",
            files.read(&path("/d"), 4).map(drop),
            "is a directory",
        ),
        ("not empty", files.remove(&path("/d")), "not empty"),
        (
            "over a directory",
            files.write(&path("/d"), 0o600, b""),
            "is a directory",
        ),
    ];
    for (name, got, wanted) in cases {
        let text = got.unwrap_err().to_string();
        assert!(text.contains(wanted), "{name}: {text}");
    }
}

#[test]
fn a_failed_write_leaves_the_old_file_and_no_rest() {
    let root = tempfile::tempdir().unwrap();
    let files = MachineFiles::open(root.path()).unwrap();
    files.make_directory(&path("/d"), 0o755).unwrap();
    files.write(&path("/d/f"), 0o644, b"old").unwrap();
    // A directory in the way of the rename target.
    std::fs::create_dir(root.path().join("d/g")).unwrap();
    assert!(files.write(&path("/d/g"), 0o644, b"new").is_err());
    assert_eq!(files.list(&path("/d")).unwrap(), ["f", "g"]);
    assert_eq!(files.list(&path("/")).unwrap(), ["d"]);
    let mode = std::fs::metadata(root.path().join("d/f"))
        .unwrap()
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o644);
}
