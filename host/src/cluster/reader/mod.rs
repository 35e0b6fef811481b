//! From a stream of YAML or JSON documents to checked documents.
//!
//! Unknown fields, repeated fields, wrong types, unknown kinds and two documents of one kind are
//! errors, all reported at once with line and field path. A lenient reader goes on without what a
//! document has too much and tells it, as kubeadm does in all commands but `config validate` and
//! `config migrate`: wrong types and two documents of one kind stay errors.

mod declared;
mod decode;
mod hints;
mod number;
mod problem;
mod syntax;
mod text;
mod tree;
mod versions;

use std::collections::{BTreeMap, BTreeSet};

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

pub use declared::{DeclaredDocuments, DeclaredKind, read_declared};
pub use problem::{Problem, ReadError};

use crate::cluster::convert;
use crate::cluster::documents::{
    ClusterConfiguration, InitConfiguration, JoinConfiguration, ResetConfiguration,
    UpgradeConfiguration,
};
use crate::cluster::duration::GoDuration;
use crate::cluster::schema::{self, Kind, Version};
use crate::cluster::validation::Origins;
use decode::Decoder;
use tree::{Node, NodeValue};

/// What may be read without a warning.
#[derive(Clone, Copy, Debug, Default)]
pub struct ReadOptions {
    /// Whether deprecated API versions go without a warning (`--allow-deprecated-api`).
    pub allow_deprecated: bool,
    /// The kinds of the command that reads, for a lenient reader; none for a strict one.
    pub lenient: Option<&'static [Kind]>,
}

impl ReadOptions {
    /// Lenient, for a command that has a use for these kinds.
    pub fn lenient(wanted: &'static [Kind]) -> Self {
        Self {
            lenient: Some(wanted),
            ..Self::default()
        }
    }
}

/// The documents of one file, converted to the current API version, before any defaults.
#[derive(Debug, Default)]
pub struct Documents {
    /// Name of the file as the user gave it.
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
    /// Line of each field that is set, by path.
    pub lines: BTreeMap<String, u64>,
    /// Fields that flags have set, though there is a file.
    pub flags: BTreeSet<String>,
}

