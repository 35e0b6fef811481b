//! The stanza `configuration:` of a distribution file.

use std::collections::BTreeMap;
use std::path::Path;

use super::document::ConfigurationDocument;
use super::folders;
use super::load::{DistributionError, component_source};
use super::schema::FieldType;
use crate::component::Source;

/// A configuration whose kinds are a distribution's own.
#[derive(Clone, Debug)]
pub struct DeclaredConfiguration {
    /// A component of the world `configuration`.
    pub source: Source,
    /// Folders in which it may choose paths that grants depend on.
    pub folders: Vec<String>,
    /// Variables of the environment that it gets.
    pub environment: Vec<String>,
    /// Fields of the kinds that the program does not know, by
    /// `group/version/Kind`.
    pub schemas: BTreeMap<String, Vec<(String, FieldType)>>,
}

/// Reads the stanza `configuration:`; none where the program itself takes care
/// of the kinds.
pub(super) fn declared_configuration(
    origin: &str,
    folder: Option<&Path>,
    distribution: &str,
    document: &ConfigurationDocument,
) -> Result<Option<DeclaredConfiguration>, DistributionError> {
    let invalid = |problem: String| DistributionError::Invalid {
        origin: origin.to_owned(),
        problem: format!("configuration: {problem}"),
    };
    let Some(component) = &document.component else {
        return match document.schemas.is_empty()
            && document.folders.is_empty()
            && document.environment.is_empty()
            && document.digest.is_none()
        {
            true => Ok(None),
            false => Err(invalid(
                "schemas, folders, environment and digest need a component; add the line `component:`"
                    .to_owned(),
            )),
        };
    };
    let mut schemas = BTreeMap::new();
    for (kind, schema) in &document.schemas {
        if !document.kinds.contains(kind) {
            return Err(invalid(format!(
                "schemas has {kind}, which is not among the kinds"
            )));
        }
        let name = kind.rsplit('/').next().unwrap_or(kind);
        let fields = FieldType::of_kind(schema, name)
            .map_err(|problem| invalid(format!("schemas: {problem}")))?;
        schemas.insert(kind.clone(), fields);
    }
    for folder in &document.folders {
        if let Some(problem) = folders::problem(folder) {
            return Err(invalid(format!("folders: {folder:?}: {problem}")));
        }
    }
    let is_name = |name: &str| {
        let letters = name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
        letters && name.bytes().next().is_some_and(|b| !b.is_ascii_digit())
    };
    if let Some(name) = document.environment.iter().find(|name| !is_name(name)) {
        return Err(invalid(format!(
            "environment: {name:?} is not the name of a variable"
        )));
    }
    let digest = document.digest.as_deref();
    let what = "configuration";
    let source = component_source(origin, folder, distribution, what, component, digest)?;
    Ok(Some(DeclaredConfiguration {
        source,
        folders: document.folders.clone(),
        environment: document.environment.clone(),
        schemas,
    }))
}
