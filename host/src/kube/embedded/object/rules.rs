//! In what the built-in kinds differ from each other, as data. Sources: the `strategy.go` of each
//! kind in `pkg/registry` of Kubernetes, the lists by group and kind.

use crate::kube::embedded::kinds::{Kind, Origin};

/// (group, kind) pairs.
type Kinds = &'static [(&'static str, &'static str)];

const ADMISSION: &str = "admissionregistration.k8s.io";
const RBAC: &str = "rbac.authorization.k8s.io";

/// Kinds whose `metadata.generation` counts changes of what was asked for.
const COUNTED: Kinds = &[
    (ADMISSION, "MutatingAdmissionPolicy"),
    (ADMISSION, "MutatingAdmissionPolicyBinding"),
    (ADMISSION, "MutatingWebhookConfiguration"),
    (ADMISSION, "ValidatingAdmissionPolicy"),
    (ADMISSION, "ValidatingAdmissionPolicyBinding"),
    (ADMISSION, "ValidatingWebhookConfiguration"),
    ("", "Pod"),
    ("", "PodTemplate"),
    ("", "ReplicationController"),
    ("apiextensions.k8s.io", "CustomResourceDefinition"),
    ("apps", "DaemonSet"),
    ("apps", "Deployment"),
    ("apps", "ReplicaSet"),
    ("apps", "StatefulSet"),
    ("batch", "CronJob"),
    ("batch", "Job"),
    ("discovery.k8s.io", "EndpointSlice"),
    ("extensions", "DaemonSet"),
    ("extensions", "Deployment"),
    ("extensions", "ReplicaSet"),
    ("flowcontrol.apiserver.k8s.io", "FlowSchema"),
    ("flowcontrol.apiserver.k8s.io", "PriorityLevelConfiguration"),
    ("networking.k8s.io", "Ingress"),
    ("networking.k8s.io", "IngressClass"),
    ("networking.k8s.io", "NetworkPolicy"),
    ("policy", "PodDisruptionBudget"),
    ("resource.k8s.io", "DeviceClass"),
    ("resource.k8s.io", "ResourceSlice"),
    ("scheduling.k8s.io", "PriorityClass"),
];

/// Kinds that a PUT may create.
const CREATED_BY_PUT: Kinds = &[
    ("", "Endpoints"),
    ("", "Event"),
    ("", "LimitRange"),
    ("", "Service"),
    ("coordination.k8s.io", "Lease"),
    ("events.k8s.io", "Event"),
    ("node.k8s.io", "RuntimeClass"),
    (RBAC, "ClusterRole"),
    (RBAC, "ClusterRoleBinding"),
    (RBAC, "Role"),
    (RBAC, "RoleBinding"),
];

/// Kinds whose PUT must say which version it was made from.
const VERSION_REQUIRED: Kinds = &[
    (ADMISSION, "MutatingAdmissionPolicy"),
    (ADMISSION, "MutatingAdmissionPolicyBinding"),
    (ADMISSION, "MutatingWebhookConfiguration"),
    (ADMISSION, "ValidatingAdmissionPolicy"),
    (ADMISSION, "ValidatingAdmissionPolicyBinding"),
    (ADMISSION, "ValidatingWebhookConfiguration"),
    ("apiextensions.k8s.io", "CustomResourceDefinition"),
    ("apiregistration.k8s.io", "APIService"),
    ("coordination.k8s.io", "Lease"),
    ("node.k8s.io", "RuntimeClass"),
    ("policy", "PodDisruptionBudget"),
    ("storage.k8s.io", "CSIDriver"),
    ("storage.k8s.io", "CSINode"),
    ("storage.k8s.io", "CSIStorageCapacity"),
    ("storage.k8s.io", "VolumeAttachment"),
];

/// Kinds whose deletion answers with the object instead of a status.
const RETURNED_WHEN_DELETED: Kinds = &[
    ("", "Namespace"),
    ("", "PersistentVolume"),
    ("", "PersistentVolumeClaim"),
    ("", "Pod"),
    ("", "PodTemplate"),
    ("", "ResourceQuota"),
    ("", "Service"),
    ("", "ServiceAccount"),
    ("resource.k8s.io", "DeviceClass"),
    ("resource.k8s.io", "ResourceClaim"),
    ("resource.k8s.io", "ResourceClaimTemplate"),
    ("resource.k8s.io", "ResourceSlice"),
    ("storage.k8s.io", "CSIDriver"),
    ("storage.k8s.io", "CSINode"),
    ("storage.k8s.io", "StorageClass"),
    ("storage.k8s.io", "VolumeAttachment"),
    ("storage.k8s.io", "VolumeAttributesClass"),
];

