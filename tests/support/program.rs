//! Running the program.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;

use super::tree::{differences, tree};

/// A cluster whose keys are made in no time.
pub const CONFIG: &str = "\
apiVersion: kubeadm.k8s.io/v1beta4
kind: InitConfiguration
localAPIEndpoint: {advertiseAddress: 192.0.2.10}
nodeRegistration: {name: cp1}
---
apiVersion: kubeadm.k8s.io/v1beta4
kind: ClusterConfiguration
kubernetesVersion: v1.36.2
encryptionAlgorithm: ECDSA-P256
";

/// What a run of the program left.
pub struct Finished {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

impl Finished {
    /// Everything that it said.
    pub fn said(&self) -> String {
        format!("{}{}", self.stdout, self.stderr)
    }

    /// Fails the test, with what was said, unless the exit code is this.
    #[track_caller]
    pub fn exits(self, code: i32) -> Self {
        assert_eq!(
            self.code, code,
            "\nstdout:\n{}\nstderr:\n{}",
            self.stdout, self.stderr
        );
        self
    }

    /// Fails the test unless all of these were said.
    #[track_caller]
    pub fn says(self, words: &[&str]) -> Self {
        let said = self.said();
        for word in words {
            assert!(said.contains(word), "it should say {word:?}:\n{said}");
        }
        self
    }

    /// Fails the test unless there is exactly one error, and it says all of
    /// these.
    #[track_caller]
    pub fn one_error(self, words: &[&str]) -> Self {
        let is_error = |line: &&str| line.starts_with("error: ");
        let errors = self.stderr.lines().filter(is_error).count();
        assert_eq!(errors, 1, "it should be one error:\n{}", self.stderr);
        for word in words {
            assert!(
                self.stderr.contains(word),
                "the error should say {word:?}:\n{}",
                self.stderr
            );
        }
        for odd in ["panicked", "RUST_BACKTRACE", "os error 0", "Some(", "Err("] {
            assert!(!self.stderr.contains(odd), "{odd:?}:\n{}", self.stderr);
        }
        self
    }

    /// What a command answered in JSON.
    #[track_caller]
    pub fn answer(&self) -> serde_json::Value {
        serde_json::from_str(&self.stdout)
            .unwrap_or_else(|error| panic!("{error}: {}", self.stdout))
    }

    /// Standard output, a JSON value a line.
    #[track_caller]
    pub fn events(&self) -> Vec<serde_json::Value> {
        self.stdout
            .lines()
            .map(|line| {
                serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"))
            })
            .collect()
    }
}

/// A folder of its own for one case, with a configuration in it.
pub struct Place {
    folder: TempDir,
}

impl Place {
    pub fn new() -> Self {
        let place = Self {
            folder: tempfile::tempdir().expect("a temporary folder"),
        };
        place.write("config.yaml", CONFIG);
        place
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The folder that is rendered into.
    pub fn out(&self) -> PathBuf {
        self.path("out")
    }

    /// A file of the machine as rendered: `/etc/kubernetes/admin.conf`.
    pub fn rendered(&self, path: &str) -> PathBuf {
        self.out().join("rootfs").join(path.trim_start_matches('/'))
    }

    pub fn write(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        if let Some(parent) = path.parent() {
            std::fs::create_dir_all(parent).expect("folders can be made");
        }
        std::fs::write(&path, content).expect("files can be written");
        path
    }

    /// Runs the program in this folder.
    pub fn run<S: AsRef<OsStr>>(&self, arguments: &[S]) -> Finished {
        run_in(self.folder.path(), arguments)
    }

    /// Runs the program, which must refuse with one error that says all of
    /// these, and must leave this folder as it was.
    #[track_caller]
    pub fn refused<S: AsRef<OsStr>>(&self, code: i32, arguments: &[S], words: &[&str]) -> Finished {
        let before = tree(self.folder.path());
        let finished = self.run(arguments).exits(code).one_error(words);
        let changed = differences(&before, &tree(self.folder.path()));
        assert!(
            changed.is_empty(),
            "it changed {changed:?}:\n{}",
            finished.said()
        );
        finished
    }

    /// `render --config config.yaml --out out`, and more.
    pub fn render(&self, more: &[&str]) -> Finished {
        let base = ["render", "--config", "config.yaml", "--out", "out"];
        self.run(&[&base, more].concat())
    }
}

/// The program, in a folder. It gets no environment that could change what it
/// says.
pub fn program(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kubewright"));
    command
        .current_dir(folder)
        .stdin(Stdio::null())
        .env_remove("RUST_LOG")
        .env_remove("RUST_BACKTRACE");
    command
}

fn run_in<S: AsRef<OsStr>>(folder: &Path, arguments: &[S]) -> Finished {
    finish(program(folder).args(arguments))
}

/// Runs a command to its end.
pub fn finish(command: &mut Command) -> Finished {
    let output = command.output().expect("the program runs");
    Finished {
        code: output.status.code().unwrap_or(-1),
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}
