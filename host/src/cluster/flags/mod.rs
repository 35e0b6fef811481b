//! Command line flags that are part of the configuration, and how they mix with a file.

mod init;
mod join;
mod reset;

pub use init::{InitFlags, of_field};
pub use join::JoinFlags;
pub use reset::ResetFlags;

use super::duration::DurationError;
use super::features::FeatureError;
use super::secret::TokenError;

/// Why flags can not be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FlagsError {
    /// Flags that say the same as the file might.
    #[error("can not mix '--config' with arguments [{}]", .0.join(" "))]
    Mixed(Vec<String>),
    /// `--feature-gates` can not be read.
    #[error("--feature-gates can not be used")]
    FeatureGates(#[source] FeatureError),
    /// `--token` is no token.
    #[error("--token can not be used")]
    Token(#[source] TokenError),
    /// `--token-ttl` is no duration.
    #[error("--token-ttl can not be used")]
    TokenTtl(#[source] DurationError),
}

/// Flags that may be given together with `--config` (kubeadm `isAllowedFlag`), besides `--skip-*`.
const ALLOWED_WITH_CONFIG: [&str; 16] = [
    "config",
    "ignore-preflight-errors",
    "dry-run",
    "kubeconfig",
    "node-name",
    "kubeconfig-dir",
    "upload-certs",
    "print-manifest",
    "allow-missing-template-keys",
    "output",
    "show-managed-fields",
    "print-join-command",
    "rootfs",
    "v",
    "log-file",
    "yes",
];

/// Refuses flags that can not be given together with `--config`. `given` are the names of all flags
/// that were given, without dashes, in any order.
pub fn check_mixed<'a>(given: impl IntoIterator<Item = &'a str>) -> Result<(), FlagsError> {
    let mut mixed: Vec<String> = given
        .into_iter()
        .filter(|name| !ALLOWED_WITH_CONFIG.contains(name) && !name.starts_with("skip-"))
        .map(str::to_owned)
        .collect();
    if mixed.is_empty() {
        return Ok(());
    }
    mixed.sort();
    Err(FlagsError::Mixed(mixed))
}

/// Puts a flag into its field, if it is given.
fn set(field: &mut String, flag: &Option<String>) {
    if let Some(value) = flag {
        field.clone_from(value);
    }
}

/// Names of the flags that are given.
fn names<const N: usize>(flags: [(&'static str, bool); N]) -> Vec<&'static str> {
    flags
        .into_iter()
        .filter(|(_, given)| *given)
        .map(|(name, _)| name)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mixing_with_a_file() {
        let cases = [
            ("nothing", vec!["config"], None),
            (
                "allowed ones",
                vec!["config", "dry-run", "node-name", "skip-phases", "v"],
                None,
            ),
            (
                "others, sorted",
                vec!["token", "config", "pod-network-cidr"],
                Some("can not mix '--config' with arguments [pod-network-cidr token]"),
            ),
            (
                "patches",
                vec!["patches"],
                Some("can not mix '--config' with arguments [patches]"),
            ),
        ];
        for (name, given, expected) in cases {
            let error = check_mixed(given).err().map(|e| e.to_string());
            assert_eq!(error.as_deref(), expected, "{name}");
        }
    }
}
