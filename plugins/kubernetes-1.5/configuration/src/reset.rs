//! What `reset` is asked for. kubeadm of December 2016 had no file for it: flags
//! say all of it.

use kubewright_configuration::{Completed, Findings, Input, Map, Value, json};

use crate::environment::Environment;

/// Where no runtime is found; whether anything listens there is looked at.
const SOCKET: &str = "unix:///run/containerd/containerd.sock";

/// The checks that may be ignored, with `all`.
const CHECKS: [&str; 2] = ["all", "isprivilegeduser"];

pub fn complete(input: &Input, environment: &Environment, findings: &mut Findings) -> Completed {
    for document in input.documents() {
        let kind = document["kind"].as_str().unwrap_or_default();
        findings.add(kind, "a reset takes no file here; give flags");
    }
    let flags: Map<String, Value> = input
        .flags()
        .map(|(name, value)| (name.to_owned(), value.clone()))
        .collect();
    let text = |name: &str| flags.get(name).and_then(Value::as_str).unwrap_or_default();
    let is_on = |name: &str| flags.get(name) == Some(&Value::Bool(true));
    let texts = |name: &str| crate::given::texts(flags.get(name).unwrap_or(&Value::Null));
    let mut ignored: Vec<String> = texts("ignore-preflight-errors")
        .iter()
        .map(|name| name.trim().to_lowercase())
        .collect();
    ignored.sort();
    ignored.dedup();
    if let Some(unknown) = ignored.iter().find(|name| !CHECKS.contains(&name.as_str())) {
        findings.add(
            "--ignore-preflight-errors",
            format!("{unknown:?} is no check of reset; there are IsPrivilegedUser and all"),
        );
    }
    let found = input.node()["criSockets"][0].as_str();
    let socket = match (text("cri-socket"), found) {
        ("", found) => found.unwrap_or(SOCKET),
        (named, _) => named,
    };
    let folder = match text("cert-dir") {
        "" => environment.pki.as_str(),
        named => named.trim_end_matches('/'),
    };
    let skipped = texts("skip-phases");
    let mut completed = Completed::new(
        json!({
            "ResetConfiguration": {
                "certificatesDir": folder,
                "criSocket": socket,
                "cleanupTmpDir": is_on("cleanup-tmp-dir"),
                "dryRun": is_on("dry-run"),
                "force": is_on("force"),
                "ignorePreflightErrors": ignored,
                "skipPhases": skipped,
                "unmountFlags": [],
                "timeouts": {"etcdAPICall": "2m0s", "kubernetesAPICall": "1m0s"},
            },
        }),
        input.hostname().to_lowercase(),
    );
    for (name, value) in [
        ("dryRun", json!(is_on("dry-run"))),
        ("ignorePreflightErrors", json!(ignored)),
        ("namesCertificatesDir", json!(!text("cert-dir").is_empty())),
        ("namesCRISocket", json!(!text("cri-socket").is_empty())),
        ("skipPhases", json!(skipped)),
    ] {
        completed.options.insert(name.to_owned(), value);
    }
    completed.policy_context = json!({ "certificatesDir": folder });
    completed.skip_phases = Some(skipped);
    completed
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(flags: Value) -> (Completed, usize) {
        let input = Input::new(json!({
            "operation": "reset",
            "flags": flags,
            "node": {"hostname": "Master-1", "criSockets": ["unix:///a"]},
        }));
        let mut findings = Findings::default();
        let completed = crate::complete(&input, &mut findings);
        (completed, findings.list().len())
    }

    #[test]
    fn flags_say_all_of_it() {
        let flags = json!({"cert-dir": "/pki/", "force": true, "skip-phases": ["preflight"],
            "ignore-preflight-errors": ["IsPrivilegedUser"]});
        let (completed, findings) = run(flags);
        let reset = &completed.configuration["ResetConfiguration"];
        assert_eq!(findings, 0);
        assert_eq!(reset["certificatesDir"], "/pki");
        assert_eq!(reset["criSocket"], "unix:///a");
        assert_eq!(reset["force"], true);
        assert_eq!(reset["ignorePreflightErrors"], json!(["isprivilegeduser"]));
        assert_eq!(completed.options["namesCertificatesDir"], true);
        assert_eq!(completed.skip_phases, Some(vec!["preflight".to_owned()]));
        assert_eq!(completed.node_name, "master-1");
    }

    #[test]
    fn without_flags_it_is_what_the_environment_says() {
        let (completed, findings) = run(json!({}));
        let reset = &completed.configuration["ResetConfiguration"];
        assert_eq!(findings, 0);
        assert_eq!(reset["certificatesDir"], "/etc/kubernetes/pki");
        assert_eq!(completed.options["namesCertificatesDir"], false);
    }

    #[test]
    fn checks_that_are_none_are_told() {
        assert_eq!(run(json!({"ignore-preflight-errors": ["Swap"]})).1, 1);
    }
}
