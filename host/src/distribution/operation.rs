//! What a distribution can do: its commands.

use std::path::Path;

use serde_json::Value;

use super::compose::Composition;
use super::document::{FlagDocument, OperationDocument, PhaseDocument};
use super::grants::GrantError;
use super::load::check::{check_phase, no_phase};
use super::load::{DistributionError, Leaf, PhaseGroup, component_source};
use super::order;
use super::variables::{Use, fill_in};
use crate::world::MachinePath;

/// The operation whose phases stand at the top of a distribution file, and that
/// `plan` and `render` take where none is named.
pub const MAIN: &str = "init";

/// A command of a distribution, checked.
#[derive(Clone, Debug, Default)]
pub struct Operation {
    /// `init`; of several words, `token create`.
    pub name: String,
    /// The distribution's name.
    pub(super) distribution: String,
    pub summary: String,
    pub about: String,
    pub examples: String,
    /// Whether it takes back what runs, or others, made of the machine.
    pub undoes: bool,
    /// The phase with which the operator is asked whether it is meant.
    pub confirm: Option<String>,
    /// Kinds of the configuration that it is for; all where there are none.
    pub takes: Vec<String>,
    pub flags: Vec<FlagDocument>,
    /// Folders that started programs fill, as written.
    pub(super) folders: Vec<String>,
    /// Kubeconfigs of administrators that it writes, as written.
    kubeconfigs: Vec<String>,
    /// The API server of this machine, as written.
    server: Option<String>,
    pub groups: Vec<PhaseGroup>,
    /// All leaves in the order of the file.
    pub leaves: Vec<Leaf>,
}

/// Where a distribution file comes from.
#[derive(Clone, Copy)]
pub(super) struct Origin<'a> {
    /// What errors call it.
    pub name: &'a str,
    /// What paths of components are relative to.
    pub folder: Option<&'a Path>,
    /// Where components without a folder in their name are looked for.
    pub root: &'a str,
    /// The distribution.
    pub distribution: &'a str,
}

impl Origin<'_> {
    fn invalid(&self, problem: String) -> DistributionError {
        DistributionError::Invalid {
            origin: self.name.to_owned(),
            problem,
        }
    }
}

impl Operation {
    /// What errors call it: the phases of the main operation are those of the
    /// distribution.
    pub fn label(&self) -> &str {
        match self.name.as_str() {
            MAIN => &self.distribution,
            name => name,
        }
    }

    /// Folders that started programs fill, for a configuration.
    pub fn folders(&self, configuration: &Value) -> Result<Vec<MachinePath>, DistributionError> {
        self.paths(&self.folders, configuration)
    }

    /// Kubeconfigs of administrators that it writes, for a configuration.
    pub fn kubeconfigs(
        &self,
        configuration: &Value,
    ) -> Result<Vec<MachinePath>, DistributionError> {
        self.paths(&self.kubeconfigs, configuration)
    }

    fn paths(
        &self,
        texts: &[String],
        configuration: &Value,
    ) -> Result<Vec<MachinePath>, DistributionError> {
        let wrong = |source: GrantError| DistributionError::Path {
            operation: self.name.clone(),
            source,
        };
        let mut paths = Vec::new();
        for text in texts {
            let filled = fill_in(text, configuration, Use::Path);
            if let Some(path) = filled.map_err(|error| wrong(error.into()))? {
                paths.push(MachinePath::parse(&path).map_err(|error| wrong(error.into()))?);
            }
        }
        Ok(paths)
    }

    /// The API server of this machine, as far as the configuration says.
    pub fn server(&self, configuration: &Value) -> Option<String> {
        fill_in(self.server.as_deref()?, configuration, Use::Url).ok()?
    }

    /// From what stands in a file, and from that of the distribution that this
    /// one extends.
    pub(super) fn of(
        name: &str,
        document: &OperationDocument,
        base: Option<Self>,
        origin: Origin<'_>,
    ) -> Result<Self, DistributionError> {
        let words: Vec<&str> = name.split(' ').collect();
        let is_word = |word: &&str| {
            let mut bytes = word.bytes();
            bytes.next().is_some_and(|byte| byte.is_ascii_lowercase())
                && bytes.all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        };
        if !words.iter().all(is_word) || words.len() > 3 {
            return Err(origin.invalid(format!(
                "operations: {name:?} is no name of a command: wanted up to three words of small letters, as `backup` or `token create`"
            )));
        }
        let mut base = base.unwrap_or_default();
        let wrong = |problem: String| match name {
            MAIN => origin.invalid(problem),
            name => origin.invalid(format!("operation {name}: {problem}")),
        };
        let flags = flags(document, std::mem::take(&mut base.flags)).map_err(wrong)?;
        let mut operation = Self {
            name: name.to_owned(),
            distribution: origin.distribution.to_owned(),
            summary: document.summary.clone().unwrap_or(base.summary),
            about: document.about.clone().unwrap_or(base.about),
            examples: document.examples.clone().unwrap_or(base.examples),
            undoes: document.undoes.unwrap_or(base.undoes),
            confirm: document.confirm.clone().or(base.confirm),
            takes: document.takes.clone().unwrap_or(base.takes),
            folders: document.folders.clone().unwrap_or(base.folders),
            kubeconfigs: document.kubeconfigs.clone().unwrap_or(base.kubeconfigs),
            server: document.server.clone().or(base.server),
            flags,
            groups: Vec::new(),
            leaves: Vec::new(),
        };
        let composition = Composition::of(base.groups, base.leaves);
        let composition = compose(document, composition, origin, &wrong)?;
        let Composition { groups, leaves } = composition;
        if groups.is_empty() {
            return Err(wrong("it has no phases".to_owned()));
        }
        let needs = order::resolve(&leaves).map_err(|source| DistributionError::Order {
            origin: origin.name.to_owned(),
            source,
        })?;
        operation.leaves = leaves
            .into_iter()
            .zip(needs)
            .filter_map(|(leaf, needs)| {
                let group = groups.iter().position(|one| one.name == leaf.group)?;
                Some(Leaf {
                    name: leaf.name,
                    group,
                    needs,
                    written_needs: leaf.needs,
                })
            })
            .collect();
        operation.groups = groups;
        for flag in &operation.flags {
            let unknown = flag.phases.iter().find(|one| {
                let all = format!("{one}/");
                let mut leaves = operation.leaves.iter();
                !leaves.any(|leaf| leaf.name == **one || leaf.name.starts_with(&all))
            });
            if let Some(unknown) = unknown {
                return Err(wrong(format!(
                    "flag --{}, phases: there is no phase {unknown:?}",
                    flag.name
                )));
            }
        }
        Ok(operation)
    }
}

