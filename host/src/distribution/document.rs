//! The distribution file as it is written.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::configuration::ConfigurationDocument;
use super::limits::LimitsDocument;
use super::schema::Schema;
use crate::effect::{FileVerb, KubeRule, PkiVerb};

/// `distribution.yaml`. Unknown keys are errors: a grant or a limit that is
/// misspelt must not pass for one that is enforced.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DistributionDocument {
    /// `kubewright.dev/v1alpha1`
    pub api_version: String,
    /// `Distribution`
    pub kind: String,
    pub name: String,
    #[serde(default)]
    pub summary: String,
    /// The distribution that this one changes: a built-in one, or the path of a
    /// file, relative to this one. Phases of the same name are replaced
    /// (component, grants), all others stay.
    #[serde(default, deserialize_with = "given")]
    pub extends: Option<String>,
    /// Short for `operations.init.remove`.
    #[serde(default)]
    pub remove: Vec<String>,
    #[serde(default, deserialize_with = "given")]
    pub configuration: Option<ConfigurationDocument>,
    /// What `--patches` files may be named after.
    #[serde(default, deserialize_with = "given")]
    pub patch_targets: Option<Vec<String>>,
    #[serde(default, deserialize_with = "given")]
    pub sandbox: Option<SandboxDocument>,
    /// The API servers that phases may connect to with what a component wrote,
    /// by their origins (`https://HOST:PORT`); may hold variables. In addition
    /// to those of a distribution that this one extends.
    #[serde(default)]
    pub servers: Vec<String>,
    /// Its commands, by name; of one that this one extends too, changed by
    /// what stands here.
    #[serde(default)]
    pub operations: BTreeMap<String, OperationDocument>,
    /// Operations of that one which are not in this one.
    #[serde(default)]
    pub remove_operations: Vec<String>,
    /// Short for `operations.init.phases`.
    #[serde(default)]
    pub phases: Vec<PhaseDocument>,
}

/// What a sandbox has before the first phase runs: what a prepared machine, and
/// a control plane that has come up, would bring.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SandboxDocument {
    #[serde(default)]
    pub directories: Vec<SandboxDirectory>,
    /// The version that the API server says it has; the program's own release
    /// of Kubernetes where none is given. May hold variables.
    #[serde(default)]
    pub kubernetes_version: Option<String>,
    /// Kinds that the API serves besides those of its release.
    #[serde(default)]
    pub kinds: Vec<SandboxKind>,
    /// Objects that are there from the start. Texts in them may hold variables:
    /// those of grants, and `${node.name}`, `${node.hostname}`,
    /// `${node.architecture}`. An object takes the place of one that every
    /// sandbox has (the namespaces, the node).
    #[serde(default)]
    pub objects: Vec<serde_json::Value>,
    /// What controllers would do.
    #[serde(default)]
    pub behaviours: Vec<SandboxBehaviour>,
}

/// A kind that the API of a sandbox serves.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SandboxKind {
    pub api_version: String,
    pub kind: String,
    /// The resource in paths, as `deployments`.
    pub plural: String,
    #[serde(default)]
    pub namespaced: bool,
    #[serde(default)]
    pub short_names: Vec<String>,
    /// `status` where none are given.
    #[serde(default)]
    pub subresources: Option<Vec<String>>,
    /// All where none are given.
    #[serde(default)]
    pub verbs: Vec<String>,
    /// A kind of today whose lists are merged the same way, as
    /// `apps/v1/Deployment`.
    #[serde(default)]
    pub merges_like: Option<String>,
}

/// What a controller would make of the status of an object that was written.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SandboxBehaviour {
    pub api_version: String,
    pub kind: String,
    pub on: BehaviourOn,
    /// A merge patch (RFC 7386) for the status. `{$from: /spec/replicas,
    /// default: 1}` in it stands for a value of the object.
    pub status: serde_json::Value,
}

/// Which write a behaviour follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum BehaviourOn {
    Create,
    Update,
    Write,
}

