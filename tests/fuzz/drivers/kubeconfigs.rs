//! Kubeconfigs of anybody's make.

use kubewright::kube::kubeconfig::CurrentContext;
use kubewright::world::machine::{MachineApi, MachineFiles};
use kubewright::world::{KubeAccess, MachinePath};
use std::sync::Arc;

use super::Driver;
use kubewright::causes::chain;

/// What no error may repeat.
const SECRET: &str = "zEcReTzEcReT0123";

pub struct Kubeconfigs {
    folder: tempfile::TempDir,
    path: MachinePath,
    runtime: tokio::runtime::Runtime,
}

impl Driver for Kubeconfigs {
    fn new() -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build();
        Self {
            folder: tempfile::tempdir().expect("a temporary folder"),
            path: MachinePath::parse("/admin.conf").expect("it is a path"),
            runtime: runtime.expect("a runtime"),
        }
    }

    fn take(&self, input: &[u8]) {
        let text = String::from_utf8_lossy(input);
        // Where the input has a secret, it is this one.
        for said in [
            CurrentContext::parse(&text)
                .err()
                .map(|error| chain(&error)),
            CurrentContext::names(&text)
                .err()
                .map(|error| chain(&error)),
        ] {
            quotes_nothing(said);
        }
        let file = self.folder.path().join("admin.conf");
        std::fs::write(file, input).expect("files can be written");
        let files = MachineFiles::open(self.folder.path()).expect("the folder is there");
        let api = MachineApi::new(Arc::new(files));
        let connected = self.runtime.block_on(api.connect(&self.path, None));
        quotes_nothing(connected.err().map(|error| chain(&error)));
    }
}

fn quotes_nothing(said: Option<String>) {
    let said = said.unwrap_or_default();
    assert!(!said.contains(SECRET), "{said}");
    assert!(said.len() < 10_000, "{said}");
}
