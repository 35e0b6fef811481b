//! What a component may do. Deny by default.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use globset::{Glob, GlobBuilder, GlobMatcher};

use super::effects::EtcdFiles;
use super::endpoint::Endpoint;
use super::object::ObjectReference;
use super::pki::{Holds, KeyFile};
use super::place::Place;
use crate::world::endpoint::Origin;
use crate::world::{Files, LastLink, MachinePath};

/// What may be done to a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FileVerb {
    Read,
    Write,
    Remove,
    /// Give to another owner, with another mode.
    Own,
    /// Remove what programs of a cluster left there, for good: all that is in a
    /// folder, or a file.
    Empty,
}

/// What may be done with a key or certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PkiVerb {
    /// Use what is there.
    Load,
    /// Make a new one.
    Create,
    /// Sign certificates with it.
    Sign,
    /// Put its private key into a file or an object.
    Place,
}

/// A glob for paths or names: `*` stays within a component, `**` does not.
#[derive(Clone, Debug)]
pub struct PathPattern {
    text: String,
    /// None for a pattern that stands for itself, as most do: compiling them
    /// took longer than all that is ever asked of them.
    matcher: Option<GlobMatcher>,
}

impl PathPattern {
    /// Compiles a pattern; the error says what is wrong with it.
    pub fn new(text: &str) -> Result<Self, globset::Error> {
        let glob: Glob = GlobBuilder::new(text).literal_separator(true).build()?;
        let is_literal = !text.contains(['*', '?', '[', ']', '{', '}', '\\']);
        Ok(Self {
            text: text.to_owned(),
            matcher: (!is_literal).then(|| glob.compile_matcher()),
        })
    }

    pub fn matches(&self, text: &str) -> bool {
        let matched = self.matcher.as_ref().map(|glob| glob.is_match(text));
        matched.unwrap_or(self.text == text)
    }

    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether it grants a place: the file that is meant, not its spelling.
    /// Where links led elsewhere, those of the pattern's own folder are
    /// followed as well: whoever grants a folder that is a link grants what it
    /// leads to, and a link within a granted folder leads out of it.
    fn covers(&self, place: &Place, files: &dyn Files) -> bool {
        if self.matches(place.real().as_str()) {
            return true;
        }
        place.is_linked()
            && self
                .resolved(place.last(), files)
                .is_some_and(|pattern| pattern.matches(place.real().as_str()))
    }

    /// With the links of its folder followed, as far as it has no wildcard.
    fn resolved(&self, last: LastLink, files: &dyn Files) -> Option<Self> {
        let wildcard = self.text.find(['*', '?', '[', '{', '\\']);
        let (folder, rest) = match wildcard {
            None => (self.text.as_str(), ""),
            Some(at) => self.text.split_at(self.text[..at].rfind('/')?),
        };
        let last = match rest.is_empty() {
            true => last,
            false => LastLink::Follow,
        };
        let real = files.real(&MachinePath::parse(folder).ok()?, last).ok()?;
        let real = globset::escape(&real.as_str().replace('\\', r"\\"));
        Self::new(&format!("{}{rest}", real.trim_end_matches('/'))).ok()
    }
}

/// Paths and what may be done there.
#[derive(Clone, Debug)]
pub struct FileGrant {
    pub paths: Vec<PathPattern>,
    pub verbs: BTreeSet<FileVerb>,
}

/// Names of keys and certificates, and the folder their files lie in.
#[derive(Clone, Debug)]
pub struct PkiGrant {
    pub names: Vec<PathPattern>,
    /// None where nothing of these names lies in a file.
    pub below: Option<MachinePath>,
    pub verbs: BTreeSet<PkiVerb>,
}

/// An RBAC PolicyRule (rbac.authorization.k8s.io/v1), with the namespaces it
/// holds in.
#[derive(Clone, Debug, serde::Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct KubeRule {
    pub api_groups: Vec<String>,
    pub resources: Vec<String>,
    #[serde(default)]
    pub resource_names: Vec<String>,
    /// Empty: any namespace, and cluster-scoped objects.
    #[serde(default)]
    pub namespaces: Vec<String>,
    pub verbs: Vec<String>,
}

