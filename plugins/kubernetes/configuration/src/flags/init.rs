//! Flags of `init` (kubeadm `app/cmd/init.go`).

use super::{Flags, FlagsError, set};
use crate::constants;
use crate::documents::{BootstrapToken, ClusterConfiguration, InitConfiguration, Patches};
use crate::error::ConfigError;
use crate::features;
use crate::sealed::{SealedToken, TokenSource};
use kubewright_values::GoDuration;

/// The flag, without dashes, that sets a field of a configuration.
pub fn of_field(path: &str) -> Option<&'static str> {
    let field = path.split('[').next().unwrap_or(path);
    let (_, flag) = FLAG_OF_FIELD.iter().find(|(of, _)| *of == field)?;
    Some(flag)
}

const FLAG_OF_FIELD: [(&str, &str); 16] = [
    (
        "InitConfiguration.localAPIEndpoint.advertiseAddress",
        "apiserver-advertise-address",
    ),
    (
        "InitConfiguration.localAPIEndpoint.bindPort",
        "apiserver-bind-port",
    ),
    ("InitConfiguration.nodeRegistration.name", "node-name"),
    ("InitConfiguration.nodeRegistration.criSocket", "cri-socket"),
    ("InitConfiguration.bootstrapTokens[0].ttl", "token-ttl"),
    ("InitConfiguration.certificateKey", "certificate-key"),
    ("InitConfiguration.patches.directory", "patches"),
    ("ignore-preflight-errors", "ignore-preflight-errors"),
    (
        "ClusterConfiguration.apiServer.certSANs",
        "apiserver-cert-extra-sans",
    ),
    ("ClusterConfiguration.certificatesDir", "cert-dir"),
    (
        "ClusterConfiguration.controlPlaneEndpoint",
        "control-plane-endpoint",
    ),
    ("ClusterConfiguration.imageRepository", "image-repository"),
    (
        "ClusterConfiguration.kubernetesVersion",
        "kubernetes-version",
    ),
    (
        "ClusterConfiguration.networking.podSubnet",
        "pod-network-cidr",
    ),
    (
        "ClusterConfiguration.networking.serviceSubnet",
        "service-cidr",
    ),
    (
        "ClusterConfiguration.networking.dnsDomain",
        "service-dns-domain",
    ),
];

/// The flags of `init`.
#[derive(Clone, Copy, Debug)]
pub struct InitFlags<'a>(pub(super) &'a Flags);

