//! The process is killed before and after every effect on the cluster.

use std::os::unix::process::ExitStatusExt;

use super::objects::{comparable, tokens};
use crate::support::live::{KUBERNETES, Live, Tree};

/// All phases that change the cluster, and the kubelet's last.
const KUBE_PHASES: &str = "cluster-admins,upload-config,mark-control-plane,bootstrap-token,kubelet-finalize,addon,smoke-test,show-join-command";

/// A machine on which the control plane has come up, and nothing else.
fn prepared() -> Option<(Live, Tree)> {
    let live = Live::new(&KUBERNETES)?;
    let before = live.tree();
    live.init(&["--skip-phases", KUBE_PHASES]).exits(0);
    Some((live, before))
}

/// Kills a run at every point of a kind in turn; gives how many there are.
fn kill_at_every(point: &str) -> usize {
    let Some((template, before)) = prepared() else {
        return usize::MAX;
    };
    let whole = template.copy();
    whole.init(&[]).exits(0);
    let (undisturbed, shape) = (comparable(&template), whole.shape());
    for count in 1.. {
        let at = format!("{point}:{count}");
        // The same server, another cluster, another machine with its keys.
        let live = template.copy();
        template.server(|server| server.replace(template.fresh_api()));
        let killed = live
            .configured("init", &["--phase", KUBE_PHASES])
            .env("KUBEWRIGHT_CRASH_AT", &at)
            .output()
            .unwrap();
        if killed.status.success() {
            return count - 1;
        }
        let said = String::from_utf8_lossy(&killed.stderr);
        assert_eq!(killed.status.signal(), Some(9), "{at}: {said}");
        let (keys, made) = (live.keys(), tokens(&template));

        let abandoned = live.copy();
        abandoned.run(&["reset", "--yes"]).exits(0);
        assert_eq!(abandoned.tree(), before, "{at}: reset of what was begun");

        live.init(&[]).exits(0);
        assert_eq!(live.shape(), shape, "{at}: the run that went on");
        assert_eq!(comparable(&template), undisturbed, "{at}");
        assert_eq!(live.keys(), keys, "{at}: a key was made twice");
        let now = tokens(&template);
        assert_eq!(now.len(), 1, "{at}: a token was made twice");
        assert!(made.iter().all(|token| now.contains(token)), "{at}");

        live.init(&[]).exits(0).says(&["Nothing changed"]);
        live.run(&["reset", "--yes"]).exits(0);
        assert_eq!(live.tree(), before, "{at}: reset after going on");
    }
    unreachable!()
}

#[test]
fn killed_before_each_effect_on_the_cluster() {
    assert!(kill_at_every("begin") > 30);
}

#[test]
fn killed_after_each_effect_on_the_cluster_before_it_is_recorded() {
    assert!(kill_at_every("landing") > 25);
}

#[test]
fn killed_after_each_effect_on_the_cluster_when_it_is_recorded() {
    assert!(kill_at_every("landed") > 25);
}