/// The kube API: as whom, and what.
#[derive(Clone, Debug, Default)]
pub struct KubeGrant {
    pub kubeconfigs: Vec<MachinePath>,
    /// Servers that may be connected to ([`Endpoint`]), besides the one of a
    /// kubeconfig that no component wrote.
    pub servers: BTreeSet<String>,
    pub rules: Vec<KubeRule>,
}

/// The node: its facts, and these of its services, programs and container
/// runtimes (by their sockets); and servers elsewhere.
#[derive(Clone, Debug, Default)]
pub struct NodeGrant {
    pub services: BTreeSet<String>,
    pub programs: BTreeSet<String>,
    pub runtimes: BTreeSet<String>,
    /// Servers that may be asked: see [`Endpoint`].
    pub endpoints: BTreeSet<String>,
    /// System accounts, by patterns of their names.
    pub accounts: Vec<PathPattern>,
    /// Folders in which mounts may be taken away.
    pub mounts: Vec<MachinePath>,
}

/// A cluster of etcd: as whom, and by which servers.
#[derive(Clone, Debug)]
pub struct EtcdGrant {
    pub ca: MachinePath,
    pub certificate: MachinePath,
    pub key: MachinePath,
    /// Servers that may be asked: see [`Endpoint`].
    pub endpoints: BTreeSet<String>,
    /// Whether any server may be asked that proves to be of the CA, as those
    /// that the cluster names as its members.
    pub asks_members: bool,
}

impl EtcdGrant {
    /// That a server may not be asked because the cluster names it.
    pub fn of_members(&self) -> Denial {
        Denial {
            what: "ask those that the cluster names as its members".to_owned(),
            line: format!(
                "etcd: [{{ca: {}, certificate: {}, key: {}, endpoints: [\"*\"]}}]",
                self.ca, self.certificate, self.key
            ),
        }
    }
}

/// What a document has to look like.
pub trait Shape: std::fmt::Debug + Send + Sync {
    /// The error says what is wrong, and where.
    fn check(&self, document: &serde_json::Value) -> Result<(), String>;
}

/// All that one phase was granted, with variables filled in.
#[derive(Clone, Debug, Default)]
pub struct Grants {
    pub files: Vec<FileGrant>,
    pub pki: Vec<PkiGrant>,
    pub kube: Option<KubeGrant>,
    pub node: Option<NodeGrant>,
    pub etcd: Vec<EtcdGrant>,
    /// Paths that may be made what they were before all runs.
    pub undo: Vec<PathPattern>,
    /// Kinds of documents that may be published, and what they look like.
    pub publish: BTreeMap<String, Arc<dyn Shape>>,
    /// Interfaces without parameters: `clock`, `health`, `tokens` ...
    pub interfaces: BTreeSet<String>,
}

/// A missing grant, with the line that would give it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not granted: {what}")]
pub struct Denial {
    /// `write /etc/passwd`
    pub what: String,
    /// The line of a distribution file.
    pub line: String,
}

impl Denial {
    /// How to grant it.
    pub fn hint(&self) -> String {
        if self.line.is_empty() {
            return "no grant reaches it".to_owned();
        }
        format!(
            "if the component should be allowed to, add to its phase's grants in the distribution file:\n    {}",
            self.line
        )
    }
}

impl Grants {
    pub fn covers_service(&self, name: &str) -> Result<(), Denial> {
        self.covers_node(|node| &node.services, "service", "services", name)
    }

    /// Whether a program may be asked for its version.
    pub fn covers_program(&self, name: &str) -> Result<(), Denial> {
        self.covers_node(|node| &node.programs, "program", "programs", name)
    }

    /// Whether the container runtime at a socket may be used.
    pub fn covers_runtime(&self, socket: &str) -> Result<(), Denial> {
        self.covers_node(
            |node| &node.runtimes,
            "container runtime",
            "runtimes",
            socket,
        )
    }

    /// Whether a system account may be made, and things given to it.
    pub fn covers_account(&self, name: &str) -> Result<(), Denial> {
        let mut granted = self.node.iter().flat_map(|node| &node.accounts);
        match granted.any(|pattern| pattern.matches(name)) {
            true => Ok(()),
            false => Err(Denial {
                what: format!("the system account {name}"),
                line: format!("node: {{accounts: [\"{name}\"]}}"),
            }),
        }
    }

