//! Loading a distribution: built in, or from a file.

pub(super) mod check;
mod source;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::Value;

pub(super) use self::source::component_source;
use super::configuration::{DeclaredConfiguration, declared_configuration};
use super::document::{DistributionDocument, GrantsDocument, OperationDocument};
use super::grants::{GrantError, endpoints, resolve};
use super::limits::LimitsDocument;
use super::operation::{MAIN, Operation, Origin};
use super::order::OrderError;
use super::sandbox::Sandbox;
use super::variables::names;
use crate::component::{BuiltIn, LoadError, Source};
use crate::effect::Grants;
use crate::world::{ReadError, read_given_text};
use crate::yaml::{self, YamlError};

/// The largest distribution file that is read.
const FILE_LIMIT: u64 = 1 << 20;

/// How many files may extend each other in a row.
const MOST_EXTENDED: usize = 8;

/// A distribution, checked. By default it has nothing.
#[derive(Clone, Debug, Default)]
pub struct Distribution {
    pub name: String,
    /// The name of the one that it extends in the end, or its own: where
    /// components without a folder in their name are looked for.
    root: String,
    pub summary: String,
    /// `kubeadm.k8s.io/v1beta4/InitConfiguration` and so on.
    pub kinds: Vec<String>,
    /// How the configuration is completed, where the program does not do it.
    pub configuration: Option<DeclaredConfiguration>,
    pub patch_targets: Vec<String>,
    pub sandbox: Sandbox,
    /// API servers that its phases may connect to, as written.
    servers: Vec<String>,
    /// Its commands, by name.
    pub operations: BTreeMap<String, Operation>,
}

impl Distribution {
    /// API servers that its phases may connect to, as written.
    pub(super) fn servers(&self) -> impl Iterator<Item = &String> {
        let groups = self.groups().flat_map(|group| &group.servers);
        self.servers.iter().chain(groups)
    }

    /// The phases of all operations.
    pub(super) fn groups(&self) -> impl Iterator<Item = &PhaseGroup> {
        self.operations.values().flat_map(|one| &one.groups)
    }

    /// One of its operations.
    pub fn operation(&self, name: &str) -> Result<&Operation, DistributionError> {
        self.operations
            .get(name)
            .ok_or_else(|| DistributionError::NoOperation {
                distribution: self.name.clone(),
                name: name.to_owned(),
                there: self.operations.keys().cloned().collect(),
            })
    }
}

/// A phase with its component and grants.
#[derive(Clone, Debug)]
pub struct PhaseGroup {
    pub name: String,
    pub aliases: Vec<String>,
    pub source: Source,
    /// Where they differ from the program's.
    pub limits: LimitsDocument,
    pub(super) grants: GrantsDocument,
    /// Phases whose files it writes again.
    pub changes: Vec<String>,
    /// Whether it needs a machine that is at work.
    pub live: bool,
    /// Whether it runs whichever phases are selected.
    pub always: bool,
    /// Those of the distribution.
    pub(super) servers: Vec<String>,
}

impl PhaseGroup {
    /// The grants, for a configuration.
    pub fn grants(&self, configuration: &Value) -> Result<Arc<Grants>, DistributionError> {
        let resolved = resolve(&self.grants, configuration).and_then(|mut grants| {
            if let Some(kube) = &mut grants.kube {
                // Those of kinds that this operation has none of are not its.
                let servers: Vec<String> = self
                    .servers
                    .iter()
                    .filter(|one| names(one).all(|name| is_of(name, configuration)))
                    .cloned()
                    .collect();
                kube.servers.extend(endpoints(&servers, configuration)?);
            }
            Ok(grants)
        });
        resolved
            .map(Arc::new)
            .map_err(|source| DistributionError::Grant {
                phase: self.name.clone(),
                source,
            })
    }

    /// What was granted, as written.
    pub fn granted(&self) -> &GrantsDocument {
        &self.grants
    }
}

/// Whether a variable is of a kind that the configuration has.
fn is_of(name: &str, configuration: &Value) -> bool {
    let kind = name.split('.').next().unwrap_or_default();
    configuration.get(kind).is_some()
}

/// A node of the graph: a sub-phase, or a phase without any.
#[derive(Clone, Debug)]
pub struct Leaf {
    /// `certs/ca`
    pub name: String,
    /// Which of the groups it belongs to.
    pub group: usize,
    /// Which leaves must be through before.
    pub needs: Vec<usize>,
    /// The same as it is written: a phase stands for what it will have, too.
    pub(super) written_needs: Vec<String>,
}

