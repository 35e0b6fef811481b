//! What names, label keys and label values may look like (RFC 1123, RFC 1035 and
//! `k8s.io/apimachinery/pkg/util/validation`).

use super::rules::Naming;

const SUBDOMAIN: &str = "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
const LABEL: &str = "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";
const LETTER_LABEL: &str = "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')";

/// What is wrong with a name, if anything is.
pub(super) fn name_problem(name: &str, naming: Naming) -> Option<String> {
    let too_long = |limit: usize| {
        (name.len() > limit).then(|| format!("must be no more than {limit} characters"))
    };
    match naming {
        Naming::Subdomain => {
            too_long(253).or_else(|| (!name.split('.').all(is_label)).then(|| SUBDOMAIN.into()))
        }
        Naming::Label => too_long(63).or_else(|| (!is_label(name)).then(|| LABEL.into())),
        Naming::LetterLabel => {
            let good = is_label(name) && name.starts_with(|first: char| first.is_ascii_lowercase());
            too_long(63).or_else(|| (!good).then(|| LETTER_LABEL.into()))
        }
        Naming::PathSegment => match name {
            "." | ".." => Some(format!("may not be '{name}'")),
            _ => ['/', '%']
                .iter()
                .find(|letter| name.contains(**letter))
                .map(|letter| format!("may not contain '{letter}'")),
        },
    }
}

fn is_label(text: &str) -> bool {
    let inner = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    framed(text, inner, |byte| inner(byte) || byte == b'-')
}

/// Whether the text begins and ends with bytes of one kind and holds only those of another.
fn framed(text: &str, ends: impl Fn(u8) -> bool, middle: impl Fn(u8) -> bool) -> bool {
    match text.as_bytes() {
        [] => false,
        [only] => ends(*only),
        [first, between @ .., last] => {
            ends(*first) && ends(*last) && between.iter().all(|byte| middle(*byte))
        }
    }
}

fn is_word(text: &str) -> bool {
    text.len() <= 63
        && framed(
            text,
            |byte| byte.is_ascii_alphanumeric(),
            |byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte),
        )
}

/// Whether the text can be the key of a label or an annotation: `[prefix/]name`.
pub(in crate::kube::embedded) fn is_label_key(key: &str) -> bool {
    match key.split_once('/') {
        Some((prefix, name)) => {
            prefix.len() <= 253 && prefix.split('.').all(is_label) && is_word(name)
        }
        None => is_word(key),
    }
}

/// Whether the text can be the value of a label.
pub(in crate::kube::embedded) fn is_label_value(value: &str) -> bool {
    value.is_empty() || is_word(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_by_case() {
        let long = "a".repeat(64);
        let cases = [
            ("a.b-c", Naming::Subdomain, true),
            ("A", Naming::Subdomain, false),
            ("a..b", Naming::Subdomain, false),
            ("-a", Naming::Subdomain, false),
            ("a:b", Naming::Subdomain, false),
            ("1a", Naming::Label, true),
            ("a.b", Naming::Label, false),
            (long.as_str(), Naming::Label, false),
            (long.as_str(), Naming::Subdomain, true),
            ("1a", Naming::LetterLabel, false),
            ("a1", Naming::LetterLabel, true),
            ("kubeadm:get-nodes", Naming::PathSegment, true),
            ("a/b", Naming::PathSegment, false),
            ("..", Naming::PathSegment, false),
        ];
        for (name, naming, good) in cases {
            assert_eq!(
                name_problem(name, naming).is_none(),
                good,
                "{name} {naming:?}"
            );
        }
    }

    #[test]
    fn label_keys_and_values_by_case() {
        for (key, good) in [
            ("a", true),
            ("node-role.kubernetes.io/control-plane", true),
            ("a/b/c", false),
            ("/a", false),
            ("a/", false),
            ("A.b_c", true),
            ("", false),
        ] {
            assert_eq!(is_label_key(key), good, "{key}");
        }
        for (value, good) in [("", true), ("a.b", true), ("-a", false), ("a b", false)] {
            assert_eq!(is_label_value(value), good, "{value}");
        }
    }
}
