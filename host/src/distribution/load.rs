//! Loading a distribution: built in, or from a file.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::Value;

use super::configuration::{DeclaredConfiguration, declared_configuration};
use super::document::{DistributionDocument, GrantsDocument, PhaseDocument};
use super::grants::{GrantError, endpoints, resolve};
use super::limits::LimitsDocument;
use super::order::{self, OrderError};
use super::sandbox::Sandbox;
use crate::component::{BuiltIn, LoadError, Source};
use crate::effect::Grants;
use crate::world::yaml::{self, YamlError};
use crate::world::{ReadError, read_given_text};

/// The largest distribution file that is read.
const FILE_LIMIT: u64 = 1 << 20;

/// A distribution, checked.
#[derive(Clone, Debug)]
pub struct Distribution {
    pub name: String,
    pub summary: String,
    /// `kubeadm.k8s.io/v1beta4/InitConfiguration` and so on.
    pub kinds: Vec<String>,
    /// How the configuration is completed, where the program does not do it.
    pub configuration: Option<DeclaredConfiguration>,
    pub patch_targets: Vec<String>,
    pub sandbox: Sandbox,
    /// API servers that its phases may connect to, as written.
    servers: Vec<String>,
    pub groups: Vec<PhaseGroup>,
    /// All leaves in the order of the file.
    pub leaves: Vec<Leaf>,
}

