//! The ProvisionDocument: what the user asked for.

use crate::configuration::{ClusterConfiguration, InitConfiguration};
use crate::{Context, Error, Fields, Result, paths};
use serde_json::Value;
use std::cell::OnceCell;

const API_VERSION: &str = "kubewright.dev/v1alpha1";

/// A component that has a configuration of its own in the cluster's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Configured {
    Kubelet,
    KubeProxy,
}

/// The document that a phase gets: defaulted, validated, without secrets.
/// Unknown fields are ignored, because documents grow.
pub struct Document {
    value: Value,
    init: OnceCell<InitConfiguration>,
    cluster: OnceCell<ClusterConfiguration>,
}

/// What was asked for on the command line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// `--upload-certs`
    pub upload_certs: bool,
    /// `--skip-token-print`
    pub skip_token_print: bool,
    /// `--skip-certificate-key-print`
    pub skip_certificate_key_print: bool,
    /// `--kubeconfig-dir`, `/etc/kubernetes` where none was given.
    pub kubeconfig_dir: String,
    /// `--ignore-preflight-errors`: lower case; `all` stands for every check.
    pub ignore_preflight_errors: Vec<String>,
    /// Paths that earlier runs of this program wrote on this machine: what
    /// lies there, and what runs because of it, is nobody else's.
    pub owned: Vec<String>,
    /// Whether an earlier run on this machine came to its end.
    pub completed: bool,
}

impl Document {
    /// Reads the JSON text that the host gives.
    pub fn parse(text: &str) -> Result<Self> {
        let value: Value = serde_json::from_str(text)
            .map_err(|error| Error::new(error.to_string()))
            .context("reading the ProvisionDocument")?;
        match value["apiVersion"].as_str() {
            Some(API_VERSION) => Ok(Self {
                value,
                init: OnceCell::new(),
                cluster: OnceCell::new(),
            }),
            other => Err(Error::new(format!(
                "the ProvisionDocument has the apiVersion {other:?}, this plugin reads {API_VERSION:?}"
            ))),
        }
    }

    /// What is being done: `init`.
    pub fn operation(&self) -> &str {
        self.value["operation"].as_str().unwrap_or_default()
    }

    /// One of the configuration's documents, as `KubeletConfiguration`.
    pub fn configuration(&self, kind: &str) -> Result<&Value> {
        match &self.value["configuration"][kind] {
            Value::Null => Err(Error::new(format!("the configuration has no {kind}"))),
            value @ Value::Object(_) => Ok(value),
            _ => Err(Error::new(format!(
                "the configuration's {kind} is not an object"
            ))),
        }
    }

    /// A configuration as it is to be on this node, where that is another than
    /// that of all nodes: a kubelet on a node with systemd-resolved reads that
    /// one's list of name servers.
    pub fn node_configuration(&self, kind: &str) -> Result<&Value> {
        match &self.value["node"][kind] {
            value @ Value::Object(_) => Ok(value),
            _ => self.configuration(kind),
        }
    }

    /// The InitConfiguration.
    pub fn init(&self) -> Result<&InitConfiguration> {
        once(&self.init, || {
            InitConfiguration::read(&self.fields("InitConfiguration")?)
        })
    }

    /// The ClusterConfiguration.
    pub fn cluster(&self) -> Result<&ClusterConfiguration> {
        once(&self.cluster, || {
            ClusterConfiguration::read(&self.fields("ClusterConfiguration")?)
        })
    }

