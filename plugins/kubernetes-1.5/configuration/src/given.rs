//! What was given, and where.

use kubewright_configuration::{Input, Value, json};

/// A value and what findings call it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Named<T> {
    pub value: T,
    pub path: String,
}

impl<T> Named<T> {
    pub fn new(value: T, path: impl Into<String>) -> Self {
        Self {
            value,
            path: path.into(),
        }
    }
}

/// A MasterConfiguration, wherever its values come from.
#[derive(Debug, Clone, Default)]
pub struct Given {
    pub addresses: Named<Vec<String>>,
    pub api_port: Named<i64>,
    pub dns_names: Named<Vec<String>>,
    pub cloud_provider: Named<String>,
    pub discovery_port: Named<i64>,
    pub etcd_endpoints: Named<Vec<String>>,
    pub etcd_ca_file: Named<String>,
    pub etcd_cert_file: Named<String>,
    pub etcd_key_file: Named<String>,
    pub version: Named<String>,
    pub dns_domain: Named<String>,
    pub service_subnet: Named<String>,
    pub pod_subnet: Named<String>,
    /// `ID.<sealed>`
    pub token: String,
    /// Where the token is in the input.
    pub token_pointer: Option<String>,
}

impl Given {
    /// From the document that is at `pointer` of the input.
    pub fn of_master(document: &Value, pointer: &str) -> Self {
        let at = |path: &str| {
            let value = path.split('.').fold(document, |value, part| &value[part]);
            (value, format!("MasterConfiguration.{path}"))
        };
        let text = |path: &str| {
            let (value, path) = at(path);
            Named::new(value.as_str().unwrap_or_default().to_owned(), path)
        };
        let number = |path: &str| {
            let (value, path) = at(path);
            Named::new(value.as_i64().unwrap_or_default(), path)
        };
        let list = |path: &str| {
            let (value, path) = at(path);
            Named::new(texts(value), path)
        };
        let token = text("secrets.givenToken").value;
        Self {
            addresses: list("api.advertiseAddresses"),
            api_port: number("api.bindPort"),
            dns_names: list("api.externalDNSNames"),
            cloud_provider: text("cloudProvider"),
            discovery_port: number("discovery.bindPort"),
            etcd_endpoints: list("etcd.endpoints"),
            etcd_ca_file: text("etcd.caFile"),
            etcd_cert_file: text("etcd.certFile"),
            etcd_key_file: text("etcd.keyFile"),
            version: text("kubernetesVersion"),
            dns_domain: text("networking.dnsDomain"),
            service_subnet: text("networking.serviceSubnet"),
            pod_subnet: text("networking.podSubnet"),
            token_pointer: (!token.is_empty()).then(|| format!("{pointer}/secrets/givenToken")),
            token,
        }
    }

    /// Fills in what was not given.
    pub fn complete(&mut self, input: &Input, version: &str) {
        if self.addresses.value.is_empty()
            && let Some(address) = input.node()["defaultAddress"].as_str()
        {
            self.addresses.value.push(address.to_owned());
        }
        for (port, default) in [(&mut self.api_port, 6443), (&mut self.discovery_port, 9898)] {
            if port.value == 0 {
                port.value = default;
            }
        }
        for (text, default) in [
            (&mut self.version, version),
            (&mut self.dns_domain, "cluster.local"),
            (&mut self.service_subnet, "10.96.0.0/12"),
        ] {
            if text.value.is_empty() {
                text.value = default.to_owned();
            }
        }
        // Nothing is looked up: the release of that month is the latest.
        if matches!(self.version.value.as_str(), "stable" | "latest") {
            self.version.value = version.to_owned();
        }
    }

    pub fn json(&self) -> Value {
        json!({
            "apiVersion": "kubeadm.k8s.io/v1alpha1",
            "kind": "MasterConfiguration",
            "api": {
                "advertiseAddresses": self.addresses.value,
                "bindPort": self.api_port.value,
                "externalDNSNames": self.dns_names.value,
            },
            "cloudProvider": self.cloud_provider.value,
            "discovery": {"bindPort": self.discovery_port.value},
            "etcd": {
                "endpoints": self.etcd_endpoints.value,
                "caFile": self.etcd_ca_file.value,
                "certFile": self.etcd_cert_file.value,
                "keyFile": self.etcd_key_file.value,
            },
            "kubernetesVersion": self.version.value,
            "networking": {
                "dnsDomain": self.dns_domain.value,
                "serviceSubnet": self.service_subnet.value,
                "podSubnet": self.pod_subnet.value,
            },
            "secrets": {"givenToken": self.token},
        })
    }
}

/// A list of texts.
pub fn texts(value: &Value) -> Vec<String> {
    let items = value.as_array().into_iter().flatten();
    items
        .filter_map(|item| item.as_str().map(str::to_owned))
        .collect()
}