/// Kinds that keep the status a client creates them with.
const STATUS_AT_CREATION: Kinds = &[("", "Node")];

/// Kinds whose names are path segments and need not be DNS names.
const FREE_NAMES: Kinds = &[
    (RBAC, "ClusterRole"),
    (RBAC, "ClusterRoleBinding"),
    (RBAC, "Role"),
    (RBAC, "RoleBinding"),
    ("apiregistration.k8s.io", "APIService"),
];

/// Kinds whose names are one DNS label.
const LABEL_NAMES: Kinds = &[("", "Namespace")];

/// Kinds whose names are one DNS label that begins with a letter.
const LETTER_NAMES: Kinds = &[("", "Service")];

/// Fields that must be there, by JSON pointer. Only those without which an object makes no sense to later phases.
const REQUIRED: &[(&str, &str, &[&str])] = &[
    ("", "Pod", &["/spec/containers"]),
    ("apps", "DaemonSet", &["/spec/selector", "/spec/template"]),
    ("apps", "Deployment", &["/spec/selector", "/spec/template"]),
    ("apps", "ReplicaSet", &["/spec/selector"]),
    ("apps", "StatefulSet", &["/spec/selector", "/spec/template"]),
    (
        "certificates.k8s.io",
        "CertificateSigningRequest",
        &["/spec/request", "/spec/signerName", "/spec/usages"],
    ),
    (RBAC, "ClusterRoleBinding", &["/roleRef"]),
    (RBAC, "RoleBinding", &["/roleRef"]),
];

/// Fields that keep their first value, by JSON pointer, with the words for a change.
const IMMUTABLE: &[(&str, &str, &str, &str)] = &[
    (
        "",
        "PersistentVolumeClaim",
        "/spec/storageClassName",
        IS_IMMUTABLE,
    ),
    (
        "",
        "PersistentVolumeClaim",
        "/spec/accessModes",
        IS_IMMUTABLE,
    ),
    ("", "Secret", "/type", IS_IMMUTABLE),
    ("apps", "DaemonSet", "/spec/selector", IS_IMMUTABLE),
    ("apps", "Deployment", "/spec/selector", IS_IMMUTABLE),
    ("apps", "ReplicaSet", "/spec/selector", IS_IMMUTABLE),
    ("apps", "StatefulSet", "/spec/selector", IS_IMMUTABLE),
    ("apps", "StatefulSet", "/spec/serviceName", IS_IMMUTABLE),
    (
        "apps",
        "StatefulSet",
        "/spec/volumeClaimTemplates",
        IS_IMMUTABLE,
    ),
    (
        "apiextensions.k8s.io",
        "CustomResourceDefinition",
        "/spec/group",
        IS_IMMUTABLE,
    ),
    (
        "apiextensions.k8s.io",
        "CustomResourceDefinition",
        "/spec/scope",
        IS_IMMUTABLE,
    ),
    ("batch", "Job", "/spec/selector", IS_IMMUTABLE),
    ("batch", "Job", "/spec/template", IS_IMMUTABLE),
    ("batch", "Job", "/spec/completionMode", IS_IMMUTABLE),
    (
        "networking.k8s.io",
        "IngressClass",
        "/spec/controller",
        IS_IMMUTABLE,
    ),
    ("node.k8s.io", "RuntimeClass", "/handler", IS_IMMUTABLE),
    (
        RBAC,
        "ClusterRoleBinding",
        "/roleRef",
        "cannot change roleRef",
    ),
    (RBAC, "RoleBinding", "/roleRef", "cannot change roleRef"),
    (
        "scheduling.k8s.io",
        "PriorityClass",
        "/value",
        "may not be changed in an update.",
    ),
    (
        "storage.k8s.io",
        "StorageClass",
        "/parameters",
        "updates to parameters are forbidden.",
    ),
    (
        "storage.k8s.io",
        "StorageClass",
        "/provisioner",
        "updates to provisioner are forbidden.",
    ),
    (
        "storage.k8s.io",
        "StorageClass",
        "/reclaimPolicy",
        IS_IMMUTABLE,
    ),
    (
        "storage.k8s.io",
        "StorageClass",
        "/volumeBindingMode",
        IS_IMMUTABLE,
    ),
];

