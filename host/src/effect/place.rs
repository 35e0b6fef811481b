//! A file as a component names it, and as it is.

use crate::world::{FileError, Files, LastLink, MachinePath};

/// A path with its links followed. What the component called it is what people
/// read; what it is decides what may be done with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    path: MachinePath,
    real: MachinePath,
    last: LastLink,
}

impl Place {
    /// Follows the links of a path. `last` says whether one at its end is
    /// followed as well.
    pub fn of(files: &dyn Files, path: MachinePath, last: LastLink) -> Result<Self, FileError> {
        let real = files.real(&path, last)?;
        Ok(Self { path, real, last })
    }

    /// A path that has no links, for what is not looked up.
    #[cfg(test)]
    pub fn plain(path: &str) -> Self {
        let path = MachinePath::parse(path).expect("a path of a test");
        Self {
            real: path.clone(),
            path,
            last: LastLink::Keep,
        }
    }

    /// As the component named it.
    pub fn path(&self) -> &MachinePath {
        &self.path
    }

    /// Without links.
    pub fn real(&self) -> &MachinePath {
        &self.real
    }

    /// Whether links led elsewhere.
    pub fn is_linked(&self) -> bool {
        self.path != self.real
    }

    /// What becomes of a link at its end.
    pub fn last(&self) -> LastLink {
        self.last
    }

    /// The real path, where that is another: for policies.
    pub fn shown_real(&self) -> Option<&str> {
        self.is_linked().then(|| self.real.as_str())
    }
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.path.fmt(f)
    }
}
