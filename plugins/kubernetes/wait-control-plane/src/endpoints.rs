//! Where the control plane tells its health.

use kubewright_plugin::Value;
use kubewright_plugin::configuration::ApiEndpoint;
use kubewright_plugin::endpoint::host_port;

/// A component and where it answers if its manifest does not say otherwise.
pub struct Component {
    pub name: &'static str,
    /// The argument that the address is read from.
    address: &'static str,
    default_port: u16,
    path: &'static str,
    /// Whether its serving certificate is of the cluster's CA.
    pub of_cluster_ca: bool,
}

pub const COMPONENTS: [Component; 3] = [
    Component {
        name: "kube-apiserver",
        address: "advertise-address",
        default_port: 6443,
        path: "livez",
        of_cluster_ca: true,
    },
    Component {
        name: "kube-controller-manager",
        address: "bind-address",
        default_port: 10257,
        path: "healthz",
        of_cluster_ca: false,
    },
    Component {
        name: "kube-scheduler",
        address: "bind-address",
        default_port: 10259,
        path: "livez",
        of_cluster_ca: false,
    },
];

impl Component {
    /// The URL, by what is in the manifest: patches may have changed it.
    pub fn url(&self, manifest: &str, local: &ApiEndpoint) -> String {
        let default = if self.of_cluster_ca {
            &local.advertise_address
        } else {
            "127.0.0.1"
        };
        let address = argument(manifest, self.address).unwrap_or(default);
        let port = argument(manifest, "secure-port")
            .and_then(|port| port.parse().ok())
            .unwrap_or(self.default_port);
        format!("https://{}/{}", host_port(address, port), self.path)
    }
}

/// The value of the last `--name=value` that is an item of a list in a YAML
/// text. It needs no parser: arguments stand on lines of their own in what this
/// distribution writes.
fn argument<'a>(manifest: &'a str, name: &str) -> Option<&'a str> {
    manifest
        .lines()
        .rev()
        .filter_map(|line| line.trim_start().strip_prefix("- "))
        .map(|item| item.trim().trim_matches(['"', '\'']))
        .find_map(|item| {
            item.strip_prefix("--")?
                .strip_prefix(name)?
                .strip_prefix('=')
        })
        .filter(|value| !value.is_empty())
}

/// The kubelet's health endpoint; none where it is switched off.
pub fn kubelet(configuration: &Value) -> Option<String> {
    let port = match &configuration["healthzPort"] {
        Value::Null => 10248,
        port => u16::try_from(port.as_u64()?).ok()?,
    };
    let address = configuration["healthzBindAddress"]
        .as_str()
        .filter(|address| !address.is_empty());
    (port != 0).then(|| {
        format!(
            "http://{}/healthz",
            host_port(address.unwrap_or("127.0.0.1"), port)
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use kubewright_plugin::json;

    #[test]
    fn addresses_come_from_the_manifests() {
        let local = ApiEndpoint {
            advertise_address: "10.0.0.1".into(),
            bind_port: 6443,
        };
        for (component, manifest, url) in [
            (0, "", "https://10.0.0.1:6443/livez"),
            (
                0,
                "  - --secure-port=443\n  - --advertise-address=fd00::1\n",
                "https://[fd00::1]:443/livez",
            ),
            (
                1,
                "  - '--bind-address=10.0.0.2'\n",
                "https://10.0.0.2:10257/healthz",
            ),
            (
                1,
                "  # - x\n  name: --bind-address=1.1.1.1\n",
                "https://127.0.0.1:10257/healthz",
            ),
            (
                2,
                "- --bind-address=1.1.1.1\n- --bind-address=2.2.2.2\n",
                "https://2.2.2.2:10259/livez",
            ),
            (
                2,
                "- --secure-port=x\n- --bind-address=\n",
                "https://127.0.0.1:10259/livez",
            ),
        ] {
            assert_eq!(
                COMPONENTS[component].url(manifest, &local),
                url,
                "{manifest}"
            );
        }
    }

    #[test]
    fn the_kubelet_may_have_no_endpoint() {
        for (configuration, url) in [
            (json!({}), Some("http://127.0.0.1:10248/healthz")),
            (json!({"healthzPort": 0}), None),
            (
                json!({"healthzPort": 99, "healthzBindAddress": "::1"}),
                Some("http://[::1]:99/healthz"),
            ),
        ] {
            assert_eq!(kubelet(&configuration).as_deref(), url);
        }
    }
}
