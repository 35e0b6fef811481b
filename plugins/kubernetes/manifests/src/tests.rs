//! Whole manifests against what kubeadm v1.36.2 writes.

use crate::{apiserver, controller_manager, etcd, scheduler};
use kubewright_plugin::json;
use kubewright_plugin::{Document, yaml};

fn document() -> Document {
    let document = json!({
        "apiVersion": "kubewright.dev/v1alpha1",
        "kind": "ProvisionDocument",
        "operation": "init",
        "configuration": {
            "InitConfiguration": {
                "localAPIEndpoint": {"advertiseAddress": "10.66.0.31", "bindPort": 6443},
                "nodeRegistration": {"name": "cp-1"},
                "timeouts": {"controlPlaneComponentHealthCheck": "4m0s"},
            },
            "ClusterConfiguration": {
                "certificatesDir": "/etc/kubernetes/pki",
                "clusterName": "kubernetes",
                "controllerManager": {
                    "extraArgs": [{"name": "node-cidr-mask-size", "value": "25"}],
                    "extraEnvs": [{"name": "HTTPS_PROXY", "value": "http://proxy.example:3128"}],
                },
                "scheduler": {
                    "extraVolumes": [{"name": "sched", "hostPath": "/etc/kubernetes/sched",
                        "mountPath": "/etc/kubernetes/sched", "readOnly": true, "pathType": "Directory"}],
                },
                "etcd": {"local": {"dataDir": "/var/lib/etcd"}},
                "imageRepository": "registry.k8s.io",
                "kubernetesVersion": "v1.36.2",
                "networking": {"dnsDomain": "cluster.local", "podSubnet": "10.244.0.0/16", "serviceSubnet": "10.96.0.0/12"},
            },
        },
    });
    Document::parse(&document.to_string()).unwrap()
}

const CA_FOLDERS: &[&str] = &[
    "/etc/ca-certificates",
    "/usr/share/ca-certificates",
    "/usr/local/share/ca-certificates",
];

#[test]
fn manifests_are_those_of_kubeadm() {
    let document = document();
    let (init, cluster) = (document.init().unwrap(), document.cluster().unwrap());
    for (pod, expected) in [
        (
            etcd::pod(init, cluster).unwrap(),
            include_str!("../tests/etcd.yaml"),
        ),
        (
            apiserver::pod(init, cluster, CA_FOLDERS, &[]).unwrap(),
            include_str!("../tests/kube-apiserver.yaml"),
        ),
        (
            controller_manager::pod(init, cluster, false, CA_FOLDERS, &[]),
            include_str!("../tests/kube-controller-manager.yaml"),
        ),
        (
            scheduler::pod(init, cluster, &[]),
            include_str!("../tests/kube-scheduler.yaml"),
        ),
    ] {
        assert_eq!(yaml::to_string(&pod.json()), expected, "{}", pod.name);
    }
}
