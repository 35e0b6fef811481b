//! Hosts, ports, addresses and ranges, as kubeadm reads them
//! (`app/util/endpoint.go`).

use crate::configuration::{ApiEndpoint, ClusterConfiguration};
use crate::{Context, Error, Result};
use std::net::{IpAddr, Ipv6Addr};

impl ApiEndpoint {
    /// The advertise address.
    pub fn address(&self) -> Result<IpAddr> {
        parse_address(&self.advertise_address).ok_or_else(|| {
            Error::new(format!(
                "InitConfiguration.localAPIEndpoint.advertiseAddress: {:?} is not an IP address",
                self.advertise_address
            ))
        })
    }

    /// `10.0.0.11:6443`, `[fd00::1]:6443`
    pub fn host_port(&self) -> String {
        host_port(&self.advertise_address, self.bind_port)
    }

    /// `https://10.0.0.11:6443`
    pub fn url(&self) -> Result<String> {
        Ok(format!(
            "https://{}",
            host_port(&self.address()?.to_string(), self.bind_port)
        ))
    }
}

impl ClusterConfiguration {
    /// The URL that all nodes reach the API by: `controlPlaneEndpoint`, or this
    /// node's where there is none. A port that is missing is this node's.
    pub fn server(&self, local: &ApiEndpoint) -> Result<String> {
        if self.control_plane_endpoint.is_empty() {
            return local.url();
        }
        let (host, port) = split_host_port(&self.control_plane_endpoint)
            .context("ClusterConfiguration.controlPlaneEndpoint")?;
        Ok(format!(
            "https://{}",
            host_port(&host, port.unwrap_or(local.bind_port))
        ))
    }
}

/// Reads an address. As for Kubernetes (`netutils.ParseIPSloppy`), leading zeros
/// in one of IPv4 mean nothing, and one mapped into IPv6 is that of IPv4.
pub fn parse_address(text: &str) -> Option<IpAddr> {
    if text.contains(':') {
        return Some(text.parse::<IpAddr>().ok()?.to_canonical());
    }
    let plain: Vec<&str> = text
        .split('.')
        .map(|part| match part.trim_start_matches('0') {
            "" if !part.is_empty() => "0",
            significant => significant,
        })
        .collect();
    plain.join(".").parse().ok()
}

/// Joins, with brackets around what has colons.
pub fn host_port(host: &str, port: u16) -> String {
    if host.contains(':') {
        format!("[{host}]:{port}")
    } else {
        format!("{host}:{port}")
    }
}

/// Splits `host`, `host:port`, `[v6]:port` or a bare IPv6 address.
pub fn split_host_port(text: &str) -> Result<(String, Option<u16>)> {
    let (host, port) = match text.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((host, "")) => (host, None),
        Some((host, tail)) => (host, Some(tail.strip_prefix(':').unwrap_or(tail))),
        None if text.parse::<Ipv6Addr>().is_ok() => (text, None),
        None => match text.rsplit_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (text, None),
        },
    };
    if parse_address(host).is_none() && !is_dns_name(host) {
        return Err(Error::new(format!(
            "{host:?} of {text:?} is neither an IP address nor a DNS name"
        )));
    }
    let Some(port) = port.filter(|port| !port.is_empty()) else {
        return Ok((host.to_owned(), None));
    };
    match port.parse::<u16>() {
        Ok(number) if number > 0 => Ok((host.to_owned(), Some(number))),
        _ => Err(Error::new(format!(
            "{port:?} of {text:?} is not a port between 1 and 65535"
        ))),
    }
}

/// Whether it is a DNS subdomain of RFC 1123 (lower case).
pub fn is_dns_name(name: &str) -> bool {
    let label = |label: &str| {
        let ends =
            |byte: Option<&u8>| byte.is_some_and(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
        let bytes = label.as_bytes();
        ends(bytes.first())
            && ends(bytes.last())
            && bytes
                .iter()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || *b == b'-')
    };
    name.len() <= 253 && name.split('.').all(label)
}

/// Whether it is `*.` and a DNS name.
pub fn is_wildcard_dns_name(name: &str) -> bool {
    name.strip_prefix("*.").is_some_and(is_dns_name)
}

