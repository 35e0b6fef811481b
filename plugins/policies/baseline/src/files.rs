//! The folder that the kubelet runs Pods of.

use kubewright_policy::{Effect, Objection};

/// `static-pod-location`
pub fn static_pods(effect: &Effect) -> Vec<Objection> {
    if effect.action() != "WriteFile" {
        return Vec::new();
    }
    let is_pod = is_pod(effect.text("content"));
    let objection = |path| match (is_pod, is_manifest_folder(path)) {
        (true, false) => Some(Objection::new(
            format!("{path} is a Pod manifest outside of a manifests folder below /etc/kubernetes"),
            "write static Pods into /etc/kubernetes/manifests",
        )),
        (false, true) => Some(Objection::new(
            format!("{path} is no Pod manifest, and the kubelet reads every file of that folder"),
            "write it somewhere else",
        )),
        _ => None,
    };
    effect.paths().filter_map(objection).collect()
}

/// `directory-mode`
pub fn directory_mode(effect: &Effect) -> Vec<Objection> {
    const OTHERS_WRITE: u32 = 0o022;
    if effect.action() != "MakeDirectory" {
        return Vec::new();
    }
    let mode = u32::from_str_radix(effect.text("mode"), 8);
    match mode.is_ok_and(|mode| mode & OTHERS_WRITE == 0) {
        true => Vec::new(),
        false => vec![Objection::new(
            format!(
                "others than the owner of {} could change what lies in it, with mode {}",
                effect.text("path"),
                effect.text("mode")
            ),
            "make it with mode 0755 or less",
        )],
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

    #[test]
    fn links_hide_no_pod_and_no_folder() {
        let pod = "apiVersion: v1\nkind: Pod\n";
        let manifest = "/etc/kubernetes/manifests/x.yaml";
        for (path, real, content, fine) in [
            (manifest, "/srv/x.yaml", pod, false),
            ("/srv/x.yaml", manifest, pod, false),
            ("/srv/x.yaml", manifest, "hello", false),
            ("/srv/x.yaml", "/srv/y.yaml", "hello", true),
            (manifest, "/etc/kubernetes/new/manifests/x.yaml", pod, true),
        ] {
            let effect = Effect::from(
                json!({"action": "WriteFile", "path": path, "realPath": real, "content": content}),
            );
            assert_eq!(static_pods(&effect).is_empty(), fine, "{path} {real}");
        }
    }

    #[test]
    fn directories_are_their_owners() {
        for (mode, fine) in [
            ("0700", true),
            ("0755", true),
            ("0750", true),
            ("0775", false),
            ("0777", false),
            ("1777", false),
            ("0702", false),
            ("", false),
        ] {
            let effect =
                Effect::from(json!({"action": "MakeDirectory", "path": "/srv/x", "mode": mode}));
            assert_eq!(directory_mode(&effect).is_empty(), fine, "{mode}");
        }
        let file = Effect::from(json!({"action": "WriteFile", "path": "/x", "mode": "0777"}));
        assert!(directory_mode(&file).is_empty());
    }
}
