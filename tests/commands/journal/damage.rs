//! Journals that are torn, damaged, or somebody else's.

use std::os::unix::process::ExitStatusExt;

use super::{Machine, fails, succeeds};

/// Where the journal of a run lies.
fn journal(machine: &Machine, run: &str) -> std::path::PathBuf {
    let runs = machine.root().join("var/lib/kubewright/runs");
    runs.join(format!("{run}.jsonl"))
}

#[test]
fn a_record_that_was_torn_did_not_happen() {
    let torn: [(&str, &[u8]); 4] = [
        ("half a record", b"{\"record\":\"touch\",\"effect\":9,\"pa"),
        (
            "half a character",
            b"{\"record\":\"begin\",\"phase\":\"\xc3",
        ),
        ("zeros, as after a power cut", &[0; 64]),
        ("nothing but the beginning", b"{"),
    ];
    let fresh = Machine::new();
    let before = fresh.tree();
    succeeds(fresh.init(&[]));
    let undisturbed = fresh.shape();
    for (name, rest) in torn {
        let machine = Machine::new();
        let mut killed = machine.init(&[]);
        let killed = killed.env("KUBEWRIGHT_CRASH_AT", "touch:9").output();
        assert_eq!(killed.unwrap().status.signal(), Some(9), "{name}");
        let path = journal(&machine, "000001");
        let mut records = std::fs::read(&path).unwrap();
        records.extend(rest);
        std::fs::write(&path, records).unwrap();
        let (keys, abandoned) = (machine.keys(), machine.copy());
        succeeds(abandoned.command(&["reset", "--yes"]));
        assert_eq!(abandoned.tree(), before, "{name}");
        let said = succeeds(machine.init(&[]));
        assert!(said.contains("Going on with run 1"), "{name}: {said}");
        assert_eq!(machine.shape(), undisturbed, "{name}");
        for (path, key) in keys {
            assert_eq!(machine.keys().get(&path), Some(&key), "{name}: {path}");
        }
        let history = succeeds(machine.command(&["history"]));
        assert!(history.contains("died"), "{name}: {history}");
    }
}

#[test]
fn a_journal_that_is_none_is_one_error_and_nothing_changes() {
    type Damage = fn(&Machine);
    let cases: [(&str, Damage, &[&str]); 7] = [
        (
            "a line in the middle",
            |machine| {
                let path = journal(machine, "000001");
                let text = std::fs::read_to_string(&path).unwrap();
                let mut lines: Vec<_> = text.lines().collect();
                lines[2] = "{\"record\":\"of another\"}";
                std::fs::write(path, lines.join("\n") + "\n").unwrap();
            },
            &["runs/000001.jsonl, line 3, is not a record", "move it away"],
        ),
        (
            "no journal at all",
            |machine| {
                let path = journal(machine, "000007");
                std::fs::write(path, "dear diary\n").unwrap();
            },
            &["runs/000007.jsonl, line 1, is not a record", "move it away"],
        ),
        (
            "a line without an end",
            |machine| {
                let file = std::fs::File::create(journal(machine, "000007")).unwrap();
                // Three gigabytes that take no room on the disk.
                file.set_len(3 << 30).unwrap();
                use std::os::unix::fs::FileExt;
                file.write_all_at(b"\n", (3 << 30) - 1).unwrap();
            },
            &["runs/000007.jsonl, line 1, is not a record", "move it away"],
        ),
        (
            "a folder in the place of a run",
            |machine| std::fs::create_dir(journal(machine, "000007")).unwrap(),
            &["000007.jsonl", "directory"],
        ),
        (
            "a link in the place of a run",
            |machine| {
                std::os::unix::fs::symlink("/etc/passwd", journal(machine, "000007")).unwrap();
            },
            &["000007.jsonl"],
        ),
        (
            "a file in the place of the runs",
            |machine| {
                let runs = machine.root().join("var/lib/kubewright/runs");
                std::fs::remove_dir_all(&runs).unwrap();
                std::fs::write(runs, "").unwrap();
            },
            &["/var/lib/kubewright/runs"],
        ),
        (
            "a link in the place of the folder",
            |machine| {
                let folder = machine.root().join("var/lib/kubewright");
                std::fs::remove_dir_all(&folder).unwrap();
                std::os::unix::fs::symlink("/tmp", folder).unwrap();
            },
            &["/var/lib/kubewright"],
        ),
    ];
    let begun = Machine::new();
    succeeds(begun.init(&[]));
    for (name, damage, words) in cases {
        let machine = begun.copy();
        damage(&machine);
        let before = machine.tree();
        for command in [
            machine.init(&[]),
            machine.command(&["reset", "--yes"]),
            machine.command(&["history"]),
        ] {
            let said = fails(command);
            for word in words {
                assert!(said.contains(word), "{name}: {said}");
            }
            let errors = said.lines().filter(|line| line.starts_with("error: "));
            assert_eq!(errors.count(), 1, "{name}: {said}");
            assert!(!said.contains("panicked"), "{name}: {said}");
        }
        assert_eq!(machine.tree(), before, "{name}");
    }
    // What is not named as a run is none of ours.
    let machine = begun.copy();
    let notes = machine.root().join("var/lib/kubewright/runs/notes.txt");
    std::fs::write(notes, "mine").unwrap();
    assert!(succeeds(machine.init(&[])).contains("Nothing changed"));
}
