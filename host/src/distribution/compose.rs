//! The phases of a distribution put together: those of the one that it extends,
//! less what it removes, with what it changes and adds.

use std::collections::BTreeSet;

use super::document::PhaseDocument;
use super::load::{Leaf, PhaseGroup};
use crate::component::Source;
use crate::effect::outer;

/// A leaf to be.
#[derive(Clone, Debug)]
pub(super) struct Planned {
    /// `certs/ca`
    pub name: String,
    /// The name of the group that runs it.
    pub group: String,
    /// Names of leaves, or of phases for all of theirs.
    pub needs: Vec<String>,
}

/// Phases as far as they are put together.
#[derive(Default)]
pub(super) struct Composition {
    pub groups: Vec<PhaseGroup>,
    pub leaves: Vec<Planned>,
}

/// Whether a leaf is this one, or of this phase.
fn is_of(leaf: &str, name: &str) -> bool {
    leaf == name || outer(leaf) == name
}

impl Composition {
    /// All phases of an operation of another distribution.
    pub fn of(groups: Vec<PhaseGroup>, leaves: Vec<Leaf>) -> Self {
        let leaves = leaves.into_iter().map(|leaf| Planned {
            name: leaf.name,
            group: groups[leaf.group].name.clone(),
            needs: leaf.written_needs,
        });
        Self {
            leaves: leaves.collect(),
            groups,
        }
    }

    fn leaf(&self, name: &str) -> Option<usize> {
        self.leaves.iter().position(|leaf| leaf.name == name)
    }

    /// Whether there is a phase, or a sub-phase, of this name.
    pub fn has(&self, name: &str) -> bool {
        self.leaves.iter().any(|leaf| is_of(&leaf.name, name))
    }

    /// Names of phases and sub-phases.
    pub fn names(&self) -> Vec<&str> {
        let mut names: Vec<&str> = Vec::new();
        for leaf in &self.leaves {
            for name in [outer(&leaf.name), &leaf.name] {
                if !names.contains(&name) {
                    names.push(name);
                }
            }
        }
        names
    }

    /// Takes a phase or a sub-phase away. What waited for it waits for what it
    /// waited for.
    pub fn remove(&mut self, name: &str) {
        let (gone, left): (Vec<Planned>, Vec<Planned>) = self
            .leaves
            .drain(..)
            .partition(|leaf| is_of(&leaf.name, name));
        self.leaves = left;
        let is_left = |need: &str| self.leaves.iter().any(|leaf| is_of(&leaf.name, need));
        let mut kept: Vec<Vec<String>> = Vec::new();
        for leaf in &self.leaves {
            let mut needs = BTreeSet::new();
            let mut open = leaf.needs.clone();
            let mut passed = BTreeSet::new();
            while let Some(need) = open.pop() {
                if is_left(&need) {
                    needs.insert(need);
                } else if passed.insert(need.clone()) {
                    let behind = gone.iter().filter(|leaf| is_of(&leaf.name, &need));
                    open.extend(behind.flat_map(|leaf| leaf.needs.clone()));
                }
            }
            kept.push(needs.into_iter().collect());
        }
        for (leaf, needs) in self.leaves.iter_mut().zip(kept) {
            leaf.needs = needs;
        }
        let leaves = &self.leaves;
        self.groups.retain(|group| {
            leaves
                .iter()
                .any(|leaf| is_of(&leaf.name, outer(&group.name)))
        });
    }

    /// Where a phase of this name gets from what the file does not say of it.
    pub fn before(&self, name: &str) -> Option<&PhaseGroup> {
        let own = self.groups.iter().find(|group| group.name == name);
        own.or_else(|| {
            let at = self.leaf(name)?;
            let group = &self.leaves[at].group;
            self.groups.iter().find(|one| one.name == *group)
        })
    }

    /// Adds a phase or puts it in the place of the one of its name.
    pub fn put(&mut self, phase: &PhaseDocument, source: Source) {
        let before = self.before(&phase.name).cloned();
        let of_before = before.as_ref();
        let grants = phase.grants.clone();
        let group = PhaseGroup {
            name: phase.name.clone(),
            aliases: match of_before {
                Some(before) if before.name == phase.name => before.aliases.clone(),
                _ => phase.aliases.clone(),
            },
            source,
            limits: phase
                .limits
                .or(of_before.map(|before| before.limits))
                .unwrap_or_default(),
            grants: grants
                .or(of_before.map(|before| before.grants.clone()))
                .unwrap_or_default(),
            changes: phase
                .changes
                .clone()
                .or(of_before.map(|before| before.changes.clone()))
                .unwrap_or_default(),
            always: phase
                .always
                .or(of_before.map(|before| before.always))
                .unwrap_or_default(),
            live: phase
                .live
                .or(of_before.map(|before| before.live))
                .unwrap_or_default(),
            servers: Vec::new(),
        };
        if phase.name.contains('/') {
            self.put_sub_phase(phase);
        } else {
            self.put_leaves(phase);
        }
        match self.groups.iter().position(|one| one.name == phase.name) {
            Some(at) => self.groups[at] = group,
            None => self.groups.push(group),
        }
    }

