//! The `scale` subresource of workloads.

use http::Method;
use serde_json::{Value, json};

use super::{Answer, write};
use crate::kube::embedded::call::Call;
use crate::kube::embedded::object::{members, meta_text};
use crate::kube::embedded::patch::{Format, patched};
use crate::kube::embedded::schema::{Type, decode, named};
use crate::kube::embedded::state::State;
use crate::kube::embedded::status::Failure;

pub(super) fn scale(state: &mut State, call: &Call) -> Result<Answer, Failure> {
    let live = state
        .store
        .get(&call.kind.storage, call.namespace(), call.name())
        .cloned();
    let live = live.ok_or_else(|| Failure::not_found(&call.kind.info, call.name()))?;
    let mut sent = match call.request.method {
        Method::GET => return Ok(Answer::json(200, shown(&live.full))),
        Method::PUT => call.json()?,
        Method::PATCH => {
            let format = Format::of(&call.request.content_type, true)?;
            if format == Format::Apply {
                return Err(Failure::unsupported_media_type(
                    "application/json-patch+json, application/merge-patch+json",
                ));
            }
            patched(&shown(&live.full), &call.json()?, format, &Type::Deduced)?
        }
        _ => return Err(Failure::method_not_allowed()),
    };
    let findings = named("autoscaling.v1.Scale")
        .map(|ty| decode::decode(&mut sent, &ty))
        .unwrap_or_default();
    if let Some(wrong) = findings.wrong.first() {
        return Err(Failure::bad_request(format!(
            "Scale in version \"v1\" cannot be handled as a Scale: json: cannot unmarshal {} into Go struct field Scale.{} of type {}",
            wrong.found, wrong.path, wrong.wanted
        )));
    }
    let mut new = Value::clone(&call.shape.show_whole(&live.bare));
    let replicas = sent
        .pointer("/spec/replicas")
        .cloned()
        .unwrap_or_else(|| 0.into());
    members(members(&mut new).entry("spec").or_insert(Value::Null))
        .insert("replicas".into(), replicas);
    let version = meta_text(&sent, "resourceVersion");
    if !version.is_empty() && version != meta_text(&live.bare, "resourceVersion") {
        return Err(Failure::modified(&call.kind.info, call.name()));
    }
    let stored = write::change(state, call, &live, new, None)?;
    Ok(Answer::json(200, shown(&stored)))
}

/// The object as a `Scale`.
fn shown(object: &Value) -> Value {
    let at = |pointer: &str| object.pointer(pointer).cloned();
    let text = |key: &str| meta_text(object, key);
    let labels = at("/spec/selector/matchLabels").or_else(|| at("/spec/selector"));
    let selector: Vec<String> = labels
        .iter()
        .filter_map(Value::as_object)
        .flatten()
        .filter_map(|(key, value)| Some(format!("{key}={}", value.as_str()?)))
        .collect();
    json!({
        "apiVersion": "autoscaling/v1", "kind": "Scale",
        "metadata": {"name": text("name"), "namespace": text("namespace"), "uid": text("uid"), "resourceVersion": text("resourceVersion"), "creationTimestamp": text("creationTimestamp")},
        "spec": {"replicas": at("/spec/replicas").unwrap_or_else(|| 1.into())},
        "status": {"replicas": at("/status/replicas").unwrap_or_else(|| 0.into()), "selector": selector.join(",")},
    })
}
