//! Mounts that nobody else sees.

use std::path::Path;
use std::process::Command;

/// Runs a script in a mount namespace of its own; none where this user may not.
pub fn with_mounts(script: &str, folder: &Path) -> Option<String> {
    let allowed = Command::new("unshare")
        .args(["--mount", "--propagation", "private", "true"])
        .output();
    if !allowed.is_ok_and(|output| output.status.success()) {
        eprintln!("skipped: this user may not have a mount namespace");
        return None;
    }
    let output = Command::new("unshare")
        .args(["--mount", "--propagation", "private", "sh", "-ec", script])
        .current_dir(folder)
        .env("KUBEWRIGHT", env!("CARGO_BIN_EXE_kubewright"))
        .output()
        .unwrap();
    let said = format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    assert!(output.status.success(), "{said}");
    Some(said)
}