    /// Whether the server behind a URL may be asked.
    pub fn covers_endpoint(&self, url: &str) -> Result<(), Denial> {
        let asked = Origin::of(url).map_err(|error| Denial {
            what: format!("ask {url:?}: {error}"),
            line: String::new(),
        })?;
        let granted = self.node.iter().flat_map(|node| &node.endpoints);
        match among(granted, &asked) {
            true => Ok(()),
            false => Err(Denial {
                what: format!("ask {asked}"),
                line: format!("node: {{endpoints: [\"{asked}\"]}}"),
            }),
        }
    }

    /// Whether the API server at an origin may be connected to.
    pub fn covers_server(&self, server: &Origin) -> Result<(), Denial> {
        let granted = self.kube.iter().flat_map(|kube| &kube.servers);
        match among(granted, server) {
            true => Ok(()),
            false => Err(Denial {
                what: format!("connect to {server}"),
                line: format!("kube: {{servers: [\"{server}\"]}}"),
            }),
        }
    }

    fn covers_node(
        &self,
        granted: impl Fn(&NodeGrant) -> &BTreeSet<String>,
        what: &str,
        field: &str,
        name: &str,
    ) -> Result<(), Denial> {
        match &self.node {
            Some(node) if granted(node).contains(name) => Ok(()),
            _ => Err(Denial {
                what: format!("the {what} {name}"),
                line: format!("node: {{{field}: [\"{name}\"]}}"),
            }),
        }
    }

    pub fn covers_file(
        &self,
        place: &Place,
        verb: FileVerb,
        files: &dyn Files,
    ) -> Result<(), Denial> {
        let granted = self.files.iter().any(|grant| {
            grant.verbs.contains(&verb)
                && grant
                    .paths
                    .iter()
                    .any(|pattern| pattern.covers(place, files))
        });
        let verb = match verb {
            FileVerb::Read => "read",
            FileVerb::Write => "write",
            FileVerb::Remove => "remove",
            FileVerb::Own => "own",
            FileVerb::Empty => "empty",
        };
        if granted {
            return refuse_own(place, files);
        }
        // Where a link leads is told for names that the component was given;
        // of others it would learn what lies in folders that it may not see.
        let spelled = (self.files.iter().flat_map(|grant| &grant.paths))
            .any(|pattern| pattern.matches(place.path().as_str()));
        let (led, wanted) = match place.is_linked() && spelled {
            true => (format!(", which leads to {}", place.real()), place.real()),
            false => (String::new(), place.path()),
        };
        Err(Denial {
            what: format!("{verb} {place}{led}"),
            line: format!("files: [{{paths: [{wanted}], verbs: [{verb}]}}]"),
        })
    }

    /// Whether a path as it is spelled is among those that were granted for
    /// this: what may be done there [`Self::covers_file`] says.
    pub fn names_file(&self, place: &Place, verb: FileVerb) -> bool {
        let of_verb = self
            .files
            .iter()
            .filter(|grant| grant.verbs.contains(&verb));
        let mut patterns = of_verb.flat_map(|grant| &grant.paths);
        patterns.any(|pattern| pattern.matches(place.path().as_str()))
    }

    /// Whether `verb` is granted for the name, and every file lies where the
    /// grant says and is one of that name.
    pub fn covers_pki(
        &self,
        name: &str,
        verb: PkiVerb,
        keys: &[KeyFile],
        files: &dyn Files,
    ) -> Result<(), Denial> {
        let granted = self.pki.iter().any(|grant| {
            grant.verbs.contains(&verb)
                && grant.names.iter().any(|pattern| pattern.matches(name))
                && keys.iter().all(|file| {
                    grant
                        .below
                        .as_ref()
                        .is_some_and(|below| belongs(name, below, &file.place, files))
                })
        });
        if granted {
            return keys
                .iter()
                .try_for_each(|file| refuse_own(&file.place, files));
        }
        let verb = match verb {
            PkiVerb::Load => "load",
            PkiVerb::Create => "create",
            PkiVerb::Sign => "sign",
            PkiVerb::Place => "place",
        };
        let folder = keys
            .iter()
            .find(|file| file.holds == Holds::Certificate)
            .or(keys.first())
            .and_then(|file| file.place.real().parent());
        let (at, below) = match &folder {
            Some(folder) => (format!(" in {folder}"), format!(", below: {folder}")),
            None => Default::default(),
        };
        Err(Denial {
            what: format!("{verb} the key or certificate {name}{at}"),
            line: format!("pki: [{{names: [{name}]{below}, verbs: [{verb}]}}]"),
        })
    }

