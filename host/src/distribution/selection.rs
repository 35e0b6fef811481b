//! Which phases run: all, some (`--phase`), all but some (`--skip-phases`).

use std::collections::BTreeSet;

use super::load::Distribution;

/// The leaves to run, by position.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Selection(BTreeSet<usize>);

/// A name that is no phase.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("invalid phase name {name:?}; the phases of {distribution} are: {phases}")]
pub struct SelectionError {
    name: String,
    distribution: String,
    phases: String,
}

impl Selection {
    /// Selects from a distribution. `only` empty means all. Names are those of
    /// kubeadm: `certs`, `certs/all`, `certs/ca`, or an alias.
    pub fn new(
        distribution: &Distribution,
        only: &[String],
        skip: &[String],
    ) -> Result<Self, SelectionError> {
        let mut selected: BTreeSet<usize> = match only.is_empty() {
            true => (0..distribution.leaves.len()).collect(),
            false => BTreeSet::new(),
        };
        for name in only {
            selected.extend(find(distribution, name)?);
        }
        for name in skip {
            for leaf in find(distribution, name)? {
                selected.remove(&leaf);
            }
        }
        Ok(Self(selected))
    }

    pub fn contains(&self, leaf: usize) -> bool {
        self.0.contains(&leaf)
    }

    /// In the order of the distribution.
    pub fn leaves(&self) -> impl Iterator<Item = usize> {
        self.0.iter().copied()
    }
}

fn find(distribution: &Distribution, name: &str) -> Result<Vec<usize>, SelectionError> {
    // kubeadm's names are compared without regard to case.
    let wanted = name.trim().to_lowercase();
    let (group, sub) = match wanted.split_once('/') {
        Some((group, sub)) => (group, Some(sub)),
        None => (wanted.as_str(), None),
    };
    let named = |one: &super::load::PhaseGroup| {
        one.name.to_lowercase() == group
            || one
                .aliases
                .iter()
                .any(|alias| alias.to_lowercase() == group)
    };
    let found: Vec<usize> = distribution
        .leaves
        .iter()
        .enumerate()
        .filter(|(_, leaf)| named(&distribution.groups[leaf.group]))
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
        let names: Vec<&str> = distribution
            .leaves
            .iter()
            .map(|leaf| leaf.name.as_str())
            .collect();
        return Err(SelectionError {
            name: name.to_owned(),
            distribution: distribution.name.clone(),
            phases: names.join(", "),
        });
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(only: &[&str], skip: &[&str]) -> Result<Vec<String>, SelectionError> {
        let distribution = Distribution::load("kubernetes").unwrap();
        let owned = |list: &[&str]| list.iter().map(|one| (*one).to_owned()).collect::<Vec<_>>();
        let selection = Selection::new(&distribution, &owned(only), &owned(skip))?;
        Ok(selection
            .leaves()
            .map(|at| distribution.leaves[at].name.clone())
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
    fn unknown_names_are_errors_that_list_the_phases() {
        for (only, skip) in [(vec!["nothing"], vec![]), (vec![], vec!["certs/nothing"])] {
            let message = names(&only, &skip).unwrap_err().to_string();
            assert!(
                message.contains("nothing") && message.contains("certs/ca"),
                "{message}"
            );
        }
    }
}