const IS_IMMUTABLE: &str = "field is immutable";

/// Fields that an update leaves as they are, without a word.
const KEPT: &[(&str, &str, &str)] = &[("certificates.k8s.io", "CertificateSigningRequest", "spec")];

fn among(kinds: Kinds, kind: &Kind) -> bool {
    kinds.iter().any(|(group, name)| kind.is(group, name))
}

/// How the name of an object is checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::kube::embedded) enum Naming {
    Subdomain,
    Label,
    LetterLabel,
    PathSegment,
}

impl Kind {
    pub fn naming(&self) -> Naming {
        match self {
            kind if among(FREE_NAMES, kind) => Naming::PathSegment,
            kind if among(LABEL_NAMES, kind) => Naming::Label,
            kind if among(LETTER_NAMES, kind) => Naming::LetterLabel,
            _ => Naming::Subdomain,
        }
    }

    pub fn counts_generations(&self) -> bool {
        self.origin == Origin::Custom || among(COUNTED, self)
    }

    pub fn created_by_put(&self) -> bool {
        among(CREATED_BY_PUT, self)
    }

    pub fn update_needs_version(&self) -> bool {
        self.origin == Origin::Custom || among(VERSION_REQUIRED, self)
    }

    pub fn returned_when_deleted(&self) -> bool {
        among(RETURNED_WHEN_DELETED, self)
    }

    /// Whether a write to the object itself leaves its status alone.
    pub fn guards_status(&self) -> bool {
        self.info.has("status")
    }

    pub fn keeps_status_at_creation(&self) -> bool {
        !self.guards_status() || among(STATUS_AT_CREATION, self)
    }

    /// JSON pointers of fields that must be there.
    pub fn required_fields(&self) -> &'static [&'static str] {
        REQUIRED
            .iter()
            .find(|(group, kind, _)| self.is(group, kind))
            .map_or(&[], |(_, _, fields)| fields)
    }

    /// JSON pointers of fields that may not change, with the words for a change.
    pub fn immutable_fields(&self) -> impl Iterator<Item = (&'static str, &'static str)> {
        IMMUTABLE
            .iter()
            .filter(|(group, kind, ..)| self.is(group, kind))
            .map(|(_, _, field, why)| (*field, *why))
    }

    /// Top-level fields that an update leaves as they are.
    pub fn kept_fields(&self) -> impl Iterator<Item = &'static str> {
        KEPT.iter()
            .filter(|(group, kind, _)| self.is(group, kind))
            .map(|(_, _, field)| *field)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kube::embedded::kinds::Kinds as Known;

    #[test]
    fn every_rule_is_about_a_kind_that_exists() {
        let known = Known::default();
        let pairs = [
            COUNTED,
            CREATED_BY_PUT,
            VERSION_REQUIRED,
            RETURNED_WHEN_DELETED,
            STATUS_AT_CREATION,
            FREE_NAMES,
            LABEL_NAMES,
            LETTER_NAMES,
        ];
        let mut all: Vec<(&str, &str)> = pairs.concat();
        all.extend(REQUIRED.iter().map(|(group, kind, _)| (*group, *kind)));
        all.extend(IMMUTABLE.iter().map(|(group, kind, ..)| (*group, *kind)));
        all.extend(KEPT.iter().map(|(group, kind, _)| (*group, *kind)));
        for (group, kind) in all.into_iter().filter(|(group, _)| *group != "extensions") {
            assert!(
                known.all().any(|known| known.is(group, kind)),
                "{group} {kind}"
            );
        }
    }

    #[test]
    fn every_rule_is_about_a_field_that_exists() {
        let known = Known::default();
        let fields = IMMUTABLE
            .iter()
            .map(|(group, kind, field, _)| (*group, *kind, *field));
        let required = REQUIRED
            .iter()
            .flat_map(|(group, kind, fields)| fields.iter().map(|field| (*group, *kind, *field)));
        for (group, name, field) in fields.chain(required) {
            let kind = known
                .all()
                .find(|known| known.is(group, name))
                .expect("tested above");
            let mut ty = &kind.ty;
            for step in field.split('/').skip(1) {
                assert!(ty.field(step).is_some(), "{group} {name} has no {field}");
                ty = ty.member(step);
            }
        }
    }
}
