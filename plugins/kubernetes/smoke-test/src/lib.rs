//! The phase `smoke-test`: creates, reads and deletes a Deployment that runs
//! nothing, to prove that the new API stores what it is given. It leaves
//! nothing behind.

use kubewright_plugin::client::{Client, Condition, reference};
use kubewright_plugin::object::Object;
use kubewright_plugin::{Context, Document, Error, Result, Value, debug, json, progress};

const NAME: &str = "kubewright-smoke-test";
const NAMESPACE: &str = "kube-system";

/// Says that a Deployment of this name is ours to delete.
const LABEL: (&str, &str) = ("app.kubernetes.io/managed-by", "kubewright");

kubewright_plugin::phases! {
    summary: "Proves that the new API works",
    "smoke-test": "Create, read and delete a dummy Deployment" => run,
}

fn run(document: &Document) -> Result<()> {
    if document.options().completed {
        debug!("an earlier run came to its end, so the API has proved itself");
        return Ok(());
    }
    let client = Client::admin(document)?;
    let deployment = reference("apps/v1", "Deployment", Some(NAMESPACE), NAME);
    let seconds = document.init()?.timeouts.kubernetes_api_call.seconds_u32();
    // One that a run left behind that was killed.
    if let Some(found) = client.get(&deployment)? {
        if !is_ours(&found) {
            return Err(Error::new(format!(
                "there is a Deployment {NAMESPACE}/{NAME} already, which this program did not make"
            ))
            .hint(format!(
                "see it with 'kubectl -n {NAMESPACE} get deployment {NAME} -o yaml'; delete it, or go without: --skip-phases smoke-test"
            )));
        }
        client.delete(&deployment)?;
        client.wait(&deployment, &Condition::Absent, seconds)?;
    }
    progress!("Creating, reading and deleting the Deployment {NAMESPACE}/{NAME}");
    client.create(&object())?;
    let read = client.get(&deployment);
    // Deleted whatever was read.
    client.delete(&deployment)?;
    client.wait(&deployment, &Condition::Absent, seconds)?;
    check(read?.as_ref()).context("the API server did not keep a Deployment as it was created")
}

/// Paused and without replicas: no controller makes anything of it.
fn object() -> Object {
    let labels = json!({ "app": NAME });
    Object::new("apps/v1", "Deployment", NAME)
        .namespace(NAMESPACE)
        .label(LABEL.0, LABEL.1)
        .set(
            "spec",
            json!({
                "replicas": 0,
                "paused": true,
                "selector": { "matchLabels": labels },
                "template": {
                    "metadata": { "labels": labels },
                    "spec": { "containers": [{ "name": "none", "image": "registry.k8s.io/pause" }] },
                },
            }),
        )
}

fn is_ours(found: &Value) -> bool {
    found["metadata"]["labels"][LABEL.0] == LABEL.1
}

fn check(read: Option<&Value>) -> Result<()> {
    let read = read.ok_or_else(|| Error::new("it was not there right after it was created"))?;
    if read["metadata"]["uid"].as_str().is_none_or(str::is_empty) {
        return Err(Error::new("it came back without a uid"));
    }
    let pointer = "/spec/template/spec/containers/0/name";
    match read.pointer(pointer) == object().json().pointer(pointer) && is_ours(read) {
        true => Ok(()),
        false => Err(Error::new("it came back with other fields")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_came_back_is_looked_at() {
        let mut sound = object().json().clone();
        sound["metadata"]["uid"] = json!("u");
        assert!(check(Some(&sound)).is_ok());
        let mut foreign = sound.clone();
        foreign["metadata"]["labels"] = json!({});
        let mut empty = sound.clone();
        empty["metadata"]["uid"] = json!("");
        for (name, read) in [
            ("gone", None),
            ("no uid", Some(&empty)),
            ("foreign", Some(&foreign)),
        ] {
            assert!(check(read).is_err(), "{name}");
        }
    }
}
