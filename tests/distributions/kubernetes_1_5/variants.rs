//! What changes with the configuration.

use kubewright::pki::Certificate;
use serde_json::json;

use super::render::{MASTER, Rendered, Wanted};

fn master(body: &str) -> Rendered {
    let config = format!("{MASTER}{body}");
    Wanted {
        config: Some(&config),
        ..Wanted::default()
    }
    .done()
}

#[test]
fn external_etcd_without_tls() {
    let rendered =
        master("etcd: {endpoints: ['http://10.0.0.21:2379', 'http://10.0.0.22:2379']}\n");
    assert!(!rendered.has("/etc/kubernetes/manifests/etcd.json"));
    let command = rendered.command("kube-apiserver");
    assert_eq!(
        command.last().unwrap(),
        "--etcd-servers=http://10.0.0.21:2379,http://10.0.0.22:2379"
    );
}

#[test]
fn external_etcd_with_tls() {
    let config = format!(
        "{MASTER}etcd: {{endpoints: ['https://10.0.0.21:2379'], caFile: /etc/ssl/certs/etcd-ca.pem, certFile: /etc/ssl/certs/etcd.pem, keyFile: /etc/ssl/certs/etcd-key.pem}}\n"
    );
    let rendered = Wanted {
        config: Some(&config),
        files: &[
            "/etc/ssl/certs/etcd-ca.pem",
            "/etc/ssl/certs/etcd.pem",
            "/etc/ssl/certs/etcd-key.pem",
        ],
        ..Wanted::default()
    }
    .done();
    assert!(
        rendered.command("kube-apiserver").ends_with(
            &[
                "--etcd-servers=https://10.0.0.21:2379",
                "--etcd-cafile=/etc/ssl/certs/etcd-ca.pem",
                "--etcd-certfile=/etc/ssl/certs/etcd.pem",
                "--etcd-keyfile=/etc/ssl/certs/etcd-key.pem",
            ]
            .map(str::to_owned)
        )
    );
}

#[test]
fn cloud_provider_pod_subnet_and_ports() {
    let body = "cloudProvider: aws\nnetworking: {podSubnet: 10.244.0.0/16, serviceSubnet: 10.100.0.0/16, dnsDomain: example.org}\napi: {bindPort: 7443}\ndiscovery: {bindPort: 9999}\n";
    for (cloud_config, tail) in [
        (
            None,
            &[
                "--cloud-provider=aws",
                "--allocate-node-cidrs=true",
                "--cluster-cidr=10.244.0.0/16",
            ][..],
        ),
        (
            Some("/etc/kubernetes/cloud-config"),
            &[
                "--cloud-provider=aws",
                "--cloud-config=/etc/kubernetes/cloud-config",
                "--allocate-node-cidrs=true",
                "--cluster-cidr=10.244.0.0/16",
            ][..],
        ),
    ] {
        let config = format!("{MASTER}{body}");
        let files: Vec<_> = cloud_config.into_iter().collect();
        let rendered = Wanted {
            config: Some(&config),
            files: &files,
            ..Wanted::default()
        }
        .done();
        let command = rendered.command("kube-controller-manager");
        assert_eq!(command[command.len() - tail.len()..], *tail);
        assert_eq!(command.len(), 10 + tail.len());
        let api = rendered.command("kube-apiserver");
        assert!(!api.iter().any(|word| word.starts_with("--cloud")));
        assert!(api.contains(&"--secure-port=7443".to_owned()));
        assert!(api.contains(&"--service-cluster-ip-range=10.100.0.0/16".to_owned()));
        let config = rendered.yaml("/etc/kubernetes/admin.conf");
        assert_eq!(
            config["clusters"][0]["cluster"]["server"],
            "https://10.66.0.31:7443"
        );
        let join = rendered
            .output
            .lines()
            .find(|line| line.starts_with("kubeadm join"))
            .unwrap();
        assert!(
            join.ends_with(" --api-port=7443 --discovery-port=9999 10.66.0.31"),
            "{join}"
        );
        let discovery = rendered.object("Deployment", "kube-discovery");
        assert_eq!(
            discovery["spec"]["template"]["spec"]["containers"][0]["ports"],
            json!([{"name": "http", "containerPort": 9898, "hostPort": 9999}])
        );
        let service = rendered.object("Service", "kube-dns");
        assert_eq!(service["spec"]["clusterIP"], "10.100.0.10");
        let server =
            Certificate::from_pem(rendered.text("/etc/kubernetes/pki/apiserver.pem")).unwrap();
        assert_eq!(
            server.facts().dns_names.last().unwrap(),
            "kubernetes.default.svc.example.org"
        );
        assert_eq!(server.facts().ip_addresses[1].to_string(), "10.100.0.1");
    }
}

