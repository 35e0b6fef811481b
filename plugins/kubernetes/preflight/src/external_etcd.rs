//! `ExternalEtcdVersion`

use crate::report::Report;
use crate::version::Version;
use kubewright_plugin::checks::{self, Question};
use kubewright_plugin::types::ErrorCode;
use kubewright_plugin::{Document, Result, Value, serde_json};

const CHECK: &str = "ExternalEtcdVersion";

/// kubeadm `constants.MinExternalEtcdVersion`.
const MINIMUM: Version = Version {
    major: 3,
    minor: 5,
    patch: 24,
};

/// Every member is asked for its version, as the API server will connect.
pub fn version(document: &Document, report: &mut Report) -> Result<()> {
    let Some(external) = &document.cluster()?.etcd.external else {
        return Ok(());
    };
    for endpoint in &external.http_endpoints {
        let url = format!("{}/version", endpoint.trim_end_matches('/'));
        let asked = checks::ask(&Question {
            url: url.clone(),
            ca_file: external.ca_file.clone(),
            certificate_file: external.cert_file.clone(),
            key_file: external.key_file.clone(),
        });
        match asked {
            Ok(None) => {}
            Ok(Some(answer)) => {
                if let Some((message, remedy)) = problem(answer.status, &answer.body) {
                    report.error(CHECK, &format!("{endpoint}: {message}"), remedy);
                }
            }
            Err(error) if error.code == ErrorCode::Denied => return Err(error.into()),
            Err(error) => report.error(
                CHECK,
                &format!("couldn't ask the external etcd for its version: {}", error.message),
                "see that the external etcd runs, that this machine reaches it, and that etcd.external in the ClusterConfiguration names its endpoints and the client's certificates",
            ),
        }
    }
    Ok(())
}

/// What is wrong with an answer to `/version`, and what mends it.
fn problem(status: u16, body: &str) -> Option<(String, &'static str)> {
    const NO_ETCD: &str = "make sure that etcd.external.httpEndpoints (or endpoints, where it has none) names where etcd answers HTTP";
    if status != 200 {
        return Some((
            format!("it answers {status} when asked for its version"),
            NO_ETCD,
        ));
    }
    let answer: Value = serde_json::from_str(body).unwrap_or_default();
    let Some(text) = answer["etcdserver"].as_str() else {
        return Some((
            "it does not tell the version of an etcd".to_owned(),
            NO_ETCD,
        ));
    };
    match Version::find(text) {
        None => Some((
            format!("couldn't parse external etcd version {text:?}"),
            NO_ETCD,
        )),
        // A pre-release of the minimum will do, as with kubeadm.
        Some(version) if version < MINIMUM => Some((
            format!(
                "only external etcd version >= {MINIMUM} is supported. Current version: {text}"
            ),
            "upgrade the external etcd",
        )),
        Some(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_held_against_the_minimum() {
        for (status, body, wanted) in [
            (200, r#"{"etcdserver":"3.6.8","etcdcluster":"3.6.0"}"#, None),
            (200, r#"{"etcdserver":"3.5.24-rc.0"}"#, None),
            (
                200,
                r#"{"etcdserver":"3.5.23"}"#,
                Some("3.5.24 is supported"),
            ),
            (200, r#"{"etcdserver":"new"}"#, Some("couldn't parse")),
            (200, r#"{"version":"3.6.8"}"#, Some("does not tell")),
            (200, "<html>", Some("does not tell")),
            (404, "page not found", Some("answers 404")),
        ] {
            let found = problem(status, body).map(|(message, _)| message);
            match wanted {
                None => assert_eq!(found, None, "{body}"),
                Some(words) => assert!(found.unwrap().contains(words), "{body}"),
            }
        }
    }
}
