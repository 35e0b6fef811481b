//! Help is complete, and says what is so.

use crate::support::program::Place;

const COMMANDS: [&[&str]; 22] = [
    &[],
    &["init"],
    &["init", "phase"],
    &["plan"],
    &["reset"],
    &["history"],
    &["why"],
    &["render"],
    &["config"],
    &["config", "print"],
    &["config", "print", "init-defaults"],
    &["config", "print", "join-defaults"],
    &["config", "print", "reset-defaults"],
    &["config", "validate"],
    &["config", "migrate"],
    &["config", "images"],
    &["config", "images", "list"],
    &["phases"],
    &["component"],
    &["component", "new"],
    &["node-facts"],
    &["version"],
];

#[test]
fn every_command_explains_itself() {
    let place = Place::new();
    for command in COMMANDS {
        let name = command.join(" ");
        for help in ["-h", "--help"] {
            let finished = place.run(&[command, &[help]].concat()).exits(0);
            assert_eq!(finished.stderr, "", "{name}");
            let text = finished.stdout;
            assert!(text.contains("Usage: kubewright"), "{name}:\n{text}");
            // Every option and every command says what it is for.
            let mut lines = text.lines().peekable();
            while let Some(line) = lines.next() {
                // Text that was wrapped may begin with a flag's name, too.
                let is_flag = line.starts_with("      --");
                if is_flag && !line.trim().contains("  ") {
                    let next = lines.peek().copied().unwrap_or_default();
                    assert!(next.starts_with("          "), "{name}: {line}");
                }
            }
            for odd in ["TODO", "Arguments of", "kw-"] {
                assert!(!text.contains(odd), "{name}: {odd}");
            }
        }
    }
}

/// kubeadm's flags of `init`, as `kubeadm init --help` of v1.36 has them.
#[test]
fn the_flags_of_kubeadm_are_there() {
    let help = Place::new().run(&["render", "--help"]).exits(0).stdout;
    for flag in [
        "apiserver-advertise-address",
        "apiserver-bind-port",
        "apiserver-cert-extra-sans",
        "cert-dir",
        "certificate-key",
        "config",
        "control-plane-endpoint",
        "cri-socket",
        "feature-gates",
        "ignore-preflight-errors",
        "image-repository",
        "kubernetes-version",
        "node-name",
        "patches",
        "pod-network-cidr",
        "service-cidr",
        "service-dns-domain",
        "skip-certificate-key-print",
        "skip-phases",
        "skip-token-print",
        "token",
        "token-ttl",
        "upload-certs",
    ] {
        assert!(help.contains(&format!("      --{flag}")), "{flag}:\n{help}");
    }
    for flag in [
        "--out <DIR>",
        "--node-facts",
        "--distribution",
        "--phase",
        "--policy",
        "Examples:",
        "Exit codes:",
    ] {
        assert!(help.contains(flag), "{flag}:\n{help}");
    }
}

/// The examples of the help, but those that would change this machine.
#[test]
fn the_examples_work() {
    let place = Place::new();
    let run = |arguments: &str| place.run(&arguments.split(' ').collect::<Vec<_>>());
    let help = run("render --help").exits(0).stdout;
    place.write("cp1.yaml", run("node-facts").exits(0).stdout);
    place.write(
        "cluster.yaml",
        run("config print init-defaults").exits(0).stdout,
    );
    for (at, example) in [
        "render --config cluster.yaml --out cluster -v",
        "render --pod-network-cidr 10.244.0.0/16 --node-name cp1 --out cluster",
        "render --node-facts cp1.yaml --out cluster",
        "render --phase certs --out cluster",
    ]
    .iter()
    .enumerate()
    {
        assert!(
            help.contains(&format!("kubewright {example}")),
            "{example}:\n{help}"
        );
        run(&example.replace("--out cluster", &format!("--out cluster{at}"))).exits(0);
    }
    run("config validate --config cluster.yaml").exits(0);
    run("config images list --kubernetes-version v1.35.4 --image-repository mirror.example/k8s")
        .exits(0);
}

/// The phases are in the help of what runs them, those of the distribution.
#[test]
fn help_lists_the_phases() {
    let place = Place::new();
    for (arguments, there, not_there) in [
        (
            &["init", "--help"][..],
            &[
                "Phases of kubernetes",
                "\n  certs ",
                "/etcd-ca ",
                "\n  addon ",
            ][..],
            &[][..],
        ),
        (
            &["init", "phase", "certs", "--help"],
            &["Parts of certs", "\n  etcd-ca "],
            &["\n  addon ", "kube-proxy "],
        ),
        (
            &["help", "render"],
            &["Phases of kubernetes", "/etcd-ca "],
            &[],
        ),
        (
            &["init", "--distribution", "kubernetes-1.5", "--help"],
            &["Phases of kubernetes-1.5", "CreateTokenAuthFile"],
            &["/etcd-ca "],
        ),
        (
            &["init", "phase", "uploadconfig"],
            &["The phase upload-config has these parts", "\n  kubelet "],
            &["[upload-config]"],
        ),
        (
            &["init", "phase", "Certs", "--help"],
            &["Parts of certs", "\n  etcd-ca "],
            &[],
        ),
        (
            &["init", "phase", "certs"],
            &["The phase certs has these parts", "\n  etcd-ca "],
            &["[certs]"],
        ),
    ] {
        let finished = place.run(arguments).exits(0);
        for words in there {
            assert!(
                finished.stdout.contains(words),
                "{arguments:?}: {words}\n{}",
                finished.stdout
            );
        }
        for words in not_there {
            assert!(!finished.stdout.contains(words), "{arguments:?}: {words}");
        }
    }
}
