//! Mounts that nobody else sees.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Output};
use std::sync::OnceLock;

/// Another root to change at will: this machine as it is, with what is written
/// to it kept in memory.
const COPY: &str = r#"mkdir copy; mount -t tmpfs tmpfs copy; mkdir copy/above copy/work copy/root
mount -t overlay overlay -o lowerdir=/,upperdir=copy/above,workdir=copy/work copy/root
for FOLDER in proc sys dev; do mount --rbind /$FOLDER copy/root/$FOLDER; done
cp "$KUBEWRIGHT" copy/root/kubewright; cp -r machine/. copy/root/
"#;

/// Runs a script as root of a copy of this machine, over which the folder
/// `machine` is laid; none, with words, where this user may not.
pub fn on_a_copy_of_this_machine(script: &str, folder: &Path) -> Option<String> {
    static MAY: OnceLock<bool> = OnceLock::new();
    let may = MAY.get_or_init(|| {
        let place = tempfile::tempdir().unwrap();
        std::fs::create_dir(place.path().join("machine")).unwrap();
        let made = in_namespace(COPY, place.path());
        if !made.status.success() {
            // Past the test runner, which keeps what a test prints to itself.
            let said = String::from_utf8_lossy(&made.stderr);
            let _ = writeln!(
                std::io::stderr(),
                "skipped: no copy of this machine: {said}"
            );
        }
        made.status.success()
    });
    if !may {
        return None;
    }
    std::fs::write(folder.join("machine/script"), script).unwrap();
    with_mounts(
        &format!("{COPY}exec chroot copy/root sh -e /script"),
        folder,
    )
}

fn in_namespace(script: &str, folder: &Path) -> Output {
    Command::new("unshare")
        .args(["--mount", "--propagation", "private", "sh", "-ec", script])
        .current_dir(folder)
        .env("KUBEWRIGHT", env!("CARGO_BIN_EXE_kubewright"))
        .output()
        .unwrap()
}

/// Runs a script in a mount namespace of its own; none where this user may not.
pub fn with_mounts(script: &str, folder: &Path) -> Option<String> {
    let allowed = Command::new("unshare")
        .args(["--mount", "--propagation", "private", "true"])
        .output();
    if !allowed.is_ok_and(|output| output.status.success()) {
        eprintln!("skipped: this user may not have a mount namespace");
        return None;
    }
    let output = in_namespace(script, folder);
    let said = format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    assert!(output.status.success(), "{said}");
    Some(said)
}
