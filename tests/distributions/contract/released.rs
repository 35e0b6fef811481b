//! A released version of the contract does not change: components were built
//! against it.
//!
//! `wit/released` has a line for each version: `VERSION open`, or `VERSION
//! sha256:HEX`, the digest of its files. Whoever releases one replaces `open`
//! by the digest that this test shows.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::support::components::digest;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../wit")
}

/// Of names and content of all files in a folder, in the order of their names.
fn digest_of(folder: &Path) -> String {
    let files: BTreeMap<_, _> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| {
            let entry = entry.unwrap();
            assert!(entry.file_type().unwrap().is_file(), "{:?}", entry.path());
            let name = entry.file_name().into_string().unwrap();
            (name, std::fs::read(entry.path()).unwrap())
        })
        .collect();
    let mut all = Vec::new();
    for (name, content) in files {
        all.extend(format!("{name} {}\n", content.len()).into_bytes());
        all.extend(content);
    }
    digest(&all)
}

/// What is wrong with these lines about these versions, with their digests.
fn mistakes(lines: &str, versions: &BTreeMap<String, String>) -> Vec<String> {
    let mut mistakes = Vec::new();
    let mut open = versions.clone();
    for line in lines.lines() {
        let Some((version, state)) = line.split_once(' ') else {
            mistakes.push(format!("{line:?} is no line of a version"));
            continue;
        };
        match (open.remove(version), state) {
            (None, _) => mistakes.push(format!("wit/v{version} is gone, or stands there twice")),
            (Some(_), "open") => {}
            (Some(now), released) if now == released => {}
            (Some(now), released) => mistakes.push(format!(
                "wit/v{version} was released as {released} and is {now}: what changes goes into a version of its own"
            )),
        }
    }
    let unknown = open.keys();
    mistakes.extend(unknown.map(|version| format!("wit/released has no line for {version}")));
    mistakes
}

#[test]
fn a_released_version_is_as_it_was() {
    let versions = std::fs::read_dir(folder())
        .unwrap()
        .filter_map(|entry| {
            let entry = entry.unwrap();
            let name = entry.file_name().into_string().unwrap();
            let version = name.strip_prefix('v')?.to_owned();
            Some((version, digest_of(&entry.path())))
        })
        .collect();
    let lines = std::fs::read_to_string(folder().join("released")).unwrap();
    assert_eq!(
        mistakes(&lines, &versions),
        Vec::<String>::new(),
        "{versions:#?}"
    );
}

#[test]
fn a_change_of_a_released_version_is_seen() {
    let at = |digest: &str| BTreeMap::from([("1.0.0".to_owned(), digest.to_owned())]);
    for (lines, now, wrong) in [
        ("1.0.0 open\n", "sha256:b", ""),
        ("1.0.0 sha256:a\n", "sha256:a", ""),
        ("1.0.0 sha256:a\n", "sha256:b", "was released as sha256:a"),
        ("", "sha256:a", "no line for 1.0.0"),
        ("1.0.0 open\n1.1.0 open\n", "sha256:a", "wit/v1.1.0 is gone"),
        ("1.0.0\n", "sha256:a", "is no line of a version"),
    ] {
        let found = mistakes(lines, &at(now)).join("\n");
        assert!(found.contains(wrong), "{lines}: {found}");
        assert_eq!(found.is_empty(), wrong.is_empty(), "{lines}: {found}");
    }
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("x.wit");
    let mut seen = Vec::new();
    for content in ["interface a {}", "interface a { }"] {
        std::fs::write(&file, content).unwrap();
        seen.push(digest_of(folder.path()));
    }
    std::fs::rename(&file, folder.path().join("y.wit")).unwrap();
    seen.push(digest_of(folder.path()));
    seen.dedup();
    assert_eq!(seen.len(), 3, "{seen:?}");
}
