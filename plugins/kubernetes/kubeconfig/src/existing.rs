//! Whether a kubeconfig that is there already can stay (kubeadm
//! `validateKubeConfig`).

use kubewright_plugin::kubeconfigs::Summary;
use kubewright_plugin::{Error, Result};

/// Fails where it cannot stay; else gives what is worth a warning.
pub fn judge(path: &str, found: &Summary, ca_pem: &str, server: &str) -> Result<Vec<String>> {
    let hint = "remove it to have it made anew, or put a file there that belongs to this cluster";
    let trusted = blocks(&found.certificate_authority_pem);
    let Some(first) = trusted.first() else {
        return Err(Error::new(format!(
            "the kubeconfig file {path:?} has no CA certificate embedded (certificate-authority-data)"
        ))
        .hint(hint));
    };
    if !blocks(ca_pem).contains(first) {
        return Err(Error::new(format!(
            "a kubeconfig file {path:?} exists but does not contain a trusted CA in its current context's cluster. \
             Total CA certificates found: {}",
            trusted.len()
        ))
        .hint(hint));
    }
    let embedded = !found.client_certificate_pem.is_empty();
    if embedded && !found.key_matches {
        return Err(Error::new(format!(
            "a kubeconfig file {path:?} exists but its client key is not readable or does not belong to its client \
             certificate"
        ))
        .hint(hint));
    }
    let mut concerns = Vec::new();
    if found.server != server {
        concerns.push(format!(
            "a kubeconfig file {path:?} exists already but has an unexpected API Server URL: expected: {server}, got: {}",
            found.server
        ));
    }
    if embedded && !found.valid_now {
        concerns.push(format!(
            "the client certificate of the kubeconfig file {path:?} is not valid now"
        ));
    }
    Ok(concerns)
}

/// In external CA mode kubeconfigs cannot be made here.
pub fn missing(file: &str) -> Error {
    Error::new(format!("the {file} file does not exists or it is not valid")).hint(
        "the cluster CA has no key here (external CA mode): provide this file, with a client certificate that the CA \
         signed",
    )
}

/// The bodies of the certificates of a PEM text, without white space.
fn blocks(pem: &str) -> Vec<String> {
    const BEGIN: &str = "-----BEGIN CERTIFICATE-----";
    const END: &str = "-----END CERTIFICATE-----";
    pem.split(BEGIN)
        .skip(1)
        .filter_map(|part| part.split_once(END))
        .map(|(body, _)| body.split_whitespace().collect())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pem(body: &str) -> String {
        format!("-----BEGIN CERTIFICATE-----\n{body}\n-----END CERTIFICATE-----\n")
    }

    fn summary() -> Summary {
        Summary {
            server: "https://10.0.0.1:6443".into(),
            certificate_authority_pem: format!("\n{}", pem("AAAA")),
            user: "kubernetes-admin".into(),
            client_certificate_pem: pem("CCCC"),
            key_matches: true,
            valid_now: true,
        }
    }

    #[test]
    fn tells_what_can_stay() {
        type Case = (&'static str, fn(&mut Summary), Result<usize, &'static str>);
        let cases: [Case; 7] = [
            ("as it was made", |_| {}, Ok(0)),
            (
                "another server",
                |s| s.server = "https://other:6443".into(),
                Ok(1),
            ),
            ("expired", |s| s.valid_now = false, Ok(1)),
            (
                "certificate in a file",
                |s| (s.client_certificate_pem, s.key_matches) = (String::new(), false),
                Ok(0),
            ),
            (
                "another CA",
                |s| s.certificate_authority_pem = pem("BBBB"),
                Err("does not contain a trusted CA"),
            ),
            (
                "no CA",
                |s| s.certificate_authority_pem.clear(),
                Err("no CA certificate"),
            ),
            ("broken key", |s| s.key_matches = false, Err("client key")),
        ];
        for (name, change, expected) in cases {
            let mut summary = summary();
            change(&mut summary);
            match (
                judge("/x", &summary, &pem("AAAA"), "https://10.0.0.1:6443"),
                expected,
            ) {
                (Ok(concerns), Ok(count)) => {
                    assert_eq!(concerns.len(), count, "{name}: {concerns:?}")
                }
                (Err(error), Err(text)) => {
                    assert!(error.to_string().contains(text), "{name}: {error}")
                }
                (outcome, _) => panic!("{name}: {outcome:?}"),
            }
        }
    }
}
