//! The phase `preflight`: whether it may begin.

use std::io::Write;

use anyhow::{Context, bail};

use super::settings::Settings;
use super::target::Target;
use crate::cli::machine::Machine;
use crate::cli::output::Output;

/// `IsPrivilegedUser`
pub fn privileged(machine: &Machine, settings: &Settings, output: &Output) -> anyhow::Result<()> {
    let Err(error) = machine.require_root("reset") else {
        return Ok(());
    };
    if !settings.ignores("IsPrivilegedUser") {
        return Err(error);
    }
    output.warning(&error.to_string());
    Ok(())
}

/// Asks the operator, unless that is settled.
pub fn confirm(target: &Target, settings: &Settings) -> anyhow::Result<()> {
    let what = match target {
        Target::Nothing => return Ok(()),
        _ if settings.force() || settings.yes => return Ok(()),
        Target::Kubeadms(_) => {
            "there is no journal: changes made to this host by 'kubeadm init' or 'kubeadm join' will be reverted, and what is in their folders removed"
        }
        Target::Ours(_) => "changes made to this host by kubewright will be reverted",
    };
    eprint!("[reset] WARNING: {what}.\n[reset] Are you sure you want to proceed? [y/N]: ");
    // A prompt that cannot be shown is answered by nobody.
    let _ = std::io::stderr().flush();
    let mut answer = String::new();
    std::io::stdin()
        .read_line(&mut answer)
        .context("cannot read the answer")?;
    if answer.is_empty() {
        eprintln!();
        bail!("{what}; give --yes (or --force) to confirm that where nobody can be asked");
    }
    match answer.trim().to_lowercase().as_str() {
        "y" | "yes" => Ok(()),
        _ => bail!("aborted reset operation"),
    }
}
