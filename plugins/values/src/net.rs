//! Addresses, subnets and endpoints as Kubernetes reads them (k8s.io/utils/net, kubeadm
//! `app/util/endpoint.go`).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::{IpNet, Ipv4Net, Ipv6Net};

use super::dns;

/// Reads an address. As Go's "sloppy" parser did, leading zeros in IPv4 are decimal, and an IPv4
/// address mapped into IPv6 is that IPv4 address.
pub fn parse_ip(text: &str) -> Option<IpAddr> {
    if text.contains(':') {
        return text
            .parse::<Ipv6Addr>()
            .ok()
            .map(|ip| IpAddr::V6(ip).to_canonical());
    }
    let mut octets = [0u8; 4];
    let mut parts = text.split('.');
    for octet in &mut octets {
        let part = parts.next()?;
        let digits = !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
        let significant = match part.trim_start_matches('0') {
            "" => "0",
            significant => significant,
        };
        *octet = digits.then(|| significant.parse().ok())??;
    }
    parts
        .next()
        .is_none()
        .then(|| Ipv4Addr::from(octets).into())
}

/// Reads a subnet in CIDR notation. Host bits are cleared.
pub fn parse_cidr(text: &str) -> Option<IpNet> {
    let (address, length) = text.split_once('/')?;
    if length.is_empty() || !length.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let length = length.parse().ok()?;
    let net = match parse_ip(address)? {
        IpAddr::V4(ip) => IpNet::V4(Ipv4Net::new(ip, length).ok()?),
        IpAddr::V6(ip) => IpNet::V6(Ipv6Net::new(ip, length).ok()?),
    };
    Some(net.trunc())
}

/// Reads one subnet or several, comma separated. `None` if any is no subnet.
pub fn parse_cidrs(text: &str) -> Option<Vec<IpNet>> {
    text.split(',').map(parse_cidr).collect()
}

/// Number of addresses in a subnet; saturates.
pub fn subnet_size(net: &IpNet) -> u128 {
    1u128
        .checked_shl(u32::from(net.max_prefix_len() - net.prefix_len()))
        .unwrap_or(u128::MAX)
}

/// The address that many places behind the subnet's first one, if the subnet is that large.
pub fn nth_address(net: &IpNet, index: u32) -> Option<IpAddr> {
    let address = match net.network() {
        IpAddr::V4(ip) => IpAddr::V4(Ipv4Addr::from(u32::from(ip).checked_add(index)?)),
        IpAddr::V6(ip) => IpAddr::V6(Ipv6Addr::from(u128::from(ip).checked_add(index.into())?)),
    };
    net.contains(&address).then_some(address)
}

/// Whether two subnets share an address.
pub fn overlap(a: &IpNet, b: &IpNet) -> bool {
    a.contains(&b.network()) || b.contains(&a.network())
}

/// Why a text is no `host[:port]`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HostPortError {
    /// The part behind the last colon is no port.
    #[error("hostport {0}: port {1} must be a valid number between 1 and 65535, inclusive")]
    Port(String, String),
    /// The rest is neither an address nor a DNS name.
    #[error(
        "hostport {0}: host '{1}' must be a valid IP address or a valid RFC-1123 DNS subdomain{hint}",
        hint = host_hint(.0, .1)
    )]
    Host(String, String),
    /// Somebody gave a URL.
    #[error("hostport {0}: it is a URL; write host or host:port, without scheme")]
    Url(String),
}

/// What to write instead of a host that is none.
fn host_hint(text: &str, host: &str) -> String {
    if host.contains(',') {
        return "; give one endpoint, such as that of a load balancer".to_owned();
    }
    match dns::is_dns_subdomain(&host.to_ascii_lowercase()) {
        true => format!("; write it in lower case: {:?}", text.to_ascii_lowercase()),
        false => String::new(),
    }
}

/// Splits `host`, `host:port`, `ipv4:port`, `[ipv6]:port`. Without a port, the host of an IPv6
/// address has no brackets.
pub fn parse_host_port(text: &str) -> Result<(String, Option<u16>), HostPortError> {
    if text.contains("://") {
        return Err(HostPortError::Url(text.to_owned()));
    }
    let (host, port) = split_host_port(text).unwrap_or((text, ""));
    let port = match port {
        "" => None,
        port => Some(
            parse_port(port)
                .ok_or_else(|| HostPortError::Port(text.to_owned(), port.to_owned()))?,
        ),
    };
    if parse_ip(host).is_some() || dns::is_dns_subdomain(host) {
        return Ok((host.to_owned(), port));
    }
    Err(HostPortError::Host(text.to_owned(), host.to_owned()))
}

