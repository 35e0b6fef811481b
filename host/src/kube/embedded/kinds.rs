//! The kinds a server knows: those built into Kubernetes, those its maker adds, and those that
//! CustomResourceDefinitions bring.
//!
//! A line of `kinds.txt` is: group (`-` for the core group), version, kind, plural, singular, scope,
//! short names, subresources, categories, verbs (`*` for all), type (see [`super::schema`]);
//! lists are joined by commas, `-` is an empty one.

use std::sync::{Arc, LazyLock};

use super::schema::{self, Type};

static TEXT: &str = include_str!("tables/kinds.txt");
static BUILT_IN: LazyLock<Vec<Arc<Kind>>> = LazyLock::new(built_in);

/// The verbs of a kind that can be stored.
pub const ALL_VERBS: [&str; 8] = [
    "create",
    "delete",
    "deletecollection",
    "get",
    "list",
    "patch",
    "update",
    "watch",
];

/// A kind of object and how the API serves it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct KindInfo {
    /// The API group, empty for the core group.
    pub group: String,
    /// The version, such as `v1`.
    pub version: String,
    /// The kind, such as `Deployment`.
    pub kind: String,
    /// The resource in paths, such as `deployments`.
    pub plural: String,
    /// The name of one, such as `deployment`.
    pub singular: String,
    /// Whether objects live in a namespace.
    pub namespaced: bool,
    /// Short names, such as `deploy`.
    pub short_names: Vec<String>,
    /// Categories, such as `all`.
    pub categories: Vec<String>,
    /// Subresources, such as `status` and `scale`.
    pub subresources: Vec<String>,
    /// Verbs served; all of [`ALL_VERBS`] when empty.
    pub verbs: Vec<String>,
    /// A built-in kind whose lists are merged the same way, as `group/version/Kind` (`v1/Pod` for
    /// the core group). Fields that kind does not have are kept. Without it lists are one value.
    pub merges_like: Option<String>,
}

impl KindInfo {
    /// A kind with its usual names: the singular and the plural in lower case, all verbs, a status.
    pub fn new(api_version: &str, kind: &str, plural: &str, namespaced: bool) -> Self {
        let (group, version) = split_api_version(api_version);
        KindInfo {
            group: group.into(),
            version: version.into(),
            kind: kind.into(),
            plural: plural.into(),
            singular: kind.to_lowercase(),
            namespaced,
            subresources: vec!["status".into()],
            ..KindInfo::default()
        }
    }

    /// The `apiVersion` of its objects: `v1`, `apps/v1`.
    pub fn api_version(&self) -> String {
        if self.group.is_empty() {
            self.version.clone()
        } else {
            format!("{}/{}", self.group, self.version)
        }
    }

    /// The resource with its group, as messages name it: `configmaps`, `deployments.apps`.
    pub fn qualified_resource(&self) -> String {
        qualified(&self.plural, &self.group)
    }

    /// The kind with its group, as messages name it: `ConfigMap`, `Deployment.apps`.
    pub fn qualified_kind(&self) -> String {
        qualified(&self.kind, &self.group)
    }

    /// The verbs served.
    pub fn served_verbs(&self) -> Vec<&str> {
        if self.verbs.is_empty() {
            ALL_VERBS.to_vec()
        } else {
            self.verbs.iter().map(String::as_str).collect()
        }
    }

    /// Whether the verb is served.
    pub fn serves(&self, verb: &str) -> bool {
        if self.verbs.is_empty() {
            ALL_VERBS.contains(&verb)
        } else {
            self.verbs.iter().any(|served| served == verb)
        }
    }

    /// Whether it has that subresource.
    pub fn has(&self, subresource: &str) -> bool {
        self.subresources.iter().any(|name| name == subresource)
    }
}

fn qualified(name: &str, group: &str) -> String {
    if group.is_empty() {
        name.into()
    } else {
        format!("{name}.{group}")
    }
}

/// `apps/v1` into `("apps", "v1")`, `v1` into `("", "v1")`.
pub(super) fn split_api_version(api_version: &str) -> (&str, &str) {
    api_version.rsplit_once('/').unwrap_or(("", api_version))
}

/// Where a kind came from, which decides how strictly its objects are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Origin {
    BuiltIn,
    Added,
    Custom,
}

/// A kind as the server holds it.
#[derive(Debug)]
pub(super) struct Kind {
    pub info: KindInfo,
    pub ty: Type,
    pub origin: Origin,
    /// The objects' place in the store. Versions of a kind share it, since one object is served
    /// in each of them.
    pub storage: String,
}

impl Kind {
    pub fn is(&self, group: &str, kind: &str) -> bool {
        self.info.group == group && self.info.kind == kind
    }
}

/// All kinds of a server.
#[derive(Debug, Clone, Default)]
pub(super) struct Kinds {
    added: Vec<Arc<Kind>>,
}

