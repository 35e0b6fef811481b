//! Absolute, normal paths of a machine.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A path on the machine being provisioned: absolute, without `.`, `..` or
/// doubled slashes, so that one place has one name when grants, policies and
/// the journal ask for it. It says nothing of symbolic links; those are bounded
/// where a path is opened.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct MachinePath(String);

/// Folders in a path. What is walked through folder by folder stays within the
/// stack there is.
const DEEPEST: usize = 100;

/// Why a text is no path for the machine.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum PathError {
    #[error("path {0:?} is not absolute: it must begin with /")]
    Relative(String),
    #[error("path {0:?} holds a NUL character")]
    Nul(String),
    #[error("a path of {0} bytes is too long: the limit is 4095")]
    TooLong(usize),
    #[error("a path of {0} folders is too deep: the limit is {DEEPEST}")]
    TooDeep(usize),
}

impl MachinePath {
    /// Parses a path and cleans it as kubeadm does (Go's `filepath.Clean`):
    /// what is empty or `.` is dropped, `..` takes the component before it.
    pub fn parse(text: &str) -> Result<Self, PathError> {
        // PATH_MAX counts the closing NUL.
        if text.len() > 4095 {
            return Err(PathError::TooLong(text.len()));
        }
        if text.contains('\0') {
            return Err(PathError::Nul(text.to_owned()));
        }
        let Some(rest) = text.strip_prefix('/') else {
            return Err(PathError::Relative(text.to_owned()));
        };
        let mut parts = Vec::new();
        for part in rest.split('/') {
            match part {
                "" | "." => {}
                ".." => {
                    parts.pop();
                }
                part => parts.push(part),
            }
        }
        if parts.len() > DEEPEST {
            return Err(PathError::TooDeep(parts.len()));
        }
        Ok(Self(format!("/{}", parts.join("/"))))
    }

    /// `/`
    pub fn root() -> Self {
        Self("/".to_owned())
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The path without its leading slash; `.` for the root.
    pub fn below_root(&self) -> &str {
        match &self.0[1..] {
            "" => ".",
            rest => rest,
        }
    }

    /// The last component; empty for the root.
    pub fn file_name(&self) -> &str {
        self.0.rsplit('/').next().unwrap_or_default()
    }

    /// The folder it lies in; none for the root.
    pub fn parent(&self) -> Option<Self> {
        if self.0 == "/" {
            return None;
        }
        let cut = self.0.rfind('/')?;
        Some(Self(if cut == 0 {
            "/".to_owned()
        } else {
            self.0[..cut].to_owned()
        }))
    }

    /// The folders it lies in, outermost first, without the root and itself.
    pub fn ancestors(&self) -> Vec<Self> {
        let mut found = Vec::new();
        let mut at = self.parent();
        while let Some(path) = at {
            at = path.parent();
            if at.is_some() {
                found.push(path);
            }
        }
        found.reverse();
        found
    }

    /// This path with one more component.
    pub fn join(&self, name: &str) -> Result<Self, PathError> {
        Self::parse(&format!("{}/{name}", self.0.trim_end_matches('/')))
    }

    /// Whether it is `folder` or lies below it.
    pub fn is_within(&self, folder: &Self) -> bool {
        self == folder
            || folder.0 == "/"
            || self
                .0
                .strip_prefix(&folder.0)
                .is_some_and(|rest| rest.starts_with('/'))
    }
}

impl TryFrom<String> for MachinePath {
    type Error = PathError;

    fn try_from(text: String) -> Result<Self, PathError> {
        Self::parse(&text)
    }
}

impl From<MachinePath> for String {
    fn from(path: MachinePath) -> Self {
        path.0
    }
}

impl fmt::Display for MachinePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for MachinePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn paths_are_absolute_and_cleaned() {
        let cases: [(&str, &str, Option<&str>); 11] = [
            ("plain", "/etc/kubernetes", Some("/etc/kubernetes")),
            ("slash at the end", "/etc/", Some("/etc")),
            ("root", "/", Some("/")),
            ("relative", "etc", None),
            ("empty", "", None),
            ("parent", "/etc/../root", Some("/root")),
            ("above the root", "/../../etc", Some("/etc")),
            ("dot", "/etc/./x/.", Some("/etc/x")),
            ("double slash", "//etc//x//", Some("/etc/x")),
            ("dots in a name", "/etc/..x/...", Some("/etc/..x/...")),
            ("nul", "/etc/\0", None),
        ];
        for (name, text, wanted) in cases {
            let got = MachinePath::parse(text).ok();
            assert_eq!(got.as_ref().map(MachinePath::as_str), wanted, "{name}");
        }
    }

    #[test]
    fn ancestors_go_from_the_outside_in() {
        let path = MachinePath::parse("/etc/kubernetes/pki/ca.crt").unwrap();
        let names: Vec<_> = path.ancestors().iter().map(|p| p.to_string()).collect();
        assert_eq!(names, ["/etc", "/etc/kubernetes", "/etc/kubernetes/pki"]);
        assert!(MachinePath::parse("/").unwrap().ancestors().is_empty());
    }

    #[test]
    fn within_counts_whole_components() {
        let pki = MachinePath::parse("/etc/pki").unwrap();
        assert!(MachinePath::parse("/etc/pki/ca").unwrap().is_within(&pki));
        assert!(!MachinePath::parse("/etc/pki2").unwrap().is_within(&pki));
    }

    proptest! {
        #[test]
        fn what_parses_never_climbs(text in "[/a.]{0,12}") {
            if let Ok(path) = MachinePath::parse(&text) {
                prop_assert!(path.as_str().starts_with('/'));
                prop_assert!(path.as_str().split('/').all(|part| part != ".." && part != "."));
                prop_assert!(!path.as_str().contains("//"));
                prop_assert_eq!(MachinePath::parse(path.as_str()).unwrap(), path);
            }
        }
    }
}
