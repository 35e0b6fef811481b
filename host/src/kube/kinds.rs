//! What the API takes a kind for. A URL has no kind but a plural in lower
//! case, so that `ClusterRolebinding`, `NetworkPolicie` or `Endpoint` lead to
//! a resource of another name; and an API server reads kinds of its own by
//! their exact spelling only.

use std::sync::LazyLock;

use ::kube::core::{ApiResource, GroupVersionKind};

/// The kinds of the API itself: group (`-` for the core group), version, kind,
/// plural, and more that is of no use here.
static TABLE: &str = include_str!("embedded/tables/kinds.txt");

/// Kinds that were served in other groups in their time.
const FORMER: [(&str, &str, &str); 13] = [
    ("extensions", "DaemonSet", "daemonsets"),
    ("extensions", "Deployment", "deployments"),
    (
        "extensions",
        "HorizontalPodAutoscaler",
        "horizontalpodautoscalers",
    ),
    ("extensions", "Ingress", "ingresses"),
    ("extensions", "Job", "jobs"),
    ("extensions", "NetworkPolicy", "networkpolicies"),
    ("extensions", "PodSecurityPolicy", "podsecuritypolicies"),
    ("extensions", "ReplicaSet", "replicasets"),
    ("extensions", "ThirdPartyResource", "thirdpartyresources"),
    ("policy", "PodSecurityPolicy", "podsecuritypolicies"),
    ("apps", "PetSet", "petsets"),
    ("events.k8s.io", "Event", "events"),
    ("settings.k8s.io", "PodPreset", "podpresets"),
];

/// A kind of the API itself.
struct Known {
    group: &'static str,
    kind: &'static str,
    plural: &'static str,
}

static KNOWN: LazyLock<Vec<Known>> = LazyLock::new(|| {
    let lines = TABLE.lines().filter(|line| !line.starts_with('#'));
    let served = lines.filter_map(|line| {
        let mut words = line.split(' ');
        let group = words.next()?;
        let (_version, kind, plural) = (words.next()?, words.next()?, words.next()?);
        Some(Known {
            group: if group == "-" { "" } else { group },
            kind,
            plural,
        })
    });
    let former = FORMER.map(|(group, kind, plural)| Known {
        group,
        kind,
        plural,
    });
    served.chain(former).collect()
});

/// The kind that objects of a spelling have in fact: `Some("ClusterRoleBinding")`
/// for `rbac.authorization.k8s.io/v1` and `ClusterRolebinding`, for any version
/// of the group. None for a kind that the API itself has not: one of a
/// CustomResourceDefinition, which is as it is spelt.
pub fn canonical(api_version: &str, kind: &str) -> Option<&'static str> {
    known(api_version, kind).map(|known| known.kind)
}

fn known(api_version: &str, kind: &str) -> Option<&'static Known> {
    let (group, _) = split(api_version);
    let of_group = || KNOWN.iter().filter(|known| known.group == group);
    // The name first: the plural of some (`Endpoints`) is no guess at all.
    of_group()
        .find(|known| known.kind.eq_ignore_ascii_case(kind))
        .or_else(|| {
            let plural = guessed(api_version, kind).plural;
            of_group().find(|known| known.plural == plural)
        })
}

/// `apps/v1` into group and version; the core group is empty.
fn split(api_version: &str) -> (&str, &str) {
    api_version.split_once('/').unwrap_or(("", api_version))
}

fn guessed(api_version: &str, kind: &str) -> ApiResource {
    let (group, version) = split(api_version);
    ApiResource::from_gvk(&GroupVersionKind::gvk(group, version, kind))
}

/// Kind and plural as the API has them; guessed for what it has not itself.
pub(super) fn resource(api_version: &str, kind: &str) -> ApiResource {
    let mut resource = guessed(api_version, kind);
    if let Some(known) = known(api_version, kind) {
        resource.kind = known.kind.to_owned();
        resource.plural = known.plural.to_owned();
    }
    resource
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_the_api_is_itself_and_no_other_spelling_of_it() {
        assert!(KNOWN.len() > 70, "{}", KNOWN.len());
        for known in KNOWN.iter() {
            let api_version = match known.group {
                "" => "v1".to_owned(),
                group => format!("{group}/v1"),
            };
            let found = canonical(&api_version, known.kind);
            assert_eq!(found, Some(known.kind), "{api_version}");
            let made = resource(&api_version, known.kind);
            assert_eq!(made.plural, known.plural, "{api_version} {}", known.kind);
            // Whatever is written, what its URL leads to is told.
            for odd in [
                known.kind.to_uppercase(),
                known.kind.to_lowercase(),
                known.plural.trim_end_matches('s').to_owned(),
                known.plural.trim_end_matches("es").to_owned(),
            ] {
                let plural = guessed(&api_version, &odd).plural;
                let leads_there = plural == known.plural;
                let told = canonical(&api_version, &odd) == Some(known.kind);
                assert!(told || !leads_there, "{api_version} {odd}");
            }
        }
    }

    #[test]
    fn spellings() {
        for (name, api_version, kind, wanted) in [
            (
                "a word less",
                "rbac.authorization.k8s.io/v1",
                "ClusterRolebinding",
                Some("ClusterRoleBinding"),
            ),
            (
                "any version",
                "rbac.authorization.k8s.io/v1alpha1",
                "ClusterROLEBinding",
                Some("ClusterRoleBinding"),
            ),
            (
                "as the plural ends",
                "networking.k8s.io/v1",
                "NetworkPolicie",
                Some("NetworkPolicy"),
            ),
            ("one of Endpoints", "v1", "Endpoint", Some("Endpoints")),
            (
                "a plural that is guessed",
                "v1",
                "NodeMetrics",
                Some("Node"),
            ),
            (
                "former",
                "extensions/v1beta1",
                "Daemonset",
                Some("DaemonSet"),
            ),
            ("secrets", "v1", "SECRET", Some("Secret")),
            ("another group", "apps/v1", "Secret", None),
            ("custom", "example.com/v1", "deployment", None),
        ] {
            assert_eq!(canonical(api_version, kind), wanted, "{name}");
        }
    }
}