impl Kinds {
    /// The built-in kinds and the given ones; a given kind stands before a built-in one.
    pub fn new(given: Vec<KindInfo>) -> Self {
        let added = given.into_iter().map(|info| {
            let ty = info
                .merges_like
                .as_deref()
                .and_then(type_like)
                .unwrap_or(Type::Deduced);
            Arc::new(Kind {
                storage: info.qualified_resource(),
                ty,
                origin: Origin::Added,
                info,
            })
        });
        Kinds {
            added: added.collect(),
        }
    }

    /// Adds a kind that a definition brings, unless its resource is one of the server's own.
    pub fn add(&mut self, kind: Kind) {
        let same = |known: &&Arc<Kind>| {
            known.info.group == kind.info.group && known.info.plural == kind.info.plural
        };
        if self
            .all()
            .filter(same)
            .all(|known| known.origin == Origin::Custom)
        {
            self.added.push(Arc::new(kind));
        }
    }

    /// Removes the kinds that definitions of this resource brought. Returns where their objects are.
    pub fn remove_custom(&mut self, group: &str, plural: &str) -> Option<String> {
        let ours = |kind: &Arc<Kind>| {
            kind.origin == Origin::Custom && kind.info.group == group && kind.info.plural == plural
        };
        let storage = self
            .added
            .iter()
            .find(|kind| ours(kind))
            .map(|kind| kind.storage.clone());
        self.added.retain(|kind| !ours(kind));
        storage
    }

    /// The kind behind a path.
    pub fn by_plural(&self, group: &str, version: &str, plural: &str) -> Option<&Arc<Kind>> {
        let wanted = (group, version, plural);
        let added = self.added.iter().find(|kind| place(&kind.info) == wanted);
        added.or_else(|| {
            BUILT_IN
                .binary_search_by(|kind| place(&kind.info).cmp(&wanted))
                .ok()
                .and_then(|index| BUILT_IN.get(index))
        })
    }

    /// The kind of an object.
    pub fn by_kind(&self, api_version: &str, kind: &str) -> Option<&Arc<Kind>> {
        let (group, version) = split_api_version(api_version);
        self.all().find(|known| {
            known.info.group == group && known.info.version == version && known.info.kind == kind
        })
    }

    /// Every kind, the added ones first.
    pub fn all(&self) -> impl Iterator<Item = &Arc<Kind>> {
        let hidden = |kind: &&Arc<Kind>| {
            !self
                .added
                .iter()
                .any(|added| place(&added.info) == place(&kind.info))
        };
        self.added.iter().chain(BUILT_IN.iter().filter(hidden))
    }
}

fn place(info: &KindInfo) -> (&str, &str, &str) {
    (&info.group, &info.version, &info.plural)
}

/// The type of a built-in kind given as `apps/v1/Deployment` or `v1/Pod`, for lists only.
fn type_like(name: &str) -> Option<Type> {
    let (api_version, kind) = name.rsplit_once('/')?;
    let (group, version) = split_api_version(api_version);
    let found = BUILT_IN.iter().find(|known| {
        known.info.group == group && known.info.version == version && known.info.kind == kind
    })?;
    Some(found.ty.clone())
}

fn built_in() -> Vec<Arc<Kind>> {
    let lines = TEXT.lines().filter(|line| !line.starts_with('#'));
    let mut kinds: Vec<Arc<Kind>> = lines.filter_map(line).map(Arc::new).collect();
    kinds.sort_by(|a, b| place(&a.info).cmp(&place(&b.info)));
    kinds
}

