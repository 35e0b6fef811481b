//! Machines that are attacked: with keys and tokens that are known, and a
//! component on them that does what a test asks for.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use kubewright_test_hostile_calls::{Outcome, PROGRAM, Program, Seen, THEN};
use tempfile::TempDir;

use super::distribution::Hostile;
use super::leaks::Secret;
use super::program::{CONFIG, Finished, Place};
use super::watched::Watched;

#[allow(unused_imports, reason = "not every program of tests grants it")]
pub use kubewright_test_hostile_calls::shorthand::{CERTIFICATE_KEY, GENEROUS, TOKEN_SECRET};

/// Keys may be placed and files be written; what was written may not be read.
pub const WRITE_ONLY: &str = "      files:
      - {paths: [/etc/kubernetes/pki/mine.crt, /etc/kubernetes/pki/mine.key, \"/srv/drop/**\"], verbs: [write]}
      - {paths: [\"/srv/hostile/**\"], verbs: [read]}
      - {paths: [/srv/hostile/gone], verbs: [empty]}
      pki:
      - {names: [mine], below: /etc/kubernetes/pki, verbs: [load]}
      - {names: [sa], below: /etc/kubernetes/pki, verbs: [load, place]}
      kube: {kubeconfigs: [/etc/kubernetes/admin.conf], rules: []}
      node: {accounts: [hostile-*], runtimes: [\"unix:///run/hostile.sock\"], mounts: [/srv/hostile]}
      etcd: [{ca: /etc/kubernetes/pki/etcd/ca.crt, certificate: /etc/kubernetes/pki/mine.crt, key: /etc/kubernetes/pki/mine.key, endpoints: [\"https://self:*\"]}]
      undo: [/srv/hostile/**]
      publish: {Hostile: {field: string}}
      use: [checks, clock, health, kubeconfigs, patches, terminal, tokens]
";

/// A configuration with a token and a certificate key that tests know. Its API
/// server may be on this machine.
pub fn config() -> String {
    CONFIG
        .replace(
            "nodeRegistration:",
            &format!(
                "certificateKey: {CERTIFICATE_KEY}\nbootstrapTokens:\n- token: abcdef.{TOKEN_SECRET}\nnodeRegistration:"
            ),
        )
        .replace(
            "encryptionAlgorithm:",
            "apiServer: {certSANs: [127.0.0.1]}\nencryptionAlgorithm:",
        )
}

/// A rendered machine, made once and copied from then on.
fn template() -> &'static Path {
    static TEMPLATE: OnceLock<TempDir> = OnceLock::new();
    TEMPLATE
        .get_or_init(|| {
            let folder = tempfile::tempdir().expect("a temporary folder");
            let place = Place::new();
            place.write("config.yaml", config());
            place.render(&[]).exits(0);
            copy(&place.out(), &folder.path().join("out"));
            folder
        })
        .path()
}

/// Copies a folder with all that is in it.
pub fn copy(from: &Path, to: &Path) {
    let status = Command::new("cp").arg("-a").arg(from).arg(to).status();
    assert!(status.expect("cp runs").success(), "{}", from.display());
}

/// Where an attack happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum World {
    /// `render`, over what was rendered.
    Render,
    /// `init` on a machine that is a folder.
    Machine,
}

/// A machine with secrets on it, and the component with its grants.
pub struct Scene {
    pub place: Place,
    pub world: World,
}

impl Scene {
    /// A machine on which the default distribution was rendered.
    pub fn new(world: World) -> Self {
        let place = Place::new();
        place.write("config.yaml", config());
        match world {
            World::Render => copy(&template().join("out"), &place.out()),
            World::Machine => copy(&template().join("out/rootfs"), &place.path("root")),
        }
        Self { place, world }
    }

    /// The same, with the component beside it.
    pub fn with(world: World, grants: &str) -> Self {
        let scene = Self::new(world);
        scene.grant(grants, "");
        scene
    }

    /// Gives the component other grants and limits (`{hostCalls: 5}`).
    pub fn grant(&self, grants: &str, limits: &str) {
        Hostile {
            phases: &["program", "then"],
            grants,
            limits,
        }
        .write(&self.place);
    }

    /// A path of the machine.
    pub fn machine(&self, path: &str) -> PathBuf {
        let root = match self.world {
            World::Render => self.place.out().join("rootfs"),
            World::Machine => self.place.path("root"),
        };
        root.join(path.trim_start_matches('/'))
    }

    /// Puts a file onto the machine, as its operator.
    pub fn put(&self, path: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.machine(path);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("folders can be made");
        std::fs::write(&path, content).expect("files can be written");
        path
    }

    /// Puts a symbolic link onto the machine, as its operator.
    pub fn link(&self, path: &str, target: &str) {
        let path = self.machine(path);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("folders can be made");
        std::os::unix::fs::symlink(target, path).expect("links can be made");
    }

    /// A file of the machine, as text.
    #[track_caller]
    pub fn text(&self, path: &str) -> String {
        let path = self.machine(path);
        std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    }

    /// The arguments that run the component.
    pub fn arguments<'a>(&self, phases: &'a str, more: &[&'a str]) -> Vec<&'a str> {
        let world: &[&str] = match self.world {
            World::Render => &["render", "--out", "out"],
            World::Machine => &["init", "--rootfs", "root"],
        };
        let files = [
            "--config",
            "config.yaml",
            "--distribution",
            "distribution.yaml",
        ];
        [world, &files, &["--phase", phases], more].concat()
    }

    /// Carries out a program; the run may end as it likes.
    #[track_caller]
    pub fn attempt(&self, program: &Program, more: &[&str]) -> Told {
        self.attempt_within(self.watched(), program, more)
    }

    /// The same, within these bounds.
    #[track_caller]
    pub fn attempt_within(&self, watched: Watched, program: &Program, more: &[&str]) -> Told {
        self.put(PROGRAM, program.file());
        let arguments = self.arguments("hostile/program", more);
        Told::new(watched.run(&arguments))
    }

    /// Carries out a program, which comes to its end.
    #[track_caller]
    pub fn carry_out(&self, program: &Program) -> Told {
        let told = self.attempt(program, &[]);
        assert_eq!(told.finished.code, 0, "{}", told.finished.said());
        told
    }

    /// Carries out two programs in one run, each in a phase of its own.
    #[track_caller]
    pub fn both(&self, program: &Program, then: &Program, more: &[&str]) -> Told {
        self.put(PROGRAM, program.file());
        self.put(THEN, then.file());
        let first = ["--phase", "hostile/program"];
        let arguments = self.arguments("hostile/then", &[&first, more].concat());
        Told::new(self.watched().run(&arguments))
    }

    /// A run with an eye on it.
    pub fn watched(&self) -> Watched {
        Watched::new(&self.place)
    }

    /// Every secret of the machine, as far as it was there from the beginning.
    pub fn secrets(&self) -> Vec<Secret> {
        self.bare_secrets()
            .into_iter()
            .map(|(name, text)| Secret::new(&name, &text))
            .collect()
    }

    /// The texts of them: tokens, certificate keys, the lines of private keys
    /// that hold the number.
    pub fn bare_secrets(&self) -> BTreeMap<String, String> {
        let mut found = BTreeMap::from([
            ("token".to_owned(), TOKEN_SECRET.to_owned()),
            ("certificate key".to_owned(), CERTIFICATE_KEY.to_owned()),
        ]);
        for (name, entry) in super::tree::tree(&template().join("out/rootfs/etc/kubernetes/pki")) {
            if name.ends_with(".key") {
                let pem = String::from_utf8(entry.content).expect("keys are PEM");
                found.insert(name, super::leaks::first_line(&pem).to_owned());
            }
        }
        for name in ["admin.conf", "super-admin.conf", "kubelet.conf"] {
            let path = template().join("out/rootfs/etc/kubernetes").join(name);
            let text = std::fs::read_to_string(path).expect("kubeconfigs are rendered");
            for line in text.lines() {
                if let Some(data) = line.trim().strip_prefix("client-key-data: ") {
                    let pem = super::leaks::decoded(data);
                    found.insert(name.to_owned(), super::leaks::first_line(&pem).to_owned());
                }
            }
        }
        assert!(found.len() >= 12, "{}", found.len());
        found
    }

    /// Fails the test where a secret of the machine shows in what the guest
    /// saw, or in what the program said.
    #[track_caller]
    pub fn keeps_its_secrets(&self, told: &Told) {
        let secrets = self.secrets();
        told.lacks(&secrets);
    }
}

/// What a run said, and what the component told that it saw.
pub struct Told {
    pub finished: Finished,
    pub seen: Vec<Seen>,
}

impl Told {
    pub fn new(finished: Finished) -> Self {
        Self {
            seen: Seen::of_lines(finished.stdout.lines()),
            finished,
        }
    }

    /// What a step saw.
    #[track_caller]
    pub fn step(&self, step: usize) -> &Seen {
        self.seen
            .iter()
            .find(|seen| seen.step == step)
            .unwrap_or_else(|| panic!("step {step} told nothing:\n{}", self.finished.said()))
    }

    /// Fails the test unless the host did this.
    #[track_caller]
    pub fn done(&self, step: usize) -> String {
        let seen = self.step(step);
        assert_eq!(seen.outcome, Outcome::Done, "step {step}: {}", seen.text());
        seen.text()
    }

    /// Fails the test unless the host refused this, or had refused what it
    /// needs.
    #[track_caller]
    pub fn not_done(&self, step: usize) -> String {
        let seen = self.step(step);
        assert_ne!(seen.outcome, Outcome::Done, "step {step}: {}", seen.text());
        seen.text()
    }

    /// Fails the test where one of these shows.
    #[track_caller]
    pub fn lacks(&self, secrets: &[Secret]) {
        for secret in secrets {
            for seen in &self.seen {
                assert!(
                    !secret.is_in_bytes(&seen.bytes),
                    "the {} was seen by step {}:\n{}",
                    secret.name,
                    seen.step,
                    seen.text()
                );
            }
            let said = self.finished.said();
            assert!(!secret.is_in(&said), "the {} is said:\n{said}", secret.name);
        }
    }
}
