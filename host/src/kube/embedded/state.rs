//! The server's state and the writes to it, each with all that follows from it.

use std::collections::VecDeque;
use std::fmt;
use std::sync::Arc;

use serde_json::Value;

use super::behaviour::Behaviour;
use super::custom;
use super::fields::apply::{self, Author, Reach};
use super::fields::managed::{self, Manager};
use super::kinds::{Kind, Kinds};
use super::object::service::ServiceRange;
use super::object::{self, meta_list, meta_mut, meta_text};
use super::options::{Clock, Options, Random};
use super::store::{By, Entry, Place, Store};

/// Who writes what [`Behaviour`]s and the garbage collector write.
pub(super) const CONTROLLERS: &str = "kube-controller-manager";

pub(super) struct State {
    pub kinds: Kinds,
    pub store: Store,
    pub service_range: Option<ServiceRange>,
    pub version: String,
    behaviours: Vec<Behaviour>,
    clock: Clock,
    random: Random,
}

impl fmt::Debug for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("State")
            .field("store", &self.store)
            .finish_non_exhaustive()
    }
}

/// A write that is ready to be stored.
#[derive(Debug)]
pub(super) struct Ready {
    pub object: Value,
    pub managers: Vec<Manager>,
    pub by: By,
    /// Whether the write set the status for a client.
    pub sets_status: bool,
}

impl State {
    pub fn new(options: &Options) -> Self {
        State {
            kinds: Kinds::new(options.kinds.clone()),
            store: Store::default(),
            service_range: options.service_range,
            version: options.version.clone(),
            behaviours: options.behaviours.clone(),
            clock: options.clock.clone(),
            random: options.random.clone(),
        }
    }

    /// The time as objects carry it: RFC 3339, whole seconds.
    pub fn now(&self) -> String {
        (self.clock)().strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
    }

    pub fn random(&self) -> u64 {
        (self.random)()
    }

    /// A uid of the form of RFC 9562 version 4.
    pub fn uid(&self) -> String {
        let bits = u128::from(self.random()) << 64 | u128::from(self.random());
        let bits = bits & !(0xf << 76) & !(0x3 << 62) | (0x4 << 76) | (0x2 << 62);
        let hex = format!("{bits:032x}");
        let part = |from: usize, to: usize| hex.get(from..to).unwrap_or_default().to_owned();
        [
            part(0, 8),
            part(8, 12),
            part(12, 16),
            part(16, 20),
            part(20, 32),
        ]
        .join("-")
    }

    /// Stores a new object; `filled` are JSON pointers of what the server filled in. Returns the
    /// object after all that follows.
    pub fn insert(
        &mut self,
        kind: &Arc<Kind>,
        ready: Ready,
        filled: Vec<&'static str>,
    ) -> Arc<Value> {
        let bare = Arc::new(ready.object);
        let entry = Entry {
            kind: kind.clone(),
            full: bare.clone(),
            bare,
            managers: ready.managers,
            written: None,
            client_status: ready.sets_status,
            filled,
        };
        let place = entry.place();
        let stored = self.store.put(entry, ready.by);
        self.follow_up(&kind.storage, &place, true)
            .unwrap_or(stored)
    }

    /// Stores a new version of an object. If nothing changes, the version stays. If the object was
    /// only waiting for its last finalizer, it goes. Returns the object after all that follows.
    pub fn change(&mut self, live: &Entry, ready: Ready) -> Arc<Value> {
        if ready.object == *live.bare && managed::same_but_for_time(&ready.managers, &live.managers)
        {
            return live.full.clone();
        }
        let done = object::is_terminating(&ready.object)
            && meta_list(&ready.object, "finalizers").is_empty();
        let entry = Entry {
            bare: Arc::new(ready.object),
            managers: ready.managers,
            client_status: live.client_status || ready.sets_status,
            ..live.clone()
        };
        let (storage, place) = (entry.kind.storage.clone(), entry.place());
        let stored = self.store.put(entry, ready.by);
        if done && self.may_go(&storage, &place) {
            self.erase(&storage, &place, false);
            return stored;
        }
        self.follow_up(&storage, &place, false).unwrap_or(stored)
    }

    /// Whether nothing is left in the namespace, if it is one.
    fn may_go(&self, storage: &str, (_, name): &Place) -> bool {
        storage != "namespaces"
            || !self
                .store
                .all()
                .any(|entry| meta_text(&entry.bare, "namespace") == name)
    }

    fn follow_up(&mut self, storage: &str, place: &Place, created: bool) -> Option<Arc<Value>> {
        let entry = self.store.get(storage, &place.0, &place.1)?.clone();
        let mut last = entry.full.clone();
        if custom::is_definition(&entry.kind) {
            custom::serve(&mut self.kinds, &entry.bare);
            last = self.patch_status(&entry, &custom::accepted(&entry.bare, &self.now()));
        }
        let (api_version, kind) = (
            object::text(&entry.bare, "/apiVersion").to_owned(),
            entry.kind.info.kind.clone(),
        );
        let behaviours: Vec<Behaviour> = self
            .behaviours
            .iter()
            .filter(|behaviour| behaviour.follows(&api_version, &kind, created))
            .cloned()
            .collect();
        for behaviour in behaviours {
            let Some(entry) = self.store.get(storage, &place.0, &place.1).cloned() else {
                break;
            };
            last = self.patch_status(&entry, &behaviour.patch_for(&entry.bare));
        }
        Some(last)
    }

