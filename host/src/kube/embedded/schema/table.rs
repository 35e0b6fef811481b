//! The types of the built-in kinds, read from `types.txt` the first time each is asked for.
//!
//! One line is one type: its name (with `!` when it is owned as one value), then its fields in
//! order of name: `name:type`, optionally `~marks(key)` for a strategic merge patch (`m` merge,
//! `r` retainKeys, `o` replace) and `=value` for the default of a list key. A type is
//! `s i l b n x q t y` (string, int32, int64, boolean, number, int-or-string, quantity, time,
//! base64), `?` any JSON, `@name` a type of the table, `[a` `[s` `[m(keys)` then the item's type
//! for a list, `{a` `{g` then the value's type for a map.

use std::sync::{LazyLock, OnceLock};

use super::{Field, List, ListKind, Map, Object, Patch, Scalar, Type};

static TEXT: &str = include_str!("../tables/types.txt");
static ROWS: LazyLock<Vec<Row>> = LazyLock::new(rows);

struct Row {
    name: &'static str,
    atomic: bool,
    fields: &'static str,
    parsed: OnceLock<Type>,
}

/// The type of that name, such as `core.v1.Pod`.
pub(in crate::kube::embedded) fn named(name: &str) -> Option<Type> {
    ROWS.binary_search_by(|row| row.name.cmp(name))
        .ok()
        .map(Type::Named)
}

/// The type at a place that [`named`] gave.
pub(super) fn at(index: usize) -> &'static Type {
    static UNKNOWN: Type = Type::Deduced;
    ROWS.get(index).map_or(&UNKNOWN, |row| {
        row.parsed.get_or_init(|| {
            let fields = row
                .fields
                .split_ascii_whitespace()
                .filter_map(field)
                .collect();
            Type::Object(Object {
                fields,
                atomic: row.atomic,
                open: false,
            })
        })
    })
}

fn rows() -> Vec<Row> {
    let lines = TEXT.lines().filter(|line| !line.starts_with('#'));
    lines
        .map(|line| {
            let (name, fields) = line.split_once(' ').unwrap_or((line, ""));
            let atomic = name.ends_with('!');
            Row {
                name: name.trim_end_matches('!'),
                atomic,
                fields,
                parsed: OnceLock::new(),
            }
        })
        .collect()
}

fn field(text: &str) -> Option<Field> {
    let (name, rest) = text.split_once(':')?;
    let (rest, key_default) = match rest.split_once('=') {
        Some((rest, value)) => (rest, Some(value.into())),
        None => (rest, None),
    };
    let (code, marks) = rest.split_once('~').unwrap_or((rest, ""));
    let (marks, key) = match marks.split_once('(') {
        Some((marks, key)) => (marks, key.strip_suffix(')').map(Box::from)),
        None => (marks, None),
    };
    let patch = Patch {
        merge: marks.contains('m'),
        retain_keys: marks.contains('r'),
        replace: marks.contains('o'),
        key,
    };
    Some(Field {
        name: name.into(),
        ty: parse(code)?,
        patch,
        key_default,
        required: false,
    })
}

fn parse(code: &str) -> Option<Type> {
    let mut rest = code.chars();
    let scalar = match rest.next()? {
        's' => Scalar::String,
        'i' => Scalar::Int32,
        'l' => Scalar::Int64,
        'b' => Scalar::Bool,
        'n' => Scalar::Number,
        'x' => Scalar::IntOrString,
        'q' => Scalar::Quantity,
        't' => Scalar::Time,
        'y' => Scalar::Bytes,
        '?' => return Some(Type::Opaque),
        '@' => return named(rest.as_str()),
        '{' => {
            let atomic = rest.next()? == 'a';
            return Some(Type::Map(Box::new(Map {
                value: parse(rest.as_str())?,
                atomic,
            })));
        }
        '[' => {
            let (kind, item) = match rest.next()? {
                'a' => (ListKind::Atomic, rest.as_str()),
                's' => (ListKind::Set, rest.as_str()),
                _ => {
                    let (keys, item) = rest.as_str().strip_prefix('(')?.split_once(')')?;
                    (
                        ListKind::Map(keys.split(',').map(Box::from).collect()),
                        item,
                    )
                }
            };
            return Some(Type::List(Box::new(List {
                item: parse(item)?,
                kind,
            })));
        }
        _ => return None,
    };
    Some(Type::Scalar(scalar))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sorted_and_every_row_parses() {
        assert!(
            ROWS.is_sorted_by(|a, b| a.name < b.name),
            "types.txt must be sorted by name"
        );
        for (index, row) in ROWS.iter().enumerate() {
            let Type::Object(object) = at(index) else {
                panic!("{} is no object", row.name)
            };
            assert_eq!(
                object.fields.len(),
                row.fields.split_ascii_whitespace().count(),
                "a field of {} does not parse",
                row.name
            );
            assert!(
                object.fields.is_sorted_by(|a, b| a.name < b.name),
                "fields of {} must be sorted",
                row.name
            );
        }
    }

    #[test]
    fn marks_that_matter_to_a_provisioner() {
        let list = |ty: &str, name: &str| match named(ty).and_then(|ty| ty.field(name).cloned()) {
            Some(Field {
                ty: Type::List(list),
                patch,
                ..
            }) => (list.kind, patch),
            other => panic!("{ty}.{name}: {other:?}"),
        };
        let keys = |keys: &[&str]| ListKind::Map(keys.iter().map(|key| (*key).into()).collect());
        let (kind, patch) = list("core.v1.NodeSpec", "taints");
        assert_eq!(
            (kind, patch.merge),
            (ListKind::Atomic, false),
            "taints are replaced as a whole"
        );
        let (kind, patch) = list("core.v1.Container", "ports");
        assert_eq!(kind, keys(&["containerPort", "protocol"]));
        assert_eq!(patch.key.as_deref(), Some("containerPort"));
        let (kind, patch) = list("core.v1.PodSpec", "volumes");
        assert_eq!(
            (kind, patch.merge, patch.retain_keys),
            (keys(&["name"]), true, true)
        );
        let protocol = named("core.v1.ServicePort").and_then(|ty| ty.field("protocol").cloned());
        assert_eq!(
            protocol.and_then(|field| field.key_default).as_deref(),
            Some("TCP")
        );
    }
}
