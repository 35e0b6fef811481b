//! The machine and what is installed on it.

use crate::report::Report;
use kubewright_plugin::types::ErrorCode;
use kubewright_plugin::{Document, Result, Value, checks, container_runtime};

/// kubeadm `constants.ControlPlaneNumCPU`, `ControlPlaneMem` (in MB).
const CPUS: u64 = 2;
const MEMORY: u64 = 1700;

const KUBELET_PORT: u16 = 10250;

/// What the kubelet runs, and the package that brings it.
const PROGRAMS: [(&str, &str); 3] = [
    ("losetup", "util-linux"),
    ("mount", "util-linux (mount)"),
    ("cp", "coreutils"),
];

/// `IsPrivilegedUser`
pub fn privileged_user(system: &Value, report: &mut Report) {
    if system["userId"] != 0 {
        report.error(
            "IsPrivilegedUser",
            "user is not running as root",
            "run it as root, as with sudo",
        );
    }
}

/// `NumCPU`, `Mem`
pub fn size(system: &Value, report: &mut Report) {
    let cpus = system["cpus"].as_u64().unwrap_or(0);
    if cpus < CPUS {
        report.error(
            "NumCPU",
            &format!("the number of available CPUs {cpus} is less than the required {CPUS}"),
            "give the machine more CPUs",
        );
    }
    let memory = system["memoryBytes"].as_u64().unwrap_or(0) >> 20;
    if memory < MEMORY {
        report.error(
            "Mem",
            &format!("the system RAM ({memory} MB) is less than the minimum {MEMORY} MB"),
            "give the machine more memory",
        );
    }
}

/// `Swap`
pub fn swap(system: &Value, report: &mut Report) {
    if system["swap"] == true {
        report.warning(
            "Swap",
            "swap is supported for cgroup v2 only. The kubelet must be properly configured to use swap. Please refer to \
             https://kubernetes.io/docs/concepts/architecture/nodes/#swap-memory, or disable swap on the node ('swapoff -a', and its lines in /etc/fstab)",
        );
    }
}

/// `FileExisting-*`
pub fn programs(report: &mut Report) -> Result<()> {
    for (program, package) in PROGRAMS {
        if checks::find_program(program)?.is_none() {
            report.error(
                &format!("FileExisting-{program}"),
                &format!("{program} not found in system path"),
                &format!("install the package {package}"),
            );
        }
    }
    Ok(())
}

/// `CRI`, `ContainerRuntimeVersion`
pub fn runtime(document: &Document, report: &mut Report) -> Result<()> {
    let socket = &document.init()?.node_registration.cri_socket;
    match container_runtime::state(socket) {
        Err(error) => report.error(
            "CRI",
            &format!("could not connect to the container runtime: {}", error.message),
            &format!(
                "start the container runtime ('systemctl start containerd'), see that its CRI plugin is not disabled, \
                 or name its socket with --cri-socket or nodeRegistration.criSocket (it is {socket:?})"
            ),
        ),
        Ok(state) => {
            if let Some(reason) = state.not_ready {
                report.error(
                    "CRI",
                    &format!("container runtime condition \"RuntimeReady\" is not true. {reason}"),
                    "see the log of the container runtime",
                );
            }
            if !state.tells_cgroup_driver {
                report.warning(
                    "ContainerRuntimeVersion",
                    "You must update your container runtime to a version that supports the CRI method RuntimeConfig. \
                     Falling back to using cgroupDriver from kubelet config will be removed in 1.37. For more information, see \
                     https://git.k8s.io/enhancements/keps/sig-node/4033-group-driver-detection-over-cri",
                );
            }
        }
    }
    Ok(())
}

/// `Firewalld`
pub fn firewall(document: &Document, report: &mut Report) -> Result<()> {
    let port = document.init()?.local_api_endpoint.bind_port;
    match checks::service("firewalld") {
        Ok(state) if state.active => report.warning(
            "Firewalld",
            &format!(
                "firewalld is active, please ensure ports [{port} {KUBELET_PORT}] are open or your cluster may not function correctly"
            ),
        ),
        Ok(_) => {}
        Err(error) if error.code == ErrorCode::Denied => return Err(error.into()),
        // Without a service manager nothing can be said.
        Err(error) => report.warning("Firewalld", &error.message),
    }
    Ok(())
}

/// `Service-kubelet`
pub fn kubelet_service(report: &mut Report) -> Result<()> {
    const CHECK: &str = "Service-kubelet";
    match checks::service("kubelet") {
        Ok(state) if !state.exists => report.warning(CHECK, "kubelet service does not exist"),
        Ok(state) if !state.enabled => report.warning(
            CHECK,
            &format!(
                "kubelet service is not enabled, please run '{}'",
                state.enable_command
            ),
        ),
        Ok(_) => {}
        Err(error) if error.code == ErrorCode::Denied => return Err(error.into()),
        Err(error) => report.warning(CHECK, &error.message),
    }
    Ok(())
}
