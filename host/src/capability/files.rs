//! `files`: the machine's files, by grant.

use super::bindings::{files, sealed, types};
use super::state::{IntoWit, PhaseState, wit_error};
use crate::effect::{
    Action, Change, Content, FileVerb, SealedValue, SecretKind, ensure_parents, holds_secret,
    write_file,
};
use crate::world::{FileError, FileKind, MachinePath};

/// What a component may read at most.
const READ_LIMIT: u64 = 4 << 20;

impl IntoWit for FileError {
    fn into_wit(self) -> types::Error {
        let code = match &self {
            Self::NotFound(_) => types::ErrorCode::NotFound,
            Self::IsDirectory(_)
            | Self::NotDirectory(_)
            | Self::Special(_)
            | Self::TooLarge { .. } => types::ErrorCode::Invalid,
            Self::NotEmpty(_) => types::ErrorCode::Conflict,
            Self::Escapes { .. } => types::ErrorCode::Denied,
            Self::Io { .. } => types::ErrorCode::Io,
        };
        wit_error(code, &self)
    }
}

impl PhaseState {
    /// A path that the component may do this with.
    pub(super) fn granted(
        &mut self,
        path: &str,
        verb: FileVerb,
    ) -> Result<MachinePath, types::Error> {
        let path = MachinePath::parse(path).map_err(IntoWit::into_wit)?;
        self.doing = format!("{verb:?} {path}").to_lowercase();
        self.origin
            .grants
            .covers_file(&path, verb)
            .map_err(IntoWit::into_wit)?;
        Ok(path)
    }
}

impl PhaseState {
    /// Within a run the host knows which files hold sealed values; later it
    /// goes by their looks. A component may not write what would not be known
    /// for a secret then to where it may read.
    fn refuse_disguise(&self, path: &MachinePath, content: &Content) -> Result<(), types::Error> {
        let is_secret = content
            .kinds()
            .iter()
            .any(|kind| *kind != SecretKind::Encrypted);
        if !is_secret
            || self
                .origin
                .grants
                .covers_file(path, FileVerb::Read)
                .is_err()
            || (content.is_telltale() && holds_secret(&content.reveal()))
        {
            return Ok(());
        }
        let labels: Vec<&str> = content.sealed().map(SealedValue::label).collect();
        Err(types::Error {
            code: types::ErrorCode::Denied,
            message: format!(
                "{path} would hold the {} in a form that cannot be told from what is public, where the component may read",
                labels.join(", ")
            ),
            hint: Some(format!(
                "grant the component to write {path} and not to read it"
            )),
        })
    }
}

impl files::Host for PhaseState {
    async fn write(
        &mut self,
        path: String,
        mode: u32,
        content: Vec<sealed::Piece>,
    ) -> wasmtime::Result<Result<types::Change, types::Error>> {
        self.enter()?;
        let content = self.content(content)?;
        let (path, mode) = match target(&path, mode) {
            Ok(target) => target,
            Err(error) => return Ok(Err(error)),
        };
        if let Err(error) = self.refuse_disguise(&path, &content) {
            return Ok(Err(error));
        }
        let action = Action::WriteFile {
            path: path.clone(),
            mode,
            content: content.clone(),
        };
        let run = self.run.clone();
        let landed = self
            .land(action, async |world| {
                // Before it lands: there is no moment in which it can be read.
                run.remember_file(&path, &content);
                write_file(&*world.files, &path, mode, &content.reveal()).map(|change| ((), change))
            })
            .await?;
        Ok(landed.map(|((), change)| change.into()))
    }

