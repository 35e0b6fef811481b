//! Preflight looks at the machine that it is on: at a copy of this one.

use std::net::TcpListener;

use crate::support::health_server::HealthServer;
use crate::support::mounts::on_a_copy_of_this_machine;
use crate::support::program::Place;
use crate::support::says;

const MANIFEST: &str = "machine/etc/kubernetes/manifests/etcd.yaml";
const PREFLIGHT: &str = "/kubewright init phase preflight --config /config.yaml";

/// The configuration with this in its ClusterConfiguration, and with a
/// container runtime that nobody has.
fn configuration(cluster: &str) -> String {
    format!(
        "apiVersion: kubeadm.k8s.io/v1beta4\nkind: InitConfiguration\n\
         nodeRegistration:\n  name: cp-1\n  criSocket: unix:///run/no-such-runtime.sock\n---\n\
         apiVersion: kubeadm.k8s.io/v1beta4\nkind: ClusterConfiguration\n\
         kubernetesVersion: v1.36.2\n{cluster}"
    )
}

fn machine(cluster: &str) -> Place {
    let place = Place::new();
    place.write("machine/config.yaml", configuration(cluster));
    place
}

#[test]
fn everything_that_stands_in_the_way_is_found_at_once_and_nothing_is_changed() {
    let port = TcpListener::bind("0.0.0.0:0").unwrap();
    let number = port.local_addr().unwrap().port();
    let errors = [
        "[ERROR CRI]".to_owned(),
        "[ERROR FileAvailable--etc-kubernetes-manifests-etcd.yaml]: /etc/kubernetes/manifests/etcd.yaml already exists".to_owned(),
        "[ERROR DirAvailable--data-etcd]: /data/etcd is not empty".to_owned(),
        format!("[ERROR Port-{number}]: Port {number} is in use"),
    ];
    let errors: Vec<&str> = errors.iter().map(String::as_str).collect();
    let warnings: Vec<String> = errors
        .iter()
        .map(|one| one.replacen("ERROR", "WARNING", 1))
        .collect();
    let warnings: Vec<&str> = warnings.iter().map(String::as_str).collect();
    let cases: [(&str, String, &[&str], &[&str]); 5] = [
        (
            "init",
            format!("{PREFLIGHT} || echo exits $?"),
            &errors,
            &[],
        ),
        (
            "all of init",
            "/kubewright init --config /config.yaml || echo exits $?".to_owned(),
            &errors,
            &[],
        ),
        (
            "a plan",
            "/kubewright plan --config /config.yaml || echo exits $?".to_owned(),
            &errors,
            &[],
        ),
        (
            "one of them ignored, in small letters",
            format!("{PREFLIGHT} --ignore-preflight-errors=cri || echo exits $?"),
            &[&warnings[..1], &errors[1..]].concat(),
            &errors[..1],
        ),
        (
            "all of them ignored",
            format!("{PREFLIGHT} --ignore-preflight-errors=all; echo exits 0"),
            &warnings,
            &["[ERROR"],
        ),
    ];
    for (name, script, words, not) in cases {
        let place = machine("etcd: {local: {dataDir: /data/etcd}}\n");
        let text = std::fs::read_to_string(place.path("machine/config.yaml")).unwrap();
        let bound = format!("kind: InitConfiguration\nlocalAPIEndpoint: {{bindPort: {number}}}\n");
        place.write(
            "machine/config.yaml",
            text.replace("kind: InitConfiguration\n", &bound),
        );
        place.write(MANIFEST, "kind: Pod\n");
        place.write("machine/data/etcd/member", "");
        let script = format!("{script}\nls /etc/kubernetes /data/etcd");
        let Some(said) = on_a_copy_of_this_machine(&script, &place.path("")) else {
            return;
        };
        let exit = match name {
            "all of them ignored" => "exits 0",
            _ => "exits 1",
        };
        says(name, &said, words, not);
        says(name, &said, &[exit, "/data/etcd:\nmember\n"], &["pki"]);
    }
}

#[test]
fn an_external_etcd_is_asked_for_its_version() {
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap();
    let refused = nobody.local_addr().unwrap();
    drop(nobody);
    const FOUND: &str = "[ERROR ExternalEtcdVersion]";
    let cases: [(&str, Option<&'static str>, &[&str]); 4] = [
        (
            "of today",
            Some(r#"{"etcdserver":"3.6.8","etcdcluster":"3.6.0"}"#),
            &[],
        ),
        (
            "too old",
            Some(r#"{"etcdserver":"3.4.23","etcdcluster":"3.4.0"}"#),
            &[FOUND, ">= 3.5.24", "Current version: 3.4.23"],
        ),
        (
            "no etcd",
            Some("ok"),
            &[FOUND, "does not tell the version of an etcd"],
        ),
        ("nobody there", None, &[FOUND, "connection refused"]),
    ];
    for (name, words, wanted) in cases {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let at = words.map_or(refused, |_| listener.local_addr().unwrap());
        drop(listener);
        let _server = words.map(|words| HealthServer::saying(words, at, None));
        let place = machine(&format!(
            "etcd: {{external: {{endpoints: [\"http://{at}\"]}}}}\n"
        ));
        let script = format!("{PREFLIGHT} || echo exits $?");
        let Some(said) = on_a_copy_of_this_machine(&script, &place.path("")) else {
            return;
        };
        let not: &[&str] = if wanted.is_empty() { &[FOUND] } else { &[] };
        says(name, &said, wanted, not);
        says(name, &said, &["[ERROR CRI]", "exits 1"], &[]);
    }
}
