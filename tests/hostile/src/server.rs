//! Asking an API server that means no good.

use kubewright_plugin::kube::{self, Condition, ObjectReference, Selection};
use kubewright_plugin::{Document, Result};

use crate::report::{did, saw};

const ADMIN: &str = "/etc/kubernetes/admin.conf";

fn reference(kind: &str) -> ObjectReference {
    ObjectReference {
        api_version: "v1".into(),
        kind: kind.into(),
        namespace: Some("kube-system".into()),
        name: "own".into(),
    }
}

/// Gets, lists, waits for and applies what it may.
pub fn ask(_: &Document) -> Result<()> {
    let client = kube::connect(ADMIN)?;
    saw(
        "get",
        client
            .get(&reference("ConfigMap"))
            .map(|found| found.unwrap_or_default()),
    );
    saw(
        "secret",
        client
            .get(&reference("Secret"))
            .map(|found| found.unwrap_or_default()),
    );
    let all = Selection {
        api_version: "v1".into(),
        kind: "ConfigMap".into(),
        namespace: Some("kube-system".into()),
        label_selector: String::new(),
        field_selector: String::new(),
    };
    saw("list", client.get_list(&all).map(|found| found.join(" ")));
    did(
        "wait",
        client.wait_all(
            &all,
            1,
            &Condition::StatusCondition(("Ready".into(), "True".into())),
            2,
        ),
    );
    let object = "{\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\",\"metadata\":{\"name\":\"own\",\
        \"namespace\":\"kube-system\"},\"data\":{\"a\":\"b\"}}";
    did("apply", client.apply(object, &[]));
    Ok(())
}

/// Says where `connect` led, if it did.
pub fn connect(_: &Document) -> Result<()> {
    did("connect", kube::connect(ADMIN).map(|_| "connected"));
    Ok(())
}
