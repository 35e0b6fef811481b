//! What to say about API versions (kubeadm `app/util/config/common.go`, `validateSupportedVersion`).

use crate::cluster::schema::{
    KNOWN, KUBE_PROXY_API_VERSION, KUBEADM_GROUP, KUBELET_API_VERSION, Kind,
};
use crate::meant::did_you_mean;

/// Versions that were once read, and a kubeadm release that can migrate them.
const OLD: [(&str, &str); 5] = [
    ("kubeadm.k8s.io/v1alpha1", "v1.11"),
    ("kubeadm.k8s.io/v1alpha2", "v1.12"),
    ("kubeadm.k8s.io/v1alpha3", "v1.14"),
    ("kubeadm.k8s.io/v1beta1", "v1.15"),
    ("kubeadm.k8s.io/v1beta2", "v1.22"),
];

/// Refuses versions that are known but not read.
pub fn check(api_version: &str, kind: &str) -> Result<(), String> {
    if let Some((_, release)) = OLD.iter().find(|(old, _)| *old == api_version) {
        return Err(format!(
            "your configuration file uses an old API spec: {api_version:?} (kind: {kind:?}). Please \
             use kubeadm {release} instead and run 'kubeadm config migrate --old-config \
             old-config-file --new-config new-config-file', which will write the new, similar spec \
             using a newer API version."
        ));
    }
    for current in [KUBELET_API_VERSION, KUBE_PROXY_API_VERSION] {
        let group = |version: &str| version.split('/').next().map(str::to_owned);
        if api_version != current && group(api_version) == group(current) {
            return Err(format!(
                "unsupported apiVersion {api_version:?}, you may have to do manual conversion to \
                 {current:?} and run kubewright again"
            ));
        }
    }
    Ok(())
}

/// Whether a command that uses these kinds may not go on without a document. kubeadm knows its own by
/// their kind, so that a misspelt group is found; of a component's group it takes no other kind; and
/// without a group it takes nothing.
pub fn is_wanted(api_version: &str, kind: &str, wanted: &[Kind]) -> bool {
    let Some((group, _)) = api_version.split_once('/') else {
        return true;
    };
    wanted.iter().any(|wanted| match wanted {
        Kind::KubeletConfiguration => KUBELET_API_VERSION.split('/').next() == Some(group),
        Kind::KubeProxyConfiguration => KUBE_PROXY_API_VERSION.split('/').next() == Some(group),
        of_kubeadm => of_kubeadm.name() == kind,
    })
}

/// For a document that nobody knows and a command goes on without.
pub fn ignored(api_version: &str, kind: &str) -> String {
    match api_version.split('/').next() {
        Some(KUBEADM_GROUP) => format!("{} (ignored)", unknown(api_version, kind)),
        _ => format!("the document of {api_version}, kind {kind}, is not kubeadm's (ignored)"),
    }
}

/// For an `apiVersion` and `kind` that nobody knows.
pub fn unknown(api_version: &str, kind: &str) -> String {
    let same_version: Vec<_> = KNOWN
        .iter()
        .filter(|(known, _)| *known == api_version)
        .map(|(_, kind)| *kind)
        .collect();
    if !same_version.is_empty() {
        let meant = did_you_mean(kind, same_version.iter().copied());
        return format!(
            "unknown configuration API {api_version:?}, kind {kind:?}{meant}; the kinds of this \
             version are {}",
            same_version.join(", ")
        );
    }
    let versions: Vec<_> = KNOWN
        .iter()
        .filter(|(_, known)| *known == kind)
        .map(|(version, _)| *version)
        .collect();
    let right = match versions.as_slice() {
        [] if !api_version.contains('/') => {
            "objects of the API are no configuration; take it out of the file".to_owned()
        }
        [] => format!("{KUBEADM_GROUP}/v1beta4 has the kinds of kubeadm"),
        versions => format!("the apiVersion of this kind is {}", versions.join(" or ")),
    };
    format!("unknown configuration API {api_version:?}, kind {kind:?}; {right}")
}

/// For a version that is still read but will not be for ever.
pub fn deprecated(api_version: &str, kind: &str) -> String {
    format!(
        "your configuration file uses a deprecated API spec: {api_version:?} (kind: {kind:?}). \
         Please use 'kubewright config migrate --old-config old-config-file --new-config \
         new-config-file', which will write the new, similar spec using a newer API version."
    )
}