impl Documents {
    /// Where fields were given.
    pub fn origins(&self) -> Origins {
        Origins {
            file: (!self.file.is_empty()).then(|| self.file.clone()),
            lines: self.lines.clone(),
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

/// Reads the text of a file. `file` is its name, for messages.
///
/// # Errors
/// The text is no YAML, or some documents are not what they should be.
pub fn read(text: &str, file: &str, options: ReadOptions) -> Result<Documents, ReadError> {
    let nodes = tree::parse(text).map_err(|error| syntax::error(text, file, error))?;
    let mut reader = Reader {
        documents: Documents {
            file: file.to_owned(),
            ..Documents::default()
        },
        decoder: Decoder {
            lenient: options.lenient.is_some(),
            ..Decoder::default()
        },
        seen: BTreeMap::new(),
        options,
    };
    for node in nodes {
        reader.document(node);
    }
    let Reader {
        mut documents,
        decoder,
        ..
    } = reader;
    if !decoder.problems.is_empty() {
        let mut problems = decoder.problems;
        problems.sort_by_key(|problem| problem.line);
        return Err(ReadError::Problems {
            file: file.to_owned(),
            problems,
        });
    }
    let ignored = decoder
        .ignored
        .iter()
        .map(|problem| format!("{file}:{}: {problem} (ignored)", problem.line));
    documents.warnings.extend(ignored);
    documents.lines = decoder.lines;
    Ok(documents)
}

/// What is wrong with a document after a change that came from no file, such as a patch: unknown
/// fields, wrong types, another kind; each with its field. Nothing, if it was of a kind that is not
/// known here.
pub fn check_change(before: &Value, after: &Value) -> Vec<String> {
    let known = |document: &Value| match (&document["apiVersion"], &document["kind"]) {
        (Value::String(api_version), Value::String(kind)) => schema::find(api_version, kind),
        _ => None,
    };
    let Some((kind, version, fields)) = known(before) else {
        return Vec::new();
    };
    let mut decoder = Decoder::default();
    match known(after) {
        Some((now, of, _)) if (now, of) == (kind, version) => {
            decoder.document(Node::from(after.clone()), fields, kind.name());
        }
        _ => decoder.problem(0, kind.name(), "apiVersion and kind must stay as they are"),
    }
    decoder.problems.iter().map(Problem::to_string).collect()
}

/// The `apiVersion` and `kind` of a document.
fn identity(node: &Node) -> Result<(String, String), String> {
    if !matches!(node.value, NodeValue::Map(_)) {
        let found = node.value.describe();
        return Err(format!("expected a document, found {found}"));
    }
    match (node.text_field("apiVersion"), node.text_field("kind")) {
        (Some(api_version), Some(kind)) if !api_version.is_empty() && !kind.is_empty() => {
            Ok((api_version.to_owned(), kind.to_owned()))
        }
        _ => Err(
            "invalid configuration: kind and apiVersion is mandatory information that must \
                  be specified"
                .to_owned(),
        ),
    }
}

struct Reader {
    documents: Documents,
    decoder: Decoder,
    seen: BTreeMap<String, u64>,
    options: ReadOptions,
}

impl Reader {
    fn document(&mut self, node: Node) {
        let line = node.line;
        let (api_version, kind) = match identity(&node) {
            Ok(identity) => identity,
            Err(message) => return self.decoder.problem(line, "", message),
        };
        if let Some(first) = self.seen.insert(kind.clone(), line) {
            let message = format!(
                "invalid configuration: kind {kind:?} is specified twice in the file, first on \
                 line {first}"
            );
            return self.decoder.problem(line, &kind, message);
        }
        if let Err(message) = versions::check(&api_version, &kind) {
            return self.decoder.problem(line, &kind, message);
        }
        let found = schema::find(&api_version, &kind);
        if let Some(wanted) = self.options.lenient
            && !versions::is_wanted(&api_version, &kind, wanted)
        {
            let file = &self.documents.file;
            let why = match found {
                Some(_) => format!("the {kind} document is ignored here"),
                None => versions::ignored(&api_version, &kind),
            };
            return self
                .documents
                .warnings
                .push(format!("{file}:{line}: {why}"));
        }
        let Some((kind, version, fields)) = found else {
            return self
                .decoder
                .problem(line, &kind, versions::unknown(&api_version, &kind));
        };
        if version == Version::V1Beta3 && !self.options.allow_deprecated {
            self.documents
                .warnings
                .push(versions::deprecated(&api_version, kind.name()));
        }
        let object = self.decoder.document(node, fields, kind.name());
        self.keep(kind, version, object, line);
    }

    fn keep(&mut self, kind: Kind, version: Version, mut object: Map<String, Value>, line: u64) {
        if version == Version::V1Beta3 {
            let timeout = convert::from_v1beta3(kind, &mut object);
            self.documents.control_plane_timeout = self.documents.control_plane_timeout.or(timeout);
        }
        match kind {
            Kind::InitConfiguration => self.documents.init = self.typed(kind, object, line),
            Kind::ClusterConfiguration => self.documents.cluster = self.typed(kind, object, line),
            Kind::JoinConfiguration => self.documents.join = self.typed(kind, object, line),
            Kind::ResetConfiguration => self.documents.reset = self.typed(kind, object, line),
            Kind::UpgradeConfiguration => self.documents.upgrade = self.typed(kind, object, line),
            Kind::KubeletConfiguration => self.documents.kubelet = Some(object),
            Kind::KubeProxyConfiguration => self.documents.kube_proxy = Some(object),
        }
    }

    /// The schema has been checked, so this only fails if schema and type disagree, which a test
    /// rules out. It is still an error of the file to the user, never a panic.
    fn typed<T: DeserializeOwned>(
        &mut self,
        kind: Kind,
        object: Map<String, Value>,
        line: u64,
    ) -> Option<T> {
        match serde_json::from_value(Value::Object(object)) {
            Ok(document) => Some(document),
            Err(_) => {
                self.decoder.problem(line, kind.name(), "can not be read");
                None
            }
        }
    }
}

#[cfg(test)]
mod tests;
