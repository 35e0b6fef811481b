//! Users and groups of the components (kubeadm's feature gate
//! RootlessControlPlane).

use kubewright_leaving::Teller;
use kubewright_plugin::accounts;

/// As kubeadm calls them (`constants.go`).
const USERS: [&str; 4] = ["kubeadm-etcd", "kubeadm-kas", "kubeadm-kcm", "kubeadm-ks"];
const GROUPS: [&str; 5] = [
    "kubeadm-etcd",
    "kubeadm-kas",
    "kubeadm-kcm",
    "kubeadm-ks",
    "kubeadm-sa-key-readers",
];

/// Removes those that kubeadm made, as it does: by their names. Of ours the
/// journal knows.
pub fn remove(teller: Teller) {
    let removed = match accounts::remove(&USERS, &GROUPS) {
        Ok(removed) => removed,
        Err(error) => {
            teller.warning(&format!("Failed to remove users and groups: {error}"));
            return;
        }
    };
    for (what, names, path) in [
        ("users", removed.users, "/etc/passwd"),
        ("groups", removed.groups, "/etc/group"),
    ] {
        if !names.is_empty() {
            let step = format!("removed the {what} {} from", names.join(", "));
            teller.step(&step, path, "");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_user_has_a_group_that_goes_with_it() {
        for user in USERS {
            assert!(GROUPS.contains(&user), "{user}");
        }
    }
}
