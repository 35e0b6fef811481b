//! Names of the images a control plane node uses (kubeadm `app/images/images.go`).

use serde::Serialize;

use super::constants;
use super::documents::ClusterConfiguration;
use super::version;

/// One image, `repository/name:tag`.
fn image(repository: &str, name: &str, tag: &str) -> String {
    format!("{repository}/{name}:{tag}")
}

/// Image of a component that is released with Kubernetes, such as `kube-apiserver`.
pub fn kubernetes(name: &str, cluster: &ClusterConfiguration) -> String {
    let repository = cluster
        .ci_image_repository
        .as_deref()
        .unwrap_or(&cluster.image_repository);
    image(repository, name, &version_tag(&cluster.kubernetes_version))
}

/// Image of CoreDNS. It has a folder of its own in the default repository only.
pub fn coredns(cluster: &ClusterConfiguration) -> String {
    let dns = &cluster.dns;
    let repository = first_set(&dns.image_repository, &cluster.image_repository);
    let tag = first_set(&dns.image_tag, constants::COREDNS_TAG);
    if repository == constants::IMAGE_REPOSITORY {
        return image(&format!("{repository}/coredns"), "coredns", tag);
    }
    image(repository, "coredns", tag)
}

/// Image of a local etcd.
pub fn etcd(cluster: &ClusterConfiguration) -> String {
    let local = cluster.etcd.local.as_ref();
    let repository = local.map_or("", |local| local.image_repository.as_str());
    image(
        first_set(repository, &cluster.image_repository),
        "etcd",
        etcd_tag(cluster),
    )
}

/// Tag of the etcd image: the user's, or the one that belongs to the Kubernetes version. All
/// versions that can be deployed have the same; newer ones get the nearest, as in kubeadm.
pub fn etcd_tag(cluster: &ClusterConfiguration) -> &str {
    let local = cluster.etcd.local.as_ref();
    first_set(
        local.map_or("", |local| local.image_tag.as_str()),
        constants::ETCD_TAG,
    )
}

/// Image of the pause container.
pub fn pause(cluster: &ClusterConfiguration) -> String {
    image(&cluster.image_repository, "pause", constants::PAUSE_TAG)
}

/// All images a control plane node needs, in the order `config images list` prints them.
pub fn control_plane(cluster: &ClusterConfiguration) -> Vec<String> {
    let mut images: Vec<String> = [
        "kube-apiserver",
        "kube-controller-manager",
        "kube-scheduler",
    ]
    .iter()
    .map(|name| kubernetes(name, cluster))
    .collect();
    if !cluster.proxy.disabled {
        images.push(kubernetes("kube-proxy", cluster));
    }
    if !cluster.dns.disabled {
        images.push(coredns(cluster));
    }
    images.push(pause(cluster));
    if cluster.etcd.local.is_some() {
        images.push(etcd(cluster));
    }
    images
}

/// All images by component, for those who need one of them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs, reason = "each field is the image of that component")]
pub struct Images {
    pub kube_apiserver: String,
    pub kube_controller_manager: String,
    pub kube_scheduler: String,
    pub kube_proxy: String,
    pub coredns: String,
    pub pause: String,
    pub etcd: String,
}

/// All images by component, whether or not the cluster uses the component.
pub fn by_component(cluster: &ClusterConfiguration) -> Images {
    Images {
        kube_apiserver: kubernetes("kube-apiserver", cluster),
        kube_controller_manager: kubernetes("kube-controller-manager", cluster),
        kube_scheduler: kubernetes("kube-scheduler", cluster),
        kube_proxy: kubernetes("kube-proxy", cluster),
        coredns: coredns(cluster),
        pause: pause(cluster),
        etcd: etcd(cluster),
    }
}

/// A warning if the Kubernetes version has no etcd version of its own.
pub fn etcd_warning(cluster: &ClusterConfiguration) -> Option<String> {
    let version = version::parse(&cluster.kubernetes_version).ok()?;
    let known = (34..=36).contains(&version.minor);
    (!known && cluster.etcd.local.is_some()).then(|| {
        format!(
            "could not find officially supported version of etcd for Kubernetes {}, falling back \
             to the nearest etcd version ({})",
            cluster.kubernetes_version,
            constants::ETCD_TAG
        )
    })
}

/// A version as an image tag: what a tag can not contain becomes an underscore.
fn version_tag(version: &str) -> String {
    let allowed = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    version
        .chars()
        .map(|c| if allowed(c) { c } else { '_' })
        .collect()
}

fn first_set<'a>(first: &'a str, second: &'a str) -> &'a str {
    if first.is_empty() { second } else { first }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::documents::LocalEtcd;

    fn cluster(change: impl FnOnce(&mut ClusterConfiguration)) -> ClusterConfiguration {
        let mut cluster = ClusterConfiguration {
            kubernetes_version: "v1.36.2".into(),
            image_repository: "registry.k8s.io".into(),
            ..ClusterConfiguration::default()
        };
        cluster.etcd.local = Some(LocalEtcd::default());
        change(&mut cluster);
        cluster
    }

    #[test]
    fn defaults_are_listed_in_order() {
        assert_eq!(
            control_plane(&cluster(|_| {})),
            [
                "registry.k8s.io/kube-apiserver:v1.36.2",
                "registry.k8s.io/kube-controller-manager:v1.36.2",
                "registry.k8s.io/kube-scheduler:v1.36.2",
                "registry.k8s.io/kube-proxy:v1.36.2",
                "registry.k8s.io/coredns/coredns:v1.14.2",
                "registry.k8s.io/pause:3.10.2",
                "registry.k8s.io/etcd:3.6.8-0",
            ]
        );
    }

    #[test]
    fn overrides_are_honoured() {
        let mirror =
            |c: &mut ClusterConfiguration| c.image_repository = "mirror.example/k8s".into();
        let c = cluster(mirror);
        assert_eq!(coredns(&c), "mirror.example/k8s/coredns:v1.14.2");
        assert_eq!(pause(&c), "mirror.example/k8s/pause:3.10.2");
        let c = cluster(|c| {
            mirror(c);
            c.dns.image_repository = "registry.k8s.io".into();
            c.dns.image_tag = "v9".into();
            c.etcd.local = Some(LocalEtcd {
                image_repository: "etcd.example".into(),
                image_tag: "3.6.9-0".into(),
                ..LocalEtcd::default()
            });
        });
        assert_eq!(coredns(&c), "registry.k8s.io/coredns/coredns:v9");
        assert_eq!(etcd(&c), "etcd.example/etcd:3.6.9-0");
        let c = cluster(|c| {
            c.ci_image_repository = Some("gcr.io/k8s-staging-ci-images".into());
            c.kubernetes_version = "v1.36.3-rc.0.5+abc".into();
            c.dns.disabled = true;
            c.proxy.disabled = true;
            c.etcd.local = None;
        });
        assert_eq!(
            control_plane(&c),
            [
                "gcr.io/k8s-staging-ci-images/kube-apiserver:v1.36.3-rc.0.5_abc",
                "gcr.io/k8s-staging-ci-images/kube-controller-manager:v1.36.3-rc.0.5_abc",
                "gcr.io/k8s-staging-ci-images/kube-scheduler:v1.36.3-rc.0.5_abc",
                "registry.k8s.io/pause:3.10.2",
            ]
        );
    }
}
