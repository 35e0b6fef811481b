//! The folder that the kubelet runs Pods of.

use kubewright_policy::{Effect, Objection};

/// `static-pod-location`
pub fn static_pods(effect: &Effect) -> Vec<Objection> {
    if effect.action() != "WriteFile" {
        return Vec::new();
    }
    let path = effect.text("path");
    match (is_pod(effect.text("content")), is_manifest_folder(path)) {
        (true, false) => vec![Objection::new(
            format!("{path} is a Pod manifest outside of a manifests folder below /etc/kubernetes"),
            "write static Pods into /etc/kubernetes/manifests",
        )],
        (false, true) => vec![Objection::new(
            format!("{path} is no Pod manifest, and the kubelet reads every file of that folder"),
            "write it somewhere else",
        )],
        _ => Vec::new(),
    }
}

/// `/etc/kubernetes/**/manifests/FILE`
fn is_manifest_folder(path: &str) -> bool {
    let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
    folder.starts_with("/etc/kubernetes/") && folder.ends_with("/manifests")
}

/// Whether a text, YAML or JSON, is a Pod of the core API. It looks for the
/// top fields only, which YAML writers and readers agree on.
fn is_pod(content: &str) -> bool {
    if let Ok(value) = kubewright_policy::serde_json::from_str::<kubewright_policy::Value>(content)
    {
        return value["kind"] == "Pod" && value["apiVersion"] == "v1";
    }
    let field = |name: &str, value: &str| {
        content.lines().any(|line| {
            let Some((key, rest)) = line.split_once(':') else {
                return false;
            };
            let bare = |text: &str| text.trim().trim_matches(['"', '\'']).to_owned();
            !line.starts_with(char::is_whitespace)
                && bare(key) == name
                && bare(rest.split(" #").next().unwrap_or_default()) == value
        })
    };
    field("kind", "Pod") && field("apiVersion", "v1")
}

#[cfg(test)]
mod tests {
    use super::*;
    use kubewright_policy::json;

    #[test]
    fn pods_and_their_folder_belong_together() {
        let pod = "apiVersion: v1\nkind: Pod\nmetadata:\n  name: x\n";
        let list = "apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: Pod\n";
        for (path, content, fine) in [
            ("/etc/kubernetes/manifests/etcd.yaml", pod, true),
            (
                "/etc/kubernetes/manifests/etcd.yaml",
                "{\"kind\":\"Pod\",\"apiVersion\":\"v1\"}",
                true,
            ),
            (
                "/etc/kubernetes/manifests/etcd.yaml",
                "\"kind\": 'Pod' # it\n'apiVersion': \"v1\"\n",
                true,
            ),
            ("/etc/kubernetes/manifests/notes.txt", "hello", false),
            ("/etc/kubernetes/manifests/list.yaml", list, false),
            ("/etc/kubernetes/pki/etcd.yaml", pod, false),
            ("/root/manifests/etcd.yaml", pod, false),
            (
                "/root/etcd.json",
                "{\"kind\":\"Pod\",\"apiVersion\":\"v1\"}",
                false,
            ),
            ("/root/notes.txt", "hello", true),
            (
                "/var/lib/kubelet/config.yaml",
                "apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\n",
                true,
            ),
        ] {
            let effect =
                Effect::from(json!({"action": "WriteFile", "path": path, "content": content}));
            assert_eq!(static_pods(&effect).is_empty(), fine, "{path}: {content}");
        }
    }
}
