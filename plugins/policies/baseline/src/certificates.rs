//! What certificates allow.

use kubewright_policy::{Effect, Objection, Value};

/// The group that the API server asks no authorizer about.
const MASTERS: &str = "system:masters";
/// kubeadm's only certificate of that group, in `super-admin.conf` and in no
/// file of its own (`constants.SuperAdminKubeConfigFileName`).
const SUPER_ADMIN: &str = "kubernetes-super-admin";

/// `masters-certificate`
pub fn masters(effect: &Effect) -> Vec<Objection> {
    let profile = effect.field("profile");
    let is_master = |name: &Value| name == MASTERS;
    let organizations = profile["organizations"].as_array();
    let asks = organizations.is_some_and(|all| all.iter().any(is_master));
    let has_files = effect
        .field("files")
        .as_array()
        .is_some_and(|files| !files.is_empty());
    let is_kubeadms = profile["commonName"] == SUPER_ADMIN && !has_files;
    if effect.action() != "IssueCertificate" || !asks || is_kubeadms {
        return Vec::new();
    }
    vec![Objection::new(
        format!(
            "the certificate {} would have O={MASTERS}: whoever holds its key may do everything, and no rule of RBAC takes that away",
            profile["commonName"].as_str().unwrap_or_default()
        ),
        "use a group that RBAC gives rights to, as kubeadm:cluster-admins",
    )]
}

/// `intermediate-authority`
pub fn intermediate(effect: &Effect) -> Vec<Objection> {
    let signer = effect.field("signer").as_str();
    match (
        effect.action(),
        signer,
        &effect.field("profile")["certificateAuthority"],
    ) {
        ("IssueCertificate", Some(signer), Value::Bool(true)) => vec![Objection::new(
            format!(
                "the authority {}, signed by {signer}, could make certificates in its place",
                effect.field("profile")["commonName"]
                    .as_str()
                    .unwrap_or_default()
            ),
            "sign certificates with the authority itself, or make one that nobody signs",
        )],
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kubewright_policy::json;

    fn issue(common_name: &str, organizations: Value, files: Value) -> Effect {
        Effect::from(
            json!({"action": "IssueCertificate", "signer": "kubernetes", "files": files,
            "profile": {"commonName": common_name, "organizations": organizations,
                "certificateAuthority": false}}),
        )
    }

    #[test]
    fn masters_are_kubeadms_alone() {
        let file = json!([{"path": "/etc/kubernetes/pki/x.key"}]);
        for (name, effect, fine) in [
            (
                "kubeadm's",
                issue(SUPER_ADMIN, json!([MASTERS]), json!([])),
                true,
            ),
            (
                "with files",
                issue(SUPER_ADMIN, json!([MASTERS]), file),
                false,
            ),
            (
                "another's",
                issue("me", json!(["a", MASTERS]), json!([])),
                false,
            ),
            (
                "an administrator's",
                issue("admin", json!(["kubeadm:cluster-admins"]), json!([])),
                true,
            ),
            ("nobody's", issue("x", json!([]), json!([])), true),
            (
                "no certificate",
                Effect::from(json!({"action": "CreateKey"})),
                true,
            ),
        ] {
            assert_eq!(masters(&effect).is_empty(), fine, "{name}");
        }
    }

    #[test]
    fn authorities_are_signed_by_nobody() {
        for (name, signer, authority, fine) in [
            ("a root", json!(null), true, true),
            ("an intermediate", json!("kubernetes"), true, false),
            ("a leaf", json!("kubernetes"), false, true),
        ] {
            let effect = Effect::from(json!({"action": "IssueCertificate", "signer": signer,
                "profile": {"commonName": "x", "certificateAuthority": authority}}));
            assert_eq!(intermediate(&effect).is_empty(), fine, "{name}");
        }
    }
}
