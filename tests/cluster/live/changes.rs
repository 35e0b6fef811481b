//! Objects that somebody else changed.

use serde_json::{Value, json};

use crate::support::api_server::Foreign;
use crate::support::live::{KUBERNETES, Live};

const PROXY: &str = "/api/v1/namespaces/kube-system/configmaps/kube-proxy";
const COREDNS: &str = "/apis/apps/v1/namespaces/kube-system/deployments/coredns";
const TOKEN_PATH: &str = "/api/v1/namespaces/kube-system/secrets/";

fn get(live: &Live, path: &str) -> Value {
    live.server(|server| server.get(path)).expect("the object")
}

/// The kube-proxy ConfigMap, edited by hand.
fn edit_proxy(live: &Live) -> String {
    let text = get(live, PROXY)["data"]["config.conf"]
        .as_str()
        .unwrap()
        .to_owned();
    let edited = text.replace("mode: iptables", "mode: nftables");
    assert_ne!(text, edited);
    let patch = json!({"data": {"config.conf": edited}});
    live.server(|server| server.call(&Foreign::edit(PROXY, "kubectl-edit", patch)));
    text
}

#[test]
fn what_somebody_else_changed_is_not_overwritten_and_what_is_said_to_do_works() {
    let Some(live) = Live::new(&KUBERNETES) else {
        return;
    };
    live.init(&[]).exits(0);
    let ours = edit_proxy(&live);
    let theirs = get(&live, PROXY)["data"]["config.conf"].clone();
    let conflict: &[&str] = &["conflict with \"kubectl-edit\"", ".data.config.conf"];
    // A plan meets it as well.
    live.plan(&[]).exits(1).says(conflict);
    let failed = live.init(&[]).exits(1).says(conflict).says(&[
        "phase addon/kube-proxy failed",
        "--skip-phases",
        "--force-conflicts",
    ]);
    assert_eq!(
        get(&live, PROXY)["data"]["config.conf"],
        theirs,
        "{}",
        failed.stderr
    );

    // Keep the change: leave the phase out.
    assert!(
        failed.stderr.contains("--skip-phases addon/kube-proxy"),
        "{}",
        failed.stderr
    );
    live.init(&["--skip-phases", "addon/kube-proxy"]).exits(0);
    assert_eq!(get(&live, PROXY)["data"]["config.conf"], theirs);

    // Give it up: the plan shows what goes, and init does that.
    live.plan(&["--force-conflicts"]).exits(2).says(&[
        "updated: ConfigMap kube-system/kube-proxy",
        "-    mode: nftables",
        "+    mode: iptables",
    ]);
    assert_eq!(get(&live, PROXY)["data"]["config.conf"], theirs);
    live.init(&["--force-conflicts"]).exits(0);
    assert_eq!(get(&live, PROXY)["data"]["config.conf"], json!(ours));
    live.init(&[]).exits(0).says(&["Nothing changed"]);
}

#[test]
fn fields_that_are_nobodys_business_of_ours_stay() {
    let Some(live) = Live::new(&KUBERNETES) else {
        return;
    };
    live.init(&[]).exits(0);
    let patch = json!({"spec": {"template": {"spec": {"priority": 7}}},
        "metadata": {"annotations": {"mine": "x"}}});
    live.server(|server| server.call(&Foreign::edit(COREDNS, "kubectl-edit", patch)));
    live.init(&[]).exits(0).says(&["Nothing changed"]);
    let deployment = get(&live, COREDNS);
    assert_eq!(deployment["spec"]["template"]["spec"]["priority"], 7);
    assert_eq!(deployment["metadata"]["annotations"]["mine"], "x");
}

#[test]
fn why_tells_who_wrote_an_object_and_what_has_changed_since() {
    let Some(live) = Live::new(&KUBERNETES) else {
        return;
    };
    live.init(&[]).exits(0);
    let token = live
        .objects()
        .into_iter()
        .find(|one| one["type"] == "bootstrap.kubernetes.io/token");
    let token = token.unwrap()["metadata"]["name"]
        .as_str()
        .unwrap()
        .to_owned();
    let secret = format!("Secret/{token}");
    for (what, phase) in [
        ("ConfigMap/kube-proxy", "addon/kube-proxy"),
        ("deployment/kube-system/coredns", "addon/coredns"),
        ("Node/cp-1", "mark-control-plane"),
        (secret.as_str(), "bootstrap-token"),
        (
            "ClusterRoleBinding/kubeadm:cluster-admins",
            "cluster-admins",
        ),
    ] {
        live.run(&["why", what]).exits(0).says(&[
            "run 1 (init, ",
            &format!("phase {phase}, component kubernetes/"),
            "configuration sha256:",
            "\nnot changed since",
        ]);
    }
    live.run(&["why", "Deployment/kubewright-smoke-test"])
        .exits(0)
        .says(&["it is gone, as it was left"]);
    live.run(&["why", "ConfigMap/nobody"])
        .exits(1)
        .says(&["no run on this machine wrote"]);

    edit_proxy(&live);
    let node = json!({"metadata": {"labels": {"node-role.kubernetes.io/control-plane": "no"}}});
    let taken = json!({"data": {"token-secret": "eHh4eHh4eHh4eHh4eHh4eA=="}});
    live.server(|server| {
        server.call(&Foreign::edit("/api/v1/nodes/cp-1", "kubectl-label", node));
        server.call(&Foreign::edit(
            &format!("{TOKEN_PATH}{token}"),
            "kubectl-patch",
            taken,
        ));
        server.call(&Foreign {
            method: "DELETE",
            ..Foreign::get(COREDNS)
        });
    });
    for (what, words) in [
        (
            "ConfigMap/kube-proxy",
            "data.config.conf by kubectl-edit at 20",
        ),
        (
            "Node/cp-1",
            "metadata.labels.node-role.kubernetes.io/control-plane by kubectl-label at 20",
        ),
        (secret.as_str(), "data.token-secret by kubectl-patch at 20"),
        ("Deployment/coredns", "it is not there any more"),
    ] {
        let said = live.run(&["why", what]).exits(0).says(&[words]).said();
        assert!(
            !said.contains("not changed since") && !said.contains("eHh4"),
            "{said}"
        );
    }
    let json = live
        .run(&["why", "ConfigMap/kube-proxy", "-o", "json"])
        .exits(0);
    let result = json.answer();
    assert_eq!(result["changes"][0]["field"], "data.config.conf");
    assert_eq!(result["changes"][0]["by"][0]["name"], "kubectl-edit");

    live.meddle(|_| crate::support::api_server::Fate::Refused(500, None));
    live.run(&["why", "ConfigMap/kube-proxy"])
        .exits(0)
        .says(&["cannot be told", "Internal error"]);
}
