//! What a component may do. Deny by default.

use std::collections::BTreeSet;

use globset::{Glob, GlobBuilder, GlobMatcher};

use super::action::{Action, Holds, KeyFile, KubeAction, ObjectReference};
use crate::world::MachinePath;

/// What may be done to a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FileVerb {
    Read,
    Write,
    Remove,
    /// Give to another owner, with another mode.
    Own,
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
    pub rules: Vec<KubeRule>,
}

/// The node: its facts, and these of its services, programs and container
/// runtimes (by their sockets); and servers elsewhere.
#[derive(Clone, Debug, Default)]
pub struct NodeGrant {
    pub services: BTreeSet<String>,
    pub programs: BTreeSet<String>,
    pub runtimes: BTreeSet<String>,
    /// Servers that may be asked, by their origins: `https://10.0.0.9:2379`.
    pub endpoints: BTreeSet<String>,
    /// System accounts, by patterns of their names.
    pub accounts: Vec<PathPattern>,
}

/// All that one phase was granted, with variables filled in.
#[derive(Clone, Debug, Default)]
pub struct Grants {
    pub files: Vec<FileGrant>,
    pub pki: Vec<PkiGrant>,
    pub kube: Option<KubeGrant>,
    pub node: Option<NodeGrant>,
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
        format!(
            "if the component should be allowed to, add to its phase's grants in the distribution file:\n    {}",
            self.line
        )
    }
}

impl Grants {
    /// Whether this effect is granted.
    pub fn covers(&self, action: &Action) -> Result<(), Denial> {
        match action {
            Action::WriteFile { path, .. } | Action::MakeDirectory { path, .. } => {
                self.covers_file(path, FileVerb::Write)
            }
            Action::RemoveFile { path } => self.covers_file(path, FileVerb::Remove),
            Action::EnsureAccounts { users, groups } => {
                let members = groups.iter().flat_map(|group| &group.members);
                let groups = groups.iter().map(|group| &group.name);
                let mut names = users.iter().chain(groups).chain(members);
                names.try_for_each(|name| self.covers_account(name))
            }
            Action::SetOwner {
                path, user, group, ..
            } => {
                self.covers_file(path, FileVerb::Own)?;
                // It can only lose by that.
                let mut others = [user, group].into_iter().filter(|name| *name != "root");
                others.try_for_each(|name| self.covers_account(name))
            }
            Action::CreateKey { name, files, .. }
            | Action::IssueCertificate { name, files, .. } => {
                self.covers_pki(name, PkiVerb::Create, files)
            }
            Action::Kube {
                action, reference, ..
            } => {
                let verbs: &[&str] = match action {
                    KubeAction::Apply => &["create", "patch"],
                    KubeAction::Create => &["create"],
                    KubeAction::Patch { .. } => &["patch"],
                    KubeAction::Delete => &["delete"],
                };
                verbs
                    .iter()
                    .try_for_each(|verb| self.covers_object(reference, verb))
            }
            Action::Service { name, .. } => self.covers_service(name),
            Action::PullImage { socket, .. } => self.covers_runtime(socket),
            // Bounded by the interface grant, which is checked at load.
            Action::Show { .. } => Ok(()),
        }
    }

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
        let asked = origin(url).unwrap_or_else(|| url.to_owned());
        let granted = self.node.as_ref().is_some_and(|node| {
            let mut known = node.endpoints.iter();
            known.any(|one| origin(one).is_some_and(|one| one == asked))
        });
        match granted {
            true => Ok(()),
            false => Err(Denial {
                what: format!("ask {asked}"),
                line: format!("node: {{endpoints: [\"{asked}\"]}}"),
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

    pub fn covers_file(&self, path: &MachinePath, verb: FileVerb) -> Result<(), Denial> {
        let granted = self.files.iter().any(|grant| {
            grant.verbs.contains(&verb)
                && grant
                    .paths
                    .iter()
                    .any(|pattern| pattern.matches(path.as_str()))
        });
        if granted {
            return Ok(());
        }
        let verb = match verb {
            FileVerb::Read => "read",
            FileVerb::Write => "write",
            FileVerb::Remove => "remove",
            FileVerb::Own => "own",
        };
        Err(Denial {
            what: format!("{verb} {path}"),
            line: format!("files: [{{paths: [{path}], verbs: [{verb}]}}]"),
        })
    }

    /// Whether `verb` is granted for the name, and every file lies where the
    /// grant says and is one of that name.
    pub fn covers_pki(&self, name: &str, verb: PkiVerb, files: &[KeyFile]) -> Result<(), Denial> {
        let granted = self.pki.iter().any(|grant| {
            grant.verbs.contains(&verb)
                && grant.names.iter().any(|pattern| pattern.matches(name))
                && files.iter().all(|file| {
                    grant
                        .below
                        .as_ref()
                        .is_some_and(|below| belongs(name, below, &file.path))
                })
        });
        if granted {
            return Ok(());
        }
        let verb = match verb {
            PkiVerb::Load => "load",
            PkiVerb::Create => "create",
            PkiVerb::Sign => "sign",
            PkiVerb::Place => "place",
        };
        let folder = files
            .iter()
            .find(|file| file.holds == Holds::Certificate)
            .or(files.first())
            .and_then(|file| file.path.parent());
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

    /// Whether a kubeconfig may be used.
    pub fn covers_kubeconfig(&self, path: &MachinePath) -> Result<(), Denial> {
        match &self.kube {
            Some(kube) if kube.kubeconfigs.contains(path) => Ok(()),
            _ => Err(Denial {
                what: format!("use the kubeconfig {path}"),
                line: format!("kube: {{kubeconfigs: [{path}]}}"),
            }),
        }
    }
}

/// Scheme, host and port of a URL, in lower case; the port that goes without
/// saying is said.
fn origin(url: &str) -> Option<String> {
    let url: http::Uri = url.parse().ok()?;
    let scheme = url.scheme_str()?.to_lowercase();
    let port = match scheme.as_str() {
        "https" => 443,
        "http" => 80,
        _ => return None,
    };
    // With a user's name in it, who is asked is told in two ways.
    if url.authority()?.as_str().contains('@') {
        return None;
    }
    let port = url.port_u16().unwrap_or(port);
    Some(format!("{scheme}://{}:{port}", url.host()?.to_lowercase()))
}

/// Whether a file is one of the key or certificate of this name: without that
/// a component could load one under the name of another. `below` may be the
/// file itself.
fn belongs(name: &str, below: &MachinePath, path: &MachinePath) -> bool {
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
