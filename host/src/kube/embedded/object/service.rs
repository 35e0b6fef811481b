//! Cluster addresses of services.

use std::net::IpAddr;

use serde_json::Value;

use super::{members, text};
use crate::kube::embedded::status::Cause;

/// The range that services get their addresses from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ServiceRange {
    base: u128,
    bits: u32,
    four: bool,
}

/// A text that is no range of addresses.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{text:?} is no range of service addresses: want an address and a prefix length with room for addresses, such as 10.96.0.0/12"
)]
pub struct NotARange {
    text: String,
}

impl std::str::FromStr for ServiceRange {
    type Err = NotARange;

    /// Reads a CIDR; of several joined by commas (dual stack) the first.
    fn from_str(text: &str) -> Result<Self, NotARange> {
        let bad = || NotARange { text: text.into() };
        let first = text.split(',').next().unwrap_or_default().trim();
        let (address, prefix) = first.split_once('/').ok_or_else(bad)?;
        let address: IpAddr = address.parse().map_err(|_| bad())?;
        let prefix: u32 = prefix.parse().map_err(|_| bad())?;
        let width: u32 = if address.is_ipv4() { 32 } else { 128 };
        let bits = width
            .checked_sub(prefix)
            .filter(|bits| (3..=112).contains(bits))
            .ok_or_else(bad)?;
        Ok(ServiceRange {
            base: number(address) >> bits << bits,
            bits,
            four: address.is_ipv4(),
        })
    }
}

fn number(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(four) => u128::from(u32::from(four)),
        IpAddr::V6(six) => u128::from(six),
    }
}

impl ServiceRange {
    fn address(&self, offset: u128) -> IpAddr {
        let value = self.base + offset;
        if self.four {
            IpAddr::from(u32::try_from(value).unwrap_or(u32::MAX).to_be_bytes())
        } else {
            IpAddr::from(value.to_be_bytes())
        }
    }

    fn holds(&self, address: IpAddr) -> bool {
        address.is_ipv4() == self.four && number(address) >> self.bits == self.base >> self.bits
    }

    /// The first free address above the band that is kept for services that ask for an address (KEP-3070).
    fn free(&self, taken: &[String]) -> Option<IpAddr> {
        let size = 1_u128 << self.bits;
        let band = (size / 16).clamp(16, 256).min(size / 2);
        let last = size.min(1 << 20) - 1;
        let candidates = (band + 1..last).chain(1..=band);
        candidates
            .map(|offset| self.address(offset))
            .find(|address| !taken.iter().any(|taken| *taken == address.to_string()))
    }
}

/// Whether a service gets a cluster address at all.
fn wants_address(service: &Value) -> bool {
    text(service, "/spec/type") != "ExternalName" && service.get("spec").is_some()
}

/// Gives a service an address if it asks for none, or checks the one it asks for against the
/// addresses `taken` by others. Returns whether it gave one.
pub(in crate::kube::embedded) fn allocate(
    service: &mut Value,
    range: &ServiceRange,
    taken: &[String],
) -> Result<bool, Cause> {
    let asked = text(service, "/spec/clusterIP").to_owned();
    if !wants_address(service) || asked == "None" {
        return Ok(false);
    }
    let refuse = |why: String| {
        Cause::invalid(
            "spec.clusterIPs",
            &Value::from(vec![asked.clone()]),
            &format!("failed to allocate IP {asked}: {why}"),
        )
    };
    if !asked.is_empty() {
        let Ok(address) = asked.parse::<IpAddr>() else {
            return Err(Cause::invalid(
                "spec.clusterIPs[0]",
                &asked.as_str().into(),
                "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)",
            ));
        };
        if taken.contains(&address.to_string()) {
            return Err(refuse("provided IP is already allocated".into()));
        }
        // A second family of a dual-stack cluster is not kept track of.
        if !range.holds(address) && address.is_ipv4() == range.four {
            return Err(refuse(format!(
                "the provided IP ({asked}) is not in the valid range. The range of valid IPs is {range}"
            )));
        }
        return Ok(false);
    }
    let Some(address) = range.free(taken) else {
        return Err(refuse("range is full".into()));
    };
    if let Some(spec) = service.get_mut("spec") {
        let spec = members(spec);
        spec.insert("clusterIP".into(), address.to_string().into());
        spec.insert("clusterIPs".into(), vec![address.to_string()].into());
    }
    Ok(true)
}

impl std::fmt::Display for ServiceRange {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let width = if self.four { 32 } else { 128 };
        write!(f, "{}/{}", self.address(0), width - self.bits)
    }
}

/// An update that leaves the address out keeps it.
pub(in crate::kube::embedded) fn keep_address(old: &Value, new: &mut Value) {
    if !wants_address(old) || !wants_address(new) {
        return;
    }
    let kept: Vec<(&str, Value)> = ["clusterIP", "clusterIPs"]
        .into_iter()
        .filter_map(|key| Some((key, old.get("spec")?.get(key)?.clone())))
        .collect();
    let (was, is) = (text(old, "/spec/clusterIP"), text(new, "/spec/clusterIP"));
    if (is.is_empty() || is == was)
        && let Some(spec) = new.get_mut("spec")
    {
        let spec = members(spec);
        for (key, value) in kept {
            spec.entry(key).or_insert(value);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn addresses_by_case() {
        let range: ServiceRange = "10.96.0.0/12".parse().expect("a range");
        let taken = ["10.96.0.10".to_owned(), "10.96.1.1".to_owned()];
        let cases = [
            ("none asked", json!({"spec": {}}), Ok(true), "10.96.1.2"),
            (
                "headless",
                json!({"spec": {"clusterIP": "None"}}),
                Ok(false),
                "None",
            ),
            (
                "external",
                json!({"spec": {"type": "ExternalName"}}),
                Ok(false),
                "",
            ),
            (
                "asked",
                json!({"spec": {"clusterIP": "10.96.0.11"}}),
                Ok(false),
                "10.96.0.11",
            ),
            (
                "taken",
                json!({"spec": {"clusterIP": "10.96.0.10"}}),
                Err(()),
                "10.96.0.10",
            ),
            (
                "outside",
                json!({"spec": {"clusterIP": "10.95.0.10"}}),
                Err(()),
                "10.95.0.10",
            ),
            (
                "no address",
                json!({"spec": {"clusterIP": "x"}}),
                Err(()),
                "x",
            ),
        ];
        for (name, mut service, wanted, address) in cases {
            assert_eq!(
                allocate(&mut service, &range, &taken).map_err(|_| ()),
                wanted,
                "{name}"
            );
            assert_eq!(text(&service, "/spec/clusterIP"), address, "{name}");
        }
        for (text, good) in [
            ("fd00::/108", true),
            ("10.96.0.0/12,fd00::/108", true),
            ("10.96.0.0", false),
            ("10.96.0.0/33", false),
            ("x/12", false),
            ("10.0.0.0/30", false),
        ] {
            assert_eq!(text.parse::<ServiceRange>().is_ok(), good, "{text}");
        }
        assert_eq!(
            "fd00::1/108"
                .parse::<ServiceRange>()
                .map(|range| range.to_string()),
            Ok("fd00::/108".into())
        );
    }
}