    /// Lets a phase wait for another one.
    pub fn put_before(&mut self, waiting: &str, name: &str) {
        let leaves = self.leaves.iter_mut();
        let others = leaves.filter(|leaf| !is_of(&leaf.name, name));
        for leaf in others.filter(|leaf| is_of(&leaf.name, waiting)) {
            leaf.needs.push(name.to_owned());
        }
    }

    /// One sub-phase, with a component of its own.
    fn put_sub_phase(&mut self, phase: &PhaseDocument) {
        let needs = phase.needs.clone();
        match self.leaf(&phase.name) {
            Some(at) => {
                let leaf = &mut self.leaves[at];
                leaf.group.clone_from(&phase.name);
                leaf.needs = needs.unwrap_or_else(|| std::mem::take(&mut leaf.needs));
            }
            None => {
                let of_phase = |leaf: &Planned| outer(&leaf.name) == outer(&phase.name);
                let last = self.leaves.iter().rposition(of_phase);
                let leaf = Planned {
                    name: phase.name.clone(),
                    group: phase.name.clone(),
                    needs: needs.unwrap_or_default(),
                };
                let end = self.leaves.len();
                self.leaves.insert(last.map_or(end, |last| last + 1), leaf);
            }
        }
    }

    fn put_leaves(&mut self, phase: &PhaseDocument) {
        // Sub-phases that have a component of their own keep it.
        let is_of_phase = |leaf: &Planned| leaf.group == phase.name;
        let before: Vec<Planned> = self
            .leaves
            .iter()
            .filter(|leaf| is_of_phase(leaf))
            .cloned()
            .collect();
        let at = self.leaves.iter().position(is_of_phase);
        let at = at.unwrap_or(self.leaves.len());
        self.leaves.retain(|leaf| !is_of_phase(leaf));
        let after = leaves_of(phase, &before);
        let gone = |need: &String| {
            before.iter().any(|leaf| leaf.name == *need)
                && !after.iter().any(|leaf| leaf.name == *need)
        };
        // Who needed a sub-phase that is gone needs the phase.
        for leaf in &mut self.leaves {
            for need in leaf.needs.iter_mut().filter(|need| gone(need)) {
                need.clone_from(&phase.name);
            }
        }
        self.leaves.splice(at..at, after);
    }
}

/// The leaves of a phase. What it leaves out, `needs` or `phases`, stays as it
/// was `before`.
fn leaves_of(phase: &PhaseDocument, before: &[Planned]) -> Vec<Planned> {
    let group = &phase.name;
    let is_inner = |need: &String| before.iter().any(|leaf| leaf.name == *need);
    let leaf = |name: &str, own: &[String]| -> Planned {
        let known = before.iter().find(|leaf| leaf.name == name);
        let of_phase: Vec<String> = match (&phase.needs, known) {
            (Some(needs), _) => needs.clone(),
            (None, Some(known)) => known.needs.clone(),
            // A sub-phase that is new waits for what the phase waited for.
            (None, None) => {
                let outer = before.iter().flat_map(|leaf| &leaf.needs);
                outer.filter(|need| !is_inner(need)).cloned().collect()
            }
        };
        let needs: BTreeSet<String> = of_phase.into_iter().chain(own.to_vec()).collect();
        Planned {
            name: name.to_owned(),
            group: group.clone(),
            needs: needs.into_iter().collect(),
        }
    };
    match &phase.phases {
        Some(subs) => subs
            .iter()
            .map(|sub| leaf(&format!("{group}/{}", sub.name), &sub.needs))
            .collect(),
        None if !before.is_empty() => before
            .iter()
            .map(|known| {
                // The order among the sub-phases is theirs.
                let own = known.needs.iter().filter(|need| is_inner(need));
                leaf(&known.name, &own.cloned().collect::<Vec<_>>())
            })
            .collect(),
        None => vec![leaf(group, &[])],
    }
}
