//! Undoing lines that were added to a file of others, as `/etc/passwd`: what
//! others added since, before or after ours, is theirs.

use super::{State, Touched, Undo, digest};
use crate::world::{FileError, Files, MachinePath};

/// What is read of such a file at most.
const LIMIT: u64 = 64 << 20;

/// What undoing takes where all that runs did to a file was to add lines; none
/// where they did something else. `force` also removes lines of ours that
/// others changed since, by their first fields.
pub(super) fn undo(
    files: &dyn Files,
    path: &MachinePath,
    touched: &Touched,
    now: &State,
    force: bool,
) -> Result<Option<Undo>, FileError> {
    let State::File {
        digest: original, ..
    } = &touched.original
    else {
        return Ok(None);
    };
    let mut ours: Vec<&str> = Vec::new();
    for made in &touched.made {
        match made {
            State::File { added, .. } if !added.is_empty() => {
                ours.extend(added.iter().map(String::as_str));
            }
            _ => return Ok(None),
        }
    }
    if !matches!(now, State::File { .. }) {
        return Ok(None);
    }
    let content = files.read(path, LIMIT)?;
    let named = |line: &[u8]| {
        let mut names = ours.iter().map(|one| first_field(one.as_bytes()));
        names.any(|name| name == first_field(line))
    };
    let mut rest = Vec::new();
    let (mut names, mut changed) = (Vec::new(), Vec::new());
    for line in content.split_inclusive(|byte| *byte == b'\n') {
        let bare = line.strip_suffix(b"\n").unwrap_or(line);
        let name = || String::from_utf8_lossy(first_field(bare)).into_owned();
        let is_as_made = ours.iter().any(|one| one.as_bytes() == bare);
        if is_as_made || force && named(bare) {
            names.push(name());
            continue;
        }
        if named(bare) {
            changed.push(name());
        }
        rest.extend_from_slice(line);
    }
    if names.is_empty() {
        return Ok(Some(match changed.as_slice() {
            [] => Undo::Nothing,
            changed => Undo::Keep(kept(changed)),
        }));
    }
    // It may not have ended in a line break before ours came.
    if let Some(bare) = rest.strip_suffix(b"\n")
        && digest(bare) == *original
    {
        rest.pop();
    }
    Ok(Some(Undo::Lines {
        names,
        rest,
        changed,
    }))
}

/// That these are kept.
pub(super) fn kept(changed: &[String]) -> String {
    let have = match changed {
        [_] => "has",
        _ => "have",
    };
    format!("{} {have} been changed since", changed.join(", "))
}

fn first_field(line: &[u8]) -> &[u8] {
    line.split(|byte| *byte == b':').next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::effect::journal::state_of;
    use crate::world::sandbox::SandboxFiles;

    const OURS: &str = "kubeadm-ks:x:101:101:::/bin/false";

    #[test]
    fn only_our_lines_go() {
        let ours = format!("{OURS}\n");
        let changed = "kubeadm-ks:x:101:101:::/bin/bash\n";
        for (name, before, now, force, wanted) in [
            (
                "as it was left",
                "root\n",
                format!("root\n{ours}"),
                false,
                Some("root\n"),
            ),
            (
                "no line break at the end",
                "root",
                format!("root\n{ours}"),
                false,
                Some("root"),
            ),
            ("empty", "", ours.clone(), false, Some("")),
            (
                "somebody came later",
                "root\n",
                format!("root\n{ours}bob\n"),
                false,
                Some("root\nbob\n"),
            ),
            (
                "somebody went",
                "root\nbob\n",
                format!("root\n{ours}"),
                false,
                Some("root\n"),
            ),
            (
                "no line break, and somebody came",
                "root",
                format!("root\n{ours}bob\n"),
                false,
                Some("root\nbob\n"),
            ),
            (
                "the last lost its line break",
                "root\n",
                format!("root\n{OURS}"),
                false,
                Some("root\n"),
            ),
            (
                "gone already",
                "root\n",
                "root\nbob\n".to_owned(),
                false,
                None,
            ),
            (
                "changed since",
                "root\n",
                format!("root\n{changed}"),
                false,
                Some("kept"),
            ),
            (
                "a line of two changed",
                "root\n",
                format!("root\n{ours}{changed}"),
                false,
                Some("root\nkubeadm-ks:x:101:101:::/bin/bash\n"),
            ),
            (
                "changed since, forced",
                "root\n",
                format!("root\n{changed}"),
                true,
                Some("root\n"),
            ),
            (
                "a longer name, forced",
                "root\n",
                format!("root\n{ours}kubeadm-ks2:x\n"),
                true,
                Some("root\nkubeadm-ks2:x\n"),
            ),
        ] {
            let files = SandboxFiles::over(None);
            let path = MachinePath::parse("/passwd").unwrap();
            files.write(&path, 0o644, now.as_bytes()).unwrap();
            let made = match State::written(0o644, format!("{before}{ours}").as_bytes()) {
                State::File {
                    mode,
                    digest,
                    owner,
                    copy,
                    ..
                } => State::File {
                    mode,
                    digest,
                    owner,
                    copy,
                    added: vec![OURS.to_owned()],
                },
                other => other,
            };
            let touched = Touched {
                original: State::written(0o644, before.as_bytes()),
                made: vec![made],
                by: (1, 1),
                order: 1,
            };
            let found = state_of(&files, &path).unwrap();
            let undo = undo(&files, &path, &touched, &found, force).unwrap();
            let rest = match undo {
                Some(Undo::Lines { rest, .. }) => Some(String::from_utf8(rest).unwrap()),
                Some(Undo::Nothing) => None,
                Some(Undo::Keep(why)) => {
                    assert_eq!(why, "kubeadm-ks has been changed since", "{name}");
                    Some("kept".to_owned())
                }
                other => panic!("{name}: {other:?}"),
            };
            assert_eq!(rest.as_deref(), wanted, "{name}");
        }
    }
}
