//! Flags of `join`.

use super::{names, set};
use crate::cluster::documents::{
    BootstrapTokenDiscovery, FileDiscovery, JoinConfiguration, JoinControlPlane, Patches,
};
use crate::cluster::secret::SealedString;

/// The flags of `join` (kubeadm `app/cmd/join.go`). `None` or empty: not given.
#[derive(Clone, Debug, Default)]
#[allow(missing_docs, reason = "each field is the flag of the same name")]
pub struct JoinFlags {
    /// The arguments: `host:port` of API servers, of which the first is used.
    pub api_server_endpoints: Vec<String>,
    pub apiserver_advertise_address: Option<String>,
    pub apiserver_bind_port: Option<i32>,
    pub certificate_key: Option<SealedString>,
    pub control_plane: bool,
    pub cri_socket: Option<String>,
    pub discovery_file: Option<String>,
    pub discovery_token: Option<SealedString>,
    pub discovery_token_ca_cert_hash: Vec<String>,
    pub discovery_token_unsafe_skip_ca_verification: bool,
    pub dry_run: bool,
    pub ignore_preflight_errors: Vec<String>,
    pub node_name: Option<String>,
    pub patches: Option<String>,
    pub skip_phases: Vec<String>,
    pub tls_bootstrap_token: Option<SealedString>,
    pub token: Option<SealedString>,
}

impl JoinFlags {
    /// Names of the flags that are given, without dashes.
    pub fn given(&self) -> Vec<&'static str> {
        let unsafe_skip = self.discovery_token_unsafe_skip_ca_verification;
        names([
            (
                "apiserver-advertise-address",
                self.apiserver_advertise_address.is_some(),
            ),
            ("apiserver-bind-port", self.apiserver_bind_port.is_some()),
            ("certificate-key", self.certificate_key.is_some()),
            ("control-plane", self.control_plane),
            ("cri-socket", self.cri_socket.is_some()),
            ("discovery-file", self.discovery_file.is_some()),
            ("discovery-token", self.discovery_token.is_some()),
            (
                "discovery-token-ca-cert-hash",
                !self.discovery_token_ca_cert_hash.is_empty(),
            ),
            ("discovery-token-unsafe-skip-ca-verification", unsafe_skip),
            ("dry-run", self.dry_run),
            (
                "ignore-preflight-errors",
                !self.ignore_preflight_errors.is_empty(),
            ),
            ("node-name", self.node_name.is_some()),
            ("patches", self.patches.is_some()),
            ("skip-phases", !self.skip_phases.is_empty()),
            ("tls-bootstrap-token", self.tls_bootstrap_token.is_some()),
            ("token", self.token.is_some()),
        ])
    }

    /// Puts the flags into a document that is not defaulted yet, when there is no file.
    /// Returns what the user should know.
    pub fn apply(&self, join: &mut JoinConfiguration) -> Vec<String> {
        let mut warnings = Vec::new();
        set(&mut join.node_registration.name, &self.node_name);
        set(&mut join.node_registration.cri_socket, &self.cri_socket);
        let secret = |flag: &Option<SealedString>| flag.clone().filter(|text| !text.is_empty());
        let token = secret(&self.token);
        join.discovery.tls_bootstrap_token = secret(&self.tls_bootstrap_token)
            .or_else(|| token.clone())
            .unwrap_or_default();
        if let Some(path) = self.discovery_file.as_ref().filter(|path| !path.is_empty()) {
            join.discovery.file = Some(FileDiscovery {
                kube_config_path: path.clone(),
            });
        }
        if let Some(endpoint) = self.api_server_endpoints.first() {
            if self.api_server_endpoints.len() > 1 {
                warnings.push(format!(
                    "More than one API server endpoint supplied on command line [{}]. Using the \
                     first one.",
                    self.api_server_endpoints.join(" ")
                ));
            }
            join.discovery.bootstrap_token = Some(BootstrapTokenDiscovery {
                token: secret(&self.discovery_token).or(token).unwrap_or_default(),
                api_server_endpoint: endpoint.clone(),
                ca_cert_hashes: self.discovery_token_ca_cert_hash.clone(),
                unsafe_skip_ca_verification: self.discovery_token_unsafe_skip_ca_verification,
            });
        }
        let mut control_plane = JoinControlPlane::default();
        let endpoint = &mut control_plane.local_api_endpoint;
        set(
            &mut endpoint.advertise_address,
            &self.apiserver_advertise_address,
        );
        endpoint.bind_port = self.apiserver_bind_port.unwrap_or_default();
        control_plane.certificate_key = secret(&self.certificate_key).unwrap_or_default();
        if self.control_plane {
            join.control_plane = Some(control_plane);
        } else if control_plane != JoinControlPlane::default() {
            warnings.push(
                "--control-plane is also required when passing control-plane related flags such \
                 as [certificate-key, apiserver-advertise-address, apiserver-bind-port]"
                    .to_owned(),
            );
        }
        warnings
    }

    /// Puts those flags into a document that win over a file.
    pub fn override_file(&self, join: &mut JoinConfiguration) {
        set(&mut join.node_registration.name, &self.node_name);
    }

    /// Puts those flags into a document that win in any case.
    pub fn override_always(&self, join: &mut JoinConfiguration) {
        if let Some(directory) = &self.patches {
            join.patches = Some(Patches {
                directory: directory.clone(),
            });
        }
        if !self.skip_phases.is_empty() {
            join.skip_phases.clone_from(&self.skip_phases);
        }
        join.dry_run |= self.dry_run;
    }
}