    /// One of the configuration's documents, to be read field by field.
    pub fn fields(&self, kind: &str) -> Result<Fields<'_>> {
        Fields::of(self.configuration(kind)?, kind)
    }

    /// Whether the user wrote this component's configuration, or it was made of
    /// defaults.
    pub fn user_supplied(&self, component: Configured) -> bool {
        let name = match component {
            Configured::Kubelet => "kubelet",
            Configured::KubeProxy => "kubeProxy",
        };
        self.value["componentConfigs"][name]["userSupplied"]
            .as_bool()
            .unwrap_or(false)
    }

    /// The options of the command line.
    pub fn options(&self) -> Options {
        let options = &self.value["options"];
        let flag = |name: &str| options[name].as_bool().unwrap_or(false);
        let texts = |name: &str| {
            let items = options[name].as_array().map_or(&[][..], Vec::as_slice);
            let texts = items.iter().filter_map(Value::as_str);
            texts.map(str::to_owned).collect()
        };
        let folder = options["kubeconfigDir"]
            .as_str()
            .filter(|folder| !folder.is_empty());
        Options {
            upload_certs: flag("uploadCerts"),
            skip_token_print: flag("skipTokenPrint"),
            skip_certificate_key_print: flag("skipCertificateKeyPrint"),
            kubeconfig_dir: folder.unwrap_or(paths::KUBERNETES).to_owned(),
            ignore_preflight_errors: texts("ignorePreflightErrors"),
            owned: texts("owned"),
            completed: flag("completed"),
        }
    }

    /// One of the options, whatever it is; null where there is none.
    pub fn option(&self, name: &str) -> &Value {
        &self.value["options"][name]
    }

    /// A kubeconfig of this run: `kubeconfig("admin.conf")`.
    pub fn kubeconfig(&self, name: &str) -> String {
        paths::join(&self.options().kubeconfig_dir, name)
    }
}

#[inline(never)]
fn once<T>(cell: &OnceCell<T>, read: impl FnOnce() -> Result<T>) -> Result<&T> {
    if let Some(value) = cell.get() {
        return Ok(value);
    }
    let value = read()?;
    Ok(cell.get_or_init(|| value))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn document(body: &str) -> Result<Document> {
        Document::parse(&format!(
            r#"{{"apiVersion":"kubewright.dev/v1alpha1",{body}}}"#
        ))
    }

    #[test]
    fn unknown_and_null_fields_are_ignored() {
        let document = document(
            r#""operation":"init","configuration":{"InitConfiguration":{"later":1,"bootstrapTokens":null,
            "nodeRegistration":{"name":"cp-1","taints":[]}}},"options":{"kubeconfigDir":"","uploadCerts":true}"#,
        )
        .unwrap();
        assert_eq!(document.operation(), "init");
        let init = document.init().unwrap();
        assert_eq!(init.node_registration.name, "cp-1");
        assert!(init.bootstrap_tokens.is_empty());
        assert!(document.options().upload_certs);
        assert_eq!(
            document.kubeconfig("admin.conf"),
            "/etc/kubernetes/admin.conf"
        );
        assert!(!document.user_supplied(Configured::Kubelet));
    }

    #[test]
    fn a_node_may_have_a_configuration_of_its_own() {
        let document = document(
            r#""configuration":{"A":{"of":"all"},"B":{"of":"all"}},"node":{"A":{"of":"one"}}"#,
        )
        .unwrap();
        for (kind, wanted) in [("A", "one"), ("B", "all")] {
            let found = document.node_configuration(kind).unwrap();
            assert_eq!(found["of"], wanted, "{kind}");
            assert_eq!(document.configuration(kind).unwrap()["of"], "all");
        }
        assert!(document.node_configuration("C").is_err());
    }

    #[test]
    fn errors_name_the_document() {
        let wrong =
            document(r#""configuration":{"ClusterConfiguration":{"clusterName":7}}"#).unwrap();
        let error = wrong.cluster().unwrap_err().to_string();
        assert_eq!(error, "ClusterConfiguration.clusterName: expected a text");
        let error = document(r#""a":1"#)
            .unwrap()
            .init()
            .unwrap_err()
            .to_string();
        assert_eq!(error, "the configuration has no InitConfiguration");
        assert!(Document::parse("{}").is_err() && Document::parse("{").is_err());
    }
}
