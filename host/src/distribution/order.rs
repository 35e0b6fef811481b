//! The graph of what needs what.

use std::collections::{BTreeMap, BTreeSet};

use super::compose::Planned;
use crate::effect::outer;

/// What is wrong with the `needs` of a distribution.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OrderError {
    #[error("phase {phase} needs {need}, which is not a phase of the distribution")]
    Unknown { phase: String, need: String },
    #[error("phases need each other in a circle: {}", .0.join(" -> "))]
    Circle(Vec<String>),
}

/// Resolves needs to leaves and checks that they make an order. `leaves` are in
/// the order of the file; gives, for each leaf, the positions of those it needs.
pub(super) fn resolve(leaves: &[Planned]) -> Result<Vec<Vec<usize>>, OrderError> {
    let mut by_name: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (at, leaf) in leaves.iter().enumerate() {
        by_name.entry(&leaf.name).or_default().push(at);
        let phase = outer(&leaf.name);
        if phase != leaf.name {
            by_name.entry(phase).or_default().push(at);
        }
    }
    let mut resolved = Vec::with_capacity(leaves.len());
    for (at, Planned { name, needs, .. }) in leaves.iter().enumerate() {
        let mut positions = BTreeSet::new();
        for need in needs {
            match by_name.get(need.as_str()) {
                Some(found) => positions.extend(found.iter().copied()),
                None => {
                    return Err(OrderError::Unknown {
                        phase: name.clone(),
                        need: need.clone(),
                    });
                }
            }
        }
        // A sub-phase of a group that needs its own group needs the others.
        positions.remove(&at);
        resolved.push(positions.into_iter().collect());
    }
    find_circle(leaves, &resolved).map_or(Ok(resolved), |circle| Err(OrderError::Circle(circle)))
}

/// What a leaf waits for if only these are run: those of them that it needs,
/// be it by way of leaves that are left out. Leaving a phase out must not let
/// the phases behind it overtake those before it.
pub fn awaited(
    leaf: usize,
    selected: &BTreeSet<usize>,
    needs: impl Fn(usize) -> Vec<usize>,
) -> BTreeSet<usize> {
    let mut awaited = BTreeSet::new();
    let mut passed = BTreeSet::new();
    let mut open = needs(leaf);
    while let Some(need) = open.pop() {
        if selected.contains(&need) {
            awaited.insert(need);
        } else if passed.insert(need) {
            open.extend(needs(need));
        }
    }
    awaited
}

/// Takes away leaves that need nothing that is left until none is left, or a
/// circle is.
fn find_circle(leaves: &[Planned], needs: &[Vec<usize>]) -> Option<Vec<String>> {
    let mut left: BTreeSet<usize> = (0..leaves.len()).collect();
    loop {
        let free: Vec<usize> = left
            .iter()
            .copied()
            .filter(|at| needs[*at].iter().all(|need| !left.contains(need)))
            .collect();
        if free.is_empty() {
            break;
        }
        for at in free {
            left.remove(&at);
        }
    }
    let start = *left.first()?;
    // Everything left needs something that is left: walking along must come
    // back to where it was.
    let mut walked = vec![start];
    let mut at = start;
    loop {
        at = *needs[at].iter().find(|need| left.contains(need))?;
        if let Some(again) = walked.iter().position(|one| *one == at) {
            let mut circle: Vec<String> = walked[again..]
                .iter()
                .map(|one| leaves[*one].name.clone())
                .collect();
            circle.push(leaves[at].name.clone());
            return Some(circle);
        }
        walked.push(at);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn leaf(name: &str, needs: &[&str]) -> Planned {
        Planned {
            name: name.to_owned(),
            group: outer(name).to_owned(),
            needs: needs.iter().map(|need| (*need).to_owned()).collect(),
        }
    }

    #[test]
    fn a_group_stands_for_its_leaves() {
        let leaves = [
            leaf("certs/ca", &[]),
            leaf("certs/sa", &[]),
            leaf("x", &["certs"]),
        ];
        assert_eq!(resolve(&leaves).unwrap(), [vec![], vec![], vec![0, 1]]);
    }

    #[test]
    fn what_is_left_out_lets_nothing_overtake() {
        // 0 <- 1 <- 2 <- 3, and 1 <- 3
        let needs = [vec![], vec![0], vec![1], vec![1, 2]];
        let cases: [(&str, &[usize], usize, &[usize]); 5] = [
            ("all", &[0, 1, 2, 3], 3, &[1, 2]),
            ("one left out", &[0, 2, 3], 3, &[0, 2]),
            ("all between left out", &[0, 3], 3, &[0]),
            ("nothing before", &[3], 3, &[]),
            ("a need that is run", &[0, 1, 3], 3, &[1]),
        ];
        for (name, selected, leaf, wanted) in cases {
            let selected = selected.iter().copied().collect();
            let found = awaited(leaf, &selected, |leaf| needs[leaf].clone());
            assert_eq!(found, wanted.iter().copied().collect(), "{name}");
        }
    }

    #[test]
    fn circles_and_unknown_needs_are_errors() {
        let circle = [
            leaf("a", &["c"]),
            leaf("b", &["a"]),
            leaf("c", &["b"]),
            leaf("d", &["a"]),
        ];
        match resolve(&circle) {
            Err(OrderError::Circle(names)) => assert_eq!(names.len(), 4),
            other => panic!("{other:?}"),
        }
        let unknown = [leaf("a", &["nothing"])];
        assert!(
            resolve(&unknown)
                .unwrap_err()
                .to_string()
                .contains("needs nothing")
        );
    }
}
