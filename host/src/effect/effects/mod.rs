//! The effects, one file each.

mod apply_object;
mod create_key;
mod create_object;
mod delete_object;
mod ensure_accounts;
mod issue_certificate;
mod make_directory;
mod patch_object;
mod pull_image;
mod remove_file;
mod service;
mod set_owner;
mod show;
mod write_file;

pub use apply_object::ApplyObject;
pub use create_key::CreateKey;
pub use create_object::CreateObject;
pub use delete_object::DeleteObject;
pub use ensure_accounts::EnsureAccounts;
pub use issue_certificate::IssueCertificate;
pub use make_directory::MakeDirectory;
pub use patch_object::{PatchKind, PatchObject};
pub use pull_image::PullImage;
pub use remove_file::RemoveFile;
pub use service::Service;
pub use set_owner::SetOwner;
pub use show::{Show, Shown};
pub use write_file::WriteFile;

#[cfg(test)]
mod tests;
