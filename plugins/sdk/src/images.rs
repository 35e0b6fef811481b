//! Names of container images (kubeadm `app/images/images.go`).

use crate::configuration::ClusterConfiguration;

const DEFAULT_REPOSITORY: &str = "registry.k8s.io";
/// Where builds of CI are, in place of the official repository.
const CI_REPOSITORY: &str = "gcr.io/k8s-staging-ci-images";
/// etcd for Kubernetes 1.34 to 1.36 (`SupportedEtcdVersion`).
const ETCD_TAG: &str = "3.6.8-0";
const COREDNS_TAG: &str = "v1.14.2";
const PAUSE_TAG: &str = "3.10.2";

impl ClusterConfiguration {
    /// The image of a component of Kubernetes itself: `kube-apiserver`.
    pub fn kubernetes_image(&self, name: &str) -> String {
        // What an image tag cannot hold (a `+`) becomes an underscore.
        let word = |c: char| {
            if c.is_ascii_alphanumeric() || "-_.".contains(c) {
                c
            } else {
                '_'
            }
        };
        let tag: String = self.kubernetes_version.chars().map(word).collect();
        let repository = match self.is_ci_version && self.image_repository == DEFAULT_REPOSITORY {
            true => CI_REPOSITORY,
            false => &self.image_repository,
        };
        format!("{repository}/{name}:{tag}")
    }

    /// All images that a node of the control plane runs, in the order in which
    /// `config images list` prints them.
    pub fn control_plane_images(&self) -> Vec<String> {
        let mut images: Vec<String> = [
            "kube-apiserver",
            "kube-controller-manager",
            "kube-scheduler",
        ]
        .iter()
        .map(|name| self.kubernetes_image(name))
        .collect();
        if !self.proxy.disabled {
            images.push(self.kubernetes_image("kube-proxy"));
        }
        if !self.dns.disabled {
            images.push(self.dns_image());
        }
        images.push(self.pause_image());
        if self.etcd.local.is_some() {
            images.push(self.etcd_image());
        }
        images
    }

    /// The image of Pods' sandboxes.
    pub fn pause_image(&self) -> String {
        format!("{}/pause:{PAUSE_TAG}", self.image_repository)
    }

    /// The image of the local etcd.
    pub fn etcd_image(&self) -> String {
        let local = self.etcd.local.as_ref();
        let repository = local.map_or("", |etcd| &etcd.image_repository);
        let tag = local.map_or("", |etcd| &etcd.image_tag);
        format!(
            "{}/etcd:{}",
            or(repository, &self.image_repository),
            or(tag, ETCD_TAG)
        )
    }

    /// The image of CoreDNS, which has a folder of its own in the official
    /// repository only.
    pub fn dns_image(&self) -> String {
        let repository = or(&self.dns.image_repository, &self.image_repository);
        let folder = if repository == DEFAULT_REPOSITORY {
            "/coredns"
        } else {
            ""
        };
        format!(
            "{repository}{folder}/coredns:{}",
            or(&self.dns.image_tag, COREDNS_TAG)
        )
    }
}

fn or<'a>(value: &'a str, default: &'a str) -> &'a str {
    if value.is_empty() { default } else { value }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::configuration::{Dns, Etcd, LocalEtcd};

    #[test]
    fn builds_of_ci_have_a_repository_of_their_own() {
        let cases = [
            (
                "a release",
                false,
                "registry.k8s.io",
                "registry.k8s.io/kube-proxy:v1.36.3",
            ),
            (
                "a build of CI",
                true,
                "registry.k8s.io",
                "gcr.io/k8s-staging-ci-images/kube-proxy:v1.36.3",
            ),
            (
                "a mirror",
                true,
                "mirror.example/k8s",
                "mirror.example/k8s/kube-proxy:v1.36.3",
            ),
        ];
        for (case, is_ci_version, repository, image) in cases {
            let cluster = ClusterConfiguration {
                image_repository: repository.into(),
                kubernetes_version: "v1.36.3".into(),
                is_ci_version,
                ..Default::default()
            };
            assert_eq!(cluster.kubernetes_image("kube-proxy"), image, "{case}");
            assert_eq!(
                cluster.pause_image(),
                format!("{repository}/pause:3.10.2"),
                "{case}"
            );
        }
    }

    #[test]
    fn names_images() {
        let mut cluster = ClusterConfiguration {
            image_repository: "registry.k8s.io".into(),
            kubernetes_version: "v1.36.2+build.7".into(),
            ..Default::default()
        };
        assert_eq!(
            cluster.kubernetes_image("kube-proxy"),
            "registry.k8s.io/kube-proxy:v1.36.2_build.7"
        );
        assert_eq!(cluster.etcd_image(), "registry.k8s.io/etcd:3.6.8-0");
        assert_eq!(
            cluster.dns_image(),
            "registry.k8s.io/coredns/coredns:v1.14.2"
        );
        cluster.image_repository = "registry.example.com/k8s".into();
        cluster.dns = Dns {
            image_tag: "v9".into(),
            ..Default::default()
        };
        let etcd = LocalEtcd {
            image_tag: "3.6.9-0".into(),
            ..Default::default()
        };
        cluster.etcd = Etcd {
            local: Some(etcd),
            external: None,
        };
        assert_eq!(
            cluster.etcd_image(),
            "registry.example.com/k8s/etcd:3.6.9-0"
        );
        assert_eq!(cluster.dns_image(), "registry.example.com/k8s/coredns:v9");
        cluster.dns.image_repository = "registry.example.com/dns".into();
        assert_eq!(cluster.dns_image(), "registry.example.com/dns/coredns:v9");
    }
}
