//! The phase CreateDiscoveryDeploymentAndSecret.

use kubewright_1_5_common::{
    Affinity, Master, NAMESPACE, PATIENCE_SECONDS, SELINUX_TYPE, TOKEN, annotations, create,
    deployment,
};
use kubewright_plugin::client::{Client, Condition, reference};
use kubewright_plugin::object::Object;
use kubewright_plugin::tokens::{self, Alphabet};
use kubewright_plugin::{Content, Context, Document, Result, Value, json, pki, progress_under};

const NAME: &str = "kube-discovery";
const SECRET: &str = "clusterinfo";
const TOPIC: &str = "token-discovery";
/// The port that the server in the image listens on, whatever is configured.
const CONTAINER_PORT: u16 = 9898;

kubewright_plugin::phases! {
    summary: "How nodes find the cluster",
    "CreateDiscoveryDeploymentAndSecret": "Deploy kube-discovery, and give it what nodes need to know" => run,
}

fn run(document: &Document) -> Result<()> {
    let master = Master::read(document)?;
    let client = Client::connect(&master.kubeconfig("admin"))?;
    let placed = Some(annotations(&master, Affinity::Master));
    create(&client, &master, &deployment(NAME, placed, pod(&master)))?;
    create(&client, &master, &secret(&master)?)?;
    progress_under!(
        TOPIC,
        "Created the kube-discovery deployment, waiting for it to become ready"
    );
    client.wait(
        &reference("extensions/v1beta1", "Deployment", Some(NAMESPACE), NAME),
        &Condition::AtLeast(("/status/availableReplicas".to_owned(), 1)),
        PATIENCE_SECONDS,
    )?;
    progress_under!(TOPIC, "kube-discovery is ready after {{elapsed}} seconds");
    Ok(())
}

fn pod(master: &Master) -> Value {
    json!({
        "hostNetwork": true,
        "containers": [{
            "name": NAME,
            "image": master.discovery_image,
            "command": ["/usr/local/bin/kube-discovery"],
            "ports": [{"name": "http", "containerPort": CONTAINER_PORT, "hostPort": master.discovery_port}],
            "volumeMounts": [{"name": SECRET, "mountPath": "/tmp/secret", "readOnly": true}],
            "securityContext": {"seLinuxOptions": {"type": SELINUX_TYPE}},
        }],
        "volumes": [{"name": SECRET, "secret": {"secretName": SECRET}}],
    })
}

/// The CA, where the API servers are, and the secrets that sign what is told.
fn secret(master: &Master) -> Result<Object> {
    let ca = pki::load_certificate("ca", &master.pki("ca.pem"), None).context("loading the CA")?;
    let token = tokens::bootstrap(TOKEN, Alphabet::Hexadecimal).context("getting the token")?;
    let endpoints: Vec<_> = master
        .advertise_addresses
        .iter()
        .map(|address| master.url(address))
        .collect();
    // Neither id nor secret has a character that JSON escapes.
    let map = Content::new()
        .text(format!("{{\"{}\":\"", token.id()))
        .secret(token.secret())
        .text("\"}")
        .base64()?;
    Ok(Object::new("v1", "Secret", SECRET)
        .namespace(NAMESPACE)
        .set("type", json!("Opaque"))
        .secret_data("ca.pem", &ca.pem())
        .secret_data("endpoint-list.json", &json!(endpoints).to_string())
        .sealed_data("token-map.json", map))
}