#[test]
fn several_advertise_addresses_and_external_names() {
    let rendered = master(
        "api: {advertiseAddresses: [10.0.0.5, 10.0.0.6], externalDNSNames: [api.example.org]}\n",
    );
    let server = Certificate::from_pem(rendered.text("/etc/kubernetes/pki/apiserver.pem")).unwrap();
    let addresses: Vec<_> = server
        .facts()
        .ip_addresses
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(addresses, ["10.0.0.5", "10.0.0.6", "10.96.0.1"]);
    assert_eq!(server.facts().dns_names[0], "api.example.org");
    let command = rendered.command("kube-apiserver");
    let advertised: Vec<_> = command
        .iter()
        .filter(|word| word.contains("advertise"))
        .collect();
    assert_eq!(advertised, ["--advertise-address=10.0.0.5"]);
    let secret = rendered.object("Secret", "clusterinfo");
    use base64::Engine as _;
    let list = base64::engine::general_purpose::STANDARD
        .decode(secret["data"]["endpoint-list.json"].as_str().unwrap())
        .unwrap();
    assert_eq!(
        list,
        br#"["https://10.0.0.5:6443","https://10.0.0.6:6443"]"#
    );
    assert!(
        rendered
            .output
            .lines()
            .any(|line| line.starts_with("kubeadm join") && line.ends_with(" 10.0.0.5"))
    );
}

#[test]
fn hyperkube_repository_and_folders_by_environment() {
    let rendered = Wanted {
        environment: &[
            ("KUBE_HYPERKUBE_IMAGE", "example.org/hyperkube:v1.5.1"),
            ("KUBE_REPO_PREFIX", "mirror.example.org/k8s"),
            ("KUBE_KUBERNETES_DIR", "/opt/kubernetes"),
            ("KUBE_HOST_PKI_PATH", "/opt/kubernetes/keys"),
            ("KUBE_HOST_ETCD_PATH", "/data/etcd"),
        ],
        directories: &["/etc/pki"],
        ..Wanted::default()
    }
    .done();
    for file in [
        "admin.conf",
        "kubelet.conf",
        "keys/ca.pem",
        "keys/token.csv",
        "manifests/etcd.json",
    ] {
        assert!(rendered.has(&format!("/opt/kubernetes/{file}")), "{file}");
    }
    assert!(!rendered.has("/etc/kubernetes"));
    let pod = |name: &str| rendered.json(&format!("/opt/kubernetes/manifests/{name}.json"));
    let etcd = pod("etcd");
    assert_eq!(
        etcd["spec"]["containers"][0]["image"],
        "mirror.example.org/k8s/etcd-amd64:3.0.14-kubeadm"
    );
    assert_eq!(etcd["spec"]["volumes"][1]["hostPath"]["path"], "/data/etcd");
    assert_eq!(
        etcd["spec"]["volumes"][2]["hostPath"]["path"],
        "/opt/kubernetes"
    );
    for (name, part) in [
        ("kube-apiserver", "apiserver"),
        ("kube-controller-manager", "controller-manager"),
        ("kube-scheduler", "scheduler"),
    ] {
        let container = pod(name)["spec"]["containers"][0].clone();
        assert_eq!(container["image"], "example.org/hyperkube:v1.5.1");
        assert_eq!(container["command"][0], "/hyperkube");
        assert_eq!(container["command"][1], part);
    }
    let api = pod("kube-apiserver");
    let command = super::render::words(&api["spec"]["containers"][0]["command"]);
    assert!(
        command.contains(&"--client-ca-file=/etc/kubernetes/keys/ca.pem".to_owned()),
        "as the pod sees it"
    );
    for name in ["kube-apiserver", "kube-controller-manager"] {
        let spec = pod(name)["spec"].clone();
        assert_eq!(
            spec["volumes"][2],
            json!({"name": "pki", "hostPath": {"path": "/etc/pki"}})
        );
        assert_eq!(
            spec["containers"][0]["volumeMounts"][2],
            json!({"name": "pki", "mountPath": "/etc/pki"})
        );
    }
    let proxy = rendered.object("DaemonSet", "kube-proxy");
    let spec = &proxy["spec"]["template"]["spec"];
    assert_eq!(
        spec["containers"][0]["command"],
        json!(["/hyperkube", "proxy", "--kubeconfig=/run/kubeconfig"])
    );
    assert_eq!(
        spec["volumes"][0]["hostPath"]["path"],
        "/opt/kubernetes/kubelet.conf"
    );
    let discovery = rendered.object("Deployment", "kube-discovery");
    assert_eq!(
        discovery["spec"]["template"]["spec"]["containers"][0]["image"],
        "gcr.io/google_containers/kube-discovery-amd64:1.0",
        "not below the prefix"
    );
}

