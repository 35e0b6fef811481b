//! The effects, one file each.

mod apply_object;
mod create_key;
mod create_object;
mod delete_object;
mod discard_file;
mod empty_folder;
mod ensure_accounts;
mod issue_certificate;
mod make_directory;
mod note_folder;
mod patch_object;
mod publish;
mod pull_image;
mod remove_accounts;
mod remove_etcd_member;
mod remove_file;
mod remove_pod;
mod service;
mod set_owner;
mod show;
mod undo_path;
mod unmount;
mod write_file;

pub use apply_object::ApplyObject;
pub use create_key::CreateKey;
pub use create_object::CreateObject;
pub use delete_object::DeleteObject;
pub use discard_file::DiscardFile;
pub use empty_folder::{EmptyFolder, LeftoverError};
pub use ensure_accounts::EnsureAccounts;
pub use issue_certificate::IssueCertificate;
pub use make_directory::MakeDirectory;
pub use note_folder::NoteFolder;
pub use patch_object::{PatchKind, PatchObject};
pub use publish::{Publish, PublishError, Published};
pub use pull_image::PullImage;
pub use remove_accounts::{RemoveAccounts, RemovedAccounts};
pub use remove_etcd_member::{EtcdFiles, RemoveEtcdMember};
pub use remove_file::RemoveFile;
pub use remove_pod::RemovePod;
pub use service::Service;
pub use set_owner::SetOwner;
pub use show::{Show, Shown};
pub use undo_path::{UndoError, UndoPath};
pub use unmount::Unmount;
pub use write_file::WriteFile;

#[cfg(test)]
mod tests;
