//! Defaults that depend on the node and on other fields (kubeadm
//! `app/util/config/initconfiguration.go`).

use std::net::{IpAddr, Ipv6Addr};

use crate::constants;
use crate::documents::{ApiEndpoint, ClusterConfiguration, NodeRegistration, control_plane_taint};
use crate::facts::{DefaultsError, NodeDefaults};
use crate::net;
use crate::version::{self, VersionError};

/// Names the node, taints control plane nodes, finds the container runtime.
pub fn node_registration(
    node: &mut NodeRegistration,
    is_control_plane: bool,
    facts: &NodeDefaults,
    warnings: &mut Vec<String>,
) -> Result<(), DefaultsError> {
    let given = node.name.trim();
    let name = if given.is_empty() {
        facts.hostname.trim()
    } else {
        given
    }
    .to_lowercase();
    if name.is_empty() {
        return Err(DefaultsError::NoHostname);
    }
    node.name = name;
    if is_control_plane && node.taints.is_none() {
        node.taints = Some(vec![control_plane_taint()]);
    }
    cri_socket(&mut node.cri_socket, facts, warnings)
}

/// Finds the container runtime's socket, or completes the one given to a URL.
pub fn cri_socket(
    socket: &mut String,
    facts: &NodeDefaults,
    warnings: &mut Vec<String>,
) -> Result<(), DefaultsError> {
    let scheme = constants::CRI_SCHEME;
    if socket.is_empty() {
        *socket = match facts.cri_sockets.as_slice() {
            [] => constants::CRI_SOCKET.to_owned(),
            [only] => only.clone(),
            many => return Err(DefaultsError::ManyRuntimes(many.to_vec())),
        };
    } else if !socket.starts_with(scheme) {
        warnings.push(format!(
            "Usage of CRI endpoints without URL scheme is deprecated and can cause kubelet errors \
             in the future. Automatically prepending scheme {scheme:?} to the \"criSocket\" with \
             value {socket:?}. Please update your configuration!"
        ));
        *socket = format!("{scheme}://{socket}");
    }
    Ok(())
}

/// Finds the address the API server advertises if it is unset, unspecified or a loopback address.
pub fn advertise_address(
    endpoint: &mut ApiEndpoint,
    facts: &NodeDefaults,
    warnings: &mut Vec<String>,
) -> Result<(), DefaultsError> {
    let given = match endpoint.advertise_address.as_str() {
        "" => None,
        text => Some(
            net::parse_ip(text).ok_or_else(|| DefaultsError::AdvertiseAddress(text.to_owned()))?,
        ),
    };
    let address = match given {
        Some(ip) if ip.is_loopback() => facts
            .loopback_address
            .ok_or(DefaultsError::Loopback)?
            .to_string(),
        Some(ip) if !ip.is_unspecified() => ip.to_string(),
        _ => match facts.default_address {
            Some(ip) => ip.to_canonical().to_string(),
            None => {
                let unusable = constants::UNUSABLE_BIND_ADDRESS;
                warnings.push(format!(
                    "could not obtain a bind address for the API Server: no default routes; \
                     using: {unusable}"
                ));
                unusable.to_owned()
            }
        },
    };
    endpoint.advertise_address = address;
    Ok(())
}

/// Refuses an advertise address that nobody could connect to (`VerifyAPIServerBindAddress`).
pub fn usable_address(endpoint: &ApiEndpoint) -> Result<(), DefaultsError> {
    let text = &endpoint.advertise_address;
    let usable = net::parse_ip(text).is_some_and(|ip| ip.is_loopback() || is_global_unicast(ip));
    if usable {
        Ok(())
    } else {
        Err(DefaultsError::BindAddress(text.clone()))
    }
}

/// Go's `net.IP.IsGlobalUnicast`: private addresses count.
fn is_global_unicast(ip: IpAddr) -> bool {
    let link_local = match ip {
        IpAddr::V4(ip) => ip.is_link_local() || ip.is_broadcast(),
        IpAddr::V6(ip) => is_link_local(ip),
    };
    !(ip.is_unspecified() || ip.is_loopback() || ip.is_multicast() || link_local)
}

fn is_link_local(ip: Ipv6Addr) -> bool {
    ip.segments()[0] & 0xffc0 == 0xfe80
}

/// Why a ClusterConfiguration can not be completed.
#[derive(Debug, thiserror::Error)]
pub enum ClusterDefaultsError {
    /// `kubernetesVersion` can not be used.
    #[error(transparent)]
    Version(#[from] VersionError),
    /// Something else is missing or wrong.
    #[error(transparent)]
    Other(#[from] DefaultsError),
}

/// Resolves the version, adds the port to `controlPlaneEndpoint`, lower-cases `certSANs`.
pub fn cluster(
    configuration: &mut ClusterConfiguration,
    bind_port: i32,
    warnings: &mut Vec<String>,
) -> Result<(), ClusterDefaultsError> {
    let resolved = version::resolve(&configuration.kubernetes_version)?;
    configuration.ci_version = resolved.is_ci.then(|| format!("ci/{}", resolved.version));
    if resolved.is_ci && configuration.image_repository == constants::IMAGE_REPOSITORY {
        configuration.ci_image_repository = Some(constants::CI_IMAGE_REPOSITORY.to_owned());
    }
    configuration.kubernetes_version = resolved.version;
    warnings.extend(resolved.warnings);
    if !configuration.control_plane_endpoint.is_empty() {
        let (host, port) = net::parse_host_port(&configuration.control_plane_endpoint)
            .map_err(DefaultsError::ControlPlaneEndpoint)?;
        if port.is_none() {
            configuration.control_plane_endpoint = net::join_host_port(&host, bind_port);
        }
    }
    for san in &mut configuration.api_server.cert_sans {
        *san = san.to_lowercase();
    }
    Ok(())
}
