//! `kubewright reset`

mod accounts;
mod cluster;
mod confirm;
mod emptiable;
mod files;
mod flags;
mod kubelet;
mod member;
mod pods;
mod settings;
mod target;
mod work;

use std::sync::Arc;

use anyhow::Context;
use clap::{Args, Subcommand};

use super::interrupt::Besides;
use super::output::Output;
use super::run::now;
use crate::effect::{DiskJournal, Outcome, RunHeader, RunOperation, RunStart, State};
use flags::{CleanupFlags, CommonFlags, MemberFlags, PreflightFlags};
use settings::{Given, Phase, Settings};
use work::{Start, Work};

/// Undo what `init` did to this machine.
///
/// Makes this machine what it was before `init`: undoes what the journal says,
/// backwards, and nothing else. A machine that kubeadm made is reset as
/// kubeadm would. The journal itself stays (`kubewright history`).
#[derive(Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct Reset {
    #[command(flatten)]
    all: AllPhases,
    #[command(subcommand)]
    command: Option<ResetCommand>,
}

#[derive(Args)]
struct AllPhases {
    #[command(flatten)]
    common: CommonFlags,
    #[command(flatten)]
    preflight: PreflightFlags,
    #[command(flatten)]
    member: MemberFlags,
    #[command(flatten)]
    cleanup: CleanupFlags,
    /// Reset the node without prompting for confirmation, and remove what was
    /// changed since as well.
    #[arg(long, short)]
    force: bool,
    /// Path to a kubeadm configuration file with a ResetConfiguration; `-` for
    /// standard input. Unknown and repeated fields are errors (kubeadm warns and
    /// goes on without them).
    #[arg(long, value_name = "FILE")]
    config: Option<String>,
    /// List of phases to be skipped: preflight, remove-etcd-member,
    /// cleanup-node.
    #[arg(long, value_name = "PHASES", value_delimiter = ',')]
    skip_phases: Vec<String>,
}

#[derive(Subcommand)]
enum ResetCommand {
    /// Use this command to invoke single phase of the "reset" workflow.
    #[command(subcommand)]
    Phase(OnePhase),
}

#[derive(Subcommand)]
enum OnePhase {
    /// Run reset pre-flight checks.
    #[command(visible_alias = "pre-flight")]
    Preflight {
        #[command(flatten)]
        common: CommonFlags,
        #[command(flatten)]
        preflight: PreflightFlags,
        /// Don't prompt for confirmation.
        #[arg(long, short)]
        force: bool,
    },
    /// Remove a local etcd member.
    RemoveEtcdMember {
        #[command(flatten)]
        common: CommonFlags,
        #[command(flatten)]
        member: MemberFlags,
        /// Remove the data of etcd even where something was in its folder
        /// before.
        #[arg(long, short)]
        force: bool,
    },
    /// Run cleanup node.
    #[command(visible_alias = "cleanupnode")]
    CleanupNode {
        #[command(flatten)]
        common: CommonFlags,
        #[command(flatten)]
        cleanup: CleanupFlags,
        /// Remove what was changed since as well.
        #[arg(long, short)]
        force: bool,
    },
}

impl Reset {
    pub fn run(&self, output: &Output) -> anyhow::Result<()> {
        let given = match &self.command {
            None => Given {
                common: &self.all.common,
                preflight: Some(&self.all.preflight),
                member: Some(&self.all.member),
                cleanup: Some(&self.all.cleanup),
                force: self.all.force,
                config: self.all.config.as_deref(),
                skip_phases: &self.all.skip_phases,
            },
            Some(ResetCommand::Phase(one)) => one.given(),
        };
        reset(&given, output)
    }
}

impl OnePhase {
    fn given(&self) -> Given<'_> {
        let given = |common, force| Given {
            common,
            preflight: None,
            member: None,
            cleanup: None,
            force,
            config: None,
            skip_phases: &[],
        };
        match self {
            Self::Preflight {
                common,
                preflight,
                force,
            } => Given {
                preflight: Some(preflight),
                ..given(common, *force)
            },
            Self::RemoveEtcdMember {
                common,
                member,
                force,
            } => Given {
                member: Some(member),
                ..given(common, *force)
            },
            Self::CleanupNode {
                common,
                cleanup,
                force,
            } => Given {
                cleanup: Some(cleanup),
                ..given(common, *force)
            },
        }
    }
}

fn reset(given: &Given<'_>, output: &Output) -> anyhow::Result<()> {
    let machine = given.common.machine.open()?;
    let settings = Settings::resolve(given, &machine, output)?;
    if settings.runs(Phase::Preflight) {
        output.line("[preflight] Running pre-flight checks");
        confirm::privileged(&machine, &settings, output)?;
    }
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("cannot start the runtime")?;
    if settings.dry_run() {
        let start = Start::look(&machine, &settings)?;
        let work = Work::new(&machine, &settings, output, start, None);
        return runtime.block_on(work.run());
    }
    let folder = Arc::new(machine.folder());
    let lock = folder.lock("reset")?;
    // What there is to undo is looked at under the lock.
    let found = Start::look(&machine, &settings)?;
    if settings.runs(Phase::Preflight) {
        confirm::confirm(&found.target, &settings)?;
    }
    // Its manifest is among the first things that go.
    let etcd_data = found
        .etcd_data
        .iter()
        .filter(|_| found.target.is_kubeadms());
    let header = RunHeader {
        operation: Some(RunOperation {
            name: "reset".to_owned(),
            whole: settings.command() == "reset",
            undoes: true,
        }),
        command: settings.command(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        state_folders: etcd_data
            .map(|folder| (folder.clone(), State::Absent))
            .collect(),
        started: now()?,
        ..RunHeader::default()
    };
    let start = RunStart {
        header,
        configuration: Vec::new(),
    };
    let journal = Arc::new(DiskJournal::begin(folder, lock, start)?);
    let work = Work::new(
        &machine,
        &settings,
        output,
        found,
        Some(Arc::clone(&journal)),
    );
    let besides = Besides::say(format!(
        "run {} did not come to its end: `kubewright reset` goes on with it",
        journal.run()
    ));
    let result = runtime.block_on(work.run());
    let outcome = match &result {
        Ok(()) => Outcome::Done,
        Err(_) => Outcome::Failed,
    };
    journal.end(outcome, now()?)?;
    drop(besides);
    result
}
