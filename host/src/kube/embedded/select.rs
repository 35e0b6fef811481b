//! Label and field selectors.

use serde_json::Value;

use super::object;
use super::route::Query;
use super::status::Failure;

/// Which objects a list, a watch or a deletion is about.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Selector {
    labels: Vec<Requirement>,
    fields: Vec<(String, bool, String)>,
}

/// Whether the `labelSelector` and `fieldSelector` of a query select an object. Selectors that
/// cannot be read select nothing.
pub fn selects(query: &str, object: &Value) -> bool {
    let query = Query::parse(Some(query));
    Selector::parse(query.get("labelSelector"), query.get("fieldSelector"))
        .is_ok_and(|selector| selector.matches(object))
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Requirement {
    key: String,
    test: Test,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Test {
    In(Vec<String>),
    NotIn(Vec<String>),
    Exists,
    Missing,
    Above(i64),
    Below(i64),
}

impl Selector {
    /// Reads the `labelSelector` and `fieldSelector` of a request.
    pub fn parse(labels: Option<&str>, fields: Option<&str>) -> Result<Self, Failure> {
        let mut selector = Selector::default();
        for text in terms(labels.unwrap_or_default()) {
            selector.labels.push(requirement(text).ok_or_else(|| {
                Failure::bad_request(format!("unable to parse requirement: \"{text}\" is no label selector term: want key=value, key!=value, key in (a,b), key notin (a,b), key or !key"))
            })?);
        }
        for text in fields
            .unwrap_or_default()
            .split(',')
            .map(str::trim)
            .filter(|text| !text.is_empty())
        {
            selector.fields.push(field(text).ok_or_else(|| {
                Failure::bad_request(format!(
                    "invalid field selector \"{text}\": want path=value, path==value or path!=value"
                ))
            })?);
        }
        Ok(selector)
    }

    /// Whether the object is among those selected.
    pub fn matches(&self, object: &Value) -> bool {
        self.labels
            .iter()
            .all(|requirement| requirement.holds(object))
            && self
                .fields
                .iter()
                .all(|(path, equal, value)| (text_at(object, path) == *value) == *equal)
    }
}

impl Requirement {
    fn holds(&self, object: &Value) -> bool {
        let value =
            object::meta(object).and_then(|meta| meta.get("labels")?.get(&self.key)?.as_str());
        let number = || value.and_then(|value| value.parse::<i64>().ok());
        match &self.test {
            Test::In(values) => {
                value.is_some_and(|value| values.iter().any(|wanted| wanted == value))
            }
            Test::NotIn(values) => {
                value.is_none_or(|value| values.iter().all(|wanted| wanted != value))
            }
            Test::Exists => value.is_some(),
            Test::Missing => value.is_none(),
            Test::Above(limit) => number().is_some_and(|number| number > *limit),
            Test::Below(limit) => number().is_some_and(|number| number < *limit),
        }
    }
}

/// The text of a field, empty when it is absent, as field selectors compare it.
fn text_at(object: &Value, path: &str) -> String {
    let mut value = object;
    for step in path.split('.') {
        match value.get(step) {
            Some(next) => value = next,
            None => return String::new(),
        }
    }
    match value {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}

fn field(text: &str) -> Option<(String, bool, String)> {
    let (path, equal, value) = if let Some((path, value)) = text.split_once("!=") {
        (path, false, value)
    } else if let Some((path, value)) = text.split_once("==") {
        (path, true, value)
    } else {
        let (path, value) = text.split_once('=')?;
        (path, true, value)
    };
    let path = path.trim();
    (!path.is_empty()).then(|| (path.to_owned(), equal, value.trim().to_owned()))
}

/// Splits at the commas that are not inside parentheses.
fn terms(text: &str) -> impl Iterator<Item = &str> {
    let mut depth = 0_usize;
    text.split(move |letter| {
        match letter {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            _ => {}
        }
        letter == ',' && depth == 0
    })
    .map(str::trim)
    .filter(|term| !term.is_empty())
}

fn requirement(text: &str) -> Option<Requirement> {
    let with = |key: &str, test: Test| {
        let key = key.trim();
        object::is_label_key(key).then(|| Requirement {
            key: key.to_owned(),
            test,
        })
    };
    let one = |value: &str| {
        let value = value.trim();
        object::is_label_value(value).then(|| vec![value.to_owned()])
    };
    if let Some(key) = text.strip_prefix('!') {
        return with(key, Test::Missing);
    }
    if let Some((key, value)) = text.split_once("!=") {
        return with(key, Test::NotIn(one(value)?));
    }
    if let Some((key, value)) = text.split_once("==").or_else(|| text.split_once('=')) {
        return with(key, Test::In(one(value)?));
    }
    if let Some((key, value)) = text.split_once('>') {
        return with(key, Test::Above(value.trim().parse().ok()?));
    }
    if let Some((key, value)) = text.split_once('<') {
        return with(key, Test::Below(value.trim().parse().ok()?));
    }
    let Some((head, rest)) = text.split_once('(') else {
        return with(text, Test::Exists);
    };
    let values = rest
        .strip_suffix(')')?
        .split(',')
        .map(|value| value.trim().to_owned())
        .collect::<Vec<_>>();
    if !values.iter().all(|value| object::is_label_value(value)) {
        return None;
    }
    let (key, word) = head.trim().rsplit_once(char::is_whitespace)?;
    match word {
        "in" => with(key, Test::In(values)),
        "notin" => with(key, Test::NotIn(values)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn selectors_by_case() {
        let object = json!({
            "metadata": {"name": "a", "namespace": "n", "labels": {"app": "web", "tier": "", "n": "7", "kubernetes.io/x": "y"}},
            "status": {"phase": "Running"}, "type": "Opaque", "spec": {"unschedulable": true}
        });
        let labels = [
            ("app=web", true),
            ("app==web", true),
            ("app = db", false),
            ("app!=db", true),
            ("none!=db", true),
            ("app", true),
            ("!app", false),
            ("!none", true),
            ("none", false),
            ("tier=", true),
            ("app in (web, db)", true),
            ("app notin (web,db)", false),
            ("none notin (a)", true),
            ("app=web,n>6", true),
            ("n<7", false),
            ("kubernetes.io/x=y,app", true),
            ("", true),
        ];
        for (text, wanted) in labels {
            let selector =
                Selector::parse(Some(text), None).unwrap_or_else(|error| panic!("{text}: {error}"));
            assert_eq!(selector.matches(&object), wanted, "{text}");
        }
        let fields = [
            ("metadata.name=a", true),
            ("metadata.name=b", false),
            ("metadata.namespace!=n", false),
            ("status.phase=Running,type=Opaque", true),
            ("spec.unschedulable=true", true),
            ("spec.nodeName=", true),
            ("spec.nodeName!=", false),
        ];
        for (text, wanted) in fields {
            let selector =
                Selector::parse(None, Some(text)).unwrap_or_else(|error| panic!("{text}: {error}"));
            assert_eq!(selector.matches(&object), wanted, "{text}");
        }
        for bad in [
            "a b",
            "=x",
            "a in b",
            "a in (b",
            "a within (b)",
            "a=b=c d",
            "n>x",
            "-a=b",
        ] {
            assert!(Selector::parse(Some(bad), None).is_err(), "{bad}");
        }
        for bad in ["metadata.name", "=a"] {
            assert!(Selector::parse(None, Some(bad)).is_err(), "{bad}");
        }
    }
}
