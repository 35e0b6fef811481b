//! kubeadm's flags of `reset`, by the phase that they are of.

use clap::Args;

use crate::cli::machine::MachineArguments;

/// What every phase takes.
#[derive(Args)]
pub struct CommonFlags {
    #[command(flatten)]
    pub machine: MachineArguments,
    /// Don't apply any changes; just output what would be done.
    #[arg(long)]
    pub dry_run: bool,
}

/// Of `preflight`.
#[derive(Args)]
pub struct PreflightFlags {
    /// A list of checks whose errors will be shown as warnings, as
    /// IsPrivilegedUser, or `all`.
    #[arg(long, value_name = "CHECKS", value_delimiter = ',')]
    pub ignore_preflight_errors: Vec<String>,
    /// Don't prompt for confirmation; what was changed since is kept.
    #[arg(long, short)]
    pub yes: bool,
}

/// Of `remove-etcd-member`.
#[derive(Args)]
pub struct MemberFlags {
    /// The kubeconfig file to use when talking to the cluster: where its etcd
    /// listens, and how it was configured.
    #[arg(
        long,
        value_name = "FILE",
        default_value = "/etc/kubernetes/admin.conf"
    )]
    pub kubeconfig: String,
}

/// Of `cleanup-node`.
#[derive(Args)]
pub struct CleanupFlags {
    /// The path to the directory where the certificates are stored. If
    /// specified, clean this directory. Of a machine that kubeadm made it is
    /// cleaned anyway [default: /etc/kubernetes/pki].
    #[arg(long, value_name = "DIR")]
    pub cert_dir: Option<String>,
    /// Cleanup the "/etc/kubernetes/tmp" directory.
    #[arg(long)]
    pub cleanup_tmp_dir: bool,
    /// Path to the CRI socket to connect. If empty, that of the kubelet's
    /// configuration, or one that is found.
    #[arg(long, value_name = "SOCKET")]
    pub cri_socket: Option<String>,
}
