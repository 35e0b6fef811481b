//! The phase `wait-control-plane` (kubeadm
//! `app/cmd/phases/init/waitcontrolplane.go`, `app/util/apiclient/wait.go`).

mod endpoints;

use kubewright_plugin::health::{self, Target, Trust};
use kubewright_plugin::{Context, Document, Error, Result, files, paths, progress};

kubewright_plugin::phases! {
    summary: "Waits until the kubelet and the control plane are healthy",
    "wait-control-plane": "Wait for the control plane to start" => run,
}

fn run(document: &Document) -> Result<()> {
    let init = document.init()?;
    progress!(
        "Waiting for the kubelet to boot up the control plane as static Pods from directory {:?}",
        paths::MANIFESTS
    );
    match endpoints::kubelet(document.configuration("KubeletConfiguration")?) {
        None => progress!("Skipping the kubelet health check because the healthz port is set to 0"),
        Some(url) => {
            let timeout = init.timeouts.kubelet_health_check;
            progress!("Waiting for a healthy kubelet at {url}. This can take up to {timeout}");
            let target = Target {
                name: "kubelet".into(),
                url,
                trust: Trust::Plain,
                workload: "kubelet".into(),
            };
            health::await_healthy(&[target], timeout.seconds_u32())
                .map_err(|error| Error::from(error).hint(KUBELET_HINT))
                .context("failed while waiting for the kubelet to start")?;
        }
    }

    let timeout = init.timeouts.control_plane_component_health_check;
    progress!("Waiting for healthy control plane components. This can take up to {timeout}");
    let mut targets = Vec::new();
    for component in &endpoints::COMPONENTS {
        let manifest = files::read_text(&paths::join(
            paths::MANIFESTS,
            &format!("{}.yaml", component.name),
        ))?;
        let url = component.url(&manifest, &init.local_api_endpoint);
        progress!("Checking {} at {url}", component.name);
        targets.push(Target {
            name: component.name.into(),
            url,
            trust: match component.of_cluster_ca {
                true => of_api_server(document)?,
                // They make their serving certificates themselves.
                false => Trust::Unverified,
            },
            workload: component.name.into(),
        });
    }
    health::await_healthy(&targets, timeout.seconds_u32())
        .map_err(|error| {
            Error::from(error).hint(control_plane_hint(&init.node_registration.cri_socket))
        })
        .context("failed while waiting for the control plane to start")
}

/// As the administrator where there is one: the API server may answer nobody
/// else.
fn of_api_server(document: &Document) -> Result<Trust> {
    let admin = document.kubeconfig("admin.conf");
    Ok(match files::exists(&admin)? {
        true => Trust::Kubeconfig(admin),
        false => Trust::CaFile(document.cluster()?.certificate_path("ca.crt")),
    })
}

const KUBELET_HINT: &str = "the kubelet is not running, or unhealthy because the node is misconfigured (required \
                            cgroups disabled, swap on); see 'systemctl status kubelet' and 'journalctl -xeu kubelet'";

fn control_plane_hint(socket: &str) -> String {
    format!(
        "a component may have crashed when the container runtime started it; list the containers with 'crictl \
         --runtime-endpoint {socket} ps -a | grep kube | grep -v pause', then see 'crictl --runtime-endpoint {socket} \
         logs CONTAINERID'"
    )
}
