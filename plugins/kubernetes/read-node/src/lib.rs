//! What there is to be taken back from a node: by its journal, its static Pods,
//! and its cluster. Others phases get it as a document of its own, and what
//! they may do depends on it.

mod cluster;
mod manifest;

use std::collections::BTreeSet;

use kubewright_leaving::{ETCD_DATA, KIND, KUBELET, Node, Settings, TEMPORARY};
use kubewright_plugin::undo::{self, Standing};
use kubewright_plugin::{Context, Document, Result, documents, files};

use cluster::ClusterFacts;
use manifest::LocalEtcd;

const MANIFEST: &str = "/etc/kubernetes/manifests/etcd.yaml";
const API_SERVER: &str = "/etc/kubernetes/manifests/kube-apiserver.yaml";

fn run(document: &Document) -> Result<()> {
    let settings = Settings::read(document)?;
    let standing = undo::whose()?;
    if standing == Standing::Settled {
        return Ok(());
    }
    let is_ours = standing == Standing::Ours;
    let facts = match is_ours {
        // Of others the journal does not know.
        false => ClusterFacts::read(&settings)?,
        true => ClusterFacts::default(),
    };
    let mut node = local(&facts)?;
    if settings.is_live && settings.runs("remove-etcd-member") && node.has_etcd {
        node.etcd_clients.extend(cluster::etcd_endpoints(&settings));
        let mut seen = BTreeSet::new();
        node.etcd_clients.retain(|url| seen.insert(url.clone()));
    }
    let filled = undo::filled()?;
    if node.etcd_data.is_empty() {
        let recorded = filled.iter().find(|folder| **folder != KUBELET);
        node.etcd_data = recorded.map_or(ETCD_DATA, String::as_str).to_owned();
    }
    let mut folders: BTreeSet<String> = filled.into_iter().collect();
    if !is_ours {
        let certificates = match &facts.certificates {
            Some(known) if !settings.names_certificates => known,
            _ => &settings.certificates,
        };
        folders.extend([KUBELET, certificates, &node.etcd_data].map(str::to_owned));
    }
    if settings.names_certificates {
        folders.insert(settings.certificates.clone());
    }
    if settings.cleanup_tmp_dir {
        folders.insert(TEMPORARY.to_owned());
    }
    (node.etcd_folders, node.folders) = folders
        .into_iter()
        .partition(|folder| *folder == node.etcd_data);
    documents::publish(KIND, &node.to_value().to_string())
        .context("telling the other phases what there is")
}

/// What the static Pods say.
fn local(facts: &ClusterFacts) -> Result<Node> {
    let mut node = Node {
        has_api_server: files::exists(API_SERVER)?,
        etcd_data: facts.etcd_data.clone().unwrap_or_default(),
        is_rootless: facts.is_rootless,
        ..Node::default()
    };
    if !files::exists(MANIFEST)? {
        return Ok(node);
    }
    let read = files::read_text(MANIFEST).map_err(|error| error.to_string());
    let local = read.and_then(|text| {
        LocalEtcd::of(&text).ok_or_else(|| format!("{MANIFEST} is not the static Pod of etcd"))
    });
    match local {
        Ok(local) => {
            node.has_etcd = true;
            if node.etcd_data.is_empty() {
                node.etcd_data = local.data;
            }
            node.etcd_clients = local.clients;
            node.etcd_peers = local.peers;
        }
        Err(problem) => node.etcd_problem = problem,
    }
    Ok(node)
}

kubewright_plugin::phases! {
    summary: "Finds out what there is to be taken back from a node",
    "read-node": "Read what there is to be taken back" => run,
}
