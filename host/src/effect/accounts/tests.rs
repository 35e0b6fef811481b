use super::*;
use crate::world::Owner;
use crate::world::sandbox::SandboxFiles;

const PASSWD: &str = "root:x:0:0:root:/root:/bin/bash\ndaemon:x:101:1::/:/usr/sbin/nologin\n";
const GROUP: &str = "root:x:0:\nadm:x:100:root,bob\n";
const ETCD: &str = "kubeadm-etcd";
const READERS: &str = "readers";

/// A machine with these files; none where a text is "-".
fn machine(passwd: &str, group: &str, login_defs: &str) -> SandboxFiles {
    let files = SandboxFiles::over(None);
    files.make_directory(&at("/etc"), 0o755).unwrap();
    for (path, text) in [(USERS, passwd), (GROUPS, group), (LOGIN_DEFS, login_defs)] {
        if text != "-" {
            files.write(&at(path), 0o644, text.as_bytes()).unwrap();
        }
    }
    files
}

fn ensure(files: &SandboxFiles) -> Result<(Identities, Change), AccountsError> {
    let group = |name: &str| WantedGroup {
        name: name.to_owned(),
        members: vec![ETCD.to_owned()],
    };
    ensure_accounts(files, &[ETCD.to_owned()], &[group(ETCD), group(READERS)])
}

fn text(files: &SandboxFiles, path: &'static str) -> String {
    String::from_utf8(files.read(&at(path), 1 << 20).unwrap()).unwrap()
}

#[test]
fn what_is_missing_is_made_and_what_is_there_is_kept() {
    let made_user = "kubeadm-etcd:x:100:101:::/bin/false\n";
    let made_groups = "kubeadm-etcd:x:101:kubeadm-etcd\nreaders:x:102:kubeadm-etcd\n";
    let both = (
        format!("{PASSWD}{made_user}"),
        format!("{GROUP}{made_groups}"),
    );
    for (name, passwd, group, login_defs, wanted, change) in [
        ("no login.defs", PASSWD, GROUP, "-", &both, Change::Created),
        (
            "empty login.defs",
            PASSWD,
            GROUP,
            "",
            &both,
            Change::Created,
        ),
        (
            "no line break at the end",
            PASSWD.trim_end(),
            GROUP.trim_end(),
            "-",
            &both,
            Change::Created,
        ),
        (
            "a range of its own",
            PASSWD,
            GROUP,
            "# SYS_UID_MIN 5\nSYS_UID_MIN\t\t 200\nSYS_GID_MIN 300 \nUID_MIN 1000\n",
            &(
                format!("{PASSWD}kubeadm-etcd:x:200:300:::/bin/false\n"),
                format!("{GROUP}kubeadm-etcd:x:300:kubeadm-etcd\nreaders:x:301:kubeadm-etcd\n"),
            ),
            Change::Created,
        ),
        ("all there", &both.0, &both.1, "-", &both, Change::Unchanged),
        (
            "a group missing",
            &both.0,
            &format!("{GROUP}kubeadm-etcd:x:101:kubeadm-etcd\n"),
            "-",
            &both,
            Change::Created,
        ),
        (
            "a user missing",
            PASSWD,
            &both.1,
            "-",
            &both,
            Change::Created,
        ),
        (
            "nothing at all",
            "",
            "",
            "-",
            &(
                "kubeadm-etcd:x:100:100:::/bin/false\n".to_owned(),
                "kubeadm-etcd:x:100:kubeadm-etcd\nreaders:x:101:kubeadm-etcd\n".to_owned(),
            ),
            Change::Created,
        ),
        (
            "lines that the C library passes over",
            "# people\n+@admins::::::\n\n",
            "+:::\n",
            "-",
            &(
                "# people\n+@admins::::::\n\nkubeadm-etcd:x:100:100:::/bin/false\n".to_owned(),
                "+:::\nkubeadm-etcd:x:100:kubeadm-etcd\nreaders:x:101:kubeadm-etcd\n".to_owned(),
            ),
            Change::Created,
        ),
    ] {
        let files = machine(passwd, group, login_defs);
        let (found, got) = ensure(&files).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(got, change, "{name}");
        assert_eq!(text(&files, USERS), wanted.0, "{name}");
        assert_eq!(text(&files, GROUPS), wanted.1, "{name}");
        let again = ensure(&files).unwrap();
        assert_eq!(again, (found, Change::Unchanged), "{name}");
    }
}

