//! Which phases run: all, some (`--phase`), all but some (`--skip-phases`).

use std::collections::BTreeSet;

use super::operation::Operation;
use crate::effect::outer;
use kubewright_values::meant::meant;

/// The leaves to run, by position.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Selection(BTreeSet<usize>);

/// A name that is no phase.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("invalid phase name {name:?}; {instead}")]
pub struct SelectionError {
    name: String,
    /// The name that was probably meant, or all there are.
    instead: String,
}

impl Selection {
    /// Selects from an operation. `only` empty means all. Names are those of
    /// kubeadm: `certs`, `certs/all`, `certs/ca`, or an alias.
    pub fn new(
        operation: &Operation,
        only: &[String],
        skip: &[String],
    ) -> Result<Self, SelectionError> {
        let mut selected: BTreeSet<usize> = match only.is_empty() {
            true => (0..operation.leaves.len()).collect(),
            false => BTreeSet::new(),
        };
        for name in only {
            selected.extend(find(operation, name)?);
        }
        for name in skip {
            for leaf in find(operation, name)? {
                if operation.groups[operation.leaves[leaf].group].always {
                    return Err(SelectionError {
                        name: name.clone(),
                        instead: "it runs whichever phases do, since they need what it finds out"
                            .to_owned(),
                    });
                }
                selected.remove(&leaf);
            }
        }
        let always = operation.leaves.iter().enumerate();
        let always = always.filter(|(_, leaf)| operation.groups[leaf.group].always);
        selected.extend(always.map(|(at, _)| at));
        Ok(Self(selected))
    }

    /// Whether a name is that of a phase.
    pub fn check(operation: &Operation, name: &str) -> Result<(), SelectionError> {
        find(operation, name).map(drop)
    }

    /// Leaves out the phases that need a machine at work; gives their names.
    pub fn leave_out_live(&mut self, operation: &Operation) -> Vec<String> {
        let is_live = |at: &usize| operation.groups[operation.leaves[*at].group].live;
        let live: Vec<usize> = self.0.iter().copied().filter(is_live).collect();
        let mut names: Vec<String> = Vec::new();
        for at in live {
            self.0.remove(&at);
            let name = outer(&operation.leaves[at].name);
            if names.last().is_none_or(|last| last != name) {
                names.push(name.to_owned());
            }
        }
        names
    }

    pub fn contains(&self, leaf: usize) -> bool {
        self.0.contains(&leaf)
    }

    /// In the order of the operation.
    pub fn leaves(&self) -> impl Iterator<Item = usize> {
        self.0.iter().copied()
    }
}

impl Operation {
    /// The phase (no sub-phase) that a name or an alias stands for, whatever
    /// its case, as kubeadm takes it.
    pub fn phase_named(&self, name: &str) -> Option<&str> {
        let name = name.trim();
        let is_meant = |one: &str| one.eq_ignore_ascii_case(name);
        let mut names = self.leaves.iter().map(|leaf| outer(&leaf.name));
        names.find(|one| is_meant(one)).or_else(|| {
            let mut groups = self.groups.iter();
            let of_alias = groups.find(|group| group.aliases.iter().any(|one| is_meant(one)));
            of_alias.map(|group| group.name.as_str())
        })
    }
}

fn find(operation: &Operation, name: &str) -> Result<Vec<usize>, SelectionError> {
    // kubeadm's names are compared without regard to case.
    let wanted = name.trim().to_lowercase();
    let (group, sub) = match wanted.split_once('/') {
        Some((group, sub)) => (group, Some(sub)),
        None => (wanted.as_str(), None),
    };
    let group = operation.phase_named(group);
    let found: Vec<usize> = operation
        .leaves
        .iter()
        .enumerate()
        .filter(|(_, leaf)| group == Some(outer(&leaf.name)))
        .filter(|(_, leaf)| match sub {
            None | Some("all") => true,
            Some(sub) => leaf
                .name
                .split_once('/')
                .is_some_and(|(_, name)| name.to_lowercase() == sub),
        })
        .map(|(at, _)| at)
        .collect();
    if found.is_empty() {
        return Err(SelectionError {
            name: name.to_owned(),
            instead: instead(operation, name),
        });
    }
    Ok(found)
}

/// What to write instead of a name that is none. Phases with sub-phases stand for all of them in
/// the list, which would be too long to read otherwise.
fn instead(operation: &Operation, name: &str) -> String {
    let leaves = operation.leaves.iter().map(|leaf| leaf.name.as_str());
    let groups = || {
        let all = operation.groups.iter().map(|group| group.name.as_str());
        all.filter(|name| !name.contains('/'))
    };
    if let Some(meant) = meant(name.trim(), leaves.chain(groups())) {
        return format!("did you mean {meant:?}?");
    }
    let group = outer(name);
    let parts: Vec<_> = operation
        .leaves
        .iter()
        .filter_map(|leaf| leaf.name.strip_prefix(group)?.strip_prefix('/'))
        .collect();
    if !parts.is_empty() {
        return format!("the parts of {group} are: {}", parts.join(", "));
    }
    let groups: Vec<_> = groups().collect();
    format!(
        "the phases of {} are: {} (`kubewright phases` lists their parts)",
        operation.label(),
        groups.join(", ")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(only: &[&str], skip: &[&str]) -> Result<Vec<String>, SelectionError> {
        let distribution = crate::distribution::Distribution::load("kubernetes").unwrap();
        let operation = distribution.operation("init").unwrap();
        let owned = |list: &[&str]| list.iter().map(|one| (*one).to_owned()).collect::<Vec<_>>();
        let selection = Selection::new(operation, &owned(only), &owned(skip))?;
        Ok(selection
            .leaves()
            .map(|at| operation.leaves[at].name.clone())
            .collect())
    }

    #[test]
    fn phases_are_selected_by_kubeadms_names() {
        assert_eq!(names(&["certs/ca"], &[]).unwrap(), ["certs/ca"]);
        assert_eq!(names(&["Certs/CA"], &[]).unwrap(), ["certs/ca"]);
        assert_eq!(
            names(&["uploadconfig"], &[]),
            names(&["upload-config/all"], &[])
        );
        let all = names(&[], &[]).unwrap();
        let without = names(&[], &["addon/kube-proxy", "certs"]).unwrap();
        assert!(all.contains(&"addon/kube-proxy".to_owned()));
        assert!(
            without
                .iter()
                .all(|name| !name.starts_with("certs/") && name != "addon/kube-proxy")
        );
        assert!(without.contains(&"addon/coredns".to_owned()));
    }

    #[test]
    fn unknown_names_are_errors_that_say_what_to_write() {
        let cases = [
            (
                "a close one",
                "addons/kube-proxy",
                "did you mean \"addon/kube-proxy\"?",
            ),
            (
                "a close phase with parts",
                "cert",
                "did you mean \"certs\"?",
            ),
            (
                "a part",
                "certs/nothing",
                "the parts of certs are: ca, apiserver, ",
            ),
            (
                "something else",
                "nothing",
                "the phases of kubernetes are: preflight, certs, ",
            ),
        ];
        for (case, name, wanted) in cases {
            for (only, skip) in [(vec![name], vec![]), (vec![], vec![name])] {
                let message = names(&only, &skip).unwrap_err().to_string();
                assert!(
                    message.contains(&format!("{name:?}")) && message.contains(wanted),
                    "{case}: {message}"
                );
            }
        }
    }
}
