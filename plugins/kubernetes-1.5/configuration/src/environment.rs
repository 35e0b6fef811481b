//! The variables KUBE_*: folders and images.

use kubewright_configuration::{Findings, Input, Value, json};

/// What the variables say, or their defaults.
#[derive(Debug, Clone, Default)]
pub struct Environment {
    pub kubernetes: String,
    pub pki: String,
    pub etcd: String,
    pub hyperkube_image: String,
    pub repository: String,
    pub discovery_image: String,
    pub etcd_image: String,
}

pub fn read(input: &Input, findings: &mut Findings) -> Environment {
    let or = |name: &str, default: &str| match input.variable(name) {
        "" => default.to_owned(),
        value => value.to_owned(),
    };
    let mut folder = |name: &str, default: &str| {
        let value = or(name, default);
        let path = value.trim_end_matches('/').to_owned();
        if let Err(problem) = usable(&path) {
            findings.add(name, format!("{value:?} {problem}"));
        }
        path
    };
    Environment {
        kubernetes: folder("KUBE_KUBERNETES_DIR", "/etc/kubernetes"),
        pki: folder("KUBE_HOST_PKI_PATH", "/etc/kubernetes/pki"),
        etcd: folder("KUBE_HOST_ETCD_PATH", "/var/lib/etcd"),
        hyperkube_image: or("KUBE_HYPERKUBE_IMAGE", ""),
        repository: or("KUBE_REPO_PREFIX", "gcr.io/google_containers"),
        // Not below KUBE_REPO_PREFIX, as it was then.
        discovery_image: or(
            "KUBE_DISCOVERY_IMAGE",
            &format!(
                "gcr.io/google_containers/kube-discovery-{}:1.0",
                crate::architecture(input)
            ),
        ),
        etcd_image: or("KUBE_ETCD_IMAGE", ""),
    }
}

/// Whether it is an absolute path that is written plainly.
pub fn usable(path: &str) -> Result<(), &'static str> {
    let plain = path.starts_with('/')
        && path
            .split('/')
            .skip(1)
            .all(|part| !matches!(part, "" | "." | ".."));
    match plain {
        true => Ok(()),
        false => Err("is not an absolute path without `.` and `..`, as /etc/kubernetes"),
    }
}

impl Environment {
    pub fn json(&self) -> Value {
        json!({
            "kubernetesDir": self.kubernetes,
            "hostPKIPath": self.pki,
            "hostEtcdPath": self.etcd,
            "hyperkubeImage": self.hyperkube_image,
            "repositoryPrefix": self.repository,
            "discoveryImage": self.discovery_image,
            "etcdImage": self.etcd_image,
        })
    }

    /// The pods of the control plane mount the folder of Kubernetes only.
    pub fn warning(&self) -> Option<String> {
        let rest = self.pki.strip_prefix(&self.kubernetes);
        if rest.is_some_and(|rest| rest.starts_with('/')) {
            return None;
        }
        Some(format!(
            "KUBE_HOST_PKI_PATH: the control plane sees nothing outside of {}, so it will not find its keys in {}",
            self.kubernetes, self.pki
        ))
    }
}