/// Splits at the last colon as Go's `net.SplitHostPort` does: `None` if there is no port, or too
/// many colons outside brackets.
pub fn split_host_port(text: &str) -> Option<(&str, &str)> {
    if let Some(rest) = text.strip_prefix('[') {
        let (host, after) = rest.split_once(']')?;
        let port = after.strip_prefix(':')?;
        let plain = |part: &str| !part.contains(['[', ']']);
        return (plain(host) && plain(port) && !port.contains(':')).then_some((host, port));
    }
    let (host, port) = text.rsplit_once(':')?;
    (!host.contains([':', '[', ']']) && !port.contains(['[', ']'])).then_some((host, port))
}

/// Joins host and port, with brackets around IPv6.
pub fn join_host_port(host: &str, port: impl std::fmt::Display) -> String {
    if host.contains(':') {
        return format!("[{host}]:{port}");
    }
    format!("{host}:{port}")
}

fn parse_port(text: &str) -> Option<u16> {
    let digits = text.bytes().all(|b| b.is_ascii_digit());
    digits
        .then(|| text.parse().ok())
        .flatten()
        .filter(|port| *port != 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses() {
        let cases = [
            ("v4", "10.0.0.1", Some("10.0.0.1")),
            ("leading zeros", "010.000.0.01", Some("10.0.0.1")),
            ("v6", "fd00::1", Some("fd00::1")),
            ("mapped", "::ffff:10.0.0.1", Some("10.0.0.1")),
            ("octet too large", "10.0.0.256", None),
            ("three octets", "10.0.0", None),
            ("five octets", "10.0.0.1.2", None),
            ("zone", "fe80::1%eth0", None),
            ("sign", "10.0.0.+1", None),
            ("empty", "", None),
        ];
        for (name, text, expected) in cases {
            assert_eq!(
                parse_ip(text).map(|ip| ip.to_string()).as_deref(),
                expected,
                "{name}"
            );
        }
    }

    #[test]
    fn subnets() {
        let cases = [
            (
                "host bits are cleared",
                "10.96.0.7/12",
                Some(("10.96.0.0/12", 1 << 20, Some("10.96.0.10"))),
            ),
            (
                "v6",
                "fd00:10:96::/112",
                Some(("fd00:10:96::/112", 1 << 16, Some("fd00:10:96::a"))),
            ),
            (
                "too small for a tenth",
                "10.0.0.0/30",
                Some(("10.0.0.0/30", 4, None)),
            ),
            ("everything", "::/0", Some(("::/0", u128::MAX, Some("::a")))),
            ("no length", "10.0.0.0", None),
            ("length too long", "10.0.0.0/33", None),
            ("signed length", "10.0.0.0/+8", None),
        ];
        for (name, text, expected) in cases {
            let got = parse_cidr(text).map(|net| {
                let tenth = nth_address(&net, 10).map(|ip| ip.to_string());
                (net.to_string(), subnet_size(&net), tenth)
            });
            let got = got
                .as_ref()
                .map(|(net, size, tenth)| (net.as_str(), *size, tenth.as_deref()));
            assert_eq!(got, expected, "{name}");
        }
    }

    #[test]
    fn endpoints() {
        let cases = [
            ("name", "api.example", Ok(("api.example", None))),
            (
                "name and port",
                "api.example:6443",
                Ok(("api.example", Some(6443))),
            ),
            ("v4 and port", "10.0.0.1:1", Ok(("10.0.0.1", Some(1)))),
            ("v6 alone", "fd00::1", Ok(("fd00::1", None))),
            (
                "v6 and port",
                "[fd00::1]:65535",
                Ok(("fd00::1", Some(65535))),
            ),
            ("empty port", "api.example:", Ok(("api.example", None))),
            (
                "v6 in brackets without port",
                "[fd00::1]",
                Err("host '[fd00::1]'"),
            ),
            ("port zero", "api.example:0", Err("port 0")),
            ("port too large", "api.example:65536", Err("port 65536")),
            ("port a word", "api.example:https", Err("port https")),
            (
                "upper case",
                "Api.example:6443",
                Err("write it in lower case: \"api.example:6443\""),
            ),
            (
                "several",
                "a.example:6443,b.example:6443",
                Err("give one endpoint"),
            ),
            ("a URL", "https://api.example:6443", Err("without scheme")),
            ("empty", "", Err("host ''")),
        ];
        for (name, text, expected) in cases {
            match (parse_host_port(text), expected) {
                (Ok((host, port)), Ok(expected)) => {
                    assert_eq!((host.as_str(), port), expected, "{name}")
                }
                (Err(error), Err(part)) => {
                    assert!(error.to_string().contains(part), "{name}: {error}")
                }
                (got, _) => panic!("{name}: {got:?}"),
            }
        }
        assert_eq!(join_host_port("fd00::1", 6443), "[fd00::1]:6443");
        assert_eq!(join_host_port("10.0.0.1", 6443), "10.0.0.1:6443");
    }
}
