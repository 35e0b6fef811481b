//! The configuration, as the component `configuration` completes it.

use kubewright_plugin::{Document, Error, Result};
use semver::Version;

/// Where the given token stands in the configuration.
pub const TOKEN: &str = "/MasterConfiguration/secrets/givenToken";
/// Where the pods of the control plane see the folder of Kubernetes.
pub const CONTAINER_KUBERNETES: &str = "/etc/kubernetes";

/// What the user asked for, complete and checked.
#[derive(Debug, Clone, Default)]
pub struct Master {
    /// At least one.
    pub advertise_addresses: Vec<String>,
    pub api_port: u16,
    pub dns_names: Vec<String>,
    /// Empty for none.
    pub cloud_provider: String,
    pub discovery_port: u16,
    /// None: etcd runs here.
    pub etcd_endpoints: Vec<String>,
    pub etcd_ca_file: String,
    pub etcd_cert_file: String,
    pub etcd_key_file: String,
    /// `v1.5.1`
    pub version: String,
    pub dns_domain: String,
    pub service_subnet: String,
    pub pod_subnet: String,
    /// The first address of the service subnet.
    pub api_service: String,
    /// The tenth.
    pub dns_service: String,
    pub kubernetes_dir: String,
    pub pki_dir: String,
    pub etcd_dir: String,
    pub hyperkube_image: String,
    pub repository: String,
    pub discovery_image: String,
    pub etcd_image: String,
    /// `amd64`
    pub architecture: String,
    /// Files that a run wrote which did not come to its end, and that this one
    /// goes on with; empty where there is none.
    pub begun: Vec<String>,
}

impl Master {
    /// Reads it from the document of a phase.
    pub fn read(document: &Document) -> Result<Self> {
        let master = document.fields("MasterConfiguration")?;
        let environment = document.fields("Environment")?;
        let derived = document.fields("Derived")?;
        let (api, etcd) = (master.object("api")?, master.object("etcd")?);
        let networking = master.object("networking")?;
        let read = Self {
            advertise_addresses: api.texts("advertiseAddresses")?,
            api_port: api.port("bindPort")?,
            dns_names: api.texts("externalDNSNames")?,
            cloud_provider: master.text("cloudProvider")?,
            discovery_port: master.object("discovery")?.port("bindPort")?,
            etcd_endpoints: etcd.texts("endpoints")?,
            etcd_ca_file: etcd.text("caFile")?,
            etcd_cert_file: etcd.text("certFile")?,
            etcd_key_file: etcd.text("keyFile")?,
            version: master.text("kubernetesVersion")?,
            dns_domain: networking.text("dnsDomain")?,
            service_subnet: networking.text("serviceSubnet")?,
            pod_subnet: networking.text("podSubnet")?,
            api_service: derived.text("apiService")?,
            dns_service: derived.text("dnsService")?,
            kubernetes_dir: environment.text("kubernetesDir")?,
            pki_dir: environment.text("hostPKIPath")?,
            etcd_dir: environment.text("hostEtcdPath")?,
            hyperkube_image: environment.text("hyperkubeImage")?,
            repository: environment.text("repositoryPrefix")?,
            discovery_image: environment.text("discoveryImage")?,
            etcd_image: environment.text("etcdImage")?,
            architecture: derived.text("architecture")?,
            begun: match document.options() {
                options if options.completed => Vec::new(),
                options => options.owned,
            },
        };
        if read.advertise_addresses.is_empty() {
            return Err(Error::new(
                "MasterConfiguration.api.advertiseAddresses is empty",
            ));
        }
        Ok(read)
    }

    /// The address that everything on this machine uses.
    pub fn first_address(&self) -> &str {
        self.advertise_addresses.first().map_or("", String::as_str)
    }

    /// `https://10.0.0.11:6443` for an advertise address.
    pub fn url(&self, address: &str) -> String {
        match address.contains(':') {
            true => format!("https://[{address}]:{}", self.api_port),
            false => format!("https://{address}:{}", self.api_port),
        }
    }

    /// A file of the PKI on this machine.
    pub fn pki(&self, name: &str) -> String {
        format!("{}/{name}", self.pki_dir)
    }

    /// Whether an unfinished run began to write this file.
    pub fn has_begun(&self, path: &str) -> bool {
        self.begun.iter().any(|begun| begun == path)
    }

    /// The same file as the pods of the control plane see it.
    pub fn pki_in_pods(&self, name: &str) -> String {
        match self.pki_dir.strip_prefix(&self.kubernetes_dir) {
            Some(rest) if rest.is_empty() || rest.starts_with('/') => {
                format!("{CONTAINER_KUBERNETES}{rest}/{name}")
            }
            _ => self.pki(name),
        }
    }

    /// The kubeconfig of a client.
    pub fn kubeconfig(&self, client: &str) -> String {
        format!("{}/{client}.conf", self.kubernetes_dir)
    }

    /// The image of a part of Kubernetes.
    pub fn image(&self, component: &str) -> String {
        match self.hyperkube_image.as_str() {
            "" => format!(
                "{}/{component}-{}:{}",
                self.repository, self.architecture, self.version
            ),
            image => image.to_owned(),
        }
    }

    /// An image that has a version of its own.
    pub fn other_image(&self, name: &str, tag: &str) -> String {
        format!("{}/{name}-{}:{tag}", self.repository, self.architecture)
    }

    /// How the command line of a part of Kubernetes begins.
    pub fn command(&self, component: &str) -> Vec<String> {
        match self.hyperkube_image.is_empty() {
            true => vec![component.to_owned()],
            // In hyperkube the parts have their names without `kube-`.
            false => {
                let part = component.strip_prefix("kube-").unwrap_or(component);
                vec!["/hyperkube".to_owned(), part.to_owned()]
            }
        }
    }

    /// Whether Kubernetes is at least of this version.
    pub fn at_least(&self, wanted: &str) -> bool {
        let parse = |text: &str| Version::parse(text.trim_start_matches('v')).ok();
        match (parse(&self.version), parse(wanted)) {
            (Some(version), Some(wanted)) => version >= wanted,
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pods_see_the_pki_where_its_folder_is_mounted() {
        for (kubernetes, pki, wanted) in [
            (
                "/etc/kubernetes",
                "/etc/kubernetes/pki",
                "/etc/kubernetes/pki/ca.pem",
            ),
            ("/opt/k8s", "/opt/k8s/keys", "/etc/kubernetes/keys/ca.pem"),
            ("/opt/k8s", "/opt/k8s-pki", "/opt/k8s-pki/ca.pem"),
            (
                "/opt/k8s",
                "/etc/kubernetes/pki",
                "/etc/kubernetes/pki/ca.pem",
            ),
        ] {
            let master = Master {
                kubernetes_dir: kubernetes.into(),
                pki_dir: pki.into(),
                ..Master::default()
            };
            assert_eq!(master.pki_in_pods("ca.pem"), wanted, "{kubernetes} {pki}");
        }
    }

    #[test]
    fn versions_are_compared_as_versions() {
        for (version, wanted) in [
            ("v1.5.1", true),
            ("v1.5.0", true),
            ("v1.5.0-beta.2", false),
            ("v1.4.12", false),
        ] {
            let master = Master {
                version: version.into(),
                ..Master::default()
            };
            assert_eq!(master.at_least("1.5.0"), wanted, "{version}");
        }
    }
}
