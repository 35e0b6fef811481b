//! Where a URL leads: what grants are held against, and whether that is this
//! machine.

use std::fmt;
use std::net::IpAddr;

/// In bytes. What servers and proxies take (RFC 9110 4.1 asks for 8000) is
/// more than any endpoint of a cluster needs.
pub const URL_LIMIT: usize = 2048;

/// The longest host name, and the longest part of one (RFC 1035 2.3.4).
const NAME_LIMIT: usize = 253;
const LABEL_LIMIT: usize = 63;

/// Why a URL leads nowhere.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EndpointError {
    #[error("it has {0} bytes: wanted {URL_LIMIT} at most")]
    Length(usize),
    #[error("it is not a URL as https://HOST:PORT/PATH")]
    Syntax,
    #[error("wanted https:// (or http://, where plain text is allowed)")]
    Scheme,
    #[error("it is http://, which everybody on the way can read: wanted https://")]
    Plain,
    #[error(
        "wanted an address of this machine: a server elsewhere is asked over https, and its certificate is verified"
    )]
    Elsewhere,
    #[error("it has a user or a password before the host: wanted none")]
    UserInfo,
    #[error("it names no host")]
    NoHost,
    #[error("its host is neither a host name nor an address")]
    Host,
    #[error("its port is not a number from 1 to 65535")]
    Port,
}

/// How a server is spoken to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scheme {
    Http,
    Https,
}

impl Scheme {
    fn default_port(self) -> u16 {
        match self {
            Self::Http => 80,
            Self::Https => 443,
        }
    }
}

impl fmt::Display for Scheme {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Http => "http",
            Self::Https => "https",
        })
    }
}

/// A host, in one of its spellings only.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Host {
    /// Lower case, without a dot at its end; never what a resolver would take
    /// for an address, as `127.1` or `2130706433`.
    Name(String),
    /// Never an IPv4 address that is written as IPv6 (`::ffff:10.0.0.1`).
    Address(IpAddr),
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => f.write_str(name),
            Self::Address(IpAddr::V6(address)) => write!(f, "[{address}]"),
            Self::Address(address) => write!(f, "{address}"),
        }
    }
}

impl Host {
    /// As in a URL: an IPv6 address stands in brackets.
    fn parse(text: &str) -> Result<Self, EndpointError> {
        if let Some(inner) = text.strip_prefix('[') {
            let inner = inner.strip_suffix(']').ok_or(EndpointError::Host)?;
            let address: std::net::Ipv6Addr = inner.parse().map_err(|_| EndpointError::Host)?;
            return Ok(Self::Address(IpAddr::V6(address).to_canonical()));
        }
        if let Ok(address) = text.parse::<std::net::Ipv4Addr>() {
            return Ok(Self::Address(address.into()));
        }
        let name = text.to_ascii_lowercase();
        let plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        let is_label = |label: &str| {
            !label.is_empty() && label.len() <= LABEL_LIMIT && label.chars().all(plain)
        };
        let labels = || name.split('.');
        // The last part of a name is no number (RFC 3696 2): what ends in one,
        // resolvers read as an address, each in its own way (`0x7f.1`).
        let is_number = |label: &str| {
            let digits = label.strip_prefix("0x").unwrap_or(label);
            let hexadecimal = label.starts_with("0x");
            digits
                .chars()
                .all(|c| c.is_ascii_digit() || hexadecimal && c.is_ascii_hexdigit())
        };
        let sound = name.len() <= NAME_LIMIT
            && labels().all(is_label)
            && !labels().next_back().is_some_and(is_number);
        match sound {
            true => Ok(Self::Name(name)),
            false => Err(EndpointError::Host),
        }
    }
}

/// Scheme, host and port: who is spoken to, whatever is asked for. Two that
/// are equal lead to the same server.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Origin {
    pub scheme: Scheme,
    pub host: Host,
    pub port: u16,
}

