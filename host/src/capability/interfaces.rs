//! The interfaces that a phase may import: what grants each, and the line that
//! would. Made from this one table are the check of imports, what `use:` takes,
//! the check of each call, and the table of the guide (`plugins/README.md`).

use crate::effect::{Denial, FileVerb, Grants};

/// Where in a phase's grants an interface is granted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Needs {
    /// Nowhere: it gives nothing away.
    Nothing,
    Files,
    Keys,
    Kube,
    Node,
    /// Accounts of the node.
    Accounts,
    /// Container runtimes of the node.
    Runtimes,
    /// What is mounted in folders of the node.
    Mounts,
    /// Clusters of etcd.
    Etcd,
    /// The verb `empty` of files.
    Emptying,
    /// Documents for later phases.
    Publishing,
    /// Paths that may be made what they were.
    Undoing,
    /// Its name in `use`.
    Name,
}

/// An interface of the contract.
#[derive(Debug)]
pub struct Interface {
    /// `container-runtime`
    pub name: &'static str,
    needs: Needs,
    /// A line of a phase's grants that would grant it.
    line: &'static str,
    /// What grants it, for the guide.
    pub grant: &'static str,
}

macro_rules! interfaces {
    ($($constant:ident = $name:literal, $needs:ident, $line:literal, $grant:literal;)*) => {
        $(pub const $constant: &Interface = &Interface {
            name: $name,
            needs: Needs::$needs,
            line: $line,
            grant: $grant,
        };)*

        /// All of them, as the guide lists them.
        pub const ALL: &[&Interface] = &[$($constant),*];
    };
}

interfaces! {
    FILES = "files", Files,
        "files: [{paths: [/etc/example/**], verbs: [read, write]}]",
        "`files:` path patterns and verbs";
    PKI = "pki", Keys,
        "pki: [{names: [example], below: /etc/kubernetes/pki, verbs: [load, create]}]",
        "`pki:` names below a folder, and verbs";
    KUBE = "kube", Kube,
        "kube: {kubeconfigs: [/etc/kubernetes/admin.conf], rules: [{apiGroups: [\"\"], resources: [configmaps], verbs: [get]}]}",
        "`kube:` kubeconfigs and PolicyRules as in RBAC; where a kubeconfig that a phase wrote, or `connect-to`, may lead: `servers:` at the top of the distribution";
    NODE = "node", Node,
        "node: {}",
        "`node: {}`, with `services:` that it may act on";
    CONTAINER_RUNTIME = "container-runtime", Runtimes,
        "node: {runtimes: [\"${InitConfiguration.nodeRegistration.criSocket}\"]}",
        "`node:` with `runtimes:`, the sockets";
    PODS = "pods", Runtimes,
        "node: {runtimes: [\"${InitConfiguration.nodeRegistration.criSocket}\"]}",
        "`node:` with `runtimes:`, the sockets";
    MOUNTS = "mounts", Mounts,
        "node: {mounts: [/var/lib/kubelet]}",
        "`node:` with `mounts:`, the folders in which it may unmount";
    ETCD = "etcd", Etcd,
        "etcd: [{ca: /etc/kubernetes/pki/etcd/ca.crt, certificate: /etc/kubernetes/pki/etcd/healthcheck-client.crt, key: /etc/kubernetes/pki/etcd/healthcheck-client.key, endpoints: [\"https://self:2379\"]}]",
        "`etcd:` the files of a client and the endpoints";
    LEFTOVERS = "leftovers", Emptying,
        "files: [{paths: [/var/lib/example], verbs: [empty]}]",
        "`files:` with the verb `empty`";
    DOCUMENTS = "documents", Publishing,
        "publish: {Example: {field: string}}",
        "`publish:` kinds and their schemas";
    UNDO = "undo", Undoing,
        "undo: [\"/etc/example/**\"]",
        "`undo:` path patterns";
    ACCOUNTS = "accounts", Accounts,
        "node: {accounts: [\"example-*\"]}",
        "`node:` with `accounts:`, patterns of names; for files given to others the verb `own` of `files:`";
    CHECKS = "checks", Name,
        "use: [checks]",
        "`use: [checks]`; `node:` with the `services:`, `programs:` and `endpoints:` that it asks about";
    HEALTH = "health", Name,
        "use: [health]",
        "`use: [health]`; `node:` with the `endpoints:` that it asks (`https://HOST:PORT`; `self` is this machine, `*` any port)";
    CLOCK = "clock", Name, "use: [clock]", "`use: [clock]`";
    KUBECONFIGS = "kubeconfigs", Name, "use: [kubeconfigs]", "`use: [kubeconfigs]`";
    PATCHES = "patches", Name, "use: [patches]", "`use: [patches]`";
    TERMINAL = "terminal", Name, "use: [terminal]", "`use: [terminal]`";
    TOKENS = "tokens", Name, "use: [tokens]", "`use: [tokens]`";
    TYPES = "types", Nothing, "", "none needed";
    SEALED = "sealed", Nothing, "", "none needed";
    LOG = "log", Nothing, "", "none needed";
}

