//! What a reset is asked for, from flags and `--config`.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use anyhow::{Context, bail};
use jiff::Timestamp;
use kubewright_values::GoDuration;
use serde::Deserialize;

use super::emptiable::{EmptiableFolder, Surroundings, TEMPORARY};
use super::flags::{CleanupFlags, CommonFlags, MemberFlags, PreflightFlags};
use crate::cli::Usage;
use crate::cli::configuration::{complete, environment, start_engine};
use crate::cli::inputs::read_text;
use crate::cli::machine::Machine;
use crate::cli::output::Output;
use crate::configuration::complete::{Ask, Request, Source};
use crate::configuration::flags::GivenFlags;
use crate::distribution::Distribution;
use crate::world::machine::{KubeletSettings, Mounts, UnmountFlag, read_facts};
use crate::world::{MachinePath, NodeFacts};

/// The flags of a command; of a single phase only its own.
pub struct Given<'a> {
    pub common: &'a CommonFlags,
    pub preflight: Option<&'a PreflightFlags>,
    pub member: Option<&'a MemberFlags>,
    pub cleanup: Option<&'a CleanupFlags>,
    pub force: bool,
    pub config: Option<&'a str>,
    pub skip_phases: &'a [String],
}

/// The phases, as kubeadm has them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Phase {
    Preflight,
    RemoveEtcdMember,
    CleanupNode,
}

impl Phase {
    const ALL: [Self; 3] = [Self::Preflight, Self::RemoveEtcdMember, Self::CleanupNode];

    pub fn name(self) -> &'static str {
        match self {
            Self::Preflight => "preflight",
            Self::RemoveEtcdMember => "remove-etcd-member",
            Self::CleanupNode => "cleanup-node",
        }
    }

    /// By kubeadm's names and aliases, without regard to case.
    fn named(name: &str) -> Option<Self> {
        match name.trim().to_lowercase().as_str() {
            "preflight" | "pre-flight" => Some(Self::Preflight),
            "remove-etcd-member" => Some(Self::RemoveEtcdMember),
            "cleanup-node" | "cleanupnode" => Some(Self::CleanupNode),
            _ => None,
        }
    }
}

/// A ResetConfiguration, complete.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct ResetConfiguration {
    cleanup_tmp_dir: bool,
    certificates_dir: String,
    #[serde(rename = "criSocket")]
    cri_socket: String,
    dry_run: bool,
    force: bool,
    ignore_preflight_errors: Vec<String>,
    skip_phases: Vec<String>,
    unmount_flags: Vec<String>,
    timeouts: BTreeMap<String, String>,
}

/// What a reset is asked for.
pub struct Settings {
    reset: ResetConfiguration,
    phases: BTreeSet<Phase>,
    /// The one phase that is run alone.
    alone: Option<Phase>,
    pub yes: bool,
    pub kubeconfig: MachinePath,
    /// Where the certificates are; of a machine that kubeadm made its cluster
    /// may know better, if this was not named.
    pub certificates: MachinePath,
    pub names_certificates: bool,
    pub names_socket: bool,
    pub unmount_flags: Vec<UnmountFlag>,
}

impl Settings {
    pub fn resolve(given: &Given<'_>, machine: &Machine, output: &Output) -> anyhow::Result<Self> {
        let cleanup = given.cleanup;
        let mut flags = GivenFlags::default();
        flags.value("cert-dir", cleanup.and_then(|flags| flags.cert_dir.clone()));
        flags.value(
            "cri-socket",
            cleanup.and_then(|flags| flags.cri_socket.clone()),
        );
        for (name, is_on) in [
            (
                "cleanup-tmp-dir",
                cleanup.is_some_and(|flags| flags.cleanup_tmp_dir),
            ),
            ("dry-run", given.common.dry_run),
            ("force", given.force),
        ] {
            flags.switch(name, is_on);
        }
        if let Some(preflight) = given.preflight {
            flags.texts(
                "ignore-preflight-errors",
                &preflight.ignore_preflight_errors,
            );
        }
        flags.texts("skip-phases", given.skip_phases);
        let text = given.config.map(read_text).transpose()?;
        let source = match (given.config, &text) {
            (Some(file), Some(text)) => Some(Source {
                file,
                text,
                // What a reset takes away does not come back.
                strict: true,
                allow_deprecated: false,
            }),
            _ => None,
        };
        let distribution = Distribution::load("kubernetes")?;
        let request = Request {
            operation: "reset",
            ask: Ask::Run,
            source,
            flags: &flags,
            environment: environment(&distribution)?,
            facts: &facts(machine)?,
            now: Timestamp::now(),
        };
        let completed = complete(&start_engine()?, &distribution, &request, output)?.prepared;
        for warning in &completed.warnings {
            output.warning(warning);
        }
        let options = &completed.document["options"];
        let names_certificates = options["namesCertificatesDir"] == true;
        let names_socket = options["namesCRISocket"] == true;
        let reset = &completed.document["configuration"]["ResetConfiguration"];
        let mut reset: ResetConfiguration = serde_json::from_value(reset.clone())
            .context("the configuration of a reset is not what it should be")?;
        // The checks that are ignored are those of flags and file together.
        if let Some(ignored) = options["ignorePreflightErrors"].as_array() {
            let names = ignored.iter().filter_map(|name| name.as_str());
            reset.ignore_preflight_errors = names.map(str::to_owned).collect();
        }
        let mut phases: BTreeSet<Phase> = [
            (Phase::Preflight, given.preflight.is_some()),
            (Phase::RemoveEtcdMember, given.member.is_some()),
            (Phase::CleanupNode, given.cleanup.is_some()),
        ]
        .into_iter()
        .filter_map(|(phase, wanted)| wanted.then_some(phase))
        .collect();
        let alone = match phases.len() {
            1 => phases.first().copied(),
            _ => None,
        };
        for name in &reset.skip_phases {
            let Some(phase) = Phase::named(name) else {
                let known = Phase::ALL.map(Phase::name).join(", ");
                return Err(Usage(format!(
                    "invalid phase name {name:?}; the phases of reset are: {known}"
                ))
                .into());
            };
            phases.remove(&phase);
        }
        let certificates =
            MachinePath::parse(&reset.certificates_dir).context("--cert-dir, certificatesDir")?;
        if certificates.parent().and_then(|one| one.parent()).is_none() {
            bail!(
                "--cert-dir, certificatesDir: {certificates} is no folder of certificates: all that is in it would be removed"
            );
        }
        if names_certificates {
            let mounts = Mounts::read(machine.files.root())?;
            let at = Surroundings {
                files: &machine.files,
                mounts: &mounts,
                unmounted: &BTreeSet::new(),
            };
            EmptiableFolder::check(&at, &certificates, false).with_context(|| {
                format!("--cert-dir, certificatesDir: {certificates} is not emptied")
            })?;
        }
        let kubeconfig = given
            .member
            .map_or("/etc/kubernetes/admin.conf", |flags| &flags.kubeconfig);
        Ok(Self {
            kubeconfig: MachinePath::parse(kubeconfig).context("--kubeconfig")?,
            // Others were refused as the configuration was checked.
            unmount_flags: reset
                .unmount_flags
                .iter()
                .filter_map(|name| UnmountFlag::named(name))
                .collect(),
            phases,
            alone,
            yes: given.preflight.is_some_and(|flags| flags.yes),
            certificates,
            names_certificates,
            names_socket,
            reset,
        })
    }

