//! The phases CreateTokenAuthFile and generateJoinArgs: the token that nodes
//! join with.

use kubewright_1_5_common::{Master, TOKEN, nothing_in_the_way};
use kubewright_plugin::tokens::{self, Alphabet, Token};
use kubewright_plugin::{Content, Context, Document, Result, files, progress_under, terminal};

/// Who holds the token, and the group that may ask for certificates.
const USER: &str = "kubeadm-node-csr";
const GROUP: &str = "system:kubelet-bootstrap";

kubewright_plugin::phases! {
    summary: "The token that nodes join with",
    "CreateTokenAuthFile": "Generate a token, or take the given one, and write the file that the API server knows it from"
        => create_token_auth_file,
    "generateJoinArgs": "Show the command that joins a node" => generate_join_args,
}

fn create_token_auth_file(document: &Document) -> Result<()> {
    let master = Master::read(document)?;
    nothing_in_the_way(&master)?;
    progress_under!("init", "Using Kubernetes version: {}", master.version);
    let token = token()?;
    if token.generated() {
        progress_under!("tokens", "Generated token: \"{}.<sealed>\"", token.id());
    } else {
        progress_under!("tokens", "Accepted provided token");
    }
    files::ensure_directory(&master.pki_dir, 0o700)?;
    let uuid = tokens::time_based_uuid(USER).context("making the user's id")?;
    // The secret half alone is the bearer token.
    let line = Content::new()
        .secret(token.secret())
        .text(format!(",{USER},{uuid},{GROUP}\n"));
    files::write(&master.pki("token.csv"), 0o600, line)?;
    Ok(())
}

fn generate_join_args(document: &Document) -> Result<()> {
    let master = Master::read(document)?;
    let content = Content::new()
        .text(INSTRUCTIONS)
        .text("kubeadm join --token=")
        .secret(token()?.full())
        .text(format!("{}\n", arguments(&master)));
    terminal::show(&content.pieces()).context("showing the join command")?;
    Ok(())
}

fn token() -> Result<Token> {
    tokens::bootstrap(TOKEN, Alphabet::Hexadecimal).context("getting the token")
}

/// What follows the token: ports that are not the default, and the master.
fn arguments(master: &Master) -> String {
    let mut arguments = String::new();
    for (flag, port, default) in [
        ("api-port", master.api_port, 6443),
        ("discovery-port", master.discovery_port, 9898),
    ] {
        if port != default {
            arguments.push_str(&format!(" --{flag}={port}"));
        }
    }
    format!("{arguments} {}", master.first_address())
}

const INSTRUCTIONS: &str = "
Your Kubernetes master has initialized successfully!

You should now deploy a pod network to the cluster.
Run \"kubectl apply -f [podnetwork].yaml\" with one of the options listed at:
    http://kubernetes.io/docs/admin/addons/

You can now join any number of machines by running the following on each node:

";
