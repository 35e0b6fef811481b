//! The command lines, word by word in the order of kubeadm for v1.5.1.

use crate::Machine;
use kubewright_1_5_common::{CONTAINER_KUBERNETES, Master};

/// Of the API server and the controller manager, which reach etcd and the API
/// server without TLS on the loopback interface.
const LOCAL_ETCD: &str = "http://127.0.0.1:2379";
const LOCAL_API: &str = "--master=127.0.0.1:8080";

pub fn etcd() -> Vec<String> {
    [
        "etcd",
        "--listen-client-urls=http://127.0.0.1:2379",
        "--advertise-client-urls=http://127.0.0.1:2379",
        "--data-dir=/var/etcd/data",
    ]
    .map(str::to_owned)
    .into()
}

pub fn api_server(master: &Master) -> Vec<String> {
    let pki = |name: &str| master.pki_in_pods(name);
    let mut command = master.command("kube-apiserver");
    command.extend([
        "--insecure-bind-address=127.0.0.1".to_owned(),
        "--admission-control=NamespaceLifecycle,LimitRanger,ServiceAccount,PersistentVolumeLabel,DefaultStorageClass,ResourceQuota".to_owned(),
        format!("--service-cluster-ip-range={}", master.service_subnet),
        format!("--service-account-key-file={}", pki("apiserver-key.pem")),
        format!("--client-ca-file={}", pki("ca.pem")),
        format!("--tls-cert-file={}", pki("apiserver.pem")),
        format!("--tls-private-key-file={}", pki("apiserver-key.pem")),
        format!("--token-auth-file={}", pki("token.csv")),
        format!("--secure-port={}", master.api_port),
        "--allow-privileged".to_owned(),
        format!("--advertise-address={}", master.first_address()),
    ]);
    if master.at_least("1.5.0") {
        command.extend([
            "--kubelet-preferred-address-types=InternalIP,ExternalIP,Hostname".to_owned(),
            "--anonymous-auth=false".to_owned(),
        ]);
    }
    let endpoints = match master.etcd_endpoints.is_empty() {
        true => LOCAL_ETCD.to_owned(),
        false => master.etcd_endpoints.join(","),
    };
    command.push(format!("--etcd-servers={endpoints}"));
    if !master.etcd_ca_file.is_empty() {
        command.push(format!("--etcd-cafile={}", master.etcd_ca_file));
    }
    if !master.etcd_cert_file.is_empty() && !master.etcd_key_file.is_empty() {
        command.push(format!("--etcd-certfile={}", master.etcd_cert_file));
        command.push(format!("--etcd-keyfile={}", master.etcd_key_file));
    }
    command
}

pub fn controller_manager(master: &Master, machine: &Machine) -> Vec<String> {
    let pki = |name: &str| master.pki_in_pods(name);
    let mut command = master.command("kube-controller-manager");
    command.extend([
        "--address=127.0.0.1".to_owned(),
        "--leader-elect".to_owned(),
        LOCAL_API.to_owned(),
        "--cluster-name=kubernetes".to_owned(),
        format!("--root-ca-file={}", pki("ca.pem")),
        format!(
            "--service-account-private-key-file={}",
            pki("apiserver-key.pem")
        ),
        format!("--cluster-signing-cert-file={}", pki("ca.pem")),
        format!("--cluster-signing-key-file={}", pki("ca-key.pem")),
        "--insecure-experimental-approve-all-kubelet-csrs-for-group=system:kubelet-bootstrap"
            .to_owned(),
    ]);
    command.extend(cloud(master, machine));
    if !master.pod_subnet.is_empty() {
        command.push("--allocate-node-cidrs=true".to_owned());
        command.push(format!("--cluster-cidr={}", master.pod_subnet));
    }
    command
}

pub fn scheduler(master: &Master) -> Vec<String> {
    let mut command = master.command("kube-scheduler");
    command.extend(["--address=127.0.0.1", "--leader-elect", LOCAL_API].map(str::to_owned));
    command
}

fn cloud(master: &Master, machine: &Machine) -> Vec<String> {
    if master.cloud_provider.is_empty() {
        return Vec::new();
    }
    let mut flags = vec![format!("--cloud-provider={}", master.cloud_provider)];
    if machine.cloud_config {
        flags.push(format!(
            "--cloud-config={CONTAINER_KUBERNETES}/cloud-config"
        ));
    }
    flags
}
