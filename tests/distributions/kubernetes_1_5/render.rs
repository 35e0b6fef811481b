//! Renders, and what they leave.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

use serde_json::Value;

/// The machine that is rendered for.
const NODE_FACTS: &str = r#"
apiVersion: kubewright.dev/v1alpha1
kind: NodeFacts
hostname: Master-1
defaultAddress: 10.66.0.31
architecture: amd64
directories: []
"#;

/// The head of a MasterConfiguration.
pub const MASTER: &str = "apiVersion: kubeadm.k8s.io/v1alpha1\nkind: MasterConfiguration\n";

/// What to render.
#[derive(Default)]
pub struct Wanted<'a> {
    pub config: Option<&'a str>,
    pub arguments: &'a [&'a str],
    pub environment: &'a [(&'a str, &'a str)],
    /// Files of the machine that are there already.
    pub files: &'a [&'a str],
    /// Directories that the machine has.
    pub directories: &'a [&'a str],
}

/// A render.
pub struct Rendered {
    pub folder: tempfile::TempDir,
    /// The address and the port of the API server.
    pub address: String,
    pub port: u16,
    pub success: bool,
    pub output: String,
    pub errors: String,
}

impl Wanted<'_> {
    pub fn render(&self) -> Rendered {
        let rendered = Rendered {
            folder: tempfile::tempdir().unwrap(),
            address: "10.66.0.31".to_owned(),
            port: 6443,
            success: false,
            output: String::new(),
            errors: String::new(),
        };
        for file in self.files {
            let path = rendered.path(file);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, "x").unwrap();
        }
        self.again(rendered)
    }

    /// Renders into the folder of an earlier render.
    pub fn again(&self, mut into: Rendered) -> Rendered {
        let folder = into.folder.path();
        let facts = folder.join("facts.yaml");
        let directories = serde_json::to_string(self.directories).unwrap();
        let text = NODE_FACTS.replace("directories: []", &format!("directories: {directories}"));
        std::fs::write(&facts, text).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_kubewright"));
        command
            .args(["render", "--distribution", "kubernetes-1.5", "--node-facts"])
            .arg(&facts)
            .arg("--out")
            .arg(folder.join("out"))
            .args(self.arguments)
            .envs(self.environment.iter().copied());
        if let Some(config) = self.config {
            let path = folder.join("master.yaml");
            std::fs::write(&path, config).unwrap();
            command.arg("--config").arg(path);
        }
        let done = command.output().unwrap();
        into.success = done.status.success();
        into.output = String::from_utf8(done.stdout).unwrap();
        into.errors = String::from_utf8(done.stderr).unwrap();
        into
    }

    /// A render that must come to its end.
    pub fn done(&self) -> Rendered {
        let rendered = self.render();
        assert!(rendered.success, "{}{}", rendered.output, rendered.errors);
        rendered
    }
}

impl Rendered {
    pub fn path(&self, path: &str) -> PathBuf {
        self.folder
            .path()
            .join("out/rootfs")
            .join(path.trim_start_matches('/'))
    }

    pub fn out(&self) -> PathBuf {
        self.folder.path().join("out")
    }

    pub fn text(&self, path: &str) -> String {
        read(&self.path(path))
    }

    pub fn json(&self, path: &str) -> Value {
        serde_json::from_str(&self.text(path)).unwrap()
    }

    pub fn yaml(&self, path: &str) -> Value {
        serde_saphyr::from_str(&self.text(path)).unwrap()
    }

    pub fn mode(&self, path: &str) -> u32 {
        let path = self.path(path);
        let metadata = std::fs::metadata(&path).unwrap_or_else(|e| panic!("{path:?}: {e}"));
        metadata.permissions().mode() & 0o777
    }

    pub fn has(&self, path: &str) -> bool {
        self.path(path).exists()
    }

    pub fn objects(&self) -> Vec<Value> {
        serde_saphyr::from_multiple(&read(&self.out().join("objects.yaml"))).unwrap()
    }

    pub fn object(&self, kind: &str, name: &str) -> Value {
        let found = |one: &Value| one["kind"] == kind && one["metadata"]["name"] == name;
        let object = self.objects().into_iter().find(found);
        object.unwrap_or_else(|| panic!("there is no {kind} {name}"))
    }

    /// The command of a static pod.
    pub fn command(&self, pod: &str) -> Vec<String> {
        let manifest = self.json(&format!("/etc/kubernetes/manifests/{pod}.json"));
        words(&manifest["spec"]["containers"][0]["command"])
    }
}

/// A list of texts.
pub fn words(list: &Value) -> Vec<String> {
    let items = list.as_array().unwrap();
    items
        .iter()
        .map(|word| word.as_str().unwrap().to_owned())
        .collect()
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// What comes of no configuration at all.
static DEFAULT: LazyLock<Rendered> = LazyLock::new(|| Wanted::default().done());

/// What a machine and a cluster are left with: of a render, and of an `init`
/// against an API server that is there.
pub fn outcomes() -> impl Iterator<Item = &'static Rendered> {
    std::iter::once(&*DEFAULT).chain(super::live::INIT.as_ref())
}