    pub fn runs(&self, phase: Phase) -> bool {
        self.phases.contains(&phase)
    }

    pub fn dry_run(&self) -> bool {
        self.reset.dry_run
    }

    pub fn force(&self) -> bool {
        self.reset.force
    }

    /// The container runtime's socket, `unix:///run/containerd/containerd.sock`.
    pub fn socket(&self) -> &str {
        &self.reset.cri_socket
    }

    /// The folder of temporary copies, if it is to be emptied.
    pub fn temporary(&self) -> anyhow::Result<Option<MachinePath>> {
        Ok(match self.reset.cleanup_tmp_dir {
            true => Some(MachinePath::parse(TEMPORARY)?),
            false => None,
        })
    }

    /// Whether a preflight check is not to be fatal.
    pub fn ignores(&self, check: &str) -> bool {
        let check = check.to_lowercase();
        let ignored = &self.reset.ignore_preflight_errors;
        ignored.iter().any(|one| *one == "all" || *one == check)
    }

    /// How long etcd is asked, and the API server.
    pub fn etcd_timeout(&self) -> Duration {
        self.timeout("etcdAPICall")
    }

    pub fn api_timeout(&self) -> Duration {
        self.timeout("kubernetesAPICall")
    }

    fn timeout(&self, of: &str) -> Duration {
        let timeout = self.reset.timeouts.get(of);
        let timeout = timeout.and_then(|text| text.parse::<GoDuration>().ok());
        timeout.and_then(GoDuration::to_std).unwrap_or_default()
    }

    /// As journals name it. Only what undoes everything is a `reset`.
    pub fn command(&self) -> String {
        if let Some(phase) = self.alone {
            return format!("reset phase {}", phase.name());
        }
        match (
            self.runs(Phase::RemoveEtcdMember),
            self.runs(Phase::CleanupNode),
        ) {
            (true, true) => "reset".to_owned(),
            (true, false) => "reset without cleanup-node".to_owned(),
            (false, true) => "reset without remove-etcd-member".to_owned(),
            (false, false) => "reset of nothing".to_owned(),
        }
    }
}

/// What a reset knows of the node: the container runtime that the kubelet uses; else those that are
/// found.
fn facts(machine: &Machine) -> anyhow::Result<NodeFacts> {
    let kubelets = KubeletSettings::read(&*machine.files).runtime_endpoint;
    let mut facts = read_facts()?;
    match (kubelets, machine.is_this) {
        (Some(socket), _) => facts.cri_sockets = vec![socket],
        (None, true) => {}
        (None, false) => facts.cri_sockets.clear(),
    }
    Ok(facts)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn phases_are_known_by_kubeadms_names() {
        for (name, wanted) in [
            ("preflight", Some(Phase::Preflight)),
            ("Pre-Flight", Some(Phase::Preflight)),
            ("remove-etcd-member", Some(Phase::RemoveEtcdMember)),
            ("cleanupnode", Some(Phase::CleanupNode)),
            (" cleanup-node ", Some(Phase::CleanupNode)),
            ("certs", None),
            ("", None),
        ] {
            assert_eq!(Phase::named(name), wanted, "{name}");
        }
        for phase in Phase::ALL {
            assert_eq!(Phase::named(phase.name()), Some(phase));
        }
    }
}