impl Distribution {
    /// API servers that its phases may connect to, as written.
    pub(super) fn servers(&self) -> impl Iterator<Item = &String> {
        let groups = self.groups.iter().flat_map(|group| &group.servers);
        self.servers.iter().chain(groups)
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
    grants: GrantsDocument,
    /// Those of the distribution.
    servers: Vec<String>,
}

impl PhaseGroup {
    /// The grants, for a configuration.
    pub fn grants(&self, configuration: &Value) -> Result<Arc<Grants>, DistributionError> {
        let resolved = resolve(&self.grants, configuration).and_then(|mut grants| {
            if let Some(kube) = &mut grants.kube {
                kube.servers
                    .extend(endpoints(&self.servers, configuration)?);
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

/// A node of the graph: a sub-phase, or a phase without any.
#[derive(Clone, Debug)]
pub struct Leaf {
    /// `certs/ca`
    pub name: String,
    /// Which of the groups it belongs to.
    pub group: usize,
    /// Which leaves must be through before.
    pub needs: Vec<usize>,
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
    #[error("the grants of phase {phase}")]
    Grant {
        phase: String,
        #[source]
        source: GrantError,
    },
}

impl Distribution {
    /// Loads by the name of a built-in one, or by the path of a file.
    pub fn load(name: &str) -> Result<Self, DistributionError> {
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
        Self::parse(&text, &path.display().to_string(), path.parent())
    }

    fn parse(text: &str, origin: &str, folder: Option<&Path>) -> Result<Self, DistributionError> {
        let document = yaml::read(text).map_err(|source| DistributionError::Syntax {
            origin: origin.to_owned(),
            source,
        })?;
        Self::check(document, origin, folder)
    }

    /// A built-in one; none if there is none of the name.
    fn built_in(name: &str) -> Option<Result<Self, DistributionError>> {
        let text = BuiltIn::distribution(name)?;
        let document = serde_json::from_str(text).map_err(|source| DistributionError::BuiltIn {
            name: name.to_owned(),
            source,
        });
        Some(document.and_then(|document| Self::check(document, name, None)))
    }

    /// Checks what stands in a distribution file. `folder` is what paths of
    /// components are relative to; none for a built-in one, which has no such
    /// paths.
    fn check(
        document: DistributionDocument,
        origin: &str,
        folder: Option<&Path>,
    ) -> Result<Self, DistributionError> {
        let invalid = |problem: String| DistributionError::Invalid {
            origin: origin.to_owned(),
            problem,
        };
        if document.api_version != "kubewright.dev/v1alpha1" || document.kind != "Distribution" {
            return Err(invalid(format!(
                "it is apiVersion {:?}, kind {:?}; wanted apiVersion: kubewright.dev/v1alpha1, kind: Distribution",
                document.api_version, document.kind
            )));
        }
        let (base_name, mut base) = match &document.extends {
            None => (document.name.clone(), None),
            Some(name) => {
                let base = Self::built_in(name).ok_or_else(|| {
                    invalid(format!(
                        "extends: {name:?} is not a built-in distribution; there are: {}",
                        BuiltIn::distributions().collect::<Vec<_>>().join(", ")
                    ))
                })?;
                (name.clone(), Some(base?))
            }
        };
        let mut groups: Vec<PhaseGroup> = Vec::new();
        let mut leaves: Vec<Planned> = Vec::new();
        if let Some(base) = &mut base {
            leaves.extend(base.leaves.iter().map(|leaf| {
                (
                    leaf.name.clone(),
                    base.groups[leaf.group].name.clone(),
                    leaf.needs
                        .iter()
                        .map(|need| base.leaves[*need].name.clone())
                        .collect(),
                )
            }));
            groups = std::mem::take(&mut base.groups);
        }
        let mut seen = BTreeSet::new();
        for phase in &document.phases {
            if !seen.insert(&phase.name) {
                return Err(invalid(format!(
                    "the phase {} stands there twice",
                    phase.name
                )));
            }
            let before = groups.iter().position(|group| group.name == phase.name);
            let source = match (&phase.component, before) {
                (Some(component), _) => component_source(
                    origin,
                    folder,
                    &base_name,
                    &format!("phase {}", phase.name),
                    component,
                    phase.digest.as_deref(),
                )?,
                (None, Some(at)) => groups[at].source.clone(),
                (None, None) => {
                    return Err(invalid(format!(
                        "the phase {} has no component",
                        phase.name
                    )));
                }
            };
            let grants = match (&phase.grants, before) {
                (Some(grants), _) => grants.clone(),
                (None, Some(at)) => groups[at].grants.clone(),
                (None, None) => GrantsDocument::default(),
            };
            let limits = match (phase.limits, before) {
                (Some(limits), _) => limits,
                (None, Some(at)) => groups[at].limits,
                (None, None) => LimitsDocument::default(),
            };
            if let Some(limit) = limits.mistake() {
                return Err(invalid(format!(
                    "phase {}: limits.{limit} is 0, which lets nothing run; leave it out for the default",
                    phase.name
                )));
            }
            let group = PhaseGroup {
                name: phase.name.clone(),
                aliases: phase.aliases.clone(),
                source,
                limits,
                grants,
                servers: Vec::new(),
            };
            match before {
                Some(at) => {
                    replace_leaves(phase, &mut leaves);
                    groups[at] = PhaseGroup {
                        aliases: groups[at].aliases.clone(),
                        ..group
                    };
                }
                None => {
                    leaves.extend(leaves_of(phase, &[]));
                    groups.push(group);
                }
            }
        }
        if groups.is_empty() {
            return Err(invalid("it has no phases".to_owned()));
        }
        // What a component writes as a phase may be what another connects with.
        let mut servers = base
            .as_ref()
            .map(|base| base.servers.clone())
            .unwrap_or_default();
        servers.extend(document.servers);
        for group in &mut groups {
            group.servers.clone_from(&servers);
        }
        let needs = order::resolve(&leaves).map_err(|source| DistributionError::Order {
            origin: origin.to_owned(),
            source,
        })?;
        let leaves = leaves
            .into_iter()
            .zip(needs)
            .filter_map(|((name, group, _), needs)| {
                let group = groups.iter().position(|one| one.name == group)?;
                Some(Leaf { name, group, needs })
            })
            .collect();
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
            Some(document) => declared_configuration(origin, folder, &base_name, document)?,
            None => configuration,
        };
        let sandbox = match &document.sandbox {
            Some(sandbox) => Sandbox::new(sandbox).map_err(invalid)?,
            None => sandbox,
        };
        Ok(Self {
            name: document.name,
            summary: document.summary,
            kinds: document.configuration.map_or(kinds, |one| one.kinds),
            configuration,
            patch_targets: document.patch_targets.unwrap_or(targets),
            sandbox,
            servers,
            groups,
            leaves,
        })
    }
}

/// Name, phase and needs of a leaf to be.
type Planned = (String, String, Vec<String>);

/// Puts the leaves of a phase in the place of those it had before.
fn replace_leaves(phase: &PhaseDocument, leaves: &mut Vec<Planned>) {
    let is_of_phase = |(_, group, _): &Planned| *group == phase.name;
    let before: Vec<Planned> = leaves
        .iter()
        .filter(|one| is_of_phase(one))
        .cloned()
        .collect();
    let at = leaves.iter().position(is_of_phase).unwrap_or(leaves.len());
    leaves.retain(|one| !is_of_phase(one));
    let after = leaves_of(phase, &before);
    let gone = |need: &String| {
        before.iter().any(|(leaf, ..)| leaf == need) && !after.iter().any(|(leaf, ..)| leaf == need)
    };
    // Who needed a sub-phase that is gone needs the phase.
    for (.., needs) in leaves.iter_mut() {
        for need in needs.iter_mut().filter(|need| gone(need)) {
            need.clone_from(&phase.name);
        }
    }
    leaves.splice(at..at, after);
}

/// The leaves of a phase. What it leaves out, `needs` or `phases`, stays as it
/// was `before`.
fn leaves_of(phase: &PhaseDocument, before: &[Planned]) -> Vec<Planned> {
    let group = &phase.name;
    let is_inner = |need: &String| before.iter().any(|(leaf, ..)| leaf == need);
    let leaf = |name: &str, own: &[String]| -> Planned {
        let known = before.iter().find(|(leaf, ..)| leaf == name);
        let of_phase: Vec<String> = match (&phase.needs, known) {
            (Some(needs), _) => needs.clone(),
            (None, Some((.., needs))) => needs.clone(),
            // A sub-phase that is new waits for what the phase waited for.
            (None, None) => {
                let outer = before.iter().flat_map(|(.., needs)| needs);
                outer.filter(|need| !is_inner(need)).cloned().collect()
            }
        };
        let needs: BTreeSet<String> = of_phase.into_iter().chain(own.to_vec()).collect();
        (name.to_owned(), group.clone(), needs.into_iter().collect())
    };
    match &phase.phases {
        Some(subs) if !subs.is_empty() => subs
            .iter()
            .map(|sub| leaf(&format!("{group}/{}", sub.name), &sub.needs))
            .collect(),
        None if !before.is_empty() => before
            .iter()
            .map(|(name, _, needs)| {
                // The order among the sub-phases is theirs.
                let own: Vec<String> = needs
                    .iter()
                    .filter(|need| is_inner(need))
                    .cloned()
                    .collect();
                leaf(name, &own)
            })
            .collect(),
        _ => vec![leaf(group, &[])],
    }
}

/// Finds a component and checks it against its digest.
pub(super) fn component_source(
    origin: &str,
    folder: Option<&Path>,
    distribution: &str,
    what: &str,
    component: &str,
    pinned: Option<&str>,
) -> Result<Source, DistributionError> {
    let invalid = |problem: String| DistributionError::Invalid {
        origin: origin.to_owned(),
        problem: format!("{what}: {problem}"),
    };
    let source = if component.ends_with(".wasm") {
        let Some(folder) = folder else {
            return Err(invalid(
                "a built-in distribution has no component files".to_owned(),
            ));
        };
        Source::read(&folder.join(component)).map_err(|source| DistributionError::Component {
            origin: origin.to_owned(),
            what: what.to_owned(),
            source,
        })?
    } else {
        let name = match component.contains('/') {
            true => component.to_owned(),
            false => format!("{distribution}/{component}"),
        };
        Source::BuiltIn(BuiltIn::named(&name).ok_or_else(|| {
            invalid(format!(
                "{component:?} is neither a .wasm file nor a built-in component; there are: {}",
                BuiltIn::all()
                    .iter()
                    .map(|one| one.name)
                    .collect::<Vec<_>>()
                    .join(", ")
            ))
        })?)
    };
    let digest = source.digest();
    match (pinned, &source) {
        (Some(pinned), _) if pinned != digest => Err(invalid(format!(
            "{component} has the digest {digest}, but the file says digest: {pinned}; if the component was changed on purpose, change that line"
        ))),
        // A grant is given to a component, not to whatever lies at a path.
        (None, Source::File { .. }) => Err(invalid(format!(
            "a component file needs its digest, since grants are given to it by that; add under component: the line\n    digest: {digest}"
        ))),
        _ => Ok(source),
    }
}

#[cfg(test)]
mod tests;
