//! Whether an operation that undoes may begin.

use std::io::Write;

use anyhow::{Context, bail};
use serde_json::Value;

use super::output::Output;
use crate::effect::Standing;
use crate::run::Machine;

/// The check that a user can have ignored.
const PRIVILEGED: &str = "isprivilegeduser";

/// `IsPrivilegedUser`; `configuration` says which checks are ignored.
pub fn privileged(
    machine: &Machine,
    operation: &str,
    configuration: &Value,
    output: &Output,
) -> anyhow::Result<()> {
    let Err(error) = machine.require_root(operation) else {
        return Ok(());
    };
    let ignored = configuration["ignorePreflightErrors"].as_array();
    let is_ignored = |one: &Value| *one == "all" || *one == PRIVILEGED;
    if !ignored.is_some_and(|ignored| ignored.iter().any(is_ignored)) {
        return Err(error);
    }
    output.warning(&error.to_string());
    Ok(())
}

/// Asks the operator, unless that is settled.
pub fn confirm(standing: Standing, is_settled: bool) -> anyhow::Result<()> {
    let what = match standing {
        Standing::Settled => return Ok(()),
        _ if is_settled => return Ok(()),
        Standing::Others => {
            "there is no journal: changes made to this host by 'kubeadm init' or 'kubeadm join' will be reverted, and what is in their folders removed"
        }
        Standing::Ours => "changes made to this host by kubewright will be reverted",
    };
    ask(
        &format!("[reset] WARNING: {what}.\n[reset] Are you sure you want to proceed? [y/N]: "),
        &format!("{what}; "),
        "aborted reset operation",
    )
}

/// Asks whether to go on; `y` does. `why` begins the error where nobody can be
/// asked.
pub fn ask(question: &str, why: &str, refused: &'static str) -> anyhow::Result<()> {
    eprint!("{question}");
    // A prompt that cannot be shown is answered by nobody.
    let _ = std::io::stderr().flush();
    let mut answer = String::new();
    std::io::stdin()
        .read_line(&mut answer)
        .context("cannot read the answer")?;
    if answer.is_empty() {
        eprintln!();
        bail!("{why}give --yes (or --force) to confirm that where nobody can be asked");
    }
    match answer.trim().to_lowercase().as_str() {
        "y" | "yes" => Ok(()),
        _ => bail!(refused),
    }
}
