//! Ports, names, forwarding and proxies.

use crate::paths::manifest;
use crate::report::Report;
use kubewright_plugin::endpoint::nth_address;
use kubewright_plugin::{Document, Result, Value, checks, machine, paths};
use std::net::IpAddr;

/// `Port-*`. A port that a program of an earlier run listens on is no error.
pub fn ports(document: &Document, report: &mut Report) -> Result<()> {
    let owned = document.options().owned;
    let mut wanted = vec![
        (
            document.init()?.local_api_endpoint.bind_port,
            manifest("kube-apiserver"),
        ),
        (10259, manifest("kube-scheduler")),
        (10257, manifest("kube-controller-manager")),
        (10250, paths::join(paths::KUBELET, "config.yaml")),
    ];
    if document.cluster()?.etcd.local.is_some() {
        wanted.extend([(2379, manifest("etcd")), (2380, manifest("etcd"))]);
    }
    for (port, ours) in wanted {
        if owned.contains(&ours) || checks::port_is_free(port)? {
            continue;
        }
        report.error(
            &format!("Port-{port}"),
            &format!("Port {port} is in use"),
            &format!("see who listens there with 'ss -ltnp sport = :{port}', and end it"),
        );
    }
    Ok(())
}

/// `Hostname`
pub fn hostname(document: &Document, report: &mut Report) -> Result<()> {
    let name = &document.init()?.node_registration.name;
    if let Some(problem) = unqualified(name) {
        report.warning(
            "Hostname",
            &format!("invalid node name format {name:?}: {problem}"),
        );
    }
    if checks::resolve(name)?.is_empty() {
        report.warning(
            "Hostname",
            &format!("hostname {name:?} could not be reached; put it into DNS or /etc/hosts"),
        );
    }
    Ok(())
}

/// What a qualified name may not be (apimachinery `IsQualifiedName`).
fn unqualified(name: &str) -> Option<&'static str> {
    let ends_well = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
    if name.is_empty() || name.len() > 63 {
        return Some("name part must be 1 to 63 characters long");
    }
    let sound = name
        .chars()
        .all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c))
        && ends_well(name.chars().next())
        && ends_well(name.chars().next_back());
    (!sound).then_some(
        "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character",
    )
}

/// `FileContent--proc-sys-net-*`
pub fn forwarding(document: &Document, report: &mut Report) -> Result<()> {
    let networking = &document.cluster()?.networking;
    let advertised = &document.init()?.local_api_endpoint.advertise_address;
    let ranges = [
        &networking.service_subnet,
        &networking.pod_subnet,
        advertised,
    ];
    let all = || {
        ranges
            .iter()
            .flat_map(|one| one.split(','))
            .filter(|one| !one.is_empty())
    };
    for (used, parameter, file) in [
        (
            all().any(|one| !one.contains(':')),
            "net.ipv4.ip_forward",
            "net/ipv4/ip_forward",
        ),
        (
            all().any(|one| one.contains(':')),
            "net.ipv6.conf.default.forwarding",
            "net/ipv6/conf/default/forwarding",
        ),
    ] {
        if !used {
            continue;
        }
        let path = format!("/proc/sys/{file}");
        let problem = match checks::kernel_parameter(parameter)? {
            Some(value) if value.starts_with('1') => continue,
            Some(_) => format!("{path} contents are not set to 1"),
            None => format!("{path} does not exist"),
        };
        report.error(
            &format!("FileContent-{}", path.replace('/', "-")),
            &problem,
            &format!("'sysctl -w {parameter}=1', and that line in a file of /etc/sysctl.d"),
        );
    }
    Ok(())
}

