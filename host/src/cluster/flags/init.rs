//! Flags of `init`.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::{FlagsError, names, set};
use crate::cluster::constants;
use crate::cluster::documents::{BootstrapToken, ClusterConfiguration, InitConfiguration, Patches};
use crate::cluster::duration::GoDuration;
use crate::cluster::features;
use crate::cluster::secret::{SEALED, SealedString, SealedToken, TokenSource};
use crate::pki::SecretString;

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

/// Secrets by what they belong to.
type Secrets = BTreeMap<String, SecretString>;

/// The flags of `init` (kubeadm `app/cmd/init.go`). `None` or empty: not given.
#[derive(Clone, Debug, Default)]
#[allow(missing_docs, reason = "each field is the flag of the same name")]
pub struct InitFlags {
    pub apiserver_advertise_address: Option<String>,
    pub apiserver_bind_port: Option<i32>,
    pub apiserver_cert_extra_sans: Vec<String>,
    pub cert_dir: Option<String>,
    pub certificate_key: Option<SealedString>,
    pub control_plane_endpoint: Option<String>,
    pub cri_socket: Option<String>,
    pub dry_run: bool,
    pub feature_gates: Option<String>,
    pub ignore_preflight_errors: Vec<String>,
    pub image_repository: Option<String>,
    pub kubernetes_version: Option<String>,
    pub node_name: Option<String>,
    pub patches: Option<String>,
    pub pod_network_cidr: Option<String>,
    pub service_cidr: Option<String>,
    pub service_dns_domain: Option<String>,
    pub skip_certificate_key_print: bool,
    pub skip_phases: Vec<String>,
    pub skip_token_print: bool,
    pub token: Option<SealedString>,
    pub token_ttl: Option<String>,
    pub upload_certs: bool,
}

