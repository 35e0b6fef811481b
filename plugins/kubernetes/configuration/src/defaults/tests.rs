use std::net::IpAddr;

use super::*;
use crate::documents::{
    ApiEndpoint, ClusterConfiguration, Discovery, ExternalEtcd, FileDiscovery, InitConfiguration,
    JoinConfiguration, NodeRegistration,
};
use crate::facts::{DefaultsError, NodeDefaults};
use crate::sealed::TokenSource;

fn facts() -> NodeDefaults {
    NodeDefaults {
        hostname: "Node-1.Example".into(),
        default_address: "10.0.0.5".parse().ok(),
        ..NodeDefaults::default()
    }
}

#[test]
fn without_tokens_there_is_one_to_be_made() {
    let mut configuration = InitConfiguration::default();
    init(&mut configuration);
    let [token] = configuration.bootstrap_tokens.as_slice() else {
        panic!("{configuration:?}")
    };
    assert_eq!(token.token, TokenSource::Generate);
    assert_eq!(token.ttl.unwrap().to_string(), "24h0m0s");
    assert_eq!(token.usages, ["signing", "authentication"]);
    assert_eq!(
        token.groups,
        ["system:bootstrappers:kubeadm:default-node-token"]
    );
}

#[test]
fn a_token_with_an_end_gets_no_ttl() {
    let mut configuration = InitConfiguration::default();
    configuration.bootstrap_tokens.push(Default::default());
    configuration.bootstrap_tokens[0].expires =
        serde_json::from_str("\"2027-01-31T12:00:00Z\"").ok();
    init(&mut configuration);
    assert_eq!(configuration.bootstrap_tokens[0].ttl, None);
}

#[test]
fn external_etcd_has_no_local_one_and_health_is_asked_at_its_endpoints() {
    let mut configuration = ClusterConfiguration::default();
    configuration.etcd.external = Some(ExternalEtcd {
        endpoints: vec!["https://e:2379".into()],
        ..Default::default()
    });
    cluster(&mut configuration);
    assert!(configuration.etcd.local.is_none());
    assert_eq!(
        configuration.etcd.external.unwrap().http_endpoints,
        ["https://e:2379"]
    );
}

#[test]
fn names_taints_and_sockets() {
    let many = NodeDefaults {
        cri_sockets: vec!["unix:///a".into(), "unix:///b".into()],
        ..facts()
    };
    let crio = NodeDefaults {
        cri_sockets: vec!["unix:///run/crio.sock".into()],
        ..facts()
    };
    let nameless = NodeDefaults {
        hostname: " ".into(),
        ..facts()
    };
    let default = "unix:///var/run/containerd/containerd.sock";
    let cases = [
        (
            "from facts",
            "",
            "",
            &facts(),
            Ok(("node-1.example", default, 0)),
        ),
        (
            "given, lower-cased",
            " CP-1 ",
            "",
            &facts(),
            Ok(("cp-1", default, 0)),
        ),
        (
            "found socket",
            "",
            "",
            &crio,
            Ok(("node-1.example", "unix:///run/crio.sock", 0)),
        ),
        (
            "given socket wins",
            "",
            "unix:///x",
            &many,
            Ok(("node-1.example", "unix:///x", 0)),
        ),
        (
            "socket without scheme",
            "",
            "/x.sock",
            &facts(),
            Ok(("node-1.example", "unix:///x.sock", 1)),
        ),
        (
            "many sockets",
            "",
            "",
            &many,
            Err("found multiple CRI endpoints"),
        ),
        ("no name", "", "", &nameless, Err("empty hostname")),
    ];
    for (case, name, socket, facts, expected) in cases {
        let mut node = NodeRegistration {
            name: name.into(),
            cri_socket: socket.into(),
            ..NodeRegistration::default()
        };
        let mut warnings = Vec::new();
        let result = node_registration(&mut node, true, facts, &mut warnings);
        match (result, expected) {
            (Ok(()), Ok(expected)) => {
                let got = (node.name.as_str(), node.cri_socket.as_str(), warnings.len());
                assert_eq!(got, expected, "{case}");
                assert_eq!(node.taints.unwrap().len(), 1, "{case}");
            }
            (Err(error), Err(part)) => assert!(error.to_string().contains(part), "{case}: {error}"),
            (got, _) => panic!("{case}: {got:?}"),
        }
    }
    let mut untainted = NodeRegistration {
        taints: Some(vec![]),
        ..NodeRegistration::default()
    };
    node_registration(&mut untainted, true, &facts(), &mut Vec::new()).unwrap();
    assert_eq!(untainted.taints, Some(vec![]), "an empty list stays empty");
    let mut worker = NodeRegistration::default();
    node_registration(&mut worker, false, &facts(), &mut Vec::new()).unwrap();
    assert_eq!(worker.taints, None, "workers have no control plane taint");
}

