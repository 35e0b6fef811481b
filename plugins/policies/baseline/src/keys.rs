//! Where private keys lie and who can read them.

use kubewright_policy::{Effect, Objection, Value, paths_of};

use crate::owners::{SHARED_KEY_MODE, is_shared};

pub const PRIVATE_KEY: &str = "private-key";
/// What an owner may have; the rest is for others.
const OWNER_ONLY: u32 = 0o600;

/// `key-file-mode`
pub fn mode(effect: &Effect) -> Vec<Objection> {
    let readable = |file: &KeyFile| match &file.mode {
        Some(SHARED_KEY_MODE) if is_shared(effect) => false,
        Some(mode) => mode & !OWNER_ONLY != 0,
        None => true,
    };
    key_files(effect)
        .into_iter()
        .filter(readable)
        .map(|file| {
            let mode = file
                .mode
                .map_or("no mode that can be read".to_owned(), |mode| {
                    format!("mode {mode:04o}")
                });
            Objection::new(
                format!(
                    "{} holds a private key and would have {mode}",
                    file.paths.join(", ")
                ),
                "write it with mode 0600 or less",
            )
        })
        .collect()
}

/// `private-key-location`. An encrypted key counts as `encrypted`.
pub fn location(effect: &Effect) -> Vec<Objection> {
    match effect.action() {
        "WriteFile" | "CreateKey" | "IssueCertificate" => key_files(effect)
            .into_iter()
            .flat_map(|file| file.paths)
            .filter(|path| !is_place_for_keys(path, effect.context("certificatesDir")))
            .map(|path| {
                Objection::new(
                    format!("{path} would hold a private key outside of the certificates directory"),
                    "write keys into the certificates directory, or into a kubeconfig (*.conf) in /etc/kubernetes",
                )
            })
            .collect(),
        "Apply" | "Create" if effect.holds(PRIVATE_KEY) => {
            vec![Objection::new(
                "an object of the cluster would hold a private key in the clear",
                "encrypt it first (tokens.encrypt), as upload-certs does",
            )]
        }
        _ => Vec::new(),
    }
}

struct KeyFile {
    /// As it is named, and where links lead from there.
    paths: Vec<String>,
    mode: Option<u32>,
}

/// The files that the effect puts a private key into.
fn key_files(effect: &Effect) -> Vec<KeyFile> {
    let file = |file: &Value, mode: &Value| KeyFile {
        paths: paths_of(file).map(str::to_owned).collect(),
        mode: mode
            .as_str()
            .and_then(|mode| u32::from_str_radix(mode, 8).ok()),
    };
    match effect.action() {
        "SetOwner" if effect.field("mode").is_null() => Vec::new(),
        "WriteFile" | "SetOwner" if effect.holds(PRIVATE_KEY) => {
            vec![file(effect.whole(), effect.field("mode"))]
        }
        "CreateKey" | "IssueCertificate" => effect
            .field("files")
            .as_array()
            .into_iter()
            .flatten()
            .filter(|entry| entry["holds"] == PRIVATE_KEY)
            .map(|entry| file(entry, &entry["mode"]))
            .collect(),
        _ => Vec::new(),
    }
}

pub fn is_place_for_keys(path: &str, certificates_dir: &str) -> bool {
    let certificates_dir = certificates_dir.trim_end_matches('/');
    let configured = !certificates_dir.is_empty()
        && path
            .strip_prefix(certificates_dir)
            .is_some_and(|rest| rest.starts_with('/'));
    let folders = path.rsplit_once('/').map_or("", |(folder, _)| folder);
    let kubeconfig = path.starts_with("/etc/kubernetes/") && path.ends_with(".conf");
    configured || folders.split('/').any(|folder| folder == "pki") || kubeconfig
}

#[cfg(test)]
mod tests {
    use super::*;
    use kubewright_policy::json;

    fn write(path: &str, mode: &str) -> Value {
        json!({"action": "WriteFile", "path": path, "mode": mode, "sealed": ["private-key"], "context": {"certificatesDir": "/srv/certs"}})
    }

    fn issue(path: &str, mode: &str) -> Value {
        json!({"action": "IssueCertificate", "context": {"certificatesDir": "/srv/certs"}, "files": [
            {"path": "/x.crt", "mode": "0644", "holds": "certificate"},
            {"path": path, "mode": mode, "holds": "private-key"},
        ]})
    }

    #[test]
    fn keys_are_for_their_owner() {
        for (effect, fine) in [
            (write("/etc/kubernetes/admin.conf", "0600"), true),
            (write("/etc/kubernetes/admin.conf", "0400"), true),
            (write("/etc/kubernetes/admin.conf", "0640"), false),
            (write("/etc/kubernetes/admin.conf", "0700"), false),
            (write("/etc/kubernetes/admin.conf", ""), false),
            (issue("/etc/kubernetes/pki/ca.key", "0600"), true),
            (issue("/etc/kubernetes/pki/ca.key", "0644"), false),
            (
                json!({"action": "WriteFile", "path": "/etc/motd", "mode": "0644", "sealed": []}),
                true,
            ),
            (
                json!({"action": "WriteFile", "path": "/x", "mode": "0644", "sealed": ["token"]}),
                true,
            ),
        ] {
            assert_eq!(
                mode(&Effect::from(effect.clone())).is_empty(),
                fine,
                "{effect}"
            );
        }
    }

    #[test]
    fn keys_lie_where_keys_lie() {
        for (effect, fine) in [
            (write("/etc/kubernetes/pki/ca.key", "0600"), true),
            (write("/var/lib/kubelet/pki/kubelet.key", "0600"), true),
            (write("/srv/certs/etcd/ca.key", "0600"), true),
            (write("/srv/certs-of-others/ca.key", "0600"), false),
            (write("/etc/kubernetes/admin.conf", "0600"), true),
            (write("/etc/kubernetes/manifests/etcd.yaml", "0600"), false),
            (write("/root/admin.conf", "0600"), false),
            (write("/root/pki", "0600"), false),
            (issue("/root/ca.key", "0600"), false),
            (issue("/srv/certs/ca.key", "0600"), true),
            (
                json!({"action": "Apply", "object": {}, "sealed": ["private-key"]}),
                false,
            ),
            (
                json!({"action": "Apply", "object": {}, "sealed": ["encrypted"]}),
                true,
            ),
            (
                json!({"action": "Apply", "object": {}, "sealed": ["encrypted", "private-key"]}),
                false,
            ),
            (
                json!({"action": "Apply", "object": {}, "sealed": ["token"]}),
                true,
            ),
        ] {
            assert_eq!(
                location(&Effect::from(effect.clone())).is_empty(),
                fine,
                "{effect}"
            );
        }
    }

    #[test]
    fn a_link_leads_no_key_elsewhere() {
        let linked = |path: &str, real: &str| {
            let mut effect = write(path, "0600");
            effect["realPath"] = json!(real);
            effect
        };
        for (effect, fine) in [
            (linked("/etc/kubernetes/pki/a.key", "/srv/pki/a.key"), true),
            (linked("/etc/kubernetes/pki/a.key", "/srv/web/a.key"), false),
            (linked("/srv/web/a.key", "/etc/kubernetes/pki/a.key"), false),
            (
                json!({"action": "CreateKey", "files": [{"path": "/etc/kubernetes/pki/a.key",
                    "realPath": "/srv/web/a.key", "holds": "private-key", "mode": "0600"}]}),
                false,
            ),
        ] {
            assert_eq!(
                location(&Effect::from(effect.clone())).is_empty(),
                fine,
                "{effect}"
            );
        }
    }
}
