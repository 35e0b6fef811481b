//! A reset that is led to folders that are not its to empty.

use super::calls::{ADMIN, PKI};
use crate::support::attack::{Scene, World, copy};
use crate::support::evil::{Evil, Reply};
use crate::support::mounts::on_a_copy_of_this_machine;
use crate::support::program::{CONFIG, Place};
use crate::support::watched::Watched;

/// A machine with etcd's manifest, and things in folders that are nobody's to
/// empty.
fn machine_with_etcd_in(folder: &str) -> Place {
    let place = Place::new();
    for kept in KEPT {
        place.write(&format!("root{kept}"), "keep me");
    }
    place.write(
        "root/etc/kubernetes/manifests/etcd.yaml",
        format!(
            "apiVersion: v1\nkind: Pod\nmetadata: {{name: etcd, namespace: kube-system}}\nspec:\n  containers: [{{name: etcd}}]\n  volumes:\n  - {{name: etcd-data, hostPath: {{path: '{folder}', type: DirectoryOrCreate}}}}\n"
        ),
    );
    place
}

const KEPT: [&str; 7] = [
    "/home/somebody/file",
    "/root/file",
    "/etc/passwd",
    "/usr/bin/file",
    "/boot/file",
    "/var/lib/other/file",
    "/file",
];

#[track_caller]
fn kept(place: &Place, said: &str) {
    for kept in KEPT {
        assert!(
            place.path(&format!("root{kept}")).exists(),
            "{kept} was removed:\n{said}"
        );
    }
}

cases!(a_reset_empties_no_folder_of_the_system:
    the_root("/"),
    the_root_by_dots("/home/../"),
    slashes("//"),
    homes("/home"),
    a_home("/home/somebody"),
    the_home_of_root("/root"),
    settings("/etc"),
    programs("/usr"),
    state("/var/lib"),
    boot("/boot"),
    the_root_by_a_link("/srv/link-to-root"),
    homes_by_a_link("/srv/link-to-home"),
);

fn a_reset_empties_no_folder_of_the_system(folder: &str) {
    let place = machine_with_etcd_in(folder);
    std::fs::create_dir_all(place.path("root/srv")).unwrap();
    std::os::unix::fs::symlink("/", place.path("root/srv/link-to-root")).unwrap();
    std::os::unix::fs::symlink("../home", place.path("root/srv/link-to-home")).unwrap();
    for more in [&[][..], &["--force"]] {
        let arguments = [&["reset", "--rootfs", "root", "--yes"], more].concat();
        let finished = Watched::new(&place).run(&arguments);
        kept(&place, &finished.said());
    }
}

/// The control: what etcd's folder is by its looks, is emptied.
#[test]
fn a_reset_empties_the_folder_of_etcd() {
    let place = machine_with_etcd_in("/srv/etcd");
    place.write("root/srv/etcd/member/file", "gone");
    let finished = Watched::new(&place).run(&["reset", "--rootfs", "root", "--yes", "--force"]);
    kept(&place, &finished.said());
    assert!(
        !place.path("root/srv/etcd/member").exists(),
        "{}",
        finished.said()
    );
}

#[test]
fn an_init_with_the_root_for_data_is_not_undone_by_emptying_it() {
    let place = Place::new();
    for kept in KEPT {
        place.write(&format!("root{kept}"), "keep me");
    }
    place.write(
        "config.yaml",
        CONFIG.replace(
            "encryptionAlgorithm:",
            "etcd: {local: {dataDir: /}}\nencryptionAlgorithm:",
        ),
    );
    let phases = "certs,kubeconfig,etcd,control-plane,kubelet-start";
    let finished = Watched::new(&place).run(&[
        "init",
        "--rootfs",
        "root",
        "--config",
        "config.yaml",
        "--phase",
        phases,
    ]);
    kept(&place, &finished.said());
    let finished = Watched::new(&place).run(&["reset", "--rootfs", "root", "--yes", "--force"]);
    kept(&place, &finished.said());
}

cases!(a_cluster_has_no_folder_of_the_system_emptied:
    data_in_the_root("etcd: {local: {dataDir: /}}"),
    certificates_in_homes("certificatesDir: /home"),
);

/// What a cluster says of its folders (the ConfigMap `kubeadm-config`) is no
/// more than a hint. Only the very machine asks its cluster: this is a copy of
/// the one that the tests run on.
fn a_cluster_has_no_folder_of_the_system_emptied(field: &str) {
    let scene = Scene::new(World::Machine);
    for kept in KEPT {
        scene.put(kept, "keep me");
    }
    let text = format!(
        "apiVersion: kubeadm.k8s.io/v1beta4\nkind: ClusterConfiguration\nkubernetesVersion: v1.36.2\n{field}\n"
    );
    let map = serde_json::json!({"apiVersion": "v1", "kind": "ConfigMap",
        "metadata": {"name": "kubeadm-config", "namespace": "kube-system"},
        "data": {"ClusterConfiguration": text}});
    let server = Evil::secure(&scene.machine(PKI), move |_| {
        Reply::Json(200, map.to_string().into_bytes())
    });
    let admin = scene.text(ADMIN);
    scene.put(
        ADMIN,
        admin.replace("https://192.0.2.10:6443", &server.origin()),
    );
    // Otherwise the manifest says where its data are.
    let manifest = scene.machine("/etc/kubernetes/manifests/etcd.yaml");
    std::fs::remove_file(manifest).unwrap();
    copy(&scene.machine("/"), &scene.place.path("machine"));
    let mut script = "/kubewright reset --yes --force || true\n".to_owned();
    for kept in KEPT {
        script.push_str(&format!("if [ -e {kept} ]; then echo kept {kept}; fi\n"));
    }
    let Some(said) = on_a_copy_of_this_machine(&script, &scene.place.path("")) else {
        return;
    };
    assert!(server.sent().contains("kubeadm-config"), "{said}");
    for kept in KEPT {
        assert!(said.contains(&format!("kept {kept}")), "{kept}:\n{said}");
    }
}
