//! Flags of `join` (kubeadm `app/cmd/join.go`).

use super::{Flags, set};
use crate::documents::{
    BootstrapTokenDiscovery, FileDiscovery, JoinConfiguration, JoinControlPlane, Patches,
};

/// The arguments: `host:port` of API servers, of which the first is used.
const ENDPOINTS: &str = "api-server-endpoints";

/// The flags of `join`.
#[derive(Clone, Copy, Debug)]
pub struct JoinFlags<'a>(pub(super) &'a Flags);

impl JoinFlags<'_> {
    /// Puts the flags into a document that is not defaulted yet, when there is no file.
    /// Returns what the user should know.
    pub fn apply(&self, join: &mut JoinConfiguration) -> Vec<String> {
        let mut warnings = Vec::new();
        set(&mut join.node_registration.name, self.text("node-name"));
        let socket = &mut join.node_registration.cri_socket;
        set(socket, self.text("cri-socket"));
        let token = self.sealed("token");
        join.discovery.tls_bootstrap_token = self
            .sealed("tls-bootstrap-token")
            .or_else(|| token.clone())
            .unwrap_or_default();
        if let Some(path) = self.text("discovery-file").filter(|path| !path.is_empty()) {
            join.discovery.file = Some(FileDiscovery {
                kube_config_path: path.to_owned(),
            });
        }
        let endpoints = self.texts(ENDPOINTS);
        if let Some(endpoint) = endpoints.first() {
            if endpoints.len() > 1 {
                warnings.push(format!(
                    "More than one API server endpoint supplied on command line [{}]. Using the \
                     first one.",
                    endpoints.join(" ")
                ));
            }
            join.discovery.bootstrap_token = Some(BootstrapTokenDiscovery {
                token: self.sealed("discovery-token").or(token).unwrap_or_default(),
                api_server_endpoint: endpoint.clone(),
                ca_cert_hashes: self.texts("discovery-token-ca-cert-hash"),
                unsafe_skip_ca_verification: self
                    .is_on("discovery-token-unsafe-skip-ca-verification"),
            });
        }
        let mut control_plane = JoinControlPlane::default();
        let endpoint = &mut control_plane.local_api_endpoint;
        set(
            &mut endpoint.advertise_address,
            self.text("apiserver-advertise-address"),
        );
        endpoint.bind_port = self.number("apiserver-bind-port").unwrap_or_default();
        control_plane.certificate_key = self.sealed("certificate-key").unwrap_or_default();
        if self.is_on("control-plane") {
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
        set(&mut join.node_registration.name, self.text("node-name"));
    }

    /// Puts those flags into a document that win in any case.
    pub fn override_always(&self, join: &mut JoinConfiguration) {
        if let Some(directory) = self.text("patches") {
            join.patches = Some(Patches {
                directory: directory.to_owned(),
            });
        }
        let skipped = self.texts("skip-phases");
        if !skipped.is_empty() {
            join.skip_phases = skipped;
        }
        join.dry_run |= self.is_on("dry-run");
    }
}