impl Origin {
    /// That of a URL: `https://cp.example:6443/livez?verbose` leads to
    /// `https://cp.example:6443`.
    pub fn of(url: &str) -> Result<Self, EndpointError> {
        if url.len() > URL_LIMIT {
            return Err(EndpointError::Length(url.len()));
        }
        // What follows is read by more than one parser; none may see another
        // host than the others.
        if url
            .chars()
            .any(|c| c.is_control() || c.is_whitespace() || c == '\\')
        {
            return Err(EndpointError::Syntax);
        }
        let (scheme, rest) = url.split_once("://").ok_or(EndpointError::Syntax)?;
        let scheme = match scheme.to_ascii_lowercase().as_str() {
            "https" => Scheme::Https,
            "http" => Scheme::Http,
            _ => return Err(EndpointError::Scheme),
        };
        let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
        let authority = rest.get(..end).unwrap_or_default();
        if authority.contains('@') {
            return Err(EndpointError::UserInfo);
        }
        // Behind the brackets of an IPv6 address.
        let after = authority.find(']').unwrap_or(0);
        let colon = authority
            .get(after..)
            .and_then(|rest| rest.find(':'))
            .map(|at| after + at);
        let (host, port) = match colon {
            None => (authority, scheme.default_port()),
            Some(at) => {
                let digits = authority.get(at + 1..).unwrap_or_default();
                // `+1` is a number to the parser of the standard library.
                let is_number =
                    !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
                let port = digits.parse::<u16>().ok().filter(|port| *port != 0);
                match port.filter(|_| is_number) {
                    Some(port) => (authority.get(..at).unwrap_or_default(), port),
                    None => return Err(EndpointError::Port),
                }
            }
        };
        if host.is_empty() {
            return Err(EndpointError::NoHost);
        }
        Ok(Self {
            scheme,
            host: Host::parse(host)?,
            port,
        })
    }

    /// That of a URL that must be `https://`.
    pub fn of_https(url: &str) -> Result<Self, EndpointError> {
        let origin = Self::of(url)?;
        match origin.is_https() {
            true => Ok(origin),
            false => Err(EndpointError::Plain),
        }
    }

    pub fn is_https(&self) -> bool {
        self.scheme == Scheme::Https
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { scheme, host, port } = self;
        match *port == scheme.default_port() {
            true => write!(f, "{scheme}://{host}"),
            false => write!(f, "{scheme}://{host}:{port}"),
        }
    }
}

/// Whether what is sent to an address stays on this machine because of the
/// address alone: loopback, and "any address", which Linux connects to it.
pub fn is_loopback(address: IpAddr) -> bool {
    let address = address.to_canonical();
    address.is_loopback() || address.is_unspecified()
}