fn line(text: &str) -> Option<Kind> {
    let mut words = text
        .split(' ')
        .map(|word| if word == "-" { "" } else { word });
    let mut next = || words.next().map(str::to_owned);
    let list = |text: String| {
        text.split(',')
            .filter(|name| !name.is_empty())
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    let mut info = KindInfo {
        group: next()?,
        version: next()?,
        kind: next()?,
        plural: next()?,
        singular: next()?,
        namespaced: next()? == "namespaced",
        short_names: list(next()?),
        subresources: list(next()?),
        categories: list(next()?),
        verbs: list(next()?),
        merges_like: None,
    };
    info.verbs.retain(|verb| verb != "*");
    let ty = schema::named(&next()?)?;
    // The two versions of this kind are of different shape, and nothing here converts one into the other.
    let apart = info.kind == "HorizontalPodAutoscaler" && info.version == "v1";
    let storage = if apart {
        format!("{}@v1", info.qualified_resource())
    } else {
        info.qualified_resource()
    };
    Some(Kind {
        info,
        ty,
        origin: Origin::BuiltIn,
        storage,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use k8s_openapi::{ClusterResourceScope, NamespaceResourceScope, Resource};

    fn check<K: Resource>(namespaced: bool) {
        let kinds = Kinds::default();
        let kind = kinds
            .by_kind(K::API_VERSION, K::KIND)
            .unwrap_or_else(|| panic!("{} {} is missing", K::API_VERSION, K::KIND));
        assert_eq!(
            (kind.info.plural.as_str(), kind.info.namespaced),
            (K::URL_PATH_SEGMENT, namespaced),
            "{}",
            K::KIND
        );
        assert_eq!(
            (kind.info.group.as_str(), kind.info.version.as_str()),
            (K::GROUP, K::VERSION)
        );
        let found = kinds
            .by_plural(K::GROUP, K::VERSION, K::URL_PATH_SEGMENT)
            .expect("also found by its plural");
        assert_eq!(found.info.kind, K::KIND);
    }

    #[test]
    fn the_table_agrees_with_the_typed_api() {
        use k8s_openapi::api::*;
        use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1 as extensions;
        use k8s_openapi::kube_aggregator::pkg::apis::apiregistration::v1 as registration;
        fn cluster<K: Resource<Scope = ClusterResourceScope>>() {
            check::<K>(false);
        }
        fn inside<K: Resource<Scope = NamespaceResourceScope>>() {
            check::<K>(true);
        }
        cluster::<core::v1::Namespace>();
        cluster::<core::v1::Node>();
        cluster::<core::v1::PersistentVolume>();
        cluster::<core::v1::ComponentStatus>();
        inside::<core::v1::ConfigMap>();
        inside::<core::v1::Endpoints>();
        inside::<core::v1::Event>();
        inside::<core::v1::LimitRange>();
        inside::<core::v1::PersistentVolumeClaim>();
        inside::<core::v1::Pod>();
        inside::<core::v1::PodTemplate>();
        inside::<core::v1::ReplicationController>();
        inside::<core::v1::ResourceQuota>();
        inside::<core::v1::Secret>();
        inside::<core::v1::Service>();
        inside::<core::v1::ServiceAccount>();
        inside::<apps::v1::ControllerRevision>();
        inside::<apps::v1::DaemonSet>();
        inside::<apps::v1::Deployment>();
        inside::<apps::v1::ReplicaSet>();
        inside::<apps::v1::StatefulSet>();
        inside::<autoscaling::v2::HorizontalPodAutoscaler>();
        inside::<batch::v1::CronJob>();
        inside::<batch::v1::Job>();
        cluster::<certificates::v1::CertificateSigningRequest>();
        inside::<coordination::v1::Lease>();
        inside::<discovery::v1::EndpointSlice>();
        inside::<events::v1::Event>();
        cluster::<flowcontrol::v1::FlowSchema>();
        cluster::<flowcontrol::v1::PriorityLevelConfiguration>();
        inside::<networking::v1::Ingress>();
        cluster::<networking::v1::IngressClass>();
        cluster::<networking::v1::IPAddress>();
        inside::<networking::v1::NetworkPolicy>();
        cluster::<networking::v1::ServiceCIDR>();
        cluster::<node::v1::RuntimeClass>();
        inside::<policy::v1::PodDisruptionBudget>();
        cluster::<rbac::v1::ClusterRole>();
        cluster::<rbac::v1::ClusterRoleBinding>();
        inside::<rbac::v1::Role>();
        inside::<rbac::v1::RoleBinding>();
        cluster::<scheduling::v1::PriorityClass>();
        cluster::<storage::v1::CSIDriver>();
        cluster::<storage::v1::CSINode>();
        inside::<storage::v1::CSIStorageCapacity>();
        cluster::<storage::v1::StorageClass>();
        cluster::<storage::v1::VolumeAttachment>();
        cluster::<admissionregistration::v1::MutatingWebhookConfiguration>();
        cluster::<admissionregistration::v1::ValidatingAdmissionPolicy>();
        cluster::<admissionregistration::v1::ValidatingAdmissionPolicyBinding>();
        cluster::<admissionregistration::v1::ValidatingWebhookConfiguration>();
        cluster::<authorization::v1::SelfSubjectAccessReview>();
        cluster::<authorization::v1::SubjectAccessReview>();
        inside::<authorization::v1::LocalSubjectAccessReview>();
        cluster::<authentication::v1::TokenReview>();
        cluster::<extensions::CustomResourceDefinition>();
        cluster::<registration::APIService>();
    }

    #[test]
    fn every_line_of_the_table_is_read() {
        let lines = TEXT.lines().filter(|line| !line.starts_with('#')).count();
        assert_eq!(BUILT_IN.len(), lines);
    }

    #[test]
    fn an_added_kind_stands_before_a_built_in_one() {
        let mut old = KindInfo::new("apps/v1", "Deployment", "deployments", true);
        old.merges_like = Some("apps/v1/Deployment".into());
        let kinds = Kinds::new(vec![old]);
        assert_eq!(
            kinds
                .by_plural("apps", "v1", "deployments")
                .map(|kind| kind.origin),
            Some(Origin::Added)
        );
        assert_eq!(
            kinds
                .all()
                .filter(|kind| kind.info.kind == "Deployment")
                .count(),
            1
        );
    }
}
