//! Objects of `rbac.authorization.k8s.io/v1`.

use crate::object::Object;
use serde_json::{Value, json};

const GROUP: &str = "rbac.authorization.k8s.io";
const API_VERSION: &str = "rbac.authorization.k8s.io/v1";

/// The group of the tokens that kubeadm makes
/// (`constants.NodeBootstrapTokenAuthGroup`).
pub const BOOTSTRAPPERS: &str = "system:bootstrappers:kubeadm:default-node-token";
/// The group of all kubelets.
pub const NODES: &str = "system:nodes";

/// What may be done to which resources.
pub fn rule(verbs: &[&str], api_group: &str, resources: &[&str]) -> Value {
    json!({"verbs": verbs, "apiGroups": [api_group], "resources": resources})
}

/// Getting one object by its name.
pub fn get_one(resource: &str, name: &str) -> Value {
    json!({"verbs": ["get"], "apiGroups": [""], "resources": [resource], "resourceNames": [name]})
}

/// A group as a subject.
pub fn group(name: &str) -> Value {
    json!({"kind": "Group", "apiGroup": GROUP, "name": name})
}

/// A user as a subject.
pub fn user(name: &str) -> Value {
    json!({"kind": "User", "apiGroup": GROUP, "name": name})
}

/// A service account as a subject.
pub fn service_account(namespace: &str, name: &str) -> Value {
    json!({"kind": "ServiceAccount", "namespace": namespace, "name": name})
}

/// A Role with these rules.
pub fn role(namespace: &str, name: &str, rules: &[Value]) -> Object {
    Object::new(API_VERSION, "Role", name)
        .namespace(namespace)
        .set("rules", json!(rules))
}

/// A ClusterRole with these rules.
pub fn cluster_role(name: &str, rules: &[Value]) -> Object {
    Object::new(API_VERSION, "ClusterRole", name).set("rules", json!(rules))
}

/// Binds a Role of the same namespace to subjects.
pub fn role_binding(namespace: &str, name: &str, role: &str, subjects: &[Value]) -> Object {
    Object::new(API_VERSION, "RoleBinding", name)
        .namespace(namespace)
        .set(
            "roleRef",
            json!({"apiGroup": GROUP, "kind": "Role", "name": role}),
        )
        .set("subjects", json!(subjects))
}

/// Binds a ClusterRole to subjects, in all namespaces.
pub fn cluster_role_binding(name: &str, role: &str, subjects: &[Value]) -> Object {
    Object::new(API_VERSION, "ClusterRoleBinding", name)
        .set(
            "roleRef",
            json!({"apiGroup": GROUP, "kind": "ClusterRole", "name": role}),
        )
        .set("subjects", json!(subjects))
}
