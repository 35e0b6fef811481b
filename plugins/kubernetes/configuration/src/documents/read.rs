//! The documents that the host has read, as types.

use std::collections::BTreeSet;

use kubewright_values::GoDuration;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::{
    ClusterConfiguration, InitConfiguration, JoinConfiguration, Kind, ResetConfiguration,
    UpgradeConfiguration,
};
use crate::convert;
use crate::error::ConfigError;
use crate::flags;

/// The one old version that is converted.
const V1BETA3: &str = "kubeadm.k8s.io/v1beta3";

/// The documents of one file, converted to the current API version, before any defaults.
#[derive(Debug, Default)]
pub struct Documents {
    /// Name of the file as the user gave it; empty if there is none.
    pub file: String,
    /// InitConfiguration
    pub init: Option<InitConfiguration>,
    /// ClusterConfiguration
    pub cluster: Option<ClusterConfiguration>,
    /// JoinConfiguration
    pub join: Option<JoinConfiguration>,
    /// ResetConfiguration
    pub reset: Option<ResetConfiguration>,
    /// UpgradeConfiguration
    pub upgrade: Option<UpgradeConfiguration>,
    /// KubeletConfiguration, without `apiVersion` and `kind`.
    pub kubelet: Option<Map<String, Value>>,
    /// KubeProxyConfiguration, without `apiVersion` and `kind`.
    pub kube_proxy: Option<Map<String, Value>>,
    /// v1beta3's `apiServer.timeoutForControlPlane`, which has moved out of the document.
    pub control_plane_timeout: Option<GoDuration>,
    /// What the user should know.
    pub warnings: Vec<String>,
    /// Fields that flags have set, though there is a file.
    pub flags: BTreeSet<String>,
}

/// Where fields were given.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Origins {
    /// Whether there is a file.
    pub has_file: bool,
    /// Fields whose values are those of flags, whatever the file says.
    pub flags: BTreeSet<String>,
}

impl Origins {
    /// Where the user can correct a field: the field, which the host finds in the file, or the flag
    /// that sets it.
    pub fn place(&self, path: &str) -> String {
        let by_flag = !self.has_file || self.flags.contains(path);
        match flags::of_field(path).filter(|_| by_flag) {
            Some(flag) => format!("--{flag}"),
            None => path.to_owned(),
        }
    }
}

impl Documents {
    /// Takes what the host has read of a file; none for no file.
    ///
    /// # Errors
    /// A document is not what its schema says, which the host has checked.
    pub fn read<'a>(
        documents: impl IntoIterator<Item = &'a Value>,
        file: Option<&str>,
    ) -> Result<Self, ConfigError> {
        let mut read = Self {
            file: file.unwrap_or_default().to_owned(),
            ..Self::default()
        };
        for document in documents {
            let text = |name: &str| document[name].as_str().unwrap_or_default();
            let Some(kind) = Kind::named(text("kind")) else {
                continue;
            };
            let mut fields = document.as_object().cloned().unwrap_or_default();
            fields.remove("apiVersion");
            fields.remove("kind");
            if text("apiVersion") == V1BETA3 {
                let timeout = convert::from_v1beta3(kind, &mut fields);
                read.control_plane_timeout = read.control_plane_timeout.or(timeout);
            }
            read.keep(kind, fields)?;
        }
        Ok(read)
    }

    fn keep(&mut self, kind: Kind, fields: Map<String, Value>) -> Result<(), ConfigError> {
        match kind {
            Kind::InitConfiguration => self.init = typed(kind, fields)?,
            Kind::ClusterConfiguration => self.cluster = typed(kind, fields)?,
            Kind::JoinConfiguration => self.join = typed(kind, fields)?,
            Kind::ResetConfiguration => self.reset = typed(kind, fields)?,
            Kind::UpgradeConfiguration => self.upgrade = typed(kind, fields)?,
            Kind::KubeletConfiguration => self.kubelet = Some(fields),
            Kind::KubeProxyConfiguration => self.kube_proxy = Some(fields),
        }
        Ok(())
    }

    /// Where fields were given.
    pub fn origins(&self) -> Origins {
        Origins {
            has_file: !self.file.is_empty(),
            flags: self.flags.clone(),
        }
    }

    /// The kinds that are there.
    pub fn kinds(&self) -> Vec<Kind> {
        let present = [
            (self.init.is_some(), Kind::InitConfiguration),
            (self.cluster.is_some(), Kind::ClusterConfiguration),
            (self.join.is_some(), Kind::JoinConfiguration),
            (self.reset.is_some(), Kind::ResetConfiguration),
            (self.upgrade.is_some(), Kind::UpgradeConfiguration),
            (self.kubelet.is_some(), Kind::KubeletConfiguration),
            (self.kube_proxy.is_some(), Kind::KubeProxyConfiguration),
        ];
        present
            .into_iter()
            .filter(|(there, _)| *there)
            .map(|(_, kind)| kind)
            .collect()
    }

    /// Warns about kinds that a command has no use for.
    pub fn ignore_all_but(&mut self, wanted: &[Kind]) {
        for kind in self.kinds() {
            if !wanted.contains(&kind) {
                let name = kind.name();
                self.warnings.push(format!(
                    "{}: the {name} document is ignored here",
                    self.file
                ));
            }
        }
    }
}

/// The schema has been checked, so this only fails if schema and type disagree, which a test rules
/// out. It is still an error of the file to the user, never a panic.
fn typed<T: DeserializeOwned>(
    kind: Kind,
    fields: Map<String, Value>,
) -> Result<Option<T>, ConfigError> {
    serde_json::from_value(Value::Object(fields))
        .map(Some)
        .map_err(|_| ConfigError::Stated(kind.name().to_owned(), "can not be read".to_owned()))
}
