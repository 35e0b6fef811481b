//! Where things lie on a node of kubeadm's (`constants.go`).

/// Folder of the kubeconfig files and of the manifests.
pub const KUBERNETES: &str = "/etc/kubernetes";
/// Folder whose Pods the kubelet runs.
pub const MANIFESTS: &str = "/etc/kubernetes/manifests";
/// The kubelet's folder.
pub const KUBELET: &str = "/var/lib/kubelet";

/// A path in the folder, cleaned: `join("/etc//x/../y/", "z")` is `/etc/y/z`.
pub fn join(folder: &str, name: &str) -> String {
    clean(&format!("{folder}/{name}"))
}

/// The folder that a path lies in, cleaned: `/` for one at the root.
pub fn parent(path: &str) -> String {
    clean(path.rsplit_once('/').map_or("", |(folder, _)| folder))
}

/// The shortest name of an absolute path, as Go's `filepath.Clean` finds it and
/// so kubeadm. Symbolic links are not looked at.
pub fn clean(path: &str) -> String {
    let mut parts = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    format!("/{}", parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_cleaned() {
        for (name, path, wanted, folder) in [
            ("clean", "/etc/x", "/etc/x", "/etc"),
            ("slashes", "//etc///x/", "/etc/x", "/etc/x"),
            ("dots", "/etc/./y/../x", "/etc/x", "/etc"),
            ("above the root", "/../x", "/x", "/"),
            ("at the root", "/x", "/x", "/"),
            ("nothing", "", "/", "/"),
        ] {
            assert_eq!(clean(path), wanted, "{name}");
            assert_eq!(parent(path), folder, "{name}");
            assert_eq!(
                join(path, "z"),
                format!("{}/z", wanted.trim_end_matches('/')),
                "{name}"
            );
        }
    }
}
