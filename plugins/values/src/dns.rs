//! DNS names, as Kubernetes has them (RFC 1123).

const SUBDOMAIN_MESSAGE: &str = "a lowercase RFC 1123 subdomain must consist of lower case \
    alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character \
    (e.g. 'example.com', regex used for validation is \
    '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
const WILDCARD_MESSAGE: &str = "a wildcard DNS-1123 subdomain must start with '*.', followed by a \
    valid DNS subdomain, which must consist of lower case alphanumeric characters, '-' or '.' and \
    end with an alphanumeric character (e.g. '*.example.com', regex used for validation is \
    '\\*\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
const MAXIMUM_SUBDOMAIN: usize = 253;
const MAXIMUM_LABEL: usize = 63;

/// What is wrong with a DNS-1123 subdomain, as k8s.io/apimachinery `IsDNS1123Subdomain` words it.
pub fn dns_subdomain_errors(name: &str) -> Vec<String> {
    let mut errors = Vec::new();
    if name.len() > MAXIMUM_SUBDOMAIN {
        errors.push(format!(
            "must be no more than {MAXIMUM_SUBDOMAIN} characters"
        ));
    }
    if !has_subdomain_form(name) {
        errors.push(SUBDOMAIN_MESSAGE.to_owned());
    }
    errors
}

/// Whether it is a DNS-1123 label.
pub fn is_dns_label(name: &str) -> bool {
    name.len() <= MAXIMUM_LABEL && !name.contains('.') && has_subdomain_form(name)
}

/// Whether it is a DNS-1123 subdomain.
pub fn is_dns_subdomain(name: &str) -> bool {
    name.len() <= MAXIMUM_SUBDOMAIN && has_subdomain_form(name)
}

/// What is wrong with a wildcard such as `*.example.com` (`IsWildcardDNS1123Subdomain`).
pub fn wildcard_errors(name: &str) -> Vec<String> {
    match name.strip_prefix("*.") {
        Some(rest) if has_subdomain_form(rest) => Vec::new(),
        _ => vec![WILDCARD_MESSAGE.to_owned()],
    }
}

fn has_subdomain_form(name: &str) -> bool {
    name.split('.').all(|label| {
        let inner = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
        !label.is_empty()
            && label.bytes().all(inner)
            && !label.starts_with('-')
            && !label.ends_with('-')
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dns_names() {
        let long = "a.".repeat(126) + "ab";
        let cases = [
            ("label", "node-1", true),
            ("subdomain", "a.b.c", true),
            ("digits", "10.0.0.1", true),
            ("empty", "", false),
            ("upper case", "Node", false),
            ("leading dash", "-a", false),
            ("trailing dot", "a.", false),
            ("underscore", "a_b", false),
            ("254 characters", long.as_str(), false),
        ];
        for (name, text, expected) in cases {
            assert_eq!(is_dns_subdomain(text), expected, "{name}");
            assert_eq!(dns_subdomain_errors(text).is_empty(), expected, "{name}");
        }
        assert!(wildcard_errors("*.example.com").is_empty());
        assert!(!wildcard_errors("*example.com").is_empty());
        assert!(!wildcard_errors("a.*.com").is_empty());
    }
}
