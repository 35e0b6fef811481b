//! All phases that speak to the API, against a real kube-apiserver and etcd on
//! loopback. `KUBEBUILDER_ASSETS` is the folder that has them, as for envtest;
//! without it the test says that it was skipped.

use std::io::Write;
use std::net::{IpAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::Arc;
use std::time::Duration;

use kubewright::world::machine::{MachineFiles, MachineHealth, read_facts};
use kubewright::world::{Health, HealthTarget, MachinePath, Trust};
use serde_json::{Value, json};

const NODE: &str = "cp-1";

/// What needs no API server: what it starts with.
const BEFORE: &str = "certs,kubeconfig,etcd,control-plane/apiserver";

/// What does.
const KUBE_PHASES: &str = "cluster-admins,upload-config,upload-certs,mark-control-plane,bootstrap-token,addon,smoke-test,show-join-command";

/// A program that is ended with the test.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A machine in a folder, with a control plane that is none yet.
struct Bed {
    root: tempfile::TempDir,
    address: IpAddr,
    port: u16,
}

/// Says so past the test runner, which keeps what a test prints to itself
/// unless it fails.
fn skipped(why: &str) {
    let _ = writeln!(std::io::stderr(), "skipped: {why}");
}

fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}

impl Bed {
    fn new(address: IpAddr) -> Self {
        let bed = Self {
            root: tempfile::tempdir().unwrap(),
            address,
            port: free_port(),
        };
        let configuration = format!(
            "apiVersion: kubeadm.k8s.io/v1beta4\nkind: InitConfiguration\nbootstrapTokens: [{{token: abcdef.0123456789abcdef}}]\n\
             localAPIEndpoint: {{advertiseAddress: '{}', bindPort: {}}}\nnodeRegistration: {{name: {NODE}}}\n---\n\
             apiVersion: kubeadm.k8s.io/v1beta4\nkind: ClusterConfiguration\nkubernetesVersion: v1.36.2\n\
             encryptionAlgorithm: ECDSA-P256\ncontrolPlaneEndpoint: balancer.invalid:6443\n",
            bed.address, bed.port
        );
        std::fs::write(bed.path("config.yaml"), configuration).unwrap();
        bed
    }

    fn path(&self, below: &str) -> PathBuf {
        self.root.path().join(below.trim_start_matches('/'))
    }

    /// Runs phases of `init` on the folder.
    fn init(&self, phases: &str) -> Output {
        self.run("init", phases)
    }

    fn run(&self, command: &str, phases: &str) -> Output {
        Command::new(env!("CARGO_BIN_EXE_kubewright"))
            .args([
                command,
                "--upload-certs",
                "-v",
                "-o",
                "json",
                "--phase",
                phases,
                "--rootfs",
            ])
            .arg(self.root.path())
            .arg("--config")
            .arg(self.path("config.yaml"))
            .output()
            .unwrap()
    }

    /// The command of a static Pod, with its files in the folder.
    fn command(&self, pod: &str) -> Vec<String> {
        let path = self.path(&format!("etc/kubernetes/manifests/{pod}.yaml"));
        let text = std::fs::read_to_string(path).unwrap();
        let manifest: Value = serde_saphyr::from_str(&text).unwrap();
        let root = self.root.path().display();
        manifest["spec"]["containers"][0]["command"]
            .as_array()
            .unwrap()
            .iter()
            .map(|one| {
                let flag = one.as_str().unwrap();
                flag.replace("/etc/kubernetes", &format!("{root}/etc/kubernetes"))
                    .replace("/var/lib/etcd", &format!("{root}/var/lib/etcd"))
            })
            .collect()
    }

    fn start(&self, assets: &Path, command: &[String]) -> Running {
        let log = std::fs::File::create(self.path(&format!("{}.log", command[0]))).unwrap();
        let child = Command::new(assets.join(&command[0]))
            .args(&command[1..])
            .stdin(Stdio::null())
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .spawn()
            .unwrap();
        Running(child)
    }

