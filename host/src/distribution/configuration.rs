//! The stanza `configuration:` of a distribution file.

mod reading;
mod schemas;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::OnceLock;

use serde::Deserialize;

pub use self::reading::{Hint, Reading, Shape};
use self::schemas::SchemasDocument;
use super::folders;
use super::load::{DistributionError, component_source};
use super::schema::{FieldType, Fields, Schema};
use crate::component::{BuiltIn, Source};

/// What configuration the distribution takes.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ConfigurationDocument {
    /// `kubeadm.k8s.io/v1beta4/InitConfiguration` and so on.
    pub kinds: Vec<String>,
    /// Which of them an operation takes, by their names. All, where it is not
    /// said.
    #[serde(default)]
    pub takes: BTreeMap<String, Vec<String>>,
    /// The component of the world `configuration` that completes and checks
    /// what is given.
    #[serde(default)]
    pub component: Option<String>,
    /// `sha256:HEX` of the component; a must for a file.
    #[serde(default)]
    pub digest: Option<String>,
    /// Folders in which the component may choose paths that grants depend on;
    /// all others are to be as they were given.
    #[serde(default)]
    pub folders: Vec<String>,
    /// Variables of the program's environment that the component gets.
    #[serde(default)]
    pub environment: Vec<String>,
    /// The fields of those kinds that no built-in distribution has (see
    /// [`FieldType`]): by kind, or files that have them so.
    #[serde(default)]
    pub schemas: SchemasDocument,
    /// How files are read that another program takes, too. Without it strictly.
    #[serde(default)]
    pub reading: Option<Reading>,
}

/// The configuration of a distribution.
#[derive(Clone, Debug)]
pub struct DeclaredConfiguration {
    /// A component of the world `configuration`.
    pub source: Source,
    /// Folders in which it may choose paths that grants depend on.
    pub folders: Vec<String>,
    /// Variables of the environment that it gets.
    pub environment: Vec<String>,
    /// All that are read, in the order of the file.
    pub kinds: Vec<Kind>,
    takes: BTreeMap<String, Vec<String>>,
    /// How files are read that another program takes, too.
    pub reading: Option<Reading>,
}

/// A kind of document.
#[derive(Clone, Debug)]
pub struct Kind {
    /// `kubeadm.k8s.io/v1beta4`
    pub api_version: String,
    /// `InitConfiguration`
    pub name: String,
    schema: KindSchema,
}

#[derive(Clone, Debug)]
enum KindSchema {
    /// Of the distribution itself.
    Own(Fields),
    /// Of a built-in one, read when it is needed.
    BuiltIn(&'static str, OnceLock<Result<Fields, String>>),
    /// None.
    Missing,
}

/// Why the fields of a kind are not known.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoFields {
    /// Nobody says.
    #[error("there is no schema for {0}")]
    Missing(String),
    /// The program was built of something broken.
    #[error("the built-in schema {0}")]
    BuiltIn(String),
}

impl Kind {
    /// A kind with these fields.
    pub fn new(api_version: &str, name: &str, fields: Fields) -> Self {
        Self {
            api_version: api_version.to_owned(),
            name: name.to_owned(),
            schema: KindSchema::Own(fields),
        }
    }

    /// `group/version/Kind`
    pub fn full(&self) -> String {
        format!("{}/{}", self.api_version, self.name)
    }

    /// Whether its fields are known.
    pub fn has_schema(&self) -> bool {
        !matches!(self.schema, KindSchema::Missing)
    }

    /// Its fields.
    pub fn fields(&self) -> Result<&Fields, NoFields> {
        match &self.schema {
            KindSchema::Own(fields) => Ok(fields),
            KindSchema::BuiltIn(text, read) => read
                .get_or_init(|| built_in_fields(text, &self.name))
                .as_ref()
                .map_err(|error| NoFields::BuiltIn(error.clone())),
            KindSchema::Missing => Err(NoFields::Missing(self.full())),
        }
    }
}

fn built_in_fields(text: &str, name: &str) -> Result<Fields, String> {
    let schema: Schema = serde_json::from_str(text).map_err(|error| error.to_string())?;
    FieldType::of_kind(&schema, name)
}

impl DeclaredConfiguration {
    /// The names of the kinds that an operation takes.
    pub fn taken_by(&self, operation: &str) -> Vec<&str> {
        match self.takes.get(operation) {
            Some(kinds) => kinds.iter().map(String::as_str).collect(),
            None => self.kinds.iter().map(|kind| kind.name.as_str()).collect(),
        }
    }

    /// The kind behind an `apiVersion` and a `kind`.
    pub fn kind(&self, api_version: &str, name: &str) -> Option<&Kind> {
        let mut kinds = self.kinds.iter();
        kinds.find(|kind| kind.api_version == api_version && kind.name == name)
    }
}

/// Reads the stanza `configuration:`.
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
        return Err(invalid(
            "kinds need a component that completes and checks them; add the line `component:`"
                .to_owned(),
        ));
    };
    let schemas = schemas::read(&document.schemas, folder).map_err(invalid)?;
    if let Some((kind, _)) = schemas
        .iter()
        .find(|(kind, _)| !document.kinds.contains(kind))
    {
        return Err(invalid(format!(
            "schemas has {kind}, which is not among the kinds"
        )));
    }
    let mut kinds: Vec<Kind> = Vec::new();
    for full in &document.kinds {
        let Some((api_version, name)) = full.rsplit_once('/') else {
            return Err(invalid(format!(
                "kinds: {full:?} is no kind; wanted group/version/Kind"
            )));
        };
        let own = schemas.iter().find(|(kind, _)| kind == full);
        let schema = match (own, BuiltIn::schema(full)) {
            // Which of its fields are secret is not for a distribution to say.
            (Some(_), Some(_)) => {
                return Err(invalid(format!(
                    "the distribution {distribution} has a schema for {full}, which this program knows itself; take it out of configuration.schemas of its file"
                )));
            }
            (Some((_, schema)), _) => KindSchema::Own(
                FieldType::of_kind(schema, name)
                    .map_err(|problem| invalid(format!("schemas: {problem}")))?,
            ),
            (None, Some(text)) => KindSchema::BuiltIn(text, OnceLock::new()),
            (None, None) => KindSchema::Missing,
        };
        kinds.push(Kind {
            api_version: api_version.to_owned(),
            name: name.to_owned(),
            schema,
        });
    }
    for (operation, taken) in &document.takes {
        let is_known = |name: &&String| kinds.iter().any(|kind| kind.name == **name);
        if let Some(name) = taken.iter().find(|name| !is_known(name)) {
            return Err(invalid(format!(
                "takes.{operation} has {name}, which is not among the kinds"
            )));
        }
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
        kinds,
        takes: document.takes.clone(),
        reading: document.reading.clone(),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::distribution::Distribution;

    #[test]
    fn every_kind_of_the_built_in_distributions_has_fields() {
        for name in BuiltIn::distributions() {
            let distribution = Distribution::load(name).unwrap();
            let configuration = distribution.configuration.unwrap();
            for kind in &configuration.kinds {
                let fields = kind.fields().unwrap();
                assert!(!fields.is_empty(), "{}", kind.full());
            }
        }
    }
}
