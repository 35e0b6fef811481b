//! The phase `upload-certs`: what further control planes share, encrypted
//! (kubeadm `app/phases/copycerts/copycerts.go`).

mod material;

use kubewright_plugin::client::{Client, reference};
use kubewright_plugin::object::Object;
use kubewright_plugin::tokens::{self, Alphabet};
use kubewright_plugin::{
    Content, Context, Document, Duration, Error, Result, clock, encoding, json, progress, rbac,
    terminal, time,
};

const NAMESPACE: &str = "kube-system";
const SECRET: &str = "kubeadm-certs";
const ROLE: &str = "kubeadm:kubeadm-certs";
/// The Secret with the certificates goes when the token does
/// (`constants.DefaultCertTokenDuration`).
const LIFETIME: Duration = Duration::from_seconds(2 * 3600);
/// Not a place in the configuration, so a token is made for it.
const TOKEN: &str = "/internal/uploadCerts/token";
const CERTIFICATE_KEY: &str = "/InitConfiguration/certificateKey";

kubewright_plugin::phases! {
    summary: "Certificates for further control planes, encrypted in a Secret",
    "upload-certs": "Upload certificates to kubeadm-certs" => run,
}

fn run(document: &Document) -> Result<()> {
    let options = document.options();
    if !options.upload_certs {
        progress!("Skipping phase. Please see --upload-certs");
        return Ok(());
    }
    let cluster = document.cluster()?;
    material::refuse_external_ca(cluster)?;
    let client = Client::admin(document)?;
    progress!("Storing the certificates in Secret {SECRET:?} in the {NAMESPACE:?} Namespace");
    let kept = match document.init()?.certificate_key.is_empty() {
        // Nobody has the key of an earlier upload any more.
        true => None,
        false => earlier_token(&client)?,
    };
    upload(&client, cluster, kept).context("error uploading certs")?;

    if !options.skip_certificate_key_print {
        let key = tokens::certificate_key(CERTIFICATE_KEY)?;
        let text = Content::new()
            .text("Using certificate key:\n")
            .secret(key)
            .text("\n");
        terminal::show(&text.pieces()).context("showing the certificate key")?;
    }
    Ok(())
}

fn upload(
    client: &Client,
    cluster: &kubewright_plugin::configuration::ClusterConfiguration,
    kept: Option<String>,
) -> Result<()> {
    let token = match &kept {
        Some(name) => name.clone(),
        None => short_lived_token(client)?,
    };
    let owner = client
        .get(&reference("v1", "Secret", Some(NAMESPACE), &token))?
        .ok_or_else(|| Error::new(format!("the Secret {token}, just made, is not there")))?;
    let key = tokens::certificate_key(CERTIFICATE_KEY).context("getting the certificate key")?;

    let mut secret = Object::new("v1", "Secret", SECRET)
        .namespace(NAMESPACE)
        .metadata(
            "ownerReferences",
            json!([{
                "apiVersion": "v1",
                "kind": "Secret",
                "name": token,
                "uid": owner["metadata"]["uid"],
                "controller": true,
                "blockOwnerDeletion": true,
            }]),
        );
    for item in material::collect(cluster)? {
        secret = match item.content {
            Some(plain) => {
                let sealed = tokens::encrypt(&plain, &key)
                    .with_context(|| format!("encrypting {}", item.name))?;
                secret.sealed_data(&item.name, Content::new().secret(sealed).base64()?)
            }
            // An etcd of somebody else may come without credentials.
            None => secret.secret_data(&item.name, ""),
        };
    }
    client.apply(&secret)?;
    client.apply(&rbac::role(
        NAMESPACE,
        ROLE,
        &[rbac::get_one("secrets", SECRET)],
    ))?;
    client.apply(&rbac::role_binding(
        NAMESPACE,
        ROLE,
        ROLE,
        &[rbac::group(rbac::BOOTSTRAPPERS)],
    ))?;
    Ok(())
}

/// The Secret of the token of an earlier upload, if more than half of its time
/// is still to come: a run that is repeated soon changes nothing.
fn earlier_token(client: &Client) -> Result<Option<String>> {
    let secret = |name: &str| client.get(&reference("v1", "Secret", Some(NAMESPACE), name));
    let Some(uploaded) = secret(SECRET)? else {
        return Ok(None);
    };
    let owner = &uploaded["metadata"]["ownerReferences"][0];
    let Some(name) = owner["name"].as_str() else {
        return Ok(None);
    };
    let enough = clock::now()?.saturating_add_unsigned(LIFETIME.seconds() / 2);
    let found = secret(name)?.filter(|token| {
        let ends = token["data"]["expiration"].as_str();
        ends.and_then(encoding::base64_text)
            .is_some_and(|ends| time::is_after(&ends, enough))
    });
    Ok(found.map(|_| name.to_owned()))
}

/// Makes the token whose end takes the certificates with it, and gives the name
/// of its Secret. It is good for nothing else.
fn short_lived_token(client: &Client) -> Result<String> {
    let token = tokens::bootstrap(TOKEN, Alphabet::Alphanumeric)
        .context("making a token to upload certs")?;
    let name = format!("bootstrap-token-{}", token.id());
    let expiration = clock::now()?.saturating_add_unsigned(LIFETIME.seconds());
    let secret = Object::new("v1", "Secret", &name)
        .namespace(NAMESPACE)
        .set("type", json!("bootstrap.kubernetes.io/token"))
        .secret_data("token-id", &token.id())
        .secret_data(
            "description",
            "Proxy for managing TTL for the kubeadm-certs secret",
        )
        .secret_data("expiration", &time::rfc3339(expiration))
        .sealed_data(
            "token-secret",
            Content::new().secret(token.secret()).base64()?,
        );
    client.apply(&secret)?;
    Ok(name)
}
