//! The policy `baseline`: what no phase of any distribution should do,
//! whatever its grants allow.

mod certificates;
mod files;
mod keys;
mod owners;
mod rights;

kubewright_policy::rules! {
    summary: "baseline",
    "key-file-mode": "A file that holds a private key is readable by its owner alone" => keys::mode,
    "key-file-owner": "A file that holds a private key belongs to root, or to the one component that needs it" => owners::owner,
    "private-key-location": "Private keys lie in the certificates directory or in a kubeconfig, or are encrypted"
        => keys::location,
    "directory-mode": "Nobody but its owner changes what lies in a directory" => files::directory_mode,
    "masters-certificate": "No certificate is of the group system:masters but the one that kubeadm makes"
        => certificates::masters,
    "intermediate-authority": "No certificate that another one signs may sign further ones" => certificates::intermediate,
    "static-pod-location": "Static Pods lie in /etc/kubernetes/manifests, and nothing else does" => files::static_pods,
    "cluster-admin-binding": "Nobody but the administrators' groups is bound to cluster-admin" => rights::cluster_admin,
}