    /// Merges `patch` into the status of an object, as a controller.
    fn patch_status(&mut self, live: &Entry, patch: &Value) -> Arc<Value> {
        let mut object = Value::clone(&live.bare);
        let status = object::members(&mut object)
            .entry("status")
            .or_insert(Value::Null);
        json_patch::merge(status, patch);
        if object == *live.bare {
            return live.full.clone();
        }
        let author = Author {
            manager: CONTROLLERS.into(),
            api_version: live.kind.info.api_version(),
            subresource: "status".into(),
            now: self.now(),
            reach: Reach::StatusOnly,
        };
        let managers = apply::update(&live.bare, &object, &live.kind.ty, &live.managers, &author);
        let entry = Entry {
            bare: Arc::new(object),
            managers,
            ..live.clone()
        };
        self.store.put(entry, By::Server)
    }

    /// Deletes an object: marks it if it has finalizers, otherwise removes it and what it owns, or,
    /// if `orphan`, frees what it owns. A namespace takes its contents with it.
    /// Returns whether it is gone.
    pub fn delete(&mut self, storage: &str, place: &Place, orphan: bool) -> bool {
        let contents = storage == "namespaces";
        if contents {
            self.mark(storage, place);
            let inside: Vec<(String, Place)> = self
                .store
                .all()
                .filter(|entry| meta_text(&entry.bare, "namespace") == place.1)
                .map(|entry| (entry.kind.storage.clone(), entry.place()))
                .collect();
            for (storage, place) in inside {
                self.delete(&storage, &place, false);
            }
        }
        let Some(entry) = self.store.get(storage, &place.0, &place.1) else {
            return true;
        };
        if !meta_list(&entry.bare, "finalizers").is_empty() || !self.may_go(storage, place) {
            self.mark(storage, place);
            return false;
        }
        self.erase(storage, place, orphan);
        true
    }

    /// Marks an object as waiting to be deleted.
    fn mark(&mut self, storage: &str, place: &Place) {
        let Some(entry) = self.store.get(storage, &place.0, &place.1) else {
            return;
        };
        if object::is_terminating(&entry.bare) {
            return;
        }
        let (mut entry, now) = (entry.clone(), self.now());
        let mut object = Value::clone(&entry.bare);
        let meta = meta_mut(&mut object);
        meta.insert("deletionTimestamp".into(), now.into());
        meta.insert("deletionGracePeriodSeconds".into(), 0.into());
        if let Some(count) = meta.get("generation").and_then(Value::as_u64) {
            meta.insert("generation".into(), count.saturating_add(1).into());
        }
        if storage == "namespaces"
            && let Some(status) = object.get_mut("status")
        {
            object::members(status).insert("phase".into(), "Terminating".into());
        }
        entry.bare = Arc::new(object);
        self.store.put(entry, By::Server);
    }

    fn erase(&mut self, storage: &str, place: &Place, orphan: bool) {
        let mut queue = VecDeque::from([(storage.to_owned(), place.clone(), orphan)]);
        while let Some((storage, place, orphan)) = queue.pop_front() {
            let Some(gone) = self.store.remove(&storage, &place) else {
                continue;
            };
            for (storage, place) in self.release(meta_text(&gone.bare, "uid"), orphan) {
                queue.push_back((storage, place, false));
            }
            if custom::is_definition(&gone.kind)
                && let Some(removed) = custom::withdraw(&mut self.kinds, &gone.bare)
            {
                let objects = self
                    .store
                    .list(&removed, None)
                    .map(|entry| (removed.clone(), entry.place(), false));
                queue.extend(objects.collect::<Vec<_>>());
            }
            let namespace = (String::new(), place.0);
            let waits = self
                .store
                .get("namespaces", "", &namespace.1)
                .is_some_and(|entry| {
                    object::is_terminating(&entry.bare)
                        && meta_list(&entry.bare, "finalizers").is_empty()
                });
            if waits && self.may_go("namespaces", &namespace) {
                queue.push_back(("namespaces".into(), namespace, false));
            }
        }
    }

    /// Takes an owner that is gone out of the objects it owned, and returns those to delete with it.
    fn release(&mut self, uid: &str, orphan: bool) -> Vec<(String, Place)> {
        let owned: Vec<Entry> = self
            .store
            .all()
            .filter(|entry| object::owners(&entry.bare).any(|owner| owner == uid))
            .cloned()
            .collect();
        let mut doomed = Vec::new();
        for entry in owned {
            let others = |other: &str| {
                other != uid
                    && self
                        .store
                        .all()
                        .any(|entry| meta_text(&entry.bare, "uid") == other)
            };
            let (storage, place) = (entry.kind.storage.clone(), entry.place());
            if orphan || object::owners(&entry.bare).any(others) {
                let mut object = Value::clone(&entry.bare);
                if let Some(Value::Array(owners)) = meta_mut(&mut object).get_mut("ownerReferences")
                {
                    owners.retain(|owner| owner.get("uid").and_then(Value::as_str) != Some(uid));
                }
                self.store.put(
                    Entry {
                        bare: Arc::new(object),
                        ..entry
                    },
                    By::Server,
                );
            } else if meta_list(&entry.bare, "finalizers").is_empty() {
                doomed.push((storage, place));
            } else {
                self.mark(&storage, &place);
            }
        }
        doomed
    }
}
