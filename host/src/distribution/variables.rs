//! `${Kind.field.path}` in grants, filled in from the configuration; a number
//! is the place of an item in a list (`${Kind.addresses.0}`).

use serde_json::Value;

use super::folders;

/// What is wrong with a variable.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum VariableError {
    #[error("{0:?} has a `${{` without its `}}`")]
    Unclosed(String),
    #[error("${{{0}}} is not text or a number in the configuration")]
    NotText(String),
    #[error("${{{0}}} names a kind that the configuration does not have")]
    UnknownKind(String),
    /// A value that would grant something else than what it stands for.
    #[error("{name} is {value:?}, and what phases may do depends on it: {problem}")]
    Value {
        /// `ClusterConfiguration.certificatesDir`
        name: String,
        /// Its beginning.
        value: String,
        problem: &'static str,
    },
}

/// What a text with variables in it is for. That decides which values may
/// stand there, and how they are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Use {
    /// Text that grants nothing.
    Text,
    /// The name of something. It stands for itself: a `*` is none of those that
    /// mean any rest.
    Name,
    /// A pattern for names: a `*` in the value stands for itself.
    NamePattern,
    /// A path; what it begins with is a place of its own ([`folders`]).
    Path,
    /// A pattern for paths.
    PathPattern,
    /// The same, of what is to be removed for good. It may be any path here: as
    /// it is emptied the host looks at what it is.
    Leftover,
    /// A URL, in which an IPv6 address stands in brackets.
    Url,
}

/// The longest value that stands in a grant, in bytes.
const LONGEST: usize = 4095;

impl Use {
    /// What is wrong with a value; `first` where the text begins with it.
    fn problem(self, value: &str, first: bool) -> Option<&'static str> {
        if self == Self::Text {
            return None;
        }
        if value.len() > LONGEST {
            return Some("it is longer than 4095 bytes");
        }
        if value.chars().any(char::is_control) {
            return Some("it has control characters");
        }
        match self {
            Self::Path | Self::PathPattern if first => folders::problem(value),
            Self::Path | Self::PathPattern if value.contains('/') || value.starts_with('.') => {
                Some(
                    "it is a part of a path, which has no \"/\" in it and does not begin with \".\"",
                )
            }
            Self::Name if value.contains('*') => Some("it has a \"*\", which would mean any"),
            Self::Url
                if value.contains(['*', '@', '\\', '?', '#']) || !first && value.contains('/') =>
            {
                Some("it is no host, address or port")
            }
            _ => None,
        }
    }

    pub(super) fn written(self, value: &str) -> String {
        match self {
            Self::NamePattern | Self::PathPattern | Self::Leftover => {
                globset::escape(&value.replace('\\', r"\\"))
            }
            Self::Url => match value.parse::<std::net::Ipv6Addr>() {
                Ok(address) => format!("[{address}]"),
                Err(_) => value.to_owned(),
            },
            Self::Text | Self::Name | Self::Path => value.to_owned(),
        }
    }
}

/// Fills in variables. None where one of them has no value in this
/// configuration: what was to be granted does not exist then.
pub fn fill_in(
    text: &str,
    configuration: &Value,
    to_be: Use,
) -> Result<Option<String>, VariableError> {
    let mut filled = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("${") {
        let Some((name, after)) = after.split_once('}') else {
            return Err(VariableError::Unclosed(text.to_owned()));
        };
        filled.push_str(before);
        let kind = name.split('.').next().unwrap_or_default();
        if configuration.get(kind).is_none() {
            return Err(VariableError::UnknownKind(name.to_owned()));
        }
        let value = match lookup(name, configuration) {
            None | Some(Value::Null) => return Ok(None),
            Some(Value::String(value)) if value.is_empty() => return Ok(None),
            Some(Value::String(value)) => value.clone(),
            Some(Value::Number(value)) => value.to_string(),
            Some(_) => return Err(VariableError::NotText(name.to_owned())),
        };
        if let Some(problem) = to_be.problem(&value, filled.is_empty()) {
            return Err(VariableError::Value {
                name: name.to_owned(),
                value: value.chars().take(100).collect(),
                problem,
            });
        }
        filled.push_str(&to_be.written(&value));
        rest = after;
    }
    filled.push_str(rest);
    Ok(Some(filled))
}

