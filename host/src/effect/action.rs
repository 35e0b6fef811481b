//! What a component can ask for.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::accounts::WantedGroup;
use super::content::{Content, SecretKind};
use crate::world::{MachinePath, ServiceOperation};

/// What a file of the PKI holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Holds {
    Certificate,
    PrivateKey,
    PublicKey,
}

/// A file that a key or a certificate goes to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct KeyFile {
    pub path: MachinePath,
    #[serde(serialize_with = "octal")]
    pub mode: u32,
    pub holds: Holds,
}

/// Which object of the kube API.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ObjectReference {
    pub api_version: String,
    pub kind: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
    pub name: String,
}

impl ObjectReference {
    /// Of an object; none where kind, apiVersion or name is missing.
    pub fn of(object: &Value) -> Option<Self> {
        let text = |pointer: &str| object.pointer(pointer)?.as_str().map(str::to_owned);
        Some(Self {
            api_version: text("/apiVersion")?,
            kind: text("/kind")?,
            namespace: text("/metadata/namespace"),
            name: text("/metadata/name").or_else(|| text("/metadata/generateName"))?,
        })
    }

    /// The API group: empty for the core group.
    pub fn group(&self) -> &str {
        self.api_version
            .split_once('/')
            .map_or("", |(group, _)| group)
    }
}

impl std::fmt::Display for ObjectReference {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.namespace {
            Some(namespace) => write!(f, "{} {namespace}/{}", self.kind, self.name),
            None => write!(f, "{} {}", self.kind, self.name),
        }
    }
}

/// What was made of an object.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WrittenObject {
    pub reference: ObjectReference,
    /// The object or a patch of it, the values of Secrets masked; null where
    /// it was deleted.
    pub content: Value,
}

/// The forms of a patch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum PatchKind {
    /// RFC 6902
    Json,
    /// RFC 7386
    Merge,
    /// Kubernetes' own.
    Strategic,
}

/// What is asked of the kube API.
#[derive(Clone, Debug)]
pub enum KubeAction {
    /// Server-side apply.
    Apply,
    Create,
    Patch {
        kind: PatchKind,
        patch: Value,
    },
    Delete,
}

/// An effect: something a component asks the host to do.
#[derive(Clone, Debug)]
pub enum Action {
    WriteFile {
        path: MachinePath,
        mode: u32,
        content: Content,
    },
    MakeDirectory {
        path: MachinePath,
        mode: u32,
    },
    RemoveFile {
        path: MachinePath,
    },
    /// System accounts.
    EnsureAccounts {
        users: Vec<String>,
        groups: Vec<WantedGroup>,
    },
    /// Whom something belongs to.
    SetOwner {
        path: MachinePath,
        user: String,
        group: String,
        /// None for a directory and all that lies in it: modes stay.
        mode: Option<u32>,
        /// The secret that is in the file already.
        holds: Option<SecretKind>,
    },
    /// A key pair of its own.
    CreateKey {
        name: String,
        algorithm: String,
        files: Vec<KeyFile>,
    },
    /// A certificate, with its key.
    IssueCertificate {
        name: String,
        algorithm: String,
        /// The profile as JSON, for policies.
        profile: Value,
        /// The signer's common name; none for self-signed.
        signer: Option<String>,
        files: Vec<KeyFile>,
    },
    Kube {
        action: KubeAction,
        reference: ObjectReference,
        /// The object with secrets masked; null for patches and deletions.
        object: Value,
        sealed: BTreeSet<SecretKind>,
    },
    Service {
        name: String,
        operation: ServiceOperation,
    },
    /// An image, pulled by the container runtime at the socket.
    PullImage {
        socket: String,
        image: String,
    },
    /// Something for the operator's eyes.
    Show {
        content: Content,
    },
}

