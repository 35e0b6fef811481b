//! Whose a folder is.

use std::path::Path;

use anyhow::ensure;
use rustix::fs::{FileType, Stat};

/// Refuses what another user of the machine may change: keys that lie there
/// would be taken for those of an earlier run, and sign everything. Whoever
/// became root by sudo may use a folder of theirs. `flag` is the one that names
/// the folder.
pub fn refuse_others(flag: &str, shown: &Path, found: &Stat) -> anyhow::Result<()> {
    let own = rustix::process::geteuid();
    let by_sudo = std::env::var("SUDO_UID").ok().filter(|_| own.is_root());
    let by_sudo = by_sudo.and_then(|uid| uid.parse().ok());
    let owner = found.st_uid;
    let shown = shown.display();
    ensure!(
        [0, own.as_raw()].contains(&owner) || by_sudo == Some(owner),
        "{flag}: {shown} belongs to another user (uid {owner}), who could change what is made there and whose keys would be taken for those of an earlier run; name a folder of your own"
    );
    let is_link = FileType::from_raw_mode(found.st_mode) == FileType::Symlink;
    ensure!(
        is_link || found.st_mode & 0o002 == 0,
        "{flag}: every user of this machine may write to {shown}, and change what is made there; take that right away (chmod o-w), or name another folder"
    );
    Ok(())
}
