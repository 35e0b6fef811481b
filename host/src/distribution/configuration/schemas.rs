//! Where a distribution file has its schemas.

use std::path::Path;

use serde::Deserialize;

use crate::distribution::schema::Schema;
use crate::world::read_given_text;
use crate::yaml;

/// The largest file of schemas that is read.
const FILE_LIMIT: u64 = 1 << 20;

/// `schemas:` of a distribution file: the schemas by kind; or a file, or files,
/// relative to it, that have them so.
#[derive(Clone, Debug, Deserialize)]
#[serde(transparent)]
pub struct SchemasDocument(Schema);

impl Default for SchemasDocument {
    fn default() -> Self {
        Self(Schema::Fields(Vec::new()))
    }
}

/// The schemas by kind. Files are relative to this folder; a built-in
/// distribution has none: what is in its folder `schemas` is known anyway.
pub(super) fn read(
    document: &SchemasDocument,
    folder: Option<&Path>,
) -> Result<Vec<(String, Schema)>, String> {
    let files = match &document.0 {
        Schema::Fields(kinds) => return Ok(kinds.clone()),
        Schema::Name(file) => vec![file],
        Schema::List(files) => files
            .iter()
            .map(|file| match file {
                Schema::Name(file) => Ok(file),
                _ => Err("schemas: a list has names of files".to_owned()),
            })
            .collect::<Result<_, _>>()?,
        Schema::Other => {
            return Err("schemas: wanted schemas by kind, or files that have them".to_owned());
        }
    };
    let mut kinds = Vec::new();
    for file in files {
        let wrong = |problem: String| format!("schemas: {file}: {problem}");
        let path = folder.unwrap_or(Path::new(".")).join(file);
        let text = read_given_text(&path, FILE_LIMIT).map_err(|error| wrong(error.to_string()))?;
        match yaml::read(&text).map_err(|error| wrong(error.to_string()))? {
            Schema::Fields(of_file) => kinds.extend(of_file),
            _ => return Err(wrong("wanted schemas by kind".to_owned())),
        }
    }
    Ok(kinds)
}
