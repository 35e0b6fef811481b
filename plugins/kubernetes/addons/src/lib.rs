//! The phases `addon/*` (kubeadm `app/phases/addons/{dns,proxy}`).

mod coredns;
mod corefile;
mod kube_proxy;

#[cfg(test)]
mod tests;

const NAMESPACE: &str = "kube-system";

kubewright_plugin::phases! {
    summary: "What every cluster needs: CoreDNS and kube-proxy",
    "addon/coredns": "Install the CoreDNS addon to a Kubernetes cluster" => coredns::run,
    "addon/kube-proxy": "Install the kube-proxy addon to a Kubernetes cluster" => kube_proxy::run,
}
