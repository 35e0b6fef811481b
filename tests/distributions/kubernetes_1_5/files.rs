//! Steps 1, 2, 5 and 10: what lies on the machine, and what is printed.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::render::{MASTER, Wanted, outcomes};

fn is_hex(text: &str, length: usize) -> bool {
    text.len() == length && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
}

#[test]
fn create_token_auth_file() {
    for done in outcomes() {
        let text = done.text("/etc/kubernetes/pki/token.csv");
        let line = text.strip_suffix('\n').expect("a newline at the end");
        let fields: Vec<_> = line.split(',').collect();
        assert_eq!(fields.len(), 4, "one line of four fields");
        assert!(is_hex(fields[0], 16), "the secret alone");
        assert_eq!(fields[1], "kubeadm-node-csr");
        assert_eq!(
            fields[2].split('-').map(str::len).collect::<Vec<_>>(),
            [8, 4, 4, 4, 12]
        );
        assert!(
            fields[2].split('-').nth(2).unwrap().starts_with('1'),
            "by time"
        );
        assert_eq!(fields[3], "system:kubelet-bootstrap");
        assert_eq!(done.mode("/etc/kubernetes/pki/token.csv"), 0o600);
        assert_eq!(done.mode("/etc/kubernetes/pki"), 0o700);
    }
}

#[test]
fn a_given_token_is_taken() {
    let config = format!("{MASTER}secrets: {{givenToken: abcdef.0123456789abcdez}}\n");
    let rendered = Wanted {
        config: Some(&config),
        ..Wanted::default()
    }
    .done();
    let text = rendered.text("/etc/kubernetes/pki/token.csv");
    assert!(
        text.starts_with("0123456789abcdez,kubeadm-node-csr,"),
        "{text}"
    );
    assert!(
        rendered
            .output
            .contains("kubeadm join --token=abcdef.0123456789abcdez 10.66.0.31\n")
    );
    assert!(!rendered.output.contains("Generated token"));
}

/// A manifest with what all of them have in common.
fn manifest(name: &str, cpu: &str, port: u16, path: &str, image: &str, command: &[&str]) -> Value {
    json!({
        "kind": "Pod", "apiVersion": "v1",
        "metadata": {"name": name, "namespace": "kube-system", "creationTimestamp": null,
            "labels": {"component": name, "tier": "control-plane"}},
        "spec": {
            "containers": [{
                "name": name, "image": image, "command": command,
                "resources": {"requests": {"cpu": cpu}},
                "livenessProbe": {
                    "httpGet": {"path": path, "port": port, "host": "127.0.0.1"},
                    "initialDelaySeconds": 15, "timeoutSeconds": 15, "failureThreshold": 8},
            }],
            "hostNetwork": true,
        },
        "status": {},
    })
}

fn with_volumes(mut manifest: Value) -> Value {
    manifest["spec"]["volumes"] = json!([
        {"name": "k8s", "hostPath": {"path": "/etc/kubernetes"}},
        {"name": "certs", "hostPath": {"path": "/etc/ssl/certs"}},
    ]);
    manifest["spec"]["containers"][0]["volumeMounts"] = json!([
        {"name": "k8s", "readOnly": true, "mountPath": "/etc/kubernetes/"},
        {"name": "certs", "mountPath": "/etc/ssl/certs"},
    ]);
    manifest
}

