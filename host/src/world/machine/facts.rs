//! Facts of this machine. Nothing is changed.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, UdpSocket};

use super::services::ServiceManager;
use crate::world::{FactsError, NodeFacts};

/// Directories whose presence phases ask for: where distributions keep CA
/// certificates (kubeadm `app/phases/controlplane/volumes.go`, and the
/// `/etc/pki` of its early versions).
pub const DIRECTORIES: [&str; 6] = [
    "/etc/ca-certificates",
    "/etc/pki",
    "/etc/pki/ca-trust",
    "/etc/pki/tls/certs",
    "/usr/local/share/ca-certificates",
    "/usr/share/ca-certificates",
];

/// Sockets of the container runtimes that are known (kubeadm
/// `app/constants/constants_unix.go`).
const CRI_SOCKETS: [&str; 3] = [
    "/var/run/containerd/containerd.sock",
    "/var/run/crio/crio.sock",
    "/var/run/cri-dockerd.sock",
];

/// As Go's `net.IP.IsGlobalUnicast`: private addresses count.
fn is_global_unicast(address: &IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => {
            !(v4.is_unspecified()
                || v4.is_loopback()
                || v4.is_multicast()
                || v4.is_link_local()
                || v4.is_broadcast())
        }
        IpAddr::V6(v6) => {
            let link_local = v6.segments()[0] & 0xffc0 == 0xfe80;
            !(v6.is_unspecified() || v6.is_loopback() || v6.is_multicast() || link_local)
        }
    }
}

/// Where systemd-resolved keeps the resolver file that has the real servers.
const RESOLVED: &str = "/run/systemd/resolve/resolv.conf";

/// Reads the facts of this machine.
pub fn read_facts() -> Result<NodeFacts, FactsError> {
    let uname = rustix::system::uname();
    let cpus = std::thread::available_parallelism().map_err(|source| FactsError::Machine {
        what: "the number of processors",
        source,
    })?;
    let memory = rustix::system::sysinfo();
    let interfaces = if_addrs::get_if_addrs().map_err(|source| FactsError::Machine {
        what: "the network interfaces",
        source,
    })?;
    Ok(NodeFacts {
        api_version: NodeFacts::API_VERSION.to_owned(),
        kind: NodeFacts::KIND.to_owned(),
        hostname: uname.nodename().to_string_lossy().into_owned(),
        default_address: default_address(),
        loopback_address: interfaces
            .iter()
            .filter(|one| one.name == "lo")
            .map(if_addrs::Interface::ip)
            .find(is_global_unicast),
        addresses: interfaces
            .iter()
            .filter(|one| !one.is_loopback())
            .map(if_addrs::Interface::ip)
            .filter(is_global_unicast)
            .collect(),
        cri_sockets: CRI_SOCKETS
            .iter()
            .filter(|path| std::path::Path::new(path).exists())
            .map(|path| format!("unix://{path}"))
            .collect(),
        cpus: u32::try_from(cpus.get()).unwrap_or(u32::MAX),
        memory_bytes: memory.totalram * u64::from(memory.mem_unit.max(1)),
        kernel: uname.release().to_string_lossy().into_owned(),
        architecture: architecture(&uname.machine().to_string_lossy()).to_owned(),
        directories: DIRECTORIES
            .iter()
            .filter(|path| std::path::Path::new(path).is_dir())
            .map(|path| (*path).to_owned())
            .collect(),
        active_services: active_services(),
        proxy_environment: proxy_environment(std::env::vars()),
    })
}

/// Those that phases ask about. The file alone does not tell: it stays when
/// the service is stopped, with servers that may be of yesterday.
fn active_services() -> BTreeSet<String> {
    const NAME: &str = "systemd-resolved";
    let active = std::path::Path::new(RESOLVED).exists()
        && ServiceManager::running().is_some_and(|manager| manager.is_active_now(NAME));
    active.then(|| NAME.to_owned()).into_iter().collect()
}

/// The address the kernel would send from towards the default route, as
/// kubeadm's `ChooseHostInterface`. Connecting a UDP socket sends nothing.
fn default_address() -> Option<IpAddr> {
    // Addresses for documentation (RFC 5737, RFC 3849): never local.
    let towards: [(&str, SocketAddr); 2] = [
        (
            "0.0.0.0:0",
            SocketAddr::from((Ipv4Addr::new(192, 0, 2, 1), 9)),
        ),
        (
            "[::]:0",
            SocketAddr::from((std::net::Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1), 9)),
        ),
    ];
    towards.iter().find_map(|(bind, to)| {
        let socket = UdpSocket::bind(bind).ok()?;
        socket.connect(to).ok()?;
        let address = socket.local_addr().ok()?.ip();
        (!address.is_unspecified() && !address.is_loopback()).then_some(address)
    })
}

/// As Go names architectures, which is how images are tagged.
fn architecture(machine: &str) -> &str {
    match machine {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        "armv7l" => "arm",
        "ppc64le" | "s390x" | "riscv64" => machine,
        other => other,
    }
}

/// kubeadm `app/util/env.go` `GetProxyEnvVars`: names that end in `_proxy`,
/// whatever their case.
fn proxy_environment(vars: impl Iterator<Item = (String, String)>) -> BTreeMap<String, String> {
    vars.filter(|(name, value)| !value.is_empty() && name.to_ascii_lowercase().ends_with("_proxy"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_machine_has_facts() {
        let facts = read_facts().unwrap();
        assert!(!facts.hostname.is_empty());
        assert!(facts.cpus > 0 && facts.memory_bytes > 1 << 20);
        let text = serde_json::to_string(&facts).unwrap();
        assert_eq!(NodeFacts::parse(&text, "facts").unwrap(), facts);
    }

    #[test]
    fn proxy_variables_are_those_that_end_in_proxy() {
        let vars = [
            ("HTTP_PROXY", "a"),
            ("no_proxy", "b"),
            ("PROXY_X", "c"),
            ("https_proxy", ""),
        ];
        let got = proxy_environment(vars.iter().map(|(n, v)| (n.to_string(), v.to_string())));
        assert_eq!(got.keys().collect::<Vec<_>>(), ["HTTP_PROXY", "no_proxy"]);
    }

    #[test]
    fn a_wrong_document_says_what_is_wrong() {
        let unknown = NodeFacts::parse("apiVersion: a\nkind: b\nhostname: h\nfoo: 1\n", "f.yaml");
        assert!(matches!(unknown, Err(FactsError::Syntax { .. })));
        let kind = NodeFacts::parse("apiVersion: a\nkind: b\nhostname: h\n", "f.yaml");
        assert!(kind.unwrap_err().to_string().contains("kind: NodeFacts"));
    }
}