    /// Whether an RBAC verb is granted for this object.
    pub fn covers_object(&self, reference: &ObjectReference, verb: &str) -> Result<(), Denial> {
        self.covers_kube(
            reference.group(),
            &reference.api_version,
            &reference.kind,
            reference.namespace.as_deref(),
            Some(&reference.name),
            verb,
        )
    }

    /// Whether an RBAC verb is granted for a kind; without a name the whole
    /// kind is asked for, which a rule with resource names does not give.
    pub fn covers_kube(
        &self,
        group: &str,
        api_version: &str,
        kind: &str,
        namespace: Option<&str>,
        name: Option<&str>,
        verb: &str,
    ) -> Result<(), Denial> {
        let resource = plural(api_version, kind);
        let among = |list: &[String], item: &str| list.iter().any(|one| one == item || one == "*");
        let granted = self.kube.iter().flat_map(|kube| &kube.rules).any(|rule| {
            among(&rule.api_groups, group)
                && among(&rule.resources, &resource)
                && among(&rule.verbs, verb)
                && (rule.namespaces.is_empty()
                    || namespace.is_some_and(|namespace| among(&rule.namespaces, namespace)))
                && (rule.resource_names.is_empty()
                    || name.is_some_and(|name| named(&rule.resource_names, name)))
        });
        if granted {
            return Ok(());
        }
        let name_part = name
            .map(|name| format!(", resourceNames: [\"{name}\"]"))
            .unwrap_or_default();
        let namespace_part = namespace
            .map(|namespace| format!(", namespaces: [{namespace}]"))
            .unwrap_or_default();
        Err(Denial {
            what: match name {
                Some(name) => format!("{verb} {kind} {name}"),
                None => format!("{verb} {kind}"),
            },
            line: format!(
                "kube: {{rules: [{{apiGroups: [\"{group}\"], resources: [{resource}]{name_part}{namespace_part}, verbs: [{verb}]}}]}}"
            ),
        })
    }

    /// Whether etcd may be asked as a client with these files, at these
    /// endpoints; gives the grant.
    pub fn covers_etcd(
        &self,
        client: &EtcdFiles,
        endpoints: &[String],
        files: &dyn Files,
    ) -> Result<&EtcdGrant, Denial> {
        let EtcdFiles {
            ca,
            certificate,
            key,
        } = client;
        let line = |endpoints: &str| {
            format!(
                "etcd: [{{ca: {ca}, certificate: {certificate}, key: {key}, endpoints: [\"{endpoints}\"]}}]"
            )
        };
        let granted = self.etcd.iter().find(|grant| {
            [
                (&grant.ca, ca),
                (&grant.certificate, certificate),
                (&grant.key, key),
            ]
            .iter()
            .all(|(granted, place)| is_meant(granted, place, files))
        });
        let Some(granted) = granted else {
            return Err(Denial {
                what: format!("ask etcd with {certificate}, {key} and the CA {ca}"),
                line: line("https://self:2379"),
            });
        };
        for place in [ca, certificate, key] {
            refuse_own(place, files)?;
        }
        for url in endpoints {
            let asked = Origin::of(url).map_err(|error| Denial {
                what: format!("ask {url:?}: {error}"),
                line: String::new(),
            })?;
            if !granted.asks_members && !among(granted.endpoints.iter(), &asked) {
                return Err(Denial {
                    what: format!("ask etcd at {asked}"),
                    line: line(&asked.to_string()),
                });
            }
        }
        Ok(granted)
    }

    /// Whether mounts in a folder may be taken away.
    pub fn covers_mounts(&self, folder: &Place, files: &dyn Files) -> Result<(), Denial> {
        let mut granted = self.node.iter().flat_map(|node| &node.mounts);
        match granted.any(|granted| is_meant(granted, folder, files)) {
            true => refuse_own(folder, files),
            false => Err(Denial {
                what: format!("what is mounted in {folder}"),
                line: format!("node: {{mounts: [\"{folder}\"]}}"),
            }),
        }
    }

