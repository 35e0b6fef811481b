//! CoreDNS' configuration.

/// The default for this DNS domain.
pub fn default(domain: &str) -> String {
    let uncached = match domain {
        "" => String::new(),
        domain => {
            format!(" {{\n       disable success {domain}\n       disable denial {domain}\n    }}")
        }
    };
    format!(
        ".:53 {{
    errors
    health {{
       lameduck 5s
    }}
    ready
    kubernetes {domain} in-addr.arpa ip6.arpa {{
       pods insecure
       fallthrough in-addr.arpa ip6.arpa
       ttl 30
    }}
    prometheus :9153
    forward . /etc/resolv.conf {{
       max_concurrent 1000
    }}
    cache 30{uncached}
    loop
    reload
    loadbalance
}}
"
    )
}

/// Whether somebody changed it: it is neither empty nor a default, for
/// whichever domain. White space and comments do not count.
pub fn is_edited(corefile: &str) -> bool {
    let words = words(corefile);
    let domain = words
        .iter()
        .position(|word| *word == "kubernetes")
        .and_then(|at| words.get(at + 1))
        .copied()
        .unwrap_or_default();
    let own = default(domain);
    !words.is_empty() && words != self::words(&own)
}

fn words(corefile: &str) -> Vec<&str> {
    corefile
        .lines()
        .map(|line| line.split('#').next().unwrap_or_default())
        .flat_map(str::split_whitespace)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edits_are_told_from_defaults() {
        let own = default("cluster.local");
        for (name, corefile, edited) in [
            ("empty", String::new(), false),
            ("default", own.clone(), false),
            ("another domain", default("k8s.example"), false),
            ("a comment", format!("# mine\n{own}"), false),
            ("indentation", own.replace("    ", "\t"), false),
            (
                "another forward",
                own.replace("/etc/resolv.conf", "10.0.0.53"),
                true,
            ),
            ("a plugin more", own.replace("loop", "loop\n    log"), true),
        ] {
            assert_eq!(is_edited(&corefile), edited, "{name}");
        }
    }
}