#[test]
fn write_static_pod_manifests() {
    for done in outcomes() {
        let mut etcd = manifest(
            "etcd",
            "200m",
            2379,
            "/health",
            "gcr.io/google_containers/etcd-amd64:3.0.14-kubeadm",
            &[
                "etcd",
                "--listen-client-urls=http://127.0.0.1:2379",
                "--advertise-client-urls=http://127.0.0.1:2379",
                "--data-dir=/var/etcd/data",
            ],
        );
        etcd["spec"]["volumes"] = json!([
            {"name": "certs", "hostPath": {"path": "/etc/ssl/certs"}},
            {"name": "etcd", "hostPath": {"path": "/var/lib/etcd"}},
            {"name": "k8s", "hostPath": {"path": "/etc/kubernetes"}},
        ]);
        let container = &mut etcd["spec"]["containers"][0];
        container["volumeMounts"] = json!([
            {"name": "certs", "mountPath": "/etc/ssl/certs"},
            {"name": "etcd", "mountPath": "/var/etcd"},
            {"name": "k8s", "readOnly": true, "mountPath": "/etc/kubernetes/"},
        ]);
        container["securityContext"] = json!({"seLinuxOptions": {"type": "spc_t"}});
        let api_server = with_volumes(manifest(
            "kube-apiserver",
            "250m",
            8080,
            "/healthz",
            "gcr.io/google_containers/kube-apiserver-amd64:v1.5.1",
            &[
                "kube-apiserver",
                "--insecure-bind-address=127.0.0.1",
                "--admission-control=NamespaceLifecycle,LimitRanger,ServiceAccount,PersistentVolumeLabel,DefaultStorageClass,ResourceQuota",
                "--service-cluster-ip-range=10.96.0.0/12",
                "--service-account-key-file=/etc/kubernetes/pki/apiserver-key.pem",
                "--client-ca-file=/etc/kubernetes/pki/ca.pem",
                "--tls-cert-file=/etc/kubernetes/pki/apiserver.pem",
                "--tls-private-key-file=/etc/kubernetes/pki/apiserver-key.pem",
                "--token-auth-file=/etc/kubernetes/pki/token.csv",
                &format!("--secure-port={}", done.port),
                "--allow-privileged",
                &format!("--advertise-address={}", done.address),
                "--kubelet-preferred-address-types=InternalIP,ExternalIP,Hostname",
                "--anonymous-auth=false",
                "--etcd-servers=http://127.0.0.1:2379",
            ],
        ));
        let controller_manager = with_volumes(manifest(
            "kube-controller-manager",
            "200m",
            10252,
            "/healthz",
            "gcr.io/google_containers/kube-controller-manager-amd64:v1.5.1",
            &[
                "kube-controller-manager",
                "--address=127.0.0.1",
                "--leader-elect",
                "--master=127.0.0.1:8080",
                "--cluster-name=kubernetes",
                "--root-ca-file=/etc/kubernetes/pki/ca.pem",
                "--service-account-private-key-file=/etc/kubernetes/pki/apiserver-key.pem",
                "--cluster-signing-cert-file=/etc/kubernetes/pki/ca.pem",
                "--cluster-signing-key-file=/etc/kubernetes/pki/ca-key.pem",
                "--insecure-experimental-approve-all-kubelet-csrs-for-group=system:kubelet-bootstrap",
            ],
        ));
        let scheduler = manifest(
            "kube-scheduler",
            "100m",
            10251,
            "/healthz",
            "gcr.io/google_containers/kube-scheduler-amd64:v1.5.1",
            &[
                "kube-scheduler",
                "--address=127.0.0.1",
                "--leader-elect",
                "--master=127.0.0.1:8080",
            ],
        );
        for wanted in [etcd, api_server, controller_manager, scheduler] {
            let name = wanted["metadata"]["name"].as_str().unwrap();
            let path = format!("/etc/kubernetes/manifests/{name}.json");
            assert_eq!(done.json(&path), wanted, "{name}");
            assert_eq!(done.mode(&path), 0o600, "{name}");
            let text = done.text(&path);
            assert!(
            text.starts_with("{\n  \"kind\": \"Pod\",\n  \"apiVersion\": \"v1\",\n  \"metadata\": {\n    \"name\": "),
            "{text}"
        );
            assert!(
                text.ends_with("  \"status\": {}\n}"),
                "no newline at the end"
            );
            let order = [
                "\"image\"",
                "\"command\"",
                "\"resources\"",
                "\"livenessProbe\"",
            ];
            let places: Vec<_> = order.iter().map(|key| text.find(key).unwrap()).collect();
            assert!(places.is_sorted(), "{name}: {places:?}");
        }
        assert_eq!(done.mode("/etc/kubernetes/manifests"), 0o700);
    }
}

#[test]
fn write_kubeconfig_if_not_exists() {
    for done in outcomes() {
        let admin = done.text("/etc/kubernetes/admin.conf");
        assert_eq!(
            admin,
            done.text("/etc/kubernetes/kubelet.conf"),
            "identical"
        );
        let config = done.yaml("/etc/kubernetes/admin.conf");
        let ca = STANDARD.encode(done.text("/etc/kubernetes/pki/ca.pem"));
        assert_eq!(config["apiVersion"], "v1");
        assert_eq!(config["kind"], "Config");
        assert_eq!(
            config["clusters"],
            json!([{"name": "kubernetes", "cluster": {"certificate-authority-data": ca, "server": format!("https://{}:{}", done.address, done.port)}}])
        );
        assert_eq!(
            config["contexts"],
            json!([
                {"name": "admin@kubernetes", "context": {"cluster": "kubernetes", "user": "admin"}},
                {"name": "kubelet@kubernetes", "context": {"cluster": "kubernetes", "user": "kubelet"}},
            ])
        );
        assert_eq!(config["current-context"], "admin@kubernetes");
        assert_eq!(config["preferences"], json!({}));
        let users = config["users"].as_array().unwrap();
        assert_eq!(users.len(), 2);
        assert_eq!(
            (&users[0]["name"], &users[1]["name"]),
            (&json!("admin"), &json!("kubelet"))
        );
        assert_ne!(users[0]["user"], users[1]["user"], "a key each");
        for file in ["admin.conf", "kubelet.conf"] {
            assert_eq!(done.mode(&format!("/etc/kubernetes/{file}")), 0o600);
        }
    }
}

