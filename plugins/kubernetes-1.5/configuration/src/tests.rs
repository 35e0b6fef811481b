use super::*;
use kubewright_configuration::Value;

fn run(mut input: Value) -> (Completed, Vec<kubewright_configuration::Finding>) {
    input["node"] =
        json!({"hostname": "Master-1", "defaultAddress": "10.0.0.11", "architecture": "amd64"});
    let mut findings = Findings::default();
    let completed = complete(&Input::new(input), &mut findings);
    (completed, findings.list().to_vec())
}

#[test]
fn defaults_are_those_of_december_2016() {
    let (completed, findings) = run(json!({}));
    assert_eq!(findings, []);
    let master = &completed.configuration["MasterConfiguration"];
    assert_eq!(master["api"]["advertiseAddresses"], json!(["10.0.0.11"]));
    assert_eq!(master["api"]["bindPort"], 6443);
    assert_eq!(master["discovery"]["bindPort"], 9898);
    assert_eq!(master["kubernetesVersion"], "v1.5.1");
    assert_eq!(master["networking"]["serviceSubnet"], "10.96.0.0/12");
    assert_eq!(master["networking"]["dnsDomain"], "cluster.local");
    let derived = &completed.configuration["Derived"];
    assert_eq!(derived["apiService"], "10.96.0.1");
    assert_eq!(derived["dnsService"], "10.96.0.10");
    assert_eq!(completed.node_name, "master-1");
    assert!(completed.secrets.is_empty());
}

#[test]
fn a_token_goes_where_phases_look_for_it() {
    let token = "abcdef.<sealed>";
    let cases = [
        (
            json!({"documents": [{"kind": "MasterConfiguration", "secrets": {"givenToken": token}}]}),
            "/documents/0/secrets/givenToken",
        ),
        (
            json!({"documents": [{"kind": "ClusterConfiguration"}, {"kind": "InitConfiguration", "bootstrapTokens": [{"token": token}]}]}),
            "/documents/1/bootstrapTokens/0/token",
        ),
        (json!({"flags": {"token": token}}), "/flags/token"),
    ];
    for (input, from) in cases {
        let (completed, findings) = run(input);
        assert_eq!(findings, []);
        assert_eq!(completed.secrets[TOKEN], from);
        assert_eq!(completed.configuration.pointer(TOKEN), Some(&json!(token)));
    }
}

#[test]
fn what_has_no_counterpart_is_named() {
    let (_, findings) = run(json!({
        "documents": [
            {"kind": "InitConfiguration", "apiVersion": "x", "nodeRegistration": {"name": "a"}, "bootstrapTokens": [{"ttl": "1h0m0s"}]},
            {"kind": "ClusterConfiguration", "apiServer": {"extraArgs": []}, "controlPlaneEndpoint": "lb", "clusterName": "kubernetes"},
        ],
        "flags": {"node-name": "a", "upload-certs": true},
    }));
    let mut paths: Vec<_> = findings.iter().map(|one| one.path.as_str()).collect();
    paths.sort_unstable();
    assert_eq!(
        paths,
        [
            "--node-name",
            "--upload-certs",
            "ClusterConfiguration.apiServer.extraArgs",
            "ClusterConfiguration.controlPlaneEndpoint",
            "InitConfiguration.bootstrapTokens[0].ttl",
            "InitConfiguration.nodeRegistration",
        ]
    );
}
