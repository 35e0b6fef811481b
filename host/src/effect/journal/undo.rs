//! Making a path what it was before all runs.

use super::files::state_of;
use super::{Folder, JournalError, State, Touched};
use crate::world::{FileError, FileKind, Files, MachinePath};

/// What undoing a path takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Undo {
    /// It is what it was.
    Nothing,
    /// A file of ours, or an empty folder that we made.
    Remove,
    /// A file whose earlier content is kept.
    Restore { mode: u32, digest: String },
    /// A folder that had another mode, or that we removed.
    Folder { mode: u32 },
    /// It stays as it is, for this reason.
    Keep(String),
}

impl Undo {
    /// Decides. `force` also undoes what others changed since.
    pub fn of(
        files: &dyn Files,
        path: &MachinePath,
        touched: &Touched,
        force: bool,
    ) -> Result<Self, FileError> {
        let now = state_of(files, path)?;
        if now.same_as(&touched.original) {
            return Ok(Self::Nothing);
        }
        let ours = force || touched.made.iter().any(|made| made.same_as(&now));
        let changed = || Self::Keep("it has been changed since".to_owned());
        Ok(match (&touched.original, &now) {
            (State::Absent, State::Directory { .. }) => match files.list(path)?.as_slice() {
                [] => Self::Remove,
                [first, rest @ ..] => Self::Keep(match rest.len() {
                    0 => format!("{first} lies in it"),
                    more => format!("{first} and {more} more lie in it"),
                }),
            },
            (State::Absent, _) if ours => Self::Remove,
            (State::File { copy: false, .. }, _) => {
                Self::Keep("what it was held a secret, and no copy of that is kept".to_owned())
            }
            (State::File { .. }, State::Directory { .. }) => {
                Self::Keep("it has become a directory since".to_owned())
            }
            (State::File { mode, digest, .. }, _) if ours => Self::Restore {
                mode: *mode,
                digest: digest.clone(),
            },
            (State::Directory { mode, .. }, State::Directory { .. } | State::Absent) if ours => {
                Self::Folder { mode: *mode }
            }
            (State::Other, _) => {
                Self::Keep("it was neither a file nor a directory before".to_owned())
            }
            _ => changed(),
        })
    }

    /// Does it.
    pub fn carry_out(
        &self,
        folder: &Folder,
        files: &dyn Files,
        path: &MachinePath,
    ) -> Result<(), JournalError> {
        match self {
            Self::Nothing | Self::Keep(_) => {}
            Self::Remove => files.remove(path)?,
            Self::Restore { mode, digest } => {
                files.write(path, *mode, &folder.read_copy(digest)?)?;
            }
            Self::Folder { mode } => files.make_directory(path, *mode)?,
        }
        Ok(())
    }

    /// In a few words.
    pub fn words(&self) -> &'static str {
        match self {
            Self::Nothing => "is as it was",
            Self::Remove => "removed",
            Self::Restore { .. } => "restored",
            Self::Folder { .. } => "mode restored",
            Self::Keep(_) => "kept",
        }
    }
}

/// Removes all that lies in a folder, links themselves and not what they lead
/// to. `stays` says what is neither to be removed nor entered, as mount points.
pub fn empty_folder(
    files: &dyn Files,
    folder: &MachinePath,
    stays: &dyn Fn(&MachinePath) -> bool,
) -> Result<(), FileError> {
    for name in files.list(folder)? {
        let Ok(path) = folder.join(&name) else {
            continue;
        };
        if stays(&path) {
            continue;
        }
        let Some(found) = files.stat(&path)? else {
            continue;
        };
        if found.kind == FileKind::Directory {
            empty_folder(files, &path, stays)?;
            if !files.list(&path)?.is_empty() {
                continue;
            }
        }
        files.remove(&path)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::world::sandbox::SandboxFiles;

    fn path(text: &str) -> MachinePath {
        MachinePath::parse(text).unwrap()
    }

    fn file(content: &[u8], copy: bool) -> State {
        match State::written(0o600, content) {
            State::File { mode, digest, .. } => State::File { mode, digest, copy },
            other => other,
        }
    }

    #[test]
    fn only_what_is_ours_is_undone() {
        let directory = |mode| State::Directory { mode, empty: true };
        type Case<'a> = (&'a str, State, State, &'a str, bool, &'a str);
        let cases: [Case; 10] = [
            (
                "made",
                State::Absent,
                file(b"new", false),
                "/d/new",
                false,
                "removed",
            ),
            (
                "changed since",
                State::Absent,
                file(b"x", false),
                "/d/new",
                false,
                "kept",
            ),
            (
                "changed, forced",
                State::Absent,
                file(b"x", false),
                "/d/new",
                true,
                "removed",
            ),
            (
                "replaced",
                file(b"old", true),
                file(b"new", false),
                "/d/new",
                false,
                "restored",
            ),
            (
                "replaced secret",
                file(b"old", false),
                file(b"new", false),
                "/d/new",
                true,
                "kept",
            ),
            (
                "never happened",
                State::Absent,
                file(b"x", false),
                "/d/none",
                false,
                "is as it was",
            ),
            (
                "removed",
                file(b"old", true),
                State::Absent,
                "/d/none",
                false,
                "restored",
            ),
            (
                "full folder",
                State::Absent,
                directory(0o700),
                "/d",
                false,
                "kept",
            ),
            (
                "empty folder",
                State::Absent,
                directory(0o700),
                "/e",
                false,
                "removed",
            ),
            (
                "folder's mode",
                directory(0o755),
                directory(0o700),
                "/e",
                false,
                "mode restored",
            ),
        ];
        for (name, original, made, at, force, wanted) in cases {
            let files = SandboxFiles::over(None);
            files.make_directory(&path("/d"), 0o700).unwrap();
            files.make_directory(&path("/e"), 0o700).unwrap();
            files.write(&path("/d/new"), 0o600, b"new").unwrap();
            let touched = Touched {
                original,
                made: vec![made],
                by: (1, 1),
                order: 1,
            };
            let undo = Undo::of(&files, &path(at), &touched, force).unwrap();
            assert_eq!(undo.words(), wanted, "{name}: {undo:?}");
        }
    }

    #[test]
    fn what_stays_is_neither_entered_nor_removed() {
        let files = SandboxFiles::over(None);
        for folder in ["/s", "/s/volume", "/s/other"] {
            files.make_directory(&path(folder), 0o755).unwrap();
        }
        for file in ["/s/volume/data", "/s/other/rest", "/s/mounted", "/s/file"] {
            files.write(&path(file), 0o600, b"x").unwrap();
        }
        let stays = [path("/s/volume"), path("/s/mounted")];
        empty_folder(&files, &path("/s"), &|at| stays.contains(at)).unwrap();
        assert_eq!(files.list(&path("/s")).unwrap(), ["mounted", "volume"]);
        assert!(files.stat(&path("/s/volume/data")).unwrap().is_some());
    }
}
