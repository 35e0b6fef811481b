//! A component's imports against its grants, before it is instantiated.

use std::sync::Arc;

use semver::Version;

use super::source::Component;
use crate::capability::interfaces;
use crate::effect::Grants;
use crate::visible::Visible;

/// The package and version of the contract this program speaks.
const PACKAGE: &str = "kubewright:provision/";
const VERSION: &str = "0.1.0";

/// One thing that stands in the way of running a component.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// What is wrong.
    pub problem: String,
    /// What would mend it: a line for the distribution file, or a sentence.
    pub remedy: String,
}

impl std::fmt::Display for Finding {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Names of a component's imports are its own words.
        let (problem, remedy) = (Visible::line(&self.problem), Visible::line(&self.remedy));
        write!(f, "{problem}\n      {remedy}")
    }
}

/// Everything that stands in the way of running `component` as the phases that
/// have these grants (one each): imports that do not exist, that none of them
/// was granted, exports that are missing. Empty where nothing does.
///
/// A phase that lacks what another one of them was granted runs all the same:
/// its calls are answered with `denied`.
pub fn check_imports(component: &Component, grants: &[Arc<Grants>]) -> Vec<Finding> {
    check(&component.imports(), &component.exports(), grants)
}

fn check(imports: &[String], exports: &[String], grants: &[Arc<Grants>]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for export in ["describe", "run"] {
        if !exports.iter().any(|one| one == export) {
            findings.push(Finding {
                problem: format!("it does not export `{export}`"),
                remedy: format!(
                    "a phase is a component of the world `phase` of kubewright:provision@{VERSION}; this one exports {}",
                    if exports.is_empty() { "nothing".to_owned() } else { exports.join(", ") }
                ),
            });
        }
    }
    for import in imports {
        findings.extend(check_one(import, grants));
    }
    findings
}

fn check_one(import: &str, grants: &[Arc<Grants>]) -> Option<Finding> {
    let problem = |text: String, remedy: String| {
        Some(Finding {
            problem: text,
            remedy,
        })
    };
    let Some(rest) = import.strip_prefix(PACKAGE) else {
        return problem(
            format!("it imports `{import}`, which does not exist here"),
            "only interfaces of kubewright:provision exist; build the component without WASI (target wasm32-unknown-unknown)".to_owned(),
        );
    };
    let (name, version) = rest.split_once('@').unwrap_or((rest, ""));
    if !fits(version, VERSION) {
        return problem(
            format!("it imports `{import}`; this program has version {VERSION}"),
            format!(
                "build it against a version that kubewright:provision@{VERSION} fits, by semver"
            ),
        );
    }
    let Some(interface) = interfaces::find(name) else {
        return problem(
            format!("it imports `{import}`, which kubewright:provision@{VERSION} does not have"),
            "take a newer program, if a newer contract has it; or build the component against the contract in wit/".to_owned(),
        );
    };
    if grants.iter().any(|one| interface.check(one).is_ok()) {
        return None;
    }
    let denial = interface.check(&Grants::default()).err()?;
    problem(
        format!("it imports `{import}`, which is not granted"),
        format!("to grant it, add to the phase's grants: {}", denial.line),
    )
}

/// Whether a component built for one version of the contract may meet another:
/// what comes first in both and is not 0 is the same. That is how wasmtime
/// links (`alternate_lookup_key`); whether the functions that it imports are
/// there, and of the same types, is seen as it is linked.
fn fits(theirs: &str, ours: &str) -> bool {
    let (Ok(theirs), Ok(ours)) = (Version::parse(theirs), Version::parse(ours)) else {
        return false;
    };
    if !theirs.pre.is_empty() || !ours.pre.is_empty() {
        return theirs == ours;
    }
    let first = |version: &Version| match version {
        Version { major: 1.., .. } => (version.major, 0, 0),
        Version { minor: 1.., .. } => (0, version.minor, 0),
        _ => (0, 0, version.patch),
    };
    first(&theirs) == first(&ours)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(list: &[&str]) -> Vec<String> {
        list.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn every_problem_is_reported_at_once_with_its_remedy() {
        let imports = names(&[
            "kubewright:provision/types@0.1.0",
            "kubewright:provision/log@0.1.0",
            "kubewright:provision/files@0.1.0",
            "kubewright:provision/clock@0.1.0",
            "kubewright:provision/pki@0.2.0",
            "kubewright:provision/magic@0.1.0",
            "wasi:cli/environment@0.2.6",
        ]);
        let findings = check(&imports, &names(&["describe"]), &[Arc::default()]);
        let text: Vec<String> = findings.iter().map(Finding::to_string).collect();
        let wanted = [
            "does not export `run`",
            "files: [{paths:",
            "use: [clock]",
            "this program has version 0.1.0",
            "magic@0.1.0`, which kubewright:provision@0.1.0 does not have",
            "without WASI",
        ];
        assert_eq!(findings.len(), wanted.len(), "{text:#?}");
        for (got, wanted) in text.iter().zip(wanted) {
            assert!(got.contains(wanted), "{got} should say {wanted}");
        }
    }

    #[test]
    fn versions_fit_by_semver() {
        for (theirs, ours, fit) in [
            ("0.1.0", "0.1.0", true),
            ("0.1.9", "0.1.0", true),
            ("0.1.0", "0.1.9", true),
            ("0.2.0", "0.1.0", false),
            ("1.0.0", "0.1.0", false),
            ("1.0.0", "1.7.2", true),
            ("1.7.2", "1.0.0", true),
            ("2.0.0", "1.0.0", false),
            ("0.0.1", "0.0.2", false),
            ("0.1.0-rc.1", "0.1.0", false),
            ("1.0.0-rc.1", "1.0.0-rc.1", true),
            ("", "0.1.0", false),
            ("0.1", "0.1.0", false),
        ] {
            assert_eq!(fits(theirs, ours), fit, "{theirs} {ours}");
        }
    }

    #[test]
    fn the_version_is_that_of_the_contract() {
        let mut resolve = wit_parser::Resolve::default();
        let (package, _) = resolve.push_dir("../wit/v0.1.0").unwrap();
        let name = &resolve.packages[package].name;
        let spoken = format!("{}:{}/", name.namespace, name.name);
        assert_eq!(spoken, PACKAGE);
        assert_eq!(name.version.as_ref().unwrap().to_string(), VERSION);
    }

    #[test]
    fn what_is_granted_is_no_finding() {
        let grants = Grants {
            node: Some(crate::effect::NodeGrant::default()),
            interfaces: ["clock".to_owned()].into(),
            ..Grants::default()
        };
        let imports = names(&[
            "kubewright:provision/node@0.1.0",
            "kubewright:provision/clock@0.1.0",
            "kubewright:provision/sealed@0.1.0",
        ]);
        let exports = names(&["describe", "run"]);
        let grants = Arc::new(grants);
        assert_eq!(check(&imports, &exports, &[Arc::clone(&grants)]), []);
        // By one of its phases is enough.
        assert_eq!(check(&imports, &exports, &[Arc::default(), grants]), []);
        assert_eq!(check(&imports, &exports, &[]).len(), 2);
    }
}