/// A directory of a prepared machine.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SandboxDirectory {
    pub path: String,
    /// Permission bits in octal, as `0755`.
    pub mode: String,
}

/// A phase and its sub-phases; or, with the name of a sub-phase
/// (`control-plane/apiserver`), that one alone, with a component of its own.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PhaseDocument {
    pub name: String,
    #[serde(default)]
    pub aliases: Vec<String>,
    /// A built-in component (`certs`, or `kubernetes/certs` from another
    /// distribution) or the path of a `.wasm` file, relative to this file.
    #[serde(default, deserialize_with = "given")]
    pub component: Option<String>,
    /// `sha256:HEX` of the component; a must for a file.
    #[serde(default, deserialize_with = "given")]
    pub digest: Option<String>,
    /// Phases that must be through before this one starts.
    #[serde(default, deserialize_with = "given")]
    pub needs: Option<Vec<String>>,
    /// Phases that start only when this one is through.
    #[serde(default)]
    pub before: Vec<String>,
    /// Phases whose files this one writes again. Without it a file that another
    /// phase of the run wrote is an error: the last one would win, whoever that
    /// is.
    #[serde(default, deserialize_with = "given")]
    pub changes: Option<Vec<String>>,
    /// Whether it needs a machine that is at work: its kubelet, its API server.
    /// `--offline` leaves it out.
    #[serde(default, deserialize_with = "given")]
    pub live: Option<bool>,
    /// Whether it runs whichever phases are selected, since others need what
    /// it publishes.
    #[serde(default, deserialize_with = "given")]
    pub always: Option<bool>,
    #[serde(default, deserialize_with = "given")]
    pub grants: Option<GrantsDocument>,
    #[serde(default, deserialize_with = "given")]
    pub limits: Option<LimitsDocument>,
    #[serde(default, deserialize_with = "given")]
    pub phases: Option<Vec<SubPhaseDocument>>,
}

/// A command of the distribution: `kubewright NAME`. What it leaves out stays
/// as it is in the distribution that this one extends.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct OperationDocument {
    /// One sentence for the list of commands.
    #[serde(default, deserialize_with = "given")]
    pub summary: Option<String>,
    /// What `--help` says besides.
    #[serde(default, deserialize_with = "given")]
    pub about: Option<String>,
    /// Lines of an example and what it does, for the end of `--help`.
    #[serde(default, deserialize_with = "given")]
    pub examples: Option<String>,
    /// Whether it takes back what runs, or others, made of the machine.
    #[serde(default, deserialize_with = "given")]
    pub undoes: Option<bool>,
    /// The phase with which the operator is asked whether it is meant.
    #[serde(default, deserialize_with = "given")]
    pub confirm: Option<String>,
    /// Its flags. One of a name that the extended distribution has takes the
    /// place of that one.
    #[serde(default)]
    pub flags: Vec<FlagDocument>,
    /// Flags of that one which are not in this one.
    #[serde(default)]
    pub remove_flags: Vec<String>,
    /// Folders that started programs fill (the kubelet's, etcd's), which the
    /// journal notes as they were before; may hold variables.
    #[serde(default, deserialize_with = "given")]
    pub folders: Option<Vec<String>>,
    /// Kubeconfigs of administrators that it writes, for a plan to ask the API
    /// server of this machine as: the first that is there, and the last where
    /// that one has fewer rights.
    #[serde(default, deserialize_with = "given")]
    pub kubeconfigs: Option<Vec<String>>,
    /// The API server of this machine, as `https://HOST:PORT`; may hold
    /// variables.
    #[serde(default, deserialize_with = "given")]
    pub server: Option<String>,
    /// Phases and sub-phases of that one which are not in this one. What waited
    /// for them waits for what they waited for.
    #[serde(default)]
    pub remove: Vec<String>,
    #[serde(default)]
    pub phases: Vec<PhaseDocument>,
}