#[test]
fn advertise_addresses() {
    let loopback: Option<IpAddr> = "10.9.9.9".parse().ok();
    let cases = [
        ("unset", "", facts(), Ok(("10.0.0.5", true))),
        ("unspecified", "0.0.0.0", facts(), Ok(("10.0.0.5", true))),
        ("unspecified v6", "::", facts(), Ok(("10.0.0.5", true))),
        ("given", "fd00::1", facts(), Ok(("fd00::1", true))),
        (
            "given sloppily",
            "10.000.0.1",
            facts(),
            Ok(("10.0.0.1", true)),
        ),
        (
            "link local",
            "169.254.0.1",
            facts(),
            Ok(("169.254.0.1", false)),
        ),
        ("link local v6", "fe80::1", facts(), Ok(("fe80::1", false))),
        ("multicast", "224.0.0.1", facts(), Ok(("224.0.0.1", false))),
        (
            "no route",
            "",
            NodeDefaults::default(),
            Ok(("0.0.0.0", false)),
        ),
        (
            "loopback with another address",
            "127.0.0.1",
            NodeDefaults {
                loopback_address: loopback,
                ..facts()
            },
            Ok(("10.9.9.9", true)),
        ),
        (
            "loopback alone",
            "::1",
            facts(),
            Err(DefaultsError::Loopback),
        ),
        (
            "a name",
            "here",
            facts(),
            Err(DefaultsError::AdvertiseAddress("here".into())),
        ),
    ];
    for (name, given, facts, expected) in cases {
        let mut endpoint = ApiEndpoint {
            advertise_address: given.into(),
            bind_port: 6443,
        };
        let got = advertise_address(&mut endpoint, &facts, &mut Vec::new()).map(|()| {
            (
                endpoint.advertise_address.as_str(),
                usable_address(&endpoint).is_ok(),
            )
        });
        assert_eq!(got, expected, "{name}");
    }
}

#[test]
fn the_control_plane_endpoint_gets_the_local_port() {
    let cases = [
        ("without port", "lb.example", "lb.example:7443"),
        ("with port", "lb.example:443", "lb.example:443"),
        ("v6", "fd00::9", "[fd00::9]:7443"),
        ("none", "", ""),
    ];
    for (name, given, expected) in cases {
        let mut configuration = ClusterConfiguration {
            control_plane_endpoint: given.into(),
            ..Default::default()
        };
        cluster(&mut configuration);
        configuration.api_server.cert_sans = vec!["LB.Example".into()];
        let mut warnings = Vec::new();
        cluster_dynamic(&mut configuration, 7443, &mut warnings).unwrap();
        assert_eq!(configuration.control_plane_endpoint, expected, "{name}");
        assert_eq!(configuration.api_server.cert_sans, ["lb.example"]);
        assert_eq!(configuration.kubernetes_version, "v1.36.2");
        assert!(
            warnings.is_empty(),
            "nobody asked for a label: {warnings:?}"
        );
    }
}

#[test]
fn file_urls_become_paths() {
    for (given, expected) in [
        ("file:///etc/kubernetes/d.conf", "/etc/kubernetes/d.conf"),
        ("file://host/d.conf", "/d.conf"),
        ("/d.conf", "/d.conf"),
        ("https://x/d.conf", "https://x/d.conf"),
    ] {
        let file = Some(FileDiscovery {
            kube_config_path: given.into(),
        });
        let discovery = Discovery {
            file,
            ..Discovery::default()
        };
        let mut configuration = JoinConfiguration {
            discovery,
            ..JoinConfiguration::default()
        };
        join(&mut configuration);
        assert_eq!(
            configuration.discovery.file.unwrap().kube_config_path,
            expected
        );
    }
}