impl InitFlags<'_> {
    /// Puts the flags into documents that are not defaulted yet, when there is no file. The token
    /// that is made when none is given gets kubeadm's description.
    pub fn apply(
        &self,
        init: &mut InitConfiguration,
        cluster: &mut ClusterConfiguration,
    ) -> Result<(), ConfigError> {
        let endpoint = &mut init.local_api_endpoint;
        set(
            &mut endpoint.advertise_address,
            self.text("apiserver-advertise-address"),
        );
        if let Some(port) = self.number("apiserver-bind-port") {
            endpoint.bind_port = port;
        }
        set(&mut init.node_registration.name, self.text("node-name"));
        let socket = &mut init.node_registration.cri_socket;
        set(socket, self.text("cri-socket"));
        init.certificate_key = self.sealed("certificate-key").unwrap_or_default();
        let networking = &mut cluster.networking;
        for (field, flag) in [
            (&mut networking.service_subnet, "service-cidr"),
            (&mut networking.pod_subnet, "pod-network-cidr"),
            (&mut networking.dns_domain, "service-dns-domain"),
            (
                &mut cluster.control_plane_endpoint,
                "control-plane-endpoint",
            ),
            (&mut cluster.kubernetes_version, "kubernetes-version"),
            (&mut cluster.certificates_dir, "cert-dir"),
            (&mut cluster.image_repository, "image-repository"),
        ] {
            set(field, self.text(flag));
        }
        let names = self.texts("apiserver-cert-extra-sans");
        if !names.is_empty() {
            cluster.api_server.cert_sans = names;
        }
        if let Some(text) = self.text("feature-gates") {
            cluster.feature_gates = features::parse(text).map_err(|error| ConfigError::Flag {
                flag: "feature-gates",
                source: FlagsError::FeatureGates(error),
            })?;
        }
        self.apply_token(init)
    }

    fn apply_token(&self, init: &mut InitConfiguration) -> Result<(), ConfigError> {
        let mut token = BootstrapToken {
            description: constants::DEFAULT_TOKEN_DESCRIPTION.to_owned(),
            ..Default::default()
        };
        if let Some(text) = self.sealed("token") {
            let given = SealedToken::new(text).map_err(|error| ConfigError::Flag {
                flag: "token",
                source: FlagsError::Token(error),
            })?;
            token.token = TokenSource::Given(given);
        }
        if let Some(text) = self.text("token-ttl") {
            let ttl: GoDuration = text.parse().map_err(|error| ConfigError::Flag {
                flag: "token-ttl",
                source: FlagsError::TokenTtl(error),
            })?;
            token.ttl = Some(ttl);
        }
        init.bootstrap_tokens = vec![token];
        Ok(())
    }

    /// Puts those flags into a document that win over a file.
    pub fn override_file(&self, init: &mut InitConfiguration) {
        set(&mut init.node_registration.name, self.text("node-name"));
    }

    /// Puts those flags into a document that win in any case.
    pub fn override_always(&self, init: &mut InitConfiguration) {
        if let Some(directory) = self.text("patches") {
            init.patches = Some(Patches {
                directory: directory.to_owned(),
            });
        }
        let skipped = self.texts("skip-phases");
        if !skipped.is_empty() {
            init.skip_phases = skipped;
        }
        init.dry_run |= self.is_on("dry-run");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    #[test]
    fn flags_reach_their_fields() {
        let flags = json!({
            "apiserver-advertise-address": "10.0.0.1",
            "apiserver-bind-port": 7443,
            "apiserver-cert-extra-sans": ["api.example"],
            "cert-dir": "/pki",
            "certificate-key": "<sealed>",
            "control-plane-endpoint": "lb.example",
            "cri-socket": "unix:///run/crio/crio.sock",
            "dry-run": true,
            "feature-gates": "RootlessControlPlane=true",
            "image-repository": "mirror.example",
            "kubernetes-version": "v1.35.1",
            "node-name": "cp-1",
            "patches": "/patches",
            "pod-network-cidr": "10.244.0.0/16",
            "service-cidr": "10.97.0.0/16",
            "service-dns-domain": "k8s.example",
            "skip-phases": ["addon"],
            "token": "abcdef.<sealed>",
            "token-ttl": "0",
        });
        let Value::Object(flags) = flags else {
            unreachable!("it is an object");
        };
        let flags = Flags::new(flags);
        let flags = InitFlags::new(&flags);
        let mut init = InitConfiguration::default();
        let mut cluster = ClusterConfiguration::default();
        flags.apply(&mut init, &mut cluster).unwrap();
        flags.override_always(&mut init);
        let shown = serde_json::json!([init, cluster]).to_string();
        for part in [
            "10.0.0.1",
            "7443",
            "api.example",
            "/pki",
            "lb.example",
            "crio.sock",
            "mirror.example",
            "v1.35.1",
            "cp-1",
            "/patches",
            "10.244.0.0/16",
            "10.97.0.0/16",
            "k8s.example",
            "addon",
            "abcdef.<sealed>",
            "\"ttl\":\"0s\"",
            "RootlessControlPlane",
            "generated by 'kubeadm init'",
            "\"certificateKey\":\"<sealed>\"",
            "\"dryRun\":true",
        ] {
            assert!(shown.contains(part), "{part} is missing in {shown}");
        }
    }
}
