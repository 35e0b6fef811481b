//! A machine in a folder, with a kubelet that runs what `init` leaves there:
//! an API server as soon as its manifest is there, with the certificates that
//! lie beside it.

use std::collections::BTreeMap;
use std::io::Write;
use std::net::{IpAddr, SocketAddr, TcpListener};
use std::path::PathBuf;
use std::process::Command;
use std::sync::atomic::{AtomicU16, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use kubewright::distribution::Distribution;
use kubewright::kube::embedded::{EmbeddedApi, Options, counted};
use kubewright::world::NodeFacts;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::api_server::{ApiServer, Asked, Certificates, Fate, Meddler, server_config};
use super::health_server::HealthServer;
use super::program::{Finished, finish, program};

/// How a distribution lays out what an API server needs.
pub struct Layout {
    pub distribution: &'static str,
    /// What the machine calls itself.
    pub hostname: &'static str,
    pub manifest: &'static str,
    pub certificate: &'static str,
    pub key: &'static str,
    pub ca: &'static str,
    /// Whether its API server authorizes, or lets everybody do everything that
    /// it knows.
    pub authorizes: bool,
}

pub const KUBERNETES: Layout = Layout {
    distribution: "kubernetes",
    hostname: "cp-1",
    manifest: "etc/kubernetes/manifests/kube-apiserver.yaml",
    certificate: "apiserver.crt",
    key: "apiserver.key",
    ca: "ca.crt",
    authorizes: true,
};

pub const KUBERNETES_1_5: Layout = Layout {
    distribution: "kubernetes-1.5",
    hostname: "Master-1",
    manifest: "etc/kubernetes/manifests/kube-apiserver.json",
    certificate: "apiserver.pem",
    key: "apiserver-key.pem",
    ca: "ca.pem",
    authorizes: false,
};

/// Ports and address of one machine.
#[derive(Clone, Copy, Debug)]
pub struct Ports {
    pub address: IpAddr,
    pub api: u16,
    pub kubelet: u16,
    pub controller_manager: u16,
    pub scheduler: u16,
}

impl Ports {
    /// None, with words, where this machine has no address but loopback: such
    /// a one cannot be advertised.
    pub fn free() -> Option<Self> {
        static ADDRESS: OnceLock<Option<IpAddr>> = OnceLock::new();
        let address = *ADDRESS.get_or_init(|| {
            let facts = kubewright::world::machine::read_facts().expect("facts of this machine");
            facts.addresses.into_iter().find(IpAddr::is_ipv4)
        });
        if address.is_none() {
            // Past the test runner, which keeps what a test prints to itself.
            let _ = writeln!(
                std::io::stderr(),
                "skipped: this machine has no address but loopback, which cannot be advertised"
            );
        }
        let address = address?;
        Some(Self {
            address,
            api: free_port(address),
            kubelet: free_port(address),
            controller_manager: free_port(address),
            scheduler: free_port(address),
        })
    }
}

/// Below those that the kernel gives to clients, so that none takes it before
/// a server does.
fn free_port(address: IpAddr) -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let start = 10_240 + (std::process::id() % 200) as u16 * 100;
    loop {
        let port = start + NEXT.fetch_add(1, Ordering::SeqCst);
        let free = [address, IpAddr::from([127, 0, 0, 1])]
            .into_iter()
            .all(|address| TcpListener::bind((address, port)).is_ok());
        if free {
            return port;
        }
    }
}

/// What lies on a machine: mode, and content of files.
pub type Tree = BTreeMap<String, (u32, Vec<u8>)>;

/// The machine.
pub struct Live {
    folder: TempDir,
    layout: &'static Layout,
    pub ports: Ports,
    kubelet: Option<Kubelet>,
}

impl Live {
    /// A fresh machine, its kubelet at work. None where there can be none.
    pub fn new(layout: &'static Layout) -> Option<Self> {
        let mut live = Self {
            folder: tempfile::tempdir().expect("a temporary folder"),
            layout,
            ports: Ports::free()?,
            kubelet: None,
        };
        for folder in ["etc", "var/lib"] {
            std::fs::create_dir_all(live.file(folder)).expect("a folder");
        }
        live.write("facts.yaml", &live.facts_text());
        live.write("config.yaml", &live.configuration());
        live.kubelet = Some(Kubelet::start(&live));
        Some(live)
    }

