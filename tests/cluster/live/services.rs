//! Service managers, stood in for by scripts on a copy of this machine: what
//! they say is what systemd 252 and OpenRC 0.45 said.

use crate::support::mounts::on_a_copy_of_this_machine;
use crate::support::program::Place;
use crate::support::says;

/// A machine on which a service manager seems to run, with these tools.
const SYSTEMD: &str =
    "rm -rf /run/openrc /run/systemd; mkdir -p /run/systemd/system /run/systemd/resolve
chmod +x /tools/*; export PATH=/tools:$PATH\n";
const OPENRC: &str =
    "rm -rf /run/openrc /run/systemd; mkdir -p /run/openrc; touch /run/openrc/softlevel
chmod +x /tools/*; export PATH=/tools:$PATH\n";

/// Nobody listens at the kubelet's port; that is seen soon.
const CONFIG: &str = "\
apiVersion: kubeadm.k8s.io/v1beta4
kind: InitConfiguration
nodeRegistration: {name: cp-1, criSocket: 'unix:///run/no-such-runtime.sock'}
timeouts: {kubeletHealthCheck: 1s}
---
apiVersion: kubeadm.k8s.io/v1beta4
kind: ClusterConfiguration
kubernetesVersion: v1.36.2
---
apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
healthzPort: 1
";

/// What commands said, one after the other; none where there can be no copy.
fn said(manager: &str, tools: &[(&str, &str)], script: &str) -> Option<String> {
    let place = Place::new();
    place.write("machine/config.yaml", CONFIG);
    for (name, answers) in tools {
        let text =
            format!("#!/bin/sh\necho \"$0 $*\" >> /asked\ncase \"$*\" in\n{answers}\nesac\n");
        place.write(&format!("machine/tools/{name}"), text);
    }
    on_a_copy_of_this_machine(&format!("{manager}{script}"), &place.path(""))
}

#[test]
fn systemd_resolved_counts_as_long_as_it_runs() {
    const FILE: &str = "touch /run/systemd/resolve/resolv.conf\n";
    const NAME: &str = "- systemd-resolved";
    let active = "'is-active systemd-resolved') echo active;;";
    let stopped = "'is-active systemd-resolved') echo inactive; exit 3;;";
    for (name, answers, before, is_there) in [
        ("it runs", active, FILE, true),
        ("stopped: its file stays", stopped, FILE, false),
        ("it never ran", active, "", false),
        (
            "systemd does not run",
            active,
            "touch /run/systemd/resolve/resolv.conf; rmdir /run/systemd/system\n",
            false,
        ),
    ] {
        let script = format!("{before}/kubewright node-facts");
        let Some(said) = said(SYSTEMD, &[("systemctl", answers)], &script) else {
            return;
        };
        let (words, not): (&[&str], &[&str]) = match is_there {
            true => (&[NAME], &[]),
            false => (&["kind: NodeFacts"], &[NAME]),
        };
        says(name, &said, words, not);
    }
}

#[test]
fn a_masked_kubelet_is_told_with_what_unmasks_it_and_the_run_goes_on() {
    const MASKED: &str = "'is-enabled kubelet') echo masked; exit 1;;
is-enabled*) echo 'Failed to get unit file state: No such file or directory' >&2; exit 1;;
is-active*) echo inactive; exit 3;;
'start kubelet') echo 'Failed to start kubelet.service: Unit kubelet.service is masked.' >&2; exit 1;;";
    const WARNING: &str = "could not start the kubelet service: the service kubelet is masked";
    let tools = [("systemctl", MASKED)];
    for (name, command, words, not) in [
        (
            "preflight",
            "init phase preflight",
            &["please run 'systemctl unmask kubelet.service && systemctl enable kubelet.service'"]
                [..],
            &["kubelet service does not exist"][..],
        ),
        (
            "kubelet-start",
            "init phase kubelet-start",
            &[WARNING, "systemctl unmask kubelet", "exits 0"],
            &["error:"],
        ),
        (
            "a plan of that",
            "plan --phase kubelet-start",
            &["/var/lib/kubelet/config.yaml", "exits 2"],
            &["start kubelet (kubelet-start)", "error:"],
        ),
    ] {
        let script = format!(
            "CODE=0; /kubewright {command} --config /config.yaml || CODE=$?; echo exits $CODE"
        );
        let Some(said) = said(SYSTEMD, &tools, &script) else {
            return;
        };
        says(name, &said, words, not);
    }
}

#[test]
fn a_kubelet_that_ends_is_explained_in_its_own_words() {
    const ENDS: &str = "show*) printf 'LoadState=loaded\\nActiveState=activating\\nNRestarts=2\\nExecMainStatus=1\\n';;
is-active*) echo activating; exit 3;;";
    const OF_SYSTEMD: &str =
        "*--unit=kubelet*) echo 'kubelet.service: Consumed 1.596s CPU time.';;";
    const ITS_OWN: &str = "*_SYSTEMD_UNIT=kubelet.service*) echo 'E1122 14:03:49.324597   31814 run.go:72] \"command failed\" err=\"unknown flag: --nope\"';;";
    const STATE: &str = "its service ended with code 1, started again 2 times; its last words: ";
    const MASKED: &str = "show*) printf 'LoadState=masked\\nActiveState=inactive\\nNRestarts=0\\nExecMainStatus=1\\n';;";
    for (name, state, answers, words, not) in [
        (
            "it said something before it was masked",
            MASKED,
            ITS_OWN.to_owned(),
            "its service is masked)".to_owned(),
            "unknown flag",
        ),
        (
            "it said something",
            ENDS,
            format!("{ITS_OWN}\n{OF_SYSTEMD}"),
            format!("{STATE}\"command failed\" err=\"unknown flag: --nope\""),
            "Consumed",
        ),
        (
            "it said nothing",
            ENDS,
            OF_SYSTEMD.to_owned(),
            format!("{STATE}kubelet.service: Consumed 1.596s CPU time."),
            "unknown flag",
        ),
    ] {
        let tools = [("systemctl", state), ("journalctl", answers.as_str())];
        let script =
            "/kubewright init phase wait-control-plane --config /config.yaml || echo exits $?";
        let Some(said) = said(SYSTEMD, &tools, script) else {
            return;
        };
        says(name, &said, &[&words, "exits 1"], &[not]);
    }
}

#[test]
fn openrc_tells_of_the_kubelet_as_well() {
    const STARTED: &str = "'kubelet status') echo ' * status: started';;";
    const STOPPED: &str = "'kubelet status') echo ' * status: stopped'; exit 3;;";
    const MISSING: &str = "*) echo \" * rc-service: service \\`kubelet' does not exist\"; exit 1;;";
    const NO_PROGRAM: &str = "'kubelet status') echo ' * status: stopped'; exit 3;;
'kubelet start') echo ' * supervise-daemon: /usr/bin/kubelet does not exist'; echo ' * ERROR: kubelet failed to start'; exit 1;;";
    const LOG: &str = "mkdir -p /var/log/kubelet; printf 'one\\ntwo\\nthree\\nE1122 14:03:49.324597   31814 run.go:72] \"command failed\" err=\"unknown flag: --nope\"\\n' > /var/log/kubelet/kubelet.log\n";
    const WAIT: &str = "init phase wait-control-plane";
    for (name, answers, before, command, words, not) in [
        (
            "started over and over",
            STARTED,
            LOG,
            WAIT,
            &[
                "its service runs; its last words: two | three | \"command failed\" err=\"unknown flag: --nope\"",
            ][..],
            &["words: one"][..],
        ),
        (
            "stopped",
            STOPPED,
            "",
            WAIT,
            &["its service is stopped"],
            &["last words"],
        ),
        (
            "missing",
            MISSING,
            "",
            WAIT,
            &["there is no such service"],
            &[],
        ),
        (
            "started, and nothing to say",
            STARTED,
            "",
            WAIT,
            &["connection refused)"],
            &["service"],
        ),
        (
            "preflight",
            STOPPED,
            "",
            "init phase preflight",
            &["kubelet service is not enabled, please run 'rc-update add kubelet default'"],
            &["kubelet service does not exist"],
        ),
        (
            "preflight of one that is missing",
            MISSING,
            "",
            "init phase preflight",
            &["kubelet service does not exist"],
            &["rc-update"],
        ),
        (
            "its program is missing",
            NO_PROGRAM,
            "",
            "init phase kubelet-start",
            &[
                "cannot start the service kubelet: ",
                "/usr/bin/kubelet does not exist",
            ],
            &["there is no service"],
        ),
    ] {
        let script =
            format!("{before}/kubewright {command} --config /config.yaml || echo exits $?");
        let tools = [
            ("rc-service", answers),
            ("rc-update", "'show default') echo ' sshd |';;"),
        ];
        let Some(said) = said(OPENRC, &tools, &script) else {
            return;
        };
        says(name, &said, words, not);
    }
}
