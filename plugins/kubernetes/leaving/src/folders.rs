//! Folders that programs of the cluster filled.

use std::collections::BTreeSet;

use kubewright_plugin::leftovers::{self, Stays};
use kubewright_plugin::types::{Change, Error, ErrorCode};
use kubewright_plugin::{Context, Error as PluginError, Result};

use crate::{CERTIFICATES_DIR, Settings, Teller, join};

/// Folders as they are emptied, and those that are left.
pub struct Folders<'a> {
    settings: &'a Settings,
    teller: Teller,
    left: BTreeSet<String>,
}

impl<'a> Folders<'a> {
    /// None so far.
    pub fn of(settings: &'a Settings) -> Self {
        Self {
            settings,
            teller: Teller::of(settings.is_planned),
            left: BTreeSet::new(),
        }
    }

    /// Empties a folder that programs of the cluster filled. One that is none
    /// of a cluster is left as it is, which is told, and the reset goes on.
    pub fn empty(&mut self, folder: &str) -> Result<()> {
        let is_default = folder == CERTIFICATES_DIR;
        if folder == self.settings.certificates && !is_default {
            self.teller.warning(&format!(
                "WARNING: Cleaning a non-default certificates directory: \"{folder}\""
            ));
        }
        let emptied = match leftovers::empty(folder) {
            Ok(emptied) => emptied,
            Err(why) if why.code == ErrorCode::Conflict => {
                self.leave(folder, &why);
                return Ok(());
            }
            Err(error) => return Err(error).with_context(|| format!("emptying {folder}")),
        };
        match (emptied.change, emptied.stays) {
            (Change::Unchanged, Stays::Everything) => self.teller.step(
                "kept the contents of",
                folder,
                "something was in it before; --force empties it",
            ),
            (Change::Unchanged, _) => {}
            (_, Stays::Earlier) => self.teller.step(
                "emptied",
                folder,
                "what was in it before is kept; --force removes that as well",
            ),
            _ => self.teller.step("emptied", folder, ""),
        }
        if !emptied.left.is_empty() {
            self.teller.warning(&format!(
                "{folder} is not empty: {} could not be removed",
                join(&emptied.left)
            ));
        }
        Ok(())
    }

    /// Tells that a folder is left as it is, once.
    pub fn leave(&mut self, folder: &str, why: &Error) {
        if self.left.insert(folder.to_owned()) {
            self.teller.warning(&format!(
                "{folder} is left as it is: {}; remove by hand what the cluster left in it",
                why.message
            ));
        }
    }

    /// The end: an error where not all is as it should be.
    pub fn finish(self) -> Result<()> {
        if self.left.is_empty() {
            return Ok(());
        }
        let left = self.left.into_iter().collect::<Vec<_>>();
        let are = match left.len() {
            1 => "and what is in it are",
            _ => "and what is in them are",
        };
        Err(PluginError::new(format!(
            "not all of this machine is reset: {} {are} left as they are, for the reasons told above",
            left.join(", ")
        )))
    }
}