    /// Whether what runs did to a path may be undone.
    pub fn covers_undo(&self, path: &MachinePath) -> Result<(), Denial> {
        match self.undo.iter().any(|one| one.matches(path.as_str())) {
            true => Ok(()),
            false => Err(Denial {
                what: format!("undo what runs did to {path}"),
                line: format!("undo: [\"{path}\"]"),
            }),
        }
    }

    /// Whether a kubeconfig may be used.
    pub fn covers_kubeconfig(&self, place: &Place, files: &dyn Files) -> Result<(), Denial> {
        match &self.kube {
            Some(kube)
                if kube
                    .kubeconfigs
                    .iter()
                    .any(|granted| is_meant(granted, place, files)) =>
            {
                refuse_own(place, files)
            }
            _ => Err(Denial {
                what: format!("use the kubeconfig {place}"),
                line: format!("kube: {{kubeconfigs: [{place}]}}"),
            }),
        }
    }
}

/// Whether a place is the one that was granted, or what that leads to.
fn is_meant(granted: &MachinePath, place: &Place, files: &dyn Files) -> bool {
    granted == place.real()
        || place.is_linked()
            && files
                .real(granted, place.last())
                .is_ok_and(|real| real == *place.real())
}

/// What the program keeps for itself: journals, and secrets of runs that did
/// not come to their end. No grant reaches it, however wide.
fn refuse_own(place: &Place, files: &dyn Files) -> Result<(), Denial> {
    let own = MachinePath::parse(super::journal::FOLDER).ok();
    let is_own = own.is_some_and(|own| {
        place.real().is_within(&own)
            || files
                .real(&own, LastLink::Follow)
                .is_ok_and(|real| place.real().is_within(&real))
    });
    // The kernel's view of processes, this one among them.
    let is_process = place.real().as_str().starts_with("/proc/");
    match is_own || is_process {
        false => Ok(()),
        true => Err(Denial {
            what: format!("use {place}: it is of the program itself, and never granted"),
            line: String::new(),
        }),
    }
}

/// Whether one of the granted endpoints is this one.
fn among<'a>(mut granted: impl Iterator<Item = &'a String>, asked: &Origin) -> bool {
    granted.any(|one| Endpoint::parse(one).is_ok_and(|one| one.matches(asked)))
}

/// Whether a file is one of the key or certificate of this name: without that
/// a component could load one under the name of another. `below` may be the
/// file itself.
fn belongs(name: &str, below: &MachinePath, place: &Place, files: &dyn Files) -> bool {
    if lies(name, below, place.real()) {
        return true;
    }
    place.is_linked()
        && files
            .real(below, LastLink::Follow)
            .is_ok_and(|below| lies(name, &below, place.real()))
}

fn lies(name: &str, below: &MachinePath, path: &MachinePath) -> bool {
    if path == below {
        return true;
    }
    let folder = below.as_str().trim_end_matches('/');
    let Some(rest) = path
        .as_str()
        .strip_prefix(folder)
        .and_then(|rest| rest.strip_prefix('/'))
    else {
        return false;
    };
    // `etcd/ca.key`, and the forms of 2016: `apiserver-key.pem`.
    [".crt", ".key", ".pub", "-key.pem", "-pub.pem", ".pem"]
        .iter()
        .any(|ending| rest.strip_suffix(ending) == Some(name))
}

/// RBAC takes names literally. For names that are made at run time, as those
/// of bootstrap tokens, a `*` at the end matches any rest.
fn named(names: &[String], name: &str) -> bool {
    names.iter().any(|one| match one.strip_suffix('*') {
        Some(prefix) => name.starts_with(prefix),
        None => one == name,
    })
}

fn plural(api_version: &str, kind: &str) -> String {
    let (group, version) = api_version.split_once('/').unwrap_or(("", api_version));
    let gvk = kube::core::GroupVersionKind::gvk(group, version, kind);
    kube::core::ApiResource::from_gvk(&gvk).plural
}

#[cfg(test)]
mod tests;
