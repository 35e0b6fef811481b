//! Flags of `reset`.

use super::{names, set};
use crate::cluster::documents::ResetConfiguration;

/// The flags of `reset` (kubeadm `app/cmd/reset.go`). `None`, empty and `false`: not given.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[allow(missing_docs, reason = "each field is the flag of the same name")]
pub struct ResetFlags {
    pub cert_dir: Option<String>,
    pub cleanup_tmp_dir: bool,
    pub cri_socket: Option<String>,
    pub dry_run: bool,
    pub force: bool,
    pub ignore_preflight_errors: Vec<String>,
    pub skip_phases: Vec<String>,
}

impl ResetFlags {
    /// Names of the flags that are given, without dashes.
    pub fn given(&self) -> Vec<&'static str> {
        names([
            ("cert-dir", self.cert_dir.is_some()),
            ("cleanup-tmp-dir", self.cleanup_tmp_dir),
            ("cri-socket", self.cri_socket.is_some()),
            ("dry-run", self.dry_run),
            ("force", self.force),
            (
                "ignore-preflight-errors",
                !self.ignore_preflight_errors.is_empty(),
            ),
            ("skip-phases", !self.skip_phases.is_empty()),
        ])
    }

    /// Puts the flags into a document that is not defaulted yet. Those that do not go with a file
    /// are not given when there is one.
    pub fn apply(&self, reset: &mut ResetConfiguration) {
        set(&mut reset.certificates_dir, &self.cert_dir);
        set(&mut reset.cri_socket, &self.cri_socket);
        reset.cleanup_tmp_dir |= self.cleanup_tmp_dir;
        reset.dry_run |= self.dry_run;
        reset.force |= self.force;
        if !self.skip_phases.is_empty() {
            reset.skip_phases.clone_from(&self.skip_phases);
        }
    }
}
