//! What there is to be taken back from a node, as the phase `read-node` found
//! it.

use std::collections::BTreeSet;

use kubewright_plugin::{Document, Result, Value, json};

/// The kind that it is published as.
pub const KIND: &str = "LeavingNode";

/// What there is to be taken back.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Node {
    /// Folders that programs of the cluster filled, but etcd's.
    pub folders: BTreeSet<String>,
    /// Those that etcd filled, if they are to be emptied.
    pub etcd_folders: BTreeSet<String>,
    /// Where this machine's etcd keeps its data.
    pub etcd_data: String,
    /// Whether it has a static Pod of etcd.
    pub has_etcd: bool,
    /// Where that one listens to clients, and those elsewhere.
    pub etcd_clients: Vec<String>,
    /// Where it listens to other members.
    pub etcd_peers: Vec<String>,
    /// What is wrong with its manifest; empty where nothing is.
    pub etcd_problem: String,
    pub has_api_server: bool,
    /// Whether kubeadm made users for the components.
    pub is_rootless: bool,
}

impl Node {
    /// As it is published.
    pub fn to_value(&self) -> Value {
        json!({
            "folders": self.folders,
            "etcdFolders": self.etcd_folders,
            "etcdData": self.etcd_data,
            "hasEtcd": self.has_etcd,
            "etcdClients": self.etcd_clients,
            "etcdPeers": self.etcd_peers,
            "etcdProblem": self.etcd_problem,
            "hasAPIServer": self.has_api_server,
            "rootless": self.is_rootless,
        })
    }

    /// As it was published; none where there is nothing to be taken back.
    pub fn of(document: &Document) -> Result<Option<Self>> {
        match document.configuration(KIND) {
            Ok(value) => Ok(Some(Self::read(value))),
            Err(_) => Ok(None),
        }
    }

    fn read(value: &Value) -> Self {
        let flag = |name: &str| value[name].as_bool().unwrap_or(false);
        let text = |name: &str| value[name].as_str().unwrap_or_default().to_owned();
        let texts = |name: &str| -> Vec<String> {
            let items = value[name].as_array().map_or(&[][..], Vec::as_slice);
            let texts = items.iter().filter_map(Value::as_str);
            texts.map(str::to_owned).collect()
        };
        Self {
            folders: texts("folders").into_iter().collect(),
            etcd_folders: texts("etcdFolders").into_iter().collect(),
            etcd_data: text("etcdData"),
            has_etcd: flag("hasEtcd"),
            etcd_clients: texts("etcdClients"),
            etcd_peers: texts("etcdPeers"),
            etcd_problem: text("etcdProblem"),
            has_api_server: flag("hasAPIServer"),
            is_rootless: flag("rootless"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_published_is_what_is_read() {
        let node = Node {
            folders: ["/a".to_owned()].into(),
            etcd_folders: ["/b".to_owned()].into(),
            etcd_data: "/b".to_owned(),
            has_etcd: true,
            etcd_clients: vec!["https://10.0.0.1:2379".to_owned()],
            etcd_peers: vec!["https://10.0.0.1:2380".to_owned()],
            etcd_problem: "x".to_owned(),
            has_api_server: true,
            is_rootless: true,
        };
        assert_eq!(Node::read(&node.to_value()), node);
        assert_eq!(Node::read(&json!({})), Node::default());
    }
}
