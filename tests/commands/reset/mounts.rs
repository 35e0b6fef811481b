//! Mounts below the folders of the kubelet, and what is on them.

use super::Machine;
use crate::support::mounts::with_mounts;

#[test]
fn data_on_mounted_volumes_outlives_a_reset() {
    const DETACH: &str = "printf 'apiVersion: kubeadm.k8s.io/v1beta4\\nkind: ResetConfiguration\\nforce: true\\nunmountFlags: [MNT_DETACH]\\n' > reset.yaml\n";
    let cases = [
        // A bind mount, a tmpfs over it, and a name that needs escapes.
        (
            "unmounted",
            "V=root/var/lib/kubelet/pods/a/volumes/'x y'; mkdir -p \"$V\"
             mount --bind data \"$V\"; mount -t tmpfs tmpfs \"$V/inner\"
             \"$KUBEWRIGHT\" reset --rootfs root --yes
             test ! -e root/var/lib/kubelet/pods",
            &["unmounted /var/lib/kubelet/pods/a/volumes/x y/inner", "unmounted /var/lib/kubelet/pods/a/volumes/x y"][..],
        ),
        (
            "the kubelet's folder is a link",
            "mkdir -p root/srv; mv root/var/lib/kubelet root/srv/kubelet; ln -s ../../srv/kubelet root/var/lib/kubelet
             V=root/srv/kubelet/pods/a; mkdir -p $V; mount --bind data $V
             \"$KUBEWRIGHT\" reset --rootfs root --force
             test ! -e root/srv/kubelet/pods",
            &["unmounted /srv/kubelet/pods/a"],
        ),
        (
            "in use",
            "V=root/var/lib/kubelet/pods/a; mkdir -p $V root/var/lib/kubelet/pods/b; mount --bind data $V
             exec 9<$V/precious
             \"$KUBEWRIGHT\" reset --rootfs root --yes
             test -e $V/precious; test ! -e root/var/lib/kubelet/pods/b",
            &["cannot unmount /var/lib/kubelet/pods/a", "nothing in it is removed"],
        ),
        (
            "in use and detached",
            "V=root/var/lib/kubelet/pods/a; mkdir -p $V; mount --bind data $V
             exec 9<$V/precious
             \"$KUBEWRIGHT\" reset --rootfs root --config reset.yaml
             test ! -e $V",
            &["unmounted /var/lib/kubelet/pods/a"],
        ),
        (
            "the kubelet's folder on itself, as without systemd",
            "V=root/var/lib/kubelet; mount --bind $V $V
             \"$KUBEWRIGHT\" reset --rootfs root --yes
             test ! -e $V; test ! -e root/etc/kubernetes",
            &["unmounted /var/lib/kubelet\n", "removed /var/lib/kubelet\n"],
        ),
        (
            "on a folder of ours",
            "V=root/etc/kubernetes/manifests; mount --bind data $V
             \"$KUBEWRIGHT\" reset --rootfs root --yes
             test -e $V/precious; test ! -e root/etc/kubernetes/admin.conf; test ! -e root/etc/kubernetes/pki",
            &["kept /etc/kubernetes/manifests: "],
        ),
        (
            "on an empty folder of ours",
            "V=root/etc/kubernetes/manifests; mount -t tmpfs tmpfs $V
             \"$KUBEWRIGHT\" reset --rootfs root --yes
             test ! -e root/etc/kubernetes/admin.conf; test ! -e root/etc/kubernetes/pki",
            &["kept /etc/kubernetes/manifests: something is mounted on it"],
        ),
        (
            "a dry run",
            "V=root/var/lib/kubelet/pods/a; mkdir -p $V; mount --bind data $V
             \"$KUBEWRIGHT\" reset --rootfs root --dry-run
             test -e $V/precious; test -e root/var/lib/kubelet/config.yaml",
            &["[dryrun] unmounted /var/lib/kubelet/pods/a", "[dryrun] removed /var/lib/kubelet\n"],
        ),
    ];
    for (name, script, words) in cases {
        let machine = Machine::made();
        machine.place.write("data/precious", "x");
        machine.place.write("data/inner/below", "x");
        let Some(said) = with_mounts(&format!("{DETACH}{script}"), &machine.place.path("")) else {
            return;
        };
        for word in words {
            assert!(said.contains(word), "{name}: {said}");
        }
        for file in ["data/precious", "data/inner/below"] {
            assert!(
                machine.place.path(file).exists(),
                "{name}: {file} is lost\n{said}"
            );
        }
    }
}
