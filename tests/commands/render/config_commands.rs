//! The commands of `config`: what they print, convert and refuse.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use crate::support::program::Place;

#[test]
fn printed_defaults_are_valid_and_can_be_rendered() {
    let place = Place::new();
    for (arguments, kinds) in [
        (
            &["init-defaults"][..],
            &["InitConfiguration", "ClusterConfiguration"][..],
        ),
        (
            &[
                "init-defaults",
                "--component-configs",
                "KubeletConfiguration,KubeProxyConfiguration",
            ],
            &[
                "InitConfiguration",
                "ClusterConfiguration",
                "KubeletConfiguration",
                "KubeProxyConfiguration",
            ],
        ),
        (&["join-defaults"], &["JoinConfiguration"]),
        (&["reset-defaults"], &["ResetConfiguration"]),
        (&["upgrade-defaults"], &["UpgradeConfiguration"]),
    ] {
        println!("{arguments:?}");
        let printed = place
            .run(&[&["config", "print"], arguments].concat())
            .exits(0);
        assert_eq!(printed.stderr, "");
        for kind in kinds {
            assert!(
                printed.stdout.contains(&format!("kind: {kind}\n")),
                "{kind}:\n{}",
                printed.stdout
            );
        }
        place.write("defaults.yaml", &printed.stdout);
        let validated = place
            .run(&["config", "validate", "--config", "defaults.yaml"])
            .exits(0);
        assert_eq!(
            (validated.stdout.as_str(), validated.stderr.as_str()),
            ("ok\n", "")
        );
        if arguments[0] == "init-defaults" {
            let out = format!("out{}", arguments.len());
            place
                .run(&["render", "--config", "defaults.yaml", "--out", &out])
                .exits(0);
        }
    }
    place.refused(
        2,
        &[
            "config",
            "print",
            "init-defaults",
            "--component-configs",
            "Foo",
        ],
        &["--component-configs", "KubeletConfiguration"],
    );
}