/// A flag of an operation.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct FlagDocument {
    /// Without dashes, as `node-name`.
    pub name: String,
    /// One letter, as `f`.
    #[serde(default, deserialize_with = "given")]
    pub short: Option<char>,
    /// What stands for the value in help, as `NAME`. Without one it is a
    /// switch.
    #[serde(default, deserialize_with = "given")]
    pub value: Option<String>,
    #[serde(default, rename = "type", deserialize_with = "given")]
    pub value_type: Option<FlagType>,
    /// What it is for; more than one paragraph is shown by `--help` alone.
    pub help: String,
    /// Flags that cannot be given with it.
    #[serde(default)]
    pub conflicts: Vec<String>,
    /// Whether it may stand beside `--config`, which says the same as others
    /// do.
    #[serde(default)]
    pub with_config: bool,
    /// The phases that have a use for it; all where none are given.
    #[serde(default)]
    pub phases: Vec<String>,
}

/// What the value of a flag is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FlagType {
    #[default]
    String,
    /// Texts with commas between them; may be given several times.
    List,
    /// From 1 to 65535.
    Port,
    /// Text that may begin with a dash, as `-1h`.
    Duration,
    /// Sealed: no component gets to see it.
    Secret,
    /// 32 bytes in hexadecimal digits. Sealed.
    #[serde(rename = "hex-key")]
    HexKey,
    /// A bootstrap token. Sealed but for its id.
    Token,
}

/// What is there and null is a mistake: a key that is left out is no key.
fn given<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: serde::Deserializer<'de>,
    T: Deserialize<'de>,
{
    match Option::<T>::deserialize(deserializer)? {
        Some(value) => Ok(Some(value)),
        None => Err(serde::de::Error::custom(
            "there is a key without a value (null): leave the key out, or say what it is to be",
        )),
    }
}

/// A sub-phase: a node of the graph.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SubPhaseDocument {
    pub name: String,
    #[serde(default)]
    pub needs: Vec<String>,
}

/// What a phase may do.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct GrantsDocument {
    #[serde(default)]
    pub files: Vec<FileGrantDocument>,
    #[serde(default)]
    pub pki: Vec<PkiGrantDocument>,
    #[serde(default)]
    pub kube: Option<KubeGrantDocument>,
    #[serde(default)]
    pub node: Option<NodeGrantDocument>,
    /// Clusters of etcd.
    #[serde(default)]
    pub etcd: Vec<EtcdGrantDocument>,
    /// Paths that may be made what they were before all runs, by patterns.
    #[serde(default)]
    pub undo: Vec<String>,
    /// Documents that later phases get, by kind, with their fields; see
    /// [`super::FieldType`].
    #[serde(default)]
    pub publish: BTreeMap<String, Schema>,
    /// Interfaces without parameters.
    #[serde(default, rename = "use")]
    pub interfaces: Vec<String>,
}

