//! From what is written in the file to grants that can be asked.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::Value;

use super::document::GrantsDocument;
use super::schema::FieldType;
use super::variables::{Use, VariableError, fill_in, list};
use crate::capability::interfaces;
use crate::effect::{
    Endpoint, EtcdGrant, FileGrant, FileVerb, Grants, KubeGrant, NodeGrant, PathPattern, PkiGrant,
    Shape,
};
use crate::world::endpoint::EndpointError;
use crate::world::{MachinePath, PathError};

/// For an endpoint of etcd: any that proves to be of the CA.
const ANY: &str = "*";

/// What is wrong with a grant.
#[derive(Debug, thiserror::Error)]
pub enum GrantError {
    #[error(transparent)]
    Variable(#[from] VariableError),
    #[error("{pattern:?} is not a pattern for paths or names")]
    Pattern {
        pattern: String,
        #[source]
        source: globset::Error,
    },
    #[error("files: {pattern:?} can match no file: paths begin with \"/\"")]
    Relative { pattern: String },
    #[error("{text:?} is not an endpoint as \"https://HOST:PORT\"")]
    Endpoint {
        text: String,
        #[source]
        source: EndpointError,
    },
    #[error(transparent)]
    Path(#[from] PathError),
    #[error("publish: {0}")]
    Schema(String),
    #[error("use: {name} is not an interface; there are {}", interfaces::usable().join(", "))]
    Interface { name: String },
}

/// Fills in variables, compiles patterns. An entry whose variable has no value
/// in this configuration grants nothing and is left out.
pub fn resolve(document: &GrantsDocument, configuration: &Value) -> Result<Grants, GrantError> {
    let fill = |texts: &[String], to_be: Use| -> Result<Vec<String>, VariableError> {
        texts
            .iter()
            .filter_map(|text| fill_in(text, configuration, to_be).transpose())
            .collect()
    };
    let mut grants = Grants::default();
    for one in &document.files {
        // What a folder to be emptied is, the host looks at as it empties it.
        let mut paths = match one.verbs.as_slice() {
            [FileVerb::Empty] => leftovers(&one.paths, configuration)?,
            _ => fill(&one.paths, Use::PathPattern)?,
        };
        for pattern in &mut paths {
            if !pattern.starts_with('/') {
                let pattern = std::mem::take(pattern);
                return Err(GrantError::Relative { pattern });
            }
            // As the paths that it is to match.
            *pattern = MachinePath::parse(pattern)?.into();
        }
        grants.files.push(FileGrant {
            paths: patterns(paths)?,
            verbs: one.verbs.iter().copied().collect(),
        });
    }
    for one in &document.pki {
        let below = match &one.below {
            Some(text) => match fill_in(text, configuration, Use::Path)? {
                Some(path) => Some(MachinePath::parse(&path)?),
                None => continue,
            },
            None => None,
        };
        grants.pki.push(PkiGrant {
            names: patterns(fill(&one.names, Use::NamePattern)?)?,
            below,
            verbs: one.verbs.iter().copied().collect(),
        });
    }
    if let Some(kube) = &document.kube {
        let kubeconfigs = fill(&kube.kubeconfigs, Use::Path)?
            .iter()
            .map(|path| MachinePath::parse(path))
            .collect::<Result<_, _>>()?;
        let mut rules = kube.rules.clone();
        for rule in &mut rules {
            for names in [&mut rule.resource_names, &mut rule.namespaces] {
                let given = !names.is_empty();
                *names = fill(names, Use::Name)?;
                // None left is not the same as none given, which is any.
                if given && names.is_empty() {
                    rule.verbs.clear();
                }
            }
        }
        grants.kube = Some(KubeGrant {
            kubeconfigs,
            servers: endpoints(&kube.servers, configuration)?,
            rules,
        });
    }
    if let Some(node) = &document.node {
        grants.node = Some(NodeGrant {
            services: node.services.iter().cloned().collect(),
            programs: node.programs.iter().cloned().collect(),
            runtimes: fill(&node.runtimes, Use::Name)?.into_iter().collect(),
            endpoints: endpoints(&node.endpoints, configuration)?,
            accounts: patterns(fill(&node.accounts, Use::NamePattern)?)?,
            mounts: fill(&node.mounts, Use::Path)?
                .iter()
                .map(|path| MachinePath::parse(path))
                .collect::<Result<_, _>>()?,
        });
    }
    for one in &document.etcd {
        let path = |text: &str| -> Result<Option<MachinePath>, GrantError> {
            let filled = fill_in(text, configuration, Use::Path)?;
            Ok(filled.map(|path| MachinePath::parse(&path)).transpose()?)
        };
        let files = (path(&one.ca)?, path(&one.certificate)?, path(&one.key)?);
        let (Some(ca), Some(certificate), Some(key)) = files else {
            continue;
        };
        let (any, named): (Vec<String>, Vec<String>) =
            one.endpoints.iter().cloned().partition(|one| one == ANY);
        grants.etcd.push(EtcdGrant {
            ca,
            certificate,
            key,
            endpoints: endpoints(&named, configuration)?,
            asks_members: !any.is_empty(),
        });
    }
    let mut undo = fill(&document.undo, Use::PathPattern)?;
    for pattern in &mut undo {
        *pattern = MachinePath::parse(pattern)?.into();
    }
    grants.undo = patterns(undo)?;
    for (kind, schema) in &document.publish {
        let fields = FieldType::of_kind(schema, kind).map_err(GrantError::Schema)?;
        let shape: Arc<dyn Shape> = Arc::new(FieldType::Object(fields));
        grants.publish.insert(kind.clone(), shape);
    }
    for interface in &document.interfaces {
        if !interfaces::usable().contains(&interface.as_str()) {
            return Err(GrantError::Interface {
                name: interface.clone(),
            });
        }
        grants.interfaces.insert(interface.clone());
    }
    Ok(grants)
}

/// Paths of what is to be removed for good; a variable may be a list of them.
fn leftovers(texts: &[String], configuration: &Value) -> Result<Vec<String>, VariableError> {
    let mut found = Vec::new();
    for text in texts {
        match list(text, configuration) {
            Some(items) => {
                let written = items.iter().map(|item| Use::Leftover.written(item));
                found.extend(written.filter(|item| item.starts_with('/')));
            }
            None => found.extend(fill_in(text, configuration, Use::Leftover)?),
        }
    }
    Ok(found)
}

fn patterns(texts: Vec<String>) -> Result<Vec<PathPattern>, GrantError> {
    texts
        .into_iter()
        .map(|pattern| {
            PathPattern::new(&pattern).map_err(|source| GrantError::Pattern { pattern, source })
        })
        .collect()
}

/// Endpoints with their variables filled in, one of which may be a list of
/// texts. What is no endpoint because of the value of a variable grants
/// nothing; what is none as it is written is a mistake.
pub(super) fn endpoints(
    texts: &[String],
    configuration: &Value,
) -> Result<BTreeSet<String>, GrantError> {
    let mut found = BTreeSet::new();
    for text in texts {
        let filled = match list(text, configuration) {
            Some(items) => items,
            None => match fill_in(text, configuration, Use::Url) {
                // What it would be is no endpoint.
                Err(VariableError::Value { .. }) => continue,
                filled => filled?.into_iter().collect(),
            },
        };
        for one in filled {
            // Any port is for the distribution to say.
            let any_port = one.ends_with('*') && !text.ends_with('*');
            match Endpoint::parse(&one) {
                Ok(_) if any_port => {}
                Ok(_) => {
                    found.insert(one);
                }
                Err(_) if text.contains("${") => {}
                Err(source) => {
                    return Err(GrantError::Endpoint {
                        text: text.clone(),
                        source,
                    });
                }
            }
        }
    }
    Ok(found)
}

#[cfg(test)]
#[path = "grants_tests.rs"]
mod tests;