/// Whether an address is one of this machine: loopback, or that of one of its
/// interfaces. An error of the operating system means no.
pub fn is_own_address(address: IpAddr) -> bool {
    let address = address.to_canonical();
    is_loopback(address)
        || if_addrs::get_if_addrs().is_ok_and(|interfaces| {
            interfaces
                .iter()
                .any(|one| one.ip().to_canonical() == address)
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn urls_lead_to_one_origin_in_one_spelling() {
        for (name, url, wanted) in [
            (
                "plain",
                "https://cp.example:6443",
                Ok("https://cp.example:6443"),
            ),
            (
                "path and query",
                "https://a:1/livez?verbose#x",
                Ok("https://a:1"),
            ),
            ("query at once", "https://a?x", Ok("https://a")),
            ("fragment at once", "https://a#x", Ok("https://a")),
            ("default port", "https://a/", Ok("https://a")),
            ("default port, said", "https://a:443/", Ok("https://a")),
            ("plain default port", "http://a:80/", Ok("http://a")),
            (
                "port of the other scheme",
                "http://a:443/",
                Ok("http://a:443"),
            ),
            ("zeros before the port", "https://a:0443", Ok("https://a")),
            (
                "upper case",
                "HTTPS://CP.Example:6443/X",
                Ok("https://cp.example:6443"),
            ),
            ("IPv4", "https://10.0.0.1:6443", Ok("https://10.0.0.1:6443")),
            (
                "IPv6",
                "https://[FD00:0::1]:6443/",
                Ok("https://[fd00::1]:6443"),
            ),
            (
                "IPv4 as IPv6",
                "https://[::ffff:10.0.0.1]",
                Ok("https://10.0.0.1"),
            ),
            ("underscore", "https://a_b.c", Ok("https://a_b.c")),
            ("a digit first", "https://1a.2b", Ok("https://1a.2b")),
            ("no scheme", "cp.example:6443", Err(EndpointError::Syntax)),
            ("no slashes", "https:cp", Err(EndpointError::Syntax)),
            ("empty", "", Err(EndpointError::Syntax)),
            (
                "another scheme",
                "unix:///run/x",
                Err(EndpointError::Scheme),
            ),
            ("user", "https://a@b", Err(EndpointError::UserInfo)),
            (
                "password",
                "https://good.example:x@evil.example/",
                Err(EndpointError::UserInfo),
            ),
            ("at in the path", "https://a/@b", Ok("https://a")),
            ("no host", "https:///x", Err(EndpointError::NoHost)),
            ("port only", "https://:1", Err(EndpointError::NoHost)),
            ("space", "https://a b", Err(EndpointError::Syntax)),
            ("line break", "https://a\n.b", Err(EndpointError::Syntax)),
            ("tab", "https://a/\t", Err(EndpointError::Syntax)),
            ("backslash", "https://a\\@b", Err(EndpointError::Syntax)),
            (
                "no-break space",
                "https://a/\u{a0}",
                Err(EndpointError::Syntax),
            ),
            (
                "no port after the colon",
                "https://a:",
                Err(EndpointError::Port),
            ),
            ("port 0", "https://a:0", Err(EndpointError::Port)),
            ("large port", "https://a:65536", Err(EndpointError::Port)),
            ("signed port", "https://a:+1", Err(EndpointError::Port)),
            ("two ports", "https://a:1:2", Err(EndpointError::Port)),
            (
                "IPv6 without brackets",
                "https://::1",
                Err(EndpointError::Port),
            ),
            (
                "brackets left open",
                "https://[::1",
                Err(EndpointError::Port),
            ),
            (
                "words after brackets",
                "https://[::1]x",
                Err(EndpointError::Host),
            ),
            ("zone", "https://[fe80::1%25eth0]", Err(EndpointError::Host)),
            (
                "IPv4 in brackets",
                "https://[10.0.0.1]",
                Err(EndpointError::Host),
            ),
            ("short IPv4", "https://127.1", Err(EndpointError::Host)),
            ("one number", "https://2130706433", Err(EndpointError::Host)),
            ("octal", "https://0177.0.0.1", Err(EndpointError::Host)),
            (
                "hexadecimal",
                "https://0x7f000001",
                Err(EndpointError::Host),
            ),
            (
                "hexadecimal at the end",
                "https://127.0x1",
                Err(EndpointError::Host),
            ),
            ("dot at the end", "https://a.", Err(EndpointError::Host)),
            ("two dots", "https://a..b", Err(EndpointError::Host)),
            ("not ASCII", "https://b\u{fc}cher", Err(EndpointError::Host)),
            ("percent", "https://%61", Err(EndpointError::Host)),
            ("wildcard", "https://*.example", Err(EndpointError::Host)),
        ] {
            let found = Origin::of(url).map(|origin| origin.to_string());
            assert_eq!(found, wanted.map(str::to_owned), "{name}");
        }
        let long = format!("https://a/{}", "x".repeat(URL_LIMIT));
        assert_eq!(Origin::of(&long), Err(EndpointError::Length(long.len())));
        let label = format!("https://{}", "x".repeat(LABEL_LIMIT + 1));
        assert_eq!(Origin::of(&label), Err(EndpointError::Host));
    }

    #[test]
    fn addresses_of_this_machine_are_known() {
        for (address, wanted) in [
            ("127.0.0.1", true),
            ("127.9.9.9", true),
            ("::1", true),
            ("0.0.0.0", true),
            ("::", true),
            ("::ffff:127.0.0.1", true),
            ("192.0.2.1", false),
            ("2001:db8::1", false),
            ("::ffff:192.0.2.1", false),
        ] {
            let address: IpAddr = address.parse().unwrap();
            assert_eq!(is_own_address(address), wanted, "{address}");
            assert_eq!(is_loopback(address), wanted, "{address}");
        }
        for one in if_addrs::get_if_addrs().unwrap() {
            assert!(is_own_address(one.ip()), "{}", one.ip());
        }
    }

    proptest! {
        /// What connects parses URLs with another parser: they agree.
        #[test]
        fn the_parser_of_http_sees_the_same_host(
            url in "https?://[a-zA-Z0-9.@:\\[\\]%\\\\/?#_-]{0,24}"
        ) {
            if let Ok(origin) = Origin::of(&url) {
                let uri: http::Uri = url.parse().expect("a URL to both");
                let host = Host::parse(uri.host().unwrap_or_default());
                prop_assert_eq!(host, Ok(origin.host));
                let port = uri.port_u16().unwrap_or(origin.scheme.default_port());
                prop_assert_eq!(port, origin.port);
            }
        }

        #[test]
        fn an_origin_is_its_own_origin(url in "https?://[a-zA-Z0-9.:\\[\\]_-]{1,24}", any in "\\PC{0,40}") {
            let _ = Origin::of(&any);
            if let Ok(origin) = Origin::of(&url) {
                prop_assert_eq!(Origin::of(&origin.to_string()), Ok(origin));
            }
        }
    }
}