#[test]
fn a_kubeconfig_that_is_there_is_an_error_and_nothing_changes() {
    for file in ["admin.conf", "kubelet.conf"] {
        let path = format!("/etc/kubernetes/{file}");
        let rendered = Wanted {
            files: &[&path],
            ..Wanted::default()
        }
        .render();
        assert!(!rendered.success);
        let wanted = format!("failed to create \"{path}\", it already exists");
        assert!(rendered.errors.contains(&wanted), "{}", rendered.errors);
        assert_eq!(rendered.text(&path), "x");
        assert!(!rendered.has("/etc/kubernetes/pki") && !rendered.has("/etc/kubernetes/manifests"));
    }
}

#[test]
fn a_second_render_finds_the_kubeconfigs_and_changes_nothing() {
    let first = Wanted::default().done();
    let token = first.text("/etc/kubernetes/pki/token.csv");
    let second = Wanted::default().again(first);
    assert!(!second.success);
    assert!(
        second.errors.contains("it already exists"),
        "{}",
        second.errors
    );
    assert_eq!(second.text("/etc/kubernetes/pki/token.csv"), token);
}

#[test]
fn progress_and_generate_join_args() {
    for done in outcomes() {
        let secret = done.text("/etc/kubernetes/pki/token.csv")[..16].to_owned();
        let lines = [
            "[init] Using Kubernetes version: v1.5.1",
            "[tokens] Generated token: \"",
            "[certificates] Generated Certificate Authority key and certificate.",
            "[certificates] Generated API Server key and certificate",
            "[certificates] Generated Service Account signing keys",
            "[certificates] Created keys and certificates in \"/etc/kubernetes/pki\"",
            "[kubeconfig] Wrote KubeConfig file to disk: \"/etc/kubernetes/kubelet.conf\"",
            "[kubeconfig] Wrote KubeConfig file to disk: \"/etc/kubernetes/admin.conf\"",
            "[apiclient] Created API client, waiting for the control plane to become ready",
            "[apiclient] All control plane components are healthy after ",
            "[apiclient] Waiting for at least one node to register and become ready",
            "[apiclient] First node is ready after ",
            "[apiclient] Creating a test deployment",
            "[apiclient] Test deployment succeeded",
            "[token-discovery] Created the kube-discovery deployment, waiting for it to become ready",
            "[token-discovery] kube-discovery is ready after ",
            "[addons] Created essential addon: kube-proxy",
            "[addons] Created essential addon: kube-dns",
            "Your Kubernetes master has initialized successfully!",
            "You should now deploy a pod network to the cluster.",
            "Run \"kubectl apply -f [podnetwork].yaml\" with one of the options listed at:",
            "    http://kubernetes.io/docs/admin/addons/",
            "You can now join any number of machines by running the following on each node:",
            "kubeadm join --token=",
        ];
        let mut rest = done.output.as_str();
        for line in lines {
            let at = rest
                .find(line)
                .unwrap_or_else(|| panic!("{line:?} in\n{}", done.output));
            rest = &rest[at + line.len()..];
        }
        let join = rest.lines().next().unwrap();
        let (token, address) = join.split_once(' ').unwrap();
        let (id, shown) = token.split_once('.').unwrap();
        assert!(is_hex(id, 6), "{token}");
        assert_eq!(shown, secret);
        let wanted = match done.port {
            6443 => done.address.clone(),
            port => format!("--api-port={port} {}", done.address),
        };
        assert_eq!(address, wanted);
        assert_eq!(
            done.output.matches(&secret).count(),
            1,
            "only the join line tells it"
        );
        let elapsed = done
            .output
            .split("First node is ready after ")
            .nth(1)
            .unwrap();
        let seconds = elapsed.split(' ').next().unwrap();
        assert_eq!(seconds.split_once('.').unwrap().1.len(), 6, "{seconds}");
        assert!(
            done.errors
                .contains("please do not use it for production clusters")
        );
    }
}

#[test]
fn the_phases_have_their_names_in_their_order() {
    let listed = std::process::Command::new(env!("CARGO_BIN_EXE_kubewright"))
        .args(["phases", "--distribution", "kubernetes-1.5", "-o", "json"])
        .output()
        .unwrap();
    let text = String::from_utf8(listed.stdout).unwrap();
    let answer: Value = serde_json::from_str(&text).unwrap();
    let phases = answer["phases"].as_array().unwrap();
    let names: Vec<_> = phases
        .iter()
        .map(|phase| phase["name"].as_str().unwrap())
        .collect();
    assert_eq!(
        names,
        [
            "CreateTokenAuthFile",
            "WriteStaticPodManifests",
            "CreatePKIAssets",
            "CreateCertsAndConfigForClients",
            "WriteKubeconfigIfNotExists",
            "CreateClientAndWaitForAPI",
            "UpdateMasterRoleLabelsAndTaints",
            "CreateDiscoveryDeploymentAndSecret",
            "CreateEssentialAddons",
            "generateJoinArgs",
        ]
    );
}