/// Why a distribution cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum DistributionError {
    #[error(
        "there is no built-in distribution {name:?} and no such file; built in are: {}",
        BuiltIn::distributions().collect::<Vec<_>>().join(", ")
    )]
    Unknown { name: String },
    #[error("cannot read the distribution {}", path.display())]
    Read {
        path: PathBuf,
        #[source]
        source: ReadError,
    },
    #[error("{origin} is not a distribution file")]
    Syntax {
        origin: String,
        #[source]
        source: YamlError,
    },
    #[error("{origin}: {problem}")]
    Invalid { origin: String, problem: String },
    #[error("{origin}: {what}")]
    Component {
        origin: String,
        /// `phase certs`
        what: String,
        #[source]
        source: LoadError,
    },
    /// The program was built of something broken.
    #[error("the built-in distribution {name} is not a distribution file")]
    BuiltIn {
        name: String,
        #[source]
        source: serde_json::Error,
    },
    #[error("{origin}")]
    Order {
        origin: String,
        #[source]
        source: OrderError,
    },
    #[error("the distribution {distribution} has no operation {name:?}; it has: {}", there.join(", "))]
    NoOperation {
        distribution: String,
        name: String,
        there: Vec<String>,
    },
    #[error("the folders or kubeconfigs of the operation {operation}")]
    Path {
        operation: String,
        #[source]
        source: GrantError,
    },
    #[error("publish: the configuration has a {kind} already; give what is published another name")]
    Published { kind: String },
    #[error("the grants of phase {phase}")]
    Grant {
        phase: String,
        #[source]
        source: GrantError,
    },
}

impl DistributionError {
    fn invalid(origin: &str, problem: String) -> Self {
        Self::Invalid {
            origin: origin.to_owned(),
            problem,
        }
    }
}

impl Distribution {
    /// Loads by the name of a built-in one, or by the path of a file.
    pub fn load(name: &str) -> Result<Self, DistributionError> {
        Self::load_at(name, 0)
    }

    /// `depth` files lead to it.
    fn load_at(name: &str, depth: usize) -> Result<Self, DistributionError> {
        if let Some(base) = Self::built_in(name) {
            return base;
        }
        let mut path = PathBuf::from(name);
        let text = match read_given_text(&path, FILE_LIMIT) {
            Err(error) if error.is_not_found() => {
                return Err(DistributionError::Unknown {
                    name: name.to_owned(),
                });
            }
            Err(error) if error.is_directory() => {
                path.push("distribution.yaml");
                read_given_text(&path, FILE_LIMIT)
            }
            read => read,
        };
        let text = text.map_err(|source| DistributionError::Read {
            path: path.clone(),
            source,
        })?;
        Self::parse(&text, &path.display().to_string(), path.parent(), depth)
    }

    fn parse(
        text: &str,
        origin: &str,
        folder: Option<&Path>,
        depth: usize,
    ) -> Result<Self, DistributionError> {
        let document = yaml::read(text).map_err(|source| DistributionError::Syntax {
            origin: origin.to_owned(),
            source,
        })?;
        Self::check(document, origin, folder, depth)
    }

    /// What `extends:` names in a file of this folder.
    fn base(
        name: &str,
        origin: &str,
        folder: Option<&Path>,
        depth: usize,
    ) -> Result<Self, DistributionError> {
        let invalid = |problem: String| DistributionError::invalid(origin, problem);
        if let Some(base) = Self::built_in(name) {
            return base;
        }
        if depth == MOST_EXTENDED {
            return Err(invalid(format!(
                "extends: {name:?} would be the {MOST_EXTENDED}th file that one of them extends: do they extend each other in a circle?"
            )));
        }
        let path = folder.unwrap_or(Path::new(".")).join(name);
        let path = path.to_string_lossy();
        match Self::load_at(&path, depth + 1) {
            Err(DistributionError::Unknown { .. }) => Err(invalid(format!(
                "extends: {name:?} is neither a built-in distribution nor a file beside this one; built in are: {}",
                BuiltIn::distributions().collect::<Vec<_>>().join(", ")
            ))),
            loaded => loaded,
        }
    }

