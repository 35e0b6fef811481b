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
