//! The kubelet's flags (kubeadm `app/phases/kubelet/flags.go`).

use kubewright_plugin::arguments::{self, Arguments};
use kubewright_plugin::configuration::NodeRegistration;

/// The environment file that the kubelet's unit reads. `socket` is the container
/// runtime's, where it is a flag.
pub fn environment_file(
    registration: &NodeRegistration,
    hostname: &str,
    socket: Option<&str>,
) -> String {
    let mut arguments = Arguments::new();
    if let Some(socket) = socket {
        arguments.set("container-runtime-endpoint", socket);
    }
    let name = arguments::last(&registration.kubelet_extra_args, "hostname-override")
        .unwrap_or(&registration.name);
    if !name.is_empty() && name != hostname {
        arguments.set("hostname-override", name);
    }
    let flags = arguments
        .with_extra(&registration.kubelet_extra_args)
        .join(" ");
    format!("KUBELET_KUBEADM_ARGS={}\n", quoted(&flags))
}

/// The name that the kubelet finds by itself.
pub fn normal_hostname(hostname: &str) -> String {
    hostname.trim().to_lowercase()
}

/// In double quotes, as Go's `%q` and systemd's EnvironmentFile have it.
pub fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use kubewright_plugin::configuration::Argument;

    #[test]
    fn writes_the_flags() {
        let argument = |name: &str, value: &str| Argument {
            name: name.into(),
            value: value.into(),
        };
        for (name, hostname, extra, flags) in [
            ("cp-1", "cp-1", vec![], ""),
            ("cp-1", "host", vec![], "--hostname-override=cp-1"),
            (
                "cp-1",
                "host",
                vec![argument("node-labels", "zone=a,tier=edge")],
                "--hostname-override=cp-1 --node-labels=zone=a,tier=edge",
            ),
            (
                "cp-1",
                "host",
                vec![argument("hostname-override", "x")],
                "--hostname-override=x",
            ),
            ("cp-1", "cp-1", vec![argument("a", "\"b\\")], r#"--a=\"b\\"#),
        ] {
            let registration = NodeRegistration {
                name: name.into(),
                kubelet_extra_args: extra,
                ..Default::default()
            };
            assert_eq!(
                environment_file(&registration, hostname, None),
                format!("KUBELET_KUBEADM_ARGS=\"{flags}\"\n")
            );
        }
        assert_eq!(
            environment_file(&NodeRegistration::default(), "cp-1", Some("unix:///x.sock")),
            "KUBELET_KUBEADM_ARGS=\"--container-runtime-endpoint=unix:///x.sock\"\n"
        );
        assert_eq!(normal_hostname(" CP-1\n"), "cp-1");
    }
}
