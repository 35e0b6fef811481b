//! Runs that nothing disturbs.

use crate::support::live::{KUBERNETES, Live};

#[test]
fn a_whole_init_and_then_nothing_is_left_to_do() {
    let Some(live) = Live::new(&KUBERNETES) else {
        return;
    };
    live.init(&["--upload-certs", "-v"]).exits(0).says(&[
        "[wait-control-plane]",
        "created: Apply ClusterRoleBinding kubeadm:cluster-admins",
        "removed: Delete Deployment kube-system/kubewright-smoke-test",
        "Your Kubernetes control-plane has initialized successfully!",
    ]);
    let names = crate::support::names(&live.objects());
    for wanted in [
        "ConfigMap kubeadm-config",
        "ConfigMap kubelet-config",
        "Secret kubeadm-certs",
        "Node cp-1",
        "ConfigMap cluster-info",
        "Deployment coredns",
        "DaemonSet kube-proxy",
    ] {
        assert!(
            names.iter().any(|name| name == wanted),
            "{wanted}: {names:?}"
        );
    }
    assert!(
        !names.iter().any(|name| name.contains("smoke")),
        "{names:?}"
    );
    let users: std::collections::BTreeSet<String> = live.server(|server| {
        let asked = server.take_requests().into_iter();
        asked
            .filter(|one| one.writes())
            .map(|one| one.user)
            .collect()
    });
    assert_eq!(
        users.into_iter().collect::<Vec<_>>(),
        ["kubernetes-admin", "kubernetes-super-admin"]
    );

    live.plan(&[]).exits(0).says(&["No change"]);
    let writes = live.server(|server| {
        let asked = server.take_requests().into_iter();
        asked.filter(|one| one.writes()).count()
    });
    assert_eq!(writes, 0, "a plan changes nothing");
    live.init(&[]).exits(0).says(&["Nothing changed"]);
}