impl Action {
    /// The action's name, as policies, journals and `-v` know it.
    pub fn name(&self) -> &'static str {
        match self {
            Self::WriteFile { .. } => "WriteFile",
            Self::MakeDirectory { .. } => "MakeDirectory",
            Self::RemoveFile { .. } => "RemoveFile",
            Self::EnsureAccounts { .. } => "EnsureAccounts",
            Self::SetOwner { .. } => "SetOwner",
            Self::CreateKey { .. } => "CreateKey",
            Self::IssueCertificate { .. } => "IssueCertificate",
            Self::Kube { action, .. } => match action {
                KubeAction::Apply => "Apply",
                KubeAction::Create => "Create",
                KubeAction::Patch { .. } => "Patch",
                KubeAction::Delete => "Delete",
            },
            Self::Service { .. } => "Service",
            Self::PullImage { .. } => "PullImage",
            Self::Show { .. } => "Show",
        }
    }

    /// What it aims at, for people: a path, `Secret kube-system/x`, a name.
    pub fn target(&self) -> String {
        match self {
            Self::WriteFile { path, .. }
            | Self::MakeDirectory { path, .. }
            | Self::RemoveFile { path }
            | Self::SetOwner { path, .. } => path.to_string(),
            Self::EnsureAccounts { users, groups } => {
                let mut names: BTreeSet<&str> = users.iter().map(String::as_str).collect();
                names.extend(groups.iter().map(|group| group.name.as_str()));
                names.into_iter().collect::<Vec<_>>().join(", ")
            }
            Self::CreateKey { name, .. } => format!("key {name}"),
            Self::IssueCertificate { name, .. } => format!("certificate {name}"),
            Self::Kube { reference, .. } => reference.to_string(),
            Self::Service { name, operation } => format!("{operation} {name}"),
            Self::PullImage { image, .. } => image.clone(),
            Self::Show { .. } => "terminal".to_owned(),
        }
    }

    /// Whether all it changes are files: then there is nothing to record of
    /// it where it changes none.
    pub fn is_of_files(&self) -> bool {
        !matches!(self, Self::Kube { .. } | Self::Service { .. })
    }

    /// What it makes of an object, without secrets: the object, or a patch of
    /// it; null where it is deleted. None where it is about none.
    pub fn written_object(&self) -> Option<WrittenObject> {
        let Self::Kube {
            action,
            reference,
            object,
            ..
        } = self
        else {
            return None;
        };
        Some(WrittenObject {
            reference: reference.clone(),
            content: match action {
                KubeAction::Apply | KubeAction::Create => object.clone(),
                KubeAction::Patch { patch, .. } => patch.clone(),
                KubeAction::Delete => Value::Null,
            },
        })
    }

    /// The files that it puts secrets into.
    pub fn private_files(&self) -> BTreeSet<MachinePath> {
        match self {
            Self::WriteFile { path, content, .. } if !content.kinds().is_empty() => {
                BTreeSet::from([path.clone()])
            }
            Self::SetOwner {
                path,
                holds: Some(_),
                ..
            } => BTreeSet::from([path.clone()]),
            Self::CreateKey { files, .. } | Self::IssueCertificate { files, .. } => files
                .iter()
                .filter(|file| file.holds == Holds::PrivateKey)
                .map(|file| file.path.clone())
                .collect(),
            _ => BTreeSet::new(),
        }
    }

    /// The effect as a policy sees it (`wit/`, world `policy`): no secret in
    /// it. `phase` and `component` say who asks.
    pub fn describe(&self, phase: &str, component: &str, context: &Value) -> Value {
        let mut fields = match self {
            Self::WriteFile {
                path,
                mode,
                content,
            } => json!({
                "path": path.as_str(), "mode": format!("{mode:04o}"),
                "content": content.redacted(), "sealed": content.kinds(),
            }),
            Self::MakeDirectory { path, mode } => {
                json!({ "path": path.as_str(), "mode": format!("{mode:04o}") })
            }
            Self::RemoveFile { path } => json!({ "path": path.as_str() }),
            Self::EnsureAccounts { users, groups } => json!({ "users": users, "groups": groups }),
            Self::SetOwner {
                path,
                user,
                group,
                mode,
                holds,
            } => json!({
                "path": path.as_str(), "user": user, "group": group,
                "mode": mode.map(|mode| format!("{mode:04o}")),
                "sealed": holds.iter().collect::<Vec<_>>(),
            }),
            Self::CreateKey {
                name,
                algorithm,
                files,
            } => json!({ "name": name, "algorithm": algorithm, "files": files }),
            Self::IssueCertificate {
                name,
                algorithm,
                profile,
                signer,
                files,
            } => json!({
                "name": name, "algorithm": algorithm, "profile": profile,
                "signer": signer, "files": files,
            }),
            Self::Kube {
                action,
                reference,
                object,
                sealed,
            } => {
                let mut fields = json!({ "reference": reference, "sealed": sealed });
                match action {
                    KubeAction::Apply | KubeAction::Create => fields["object"] = object.clone(),
                    KubeAction::Patch { kind, patch } => {
                        fields["patchType"] = json!(kind);
                        fields["patch"] = patch.clone();
                    }
                    KubeAction::Delete => {}
                }
                fields
            }
            Self::Service { name, operation } => json!({ "name": name, "operation": operation }),
            Self::PullImage { socket, image } => json!({ "socket": socket, "image": image }),
            Self::Show { content } => json!({ "content": content.redacted() }),
        };
        fields["apiVersion"] = json!("kubewright.dev/v1alpha1");
        fields["kind"] = json!("Effect");
        fields["phase"] = json!(phase);
        fields["component"] = json!(component);
        fields["action"] = json!(self.name());
        if let Value::Object(context) = context {
            for (key, value) in context {
                fields[key] = value.clone();
            }
        }
        fields
    }
}

impl From<PatchKind> for crate::kube::patching::PatchForm {
    fn from(kind: PatchKind) -> Self {
        match kind {
            PatchKind::Json => Self::Json,
            PatchKind::Merge => Self::Merge,
            PatchKind::Strategic => Self::Strategic,
        }
    }
}

fn octal<S: serde::Serializer>(mode: &u32, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&format!("{mode:04o}"))
}
