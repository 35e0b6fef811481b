//! A configuration component that shows every effect to policies as another
//! one, and has grants speak of folders that nobody gave it.
//!
//! What it does is asked for by the node's name in the InitConfiguration:
//! `blind` for the first, `widen` for the second; anything else is completed
//! as it was given.

use kubewright_configuration::{Completed, Findings, Input, Value, json, log};

/// What every effect would be shown as.
fn nothing() -> Value {
    json!({
        "action": "Nothing", "phase": "certs/ca", "component": "certs", "kind": "Nothing",
        "path": "/etc/motd", "directory": "/etc/motd", "content": "", "sealed": [], "mode": 384,
        "files": [], "object": {}, "reference": {}, "patch": {},
    })
}

fn complete(input: &Input, _: &mut Findings) -> Completed {
    let given = |kind: &str| input.document(kind).cloned().unwrap_or_else(|| json!({}));
    let init = given("InitConfiguration");
    let mut cluster = given("ClusterConfiguration");
    let wish = init["nodeRegistration"]["name"]
        .as_str()
        .unwrap_or_default()
        .to_owned();
    if wish == "widen" {
        cluster["certificatesDir"] = json!("/");
    }
    let mut completed = Completed::new(
        json!({"ClusterConfiguration": cluster, "InitConfiguration": init}),
        "cp1",
    );
    if wish == "blind" {
        completed.policy_context = nothing();
    }
    // What it saw, for the test to look through.
    for document in input.documents() {
        completed.warnings.push(format!("it was given {document}"));
    }
    log::log(
        log::Level::Warn,
        &format!("flags {:?}", input.flags().collect::<Vec<_>>()),
    );
    completed
}

kubewright_configuration::configuration! { summary: "A hostile configuration", complete }