    /// A copy of the machine as it is now. No kubelet is at work on it.
    pub fn copy(&self) -> Self {
        let copy = Self {
            folder: tempfile::tempdir().expect("a temporary folder"),
            layout: self.layout,
            ports: self.ports,
            kubelet: None,
        };
        let copied = Command::new("cp")
            .arg("-a")
            .arg(self.folder.path().join("."))
            .arg(copy.folder.path())
            .status();
        assert!(copied.expect("cp runs").success());
        copy
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The root of the machine.
    pub fn root(&self) -> PathBuf {
        self.path("rootfs")
    }

    /// A file of the machine.
    pub fn file(&self, path: &str) -> PathBuf {
        self.root().join(path.trim_start_matches('/'))
    }

    pub fn write(&self, name: &str, content: &str) {
        std::fs::write(self.path(name), content).expect("files can be written");
    }

    /// Changes the configuration.
    #[track_caller]
    pub fn reconfigure(&self, from: &str, to: &str) {
        let text = std::fs::read_to_string(self.path("config.yaml")).expect("a configuration");
        assert!(text.contains(from), "{from}: {text}");
        self.write("config.yaml", &text.replace(from, to));
    }

    fn facts_text(&self) -> String {
        format!(
            "apiVersion: kubewright.dev/v1alpha1\nkind: NodeFacts\nhostname: {}\n\
             defaultAddress: {}\narchitecture: amd64\n",
            self.layout.hostname, self.ports.address
        )
    }

    fn configuration(&self) -> String {
        let Ports {
            address,
            api,
            kubelet,
            controller_manager,
            scheduler,
        } = self.ports;
        match self.layout.distribution {
            "kubernetes-1.5" => format!(
                "apiVersion: kubeadm.k8s.io/v1alpha1\nkind: MasterConfiguration\n\
                 api: {{advertiseAddresses: ['{address}'], bindPort: {api}}}\n"
            ),
            _ => format!(
                "apiVersion: kubeadm.k8s.io/v1beta4
kind: InitConfiguration
localAPIEndpoint: {{advertiseAddress: '{address}', bindPort: {api}}}
nodeRegistration: {{name: cp-1, criSocket: 'unix:///run/containerd/containerd.sock'}}
timeouts: {{controlPlaneComponentHealthCheck: 20s, kubeletHealthCheck: 20s, kubernetesAPICall: 4s}}
---
apiVersion: kubeadm.k8s.io/v1beta4
kind: ClusterConfiguration
kubernetesVersion: v1.36.2
encryptionAlgorithm: ECDSA-P256
controllerManager: {{extraArgs: [{{name: secure-port, value: '{controller_manager}'}}]}}
scheduler: {{extraArgs: [{{name: secure-port, value: '{scheduler}'}}]}}
---
apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
healthzPort: {kubelet}
---
apiVersion: kubeproxy.config.k8s.io/v1alpha1
kind: KubeProxyConfiguration
mode: iptables
"
            ),
        }
    }

    /// A cluster in which nothing happened but that its first node registered.
    pub fn fresh_api(&self) -> EmbeddedApi {
        let now = || {
            let now = std::time::SystemTime::now();
            now.try_into().expect("the clock of this machine")
        };
        let mut options = Options::new(Arc::new(now), counted(7));
        let distribution = Distribution::load(self.layout.distribution).expect("a distribution");
        let facts = NodeFacts::parse(&self.facts_text(), "facts").expect("facts");
        let node = self.layout.hostname.to_lowercase();
        let configuration = json!({"MasterConfiguration": {"kubernetesVersion": "v1.5.1"}});
        distribution
            .sandbox
            .describe_api(&mut options, &configuration, &node, &facts)
            .expect("a cluster");
        EmbeddedApi::new(&options).expect("an API")
    }

    /// `COMMAND --rootfs ROOT`, and more.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = program(self.folder.path());
        command
            .args(arguments)
            .arg("--rootfs")
            .arg(self.root())
            .env_remove("KUBEWRIGHT_CRASH_AT");
        command
    }

    /// `COMMAND` with the configuration of this machine.
    pub fn configured(&self, command: &str, more: &[&str]) -> Command {
        let mut command = self.command(&[command, "--distribution", self.layout.distribution]);
        command
            .args(["--config", "config.yaml", "--node-facts", "facts.yaml"])
            .args(more);
        command
    }

    pub fn init(&self, more: &[&str]) -> Finished {
        finish(&mut self.configured("init", more))
    }

    pub fn plan(&self, more: &[&str]) -> Finished {
        finish(&mut self.configured("plan", more))
    }

    pub fn run(&self, arguments: &[&str]) -> Finished {
        finish(&mut self.command(arguments))
    }

