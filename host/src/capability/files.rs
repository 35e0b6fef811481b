//! `files`: the machine's files, by grant.

use super::bindings::{files, sealed, types};
use super::gate::Answer;
use super::refusal::{IntoWit, Refusal, wit_error};
use super::state::PhaseState;
use crate::effect::{
    Content, FileVerb, MakeDirectory, Place, RemoveFile, SealedValue, SecretKind, WriteFile,
    holds_secret,
};
use crate::world::{FileError, FileKind, LastLink};

/// What a component may read at most.
const READ_LIMIT: u64 = 4 << 20;

impl IntoWit for FileError {
    fn into_wit(self) -> types::Error {
        let code = match &self {
            Self::NotFound(_) => types::ErrorCode::NotFound,
            Self::IsDirectory(_)
            | Self::NotDirectory(_)
            | Self::Special(_)
            | Self::NotRegular(_)
            | Self::TooLarge { .. } => types::ErrorCode::Invalid,
            Self::NotEmpty(_) => types::ErrorCode::Conflict,
            Self::Escapes { .. } => types::ErrorCode::Denied,
            Self::Io { .. } => types::ErrorCode::Io,
        };
        wit_error(code, &self)
    }
}

impl PhaseState {
    /// The place of a path that the component may do this with.
    pub(super) fn granted(&mut self, path: &str, verb: FileVerb) -> Result<Place, Refusal> {
        let last = match verb {
            // A folder that is a link is the one it leads to.
            FileVerb::Read | FileVerb::Empty => LastLink::Follow,
            FileVerb::Write | FileVerb::Remove | FileVerb::Own => LastLink::Keep,
        };
        self.doing = format!("{verb:?} {path}").to_lowercase();
        let place = self.place(path, last)?;
        let files = &*self.run.conduit.world().files;
        self.origin.grants.covers_file(&place, verb, files)?;
        Ok(place)
    }

    /// The host knows which files hold sealed values, whatever they are called.
    /// Should it lose that (a file system that is copied), it goes by looks: a
    /// component may not write what would not be known for a secret then to
    /// where it may read.
    fn refuse_disguise(&self, place: &Place, content: &Content) -> Result<(), Refusal> {
        let is_secret = holds_plain(content);
        let files = &*self.world().files;
        let grants = &self.origin.grants;
        if !is_secret
            || grants.covers_file(place, FileVerb::Read, files).is_err()
            || (content.is_telltale() && holds_secret(&content.reveal()))
        {
            return Ok(());
        }
        let labels: Vec<&str> = content.sealed().map(SealedValue::label).collect();
        Err(Refusal::Told(types::Error {
            code: types::ErrorCode::Denied,
            message: format!(
                "{place} would hold the {} in a form that cannot be told from what is public, where the component may read",
                labels.join(", ")
            ),
            hint: Some(format!(
                "grant the component to write {place} and not to read it"
            )),
        }))
    }
}

pub async fn write(
    state: &mut PhaseState,
    path: String,
    mode: u32,
    content: Vec<sealed::Piece>,
) -> Answer<types::Change> {
    let content = state.content(content)?;
    let mode = match holds_plain(&content) {
        true => secret_permissions(&path, mode)?,
        false => permissions(&path, mode)?,
    };
    let place = state.place(&path, LastLink::Keep)?;
    state.refuse_disguise(&place, &content)?;
    state.run.remember_file(&place, &content);
    let ((), change) = state
        .land(WriteFile {
            place,
            mode,
            content,
        })
        .await?;
    state.answer(change.into())
}

pub async fn make_directory(
    state: &mut PhaseState,
    path: String,
    mode: u32,
) -> Answer<types::Change> {
    let mode = permissions(&path, mode)?;
    let place = state.place(&path, LastLink::Follow)?;
    let ((), change) = state.land(MakeDirectory { place, mode }).await?;
    state.answer(change.into())
}

pub async fn remove(state: &mut PhaseState, path: String) -> Answer<types::Change> {
    let place = state.place(&path, LastLink::Keep)?;
    let ((), change) = state.land(RemoveFile { place }).await?;
    state.answer(change.into())
}

pub async fn read(state: &mut PhaseState, path: String) -> Answer<Vec<u8>> {
    let place = state.granted(&path, FileVerb::Read)?;
    let content = (state.gate.read(state.world(), &place, READ_LIMIT)).await?;
    state.charged(content)
}

pub async fn list_directory(state: &mut PhaseState, path: String) -> Answer<Vec<String>> {
    let place = state.granted(&path, FileVerb::Read)?;
    let names = state.world().files.list(place.path())?;
    state.budget.spend(names.iter().map(String::len).sum())?;
    state.answer(names)
}

pub async fn stat(state: &mut PhaseState, path: String) -> Answer<Option<files::Metadata>> {
    // Who may write learns by writing whether something is there.
    let place = match state.granted(&path, FileVerb::Write) {
        Ok(place) => place,
        Err(_) => state.granted(&path, FileVerb::Read)?,
    };
    let found = state.world().files.stat(place.path())?;
    state.answer(found.map(|found| files::Metadata {
        kind: match found.kind {
            FileKind::Regular => files::FileKind::Regular,
            FileKind::Directory => files::FileKind::Directory,
            FileKind::SymbolicLink => files::FileKind::SymbolicLink,
            FileKind::Other => files::FileKind::Other,
        },
        mode: found.mode,
        size: found.size,
    }))
}

/// Whether a secret is in it that is not encrypted.
fn holds_plain(content: &Content) -> bool {
    let mut kinds = content.kinds().into_iter();
    kinds.any(|kind| kind != SecretKind::Encrypted)
}

/// Permission bits of what holds a secret: it is nothing for every user of the
/// machine.
pub(super) fn secret_permissions(path: &str, mode: u32) -> Result<u32, Refusal> {
    match permissions(path, mode)? & 0o007 {
        0 => Ok(mode),
        _ => Err(Refusal::invalid(format!(
            "with mode {mode:04o} every user of the machine could have the secret in {path}: 0600, or 0640 for a group"
        ))),
    }
}

/// Permission bits that make sense.
pub(super) fn permissions(path: &str, mode: u32) -> Result<u32, Refusal> {
    if mode & !0o777 != 0 {
        return Err(Refusal::invalid(format!(
            "mode {mode:o} of {path} has bits beyond 0777"
        )));
    }
    match mode & 0o002 {
        0 => Ok(mode),
        _ => Err(Refusal::invalid(format!(
            "with mode {mode:04o} every user of the machine could change {path}"
        ))),
    }
}