impl InitFlags {
    /// Names of the flags that are given, without dashes.
    pub fn given(&self) -> Vec<&'static str> {
        names([
            (
                "apiserver-advertise-address",
                self.apiserver_advertise_address.is_some(),
            ),
            ("apiserver-bind-port", self.apiserver_bind_port.is_some()),
            (
                "apiserver-cert-extra-sans",
                !self.apiserver_cert_extra_sans.is_empty(),
            ),
            ("cert-dir", self.cert_dir.is_some()),
            ("certificate-key", self.certificate_key.is_some()),
            (
                "control-plane-endpoint",
                self.control_plane_endpoint.is_some(),
            ),
            ("cri-socket", self.cri_socket.is_some()),
            ("dry-run", self.dry_run),
            ("feature-gates", self.feature_gates.is_some()),
            (
                "ignore-preflight-errors",
                !self.ignore_preflight_errors.is_empty(),
            ),
            ("image-repository", self.image_repository.is_some()),
            ("kubernetes-version", self.kubernetes_version.is_some()),
            ("node-name", self.node_name.is_some()),
            ("patches", self.patches.is_some()),
            ("pod-network-cidr", self.pod_network_cidr.is_some()),
            ("service-cidr", self.service_cidr.is_some()),
            ("service-dns-domain", self.service_dns_domain.is_some()),
            (
                "skip-certificate-key-print",
                self.skip_certificate_key_print,
            ),
            ("skip-phases", !self.skip_phases.is_empty()),
            ("skip-token-print", self.skip_token_print),
            ("token", self.token.is_some()),
            ("token-ttl", self.token_ttl.is_some()),
            ("upload-certs", self.upload_certs),
        ])
    }

    /// The flags that are given, with their values, by name without dashes. Secrets are `<sealed>`,
    /// the token `ID.<sealed>`; what they were is returned, too, by name.
    pub fn values(&self) -> Result<(Map<String, Value>, Secrets), FlagsError> {
        let mut secrets = Secrets::new();
        let mut sealed = |name: &str, text: &Option<SealedString>, shown: Option<String>| {
            let text = text.as_ref().filter(|text| !text.is_empty())?;
            secrets.insert(name.to_owned(), SecretString::new(text.reveal().to_owned()));
            Some(shown.unwrap_or_else(|| SEALED.to_owned()))
        };
        let token = match self.token.as_ref().filter(|text| !text.is_empty()) {
            Some(text) => Some(SealedToken::parse(text.reveal()).map_err(FlagsError::Token)?),
            None => None,
        };
        let token = sealed("token", &self.token, token.map(|token| token.to_string()));
        let certificate_key = sealed("certificate-key", &self.certificate_key, None);
        let values = [
            (
                "apiserver-advertise-address",
                json!(self.apiserver_advertise_address),
            ),
            ("apiserver-bind-port", json!(self.apiserver_bind_port)),
            (
                "apiserver-cert-extra-sans",
                json!(self.apiserver_cert_extra_sans),
            ),
            ("cert-dir", json!(self.cert_dir)),
            ("certificate-key", json!(certificate_key)),
            ("control-plane-endpoint", json!(self.control_plane_endpoint)),
            ("cri-socket", json!(self.cri_socket)),
            ("dry-run", json!(self.dry_run)),
            ("feature-gates", json!(self.feature_gates)),
            (
                "ignore-preflight-errors",
                json!(self.ignore_preflight_errors),
            ),
            ("image-repository", json!(self.image_repository)),
            ("kubernetes-version", json!(self.kubernetes_version)),
            ("node-name", json!(self.node_name)),
            ("patches", json!(self.patches)),
            ("pod-network-cidr", json!(self.pod_network_cidr)),
            ("service-cidr", json!(self.service_cidr)),
            ("service-dns-domain", json!(self.service_dns_domain)),
            (
                "skip-certificate-key-print",
                json!(self.skip_certificate_key_print),
            ),
            ("skip-phases", json!(self.skip_phases)),
            ("skip-token-print", json!(self.skip_token_print)),
            ("token", json!(token)),
            ("token-ttl", json!(self.token_ttl)),
            ("upload-certs", json!(self.upload_certs)),
        ];
        let given = self.given();
        let values = values
            .into_iter()
            .filter(|(name, value)| given.contains(name) && !value.is_null())
            .map(|(name, value)| (name.to_owned(), value));
        Ok((values.collect(), secrets))
    }

    /// Puts the flags into documents that are not defaulted yet, when there is no file. The token
    /// that is made when none is given gets kubeadm's description.
    pub fn apply(
        &self,
        init: &mut InitConfiguration,
        cluster: &mut ClusterConfiguration,
    ) -> Result<(), FlagsError> {
        set(
            &mut init.local_api_endpoint.advertise_address,
            &self.apiserver_advertise_address,
        );
        init.local_api_endpoint.bind_port = self
            .apiserver_bind_port
            .unwrap_or(init.local_api_endpoint.bind_port);
        set(&mut init.node_registration.name, &self.node_name);
        set(&mut init.node_registration.cri_socket, &self.cri_socket);
        if let Some(key) = &self.certificate_key {
            init.certificate_key = key.clone();
        }
        set(&mut cluster.networking.service_subnet, &self.service_cidr);
        set(&mut cluster.networking.pod_subnet, &self.pod_network_cidr);
        set(&mut cluster.networking.dns_domain, &self.service_dns_domain);
        set(
            &mut cluster.control_plane_endpoint,
            &self.control_plane_endpoint,
        );
        set(&mut cluster.kubernetes_version, &self.kubernetes_version);
        set(&mut cluster.certificates_dir, &self.cert_dir);
        set(&mut cluster.image_repository, &self.image_repository);
        if !self.apiserver_cert_extra_sans.is_empty() {
            cluster
                .api_server
                .cert_sans
                .clone_from(&self.apiserver_cert_extra_sans);
        }
        if let Some(text) = &self.feature_gates {
            cluster.feature_gates = features::parse(text).map_err(FlagsError::FeatureGates)?;
        }
        self.apply_token(init)
    }

    fn apply_token(&self, init: &mut InitConfiguration) -> Result<(), FlagsError> {
        let mut token = BootstrapToken {
            description: constants::DEFAULT_TOKEN_DESCRIPTION.to_owned(),
            ..Default::default()
        };
        if let Some(text) = self.token.as_ref().filter(|text| !text.is_empty()) {
            let given = SealedToken::parse(text.reveal()).map_err(FlagsError::Token)?;
            token.token = TokenSource::Given(given);
        }
        if let Some(text) = &self.token_ttl {
            let ttl: GoDuration = text.parse().map_err(FlagsError::TokenTtl)?;
            token.ttl = Some(ttl);
        }
        init.bootstrap_tokens = vec![token];
        Ok(())
    }

    /// Puts those flags into a document that win over a file.
    pub fn override_file(&self, init: &mut InitConfiguration) {
        if let Some(name) = &self.node_name {
            init.node_registration.name.clone_from(name);
        }
    }

    /// Puts those flags into a document that win in any case.
    pub fn override_always(&self, init: &mut InitConfiguration) {
        if let Some(directory) = &self.patches {
            init.patches = Some(Patches {
                directory: directory.clone(),
            });
        }
        if !self.skip_phases.is_empty() {
            init.skip_phases.clone_from(&self.skip_phases);
        }
        init.dry_run |= self.dry_run;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_reach_their_fields() {
        let text = |text: &str| Some(text.to_owned());
        let flags = InitFlags {
            apiserver_advertise_address: text("10.0.0.1"),
            apiserver_bind_port: Some(7443),
            apiserver_cert_extra_sans: vec!["api.example".into()],
            cert_dir: text("/pki"),
            certificate_key: Some(SealedString::new("ab".into())),
            control_plane_endpoint: text("lb.example"),
            cri_socket: text("unix:///run/crio/crio.sock"),
            dry_run: true,
            feature_gates: text("RootlessControlPlane=true"),
            image_repository: text("mirror.example"),
            kubernetes_version: text("v1.35.1"),
            node_name: text("cp-1"),
            patches: text("/patches"),
            pod_network_cidr: text("10.244.0.0/16"),
            service_cidr: text("10.97.0.0/16"),
            service_dns_domain: text("k8s.example"),
            skip_phases: vec!["addon".into()],
            token: Some(SealedString::new("abcdef.0123456789abcdef".into())),
            token_ttl: text("0"),
            ..InitFlags::default()
        };
        let (values, secrets) = flags.values().unwrap();
        let names: Vec<_> = values.keys().map(String::as_str).collect();
        let mut given = flags.given();
        given.sort_unstable();
        assert_eq!(names, given, "every flag has its value");
        assert_eq!(values["token"], "abcdef.<sealed>");
        assert_eq!(secrets["token"].reveal(), "abcdef.0123456789abcdef");
        assert_eq!(secrets["certificate-key"].reveal(), "ab");
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
        let given: Vec<_> = flags.given();
        assert_eq!(given.len(), 19);
    }
}
