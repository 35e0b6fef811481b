//! Running the graph: what needs nothing that is still running runs at once.

use std::collections::{BTreeMap, BTreeSet};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Instant;

use serde_json::{Value, json};
use tokio::task::JoinSet;

use super::load::{Distribution, DistributionError};
use super::operation::Operation;
use super::order;
use super::selection::Selection;
use crate::capability::RunContext;
use crate::component::{
    Component, Engine, Failure, FailureKind, Finding, Limits, LoadError, PhaseComponent, Source,
    check_imports, describe,
};
use crate::effect::{Event, Grants, Origin};

/// Why a run did not come to its end.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    #[error(transparent)]
    Distribution(#[from] DistributionError),
    /// Found before anything ran.
    #[error("{}", refusals(.0))]
    Refused(Vec<Refusal>),
    #[error("{failure}")]
    Phase {
        #[source]
        failure: Box<Failure>,
        /// What the phase needs and the selection leaves out.
        left_out: Vec<String>,
        /// Phases that ran at the same time and failed as well, in the
        /// distribution's order.
        also: Vec<Failure>,
    },
    #[error("a phase was ended by the program itself")]
    Aborted(#[source] tokio::task::JoinError),
}

impl From<Failure> for RunError {
    fn from(failure: Failure) -> Self {
        Self::Phase {
            failure: Box::new(failure),
            left_out: Vec::new(),
            also: Vec::new(),
        }
    }
}

/// A component that may not run, and all of the reasons.
#[derive(Clone, Debug)]
pub struct Refusal {
    pub phase: String,
    pub component: String,
    pub digest: String,
    pub findings: Vec<Finding>,
}

fn refusals(refusals: &[Refusal]) -> String {
    let mut text = String::from("nothing was run, because not every component may:");
    for one in refusals {
        text.push_str(&format!(
            "\n  phase {} (component {}, {}):",
            one.phase, one.component, one.digest
        ));
        for finding in &one.findings {
            text.push_str(&format!("\n    - {finding}"));
        }
    }
    text
}

/// A group that is ready to run.
struct Ready {
    component: Arc<PhaseComponent>,
    grants: Arc<Grants>,
    limits: Limits,
}

/// A phase at work: which, and how it ended.
type PhaseTask = Pin<Box<dyn Future<Output = (usize, Result<(), Failure>)> + Send>>;

/// Phases of an operation, loaded and checked.
pub struct Runner {
    operation: Operation,
    selection: Selection,
    /// By group; none where no leaf of it is selected.
    groups: Vec<Option<Ready>>,
    limits: Limits,
    /// What grants speak of, as far as it was known at the start.
    configuration: Value,
}

impl Runner {
    /// Loads the components that the selection needs, and nothing else, and
    /// checks every one of them against its grants.
    pub fn prepare(
        engine: &Engine,
        distribution: &Distribution,
        operation: Operation,
        selection: Selection,
        configuration: &Value,
        limits: Limits,
    ) -> Result<Self, RunError> {
        let wanted: BTreeSet<usize> = selection
            .leaves()
            .map(|leaf| operation.leaves[leaf].group)
            .collect();
        // What will be published has no fields yet: grants that speak of it are
        // resolved when it is there.
        let (given, mut configuration) = (configuration, configuration.clone());
        for kind in operation
            .groups
            .iter()
            .flat_map(|one| one.granted().publish.keys())
        {
            if given.get(kind).is_some() {
                return Err(DistributionError::Published { kind: kind.clone() }.into());
            }
            configuration[kind] = json!({});
        }
        let mut refusals = Vec::new();
        let mut groups: Vec<Option<Ready>> = Vec::new();
        // Groups may share a component: each is loaded once.
        let mut loaded: Vec<Arc<PhaseComponent>> = Vec::new();
        for (at, group) in operation.groups.iter().enumerate() {
            if !wanted.contains(&at) {
                groups.push(None);
                continue;
            }
            let grants = group.grants(&configuration)?;
            let name = group.source.name();
            let known = loaded.iter().find(|one| one.component().name == name);
            let linked = match known {
                Some(known) => (Vec::new(), Some(Arc::clone(known))),
                None => match Component::load(engine, &group.source) {
                    Err(error) => (vec![broken(&error)], None),
                    Ok(component) => {
                        // Of all phases that it has here: what is wrong with
                        // one that does not run stops no other.
                        let shared = distribution.groups();
                        let granted: Vec<_> = shared
                            .filter(|one| one.source.name() == name)
                            .filter_map(|one| one.grants(&configuration).ok())
                            .collect();
                        let findings = check_imports(&component, &granted);
                        match findings.is_empty() {
                            false => (findings, None),
                            true => match PhaseComponent::link(component) {
                                Ok(linked) => (findings, Some(Arc::new(linked))),
                                Err(error) => (vec![misfit(&error)], None),
                            },
                        }
                    }
                },
            };
            match linked {
                (findings, Some(component)) if findings.is_empty() => {
                    if known.is_none() {
                        loaded.push(Arc::clone(&component));
                    }
                    groups.push(Some(Ready {
                        component,
                        grants,
                        limits: group.limits.over(limits),
                    }));
                }
                (findings, _) => {
                    groups.push(None);
                    refusals.push(Refusal {
                        phase: group.name.clone(),
                        component: name,
                        digest: group.source.digest(),
                        findings,
                    });
                }
            }
        }
        if !refusals.is_empty() {
            return Err(RunError::Refused(refusals));
        }
        Ok(Self {
            operation,
            selection,
            groups,
            limits,
            configuration,
        })
    }

    /// Digests of the components that run, by name.
    pub fn components(&self) -> BTreeMap<String, String> {
        let ready = self.groups.iter().flatten();
        ready
            .map(|one| {
                let component = one.component.component();
                (component.name.clone(), component.digest.clone())
            })
            .collect()
    }

    /// Runs what was selected. After a failure nothing new starts; what runs
    /// already comes to its end, so that no effect is left half way.
    pub async fn run(&self, run: Arc<RunContext>, document: Arc<str>) -> Result<(), RunError> {
        self.refuse_missing_phases().await?;
        let mut waiting: BTreeSet<usize> = self.selection.leaves().collect();
        let awaited: BTreeMap<usize, BTreeSet<usize>> = waiting
            .iter()
            .map(|leaf| {
                let needs = |leaf: usize| self.operation.leaves[leaf].needs.clone();
                (*leaf, order::awaited(*leaf, &waiting, needs))
            })
            .collect();
        let mut unfinished = waiting.clone();
        let mut running = JoinSet::new();
        // By place: which of those that run at once is faster says nothing.
        let mut failures: BTreeMap<usize, Failure> = BTreeMap::new();
        let mut aborted = None;
        // Grants that speak of what was published, and cannot.
        let mut unresolved = None;
        loop {
            if failures.is_empty() && aborted.is_none() && unresolved.is_none() {
                let free: Vec<usize> = waiting
                    .iter()
                    .copied()
                    .filter(|leaf| awaited[leaf].is_disjoint(&unfinished))
                    .collect();
                for leaf in free {
                    waiting.remove(&leaf);
                    match self.task(leaf, Arc::clone(&run), Arc::clone(&document)) {
                        Ok(Some(task)) => {
                            running.spawn(task);
                        }
                        Ok(None) => {}
                        Err(error) => {
                            unresolved.get_or_insert(error);
                        }
                    }
                }
            }
            match running.join_next().await {
                None => break,
                Some(Ok((leaf, Ok(())))) => {
                    unfinished.remove(&leaf);
                }
                Some(Ok((leaf, Err(failure)))) => {
                    failures.insert(leaf, failure);
                }
                Some(Err(error)) => {
                    aborted.get_or_insert(error);
                }
            }
        }
        match (failures.pop_first(), aborted) {
            (Some((leaf, failure)), _) => Err(RunError::Phase {
                failure: Box::new(failure),
                left_out: self.left_out(leaf),
                also: failures.into_values().collect(),
            }),
            (None, Some(error)) => Err(RunError::Aborted(error)),
            (None, None) => match unresolved {
                Some(error) => Err(RunError::Distribution(error)),
                None => Ok(()),
            },
        }
    }

    /// Phases that a phase needs and that were not selected.
    fn left_out(&self, leaf: usize) -> Vec<String> {
        let leaves = &self.operation.leaves;
        let needs = leaves[leaf].needs.iter();
        needs
            .filter(|need| !self.selection.contains(**need))
            .map(|need| leaves[*need].name.clone())
            .collect()
    }

    /// A component from a file must provide what the distribution wants of it.
    /// Those built in are known to: a test asks each.
    async fn refuse_missing_phases(&self) -> Result<(), RunError> {
        let mut refusals = Vec::new();
        for (at, (group, ready)) in self.operation.groups.iter().zip(&self.groups).enumerate() {
            let (Some(ready), Source::File { .. }) = (ready, &group.source) else {
                continue;
            };
            let component = ready.component.component();
            let findings = self.missing_phases(at, component).await?;
            if !findings.is_empty() {
                refusals.push(Refusal {
                    phase: group.name.clone(),
                    component: component.name.clone(),
                    digest: component.digest.clone(),
                    findings,
                });
            }
        }
        match refusals.is_empty() {
            true => Ok(()),
            false => Err(RunError::Refused(refusals)),
        }
    }

    async fn missing_phases(
        &self,
        group: usize,
        component: &Component,
    ) -> Result<Vec<Finding>, Failure> {
        let description = describe(component, self.limits)
            .await
            .map_err(|failure| Failure {
                phase: self.operation.groups[group].name.clone(),
                doing: "describing itself".to_owned(),
                ..failure
            })?;
        let provided: Vec<&str> = description
            .phases
            .iter()
            .map(|(name, _)| name.as_str())
            .collect();
        Ok(self
            .selection
            .leaves()
            .map(|leaf| &self.operation.leaves[leaf])
            .filter(|leaf| leaf.group == group && !provided.contains(&leaf.name.as_str()))
            .map(|leaf| Finding {
                problem: format!("it does not provide the phase {}", leaf.name),
                remedy: format!("it provides: {}", provided.join(", ")),
            })
            .collect())
    }

    fn task(
        &self,
        leaf: usize,
        run: Arc<RunContext>,
        document: Arc<str>,
    ) -> Result<Option<PhaseTask>, DistributionError> {
        let found = &self.operation.leaves[leaf];
        let Some(ready) = self.groups[found.group].as_ref() else {
            return Ok(None);
        };
        let (grants, document) = self.at_this_stage(found.group, ready, &run, document)?;
        let component = Arc::clone(&ready.component);
        let limits = ready.limits;
        let origin = Origin {
            phase: found.name.clone(),
            component: component.component().name.clone(),
            digest: component.component().digest.clone(),
            grants,
            changes: self.operation.groups[found.group].changes.as_slice().into(),
        };
        Ok(Some(Box::pin(async move {
            let phase = origin.phase.clone();
            let started = Instant::now();
            run.conduit.tell(Event::PhaseStarted {
                phase: phase.clone(),
            });
            let result = component
                .run(Arc::clone(&run), origin, &document, limits)
                .await;
            if result.is_ok() {
                run.conduit.tell(Event::PhaseFinished {
                    phase,
                    seconds: started.elapsed().as_secs_f64(),
                });
            }
            (leaf, result)
        })))
    }

    /// The grants and the document of a phase that starts now, with what others
    /// published.
    fn at_this_stage(
        &self,
        group: usize,
        ready: &Ready,
        run: &RunContext,
        document: Arc<str>,
    ) -> Result<(Arc<Grants>, Arc<str>), DistributionError> {
        let published = run.published.all();
        if published.is_empty() {
            return Ok((Arc::clone(&ready.grants), document));
        }
        let mut configuration = self.configuration.clone();
        // It is the program's own.
        let mut document: Value = serde_json::from_str(&document).unwrap_or_default();
        for (kind, value) in published {
            document["configuration"][&kind] = value.clone();
            configuration[kind] = value;
        }
        let grants = self.operation.groups[group].grants(&configuration)?;
        Ok((grants, document.to_string().into()))
    }
}

/// A file that is no component.
fn broken(error: &LoadError) -> Finding {
    Finding {
        problem: crate::causes::chain(error),
        remedy: "build it for wasm32-unknown-unknown and make a component of the module".to_owned(),
    }
}

/// A component whose functions are not of the contract's types.
fn misfit(error: &wasmtime::Error) -> Finding {
    let kind = FailureKind::Contract {
        source: error.to_string().into(),
    };
    Finding {
        problem: format!("{kind}: {error:#}"),
        remedy: "build it against the contract in wit/ of this version".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::component::BuiltIn;
    use crate::distribution::Distribution;

    #[tokio::test]
    async fn built_in_components_provide_what_their_distributions_want() {
        let engine = Engine::start().unwrap();
        for name in BuiltIn::distributions() {
            let distribution = Distribution::load(name).unwrap();
            let each = distribution.operations.values().flat_map(|operation| {
                let groups = operation.groups.iter().enumerate();
                groups.map(move |(at, group)| (operation, at, group))
            });
            for (operation, at, group) in each {
                let component = Component::load(&engine, &group.source).unwrap();
                let description = describe(&component, Limits::default()).await.unwrap();
                for leaf in operation.leaves.iter().filter(|leaf| leaf.group == at) {
                    let provided = description
                        .phases
                        .iter()
                        .any(|(name, _)| *name == leaf.name);
                    assert!(provided, "{name}: {} of {}", leaf.name, component.name);
                }
            }
        }
    }
}