#[test]
fn what_does_not_fit_is_told_and_nothing_changes() {
    let user = |line: &str| format!("{PASSWD}{line}\n");
    let group = |line: &str| format!("{GROUP}{line}\n");
    let etcd = "kubeadm-etcd:x:101:kubeadm-etcd";
    for (name, passwd, groups, login_defs, wanted) in [
        (
            "UID of people",
            user("kubeadm-etcd:x:2000:101:::/bin/false"),
            group(etcd),
            "-",
            "UID 2000 for user \"kubeadm-etcd\" is outside the system UID range: 100 - 999",
        ),
        (
            "a shell",
            user("kubeadm-etcd:x:102:101:::/bin/sh"),
            group(etcd),
            "-",
            "user \"kubeadm-etcd\" has unexpected shell \"/bin/sh\"; expected \"/bin/false\"",
        ),
        (
            "no group",
            user("kubeadm-etcd:x:102:555:::/bin/false"),
            group(etcd),
            "-",
            "could not find group with GID 555 for user \"kubeadm-etcd\"",
        ),
        (
            "another group",
            user("kubeadm-etcd:x:102:100:::/bin/false"),
            group(etcd),
            "-",
            "has GID 100 but the group with that GID is not named \"kubeadm-etcd\"",
        ),
        (
            "GID of people",
            PASSWD.to_owned(),
            group("readers:x:2000:kubeadm-etcd"),
            "-",
            "GID 2000 for group \"readers\" is outside the system GID range: 100 - 999",
        ),
        (
            "another member",
            PASSWD.to_owned(),
            group("readers:x:300:kubeadm-etcd,bob"),
            "-",
            "expected users \"kubeadm-etcd\" for group \"readers\"; got \"kubeadm-etcd,bob\"",
        ),
        (
            "no member",
            PASSWD.to_owned(),
            group("readers:x:300:"),
            "-",
            "expected users \"kubeadm-etcd\" for group \"readers\"; got \"\"",
        ),
        (
            "no number is free",
            PASSWD.to_owned(),
            GROUP.to_owned(),
            "SYS_GID_MIN 100\nSYS_GID_MAX 101\n",
            "could not allocate 2 IDs based on existing entries of /etc/group in the range: 100 - 101",
        ),
        (
            "a field too few",
            user("bob:x:1:1::/"),
            GROUP.to_owned(),
            "-",
            "/etc/passwd, line 3: an entry must have 7 fields separated by \":\", and this one has 6",
        ),
        (
            "a UID that is none",
            user("bob:x:one:1:::/"),
            GROUP.to_owned(),
            "-",
            "/etc/passwd, line 3: \"one\" is no UID",
        ),
        (
            "a GID that is none",
            PASSWD.to_owned(),
            group("bob:x:-1:"),
            "-",
            "/etc/group, line 3: \"-1\" is no GID",
        ),
        (
            "a limit that is none",
            PASSWD.to_owned(),
            GROUP.to_owned(),
            "\nSYS_UID_MAX many\n",
            "/etc/login.defs, line 2: could not parse value for SYS_UID_MAX",
        ),
        (
            "no users",
            "-".to_owned(),
            GROUP.to_owned(),
            "-",
            "/etc/passwd is not there",
        ),
        (
            "no groups",
            PASSWD.to_owned(),
            "-".to_owned(),
            "-",
            "/etc/group is not there",
        ),
    ] {
        let files = machine(&passwd, &groups, login_defs);
        let error = ensure(&files).unwrap_err().to_string();
        assert!(error.contains(wanted), "{name}: {error}");
        // Passwords are in no message.
        assert!(!error.contains(":x:"), "{name}: {error}");
        for (path, before) in [(USERS, &passwd), (GROUPS, &groups)] {
            if before != "-" {
                assert_eq!(text(&files, path), *before, "{name}");
            }
        }
    }
    let alone = ensure_accounts(&machine(PASSWD, GROUP, "-"), &[ETCD.to_owned()], &[]);
    let error = alone.unwrap_err().to_string();
    assert!(error.contains("without a group"), "{error}");
}

#[test]
fn names_are_those_of_system_accounts() {
    for name in ["a", "_a", "kubeadm-sa-key-readers", &"a".repeat(32)] {
        check_name(name).unwrap();
    }
    for name in [
        "",
        "-a",
        "1a",
        "A",
        "a b",
        "a:b",
        "a\nroot:x:0:0:::/bin/sh",
        "a,b",
        "ä",
        "*",
        &"a".repeat(33),
    ] {
        assert!(check_name(name).is_err(), "{name}");
    }
}

#[test]
fn lines_are_removed_by_whole_names() {
    let passwd =
        format!("{PASSWD}kubeadm-etcd:x:1:1:::\nkubeadm-etcd2:x:2:2:::\n kubeadm-etcd:x:3:3:::");
    let files = machine(&passwd, GROUP, "-");
    assert_eq!(text(&files, USERS), passwd);
    let remove = || remove_accounts(&files, USERS, &[ETCD, READERS]).unwrap();
    assert_eq!(remove(), [ETCD]);
    assert_eq!(
        text(&files, USERS),
        format!("{PASSWD}kubeadm-etcd2:x:2:2:::\n kubeadm-etcd:x:3:3:::")
    );
    assert_eq!(remove(), [""; 0]);
}

#[test]
fn owners_are_found_by_name_and_named() {
    let files = machine(PASSWD, GROUP, "-");
    let (ids, _) = ensure(&files).unwrap();
    let owner = find_owner(&files, ETCD, READERS).unwrap();
    assert_eq!(
        (owner.uid, owner.gid),
        (ids.users[ETCD], ids.groups[READERS])
    );
    let root = find_owner(&machine("-", "-", "-"), "root", "root").unwrap();
    assert_eq!(root, Owner { uid: 0, gid: 0 });
    for (user, group, wanted) in [
        (
            "nobody",
            "root",
            "there is no user \"nobody\" in /etc/passwd",
        ),
        (
            "root",
            "nogroup",
            "there is no group \"nogroup\" in /etc/group",
        ),
    ] {
        let error = find_owner(&files, user, group).unwrap_err().to_string();
        assert_eq!(error, wanted);
    }
    let names = OwnerNames::of(&files);
    assert_eq!(names.of_owner(owner), "kubeadm-etcd:readers");
    assert_eq!(names.of_owner(Owner { uid: 7, gid: 0 }), "7:root");
    assert_eq!(OwnerNames::default().of_owner(root), "root:root");
}

proptest::proptest! {
    #[test]
    fn no_file_makes_it_panic(passwd in "[a-c0-9:,#+\\n]{0,60}", group in "\\PC{0,40}") {
        let _ = ensure(&machine(&passwd, &group, &group));
    }
}
