//! The phase `remove-etcd-member` (kubeadm
//! `app/cmd/phases/reset/removeetcdmember.go`).

use kubewright_leaving::{Folders, Node, Settings, Teller};
use kubewright_plugin::etcd::{self, Cluster};
use kubewright_plugin::types::{Change, ErrorCode};
use kubewright_plugin::{Document, Error, Result, files};

/// Pairs that etcd accepts of clients, below the folder of certificates: that
/// of its probes, which kubeadm uses, and that of the API server.
const CLIENTS: [&str; 2] = ["etcd/healthcheck-client", "apiserver-etcd-client"];

fn run(document: &Document) -> Result<()> {
    let settings = Settings::read(document)?;
    let Some(node) = Node::of(document)? else {
        return Ok(());
    };
    // Below another root nothing runs that could be a member.
    if settings.is_live {
        leave(&settings, &node);
    }
    // Its data is taken away when nothing writes there any more: by cleanup-node,
    // if that runs.
    if settings.runs("cleanup-node") {
        return Ok(());
    }
    let mut folders = Folders::of(&settings);
    for folder in &node.etcd_folders {
        folders.empty(folder)?;
    }
    folders.finish()
}

/// Takes this machine's etcd out of its cluster. What goes wrong is told, and
/// the reset goes on: it is the others that suffer, and they can be helped.
fn leave(settings: &Settings, node: &Node) {
    let teller = Teller::of(settings.is_planned);
    if !node.etcd_problem.is_empty() {
        teller.warning(&node.etcd_problem);
    }
    if !node.has_etcd {
        if node.has_api_server || !node.etcd_problem.is_empty() {
            teller.line("No etcd config found. Assuming external etcd");
            teller.line("Please, manually reset etcd to prevent further issues");
        }
        return;
    }
    if let Err(error) = remove(settings, node, teller) {
        teller.warning(&format!(
            "Failed to remove etcd member: {error}, please manually remove this etcd member using etcdctl"
        ));
    }
}

fn remove(settings: &Settings, node: &Node, teller: Teller) -> Result<()> {
    let cluster = cluster(settings, node)?;
    let members = etcd::members(&cluster, settings.etcd_seconds)?;
    let is_own = |member: &&etcd::Member| {
        let mut urls = member.peer_urls.iter();
        urls.any(|url| node.etcd_peers.contains(url))
    };
    const GONE: &str = "The etcd member on this node was already removed from the etcd cluster";
    const ONLY: &str =
        "This is the only remaining etcd member in the etcd cluster, skip removing it";
    let Some(own) = members.iter().find(is_own) else {
        teller.line(GONE);
        return Ok(());
    };
    if members.len() == 1 {
        teller.line(ONLY);
        return Ok(());
    }
    match etcd::remove_member(&cluster, own.id, settings.etcd_seconds) {
        Ok(Change::Unchanged) => teller.line(GONE),
        Ok(_) => teller.step("removed the etcd member", &own.name, ""),
        Err(error) if error.code == ErrorCode::Conflict => teller.line(ONLY),
        Err(error) => return Err(Error::from(error)),
    }
    Ok(())
}

/// The cluster, by what this machine and the API server know of it.
fn cluster(settings: &Settings, node: &Node) -> Result<Cluster> {
    let below = |name: &str| format!("{}/{name}", settings.certificates);
    let mut client = CLIENTS[0];
    for pair in CLIENTS {
        if files::exists(&below(&format!("{pair}.crt")))? {
            client = pair;
            break;
        }
    }
    Ok(Cluster {
        endpoints: node.etcd_clients.clone(),
        ca: below("etcd/ca.crt"),
        certificate: below(&format!("{client}.crt")),
        key: below(&format!("{client}.key")),
    })
}

kubewright_plugin::phases! {
    summary: "Takes this machine's etcd out of its cluster",
    "remove-etcd-member": "Remove a local etcd member" => run,
}