/// The value of a variable, whatever it is.
pub fn lookup<'a>(name: &str, configuration: &'a Value) -> Option<&'a Value> {
    name.split('.').try_fold(configuration, |at, part| {
        let item = || part.parse::<usize>().ok().and_then(|item| at.get(item));
        at.get(part).or_else(item)
    })
}

/// The names of the variables in a text, as far as they are closed.
pub fn names(text: &str) -> impl Iterator<Item = &str> {
    text.split("${")
        .skip(1)
        .filter_map(|rest| Some(rest.split_once('}')?.0))
}

/// The items of a text that is one variable and nothing else, where that is a
/// list of texts.
pub fn list(text: &str, configuration: &Value) -> Option<Vec<String>> {
    let name = text.strip_prefix("${")?.strip_suffix('}')?;
    let at = lookup(name, configuration)?;
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
        for value in [
            "/a*", "/a?", "/[ab]", "/{a,b}", r"/a\*", "/a b", "/**", r"/a\", "/!a",
        ] {
            let configuration = json!({"C": {"dir": value}});
            let pattern = fill_in("${C.dir}/*.key", &configuration, Use::PathPattern);
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
        let filled = |text: &str| fill_in(text, &configuration, Use::Text);
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

    #[test]
    fn values_that_would_grant_more_are_refused() {
        let problem = |to_be: Use, text: &str, value: &str| {
            fill_in(text, &json!({"C": {"v": value}}), to_be).is_err()
        };
        for (name, to_be, text, value, wrong) in [
            ("a folder", Use::Path, "${C.v}/x", "/srv/pki", false),
            ("the root", Use::Path, "${C.v}/x", "/", true),
            ("a system's", Use::PathPattern, "${C.v}/**", "/etc", true),
            ("a part", Use::PathPattern, "/srv/${C.v}/x", "one", false),
            ("parts", Use::PathPattern, "/srv/${C.v}/x", "a/b", true),
            ("up", Use::PathPattern, "/srv/${C.v}/x", "..", true),
            ("hidden", Use::PathPattern, "/srv/${C.v}/x", ".ssh", true),
            ("a name", Use::Name, "${C.v}", "cp-1", false),
            ("any name", Use::Name, "${C.v}", "*", true),
            ("any rest", Use::Name, "bootstrap-token-${C.v}", "a*", true),
            ("a pattern's name", Use::NamePattern, "${C.v}", "a*", false),
            ("a line", Use::NamePattern, "${C.v}", "a\nb", true),
            ("a host", Use::Url, "https://${C.v}:6443", "10.0.0.1", false),
            (
                "a host and port",
                Use::Url,
                "https://${C.v}",
                "api.example.com:6443",
                false,
            ),
            (
                "any port",
                Use::Url,
                "https://${C.v}",
                "api.example.com:*",
                true,
            ),
            (
                "a user",
                Use::Url,
                "https://${C.v}",
                "api@evil.example",
                true,
            ),
            (
                "a path",
                Use::Url,
                "https://${C.v}:6443",
                "evil.example/",
                true,
            ),
            ("another host", Use::Url, "https://a.${C.v}", "x#y", true),
            (
                "a whole URL",
                Use::Url,
                "${C.v}",
                "https://10.0.0.1:2379",
                false,
            ),
            ("text", Use::Text, "${C.v}", "*/..\n", false),
            ("long", Use::Name, "${C.v}", &"x".repeat(5000), true),
        ] {
            assert_eq!(problem(to_be, text, value), wrong, "{name}");
        }
    }

    #[test]
    fn variables_have_names() {
        let found: Vec<_> = names("a${B.c}d${E.f.0}${g").collect();
        assert_eq!(found, ["B.c", "E.f.0"]);
    }
}
