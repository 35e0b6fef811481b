//! Whom private keys belong to.

use kubewright_policy::{Effect, Objection};

use crate::keys::{PRIVATE_KEY, is_place_for_keys};

/// Who, besides root, needs which key to run as another user than root
/// (kubeadm's feature gate RootlessControlPlane).
const COMPONENTS: [(&str, &[&str]); 4] = [
    ("kubeadm-etcd", &["etcd/server.key", "etcd/peer.key"]),
    (
        "kubeadm-kas",
        &[
            "apiserver.key",
            "apiserver-kubelet-client.key",
            "apiserver-etcd-client.key",
            "front-proxy-client.key",
        ],
    ),
    ("kubeadm-kcm", &["ca.key", "controller-manager.conf"]),
    ("kubeadm-ks", &["scheduler.conf"]),
];
/// Two components need it, and are in a group for that.
const SHARED_KEY: &str = "sa.key";
const SHARED_KEY_READERS: &str = "kubeadm-sa-key-readers";
/// The mode that lets them.
pub const SHARED_KEY_MODE: u32 = 0o640;

/// `key-file-owner`
pub fn owner(effect: &Effect) -> Vec<Objection> {
    if effect.action() != "SetOwner" {
        return Vec::new();
    }
    effect
        .paths()
        .flat_map(|path| of_path(effect, path))
        .collect()
}

fn of_path(effect: &Effect, path: &str) -> Vec<Objection> {
    let (user, group) = (effect.text("user"), effect.text("group"));
    let certificates_dir = effect.context("certificatesDir").trim_end_matches('/');
    if effect.field("mode").is_null() {
        let within = |inner: &str, outer: &str| {
            let rest = inner.strip_prefix(outer.trim_end_matches('/'));
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        let holds_keys = ["/etc/kubernetes", certificates_dir]
            .iter()
            .any(|keys| !keys.is_empty() && (within(keys, path) || within(path, keys)));
        return match holds_keys || path.split('/').any(|part| part == "pki") {
            true => vec![Objection::new(
                format!("{path} would be given to {user}:{group} with all keys in it"),
                "give each file to whom needs it",
            )],
            false => Vec::new(),
        };
    }
    let needs = |(component, files): &(&str, &[&str])| {
        *component == user
            && group == user
            && files.iter().any(|file| {
                let folder = path
                    .strip_suffix(file)
                    .and_then(|rest| rest.strip_suffix('/'));
                folder == Some(certificates_dir) || folder == Some("/etc/kubernetes")
            })
    };
    let is_roots = user == "root" && group == "root";
    if !effect.holds(PRIVATE_KEY) || is_roots || is_shared(effect) || COMPONENTS.iter().any(needs) {
        return Vec::new();
    }
    vec![Objection::new(
        format!("{path} holds a private key and would belong to {user}:{group}"),
        "leave it to root:root, or give it to the component that needs it",
    )]
}

/// Whether the key of service accounts is given to those who read it.
pub fn is_shared(effect: &Effect) -> bool {
    let is_its_place = |path: &str| {
        path.rsplit('/').next() == Some(SHARED_KEY)
            && is_place_for_keys(path, effect.context("certificatesDir"))
    };
    effect.action() == "SetOwner"
        && effect.paths().all(is_its_place)
        && effect.text("user") == "root"
        && effect.text("group") == SHARED_KEY_READERS
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::mode;
    use kubewright_policy::{Value, json};

    fn give(path: &str, user: &str, group: &str, mode: &str, sealed: &[&str]) -> Value {
        json!({"action": "SetOwner", "path": path, "user": user, "group": group, "mode": mode,
            "sealed": sealed, "context": {"certificatesDir": "/etc/kubernetes/pki"}})
    }

    #[test]
    fn keys_are_given_to_those_who_need_them() {
        let key = ["private-key"];
        let pki = |name: &str| format!("/etc/kubernetes/pki/{name}");
        let readers = "kubeadm-sa-key-readers";
        for (path, user, group, bits, sealed, fine_mode, fine_owner) in [
            (pki("sa.key"), "root", readers, "0640", &key[..], true, true),
            (pki("sa.key"), "root", readers, "0600", &key, true, true),
            (pki("sa.key"), "root", readers, "0644", &key, false, true),
            (pki("sa.key"), "root", readers, "0660", &key, false, true),
            (
                pki("sa.key"),
                "kubeadm-kas",
                readers,
                "0640",
                &key,
                false,
                false,
            ),
            (pki("sa.key"), "root", "users", "0640", &key, false, false),
            (
                "/srv/sa.key".to_owned(),
                "root",
                readers,
                "0640",
                &key,
                false,
                false,
            ),
            (pki("ca.key"), "root", readers, "0640", &key, false, false),
            (
                pki("ca.key"),
                "kubeadm-kcm",
                "kubeadm-kcm",
                "0600",
                &key,
                true,
                true,
            ),
            (
                pki("ca.key"),
                "kubeadm-kcm",
                "kubeadm-kcm",
                "0640",
                &key,
                false,
                true,
            ),
            (
                pki("ca.key"),
                "kubeadm-kcm",
                "users",
                "0600",
                &key,
                true,
                false,
            ),
            (
                pki("ca.key"),
                "kubeadm-kas",
                "kubeadm-kas",
                "0600",
                &key,
                true,
                false,
            ),
            (
                pki("etcd/ca.key"),
                "kubeadm-kcm",
                "kubeadm-kcm",
                "0600",
                &key,
                true,
                false,
            ),
            (
                pki("etcd/peer.key"),
                "kubeadm-etcd",
                "kubeadm-etcd",
                "0600",
                &key,
                true,
                true,
            ),
            (
                pki("apiserver.key"),
                "kubeadm-kas",
                "kubeadm-kas",
                "0600",
                &key,
                true,
                true,
            ),
            (
                "/etc/kubernetes/scheduler.conf".to_owned(),
                "kubeadm-ks",
                "kubeadm-ks",
                "0600",
                &key,
                true,
                true,
            ),
            (
                "/etc/kubernetes/super-admin.conf".to_owned(),
                "kubeadm-ks",
                "kubeadm-ks",
                "0600",
                &key,
                true,
                false,
            ),
            (pki("ca.key"), "root", "root", "0600", &key, true, true),
            (
                pki("sa.pub"),
                "kubeadm-kas",
                "kubeadm-kas",
                "0600",
                &[],
                true,
                true,
            ),
            (pki("ca.crt"), "alice", "users", "0644", &[], true, true),
        ] {
            let effect = give(&path, user, group, bits, sealed);
            let what = Effect::from(effect.clone());
            assert_eq!(mode(&what).is_empty(), fine_mode, "{effect}");
            assert_eq!(owner(&what).is_empty(), fine_owner, "{effect}");
        }
    }

    #[test]
    fn no_folder_is_given_away_with_its_keys() {
        for (path, fine) in [
            ("/var/lib/etcd", true),
            ("/etc/kubernetes/pki", false),
            ("/etc/kubernetes/pki/etcd", false),
            ("/etc/kubernetes", false),
            ("/etc", false),
            ("/", false),
            ("/var/lib/kubelet/pki", false),
            ("/etc/kubernetes-data", true),
        ] {
            let mut effect = give(path, "kubeadm-etcd", "kubeadm-etcd", "", &[]);
            effect["mode"] = Value::Null;
            let what = Effect::from(effect);
            assert_eq!(owner(&what).is_empty(), fine, "{path}");
            assert!(mode(&what).is_empty(), "{path}");
        }
    }
}
