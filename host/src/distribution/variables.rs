//! `${Kind.field.path}` in grants, filled in from the configuration; a number
//! is the place of an item in a list (`${Kind.addresses.0}`).

use serde_json::Value;

/// What is wrong with a variable.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum VariableError {
    #[error("{0:?} has a `${{` without its `}}`")]
    Unclosed(String),
    #[error("${{{0}}} is not text or a number in the configuration")]
    NotText(String),
    #[error("${{{0}}} names a kind that the configuration does not have")]
    UnknownKind(String),
}

/// Fills in variables. None where one of them has no value in this
/// configuration: what was to be granted does not exist then.
pub fn fill_in(text: &str, configuration: &Value) -> Result<Option<String>, VariableError> {
    fill_in_as(text, configuration, str::to_owned)
}

/// Fills in the variables of a pattern. Their values stand for themselves: a `*`
/// in the name of somebody's folder grants that folder and no other.
pub fn fill_in_pattern(text: &str, configuration: &Value) -> Result<Option<String>, VariableError> {
    fill_in_as(text, configuration, |value| {
        globset::escape(&value.replace('\\', r"\\"))
    })
}

/// Fills in the variables of a URL: an IPv6 address stands in brackets there.
pub fn fill_in_url(text: &str, configuration: &Value) -> Result<Option<String>, VariableError> {
    fill_in_as(text, configuration, |value| {
        match value.parse::<std::net::Ipv6Addr>() {
            Ok(address) => format!("[{address}]"),
            Err(_) => value.to_owned(),
        }
    })
}

fn fill_in_as(
    text: &str,
    configuration: &Value,
    written: fn(&str) -> String,
) -> Result<Option<String>, VariableError> {
    let mut filled = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("${") {
        let Some((name, after)) = after.split_once('}') else {
            return Err(VariableError::Unclosed(text.to_owned()));
        };
        filled.push_str(before);
        let mut parts = name.split('.');
        let kind = parts.next().unwrap_or_default();
        let Some(mut at) = configuration.get(kind) else {
            return Err(VariableError::UnknownKind(name.to_owned()));
        };
        for part in parts {
            let item = part.parse::<usize>().ok().and_then(|item| at.get(item));
            match at.get(part).or(item) {
                Some(inner) => at = inner,
                None => return Ok(None),
            }
        }
        match at {
            Value::String(value) if value.is_empty() => return Ok(None),
            Value::String(value) => filled.push_str(&written(value)),
            Value::Number(value) => filled.push_str(&value.to_string()),
            Value::Null => return Ok(None),
            _ => return Err(VariableError::NotText(name.to_owned())),
        }
        rest = after;
    }
    filled.push_str(rest);
    Ok(Some(filled))
}

/// The items of a text that is one variable and nothing else, where that is a
/// list of texts.
pub fn list(text: &str, configuration: &Value) -> Option<Vec<String>> {
    let name = text.strip_prefix("${")?.strip_suffix('}')?;
    let at = name
        .split('.')
        .try_fold(configuration, |at, part| at.get(part))?;
    at.as_array()?
        .iter()
        .map(|item| item.as_str().map(str::to_owned))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::effect::PathPattern;
    use serde_json::json;

    #[test]
    fn a_value_in_a_pattern_stands_for_itself() {
        for value in ["/a*", "/a?", "/[ab]", "/{a,b}", r"/a\*", "/a b", "/**"] {
            let configuration = json!({"C": {"dir": value}});
            let pattern = fill_in_pattern("${C.dir}/*.key", &configuration);
            let pattern = PathPattern::new(&pattern.unwrap().unwrap()).unwrap();
            assert!(pattern.matches(&format!("{value}/x.key")), "{value}");
            for other in ["/a/x.key", "/ab/x.key", "/a/b/x.key", "/b/x.key"] {
                assert!(!pattern.matches(other), "{value} grants {other}");
            }
        }
    }

    #[test]
    fn variables_come_from_the_configuration() {
        let configuration = json!({"ClusterConfiguration": {"certificatesDir": "/pki", "n": 3,
            "etcd": {"local": {"dataDir": "/e"}}, "empty": ""}});
        let filled = |text: &str| fill_in(text, &configuration);
        let some = |text: &str| Ok(Some(text.to_owned()));
        let cases = [
            ("none", "/etc/x", some("/etc/x")),
            (
                "one",
                "${ClusterConfiguration.certificatesDir}/**",
                some("/pki/**"),
            ),
            (
                "deep",
                "a${ClusterConfiguration.etcd.local.dataDir}b",
                some("a/eb"),
            ),
            ("number", "${ClusterConfiguration.n}", some("3")),
            (
                "absent",
                "${ClusterConfiguration.etcd.external.caFile}",
                Ok(None),
            ),
            ("empty", "${ClusterConfiguration.empty}", Ok(None)),
            (
                "unknown kind",
                "${Other.x}",
                Err(VariableError::UnknownKind("Other.x".into())),
            ),
            (
                "unclosed",
                "${Other",
                Err(VariableError::Unclosed("${Other".into())),
            ),
            (
                "an object",
                "${ClusterConfiguration.etcd}",
                Err(VariableError::NotText("ClusterConfiguration.etcd".into())),
            ),
        ];
        for (name, text, wanted) in cases {
            assert_eq!(filled(text), wanted, "{name}");
        }
    }
}
