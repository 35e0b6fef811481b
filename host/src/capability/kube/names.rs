//! What names an object, before it becomes part of a URL.

use crate::capability::refusal::Refusal;
use crate::effect::ObjectReference;
use crate::kube::kinds;

/// Refuses names that would lead to another resource than the one that grants
/// are asked for: kinds, groups and names become parts of a URL.
pub fn check(reference: &ObjectReference) -> Result<(), Refusal> {
    check_kind(
        &reference.api_version,
        &reference.kind,
        reference.namespace.as_deref(),
    )?;
    // As the API server itself (`IsValidPathSegmentName` in apimachinery), and
    // without what ends a path or cannot stand in one.
    let name = &reference.name;
    let is_sound = !name.is_empty()
        && name != "."
        && name != ".."
        && name
            .chars()
            .all(|c| c.is_ascii_graphic() && !"/%?#\\".contains(c));
    match is_sound {
        true => Ok(()),
        false => Err(invalid("name", name)),
    }
}

/// The same for what a list selects from.
pub fn check_kind(api_version: &str, kind: &str, namespace: Option<&str>) -> Result<(), Refusal> {
    let label = |text: &str| {
        !text.is_empty()
            && text
                .bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
    };
    let domain = |text: &str| text.split('.').all(label);
    let sound_version = match api_version.split_once('/') {
        Some((group, version)) => domain(group) && label(version),
        None => label(api_version),
    };
    if !sound_version {
        return Err(invalid("apiVersion", api_version));
    }
    let sound_kind = kind.starts_with(|c: char| c.is_ascii_uppercase())
        && kind.bytes().all(|byte| byte.is_ascii_alphanumeric());
    if !sound_kind {
        return Err(invalid("kind", kind));
    }
    // Another spelling leads to the same objects, and past every grant and
    // policy that names the kind.
    if let Some(canonical) = kinds::canonical(api_version, kind)
        && canonical != kind
    {
        return Err(Refusal::invalid(format!(
            "the kind {kind} of {api_version} is spelt {canonical}"
        )));
    }
    match namespace {
        Some(namespace) if !label(namespace) => Err(invalid("namespace", namespace)),
        _ => Ok(()),
    }
}

fn invalid(what: &str, text: &str) -> Refusal {
    Refusal::invalid(format!("{text:?} cannot be the {what} of an object"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_would_change_the_url_is_refused() {
        let cases = [
            (
                "plain",
                "v1",
                "ConfigMap",
                Some("kube-system"),
                "kubeadm-config",
                true,
            ),
            (
                "group",
                "rbac.authorization.k8s.io/v1",
                "ClusterRole",
                None,
                "system:coredns",
                true,
            ),
            (
                "dots in the name",
                "v1",
                "Node",
                None,
                "cp1.example.com",
                true,
            ),
            ("slash in the name", "v1", "Node", None, "cp1/status", false),
            ("parent", "v1", "Node", None, "..", false),
            ("query", "v1", "Node", None, "cp1?x", false),
            ("encoded", "v1", "Node", None, "%2e%2e", false),
            ("line break", "v1", "Node", None, "a\n", false),
            ("empty", "v1", "Node", None, "", false),
            ("namespace", "v1", "Secret", Some("a/../b"), "x", false),
            ("lower kind", "v1", "secret", Some("a"), "x", false),
            (
                "kind with a path",
                "v1",
                "ConfigMap/x",
                Some("a"),
                "x",
                false,
            ),
            (
                "long version",
                "apps/v1/x",
                "Deployment",
                Some("a"),
                "x",
                false,
            ),
            (
                "version with a query",
                "v1?x=",
                "Secret",
                Some("a"),
                "x",
                false,
            ),
        ];
        for (case, api_version, kind, namespace, name, wanted) in cases {
            let reference = ObjectReference {
                api_version: api_version.into(),
                kind: kind.into(),
                namespace: namespace.map(str::to_owned),
                name: name.into(),
            };
            assert_eq!(check(&reference).is_ok(), wanted, "{case}");
        }
    }
}
