//! What the server tells of itself: health, version, groups, resources.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::kinds::KindInfo;
use super::state::State;
use super::verbs::Answer;

/// The answer to a path that names no resource.
pub(super) fn fixed(state: &State, path: &[&str]) -> Option<Answer> {
    let object = match path {
        ["livez" | "readyz" | "healthz", ..] => return Some(Answer::text("ok")),
        ["version"] => version(&state.version),
        ["api"] => {
            json!({"kind": "APIVersions", "versions": ["v1"], "serverAddressByClientCIDRs": []})
        }
        ["apis"] => {
            let groups: Vec<Value> = groups(state)
                .iter()
                .map(|(name, versions)| group(name, versions))
                .collect();
            json!({"kind": "APIGroupList", "apiVersion": "v1", "groups": groups})
        }
        ["apis", name] => {
            let mut group = groups(state)
                .get(*name)
                .map(|versions| group(name, versions))?;
            group["kind"] = "APIGroup".into();
            group["apiVersion"] = "v1".into();
            group
        }
        ["api", version] => resources(state, "", version)?,
        ["apis", group, version] => resources(state, group, version)?,
        [] => {
            json!({"paths": ["/api", "/api/v1", "/apis", "/healthz", "/livez", "/readyz", "/version"]})
        }
        _ => return None,
    };
    Some(Answer::json(200, object))
}

fn version(text: &str) -> Value {
    let mut numbers = text.trim_start_matches('v').split(['.', '-', '+']);
    let (major, minor) = (
        numbers.next().unwrap_or_default(),
        numbers.next().unwrap_or_default(),
    );
    json!({
        "major": major, "minor": minor, "gitVersion": text, "gitCommit": "", "gitTreeState": "clean", "buildDate": "1970-01-01T00:00:00Z",
        "goVersion": "", "compiler": "", "platform": "linux/amd64",
    })
}

/// The groups with their versions, the preferred one first.
fn groups(state: &State) -> BTreeMap<String, Vec<String>> {
    let mut groups: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for kind in state.kinds.all().filter(|kind| !kind.info.group.is_empty()) {
        let versions = groups.entry(kind.info.group.clone()).or_default();
        if !versions.contains(&kind.info.version) {
            versions.push(kind.info.version.clone());
        }
    }
    groups
        .values_mut()
        .for_each(|versions| versions.sort_by_key(|version| std::cmp::Reverse(priority(version))));
    groups
}

/// The order of versions: stable before beta before alpha, higher numbers first.
fn priority(version: &str) -> (u8, u32, u32, String) {
    let number = |text: &str| text.parse::<u32>().ok();
    let rest = version.strip_prefix('v').unwrap_or_default();
    for (stage, word) in [(2, "beta"), (1, "alpha")] {
        if let Some((major, minor)) = rest.split_once(word)
            && let (Some(major), Some(minor)) = (number(major), number(minor))
        {
            return (stage, major, minor, String::new());
        }
    }
    number(rest).map_or_else(
        || (0, 0, 0, version.to_owned()),
        |major| (3, major, 0, String::new()),
    )
}

fn group(name: &str, versions: &[String]) -> Value {
    let one =
        |version: &String| json!({"groupVersion": format!("{name}/{version}"), "version": version});
    let all: Vec<Value> = versions.iter().map(one).collect();
    json!({"name": name, "preferredVersion": all.first(), "versions": all})
}

fn resources(state: &State, group: &str, version: &str) -> Option<Value> {
    let mut kinds: Vec<&KindInfo> = state
        .kinds
        .all()
        .map(|kind| &kind.info)
        .filter(|info| info.group == group && info.version == version)
        .collect();
    kinds.sort_by(|a, b| a.plural.cmp(&b.plural));
    let first = kinds.first()?;
    let list: Vec<Value> = kinds.iter().flat_map(|info| resource(info)).collect();
    Some(
        json!({"kind": "APIResourceList", "apiVersion": "v1", "groupVersion": first.api_version(), "resources": list}),
    )
}

/// A kind and its subresources.
fn resource(info: &KindInfo) -> Vec<Value> {
    let mut main = json!({
        "name": info.plural, "singularName": info.singular, "namespaced": info.namespaced, "kind": info.kind, "verbs": info.served_verbs(),
    });
    for (key, names) in [
        ("shortNames", &info.short_names),
        ("categories", &info.categories),
    ] {
        if !names.is_empty() {
            main[key] = json!(names);
        }
    }
    let known = info.subresources.iter().filter_map(|subresource| {
        let verbs = match subresource.as_str() {
            "status" | "approval" | "scale" => json!(["get", "patch", "update"]),
            "finalize" => json!(["update"]),
            _ => return None,
        };
        let mut entry = json!({"name": format!("{}/{subresource}", info.plural), "singularName": "", "namespaced": info.namespaced, "kind": info.kind, "verbs": verbs});
        if subresource == "scale" {
            (entry["kind"], entry["group"], entry["version"]) = ("Scale".into(), "autoscaling".into(), "v1".into());
        }
        Some(entry)
    });
    std::iter::once(main).chain(known).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_ordered() {
        let mut versions = vec!["v1alpha1", "v2", "foo", "v1beta1", "v1", "v10", "v1beta2"];
        versions.sort_by_key(|version| std::cmp::Reverse(priority(version)));
        assert_eq!(
            versions,
            ["v10", "v2", "v1", "v1beta2", "v1beta1", "v1alpha1", "foo"]
        );
    }
}