    async fn await_healthy(&self, name: &str, url: String, trust: Trust) {
        let files = Arc::new(MachineFiles::open(self.root.path()).unwrap());
        let target = HealthTarget {
            name: name.to_owned(),
            url,
            trust,
            workload: String::new(),
        };
        let waited = MachineHealth::new(files)
            .await_healthy(&[target], Duration::from_secs(120), &|_| {})
            .await;
        if let Err(error) = waited {
            let log = std::fs::read_to_string(self.path(&format!("{name}.log"))).unwrap();
            panic!("{error}\n{log}");
        }
    }

    /// A client of the operator's, not of the program under test.
    async fn client(&self) -> kube::Client {
        let text = std::fs::read_to_string(self.path("etc/kubernetes/super-admin.conf")).unwrap();
        let kubeconfig = kube::config::Kubeconfig::from_yaml(&text).unwrap();
        let mut config = kube::Config::from_custom_kubeconfig(kubeconfig, &Default::default())
            .await
            .unwrap();
        config.cluster_url = format!("https://{}", self.server()).parse().unwrap();
        kube::Client::try_from(config).unwrap()
    }

    fn server(&self) -> String {
        std::net::SocketAddr::new(self.address, self.port).to_string()
    }
}

async fn call(client: &kube::Client, method: &str, path: &str, kind: &str, body: &Value) -> Value {
    let request = http::Request::builder()
        .method(method)
        .uri(path)
        .header("Content-Type", kind)
        .body(body.to_string().into_bytes())
        .unwrap();
    client.request(request).await.unwrap()
}

/// Phase, action, target and change of an effect; names of tokens are random.
fn effect(one: &Value) -> [String; 4] {
    ["phase", "action", "target", "change"].map(|field| {
        let text = one[field].as_str().unwrap();
        match text.split_once("/bootstrap-token-") {
            Some((namespace, id)) if id != "abcdef" => format!("{namespace}/bootstrap-token"),
            _ => text.to_owned(),
        }
    })
}

/// What a run did, in JSON with `-v`.
fn effects(output: &Output) -> Vec<[String; 4]> {
    let lines = lines(output).into_iter();
    lines
        .filter(|line| line["event"] == "effect")
        .map(|line| effect(&line))
        .collect()
}

fn planned_effects(result: &Value) -> Vec<[String; 4]> {
    result["effects"]
        .as_array()
        .unwrap()
        .iter()
        .map(effect)
        .collect()
}

fn lines(output: &Output) -> Vec<Value> {
    let text = String::from_utf8_lossy(&output.stdout);
    let lines = text.lines().map(serde_json::from_str);
    lines.filter_map(Result::ok).collect()
}

fn last_result(output: &Output) -> Value {
    let result = lines(output)
        .into_iter()
        .rfind(|line| line["event"] == "result");
    result.unwrap()["result"].take()
}

