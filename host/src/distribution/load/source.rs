//! Where the components of a distribution file come from.

use std::path::Path;

use super::DistributionError;
use crate::component::{BuiltIn, Source};

/// Finds a component and checks it against its digest.
pub fn component_source(
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