    async fn make_directory(
        &mut self,
        path: String,
        mode: u32,
    ) -> wasmtime::Result<Result<types::Change, types::Error>> {
        self.enter()?;
        let (path, mode) = match target(&path, mode) {
            Ok(target) => target,
            Err(error) => return Ok(Err(error)),
        };
        let action = Action::MakeDirectory {
            path: path.clone(),
            mode,
        };
        let landed = self
            .land(action, async |world| {
                let change = match world.files.stat(&path)? {
                    Some(found) if found.kind == FileKind::Directory && found.mode == mode => {
                        return Ok::<_, FileError>(((), Change::Unchanged));
                    }
                    Some(_) => Change::Updated,
                    None => Change::Created,
                };
                ensure_parents(&*world.files, &path)?;
                world.files.make_directory(&path, mode)?;
                Ok(((), change))
            })
            .await?;
        Ok(landed.map(|((), change)| change.into()))
    }

    async fn remove(
        &mut self,
        path: String,
    ) -> wasmtime::Result<Result<types::Change, types::Error>> {
        self.enter()?;
        let path = match MachinePath::parse(&path) {
            Ok(path) => path,
            Err(error) => return Ok(Err(error.into_wit())),
        };
        let action = Action::RemoveFile { path: path.clone() };
        let landed = self
            .land(action, async |world| {
                if world.files.stat(&path)?.is_none() {
                    return Ok::<_, FileError>(((), Change::Unchanged));
                }
                world.files.remove(&path)?;
                Ok(((), Change::Removed))
            })
            .await?;
        Ok(landed.map(|((), change)| change.into()))
    }

    async fn read(&mut self, path: String) -> wasmtime::Result<Result<Vec<u8>, types::Error>> {
        self.enter()?;
        let path = match self.granted(&path, FileVerb::Read) {
            Ok(path) => path,
            Err(error) => return Ok(Err(error)),
        };
        let content = match self.world().files.read(&path, READ_LIMIT) {
            Ok(content) => zeroize::Zeroizing::new(content),
            Err(error) => return Ok(Err(error.into_wit())),
        };
        if self.run.sealed_file(&path).is_some() || holds_secret(&content) {
            return Ok(Err(types::Error {
                code: types::ErrorCode::Sealed,
                message: format!("{path} holds a secret, which no component may read"),
                hint: Some("ask for what is public of it: interfaces pki and kubeconfigs".into()),
            }));
        }
        Ok(Ok(content.to_vec()))
    }

    async fn list_directory(
        &mut self,
        path: String,
    ) -> wasmtime::Result<Result<Vec<String>, types::Error>> {
        self.enter()?;
        let path = match self.granted(&path, FileVerb::Read) {
            Ok(path) => path,
            Err(error) => return Ok(Err(error)),
        };
        Ok(self.world().files.list(&path).map_err(IntoWit::into_wit))
    }

    async fn stat(
        &mut self,
        path: String,
    ) -> wasmtime::Result<Result<Option<files::Metadata>, types::Error>> {
        self.enter()?;
        // Who may write learns by writing whether something is there.
        let granted = match self.granted(&path, FileVerb::Write) {
            Ok(path) => Ok(path),
            Err(_) => self.granted(&path, FileVerb::Read),
        };
        let path = match granted {
            Ok(path) => path,
            Err(error) => return Ok(Err(error)),
        };
        let found = match self.world().files.stat(&path) {
            Ok(found) => found,
            Err(error) => return Ok(Err(error.into_wit())),
        };
        Ok(Ok(found.map(|found| files::Metadata {
            kind: match found.kind {
                FileKind::Regular => files::FileKind::Regular,
                FileKind::Directory => files::FileKind::Directory,
                FileKind::SymbolicLink => files::FileKind::SymbolicLink,
                FileKind::Other => files::FileKind::Other,
            },
            mode: found.mode,
            size: found.size,
        })))
    }
}

/// A path and permission bits that make sense.
pub(super) fn target(path: &str, mode: u32) -> Result<(MachinePath, u32), types::Error> {
    let path = MachinePath::parse(path).map_err(IntoWit::into_wit)?;
    if mode & !0o777 != 0 {
        return Err(types::Error {
            code: types::ErrorCode::Invalid,
            message: format!("mode {mode:o} of {path} has bits beyond 0777"),
            hint: None,
        });
    }
    Ok((path, mode))
}