/// The result of a run in JSON, which must have succeeded.
fn result(output: &Output) -> Value {
    let text = String::from_utf8_lossy(&output.stdout);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{text}\n{errors}");
    last_result(output)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_kube_phases_against_a_real_api_server() {
    let Some(assets) = std::env::var_os("KUBEBUILDER_ASSETS").map(PathBuf::from) else {
        skipped("KUBEBUILDER_ASSETS names no folder with kube-apiserver and etcd");
        return;
    };
    let Some(address) = read_facts()
        .unwrap()
        .addresses
        .into_iter()
        .find(IpAddr::is_ipv4)
    else {
        skipped("this machine has no address but loopback, which cannot be advertised");
        return;
    };
    let bed = Bed::new(address);
    result(&bed.init(BEFORE));

    let (client_port, metrics_port, peer_port) = (free_port(), free_port(), free_port());
    let on_free_ports = |command: Vec<String>| -> Vec<String> {
        command
            .iter()
            .map(|flag| {
                flag.replace(":2379", &format!(":{client_port}"))
                    .replace(":2381", &format!(":{metrics_port}"))
                    .replace(":2380", &format!(":{peer_port}"))
            })
            .collect()
    };
    let _etcd = bed.start(&assets, &on_free_ports(bed.command("etcd")));
    let url = format!("http://127.0.0.1:{metrics_port}/readyz");
    bed.await_healthy("etcd", url, Trust::Plain).await;
    let _server = bed.start(&assets, &on_free_ports(bed.command("kube-apiserver")));
    let ca = MachinePath::parse("/etc/kubernetes/pki/ca.crt").unwrap();
    let url = format!("https://{}/readyz", bed.server());
    bed.await_healthy("kube-apiserver", url, Trust::CaFile(ca))
        .await;

    // What a kubelet would do.
    let client = bed.client().await;
    let node = json!({"apiVersion": "v1", "kind": "Node", "metadata": {"name": NODE}});
    call(&client, "POST", "/api/v1/nodes", "application/json", &node).await;

    // A plan is a dry run of this server, and says what init then does.
    let planned = bed.run("plan", KUBE_PHASES);
    assert_eq!(planned.status.code(), Some(2), "{planned:?}");
    let planned = last_result(&planned);
    assert!(planned["apiServer"].is_string(), "{planned}");
    let left = "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings?fieldSelector=metadata.name=kubeadm:cluster-admins";
    let left = call(&client, "GET", left, "application/json", &Value::Null).await;
    assert_eq!(left["items"], json!([]), "a plan changes nothing");
    let first = bed.init(KUBE_PHASES);
    assert_eq!(effects(&first), planned_effects(&planned));
    let first = result(&first);
    assert_eq!(first["changed"], true);
    for path in [
        "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings/kubeadm:cluster-admins",
        "/api/v1/namespaces/kube-system/configmaps/kubeadm-config",
        "/api/v1/namespaces/kube-system/secrets/kubeadm-certs",
        "/api/v1/namespaces/kube-system/secrets/bootstrap-token-abcdef",
        "/api/v1/namespaces/kube-public/configmaps/cluster-info",
        "/apis/apps/v1/namespaces/kube-system/deployments/coredns",
        "/apis/apps/v1/namespaces/kube-system/daemonsets/kube-proxy",
    ] {
        call(&client, "GET", path, "application/json", &Value::Null).await;
    }
    let deployments = "/apis/apps/v1/namespaces/kube-system/deployments";
    let left = call(
        &client,
        "GET",
        deployments,
        "application/json",
        &Value::Null,
    )
    .await;
    let names: Vec<_> = left["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["metadata"]["name"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["coredns"], "the smoke test leaves nothing");

    // Once more: nothing but the smoke test's Deployment comes and goes.
    let again = KUBE_PHASES.replace("smoke-test,", "");
    assert_eq!(
        result(&bed.init(&again.replace("upload-certs,", "")))["changed"],
        false
    );

    let planned = bed.run("plan", &again.replace("upload-certs,", ""));
    assert_eq!(planned.status.code(), Some(0), "{planned:?}");

    // What somebody else changed since is told, and stays.
    let path = "/api/v1/namespaces/kube-system/configmaps/kubeadm-config?fieldManager=somebody";
    let changed = json!({"data": {"ClusterConfiguration": "changed by hand"}});
    call(
        &client,
        "PATCH",
        path,
        "application/merge-patch+json",
        &changed,
    )
    .await;
    let refused = bed.init("upload-config/kubeadm");
    let text = String::from_utf8_lossy(&refused.stdout);
    assert!(!refused.status.success(), "{text}");
    assert!(
        text.contains("somebody") && text.contains("ClusterConfiguration"),
        "{text}"
    );
    let kept = call(
        &client,
        "GET",
        path.split('?').next().unwrap(),
        "application/json",
        &Value::Null,
    )
    .await;
    assert_eq!(kept["data"]["ClusterConfiguration"], "changed by hand");
}
