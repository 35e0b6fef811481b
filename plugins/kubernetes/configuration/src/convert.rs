//! kubeadm.k8s.io/v1beta3 to v1beta4 (kubeadm `app/apis/kubeadm/v1beta3/conversion.go`).

use serde_json::{Map, Value, json};

use super::documents::Kind;
use kubewright_values::GoDuration;

/// Rewrites a decoded v1beta3 document in place. Returns `apiServer.timeoutForControlPlane`, which
/// v1beta4 has moved to `timeouts.controlPlaneComponentHealthCheck` of other documents.
pub fn from_v1beta3(kind: Kind, object: &mut Map<String, Value>) -> Option<GoDuration> {
    match kind {
        Kind::InitConfiguration => args_to_list(object, &["nodeRegistration", "kubeletExtraArgs"]),
        Kind::JoinConfiguration => {
            args_to_list(object, &["nodeRegistration", "kubeletExtraArgs"]);
            let timeout = take(object, &["discovery", "timeout"]);
            if let Some(timeout) = timeout {
                object.insert("timeouts".into(), json!({ "discovery": timeout }));
            }
        }
        Kind::ClusterConfiguration => {
            for path in [
                &["apiServer", "extraArgs"][..],
                &["controllerManager", "extraArgs"],
                &["scheduler", "extraArgs"],
                &["etcd", "local", "extraArgs"],
            ] {
                args_to_list(object, path);
            }
            let timeout = take(object, &["apiServer", "timeoutForControlPlane"])?;
            return timeout.as_str()?.parse().ok();
        }
        _ => {}
    }
    None
}

fn parent<'a>(
    object: &'a mut Map<String, Value>,
    path: &[&str],
) -> Option<&'a mut Map<String, Value>> {
    path.iter().try_fold(object, |object, name| {
        object.get_mut(*name)?.as_object_mut()
    })
}

fn take(object: &mut Map<String, Value>, path: &[&str]) -> Option<Value> {
    let (last, path) = path.split_last()?;
    parent(object, path)?.remove(*last)
}

/// A map of arguments becomes a list sorted by name.
fn args_to_list(object: &mut Map<String, Value>, path: &[&str]) {
    let Some((last, path)) = path.split_last() else {
        return;
    };
    let Some(value) = parent(object, path).and_then(|object| object.get_mut(*last)) else {
        return;
    };
    let Value::Object(args) = value.take() else {
        return;
    };
    let mut args: Vec<_> = args.into_iter().collect();
    args.sort_by(|(a, _), (b, _)| a.cmp(b));
    *value = args
        .into_iter()
        .map(|(name, value)| json!({ "name": name, "value": value }))
        .collect();
}