/// The interface of this name.
pub fn find(name: &str) -> Option<&'static Interface> {
    ALL.iter().copied().find(|one| one.name == name)
}

/// The names that `use:` takes, sorted.
pub fn usable() -> Vec<&'static str> {
    let named = ALL.iter().filter(|one| one.needs == Needs::Name);
    let mut names: Vec<_> = named.map(|one| one.name).collect();
    names.sort_unstable();
    names
}

impl Interface {
    /// Whether these grants open it. What it may then be asked for, its
    /// functions see to.
    pub fn check(&self, grants: &Grants) -> Result<(), Denial> {
        let node = grants.node.as_ref();
        let is_granted = match self.needs {
            Needs::Nothing => true,
            Needs::Files => !grants.files.is_empty(),
            Needs::Keys => !grants.pki.is_empty(),
            Needs::Kube => grants.kube.is_some(),
            Needs::Node => node.is_some(),
            Needs::Accounts => node.is_some_and(|node| !node.accounts.is_empty()),
            Needs::Runtimes => node.is_some_and(|node| !node.runtimes.is_empty()),
            Needs::Mounts => node.is_some_and(|node| !node.mounts.is_empty()),
            Needs::Etcd => !grants.etcd.is_empty(),
            Needs::Emptying => grants
                .files
                .iter()
                .any(|one| one.verbs.contains(&FileVerb::Empty)),
            Needs::Publishing => !grants.publish.is_empty(),
            Needs::Undoing => !grants.undo.is_empty(),
            Needs::Name => grants.interfaces.contains(self.name),
        };
        match is_granted {
            true => Ok(()),
            false => Err(Denial {
                what: format!("the interface {}", self.name),
                line: self.line.to_owned(),
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_has_what_the_contract_has() {
        let mut resolve = wit_parser::Resolve::default();
        resolve.push_dir("../wit/v0.1.0").unwrap();
        let worlds = resolve.worlds.iter();
        let mut phases = worlds.filter(|(_, world)| world.name == "phase");
        let (_, world) = phases.next().unwrap();
        let mut imported: Vec<String> = world
            .imports
            .values()
            .filter_map(|item| match item {
                wit_parser::WorldItem::Interface { id, .. } => resolve.interfaces[*id].name.clone(),
                _ => None,
            })
            .collect();
        imported.sort_unstable();
        let mut listed: Vec<&str> = ALL.iter().map(|one| one.name).collect();
        listed.sort_unstable();
        assert_eq!(listed, imported);
    }

    #[test]
    fn nothing_is_open_by_default_but_what_gives_nothing_away() {
        for one in ALL {
            let free = one.needs == Needs::Nothing;
            let checked = one.check(&Grants::default());
            assert_eq!(checked.is_ok(), free, "{}", one.name);
            assert_eq!(one.line.is_empty(), free, "{}", one.name);
        }
    }

    /// To mend the guide, put there what this test shows.
    #[test]
    fn the_guide_has_the_table() {
        let rows = ALL
            .iter()
            .map(|one| format!("| {:20} | {} |\n", format!("`{}`", one.name), one.grant));
        let head = "| import of the component | grant |\n|---|---|\n";
        let table = head.to_owned() + &rows.collect::<String>();
        let guide = std::fs::read_to_string("../plugins/README.md").unwrap();
        assert!(guide.contains(&table), "the guide lacks:\n{table}");
    }
}
