//! Users and groups of the components (kubeadm's feature gate
//! RootlessControlPlane).

use super::cluster::ClusterFacts;
use super::work::Work;
use crate::effect::{GROUPS, Ledger, USERS, remove_accounts};
use crate::world::{AccountsLock, MachinePath};

/// Users that kubeadm makes for the components of a control plane that runs
/// without root (kubeadm `app/constants`).
const ROOTLESS_USERS: [&str; 4] = ["kubeadm-etcd", "kubeadm-kas", "kubeadm-kcm", "kubeadm-ks"];
/// Groups that it makes for them.
const ROOTLESS_GROUPS: [&str; 5] = [
    "kubeadm-etcd",
    "kubeadm-kas",
    "kubeadm-kcm",
    "kubeadm-ks",
    "kubeadm-sa-key-readers",
];

impl Work<'_> {
    /// Keeps other programs from changing users and groups, where this reset
    /// does.
    pub async fn lock_accounts(&self, cluster: &ClusterFacts) -> anyhow::Result<AccountsLock> {
        let touched = |ledger: &Ledger| {
            let mut paths = ledger.paths().map(MachinePath::as_str);
            paths.any(|path| path == USERS || path == GROUPS)
        };
        let changes = cluster.is_rootless || self.ledger().is_some_and(touched);
        match self.is_real() && self.machine.is_this && changes {
            true => Ok(AccountsLock::take().await?),
            false => Ok(AccountsLock::default()),
        }
    }

    /// Removes those that kubeadm made, as it does: by their names. Of ours
    /// the journal knows.
    pub fn remove_accounts(&mut self) {
        for (path, what, names) in [
            (USERS, "users", &ROOTLESS_USERS[..]),
            (GROUPS, "groups", &ROOTLESS_GROUPS[..]),
        ] {
            match remove_accounts(&*self.files, path, names, self.is_real()) {
                Ok(removed) if removed.is_empty() => {}
                Ok(removed) => {
                    let step = format!("removed the {what} {} from", removed.join(", "));
                    self.tell(&path, &step, "");
                }
                Err(error) => self.output.warning(&format!(
                    "[reset] Failed to remove users and groups: {:#}",
                    anyhow::Error::from(error)
                )),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_user_has_a_group_that_goes_with_it() {
        for user in ROOTLESS_USERS {
            assert!(ROOTLESS_GROUPS.contains(&user), "{user}");
        }
    }
}