/// The phases: those of the base, less what is removed, with what is changed
/// and added.
fn compose(
    document: &OperationDocument,
    mut composition: Composition,
    origin: Origin<'_>,
    wrong: &dyn Fn(String) -> DistributionError,
) -> Result<Composition, DistributionError> {
    for name in &document.remove {
        if !composition.has(name) {
            return Err(wrong(format!("remove: {}", no_phase(name, &composition))));
        }
        composition.remove(name);
    }
    let mut seen = std::collections::BTreeSet::new();
    for phase in &document.phases {
        check_phase(phase, &composition).map_err(wrong)?;
        if !seen.insert(&phase.name) {
            return Err(wrong(format!(
                "the phase {} stands there twice",
                phase.name
            )));
        }
        let source = match (&phase.component, composition.before(&phase.name)) {
            (Some(component), _) => component_source(
                origin.name,
                origin.folder,
                origin.root,
                &format!("phase {}", phase.name),
                component,
                phase.digest.as_deref(),
            )?,
            (None, Some(before)) => before.source.clone(),
            (None, None) => {
                return Err(wrong(format!("the phase {} has no component", phase.name)));
            }
        };
        composition.put(phase, source);
    }
    for phase in &document.phases {
        refuse_unknown(phase, &composition).map_err(wrong)?;
        for waiting in &phase.before {
            composition.put_before(waiting, &phase.name);
        }
    }
    Ok(composition)
}

fn refuse_unknown(phase: &PhaseDocument, composition: &Composition) -> Result<(), String> {
    let mut others = phase.before.iter().chain(phase.changes.iter().flatten());
    match others.find(|other| !composition.has(other)) {
        None => Ok(()),
        Some(other) => Err(format!(
            "phase {}, before or changes: {}",
            phase.name,
            no_phase(other, composition)
        )),
    }
}

/// The flags: those of the base, less what is removed, with what is changed and
/// added.
fn flags(
    document: &OperationDocument,
    base: Vec<FlagDocument>,
) -> Result<Vec<FlagDocument>, String> {
    let mut flags = base;
    for name in &document.remove_flags {
        let before = flags.len();
        flags.retain(|flag| flag.name != *name);
        if flags.len() == before {
            return Err(format!("removeFlags: there is no flag --{name}"));
        }
    }
    let mut seen = std::collections::BTreeSet::new();
    for flag in &document.flags {
        let name = &flag.name;
        let is_name = name.len() > 1
            && !name.starts_with('-')
            && name
                .bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
        if !is_name {
            return Err(format!(
                "flags: {name:?} is no name of a flag: wanted two or more small letters, digits and dashes, without the dashes in front"
            ));
        }
        if !seen.insert(name) {
            return Err(format!("the flag --{name} stands there twice"));
        }
        if flag.value.is_none() && flag.value_type.is_some() {
            return Err(format!(
                "flag --{name}: it has a type and no value; say what stands for it in help, as `value: NAME`"
            ));
        }
        if flag.short.is_some_and(|short| !short.is_ascii_alphabetic()) {
            return Err(format!("flag --{name}: short is one letter"));
        }
        match flags.iter().position(|one| one.name == *name) {
            Some(at) => flags[at] = flag.clone(),
            None => flags.push(flag.clone()),
        }
    }
    for flag in &flags {
        let is_there = |name: &&String| flags.iter().any(|one| one.name == **name);
        if let Some(unknown) = flag.conflicts.iter().find(|name| !is_there(name)) {
            return Err(format!(
                "flag --{}, conflicts: there is no flag --{unknown}",
                flag.name
            ));
        }
        let same = |one: &&FlagDocument| one.short == flag.short && one.name != flag.name;
        if flag.short.is_some()
            && let Some(other) = flags.iter().find(same)
        {
            return Err(format!(
                "the flags --{} and --{} have the same letter",
                flag.name, other.name
            ));
        }
    }
    Ok(flags)
}
