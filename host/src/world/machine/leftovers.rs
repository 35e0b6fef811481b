//! What runs that were killed left: files that never got their name.

use rustix::fs::AtFlags;
use rustix::process::{Pid, test_kill_process};

use super::MachineFiles;
use crate::world::{FileKind, Files, MachinePath};

/// Where temporary files lie, by their names. The kubelet ignores names that
/// begin with a dot, wherever it watches.
const PREFIX: &str = ".kubewright-";

/// The name of a temporary file of this process.
pub(super) fn name(number: u32) -> String {
    format!("{PREFIX}{}-{number}", std::process::id())
}

/// The process that made a temporary file.
fn maker(name: &str) -> Option<i32> {
    let (process, number) = name.strip_prefix(PREFIX)?.split_once('-')?;
    number.parse::<u32>().ok()?;
    process.parse().ok()
}

/// Whether a process runs no more. When in doubt it does.
fn is_gone(process: i32) -> bool {
    let Some(pid) = Pid::from_raw(process) else {
        return true;
    };
    matches!(test_kill_process(pid), Err(rustix::io::Errno::SRCH))
}

impl MachineFiles {
    /// Whether this is the name of a temporary file of this program, running
    /// or dead: `.kubewright-PID-COUNT`.
    pub fn is_temporary(name: &str) -> bool {
        maker(name).is_some()
    }

    /// Removes from a folder what processes left that run no more: keys may be
    /// in it. What cannot be removed stays; it does no harm to this run.
    pub(super) fn remove_leftovers(&self, folder: &MachinePath) {
        let Ok(names) = self.list(folder) else {
            return;
        };
        for name in names {
            let left = maker(&name).is_some_and(is_gone);
            if let (true, Ok(path)) = (left, folder.join(&name))
                && let Ok(Some(found)) = self.stat(&path)
                && found.kind == FileKind::Regular
            {
                let _ = self.unlink(&path, AtFlags::empty());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_the_dead_left_is_removed() {
        let root = tempfile::tempdir().unwrap();
        let files = MachineFiles::open(root.path()).unwrap();
        // No process has a number beyond the kernel's limit of 2^22.
        let (dead, alive) = (format!("{PREFIX}99999999-0"), name(7));
        for name in [dead.as_str(), &alive, ".kubewright-mine", "kubelet.conf"] {
            std::fs::write(root.path().join(name), "x").unwrap();
        }
        files
            .write(&MachinePath::parse("/new").unwrap(), 0o600, b"x")
            .unwrap();
        let there = |name: &str| root.path().join(name).exists();
        assert!(!there(&dead));
        assert!(
            there(&alive) && there(".kubewright-mine") && there("kubelet.conf") && there("new")
        );
    }
}
