//! Grammars of names: image repositories, URL schemes; DNS names are shared with the host.

pub use kubewright_values::dns::{dns_subdomain_errors, is_dns_label, wildcard_errors};

/// Whether images can be named `<repository>/<name>:<tag>` (distribution/reference's grammar).
pub fn is_image_repository(repository: &str) -> bool {
    let mut components = repository.split('/');
    let Some(first) = components.next() else {
        return false;
    };
    (is_domain(first) || is_path_component(first)) && components.all(is_path_component)
}

fn is_domain(text: &str) -> bool {
    let (host, port) = match text.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => (host, Some(port)),
        _ => (text, None),
    };
    let port_is_good =
        port.is_none_or(|port| !port.is_empty() && port.bytes().all(|b| b.is_ascii_digit()));
    let bracketed = host
        .strip_prefix('[')
        .and_then(|host| host.strip_suffix(']'));
    let host_is_good = match bracketed {
        Some(ip) => !ip.is_empty() && ip.bytes().all(|b| b.is_ascii_hexdigit() || b == b':'),
        None => host.split('.').all(|label| {
            !label.is_empty()
                && label
                    .bytes()
                    .all(|b| b.is_ascii_alphanumeric() || b == b'-')
                && !label.starts_with('-')
                && !label.ends_with('-')
        }),
    };
    port_is_good && host_is_good
}

/// `[a-z0-9]+` runs joined by `.`, `_`, `__` or any number of `-`.
fn is_path_component(text: &str) -> bool {
    let alphanumeric = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    let mut rest = text;
    loop {
        let run = rest.find(|c| !alphanumeric(c)).unwrap_or(rest.len());
        if run == 0 {
            return false;
        }
        rest = &rest[run..];
        if rest.is_empty() {
            return true;
        }
        let separator = rest.find(alphanumeric).unwrap_or(rest.len());
        let (joint, tail) = rest.split_at(separator);
        let known = matches!(joint, "." | "_" | "__") || joint.bytes().all(|b| b == b'-');
        if !known {
            return false;
        }
        rest = tail;
    }
}

/// Why a text is no URL.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UrlError {
    /// Control characters must be percent-encoded; a host has no blanks.
    #[error("URL parse error: control characters, and blanks in the host, can not be in a URL")]
    Character,
    /// A colon without a scheme before it.
    #[error("URL parse error: missing protocol scheme")]
    MissingScheme,
    /// Not of the form `scheme://host[:port]`.
    #[error("URL parse error: no valid host and port after the scheme")]
    Authority,
}

/// The scheme of a URL as Go's `url.Parse` finds it, lower case; empty if there is none.
pub fn url_scheme(text: &str) -> Result<String, UrlError> {
    if text.chars().any(|c| c.is_ascii_control()) {
        return Err(UrlError::Character);
    }
    let Some((scheme, rest)) = text.split_once(':') else {
        return Ok(String::new());
    };
    if scheme.is_empty() {
        return Err(UrlError::MissingScheme);
    }
    let starts_well = scheme.starts_with(|c: char| c.is_ascii_alphabetic());
    let goes_on_well = scheme
        .bytes()
        .all(|b| b.is_ascii_alphanumeric() || b"+-.".contains(&b));
    match (starts_well, goes_on_well) {
        // A path may have blanks.
        (true, true) if host(rest).contains(' ') => Err(UrlError::Character),
        (true, true) => Ok(scheme.to_ascii_lowercase()),
        // `10.0.0.1:2379` is a path with a colon in its first segment, which Go refuses too.
        (false, true) => Err(UrlError::MissingScheme),
        _ => Ok(String::new()),
    }
}

/// What stands between `//` and the path, if anything does.
fn host(behind_scheme: &str) -> &str {
    let authority = behind_scheme.strip_prefix("//").unwrap_or("");
    authority.split(['/', '?', '#']).next().unwrap_or(authority)
}

/// The scheme of a URL that names a host, such as an etcd endpoint.
pub fn endpoint_scheme(text: &str) -> Result<String, UrlError> {
    let scheme = url_scheme(text)?;
    if matches!(scheme.as_str(), "http" | "https") {
        let uri: http::Uri = text.parse().map_err(|_| UrlError::Authority)?;
        let authority = uri.authority().ok_or(UrlError::Authority)?;
        let port_is_bad = authority.port_u16().is_none() && has_port(authority.as_str());
        if authority.host().is_empty() || port_is_bad {
            return Err(UrlError::Authority);
        }
    }
    Ok(scheme)
}

/// Whether there is something behind the colon that ends the host.
fn has_port(authority: &str) -> bool {
    let after_brackets = authority.rsplit(']').next().unwrap_or(authority);
    after_brackets
        .rsplit_once(':')
        .is_some_and(|(_, port)| !port.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn image_repositories() {
        let cases = [
            ("default", "registry.k8s.io", true),
            ("with path", "registry.example.com/k8s", true),
            ("with port", "registry.example.com:5000/k8s/mirror", true),
            ("address", "[fd00::1]:5000/k8s", true),
            ("path only", "my-org/my__repo", true),
            ("upper case domain", "Registry.example/k8s", true),
            ("upper case path", "registry.example/K8s", false),
            ("empty", "", false),
            ("trailing slash", "registry.k8s.io/", false),
            ("scheme", "https://registry.k8s.io", false),
            ("tag", "registry.example/k8s:v1", false),
            ("three underscores", "example.com/a___b", false),
            ("space", "registry k8s", false),
            ("bad port", "registry.example:x/k8s", false),
        ];
        for (name, text, expected) in cases {
            assert_eq!(is_image_repository(text), expected, "{name}: {text}");
        }
    }

    #[test]
    fn schemes() {
        let cases = [
            ("https", "https://10.0.0.1:2379", Ok("https")),
            ("upper case", "HTTPS://etcd.example:2379", Ok("https")),
            ("socket", "unix:///run/x.sock", Ok("unix")),
            ("path", "/run/x.sock", Ok("")),
            (
                "address and port",
                "10.0.0.1:2379",
                Err(UrlError::MissingScheme),
            ),
            ("no host", "https://:2379", Err(UrlError::Authority)),
            ("port a word", "https://etcd:port", Err(UrlError::Authority)),
            (
                "port too large",
                "https://etcd:65536",
                Err(UrlError::Authority),
            ),
            ("address in brackets", "http://[fd00::1]", Ok("http")),
            (
                "address in brackets with port",
                "http://[fd00::1]:2381",
                Ok("http"),
            ),
            ("blank in the host", "https://a b", Err(UrlError::Character)),
            (
                "blank in the host of a socket",
                "unix://a b/x",
                Err(UrlError::Character),
            ),
            ("blank in the path", "unix:///run/my dir/x.sock", Ok("unix")),
            ("blank behind the path", "unix:///run/x.sock ", Ok("unix")),
            ("tab", "unix:///run/x\ty", Err(UrlError::Character)),
            ("colon first", "://x", Err(UrlError::MissingScheme)),
        ];
        for (name, text, expected) in cases {
            assert_eq!(endpoint_scheme(text), expected.map(str::to_owned), "{name}");
        }
    }
}
