//! Kubeconfig files (kubeadm `app/util/kubeconfig`).

use crate::{Content, Result, Sealed, encoding, yaml};
use serde_json::{Value, json};

/// What a kubeconfig says besides the key.
pub struct Kubeconfig<'a> {
    /// `https://10.0.0.11:6443`
    pub server: &'a str,
    /// The name of the cluster in the file.
    pub cluster: &'a str,
    /// The name of the user in the file.
    pub user: &'a str,
    /// The CA of the server, in PEM.
    pub ca_pem: &'a str,
}

impl Kubeconfig<'_> {
    /// A user with a client certificate, whose key is filled in by the host.
    pub fn with_certificate(&self, certificate_pem: &str, key_pem: Sealed) -> Result<Content> {
        let key = Content::new().secret(key_pem).base64()?;
        let user = json!({"client-certificate-data": encoding::base64(certificate_pem)});
        // `client-key-data` is the last key of the file in sorted order.
        Ok(Content::new()
            .text(self.yaml(user) + "    client-key-data: ")
            .secret(key)
            .text("\n"))
    }

    /// A user whose certificate and key lie in files.
    pub fn with_files(&self, certificate: &str, key: &str) -> String {
        self.yaml(json!({"client-certificate": certificate, "client-key": key}))
    }

    fn yaml(&self, user: Value) -> String {
        let context = format!("{}@{}", self.user, self.cluster);
        yaml::to_string(&json!({
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": self.cluster, "cluster": self.cluster()}],
            "contexts": [{"name": context, "context": {"cluster": self.cluster, "user": self.user}}],
            "current-context": context,
            "users": [{"name": self.user, "user": user}],
        }))
    }

    fn cluster(&self) -> Value {
        json!({"certificate-authority-data": encoding::base64(self.ca_pem), "server": self.server})
    }

    /// A kubeconfig with a cluster and neither user nor context: what
    /// `cluster-info` tells to those who want to join.
    pub fn discovery(server: &str, ca_pem: &str) -> String {
        let cluster = Kubeconfig {
            server,
            cluster: "",
            user: "",
            ca_pem,
        }
        .cluster();
        yaml::to_string(&json!({
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": "", "cluster": cluster}],
            "contexts": null,
            "current-context": "",
            "users": null,
        }))
    }
}

/// A user with a client certificate, whose key is filled in by the host.
pub struct User {
    /// The name of the user in the file.
    pub name: String,
    /// The client certificate, in PEM.
    pub certificate_pem: String,
    /// Its private key, in PEM.
    pub key_pem: Sealed,
}

/// A kubeconfig with several users of one cluster, each with a context
/// `USER@CLUSTER`. Users and contexts are sorted by name, as client-go writes
/// them; `current` is the user of the current context.
pub fn with_users(
    server: &str,
    cluster: &str,
    ca_pem: &str,
    current: &str,
    mut users: Vec<User>,
) -> Result<Content> {
    users.sort_by(|a, b| a.name.cmp(&b.name));
    let context = |user: &str| format!("{user}@{cluster}");
    let contexts: Vec<Value> = users
        .iter()
        .map(|user| {
            let inner = json!({"cluster": cluster, "user": user.name});
            json!({"name": context(&user.name), "context": inner})
        })
        .collect();
    let head = yaml::to_string(&json!({
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": cluster, "cluster": {"certificate-authority-data": encoding::base64(ca_pem), "server": server}}],
        "contexts": contexts,
        "current-context": context(current),
        "preferences": {},
    }));
    let mut content = Content::new().text(head + "users:\n");
    for user in users {
        let certificate = encoding::base64(&user.certificate_pem);
        let entry = yaml::to_string(
            &json!([{"name": user.name, "user": {"client-certificate-data": certificate}}]),
        );
        // `client-key-data` is the last key in sorted order.
        content = content
            .text(entry + "    client-key-data: ")
            .secret(Content::new().secret(user.key_pem).base64()?)
            .text("\n");
    }
    Ok(content)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_user_comes_last() {
        let kubeconfig = Kubeconfig {
            server: "https://10.0.0.1:6443",
            cluster: "kubernetes",
            user: "admin",
            ca_pem: "CA",
        };
        let text = kubeconfig.yaml(json!({"client-certificate-data": "eA=="}));
        assert!(text.starts_with(
            "apiVersion: v1\nclusters:\n- cluster:\n    certificate-authority-data: Q0E=\n"
        ));
        assert!(text.contains("\ncurrent-context: admin@kubernetes\nkind: Config\n"));
        assert!(
            text.ends_with("users:\n- name: admin\n  user:\n    client-certificate-data: eA==\n"),
            "{text}"
        );
    }

    #[test]
    fn discovery_has_a_nameless_cluster() {
        assert_eq!(
            Kubeconfig::discovery("https://10.0.0.1:6443", "CA"),
            "apiVersion: v1\nclusters:\n- cluster:\n    certificate-authority-data: Q0E=\n    server: \
             https://10.0.0.1:6443\n  name: \"\"\ncontexts: null\ncurrent-context: \"\"\nkind: Config\nusers: null\n"
        );
    }
}
