//! Files that hold something else, too much or nothing, and those that are sound.

use super::{cluster, refused, whole};
use crate::support::program::{CONFIG, Place};

#[test]
fn kinds_and_versions() {
    let (init, cluster) = CONFIG.split_once("---\n").expect("two documents");
    refused(&[
        whole(
            "version that is too new",
            CONFIG.replace("v1beta4", "v1beta5"),
            &[
                "config.yaml:1: InitConfiguration: unknown configuration API \"kubeadm.k8s.io/v1beta5\"",
                "is kubeadm.k8s.io/v1beta4 or kubeadm.k8s.io/v1beta3",
            ],
        ),
        whole(
            "version that is too old",
            CONFIG.replace("v1beta4", "v1beta2"),
            &[
                "config.yaml:1: InitConfiguration: your configuration file uses an old API spec: \"kubeadm.k8s.io/v1beta2\"",
                "migrate",
            ],
        ),
        whole(
            "unknown kind",
            format!("{CONFIG}---\napiVersion: kubeadm.k8s.io/v1beta4\nkind: Foo\n"),
            &[
                "config.yaml:11: Foo: ",
                "the kinds of this version are InitConfiguration, ClusterConfiguration",
            ],
        ),
        whole(
            "unknown group",
            format!("{CONFIG}---\napiVersion: example.com/v1\nkind: Foo\n"),
            &["config.yaml:11: Foo: unknown configuration API \"example.com/v1\""],
        ),
        whole(
            "two InitConfigurations",
            format!("{init}---\n{cluster}---\n{init}"),
            &[
                "config.yaml:11: InitConfiguration: ",
                "specified twice in the file, first on line 1",
            ],
        ),
        whole(
            "two ClusterConfigurations",
            format!("{init}---\n{cluster}---\n{cluster}"),
            &[
                "config.yaml:11: ClusterConfiguration: ",
                "specified twice in the file, first on line 6",
            ],
        ),
        whole(
            "two KubeletConfigurations",
            format!(
                "{CONFIG}{0}{0}",
                "---\napiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\n"
            ),
            &[
                "config.yaml:14: KubeletConfiguration: ",
                "specified twice in the file, first on line 11",
            ],
        ),
    ]);
}

#[test]
fn what_is_too_much_is_given_up_soon() {
    let mut bomb = String::from("a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n");
    for level in 1..12 {
        let below = vec![format!("*a{}", level - 1); 10].join(",");
        bomb.push_str(&format!("a{level}: &a{level} [{below}]\n"));
    }
    let says = &["the file nests deeper, or holds more once its anchors and aliases"];
    refused(&[
        whole("anchors that multiply", bomb.clone(), says),
        whole(
            "anchors that multiply in a document",
            format!("{bomb}{CONFIG}"),
            says,
        ),
        cluster(
            "deep lists",
            &format!("networking: {}{}", "[".repeat(20_000), "]".repeat(20_000)),
            says,
        ),
        cluster(
            "deep objects",
            &format!(
                "networking: {}{}",
                "{a: ".repeat(20_000),
                "}".repeat(20_000)
            ),
            says,
        ),
        whole(
            "huge file",
            format!("{CONFIG}clusterName: {}\n", "x".repeat(5 << 20)),
            &["is too large: a configuration has at most 4194304 bytes"],
        ),
    ]);
}

#[test]
fn what_is_no_configuration() {
    for (name, content, says) in [
        ("empty", &b""[..], "no InitConfiguration or ClusterConfiguration kind was found"),
        ("comments", b"# nothing\n---\n", "no InitConfiguration or ClusterConfiguration kind was found"),
        ("a join alone", b"apiVersion: kubeadm.k8s.io/v1beta4\nkind: JoinConfiguration\ndiscovery: {bootstrapToken: {token: abcdef.0123456789abcdef, apiServerEndpoint: \"a:6443\", unsafeSkipCAVerification: true}}\n", "no InitConfiguration or ClusterConfiguration kind was found"),
        ("not UTF-8", b"\xff\xfe\x00x", "config.yaml is not text in UTF-8"),
        ("NULs", &[0; 100], "not valid YAML"),
    ] {
        println!("{name}");
        let place = Place::new();
        place.write("config.yaml", content);
        let arguments = ["render", "--config", "config.yaml", "--out", "out"];
        place.refused(1, &arguments, &["config.yaml", says]);
    }
}

#[test]
fn what_cannot_be_read() {
    let place = Place::new();
    std::fs::create_dir(place.path("folder")).expect("folders can be made");
    for (file, says) in [
        ("missing.yaml", "No such file"),
        ("folder", "Is a directory"),
        ("config.yaml/below", "Not a directory"),
        ("/dev/zero", "is too large"),
    ] {
        println!("{file}");
        let arguments = ["render", "--config", file, "--out", "out"];
        place.refused(1, &arguments, &[file, says]);
    }
}

#[test]
fn sound_files_of_any_shape_are_taken() {
    for (name, text) in [
        ("with a byte order mark", format!("\u{feff}{CONFIG}")),
        ("with carriage returns", CONFIG.replace('\n', "\r\n")),
        ("with anchors",
            format!("{CONFIG}apiServer: {{certSANs: [&san a.example.com]}}\netcd: {{local: {{serverCertSANs: [*san]}}}}\n"),
        ),
        ("with nulls", format!("{CONFIG}networking:\napiServer: null\n")),
        ("with an empty document", format!("---\n{CONFIG}---\n")),
        ("a ClusterConfiguration alone", CONFIG.split_once("---\n").expect("two").1.to_owned()),
        ("JSON", r#"{"apiVersion":"kubeadm.k8s.io/v1beta4","kind":"ClusterConfiguration","encryptionAlgorithm":"ECDSA-P256"}"#.to_owned()),
    ] {
        println!("{name}");
        let place = Place::new();
        place.write("config.yaml", text);
        place.render(&[]).exits(0);
        assert!(place.rendered("/etc/kubernetes/admin.conf").is_file());
    }
}

#[test]
fn standard_input_is_taken_for_a_dash() {
    use std::io::Write;
    let place = Place::new();
    let mut child = crate::support::program::program(&place.path(""))
        .args(["render", "--config", "-", "--out", "out"])
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::null())
        .spawn()
        .expect("the program starts");
    let mut input = child.stdin.take().expect("a pipe");
    input.write_all(CONFIG.as_bytes()).expect("it reads");
    drop(input);
    assert!(child.wait().expect("it ends").success());
    assert!(place.out().join("objects.yaml").is_file());
}