pub const OLD: &str = "\
apiVersion: kubeadm.k8s.io/v1beta3
kind: InitConfiguration
bootstrapTokens: [{token: abcdef.0123456789abcdef}]
localAPIEndpoint: {advertiseAddress: 192.0.2.10}
nodeRegistration:
  name: cp1
  kubeletExtraArgs: {v: \"4\"}
---
apiVersion: kubeadm.k8s.io/v1beta3
kind: ClusterConfiguration
kubernetesVersion: v1.36.2
apiServer:
  timeoutForControlPlane: 5m0s
  extraArgs: {profiling: \"false\", v: \"3\"}
---
apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
maxPods: 50
";

#[test]
fn an_old_file_is_migrated_to_the_same_cluster() {
    let place = Place::new();
    place.write("old.yaml", OLD);
    let warned = place
        .run(&["config", "validate", "--config", "old.yaml"])
        .exits(0);
    assert!(
        warned
            .stderr
            .contains("deprecated API spec: \"kubeadm.k8s.io/v1beta3\""),
        "{}",
        warned.stderr
    );
    let accepted = place
        .run(&[
            "config",
            "validate",
            "--config",
            "old.yaml",
            "--allow-deprecated-api",
        ])
        .exits(0);
    assert_eq!(accepted.stderr, "");

    let arguments = [
        "config",
        "migrate",
        "--old-config",
        "old.yaml",
        "--new-config",
        "new.yaml",
    ];
    let migrated = place.run(&arguments).exits(0);
    assert!(
        migrated
            .stderr
            .contains("KubeletConfiguration document is not converted; copy it"),
        "{}",
        migrated.stderr
    );
    // The token is in it.
    let mode = fs::metadata(place.path("new.yaml"))
        .expect("it is written")
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o600);
    let new = fs::read_to_string(place.path("new.yaml")).expect("it is written");
    for part in [
        "kubeadm.k8s.io/v1beta4",
        "abcdef.0123456789abcdef",
        "- name: profiling\n",
        "controlPlaneComponentHealthCheck: 5m0s",
    ] {
        assert!(new.contains(part), "{part}:\n{new}");
    }
    assert!(
        !new.contains("v1beta3") && !new.contains("timeoutForControlPlane"),
        "{new}"
    );
    let validated = place
        .run(&["config", "validate", "--config", "new.yaml"])
        .exits(0);
    assert_eq!(validated.stderr, "");
    // Without a file it goes to standard output.
    assert_eq!(place.run(&arguments[..4]).exits(0).stdout, new);

    let kubelet = OLD.split("---\n").nth(2).expect("three documents");
    place.write("new.yaml", format!("{new}---\n{kubelet}"));
    place
        .run(&["render", "--config", "old.yaml", "--out", "a"])
        .exits(0);
    place
        .run(&["render", "--config", "new.yaml", "--out", "b"])
        .exits(0);
    for path in [
        "manifests/kube-apiserver.yaml",
        "manifests/kube-controller-manager.yaml",
        "manifests/etcd.yaml",
    ] {
        let read = |out: &str| {
            fs::read_to_string(place.path(&format!("{out}/rootfs/etc/kubernetes/{path}")))
                .expect(path)
        };
        assert_eq!(read("a"), read("b"), "{path}");
    }
    let read = |out: &str| {
        fs::read_to_string(place.path(&format!("{out}/rootfs/var/lib/kubelet/config.yaml")))
            .expect("it")
    };
    assert!(read("b").contains("maxPods: 50"));
    assert_eq!(read("a"), read("b"));
}

#[test]
fn what_cannot_be_migrated() {
    let place = Place::new();
    place.write(
        "bad.yaml",
        "apiVersion: kubeadm.k8s.io/v1beta3\nkind: ClusterConfiguration\nclusterNam: x\n",
    );
    place.refused(
        1,
        &["config", "migrate", "--old-config", "bad.yaml"],
        &["bad.yaml:3: ClusterConfiguration.clusterNam"],
    );
    place.refused(
        1,
        &["config", "migrate", "--old-config", "nope.yaml"],
        &["cannot read nope.yaml"],
    );
    place.write(
        "older.yaml",
        "apiVersion: kubeadm.k8s.io/v1beta2\nkind: ClusterConfiguration\n",
    );
    place.refused(
        1,
        &["config", "migrate", "--old-config", "older.yaml"],
        &["old API spec", "v1beta2"],
    );
    let arguments = [
        "config",
        "migrate",
        "--old-config",
        "config.yaml",
        "--new-config",
        "nowhere/new.yaml",
    ];
    place.refused(1, &arguments, &["cannot write nowhere/new.yaml"]);
}

#[test]
fn images_are_listed() {
    let place = Place::new();
    let list = |more: &[&str]| {
        place
            .run(&[&["config", "images", "list"], more].concat())
            .exits(0)
            .stdout
    };
    let images = list(&["--config", "config.yaml"]);
    let names: Vec<&str> = images.lines().collect();
    assert_eq!(names.len(), 7, "{images}");
    for (name, wanted) in names.iter().zip([
        "kube-apiserver:v1.36.2",
        "kube-controller-manager:v1.36.2",
        "kube-scheduler:v1.36.2",
        "kube-proxy:v1.36.2",
        "coredns/coredns:",
        "pause:",
        "etcd:",
    ]) {
        assert!(
            name.starts_with(&format!("registry.k8s.io/{wanted}")),
            "{name}: {wanted}"
        );
    }
    let other = list(&[
        "--kubernetes-version",
        "v1.35.1",
        "--image-repository",
        "mirror.example/k8s",
    ]);
    assert!(
        other.contains("mirror.example/k8s/kube-proxy:v1.35.1\n"),
        "{other}"
    );
    assert!(
        other
            .lines()
            .all(|line| line.starts_with("mirror.example/k8s/")),
        "{other}"
    );
    // Just what the render puts into manifests.
    place.render(&[]).exits(0);
    let manifest =
        fs::read_to_string(place.rendered("/etc/kubernetes/manifests/etcd.yaml")).expect("it");
    assert!(
        names
            .iter()
            .any(|image| manifest.contains(&format!("image: {image}\n"))),
        "{manifest}"
    );

    place.refused(
        2,
        &["config", "images", "list", "--kubernetes-version", "x"],
        &["--kubernetes-version can not be used"],
    );
    place.refused(
        2,
        &[
            "config",
            "images",
            "list",
            "--config",
            "config.yaml",
            "--image-repository",
            "x",
        ],
        &["can not mix '--config' with arguments [image-repository]"],
    );
    // Flags that would be of no use are none of this command's.
    place.refused(
        2,
        &["config", "images", "list", "--token", "x"],
        &["unexpected argument '--token'"],
    );
}