#[test]
fn an_older_version_lacks_two_flags() {
    let command = master("kubernetesVersion: v1.4.7\n").command("kube-apiserver");
    assert!(
        !command
            .iter()
            .any(|word| word.contains("anonymous-auth") || word.contains("preferred-address"))
    );
}

#[test]
fn todays_kinds_and_flags_say_the_same() {
    let config = "apiVersion: kubeadm.k8s.io/v1beta4
kind: InitConfiguration
bootstrapTokens: [{token: abcdef.0123456789abcdef}]
localAPIEndpoint: {advertiseAddress: 10.0.0.7, bindPort: 7443}
---
apiVersion: kubeadm.k8s.io/v1beta4
kind: ClusterConfiguration
kubernetesVersion: v1.5.1
imageRepository: mirror.example.org
networking: {podSubnet: 10.244.0.0/16}
apiServer: {certSANs: [api.example.org]}
";
    let by_file = Wanted {
        config: Some(config),
        ..Wanted::default()
    }
    .done();
    let by_flags = Wanted {
        arguments: &[
            "--token=abcdef.0123456789abcdef",
            "--apiserver-advertise-address=10.0.0.7",
            "--apiserver-bind-port=7443",
            "--kubernetes-version=v1.5.1",
            "--image-repository=mirror.example.org",
            "--pod-network-cidr=10.244.0.0/16",
            "--apiserver-cert-extra-sans=api.example.org",
        ],
        ..Wanted::default()
    }
    .done();
    for rendered in [by_file, by_flags] {
        assert!(
            rendered
                .text("/etc/kubernetes/pki/token.csv")
                .starts_with("0123456789abcdef,")
        );
        assert!(
            rendered
                .output
                .contains("kubeadm join --token=abcdef.0123456789abcdef --api-port=7443 10.0.0.7")
        );
        let api = rendered.json("/etc/kubernetes/manifests/kube-apiserver.json");
        assert_eq!(
            api["spec"]["containers"][0]["image"],
            "mirror.example.org/kube-apiserver-amd64:v1.5.1"
        );
        assert!(
            rendered
                .command("kube-controller-manager")
                .contains(&"--cluster-cidr=10.244.0.0/16".to_owned())
        );
        let server =
            Certificate::from_pem(rendered.text("/etc/kubernetes/pki/apiserver.pem")).unwrap();
        assert_eq!(server.facts().dns_names[0], "api.example.org");
    }
}
