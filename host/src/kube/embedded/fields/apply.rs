//! What an update or an apply does to an object and to the ownership of its fields.
//!
//! Objects here carry no `managedFields`; the managers travel beside them.

use serde_json::Value;

use super::Unreadable;
use super::compare::{self, Difference};
use super::conflict::{self, Conflict};
use super::managed::{Manager, Operation};
use super::merge::merge;
use super::remove::remove;
use super::set::{Element, Set};
use crate::kube::embedded::schema::Type;
use crate::kube::embedded::status::Failure;

/// Fields nobody owns: the server keeps them.
const SERVER_FIELDS: [&[&str]; 12] = [
    &["apiVersion"],
    &["kind"],
    &["metadata"],
    &["metadata", "name"],
    &["metadata", "namespace"],
    &["metadata", "creationTimestamp"],
    &["metadata", "selfLink"],
    &["metadata", "uid"],
    &["metadata", "clusterName"],
    &["metadata", "generation"],
    &["metadata", "managedFields"],
    &["metadata", "resourceVersion"],
];

/// Who owns an object's fields that were there before any tracked write.
const BEFORE_FIRST_APPLY: &str = "before-first-apply";

/// Which fields a write through this path of the API cannot touch, so cannot own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::kube::embedded) enum Reach {
    Everything,
    AllButStatus,
    StatusOnly,
}

impl Reach {
    fn filter(self, set: Set) -> Set {
        let status = || Element::Field("status".into());
        match self {
            Reach::Everything => set,
            Reach::AllButStatus => {
                let mut set = set;
                set.0.remove(&status());
                set
            }
            Reach::StatusOnly => {
                let mut kept = Set::default();
                if let Some(node) = set.at(&status()) {
                    kept.put(status(), node.clone());
                }
                kept
            }
        }
    }
}

/// Who writes, how and when.
#[derive(Debug, Clone)]
pub(in crate::kube::embedded) struct Author {
    pub manager: String,
    pub api_version: String,
    pub subresource: String,
    /// RFC 3339.
    pub now: String,
    pub reach: Reach,
}

impl Author {
    fn entry(&self, operation: Operation, fields: Set) -> Manager {
        Manager {
            name: self.manager.clone(),
            operation,
            api_version: self.api_version.clone(),
            subresource: self.subresource.clone(),
            time: Some(self.now.clone()),
            fields,
        }
    }
}

