//! Who may do everything.

use kubewright_policy::{Effect, Objection, Value};

const ROLE: &str = "cluster-admin";
const ADMINISTRATORS: [&str; 2] = ["kubeadm:cluster-admins", "system:masters"];
const REMEDY: &str = "bind a role with the rights that are needed, or let an administrator bind cluster-admin by hand";

/// `cluster-admin-binding`
pub fn cluster_admin(effect: &Effect) -> Vec<Objection> {
    match effect.action() {
        "Apply" | "Create" => of_object(effect.field("object")),
        // What a patch leaves of a binding cannot be told from the patch.
        "Patch" if is_binding(effect.field("reference")) => vec![Objection::new(
            format!(
                "{} {} would be patched",
                text(effect.field("reference"), "kind"),
                text(effect.field("reference"), "name")
            ),
            "apply the whole binding, so that its role and subjects can be seen",
        )],
        _ => Vec::new(),
    }
}

fn of_object(object: &Value) -> Vec<Objection> {
    if !is_binding(object)
        || object["roleRef"]["kind"] != "ClusterRole"
        || object["roleRef"]["name"] != ROLE
    {
        return Vec::new();
    }
    let binding = format!(
        "{} {}",
        text(object, "kind"),
        text(&object["metadata"], "name")
    );
    let administrators = |subject: &Value| {
        subject["kind"] == "Group" && ADMINISTRATORS.iter().any(|name| subject["name"] == *name)
    };
    object["subjects"]
        .as_array()
        .into_iter()
        .flatten()
        .filter(|subject| !administrators(subject))
        .map(|subject| {
            let (kind, name) = (text(subject, "kind"), text(subject, "name"));
            Objection::new(
                format!("{binding} would make {kind} {name} a cluster administrator"),
                REMEDY,
            )
        })
        .collect()
}

fn is_binding(object: &Value) -> bool {
    matches!(text(object, "kind"), "ClusterRoleBinding" | "RoleBinding")
}

fn text<'a>(value: &'a Value, field: &str) -> &'a str {
    value[field].as_str().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use kubewright_policy::json;

    #[test]
    fn only_administrators_are_cluster_admins() {
        let binding = |kind: &str, role: &str, subjects: Value| {
            json!({"action": "Apply", "object": {"kind": kind, "metadata": {"name": "b"},
                "roleRef": {"kind": "ClusterRole", "name": role}, "subjects": subjects}})
        };
        let group = |name: &str| json!({"kind": "Group", "name": name});
        for (name, effect, objections) in [
            (
                "kubeadm's",
                binding(
                    "ClusterRoleBinding",
                    ROLE,
                    json!([group("kubeadm:cluster-admins")]),
                ),
                0,
            ),
            (
                "masters",
                binding("ClusterRoleBinding", ROLE, json!([group("system:masters")])),
                0,
            ),
            (
                "another group",
                binding(
                    "ClusterRoleBinding",
                    ROLE,
                    json!([group("system:masters"), group("x")]),
                ),
                1,
            ),
            (
                "a user of that name",
                binding(
                    "ClusterRoleBinding",
                    ROLE,
                    json!([{"kind": "User", "name": "system:masters"}]),
                ),
                1,
            ),
            (
                "an account",
                binding(
                    "RoleBinding",
                    ROLE,
                    json!([{"kind": "ServiceAccount", "name": "default"}]),
                ),
                1,
            ),
            (
                "another role",
                binding("ClusterRoleBinding", "view", json!([group("x")])),
                0,
            ),
            (
                "a patch",
                json!({"action": "Patch", "reference": {"kind": "ClusterRoleBinding", "name": "b"}, "patch": {}}),
                1,
            ),
            (
                "a patch of a Node",
                json!({"action": "Patch", "reference": {"kind": "Node", "name": "n"}, "patch": {}}),
                0,
            ),
            ("a file", json!({"action": "WriteFile"}), 0),
        ] {
            assert_eq!(
                cluster_admin(&Effect::from(effect)).len(),
                objections,
                "{name}"
            );
        }
    }
}
