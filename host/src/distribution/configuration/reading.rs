//! How configuration files are read that another program takes, too.

use std::collections::BTreeMap;

use serde::Deserialize;

/// What a distribution file says of that. A file is then read as leniently as
/// that program reads it: what it has too much is told and left out.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Reading {
    /// The program, as `kubeadm`.
    pub program: String,
    /// The version of the program's own kinds, as `kubeadm.k8s.io/v1beta4`. Of
    /// kinds of other groups it wants all documents of the group, since they are
    /// known by that.
    pub api_version: String,
    /// Versions that are read and will not be for ever: what to do.
    #[serde(default)]
    pub deprecated: BTreeMap<String, String>,
    /// Versions that are read no more: what to do.
    #[serde(default)]
    pub old: BTreeMap<String, String>,
    /// Fields that have gone, with their kind (`Kind.field.below`): what has
    /// become of them.
    #[serde(default)]
    pub gone: BTreeMap<String, String>,
    /// What to write instead of a value of another type.
    #[serde(default)]
    pub hints: Vec<Hint>,
}

impl Reading {
    /// The group of the program's own kinds.
    pub fn group(&self) -> &str {
        group(&self.api_version)
    }
}

/// The group of an `apiVersion`.
fn group(api_version: &str) -> &str {
    api_version.split('/').next().unwrap_or(api_version)
}

/// What to write instead of a value of another type.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Hint {
    /// What the path of the field ends with.
    pub path: String,
    pub wanted: Shape,
    pub found: Shape,
    pub hint: String,
}

/// The shape of a value, roughly.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
#[allow(missing_docs, reason = "the names say it")]
pub enum Shape {
    String,
    Bool,
    Number,
    List,
    Object,
}
