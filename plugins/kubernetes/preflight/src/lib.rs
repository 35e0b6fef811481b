//! The phase `preflight` (kubeadm `app/preflight/checks.go`): checks by
//! kubeadm's names, all findings at once, each with what mends it.

mod external_etcd;
mod images;
mod machine;
mod network;
mod paths;
mod report;
mod system;
mod version;

use kubewright_plugin::{Context, Document, Error, Result, Value, checks, progress, serde_json};
use report::Report;

kubewright_plugin::phases! {
    summary: "Looks at the machine before anything is changed, and pulls images",
    "preflight": "Run pre-flight checks" => run,
}

fn run(document: &Document) -> Result<()> {
    progress!("Running pre-flight checks");
    let ignored = document.options().ignore_preflight_errors;
    let system = system()?;

    // Whoever is not root would get nothing but consequences of that.
    let mut report = Report::new(&ignored);
    machine::privileged_user(&system, &mut report);
    report.finish()?;

    let mut report = Report::new(&ignored);
    machine::size(&system, &mut report);
    version::kubernetes(document, &mut report)?;
    machine::firewall(document, &mut report)?;
    network::ports(document, &mut report)?;
    paths::manifests(document, &mut report)?;
    network::proxies(document, &mut report)?;
    machine::runtime(document, &mut report)?;
    machine::swap(&system, &mut report);
    machine::programs(&mut report)?;
    let kubelet = version::kubelet(document, &mut report)?;
    system::verify(&system, kubelet, &mut report)?;
    network::hostname(document, &mut report)?;
    machine::kubelet_service(&mut report)?;
    network::forwarding(document, &mut report)?;
    paths::etcd(document, &mut report)?;
    external_etcd::version(document, &mut report)?;
    report.finish()?;

    let mut report = Report::new(&ignored);
    images::pull(document, &mut report)?;
    report.finish()
}

fn system() -> Result<Value> {
    let text = checks::system().context("looking at the system")?;
    serde_json::from_str(&text)
        .map_err(|error| Error::new(error.to_string()))
        .context("looking at the system")
}
