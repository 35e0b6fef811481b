//! Flags of `reset` (kubeadm `app/cmd/reset.go`).

use super::{Flags, set};
use crate::documents::ResetConfiguration;

/// The flags of `reset`.
#[derive(Clone, Copy, Debug)]
pub struct ResetFlags<'a>(pub(super) &'a Flags);

impl ResetFlags<'_> {
    /// Puts the flags into a document that is not defaulted yet. Those that do not go with a file
    /// are not given when there is one.
    pub fn apply(&self, reset: &mut ResetConfiguration) {
        set(&mut reset.certificates_dir, self.text("cert-dir"));
        set(&mut reset.cri_socket, self.text("cri-socket"));
        reset.cleanup_tmp_dir |= self.is_on("cleanup-tmp-dir");
        reset.dry_run |= self.is_on("dry-run");
        reset.force |= self.is_on("force");
        let skipped = self.texts("skip-phases");
        if !skipped.is_empty() {
            reset.skip_phases = skipped;
        }
    }
}
