//! Variables that decide where phases reach.
//!
//! Where a component completes the configuration, it could choose their values, and by that what
//! every phase may do.

use kubewright_values::net;
use serde_json::Value;
use std::collections::BTreeSet;

use super::folders::{self, lies_in};
use super::load::Distribution;
use super::variables::{lookup, names};
use crate::world::MachinePath;

/// A value that neither the user nor the distribution chose.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ForeignValue {
    #[error(
        "{name} is {value:?}, and what phases may do depends on it: it is neither a path that was given, nor in one, nor in a folder of configuration.folders of the distribution file"
    )]
    Path { name: String, value: String },
    #[error(
        "{name} is {value:?}, and where phases may connect to depends on it: it is neither given nor a name or an address of the node"
    )]
    Host { name: String, value: String },
}

impl Distribution {
    /// Checks a configuration that a component completed. `given` is all that it was made from:
    /// what the user said and what is known of the node.
    pub fn check_completed(
        &self,
        configuration: &Value,
        given: &[&Value],
    ) -> Result<(), ForeignValue> {
        let mut said = BTreeSet::new();
        given.iter().for_each(|value| collect(value, &mut said));
        let listed = self.configuration.iter().flat_map(|one| &one.folders);
        let folders: Vec<&str> = listed
            .map(String::as_str)
            .chain(
                said.iter()
                    .copied()
                    .filter(|one| folders::problem(one).is_none()),
            )
            .collect();
        for (name, value) in values(self.path_variables(), configuration) {
            let path = MachinePath::parse(&value);
            let is_known =
                |path: MachinePath| folders.iter().any(|folder| lies_in(path.as_str(), folder));
            // What is no path at all, or none that may be granted, is an error of the grant.
            if !said.contains(value.as_str()) && path.is_ok_and(|path| !is_known(path)) {
                return Err(ForeignValue::Path { name, value });
            }
        }
        for (name, value) in values(self.host_variables(), configuration) {
            if !is_said(&value, &said) {
                return Err(ForeignValue::Host { name, value });
            }
        }
        Ok(())
    }

    /// Those that paths in grants begin with.
    fn path_variables(&self) -> BTreeSet<String> {
        let mut texts: Vec<&str> = Vec::new();
        for grants in self.groups().map(|group| group.granted()) {
            let files = grants.files.iter().flat_map(|one| &one.paths);
            let pki = grants.pki.iter().flat_map(|one| &one.below);
            let kube = grants.kube.iter().flat_map(|one| &one.kubeconfigs);
            let mounts = grants.node.iter().flat_map(|node| &node.mounts);
            let etcd = grants.etcd.iter();
            let etcd = etcd.flat_map(|one| [&one.ca, &one.certificate, &one.key]);
            let others = kube.chain(mounts).chain(etcd).chain(&grants.undo);
            texts.extend(files.chain(pki).chain(others).map(String::as_str));
        }
        // What is noted of those, a reset removes.
        let operations = self.operations.values();
        texts.extend(operations.flat_map(|one| &one.folders).map(String::as_str));
        let first = texts.into_iter().filter(|text| text.starts_with("${"));
        first
            .filter_map(|text| names(text).next().map(str::to_owned))
            .collect()
    }

    /// Those in URLs of servers.
    fn host_variables(&self) -> BTreeSet<String> {
        let node = self.groups().flat_map(|group| &group.granted().node);
        let endpoints = node.flat_map(|node| &node.endpoints);
        let etcd = self.groups().flat_map(|group| &group.granted().etcd);
        let etcd = etcd.flat_map(|one| &one.endpoints);
        let texts = endpoints.chain(etcd).chain(self.servers());
        texts
            .flat_map(|text| names(text))
            .map(str::to_owned)
            .collect()
    }
}

