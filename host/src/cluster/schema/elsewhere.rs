//! Where a field belongs that is not where it was written, and which fields there once were.

use super::{Fields, KNOWN, KUBEADM_GROUP, Type, find};

/// Fields that have gone: the document and its path below it, since when, what to do instead.
const GONE: [(&str, &str, &str, &str); 14] = [
    (
        "KubeProxyConfiguration",
        "udpIdleTimeout",
        "Kubernetes v1.26",
        "it was of the proxy mode userspace, which has gone with it",
    ),
    (
        "ClusterConfiguration",
        "apiServer.timeoutForControlPlane",
        "kubeadm.k8s.io/v1beta4",
        "timeouts.controlPlaneComponentHealthCheck of InitConfiguration and JoinConfiguration has \
         taken its place",
    ),
    (
        "JoinConfiguration",
        "discovery.timeout",
        "kubeadm.k8s.io/v1beta4",
        "timeouts.discovery has taken its place",
    ),
    (
        "ClusterConfiguration",
        "dns.type",
        "kubeadm.k8s.io/v1beta3",
        "it is always CoreDNS",
    ),
    (
        "ClusterConfiguration",
        "useHyperKubeImage",
        "kubeadm.k8s.io/v1beta3",
        "there is no such image any more",
    ),
    (
        "ClusterConfiguration",
        "unifiedControlPlaneImage",
        "kubeadm.k8s.io/v1beta1",
        "there is no such image any more",
    ),
    (
        "ClusterConfiguration",
        "auditPolicy",
        "kubeadm.k8s.io/v1beta1",
        "use apiServer.extraArgs and apiServer.extraVolumes",
    ),
    (
        "ClusterConfiguration",
        "apiServerExtraArgs",
        "kubeadm.k8s.io/v1beta1",
        "apiServer.extraArgs has taken its place",
    ),
    (
        "ClusterConfiguration",
        "apiServerExtraVolumes",
        "kubeadm.k8s.io/v1beta1",
        "apiServer.extraVolumes has taken its place",
    ),
    (
        "ClusterConfiguration",
        "apiServerCertSANs",
        "kubeadm.k8s.io/v1beta1",
        "apiServer.certSANs has taken its place",
    ),
    (
        "ClusterConfiguration",
        "controllerManagerExtraArgs",
        "kubeadm.k8s.io/v1beta1",
        "controllerManager.extraArgs has taken its place",
    ),
    (
        "ClusterConfiguration",
        "controllerManagerExtraVolumes",
        "kubeadm.k8s.io/v1beta1",
        "controllerManager.extraVolumes has taken its place",
    ),
    (
        "ClusterConfiguration",
        "schedulerExtraArgs",
        "kubeadm.k8s.io/v1beta1",
        "scheduler.extraArgs has taken its place",
    ),
    (
        "ClusterConfiguration",
        "schedulerExtraVolumes",
        "kubeadm.k8s.io/v1beta1",
        "scheduler.extraVolumes has taken its place",
    ),
];

/// What to say about a field that once was, by its path with the kind: since when it has gone, and
/// what to do instead.
pub fn gone(path: &str) -> Option<String> {
    let (kind, field) = path.split_once('.')?;
    // Written by tools that treat every document as an object of the API.
    if field == "metadata" {
        return Some("configurations are no objects of the API and have no metadata".to_owned());
    }
    let (.., since, instead) = GONE
        .iter()
        .find(|(of, name, ..)| *of == kind && *name == field)?;
    Some(format!("it has gone since {since}; {instead}"))
}

/// Where the field belongs that was written at a path, with its kind: in the same document, or at the
/// top of another one if it was at the top.
pub fn places(path: &str) -> Vec<String> {
    let mut places = Vec::new();
    let (Some((kind, below)), Some((_, name))) = (path.split_once('.'), path.rsplit_once('.'))
    else {
        return places;
    };
    for (api_version, of) in KNOWN {
        let current = !api_version.starts_with(KUBEADM_GROUP) || api_version.ends_with("/v1beta4");
        let Some((.., fields)) = find(api_version, of).filter(|_| current) else {
            continue;
        };
        match of == kind {
            true => within(fields, name, of, &mut places),
            false if below == name && fields.iter().any(|(field, _)| *field == name) => {
                places.push(format!("{of}.{name}"));
            }
            false => {}
        }
    }
    places
}

fn within(fields: Fields, name: &str, path: &str, places: &mut Vec<String>) {
    for (field, ty) in fields {
        let path = format!("{path}.{field}");
        if *field == name {
            places.push(path.clone());
        }
        if let Type::Object(fields) = ty {
            within(fields, name, &path, places);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_gone_is_not_there() {
        for (kind, path, ..) in GONE {
            let (.., mut fields) = KNOWN
                .iter()
                .filter_map(|(version, of)| find(version, of).filter(|_| *of == kind))
                .next()
                .unwrap();
            let (last, above) = match path.rsplit_once('.') {
                Some((above, last)) => (last, above.split('.').collect()),
                None => (path, Vec::new()),
            };
            for name in above {
                let (_, ty) = fields.iter().find(|(field, _)| *field == name).unwrap();
                let Type::Object(below) = ty else {
                    panic!("{path} has nothing below {name}");
                };
                fields = below;
            }
            assert!(fields.iter().all(|(field, _)| *field != last), "{path}");
        }
    }

    #[test]
    fn a_field_is_found_where_it_belongs() {
        let cases = [
            (
                "of another document",
                "ClusterConfiguration.skipPhases",
                vec![
                    "InitConfiguration.skipPhases",
                    "JoinConfiguration.skipPhases",
                    "ResetConfiguration.skipPhases",
                ],
            ),
            (
                "deeper",
                "ClusterConfiguration.podSubnet",
                vec!["ClusterConfiguration.networking.podSubnet"],
            ),
            (
                "of a component",
                "ClusterConfiguration.cgroupDriver",
                vec!["KubeletConfiguration.cgroupDriver"],
            ),
            (
                "beside",
                "ClusterConfiguration.networking.clusterName",
                vec!["ClusterConfiguration.clusterName"],
            ),
            (
                "of another document, but not at its top",
                "ClusterConfiguration.networking.podCIDR",
                vec![],
            ),
            ("nowhere", "ClusterConfiguration.nonsense", vec![]),
        ];
        for (case, path, expected) in cases {
            assert_eq!(places(path), expected, "{case}");
        }
    }
}
