//! The stored objects, their versions, and the events that watches see.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use serde_json::Value;

use super::fields::managed::{self, Manager};
use super::kinds::Kind;
use super::object::{meta_mut, meta_text};
use super::watch::Watcher;

/// How many events are kept for watches that begin in the past.
const KEPT_EVENTS: usize = 1024;

/// A namespace (empty for cluster-scoped objects) and a name.
pub(super) type Place = (String, String);

/// A stored object.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    pub kind: Arc<Kind>,
    /// Without `managedFields`.
    pub bare: Arc<Value>,
    /// As it is served.
    pub full: Arc<Value>,
    pub managers: Vec<Manager>,
    /// When clients first wrote it, as a place in the order of all first writes.
    pub written: Option<u64>,
    /// Whether clients wrote its status.
    pub client_status: bool,
    /// JSON pointers of what the server filled in.
    pub filled: Vec<&'static str>,
}

impl Entry {
    pub fn place(&self) -> Place {
        (
            meta_text(&self.bare, "namespace").to_owned(),
            meta_text(&self.bare, "name").to_owned(),
        )
    }
}

/// What happened to an object.
#[derive(Debug, Clone)]
pub(super) struct Event {
    pub revision: u64,
    pub storage: String,
    pub namespace: String,
    /// The object before; `None` if it was created.
    pub before: Option<Arc<Value>>,
    /// The object after; for a deletion the object as it was, with the version of the deletion.
    pub after: Arc<Value>,
    pub deleted: bool,
}

/// All objects of a server.
#[derive(Debug, Default)]
pub(super) struct Store {
    objects: BTreeMap<String, BTreeMap<Place, Entry>>,
    pub revision: u64,
    writes: u64,
    log: VecDeque<Event>,
    forgotten: u64,
    pub watchers: Vec<Watcher>,
}

/// Who a write is counted for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum By {
    Client,
    Server,
}

impl Store {
    pub fn get(&self, storage: &str, namespace: &str, name: &str) -> Option<&Entry> {
        self.objects
            .get(storage)?
            .get(&(namespace.to_owned(), name.to_owned()))
    }

    /// The objects of one storage in order of namespace and name, of one namespace or of all.
    pub fn list<'a>(
        &'a self,
        storage: &str,
        namespace: Option<&'a str>,
    ) -> impl Iterator<Item = &'a Entry> {
        let all = self.objects.get(storage).into_iter().flatten();
        all.filter(move |((inside, _), _)| namespace.is_none_or(|namespace| namespace == inside))
            .map(|(_, entry)| entry)
    }

    /// Every object.
    pub fn all(&self) -> impl Iterator<Item = &Entry> {
        self.objects.values().flat_map(BTreeMap::values)
    }

    /// Stores an object as the newest version of itself, and returns it as it is served.
    pub fn put(&mut self, mut entry: Entry, by: By) -> Arc<Value> {
        self.revision += 1;
        if by == By::Client && entry.written.is_none() {
            self.writes += 1;
            entry.written = Some(self.writes);
        }
        let mut bare = Arc::unwrap_or_clone(entry.bare);
        meta_mut(&mut bare).insert("resourceVersion".into(), self.revision.to_string().into());
        let mut full = bare.clone();
        if let Some(managers) = managed::write(&entry.managers) {
            meta_mut(&mut full).insert("managedFields".into(), managers);
        }
        (entry.bare, entry.full) = (Arc::new(bare), Arc::new(full));
        let (storage, place, after) = (
            entry.kind.storage.clone(),
            entry.place(),
            entry.full.clone(),
        );
        let before = self
            .objects
            .entry(storage.clone())
            .or_default()
            .insert(place.clone(), entry);
        let before = before.map(|entry| entry.full);
        self.tell(Event {
            revision: self.revision,
            storage,
            namespace: place.0,
            before,
            after: after.clone(),
            deleted: false,
        });
        after
    }

    /// Removes an object, and returns it as it last was.
    pub fn remove(&mut self, storage: &str, place: &Place) -> Option<Entry> {
        let entry = self.objects.get_mut(storage)?.remove(place)?;
        self.revision += 1;
        let mut last = Value::clone(&entry.full);
        meta_mut(&mut last).insert("resourceVersion".into(), self.revision.to_string().into());
        let event = Event {
            revision: self.revision,
            storage: storage.to_owned(),
            namespace: place.0.clone(),
            before: Some(entry.full.clone()),
            after: Arc::new(last),
            deleted: true,
        };
        self.tell(event);
        Some(entry)
    }

    fn tell(&mut self, event: Event) {
        self.watchers.retain(|watcher| watcher.tell(&event));
        self.log.push_back(event);
        if self.log.len() > KEPT_EVENTS
            && let Some(oldest) = self.log.pop_front()
        {
            self.forgotten = oldest.revision;
        }
    }

    /// The events after a version, or the oldest version that can be asked for.
    pub fn since(&self, revision: u64) -> Result<impl Iterator<Item = &Event>, u64> {
        if revision < self.forgotten {
            return Err(self.forgotten);
        }
        Ok(self
            .log
            .iter()
            .filter(move |event| event.revision > revision))
    }
}
