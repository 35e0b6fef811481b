//! Objects as clients wrote them, out of a server and into one.

use serde_json::Value;

use super::fields::apply::{self, Author, Reach};
use super::kinds::Kind;
use super::object::prepare;
use super::object::{members, meta_mut, meta_text};
use super::state::{Ready, State};
use super::status::Failure;
use super::store::{By, Entry};
use super::verbs::write::{self, Creation};

/// Metadata that the server keeps.
const SERVER_METADATA: [&str; 8] = [
    "creationTimestamp",
    "deletionGracePeriodSeconds",
    "deletionTimestamp",
    "generation",
    "managedFields",
    "resourceVersion",
    "selfLink",
    "uid",
];

/// Why an object cannot be put into an embedded API.
#[derive(Debug, thiserror::Error)]
pub enum PlaceError {
    /// Its `apiVersion` and `kind` are none the API knows.
    #[error("object {index}: no kind {kind:?} of apiVersion {api_version:?} is known here")]
    UnknownKind {
        /// Its place in the list.
        index: usize,
        /// The `apiVersion` it has.
        api_version: String,
        /// The `kind` it has.
        kind: String,
    },
    /// The API refuses it.
    #[error("object {index} ({kind} {name:?}) is refused")]
    Refused {
        /// Its place in the list.
        index: usize,
        /// Its kind.
        kind: String,
        /// Its name.
        name: String,
        /// What the API says.
        #[source]
        source: Refusal,
    },
}

/// What the API says of an object it refuses.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub struct Refusal(Box<Failure>);

/// The objects that clients wrote, in the order they first wrote them, without what the server added.
pub(super) fn objects(state: &State) -> Vec<Value> {
    let mut written: Vec<(u64, &Entry)> = state
        .store
        .all()
        .filter_map(|entry| Some((entry.written?, entry)))
        .collect();
    written.sort_by_key(|(order, _)| *order);
    written
        .into_iter()
        .map(|(_, entry)| exported(entry))
        .collect()
}

fn exported(entry: &Entry) -> Value {
    let mut object = Value::clone(&entry.bare);
    if !entry.client_status {
        members(&mut object).remove("status");
    }
    for pointer in &entry.filled {
        if let Some((parent, key)) = pointer.rsplit_once('/')
            && let Some(Value::Object(parent)) = object.pointer_mut(parent)
        {
            parent.remove(key);
        }
    }
    let meta = meta_mut(&mut object);
    SERVER_METADATA.iter().for_each(|key| {
        meta.remove(*key);
    });
    object
}

/// Puts objects that the control plane makes into a new server.
pub(super) fn seed(state: &mut State, objects: &[Value]) -> Result<(), PlaceError> {
    place(state, objects, By::Server, |kind, _, author| {
        (
            Author {
                manager: "kube-apiserver".into(),
                ..author
            },
            kind.guards_status(),
            None,
        )
    })
}

/// Puts objects that [`objects`] gave into a server, as if `manager` had applied each. An object
/// that is there already is replaced.
pub(super) fn import(
    state: &mut State,
    objects: &[Value],
    manager: &str,
) -> Result<(), PlaceError> {
    place(state, objects, By::Client, |kind, object, author| {
        let author = Author {
            manager: manager.into(),
            ..author
        };
        let nothing = Value::Object(serde_json::Map::new());
        let managers = apply::apply(&nothing, object, &kind.ty, &[], &author, true)
            .ok()
            .map(|(_, managers)| managers);
        (author, true, managers)
    })
}

type Owners = Option<Vec<super::fields::managed::Manager>>;

fn place(
    state: &mut State,
    objects: &[Value],
    by: By,
    owners: impl Fn(&Kind, &Value, Author) -> (Author, bool, Owners),
) -> Result<(), PlaceError> {
    for (index, object) in objects.iter().enumerate() {
        let text = |key: &str| {
            object
                .get(key)
                .and_then(Value::as_str)
                .unwrap_or_default()
                .to_owned()
        };
        let (api_version, name) = (text("apiVersion"), text("kind"));
        let Some(kind) = state.kinds.by_kind(&api_version, &name).cloned() else {
            return Err(PlaceError::UnknownKind {
                index,
                api_version,
                kind: name,
            });
        };
        let reach = if kind.guards_status() {
            Reach::AllButStatus
        } else {
            Reach::Everything
        };
        let author = Author {
            manager: String::new(),
            api_version,
            subresource: String::new(),
            now: state.now(),
            reach,
        };
        let (author, keeps_status, managers) = owners(&kind, object, author);
        let status = object.get("status").cloned().filter(|_| keeps_status);
        put(state, &kind, object.clone(), author, managers, by, status).map_err(|failure| {
            PlaceError::Refused {
                index,
                kind: name,
                name: meta_text(object, "name").to_owned(),
                source: Refusal(Box::new(failure)),
            }
        })?;
    }
    Ok(())
}

fn put(
    state: &mut State,
    kind: &std::sync::Arc<Kind>,
    mut object: Value,
    author: Author,
    managers: Owners,
    by: By,
    status: Option<Value>,
) -> Result<(), Failure> {
    let namespace = meta_text(&object, "namespace").to_owned();
    let name = meta_text(&object, "name").to_owned();
    meta_mut(&mut object).remove("resourceVersion");
    if let Some(live) = state.store.get(&kind.storage, &namespace, &name).cloned() {
        prepare::update(kind, prepare::Part::Main, &live.bare, &mut object)?;
        let managers = managers.unwrap_or_else(|| {
            apply::update(&live.bare, &object, &kind.ty, &live.managers, &author)
        });
        state.change(
            &live,
            Ready {
                object,
                managers,
                by,
                sets_status: false,
            },
        );
    } else {
        write::create(
            state,
            object,
            Creation {
                kind,
                namespace: &namespace,
                author,
                managers,
                by,
                dry_run: false,
            },
        )?;
    }
    let Some((live, status)) = state
        .store
        .get(&kind.storage, &namespace, &name)
        .cloned()
        .zip(status)
    else {
        return Ok(());
    };
    let mut object = Value::clone(&live.bare);
    members(&mut object).insert("status".into(), status);
    let managers = live.managers.clone();
    state.change(
        &live,
        Ready {
            object,
            managers,
            by,
            sets_status: by == By::Client,
        },
    );
    Ok(())
}
