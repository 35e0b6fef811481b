//! What to say about API versions (kubeadm `app/util/config/common.go`, `validateSupportedVersion`).

use crate::distribution::{DeclaredConfiguration, Reading};
use kubewright_values::meant::did_you_mean;

/// The versions of a configuration whose files another program reads, too.
pub struct Versions<'a> {
    configuration: &'a DeclaredConfiguration,
    reading: &'a Reading,
}

impl<'a> Versions<'a> {
    pub fn new(configuration: &'a DeclaredConfiguration, reading: &'a Reading) -> Self {
        Self {
            configuration,
            reading,
        }
    }

    /// The versions of kinds that are not the program's own but of its components.
    fn of_components(&self) -> impl Iterator<Item = (&'a str, &'a str)> {
        let own = self.reading.group();
        let kinds = self.configuration.kinds.iter();
        kinds
            .filter(move |kind| group(&kind.api_version) != own)
            .map(|kind| (kind.api_version.as_str(), kind.name.as_str()))
    }

    /// Refuses versions that are known but not read.
    pub fn check(&self, api_version: &str, kind: &str) -> Result<(), String> {
        if let Some(instead) = self.reading.old.get(api_version) {
            return Err(format!(
                "your configuration file uses an old API spec: {api_version:?} (kind: {kind:?}). \
                 {instead}"
            ));
        }
        for (current, _) in self.of_components() {
            if api_version != current && group(api_version) == group(current) {
                return Err(format!(
                    "unsupported apiVersion {api_version:?}, you may have to do manual conversion \
                     to {current:?} and run kubewright again"
                ));
            }
        }
        Ok(())
    }

    /// Whether an operation that takes these kinds may not go on without a document. The program's
    /// own are known by their kind, so that a misspelt group is found; of a component's group no
    /// other kind is taken; and without a group nothing.
    pub fn is_wanted(&self, api_version: &str, kind: &str, wanted: &[&str]) -> bool {
        let Some((group_of_document, _)) = api_version.split_once('/') else {
            return true;
        };
        let group_of = |name: &str| {
            let mut components = self.of_components();
            let (api_version, _) = components.find(|(_, kind)| *kind == name)?;
            Some(group(api_version))
        };
        wanted.iter().any(|wanted| match group_of(wanted) {
            Some(group) => group == group_of_document,
            None => *wanted == kind,
        })
    }

    /// For a document that nobody knows and an operation goes on without.
    pub fn ignored(&self, api_version: &str, kind: &str) -> String {
        match group(api_version) == self.reading.group() {
            true => format!("{} (ignored)", self.unknown(api_version, kind)),
            false => format!(
                "the document of {api_version}, kind {kind}, is not {}'s (ignored)",
                self.reading.program
            ),
        }
    }

    /// For an `apiVersion` and `kind` that nobody knows.
    pub fn unknown(&self, api_version: &str, kind: &str) -> String {
        let kinds = &self.configuration.kinds;
        let same_version: Vec<_> = kinds
            .iter()
            .filter(|known| known.api_version == api_version)
            .map(|known| known.name.as_str())
            .collect();
        if !same_version.is_empty() {
            let meant = did_you_mean(kind, same_version.iter().copied());
            return format!(
                "unknown configuration API {api_version:?}, kind {kind:?}{meant}; the kinds of \
                 this version are {}",
                same_version.join(", ")
            );
        }
        let versions: Vec<_> = kinds
            .iter()
            .filter(|known| known.name == kind)
            .map(|known| known.api_version.as_str())
            .collect();
        let right = match versions.as_slice() {
            [] if !api_version.contains('/') => {
                "objects of the API are no configuration; take it out of the file".to_owned()
            }
            [] => format!(
                "{} has the kinds of {}",
                self.reading.api_version, self.reading.program
            ),
            versions => format!("the apiVersion of this kind is {}", versions.join(" or ")),
        };
        format!("unknown configuration API {api_version:?}, kind {kind:?}; {right}")
    }
}

fn group(api_version: &str) -> &str {
    api_version.split('/').next().unwrap_or(api_version)
}

/// For a version that is still read but will not be for ever.
pub fn deprecated(api_version: &str, kind: &str, instead: &str) -> String {
    format!(
        "your configuration file uses a deprecated API spec: {api_version:?} (kind: {kind:?}). \
         {instead}"
    )
}

/// For a kind that a distribution does not have whose files nobody else reads.
pub fn not_taken(configuration: &DeclaredConfiguration, api_version: &str, kind: &str) -> String {
    let known: Vec<_> = configuration
        .kinds
        .iter()
        .map(|one| format!("{} {}", one.api_version, one.name))
        .collect();
    format!(
        "the distribution does not take documents of apiVersion {api_version:?}, kind {kind:?}; it \
         takes {}",
        known.join(", ")
    )
}
