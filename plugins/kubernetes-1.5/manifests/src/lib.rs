//! The phase WriteStaticPodManifests.

mod commands;
mod pod;

use kubewright_1_5_common::{Master, nothing_in_the_way};
use kubewright_plugin::{Document, Result, files, machine};
use pod::{Mount, Pod};

kubewright_plugin::phases! {
    summary: "The static pods of the control plane",
    "WriteStaticPodManifests": "Write the manifests of etcd, the API server, the controller manager and the scheduler"
        => run,
}

fn run(document: &Document) -> Result<()> {
    let master = Master::read(document)?;
    nothing_in_the_way(&master)?;
    let machine = Machine {
        pki: machine::has_directory(&machine::facts()?, "/etc/pki"),
        cloud_config: !master.cloud_provider.is_empty()
            && files::exists(&format!("{}/cloud-config", master.kubernetes_dir))?,
    };
    let folder = format!("{}/manifests", master.kubernetes_dir);
    files::ensure_directory(&folder, 0o700)?;
    for pod in pods(&master, &machine) {
        let path = format!("{folder}/{}.json", pod.name);
        files::write(&path, 0o600, pod.json().pretty())?;
    }
    Ok(())
}

/// What the manifests depend on besides the configuration.
pub struct Machine {
    /// Where distributions of Red Hat's family keep what the links in
    /// /etc/ssl/certs point to.
    pki: bool,
    cloud_config: bool,
}

fn pods(master: &Master, machine: &Machine) -> Vec<Pod> {
    let mut api_mounts = vec![
        Mount::kubernetes(&master.kubernetes_dir),
        Mount::same("certs", "/etc/ssl/certs"),
    ];
    if machine.pki {
        api_mounts.push(Mount::same("pki", "/etc/pki"));
    }
    let mut pods = Vec::new();
    if master.etcd_endpoints.is_empty() {
        pods.push(Pod {
            name: "etcd",
            image: match master.etcd_image.as_str() {
                "" => master.other_image("etcd", "3.0.14-kubeadm"),
                image => image.to_owned(),
            },
            command: commands::etcd(),
            cpu: "200m",
            port: 2379,
            probe: "/health",
            privileged_selinux: true,
            mounts: vec![
                Mount::same("certs", "/etc/ssl/certs"),
                Mount::new("etcd", &master.etcd_dir, "/var/etcd"),
                Mount::kubernetes(&master.kubernetes_dir),
            ],
        });
    }
    let part = |name, cpu, port, command, mounts| Pod {
        name,
        image: master.image(name),
        command,
        cpu,
        port,
        probe: "/healthz",
        privileged_selinux: false,
        mounts,
    };
    let mounts = api_mounts.clone();
    let command = commands::api_server(master);
    pods.push(part("kube-apiserver", "250m", 8080, command, mounts));
    let command = commands::controller_manager(master, machine);
    pods.push(part(
        "kube-controller-manager",
        "200m",
        10252,
        command,
        api_mounts,
    ));
    let command = commands::scheduler(master);
    pods.push(part("kube-scheduler", "100m", 10251, command, Vec::new()));
    pods
}