    /// A built-in one; none if there is none of the name.
    fn built_in(name: &str) -> Option<Result<Self, DistributionError>> {
        let text = BuiltIn::distribution(name)?;
        let document = serde_json::from_str(text).map_err(|source| DistributionError::BuiltIn {
            name: name.to_owned(),
            source,
        });
        Some(document.and_then(|document| Self::check(document, name, None, 0)))
    }

    /// Checks what stands in a distribution file. `folder` is what paths of
    /// components are relative to; none for a built-in one, which has no such
    /// paths.
    fn check(
        document: DistributionDocument,
        origin: &str,
        folder: Option<&Path>,
        depth: usize,
    ) -> Result<Self, DistributionError> {
        let invalid = |problem: String| DistributionError::invalid(origin, problem);
        if document.api_version != "kubewright.dev/v1alpha1" || document.kind != "Distribution" {
            return Err(invalid(format!(
                "it is apiVersion {:?}, kind {:?}; wanted apiVersion: kubewright.dev/v1alpha1, kind: Distribution",
                document.api_version, document.kind
            )));
        }
        let (root, mut base) = match &document.extends {
            None => (document.name.clone(), None),
            Some(name) => {
                let base = Self::base(name, origin, folder, depth)?;
                (base.root.clone(), Some(base))
            }
        };
        let operations = base
            .as_mut()
            .map(|base| std::mem::take(&mut base.operations));
        let origin_of = Origin {
            name: origin,
            folder,
            root: &root,
            distribution: &document.name,
        };
        let mut operations = operations_of(&document, operations.unwrap_or_default(), origin_of)?;
        // What a component writes as a phase may be what another connects with.
        let mut servers = base
            .as_ref()
            .map(|base| base.servers.clone())
            .unwrap_or_default();
        servers.extend(document.servers);
        for operation in operations.values_mut() {
            for group in &mut operation.groups {
                group.servers.clone_from(&servers);
            }
        }
        let (kinds, targets, sandbox, configuration) = match base {
            Some(base) => (
                base.kinds,
                base.patch_targets,
                base.sandbox,
                base.configuration,
            ),
            None => Default::default(),
        };
        let configuration = match &document.configuration {
            Some(document) => declared_configuration(origin, folder, &root, document)?,
            None => configuration,
        };
        let sandbox = match &document.sandbox {
            Some(sandbox) => Sandbox::new(sandbox).map_err(invalid)?,
            None => sandbox,
        };
        Ok(Self {
            name: document.name,
            root,
            summary: document.summary,
            kinds: document.configuration.map_or(kinds, |one| one.kinds),
            configuration,
            patch_targets: document.patch_targets.unwrap_or(targets),
            sandbox,
            servers,
            operations,
        })
    }
}

/// The operations: those of the base, less what is removed, with what is
/// changed and added. What stands at the top of the file is of the main one.
fn operations_of(
    document: &DistributionDocument,
    mut base: BTreeMap<String, Operation>,
    origin: Origin<'_>,
) -> Result<BTreeMap<String, Operation>, DistributionError> {
    let invalid = |problem: String| DistributionError::invalid(origin.name, problem);
    for name in &document.remove_operations {
        if base.remove(name).is_none() {
            return Err(invalid(format!(
                "removeOperations: there is no operation {name:?}; there are: {}",
                Vec::from_iter(base.keys().cloned()).join(", ")
            )));
        }
    }
    let mut changes = document.operations.clone();
    if !document.phases.is_empty() || !document.remove.is_empty() {
        let main = changes.entry(MAIN.to_owned()).or_default();
        if !main.phases.is_empty() || !main.remove.is_empty() {
            return Err(invalid(format!(
                "phases and remove stand at the top and in operations.{MAIN}: the former are short for the latter, so let them stand in one place"
            )));
        }
        main.phases.clone_from(&document.phases);
        main.remove.clone_from(&document.remove);
    }
    let mut operations = BTreeMap::new();
    for (name, change) in &changes {
        let before = base.remove(name);
        let operation = Operation::of(name, change, before, origin)?;
        operations.insert(name.clone(), operation);
    }
    // Those that nothing was said of are of this distribution now.
    for (name, before) in base {
        let same = OperationDocument::default();
        let operation = Operation::of(&name, &same, Some(before), origin)?;
        operations.insert(name, operation);
    }
    if operations.is_empty() {
        return Err(invalid("it has no phases".to_owned()));
    }
    Ok(operations)
}

#[cfg(test)]
mod tests;