    /// With the API server, which must be there.
    pub fn server<T>(&self, with: impl FnOnce(&ApiServer) -> T) -> T {
        let kubelet = self.kubelet.as_ref().expect("a kubelet");
        let server = kubelet
            .server
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        with(server.as_ref().expect("an API server"))
    }

    /// What is to become of each request from now on, or from when the API
    /// server starts.
    pub fn meddle(&self, meddler: impl FnMut(&Asked) -> Fate + Send + 'static) {
        let kubelet = self.kubelet.as_ref().expect("a kubelet");
        let server = kubelet
            .server
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        match server.as_ref() {
            Some(server) => server.meddle(meddler),
            None => {
                let mut first = kubelet
                    .meddler
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner);
                *first = Some(Box::new(meddler));
            }
        }
    }

    /// The folder of the PKI.
    pub fn pki(&self) -> PathBuf {
        self.file("etc/kubernetes/pki")
    }

    /// All that is on the machine but the journal.
    pub fn tree(&self) -> Tree {
        let tree = super::tree::tree(&self.root()).into_iter();
        tree.filter(|(name, _)| !name.starts_with("var/lib/kubewright"))
            .map(|(name, entry)| (name, (entry.mode, entry.content)))
            .collect()
    }

    /// Names and modes.
    pub fn shape(&self) -> BTreeMap<String, u32> {
        let tree = self.tree().into_iter();
        tree.map(|(name, (mode, _))| (name, mode)).collect()
    }

    /// Its keys, by name.
    pub fn keys(&self) -> BTreeMap<String, Vec<u8>> {
        let tree = self.tree().into_iter();
        tree.filter(|(name, _)| name.ends_with(".key") || name.ends_with("-key.pem"))
            .map(|(name, (_, content))| (name, content))
            .collect()
    }

    /// What clients wrote into the cluster, without what differs from cluster
    /// to cluster by its nature.
    pub fn objects(&self) -> Vec<Value> {
        self.server(|server| server.api().objects())
    }
}

fn take<T>(from: &Mutex<Option<T>>) -> Option<T> {
    from.lock().unwrap_or_else(PoisonError::into_inner).take()
}

const LOOK_AGAIN: Duration = Duration::from_millis(10);

/// What stands in for a kubelet: its health, and the control plane once the
/// manifest of its API server is there.
struct Kubelet {
    server: Arc<Mutex<Option<ApiServer>>>,
    /// Of the server that is yet to start.
    meddler: Arc<Mutex<Option<Meddler>>>,
    /// Dropped, it ends the thread.
    end: Option<mpsc::Sender<()>>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl Kubelet {
    fn start(live: &Live) -> Self {
        let server = Arc::new(Mutex::new(None));
        let (end, ended) = mpsc::channel();
        let (ports, layout) = (live.ports, live.layout);
        let (manifest, pki, api) = (live.file(layout.manifest), live.pki(), live.fresh_api());
        let meddler = Arc::new(Mutex::new(None));
        let first = Arc::clone(&meddler);
        let running = Arc::clone(&server);
        let thread = std::thread::spawn(move || {
            let local = |port| SocketAddr::from(([127, 0, 0, 1], port));
            let _own = HealthServer::start(local(ports.kubelet), None);
            let mut others = Vec::new();
            // Looks again and again, as a kubelet does, until it is told to end.
            while ended.recv_timeout(LOOK_AGAIN) == Err(RecvTimeoutError::Timeout) {
                // Files appear whole. Without its certificates an API server
                // ends, and is started again.
                let needed = [layout.certificate, layout.key, layout.ca];
                let can_run =
                    manifest.exists() && needed.iter().all(|name| pki.join(name).exists());
                if others.is_empty() && can_run {
                    let certificates = Certificates {
                        folder: &pki,
                        serving: layout.certificate,
                        key: layout.key,
                        ca: layout.ca,
                    };
                    let (tls, _) = server_config(&certificates);
                    let tls = Arc::new(tls);
                    others = [ports.controller_manager, ports.scheduler]
                        .map(|port| HealthServer::start(local(port), Some(Arc::clone(&tls))))
                        .into();
                    let at = SocketAddr::new(ports.address, ports.api);
                    let meddler = take(&first);
                    let authorizes = layout.authorizes;
                    let started =
                        ApiServer::start(at, &certificates, api.clone(), authorizes, meddler);
                    *running.lock().unwrap_or_else(PoisonError::into_inner) = Some(started);
                }
            }
        });
        Self {
            server,
            meddler,
            end: Some(end),
            thread: Some(thread),
        }
    }
}

impl Drop for Kubelet {
    fn drop(&mut self) {
        self.end = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
