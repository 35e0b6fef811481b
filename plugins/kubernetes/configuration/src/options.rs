//! What is asked of a run besides the documents.

use serde::Serialize;

use super::flags::{InitFlags, JoinFlags};
use super::load::{Init, Join};
use super::validation::{self, Finding};

/// Options of an `init` or `join`, resolved from flags and documents.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Options {
    /// Whether nothing is to be changed.
    pub dry_run: bool,
    /// Preflight checks whose errors are shown as warnings: lower case, sorted.
    pub ignore_preflight_errors: Vec<String>,
    /// Directory of patches; empty if there is none.
    pub patches_directory: String,
    /// Whether the certificate key is not printed.
    pub skip_certificate_key_print: bool,
    /// Phases to leave out; those of disabled addons are among them.
    pub skip_phases: Vec<String>,
    /// Whether the bootstrap token is not printed.
    pub skip_token_print: bool,
    /// Whether certificates are uploaded for other control plane nodes.
    pub upload_certs: bool,
}

impl Options {
    /// Resolves options. Addons that are disabled are phases that are skipped and the other way
    /// round, so the configuration that is uploaded says the same as the run did (kubeadm
    /// `manageSkippedAddons`). The union of ignored checks goes back into the document, too.
    pub fn resolve(loaded: &mut Init, flags: &InitFlags<'_>) -> Result<Self, Finding> {
        let node = &mut loaded.init.node_registration;
        let ignored = validation::ignored_preflight_errors(
            &flags.texts(validation::IGNORE_PREFLIGHT_ERRORS),
            &node.ignore_preflight_errors,
            "InitConfiguration.nodeRegistration.ignorePreflightErrors",
        )?;
        node.ignore_preflight_errors.clone_from(&ignored);
        Ok(Self {
            dry_run: loaded.init.dry_run,
            ignore_preflight_errors: ignored,
            patches_directory: loaded.init.patches.clone().unwrap_or_default().directory,
            skip_certificate_key_print: flags.is_on("skip-certificate-key-print"),
            skip_phases: skipped_phases(loaded),
            skip_token_print: flags.is_on("skip-token-print"),
            upload_certs: flags.is_on("upload-certs"),
        })
    }

    /// Resolves the options of a `join`. The union of ignored checks goes back into the document.
    pub fn resolve_join(loaded: &mut Join, flags: &JoinFlags<'_>) -> Result<Self, Finding> {
        let node = &mut loaded.join.node_registration;
        let ignored = validation::ignored_preflight_errors(
            &flags.texts(validation::IGNORE_PREFLIGHT_ERRORS),
            &node.ignore_preflight_errors,
            "JoinConfiguration.nodeRegistration.ignorePreflightErrors",
        )?;
        node.ignore_preflight_errors.clone_from(&ignored);
        Ok(Self {
            dry_run: loaded.join.dry_run,
            ignore_preflight_errors: ignored,
            patches_directory: loaded.join.patches.clone().unwrap_or_default().directory,
            skip_phases: loaded.join.skip_phases.clone(),
            ..Self::default()
        })
    }
}

fn skipped_phases(loaded: &mut Init) -> Vec<String> {
    let mut phases = loaded.init.skip_phases.clone();
    let cluster = &mut loaded.cluster;
    for (disabled, phase) in [
        (&mut cluster.dns.disabled, "addon/coredns"),
        (&mut cluster.proxy.disabled, "addon/kube-proxy"),
    ] {
        let skipped = phases
            .iter()
            .any(|skipped| skipped == phase || skipped == "addon");
        if *disabled && !skipped {
            phases.push(phase.to_owned());
        }
        *disabled |= skipped;
    }
    phases
}
