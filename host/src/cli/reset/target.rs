//! Whose machine it is.

use crate::cli::machine::Machine;
use crate::effect::{Ledger, Outcome, RecordedObjects, RunRecords};

/// What a reset undoes.
pub enum Target {
    /// What the journal says.
    Ours(Box<Ledger>),
    /// What kubeadm does, on a machine that has no journal of anything but
    /// resets that did not come to their end: these know where etcd's data was.
    Kubeadms(Box<Ledger>),
    /// Nothing is left.
    Nothing,
}

impl Target {
    /// Of a machine; `force` means others' doings where none of ours are left.
    pub fn of(machine: &Machine, force: bool) -> anyhow::Result<Self> {
        let mut ledger = Ledger::default();
        let mut settled = false;
        for run in machine.folder().runs(RecordedObjects::Dropped)? {
            let run = run?;
            settled |= settles(&run);
            ledger.fold(&run);
        }
        Ok(match ledger.is_empty() {
            false => Self::Ours(Box::new(ledger)),
            true if force || !settled => Self::Kubeadms(Box::new(ledger)),
            true => Self::Nothing,
        })
    }

    /// What runs made, or noted.
    pub fn ledger(&self) -> Option<&Ledger> {
        match self {
            Self::Ours(ledger) | Self::Kubeadms(ledger) => Some(ledger),
            Self::Nothing => None,
        }
    }

    pub fn is_kubeadms(&self) -> bool {
        matches!(self, Self::Kubeadms(_))
    }
}

/// Whether a run settles that this machine is not one that kubeadm made: it
/// was to make something of it, whether it came to that or not; or it was a
/// whole reset that came to its end. A reset that was killed is gone on with.
fn settles(run: &RunRecords) -> bool {
    let operation = run.header.operation();
    match operation.undoes {
        true => operation.whole && matches!(run.end, Some((Outcome::Done, _))),
        false => true,
    }
}