/// Texts that variables stand for; of a list, each.
fn values(names: BTreeSet<String>, configuration: &Value) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for name in names {
        let items = match lookup(&name, configuration) {
            Some(Value::Array(items)) => items.iter().collect(),
            other => Vec::from_iter(other),
        };
        let texts = items.into_iter().filter_map(Value::as_str);
        found.extend(
            texts
                .filter(|text| !text.is_empty())
                .map(|text| (name.clone(), text.to_owned())),
        );
    }
    found
}

/// All texts in a value, and the items of those that are lists.
fn collect<'a>(value: &'a Value, into: &mut BTreeSet<&'a str>) {
    match value {
        Value::String(text) => {
            into.insert(text);
            into.extend(text.split(',').map(str::trim));
        }
        Value::Array(items) => items.iter().for_each(|item| collect(item, into)),
        Value::Object(fields) => fields.values().for_each(|field| collect(field, into)),
        _ => {}
    }
}

/// Whether a text was said, or the same address, or either with a port behind it.
fn is_said(value: &str, said: &BTreeSet<&str>) -> bool {
    let host = net::split_host_port(value).map_or(value, |(host, _)| host);
    let address = net::parse_ip(host);
    let is_host = |one: &str| one == host || (address.is_some() && net::parse_ip(one) == address);
    said.contains(value)
        || said.iter().any(|one| {
            is_host(one) || net::split_host_port(one).is_some_and(|(host, _)| is_host(host))
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// What a component makes of what was given.
    #[test]
    fn a_component_chooses_neither_folders_nor_servers() {
        let distribution = Distribution::load("kubernetes-1.5").unwrap();
        let given = json!({"environment": {"KUBE_KUBERNETES_DIR": "/opt/kubernetes"},
            "flags": {"api-advertise-addresses": "10.0.0.1,fd00::1"}});
        let node = json!({"addresses": ["192.0.2.7"]});
        let check = |folder: &str, pki: &str, host: &str| {
            let configuration = json!({
                "Environment": {"kubernetesDir": folder, "hostPKIPath": pki},
                "MasterConfiguration": {"api": {"advertiseAddresses": [host], "bindPort": 6443}},
            });
            let checked = distribution.check_completed(&configuration, &[&given, &node]);
            checked.map_err(|error| error.to_string())
        };
        let (default, pki) = ("/etc/kubernetes", "/etc/kubernetes/pki");
        for (name, folder, pki, host, wanted) in [
            ("defaults", default, pki, "192.0.2.7", None),
            (
                "given",
                "/opt/kubernetes",
                "/opt/kubernetes/pki",
                "10.0.0.1",
                None,
            ),
            ("another spelling", default, pki, "fd00:0::1", None),
            ("with a port", default, pki, "10.0.0.1:6443", None),
            (
                "another with a port",
                default,
                pki,
                "[fd00:0::1]:6443",
                None,
            ),
            (
                "the root",
                "/",
                pki,
                "10.0.0.1",
                Some("kubernetesDir is \"/\""),
            ),
            (
                "a folder of others",
                default,
                "/srv/others",
                "10.0.0.1",
                Some("hostPKIPath"),
            ),
            (
                "above",
                "/opt",
                pki,
                "10.0.0.1",
                Some("kubernetesDir is \"/opt\""),
            ),
            (
                "beside",
                "/opt/kubernetes-x",
                pki,
                "10.0.0.1",
                Some("kubernetesDir"),
            ),
            (
                "up",
                "/etc/kubernetes/../ssh",
                pki,
                "10.0.0.1",
                Some("kubernetesDir"),
            ),
            (
                "a server",
                default,
                pki,
                "evil.example",
                Some("advertiseAddresses.0 is \"evil"),
            ),
        ] {
            let error = check(folder, pki, host).err();
            match (wanted, &error) {
                (None, None) => {}
                (Some(wanted), Some(error)) if error.contains(wanted) => {}
                _ => panic!("{name}: {error:?}"),
            }
        }
    }
}
