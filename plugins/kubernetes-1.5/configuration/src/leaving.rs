//! What a reset is asked for. There was no file for it in December 2016: flags
//! say it all.

use kubewright_configuration::{Completed, Findings, Input, json};

/// The container runtime of a machine on which none is found.
const SOCKET: &str = "unix:///var/run/dockershim.sock";

/// The ResetConfiguration, as phases of today read it.
pub fn complete(input: &Input, certificates: &str, findings: &mut Findings) -> Completed {
    for document in input.documents() {
        let kind = document["kind"].as_str().unwrap_or_default();
        findings.add(kind, "a reset takes no file here; give flags");
    }
    let flag = |name: &str| {
        let mut flags = input.flags();
        flags.find(|(one, _)| *one == name).map(|(_, value)| value)
    };
    let text = |name: &str| flag(name).and_then(|value| value.as_str());
    let is_set = |name: &str| flag(name).is_some_and(|value| *value == true);
    let texts = |name: &str| {
        let items = flag(name).and_then(|value| value.as_array());
        let texts = items.into_iter().flatten();
        texts.filter_map(|one| one.as_str()).map(str::to_owned)
    };
    let found = input.node()["criSockets"][0].as_str();
    let folder = text("cert-dir").unwrap_or(certificates);
    let mut completed = Completed::new(
        json!({ "ResetConfiguration": {
            "certificatesDir": folder,
            "criSocket": text("cri-socket").or(found).unwrap_or(SOCKET),
            "cleanupTmpDir": is_set("cleanup-tmp-dir"),
            "dryRun": is_set("dry-run"),
            "force": is_set("force"),
            // Checks go by their names in lower case.
            "ignorePreflightErrors": texts("ignore-preflight-errors")
                .map(|check| check.to_lowercase())
                .collect::<Vec<_>>(),
            "unmountFlags": [],
            "timeouts": { "etcdAPICall": "2m0s", "kubernetesAPICall": "1m0s" },
        }}),
        input.hostname().to_lowercase(),
    );
    completed.policy_context = json!({ "certificatesDir": folder });
    let named = [
        ("namesCertificatesDir", text("cert-dir").is_some()),
        ("namesCRISocket", text("cri-socket").is_some()),
    ];
    for (name, is_named) in named {
        completed.options.insert(name.to_owned(), is_named.into());
    }
    completed.skip_phases = Some(texts("skip-phases").collect());
    completed
}