/// `HTTPProxy`, `HTTPProxyCIDR`
pub fn proxies(document: &Document, report: &mut Report) -> Result<()> {
    let facts = machine::facts()?;
    let proxy = Proxy::of(&facts["proxyEnvironment"]);
    let Some(url) = &proxy.url else { return Ok(()) };
    let advertised = &document.init()?.local_api_endpoint.advertise_address;
    if advertised.parse().is_ok_and(|address| proxy.takes(address)) {
        report.warning(
            "HTTPProxy",
            &format!(
                "Connection to \"https://{advertised}\" uses proxy {url:?}. If that is not intended, adjust your proxy settings"
            ),
        );
    }
    let networking = &document.cluster()?.networking;
    for range in [&networking.service_subnet, &networking.pod_subnet] {
        for range in range.split(',').filter(|range| !range.is_empty()) {
            if nth_address(range, 1).is_ok_and(|address| proxy.takes(address)) {
                report.warning(
                    "HTTPProxyCIDR",
                    &format!(
                        "connection to {range:?} uses proxy {url:?}. This may lead to malfunctional cluster setup. Make sure that Pod and Services IP ranges specified correctly as exceptions in proxy configuration"
                    ),
                );
            }
        }
    }
    Ok(())
}

/// The proxy for https, as Go's `httpproxy` reads the environment.
struct Proxy {
    url: Option<String>,
    exceptions: Vec<String>,
}

impl Proxy {
    fn of(environment: &Value) -> Self {
        let variable = |name: &str| {
            [name.to_uppercase(), name.to_lowercase()]
                .iter()
                .filter_map(|name| environment[name].as_str())
                .find(|value| !value.is_empty())
                .map(str::to_owned)
        };
        let exceptions = variable("no_proxy").unwrap_or_default();
        Self {
            // It may hold a password.
            url: variable("https_proxy").map(|url| without_user(&url)),
            exceptions: exceptions
                .split(',')
                .map(|one| one.trim().to_owned())
                .collect(),
        }
    }

    fn takes(&self, address: IpAddr) -> bool {
        let excepted =
            |one: &String| one == "*" || one.parse() == Ok(address) || within(one, address);
        !address.is_loopback() && !self.exceptions.iter().any(excepted)
    }
}

fn without_user(url: &str) -> String {
    let (scheme, rest) = url.split_once("://").unwrap_or(("http", url));
    let host = rest.rsplit_once('@').map_or(rest, |(_, host)| host);
    format!("{scheme}://{host}")
}

/// Whether an address is in a range `10.0.0.0/8`.
fn within(range: &str, address: IpAddr) -> bool {
    let Some((network, bits)) = range.split_once('/') else {
        return false;
    };
    let (Ok(network), Ok(bits)) = (network.parse::<IpAddr>(), bits.parse::<u32>()) else {
        return false;
    };
    match (network, address) {
        (IpAddr::V4(network), IpAddr::V4(address)) if bits <= 32 => {
            let shift = 32 - bits;
            let cut = |ip: std::net::Ipv4Addr| u64::from(u32::from(ip)) >> shift;
            cut(network) == cut(address)
        }
        (IpAddr::V6(network), IpAddr::V6(address)) if bits <= 128 => {
            let cut = |ip: std::net::Ipv6Addr| u128::from(ip).checked_shr(128 - bits);
            cut(network) == cut(address)
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kubewright_plugin::json;

    #[test]
    fn a_proxy_takes_what_is_not_excepted() {
        let environment = json!({"HTTPS_PROXY": "http://u:p@proxy:3128", "no_proxy": "10.0.0.0/8, 192.0.2.7,fd00::/8"});
        let proxy = Proxy::of(&environment);
        assert_eq!(proxy.url.as_deref(), Some("http://proxy:3128"));
        for (address, wanted) in [
            ("10.96.0.1", false),
            ("192.0.2.7", false),
            ("192.0.2.8", true),
            ("127.0.0.1", false),
            ("fd00::1", false),
            ("2001:db8::1", true),
        ] {
            assert_eq!(proxy.takes(address.parse().unwrap()), wanted, "{address}");
        }
        assert!(Proxy::of(&json!({"HTTP_PROXY": "http://x"})).url.is_none());
        let all = Proxy::of(&json!({"https_proxy": "x", "NO_PROXY": "*"}));
        assert!(!all.takes("192.0.2.8".parse().unwrap()));
    }

    #[test]
    fn names_are_qualified_or_not() {
        for (name, sound) in [
            ("cp-1", true),
            ("cp-1.example.com", true),
            ("", false),
            ("-cp", false),
            ("cp_", false),
            ("c p", false),
        ] {
            assert_eq!(unqualified(name).is_none(), sound, "{name}");
        }
        assert!(unqualified(&"a".repeat(64)).is_some());
    }
}
