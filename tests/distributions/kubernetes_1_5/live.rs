//! `init` on a machine in a folder, against an API server that is there.

use std::process::Command;
use std::sync::LazyLock;

use serde_json::{Value, json};

use super::render::Rendered;
use crate::support::api_server::{Asked, Fate, Foreign};
use crate::support::live::{KUBERNETES_1_5, Live};

/// What a whole run leaves; none where this machine has no address.
pub static INIT: LazyLock<Option<Rendered>> = LazyLock::new(|| {
    let live = Live::new(&KUBERNETES_1_5)?;
    let done = live.init(&[]).exits(0);
    Some(left(&live, done.stdout, done.stderr))
});

/// What is on the machine and in the cluster, laid out as a render.
fn left(live: &Live, output: String, errors: String) -> Rendered {
    let rendered = Rendered {
        folder: tempfile::tempdir().unwrap(),
        address: live.ports.address.to_string(),
        port: live.ports.api,
        success: true,
        output,
        errors,
    };
    std::fs::create_dir(rendered.out()).unwrap();
    let copied = Command::new("cp")
        .arg("-a")
        .arg(live.root())
        .arg(rendered.out())
        .status();
    assert!(copied.unwrap().success());
    let objects = live.objects();
    let texts: Vec<String> = objects.iter().map(Value::to_string).collect();
    std::fs::write(rendered.out().join("objects.yaml"), texts.join("\n---\n")).unwrap();
    rendered
}

const NODE: &str = "/api/v1/nodes/master-1";

/// A kubelet or a controller that changes the node each time the run is about
/// to write what it made of the node it read.
fn somebody_is_faster(live: &Live, times: usize) {
    let mut changed = 0;
    live.meddle(move |asked: &Asked| {
        if asked.method != "PATCH" || asked.path != NODE || changed == times {
            return Fate::Answered;
        }
        changed += 1;
        let labels = json!({ "metadata": { "labels": { format!("other-{changed}"): "x" } } });
        Fate::After(vec![Foreign::edit(NODE, "somebody", labels)])
    });
}

fn patches(live: &Live) -> usize {
    live.server(|server| {
        let asked = server.take_requests().into_iter();
        asked
            .filter(|one| one.method == "PATCH" && one.path == NODE)
            .count()
    })
}

#[test]
fn a_node_that_changes_meanwhile_is_marked_and_keeps_the_change() {
    for times in [1, 2, 7] {
        let Some(live) = Live::new(&KUBERNETES_1_5) else {
            return;
        };
        somebody_is_faster(&live, times);
        live.init(&[]).exits(0);
        assert_eq!(patches(&live), times + 1);
        let node = live.server(|server| server.get(NODE)).unwrap();
        let metadata = &node["metadata"];
        assert_eq!(
            metadata["labels"]["kubeadm.alpha.kubernetes.io/role"],
            "master"
        );
        let taints = &metadata["annotations"]["scheduler.alpha.kubernetes.io/taints"];
        assert!(taints.as_str().unwrap().contains("NoSchedule"), "{node}");
        for number in 1..=times {
            assert_eq!(metadata["labels"][format!("other-{number}")], "x", "{node}");
        }
    }
}

#[test]
fn a_node_that_never_stops_changing_is_one_error_and_the_run_goes_on_later() {
    let Some(live) = Live::new(&KUBERNETES_1_5) else {
        return;
    };
    somebody_is_faster(&live, usize::MAX);
    let failed = live.init(&[]).exits(1);
    let error = "the node was changed by somebody else each of 100 times";
    assert_eq!(failed.stderr.matches(error).count(), 1, "{}", failed.stderr);
    assert_eq!(patches(&live), 100);
    let node = live.server(|server| server.get(NODE)).unwrap();
    assert!(node["metadata"].get("annotations").is_none(), "{node}");
    let (keys, token) = (live.keys(), live.token());
    live.server(|server| server.recover());
    live.init(&[]).exits(0).says(&[
        "Going on with run 1",
        "Your Kubernetes master has initialized successfully!",
    ]);
    assert_eq!((live.keys(), live.token()), (keys, token));
}

impl Live {
    fn token(&self) -> Option<String> {
        std::fs::read_to_string(self.pki().join("token.csv")).ok()
    }
}

/// Objects without what differs from cluster to cluster.
fn comparable(live: &Live) -> Vec<Value> {
    let mut objects = live.objects();
    for object in &mut objects {
        if object["kind"] == "Secret" {
            for key in ["ca.pem", "token-map.json", "endpoint-list.json"] {
                assert!(object["data"][key].is_string(), "{object}");
                object["data"][key] = Value::Null;
            }
        }
        // Ports differ from machine to machine.
        let text = object
            .to_string()
            .replace(&live.ports.api.to_string(), "PORT");
        *object = serde_json::from_str(&text).unwrap();
    }
    objects
}