impl GrantsDocument {
    /// The first list of an entry that names nothing.
    pub fn empty_list(&self) -> Option<&'static str> {
        let files = self.files.iter().find_map(|one| match one {
            one if one.paths.is_empty() => Some("files.paths"),
            one if one.verbs.is_empty() => Some("files.verbs"),
            _ => None,
        });
        let pki = self.pki.iter().find_map(|one| match one {
            one if one.names.is_empty() => Some("pki.names"),
            one if one.verbs.is_empty() => Some("pki.verbs"),
            _ => None,
        });
        let etcd = self.etcd.iter().find(|one| one.endpoints.is_empty());
        files.or(pki).or(etcd.map(|_| "etcd.endpoints"))
    }

    /// One line a grant, for people.
    pub fn lines(&self) -> Vec<String> {
        let mut lines = Vec::new();
        for one in &self.files {
            lines.push(format!(
                "files {} {}",
                words(&one.verbs),
                one.paths.join(" ")
            ));
        }
        for one in &self.pki {
            let below = one.below.as_deref().map(|path| format!(" below {path}"));
            let below = below.unwrap_or_default();
            lines.push(format!(
                "pki {} {}{below}",
                words(&one.verbs),
                one.names.join(" ")
            ));
        }
        if let Some(kube) = &self.kube {
            for rule in &kube.rules {
                let mut line =
                    format!("kube {} {}", rule.verbs.join(","), rule.resources.join(","));
                let groups: Vec<&str> = rule.api_groups.iter().map(String::as_str).collect();
                if groups != [""] {
                    line.push_str(&format!(" of {}", groups.join(",")));
                }
                if !rule.resource_names.is_empty() {
                    line.push_str(&format!(" named {}", rule.resource_names.join(",")));
                }
                if !rule.namespaces.is_empty() {
                    line.push_str(&format!(" in {}", rule.namespaces.join(",")));
                }
                lines.push(line);
            }
            if !kube.kubeconfigs.is_empty() {
                lines.push(format!("kube as {}", kube.kubeconfigs.join(" ")));
            }
        }
        if let Some(node) = &self.node {
            let mut line = String::from("node facts");
            for (what, names) in [
                ("services", &node.services),
                ("programs", &node.programs),
                ("runtimes", &node.runtimes),
                ("endpoints", &node.endpoints),
                ("accounts", &node.accounts),
                ("mounts", &node.mounts),
            ] {
                if !names.is_empty() {
                    line.push_str(&format!(", {what} {}", names.join(" ")));
                }
            }
            lines.push(line);
        }
        for one in &self.etcd {
            lines.push(format!(
                "etcd at {} with {} {} {}",
                one.endpoints.join(" "),
                one.ca,
                one.certificate,
                one.key
            ));
        }
        if !self.publish.is_empty() {
            let kinds: Vec<&str> = self.publish.keys().map(String::as_str).collect();
            lines.push(format!("publish {}", kinds.join(" ")));
        }
        if !self.undo.is_empty() {
            lines.push(format!("undo {}", self.undo.join(" ")));
        }
        if !self.interfaces.is_empty() {
            lines.push(format!("use {}", self.interfaces.join(" ")));
        }
        lines
    }
}

fn words<T: std::fmt::Debug>(verbs: &[T]) -> String {
    let words: Vec<String> = verbs
        .iter()
        .map(|verb| format!("{verb:?}").to_lowercase())
        .collect();
    words.join(",")
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct FileGrantDocument {
    pub paths: Vec<String>,
    pub verbs: Vec<FileVerb>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PkiGrantDocument {
    pub names: Vec<String>,
    #[serde(default)]
    pub below: Option<String>,
    pub verbs: Vec<PkiVerb>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct KubeGrantDocument {
    #[serde(default)]
    pub kubeconfigs: Vec<String>,
    /// API servers that may be connected to with what a component wrote,
    /// besides those of the distribution.
    #[serde(default)]
    pub servers: Vec<String>,
    #[serde(default)]
    pub rules: Vec<KubeRule>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NodeGrantDocument {
    /// To start, stop and look at.
    #[serde(default)]
    pub services: Vec<String>,
    /// To ask for their versions.
    #[serde(default)]
    pub programs: Vec<String>,
    /// Container runtimes, by their sockets.
    #[serde(default)]
    pub runtimes: Vec<String>,
    /// Servers elsewhere, by their origins; a variable may be a list of them.
    #[serde(default)]
    pub endpoints: Vec<String>,
    /// System accounts to make and to give files to, by patterns of names.
    #[serde(default)]
    pub accounts: Vec<String>,
    /// Folders in which mounts may be taken away.
    #[serde(default)]
    pub mounts: Vec<String>,
}

/// A cluster of etcd: the files of its client, and which servers may be asked.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct EtcdGrantDocument {
    pub ca: String,
    pub certificate: String,
    pub key: String,
    /// Servers, by their origins; `*` for any that proves to be of the CA, as
    /// those that the cluster names as its members.
    pub endpoints: Vec<String>,
}
