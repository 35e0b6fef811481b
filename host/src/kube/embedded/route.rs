//! What a request asks for: its path and query taken apart.

use std::collections::BTreeMap;

/// The thing a path names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Target {
    /// `/version`, `/livez`, `/api`, `/apis`, ...: a path with a fixed answer.
    Fixed(Vec<String>),
    Resource(Resource),
}

/// `/apis/GROUP/VERSION[/namespaces/NAMESPACE]/PLURAL[/NAME[/SUBRESOURCE]]`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Resource {
    pub group: String,
    pub version: String,
    pub namespace: Option<String>,
    pub plural: String,
    pub name: Option<String>,
    pub subresource: Option<String>,
}

/// Takes a path apart, or `None` if nothing can be there.
pub(super) fn target(path: &str) -> Option<Target> {
    let mut parts = Vec::new();
    for part in path.split('/').filter(|part| !part.is_empty()) {
        parts.push(decoded(part, false)?);
    }
    let words: Vec<&str> = parts.iter().map(String::as_str).collect();
    let (group, version, rest) = match words.as_slice() {
        ["api", version, rest @ ..] if !rest.is_empty() => ("", *version, rest),
        ["apis", group, version, rest @ ..] if !rest.is_empty() => (*group, *version, rest),
        _ => return Some(Target::Fixed(parts)),
    };
    let (namespace, rest) = match rest {
        // `namespaces/x/finalize` and `namespaces/x/status` are subresources of the namespace itself.
        ["namespaces", _, "status" | "finalize"] | ["namespaces"] | ["namespaces", _] => {
            (None, rest)
        }
        ["namespaces", namespace, rest @ ..] => (Some((*namespace).to_owned()), rest),
        rest => (None, rest),
    };
    let mut resource = Resource {
        group: group.into(),
        version: version.into(),
        namespace,
        ..Resource::default()
    };
    match rest {
        [plural] => resource.plural = (*plural).into(),
        [plural, name] => {
            (resource.plural, resource.name) = ((*plural).into(), Some((*name).into()))
        }
        [plural, name, subresource] => {
            (resource.plural, resource.name, resource.subresource) = (
                (*plural).into(),
                Some((*name).into()),
                Some((*subresource).into()),
            );
        }
        _ => return None,
    }
    Some(Target::Resource(resource))
}

/// The options of a request.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Query(BTreeMap<String, String>);

impl Query {
    /// Reads a query string; a part that is no text is left out.
    pub fn parse(query: Option<&str>) -> Self {
        let pairs = query
            .unwrap_or_default()
            .split('&')
            .filter(|pair| !pair.is_empty());
        let read = pairs.filter_map(|pair| {
            let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
            Some((decoded(key, true)?, decoded(value, true)?))
        });
        Query(read.collect())
    }

    pub fn get(&self, key: &str) -> Option<&str> {
        self.0
            .get(key)
            .map(String::as_str)
            .filter(|value| !value.is_empty())
    }

    pub fn flag(&self, key: &str) -> bool {
        matches!(self.0.get(key).map(String::as_str), Some("true" | "1"))
    }
}

/// Undoes percent encoding; `None` if the result is no UTF-8 or an escape is cut short.
fn decoded(text: &str, plus_is_space: bool) -> Option<String> {
    let mut bytes = text.bytes();
    let mut out = Vec::with_capacity(text.len());
    while let Some(byte) = bytes.next() {
        out.push(match byte {
            b'%' => {
                let digit = |byte: u8| {
                    char::from(byte)
                        .to_digit(16)
                        .and_then(|digit| u8::try_from(digit).ok())
                };
                let (high, low) = (digit(bytes.next()?)?, digit(bytes.next()?)?);
                high * 16 + low
            }
            b'+' if plus_is_space => b' ',
            other => other,
        });
    }
    String::from_utf8(out).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_by_case() {
        let of = |group: &str,
                  version: &str,
                  namespace: Option<&str>,
                  plural: &str,
                  name: Option<&str>,
                  sub: Option<&str>| {
            let own = |text: Option<&str>| text.map(str::to_owned);
            let (group, version, plural) = (group.into(), version.into(), plural.into());
            Some(Target::Resource(Resource {
                group,
                version,
                namespace: own(namespace),
                plural,
                name: own(name),
                subresource: own(sub),
            }))
        };
        let cases = [
            ("/api/v1/nodes", of("", "v1", None, "nodes", None, None)),
            (
                "/api/v1/namespaces",
                of("", "v1", None, "namespaces", None, None),
            ),
            (
                "/api/v1/namespaces/a",
                of("", "v1", None, "namespaces", Some("a"), None),
            ),
            (
                "/api/v1/namespaces/a/status",
                of("", "v1", None, "namespaces", Some("a"), Some("status")),
            ),
            (
                "/api/v1/namespaces/a/pods",
                of("", "v1", Some("a"), "pods", None, None),
            ),
            (
                "/apis/apps/v1/namespaces/a/deployments/b/scale",
                of(
                    "apps",
                    "v1",
                    Some("a"),
                    "deployments",
                    Some("b"),
                    Some("scale"),
                ),
            ),
            (
                "/apis/rbac.authorization.k8s.io/v1/clusterroles/system%3Anode",
                of(
                    "rbac.authorization.k8s.io",
                    "v1",
                    None,
                    "clusterroles",
                    Some("system:node"),
                    None,
                ),
            ),
            ("/api/v1/nodes/a/b/c", None),
            ("/api/v1/nodes/%zz", None),
            ("/api/v1/nodes/%ff", None),
        ];
        for (path, wanted) in cases {
            assert_eq!(target(path), wanted, "{path}");
        }
        assert_eq!(
            target("/apis/apps/v1"),
            Some(Target::Fixed(vec![
                "apis".into(),
                "apps".into(),
                "v1".into()
            ]))
        );
    }

    #[test]
    fn queries_by_case() {
        let query = Query::parse(Some("labelSelector=a%3Db%2Cc&watch=true&empty=&&x=1+2"));
        assert_eq!(query.get("labelSelector"), Some("a=b,c"));
        assert_eq!(query.get("x"), Some("1 2"));
        assert_eq!(
            (query.get("empty"), query.get("none"), query.flag("watch")),
            (None, None, true)
        );
    }
}