/// Why an apply was refused.
#[derive(Debug, thiserror::Error)]
pub(in crate::kube::embedded) enum Refused {
    #[error("the applied object cannot be read as its type")]
    Unreadable(#[source] Unreadable),
    #[error("{0}")]
    Conflict(#[source] Failure),
}

/// The managers after a write that made `live` into `new`.
pub(in crate::kube::embedded) fn update(
    live: &Value,
    new: &Value,
    ty: &Type,
    managers: &[Manager],
    author: &Author,
) -> Vec<Manager> {
    let difference = Difference::between(live, new, ty);
    let mut managers = managers.to_vec();
    let taken = touched(&difference, author.reach);
    give_up(
        &mut managers,
        &taken,
        &author.reach.filter(difference.removed),
        None,
    );
    let gained = taken.difference(&server_fields());
    if gained.is_empty() {
        return managers;
    }
    let entry = author.entry(Operation::Update, gained);
    match managers.iter_mut().find(|manager| manager.same(&entry)) {
        Some(own) => {
            own.fields.extend(entry.fields);
            own.time = entry.time;
        }
        None => managers.push(entry),
    }
    managers
}

/// `live` with `applied` applied to it, and the managers after that. Fields this manager applied
/// before and does not apply now are removed if nobody else owns them. Unless `force`, fails if
/// it would change fields of other managers.
pub(in crate::kube::embedded) fn apply(
    live: &Value,
    applied: &Value,
    ty: &Type,
    managers: &[Manager],
    author: &Author,
    force: bool,
) -> Result<(Value, Vec<Manager>), Refused> {
    compare::check(applied, ty).map_err(Refused::Unreadable)?;
    let mut managers = managers.to_vec();
    if managers.is_empty() {
        let first = Author {
            manager: BEFORE_FIRST_APPLY.into(),
            subresource: String::new(),
            ..author.clone()
        };
        let empty = Value::Object(serde_json::Map::new());
        managers = update(&empty, live, ty, &managers, &first);
    }
    let mine = author.entry(
        Operation::Apply,
        author.reach.filter(compare::fields(applied, ty)),
    );
    let before = managers.iter().position(|manager| manager.same(&mine));
    let last = before.map(|index| managers.remove(index));
    let merged = merge(live, applied, ty);
    let new = match &last {
        Some(last) => prune(merged, &last.fields, &mine.fields, &managers, ty),
        None => merged,
    };
    let difference = Difference::between(live, &new, ty);
    let (taken, removed) = (
        touched(&difference, author.reach),
        author.reach.filter(difference.removed),
    );
    let conflicts = conflicts(&managers, &taken);
    if !force && !conflicts.is_empty() {
        return Err(Refused::Conflict(conflict::failure(conflicts)));
    }
    give_up(&mut managers, &taken, &removed, Some(&mine));
    let mut mine = Manager {
        fields: mine.fields.difference(&server_fields()),
        ..mine
    };
    if let Some(last) = last.filter(|last| last.fields == mine.fields && new == *live) {
        mine.time = last.time;
    }
    if !mine.fields.is_empty() {
        managers.push(mine);
    }
    Ok((new, managers))
}

fn touched(difference: &Difference, reach: Reach) -> Set {
    let mut taken = difference.modified.clone();
    taken.extend(difference.added.clone());
    reach.filter(taken)
}

fn conflicts(managers: &[Manager], taken: &Set) -> Vec<Conflict> {
    let overlap = |manager: &Manager| {
        let fields = manager.fields.intersection(taken);
        (!fields.is_empty()).then(|| Conflict {
            manager: manager.clone(),
            fields,
        })
    };
    managers.iter().filter_map(overlap).collect()
}

fn give_up(managers: &mut Vec<Manager>, taken: &Set, removed: &Set, except: Option<&Manager>) {
    for manager in managers
        .iter_mut()
        .filter(|manager| except.is_none_or(|except| !manager.same(except)))
    {
        manager.fields = manager.fields.difference(taken).difference(removed);
    }
    managers.retain(|manager| !manager.fields.is_empty());
}

/// Takes out of `merged` what the manager applied `last` and neither applies now nor anybody else owns.
fn prune(merged: Value, last: &Set, now: &Set, others: &[Manager], ty: &Type) -> Value {
    if last.difference(now).is_empty() {
        return merged;
    }
    let last = last.with_parents(ty);
    let without = remove(&merged, &last, ty);
    let mut owned = now.clone();
    others
        .iter()
        .for_each(|manager| owned.extend(manager.fields.clone()));
    let all = compare::fields(&merged, ty).with_parents(ty);
    let mut kept = compare::fields(&without, ty).with_parents(ty);
    kept.extend(owned.with_parents(ty));
    let without = remove(&merged, &all.difference(&kept), ty);
    let left = compare::fields(&without, ty).with_parents(ty);
    remove(&merged, &all.difference(&left).intersection(&last), ty)
}

fn server_fields() -> Set {
    let mut set = Set::default();
    SERVER_FIELDS
        .iter()
        .for_each(|path| set.insert_fields(path));
    set
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kube::embedded::schema::named;
    use serde_json::json;

    fn author(manager: &str) -> Author {
        Author {
            manager: manager.into(),
            api_version: "v1".into(),
            subresource: String::new(),
            now: "2026-01-01T00:00:00Z".into(),
            reach: Reach::Everything,
        }
    }

    /// (manager, force, object)
    type Step = (&'static str, bool, Value);

    /// Applies each in turn to nothing.
    fn run(ty: &Type, steps: &[Step]) -> Result<(Value, Vec<Manager>), String> {
        let mut state = (json!({}), Vec::new());
        for (manager, force, object) in steps {
            state = apply(&state.0, object, ty, &state.1, &author(manager), *force)
                .map_err(|error| error.to_string())?;
        }
        Ok(state)
    }

    #[test]
    fn applies_by_case() {
        let pod = named("core.v1.Pod").expect("built in");
        let container = |name: &str, image: &str| json!({"name": name, "image": image});
        let pods = |containers: Value| json!({"spec": {"containers": containers}});
        let cases: Vec<(&str, Vec<Step>, Result<Value, &str>)> = vec![
            (
                "a field no longer applied goes",
                vec![
                    (
                        "a",
                        false,
                        json!({"metadata": {"labels": {"x": "1", "y": "2"}}}),
                    ),
                    ("a", false, json!({"metadata": {"labels": {"y": "2"}}})),
                ],
                Ok(json!({"metadata": {"labels": {"y": "2"}}})),
            ),
            (
                "with its parents",
                vec![
                    (
                        "a",
                        false,
                        json!({"metadata": {"labels": {"x": "1"}, "annotations": {"b": "c"}}}),
                    ),
                    ("a", false, json!({"metadata": {"annotations": {"b": "c"}}})),
                ],
                Ok(json!({"metadata": {"annotations": {"b": "c"}}})),
            ),
            (
                "unless another owns it too",
                vec![
                    ("a", false, json!({"metadata": {"labels": {"x": "1"}}})),
                    ("b", false, json!({"metadata": {"labels": {"x": "1"}}})),
                    ("a", false, json!({"metadata": {}})),
                ],
                Ok(json!({"metadata": {"labels": {"x": "1"}}})),
            ),
            (
                "a list item no longer applied goes",
                vec![
                    (
                        "a",
                        false,
                        pods(json!([container("x", "1"), container("y", "1")])),
                    ),
                    ("a", false, pods(json!([container("y", "1")]))),
                ],
                Ok(pods(json!([container("y", "1")]))),
            ),
            (
                "other managers' items stay",
                vec![
                    ("a", false, pods(json!([container("x", "1")]))),
                    ("b", false, pods(json!([container("y", "1")]))),
                    ("a", false, json!({})),
                ],
                Ok(pods(json!([container("y", "1")]))),
            ),
            (
                "a conflict",
                vec![
                    ("a", false, pods(json!([container("x", "1")]))),
                    ("b", false, pods(json!([container("x", "2")]))),
                ],
                Err(
                    "Apply failed with 1 conflict: conflict with \"a\": .spec.containers[name=\"x\"].image",
                ),
            ),
            (
                "two conflicts",
                vec![
                    (
                        "a",
                        false,
                        json!({"metadata": {"labels": {"x": "1", "y": "1"}}}),
                    ),
                    (
                        "b",
                        false,
                        json!({"metadata": {"labels": {"x": "2", "y": "2"}}}),
                    ),
                ],
                Err(
                    "Apply failed with 2 conflicts: conflicts with \"a\":\n- .metadata.labels.x\n- .metadata.labels.y",
                ),
            ),
            (
                "force takes the field",
                vec![
                    ("a", false, pods(json!([container("x", "1")]))),
                    ("b", true, pods(json!([container("x", "2")]))),
                ],
                Ok(pods(json!([container("x", "2")]))),
            ),
        ];
        for (name, steps, wanted) in cases {
            assert_eq!(
                run(&pod, &steps).map(|state| state.0),
                wanted.map_err(str::to_owned),
                "{name}"
            );
        }
    }

    #[test]
    fn what_force_took_is_given_up() {
        let pod = named("core.v1.Pod").expect("built in");
        let object = |value: &str| json!({"metadata": {"labels": {"x": value}}});
        let (_, managers) =
            run(&pod, &[("a", false, object("1")), ("b", true, object("2"))]).expect("forced");
        assert_eq!(
            managers
                .iter()
                .map(|manager| manager.name.as_str())
                .collect::<Vec<_>>(),
            ["b"]
        );
    }

    #[test]
    fn an_untracked_object_conflicts_with_before_first_apply() {
        let pod = named("core.v1.Pod").expect("built in");
        let live = json!({"metadata": {"name": "p", "labels": {"x": "1"}}});
        let refused = apply(
            &live,
            &json!({"metadata": {"labels": {"x": "2"}}}),
            &pod,
            &[],
            &author("a"),
            false,
        );
        let wanted = "Apply failed with 1 conflict: conflict with \"before-first-apply\" using v1: .metadata.labels.x";
        assert_eq!(
            refused.map_err(|error| error.to_string()),
            Err(wanted.to_owned())
        );
    }

    #[test]
    fn updates_take_fields_and_drop_removed_ones() {
        let pod = named("core.v1.Pod").expect("built in");
        let (live, managers) = run(
            &pod,
            &[(
                "a",
                false,
                json!({"metadata": {"labels": {"x": "1", "y": "1"}}}),
            )],
        )
        .expect("applied");
        let new = json!({"metadata": {"labels": {"x": "2", "z": "3"}}});
        let managers = update(&live, &new, &pod, &managers, &author("u"));
        assert_eq!(
            managers
                .iter()
                .map(|manager| (manager.name.as_str(), manager.fields.to_json()))
                .collect::<Vec<_>>(),
            [(
                "u",
                json!({"f:metadata": {"f:labels": {"f:x": {}, "f:z": {}}}})
            ),]
        );
    }
}
