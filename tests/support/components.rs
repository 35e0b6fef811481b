//! The hostile components, built for these tests.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use sha2::{Digest, Sha256};

const TARGET: &str = "wasm32-unknown-unknown";

/// A component file's content and digest.
pub struct Built {
    pub component: Vec<u8>,
    /// The core module it was made of.
    pub module: Vec<u8>,
    pub digest: String,
}

/// `tests/hostile`
pub fn hostile() -> &'static Built {
    static BUILT: OnceLock<Built> = OnceLock::new();
    BUILT.get_or_init(|| build("kubewright-test-hostile"))
}

/// `tests/hostile-policy`
pub fn hostile_policy() -> &'static Built {
    static BUILT: OnceLock<Built> = OnceLock::new();
    BUILT.get_or_init(|| build("kubewright-test-hostile-policy"))
}

/// `tests/hostile-configuration`
pub fn hostile_configuration() -> &'static Built {
    static BUILT: OnceLock<Built> = OnceLock::new();
    BUILT.get_or_init(|| build("kubewright-test-hostile-configuration"))
}

/// `tests/hostile-upload-certs`
pub fn hostile_upload_certs() -> &'static Built {
    static BUILT: OnceLock<Built> = OnceLock::new();
    BUILT.get_or_init(|| build("kubewright-test-hostile-upload-certs"))
}

/// `sha256:HEX`
pub fn digest(bytes: &[u8]) -> String {
    let hex: String = Sha256::digest(bytes)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    format!("sha256:{hex}")
}

/// The repository.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .ancestors()
        .find(|folder| folder.join("wit").is_dir())
        .expect("the contract lies beside the tests")
        .to_owned()
}

fn build(package: &str) -> Built {
    // Not the target folder of the outer cargo, which holds its lock, but that
    // of the build script, where what components are built from is built.
    let target = root().join("target").join("plugins");
    let mut cargo = Command::new(env!("CARGO"));
    cargo
        .current_dir(root())
        .args([
            "build",
            "--locked",
            "--profile",
            "plugin",
            "--target",
            TARGET,
        ])
        .args(["-p", package, "--target-dir"])
        .arg(&target)
        .env("CARGO_BUILD_BUILD_DIR", &target);
    // Flags for the host are none for the components.
    for name in ["RUSTFLAGS", "CARGO_ENCODED_RUSTFLAGS", "CARGO_BUILD_TARGET"] {
        cargo.env_remove(name);
    }
    let output = cargo.output().expect("cargo runs");
    assert!(
        output.status.success(),
        "{package} does not build:\n{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let file = format!("{}.wasm", package.replace('-', "_"));
    let module = std::fs::read(target.join(TARGET).join("plugin").join(file))
        .expect("cargo left the module");
    let component = wit_component::ComponentEncoder::default()
        .module(&module)
        .and_then(|encoder| encoder.validate(true).encode())
        .expect("the module makes a component");
    Built {
        digest: digest(&component),
        component,
        module,
    }
}