/// Kills a whole run at every point of a kind in turn; gives how many there are.
fn kill_at_every(point: &str) -> usize {
    let Some(whole) = Live::new(&KUBERNETES_1_5) else {
        return usize::MAX;
    };
    let before = whole.tree();
    whole.init(&[]).exits(0);
    let (shape, objects) = (whole.shape(), comparable(&whole));
    for count in 1.. {
        let at = format!("{point}:{count}");
        let live = Live::new(&KUBERNETES_1_5).unwrap();
        let killed = live
            .configured("init", &[])
            .env("KUBEWRIGHT_CRASH_AT", &at)
            .output()
            .unwrap();
        if killed.status.success() {
            return count - 1;
        }
        assert_eq!(killed.status.code(), None, "{at}: not killed");
        let (keys, token) = (live.keys(), live.token());

        let abandoned = live.copy();
        abandoned.run(&["reset", "--yes"]).exits(0);
        assert_eq!(abandoned.tree(), before, "{at}: reset of what was begun");

        let done = live.init(&[]).exits(0);
        assert_eq!(live.shape(), shape, "{at}: the run that went on");
        assert_eq!(comparable(&live), objects, "{at}");
        for (name, key) in keys {
            assert_eq!(live.keys().get(&name), Some(&key), "{at}: {name}");
        }
        if token.is_some() {
            assert_eq!(live.token(), token, "{at}: a token was made twice");
        }
        // What joins is what the API server and the discovery know.
        let secret = live.token().unwrap()[..16].to_owned();
        let join = done.stdout.lines().find(|line| line.contains("--token="));
        let token = join
            .unwrap()
            .split(['=', ' '])
            .find(|word| word.contains('.'));
        let (id, shown) = token.unwrap().split_once('.').unwrap();
        assert_eq!(shown, secret, "{at}");
        let known =
            live.server(|server| server.get("/api/v1/namespaces/kube-system/secrets/clusterinfo"));
        let known = known.unwrap()["data"]["token-map.json"]
            .as_str()
            .unwrap()
            .to_owned();
        let known = base64_text(&known);
        assert_eq!(known, format!("{{\"{id}\":\"{secret}\"}}"), "{at}");
        let nothing_secret_stays = live.file("var/lib/kubewright/unfinished");
        assert!(!nothing_secret_stays.exists(), "{at}");

        live.run(&["reset", "--yes"]).exits(0);
        assert_eq!(live.tree(), before, "{at}: reset after going on");
    }
    unreachable!()
}

fn base64_text(text: &str) -> String {
    use base64::Engine as _;
    let bytes = base64::engine::general_purpose::STANDARD.decode(text);
    String::from_utf8(bytes.unwrap()).unwrap()
}

#[test]
fn killed_before_each_effect_the_run_goes_on() {
    assert!(kill_at_every("begin") > 20);
}

#[test]
fn killed_after_each_effect_the_run_goes_on() {
    assert!(kill_at_every("landing") > 20);
}

#[test]
fn a_finished_machine_is_refused_and_stays_as_it_is() {
    let Some(live) = Live::new(&KUBERNETES_1_5) else {
        return;
    };
    live.init(&[]).exits(0);
    let before = live.tree();
    live.init(&[])
        .exits(1)
        .says(&["failed to create \"/etc/kubernetes/kubelet.conf\", it already exists"]);
    assert_eq!(live.tree(), before);
}

#[test]
fn a_plan_shows_no_token_neither_the_old_one_nor_the_new() {
    let Some(live) = Live::new(&KUBERNETES_1_5) else {
        return;
    };
    std::fs::create_dir_all(live.pki()).unwrap();
    let old = "0123456789abcdef,somebody,1,system:x\n";
    std::fs::write(live.pki().join("token.csv"), old).unwrap();
    let said = live.plan(&[]).exits(2).says(&[
        "updated: /etc/kubernetes/pki/token.csv 0644 -> 0600",
        "-<sealed>",
        "+<sealed: secret of bootstrap token ",
        "+<sealed: private key>",
    ]);
    assert!(!said.said().contains("0123456789abcdef"), "{}", said.said());
    assert!(!said.said().contains("PRIVATE KEY"), "{}", said.said());
}

#[test]
fn a_plan_of_what_is_left_shows_what_init_then_does() {
    let Some(live) = Live::new(&KUBERNETES_1_5) else {
        return;
    };
    somebody_is_faster(&live, usize::MAX);
    live.init(&[]).exits(1);
    live.server(|server| server.recover());
    let effects = |list: Vec<Value>| -> Vec<[String; 4]> {
        let fields = ["phase", "action", "target", "change"];
        let list = list.iter();
        list.map(|one| fields.map(|field| one[field].as_str().unwrap().to_owned()))
            .collect()
    };
    let (tree, objects) = (live.tree(), live.objects());
    let planned = live.plan(&["-o", "json"]).exits(2).events();
    assert_eq!((live.tree(), live.objects()), (tree, objects));
    let result = &planned.last().unwrap()["result"];
    assert_eq!(result["apiServer"], "v1.5.1");
    let planned = effects(result["effects"].as_array().unwrap().clone());
    let mut done = live.init(&["-o", "json", "-v"]).exits(0).events();
    done.retain(|one| one["event"] == "effect");
    assert_eq!(planned, effects(done));
    let changed: Vec<_> = planned.iter().filter(|one| one[3] != "unchanged").collect();
    assert!(changed.len() > 5, "{changed:?}");
    assert!(
        changed.iter().all(|one| one[1] != "WriteFile"),
        "{changed:?}"
    );
}