/// The address at `index` of the first of these comma-separated ranges:
/// `nth_address("10.96.0.0/12", 10)` is `10.96.0.10`.
pub fn nth_address(ranges: &str, index: u32) -> Result<IpAddr> {
    let range = ranges.split(',').next().unwrap_or_default().trim();
    let wrong = || {
        Error::new(format!(
            "{range:?} is not an address range such as 10.96.0.0/12"
        ))
    };
    let (address, bits) = range.split_once('/').ok_or_else(wrong)?;
    let address = parse_address(address).ok_or_else(wrong)?;
    let bits: u32 = bits.parse().map_err(|_| wrong())?;
    let too_small = || {
        Error::new(format!(
            "the range {range} is too small to have an address number {index}"
        ))
    };
    match address {
        IpAddr::V4(address) => {
            let free = 32u32.checked_sub(bits).ok_or_else(wrong)?;
            let size = 1u64 << free;
            let base = u64::from(u32::from(address)) & !(size - 1);
            if u64::from(index) >= size {
                return Err(too_small());
            }
            let address = u32::try_from(base + u64::from(index)).map_err(|_| too_small())?;
            Ok(IpAddr::V4(address.into()))
        }
        IpAddr::V6(address) => {
            let free = 128u32.checked_sub(bits).ok_or_else(wrong)?;
            let below = if free == 128 {
                u128::MAX
            } else {
                (1u128 << free) - 1
            };
            if u128::from(index) > below {
                return Err(too_small());
            }
            Ok(IpAddr::V6(
                ((u128::from(address) & !below) + u128::from(index)).into(),
            ))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_as_kubernetes_reads_them() {
        for (text, address) in [
            ("10.0.0.1", Some("10.0.0.1")),
            ("010.000.00.1", Some("10.0.0.1")),
            ("::ffff:10.0.0.1", Some("10.0.0.1")),
            ("FD00::0A", Some("fd00::a")),
            ("10.0.0", None),
            ("10.0.0.256", None),
            ("10..0.1", None),
            ("", None),
            ("a.b.c.d", None),
        ] {
            let read = parse_address(text).map(|address| address.to_string());
            assert_eq!(read.as_deref(), address, "{text:?}");
        }
    }

    #[test]
    fn splits_hosts_and_ports() {
        for (text, host, port) in [
            ("api.example:6443", "api.example", Some(6443)),
            ("api.example", "api.example", None),
            ("10.0.0.1:1", "10.0.0.1", Some(1)),
            ("[fd00::1]:6443", "fd00::1", Some(6443)),
            ("fd00::1", "fd00::1", None),
            ("[fd00::1]", "fd00::1", None),
            ("api.example:", "api.example", None),
        ] {
            assert_eq!(
                split_host_port(text).unwrap(),
                (host.to_owned(), port),
                "{text}"
            );
        }
        for text in [
            "api.example:0",
            "api.example:x",
            "api_example",
            "",
            "a:b:c",
            "[fd00::1]x",
        ] {
            assert!(split_host_port(text).is_err(), "{text}");
        }
    }

    #[test]
    fn finds_addresses_of_ranges() {
        for (range, index, address) in [
            ("10.96.0.0/12", 1, "10.96.0.1"),
            ("10.96.0.0/12,fd00::/112", 10, "10.96.0.10"),
            ("10.96.5.7/16", 1, "10.96.0.1"),
            ("fd00:10:96::/112", 10, "fd00:10:96::a"),
            ("0.0.0.0/0", 1, "0.0.0.1"),
            ("::/0", 1, "::1"),
        ] {
            assert_eq!(
                nth_address(range, index).unwrap().to_string(),
                address,
                "{range}"
            );
        }
        for range in [
            "10.96.0.0",
            "10.96.0.0/33",
            "10.96.0.0/30",
            "x/8",
            "",
            "fd00::/129",
            "fd00::/127",
        ] {
            assert!(nth_address(range, 10).is_err(), "{range}");
        }
    }

    #[test]
    fn the_server_takes_the_missing_port_from_this_node() {
        let local = ApiEndpoint {
            advertise_address: "10.0.0.1".into(),
            bind_port: 6444,
        };
        for (endpoint, url) in [
            ("", "https://10.0.0.1:6444"),
            ("api.example", "https://api.example:6444"),
            ("api.example:443", "https://api.example:443"),
            ("fd00::1", "https://[fd00::1]:6444"),
        ] {
            let cluster = ClusterConfiguration {
                control_plane_endpoint: endpoint.into(),
                ..Default::default()
            };
            assert_eq!(cluster.server(&local).unwrap(), url);
        }
    }
}
