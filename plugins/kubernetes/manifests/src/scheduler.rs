//! `control-plane/scheduler`.

use crate::{rootless, volumes, write};
use kubewright_plugin::arguments::{self, Arguments};
use kubewright_plugin::configuration::{ClusterConfiguration, InitConfiguration};
use kubewright_plugin::static_pod::{self, Probes, StaticPod, Volumes, probe_address};
use kubewright_plugin::{Document, Result, Value, machine, paths, progress};

const NAME: &str = "kube-scheduler";
const PORT: u16 = 10259;

pub fn run(document: &Document) -> Result<()> {
    let (init, cluster) = (document.init()?, document.cluster()?);
    progress!("Creating static Pod manifest for {NAME:?}");
    let mut pod = pod(
        init,
        cluster,
        &static_pod::proxy_environment(&machine::facts()?),
    );
    rootless::apply(&mut pod, cluster, &rootless::scheduler(kubeconfig()))?;
    write::manifest(&pod)
}

fn kubeconfig() -> String {
    paths::join(paths::KUBERNETES, "scheduler.conf")
}

pub fn pod(init: &InitConfiguration, cluster: &ClusterConfiguration, proxy: &[Value]) -> StaticPod {
    let component = &cluster.scheduler;
    let kubeconfig = kubeconfig();
    let mut volumes = Volumes::new();
    volumes::kubeconfig(&mut volumes, &kubeconfig);
    volumes::extra(&mut volumes, &component.extra_volumes);
    let mut arguments = Arguments::new();
    arguments.set("bind-address", "127.0.0.1");
    arguments.set("leader-elect", "true");
    for name in [
        "kubeconfig",
        "authentication-kubeconfig",
        "authorization-kubeconfig",
    ] {
        arguments.set(name, &kubeconfig);
    }
    let mut command = vec![NAME.to_owned()];
    command.extend(arguments.with_extra(&component.extra_args));
    let address = arguments::last(&component.extra_args, "bind-address").unwrap_or("127.0.0.1");
    StaticPod {
        name: NAME.into(),
        image: cluster.kubernetes_image(NAME),
        command,
        environment: static_pod::environment(&[proxy, &component.extra_envs]),
        volumes,
        requests: vec![("cpu", "100m")],
        probes: Probes {
            host: probe_address(address),
            port: PORT,
            scheme: "HTTPS",
            liveness: "/livez",
            readiness: Some("/readyz"),
            startup: "/livez",
            startup_timeout: init.timeouts.control_plane_component_health_check,
        },
        ..StaticPod::default()
    }
}
