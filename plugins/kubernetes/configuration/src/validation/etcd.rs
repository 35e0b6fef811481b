//! Local and external etcd.

use super::{Report, certificates, node};
use crate::documents::{Etcd, ExternalEtcd, LocalEtcd};
use crate::names;

pub fn etcd(etcd: &Etcd, path: &str, report: &mut Report) {
    match (&etcd.local, &etcd.external) {
        (None, None) => {
            report.invalid(path, "", "either local or external is required");
        }
        (Some(_), Some(_)) => {
            report.invalid(
                path,
                "",
                "local and external are mutually exclusive; keep one of the two",
            );
        }
        (Some(etcd), None) => local(etcd, &format!("{path}.local"), report),
        (None, Some(etcd)) => external(etcd, &format!("{path}.external"), report),
    }
}

fn local(etcd: &LocalEtcd, path: &str, report: &mut Report) {
    node::absolute_path(&etcd.data_dir, &format!("{path}.dataDir"), report);
    let sans = &etcd.server_cert_sans;
    certificates::alternative_names(sans, &format!("{path}.serverCertSANs"), report);
    let sans = &etcd.peer_cert_sans;
    certificates::alternative_names(sans, &format!("{path}.peerCertSANs"), report);
    if !etcd.image_repository.is_empty() {
        image_repository(
            &etcd.image_repository,
            &format!("{path}.imageRepository"),
            report,
        );
    }
    node::args(&etcd.extra_args, &format!("{path}.extraArgs"), report);
}

fn external(etcd: &ExternalEtcd, path: &str, report: &mut Report) {
    let (ca, certificate, key) = (&etcd.ca_file, &etcd.cert_file, &etcd.key_file);
    if certificate.is_empty() != key.is_empty() {
        let message = "either both or none of certFile and keyFile must be set";
        report.invalid(path, "", message);
    }
    if !certificate.is_empty() && !key.is_empty() && ca.is_empty() {
        let message = "setting certFile and keyFile requires caFile";
        report.invalid(path, "", message);
    }
    let endpoints = format!("{path}.endpoints");
    if etcd.endpoints.is_empty() {
        report.invalid(endpoints, "", "at least one endpoint must be specified");
    } else {
        let require_https = [ca, certificate, key].iter().any(|file| !file.is_empty());
        urls(&etcd.endpoints, require_https, &endpoints, report);
    }
    // They are the same unless somebody has written others.
    if etcd.http_endpoints != etcd.endpoints {
        urls(
            &etcd.http_endpoints,
            false,
            &format!("{path}.httpEndpoints"),
            report,
        );
    }
    for (name, file) in [("caFile", ca), ("certFile", certificate), ("keyFile", key)] {
        if !file.is_empty() {
            node::absolute_path(file, &format!("{path}.{name}"), report);
        }
    }
}

fn urls(urls: &[String], require_https: bool, path: &str, report: &mut Report) {
    for (index, url) in urls.iter().enumerate() {
        let path = format!("{path}[{index}]");
        if url.contains(',') {
            let message = "several URLs in one entry; write each as an entry of its own, behind \
                           \"- \"";
            report.invalid(path, url, message);
            continue;
        }
        match names::endpoint_scheme(url) {
            Err(error) => {
                let message = format!("{error}; write it like \"https://10.0.0.1:2379\"");
                report.invalid(path, url, message);
            }
            Ok(scheme) => {
                if require_https && scheme != "https" {
                    report.invalid(path.clone(), url, "the URL must be using the HTTPS scheme");
                }
                if scheme.is_empty() {
                    report.invalid(path, url, "the URL without scheme is not allowed; write it like \"https://10.0.0.1:2379\"");
                }
            }
        }
    }
}

pub fn image_repository(repository: &str, path: &str, report: &mut Report) {
    if !names::is_image_repository(repository) {
        let message = "invalid image repository format; it is a registry and path without scheme, \
                       like \"registry.k8s.io\" or \"mirror.example:5000/k8s\"";
        report.invalid(path, repository, message);
    }
}
