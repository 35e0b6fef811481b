//! Servers that a grant names.

use crate::world::endpoint::{EndpointError, Host, Origin, is_own_address};

/// Stands for this machine's own addresses.
const SELF: &str = "self";

/// An origin, as `https://10.0.0.9:2379`. For the host may stand `self`, which
/// is every address of this machine, and for the port `*`, which is any:
/// `https://self:*`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    origin: Origin,
    any_port: bool,
}

impl Endpoint {
    pub fn parse(text: &str) -> Result<Self, EndpointError> {
        let (text, any_port) = match text.strip_suffix(":*") {
            Some(rest) => (rest, true),
            None => (text, false),
        };
        let origin = Origin::of(text)?;
        Ok(Self { origin, any_port })
    }

    pub fn matches(&self, asked: &Origin) -> bool {
        let Self { origin, any_port } = self;
        origin.scheme == asked.scheme
            && (*any_port || origin.port == asked.port)
            && match &origin.host {
                Host::Name(name) if name == SELF => is_self(&asked.host),
                host => *host == asked.host,
            }
    }
}

fn is_self(host: &Host) -> bool {
    match host {
        Host::Name(name) => name == "localhost",
        Host::Address(address) => is_own_address(*address),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn endpoints_name_one_origin_or_this_machine() {
        for (name, granted, asked, wanted) in [
            ("the same", "https://a:1", "https://a:1/x", true),
            ("another port", "https://a:1", "https://a:2", false),
            ("any port", "https://a:*", "https://a:2", true),
            ("any port of another", "https://a:*", "https://b:2", false),
            ("another scheme", "https://a:*", "http://a:2", false),
            ("IPv6", "https://[fd00::1]:*", "https://[FD00:0::1]:2", true),
            (
                "loopback",
                "http://self:*",
                "http://127.0.0.1:10248/healthz",
                true,
            ),
            ("localhost", "https://self:*", "https://localhost:1", true),
            ("elsewhere", "https://self:*", "https://192.0.2.77:1", false),
            (
                "a name of elsewhere",
                "https://self:*",
                "https://self.example:1",
                false,
            ),
            ("what is no URL", "a:*", "https://a:1", false),
        ] {
            let asked = Origin::of(asked).unwrap();
            let got = Endpoint::parse(granted).is_ok_and(|one| one.matches(&asked));
            assert_eq!(got, wanted, "{name}");
        }
    }
}
