//! What a reset is asked for, from flags and `--config`.

use std::collections::BTreeSet;
use std::time::Duration;

use anyhow::{Context, bail};

use super::emptiable::{EmptiableFolder, Surroundings, TEMPORARY};
use super::flags::{CleanupFlags, CommonFlags, MemberFlags, PreflightFlags};
use crate::cli::Usage;
use crate::cli::inputs::read_text;
use crate::cli::machine::Machine;
use crate::cli::output::Output;
use crate::cluster::documents::ResetConfiguration;
use crate::cluster::facts::NodeDefaults;
use crate::cluster::flags::ResetFlags;
use crate::cluster::load;
use crate::world::MachinePath;
use crate::world::machine::{KubeletSettings, Mounts, UnmountFlag, read_facts};

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
        let flags = ResetFlags {
            cert_dir: cleanup.and_then(|flags| flags.cert_dir.clone()),
            cleanup_tmp_dir: cleanup.is_some_and(|flags| flags.cleanup_tmp_dir),
            cri_socket: cleanup.and_then(|flags| flags.cri_socket.clone()),
            dry_run: given.common.dry_run,
            force: given.force,
            ignore_preflight_errors: given
                .preflight
                .map(|flags| flags.ignore_preflight_errors.clone())
                .unwrap_or_default(),
            skip_phases: given.skip_phases.to_vec(),
        };
        let text = given.config.map(read_text).transpose()?;
        let source = match (given.config, &text) {
            (Some(file), Some(text)) => Some(load::Source {
                file,
                text,
                // What a reset takes away does not come back.
                strict: true,
            }),
            _ => None,
        };
        let loaded = load::reset(source, &flags, &runtimes(machine)?)?;
        for warning in &loaded.warnings {
            output.warning(warning);
        }
        let reset = loaded.reset;
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
        if loaded.names_certificates_dir {
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
            names_certificates: loaded.names_certificates_dir,
            names_socket: loaded.names_cri_socket,
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
        self.timeout(|timeouts| timeouts.etcd_api_call)
    }

    pub fn api_timeout(&self) -> Duration {
        self.timeout(|timeouts| timeouts.kubernetes_api_call)
    }

    fn timeout(
        &self,
        of: impl Fn(
            &crate::cluster::documents::Timeouts,
        ) -> Option<crate::cluster::duration::GoDuration>,
    ) -> Duration {
        self.reset
            .timeouts
            .as_ref()
            .and_then(of)
            .and_then(crate::cluster::duration::GoDuration::to_std)
            .unwrap_or_default()
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

/// The container runtime that the kubelet uses; else those that are found.
fn runtimes(machine: &Machine) -> anyhow::Result<NodeDefaults> {
    let kubelets = KubeletSettings::read(&*machine.files).runtime_endpoint;
    let cri_sockets = match (kubelets, machine.is_this) {
        (Some(socket), _) => vec![socket],
        (None, true) => read_facts()?.cri_sockets,
        (None, false) => Vec::new(),
    };
    Ok(NodeDefaults {
        cri_sockets,
        ..load::no_node()
    })
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
