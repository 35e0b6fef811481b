//! Reaching for what was not granted.

use kubewright_plugin::bindings::phase::kubewright::provision::files;
use kubewright_plugin::checks;
use kubewright_plugin::kube::{self, ObjectReference, PatchType, Selection};
use kubewright_plugin::node::{self, ServiceAction};
use kubewright_plugin::pki;
use kubewright_plugin::sealed::Piece;
use kubewright_plugin::{Document, Result};

use crate::report::{did, saw};

/// The one folder that the tests grant.
pub const OWN: &str = "/srv/hostile";
const ADMIN: &str = "/etc/kubernetes/admin.conf";
const PKI: &str = "/etc/kubernetes/pki";

fn text(text: &str) -> [Piece<'_>; 1] {
    [Piece::Text(text.to_owned())]
}

/// Writes, reads, lists and removes what others own.
pub fn files(_: &Document) -> Result<()> {
    did(
        "write",
        files::write("/etc/passwd", 0o644, &text("root::0:0:::\n")),
    );
    did(
        "write-beside",
        files::write("/srv/hostile-not/x", 0o644, &text("x")),
    );
    did("make", files::make_directory("/root/.ssh", 0o755));
    did("remove", files::remove("/etc/kubernetes/admin.conf"));
    saw("read", files::read("/etc/kubernetes/admin.conf"));
    did("list", files::list_directory("/etc/kubernetes"));
    did("stat", files::stat("/etc/shadow"));
    did(
        "mode",
        files::write(&format!("{OWN}/setuid"), 0o4755, &text("x")),
    );
    Ok(())
}

/// Tries to leave the granted folder by the path itself. `link` and `file` are
/// symbolic links that a test put there beforehand.
pub fn paths(_: &Document) -> Result<()> {
    for (name, path) in [
        ("dots", "/srv/hostile/../../etc/passwd"),
        ("dot", "/srv/hostile/./x"),
        ("slashes", "/srv/hostile//x"),
        ("relative", "etc/passwd"),
        ("empty", ""),
        ("nul", "/srv/hostile/x\0/../../etc/passwd"),
        ("link", "/srv/hostile/link/escaped"),
        ("file", "/srv/hostile/file"),
    ] {
        did(name, files::write(path, 0o644, &text("escaped")));
        saw(&format!("{name}-read"), files::read(path));
    }
    did(
        "long",
        files::write(&format!("{OWN}/{}", "x".repeat(5000)), 0o644, &text("x")),
    );
    did(
        "long-name",
        files::write(&format!("{OWN}/{}", "y".repeat(300)), 0o644, &text("x")),
    );
    Ok(())
}

/// Stops a service that is not granted, and one that is.
pub fn service(_: &Document) -> Result<()> {
    did("stop", node::service("sshd", ServiceAction::Stop));
    did("odd", node::service("kubelet; reboot", ServiceAction::Stop));
    did("active", checks::service("sshd"));
    Ok(())
}

fn object(api_version: &str, kind: &str, namespace: Option<&str>, name: &str) -> ObjectReference {
    ObjectReference {
        api_version: api_version.to_owned(),
        kind: kind.to_owned(),
        namespace: namespace.map(str::to_owned),
        name: name.to_owned(),
    }
}

/// The test grants `get` of the ConfigMap kube-system/kubeadm-config only.
pub fn kube(_: &Document) -> Result<()> {
    let client = kube::connect(ADMIN)?;
    let config = |name| object("v1", "ConfigMap", Some("kube-system"), name);
    did(
        "granted",
        client
            .get(&config("kubeadm-config"))
            .map(|found| found.is_some()),
    );
    did("other-name", client.get(&config("kubelet-config")));
    did(
        "other-namespace",
        client.get(&object(
            "v1",
            "ConfigMap",
            Some("kube-public"),
            "kubeadm-config",
        )),
    );
    did(
        "other-kind",
        client.get(&object(
            "v1",
            "Secret",
            Some("kube-system"),
            "kubeadm-config",
        )),
    );
    did(
        "other-group",
        client.get(&object(
            "apps/v1",
            "ConfigMap",
            Some("kube-system"),
            "kubeadm-config",
        )),
    );
    did("delete", client.delete(&config("kubeadm-config")));
    did(
        "patch",
        client.patch(&config("kubeadm-config"), PatchType::Merge, "{\"data\":{}}"),
    );
    let role = "{\"apiVersion\":\"rbac.authorization.k8s.io/v1\",\"kind\":\"ClusterRoleBinding\",\
        \"metadata\":{\"name\":\"mine\"},\"roleRef\":{\"apiGroup\":\"rbac.authorization.k8s.io\",\
        \"kind\":\"ClusterRole\",\"name\":\"cluster-admin\"}}";
    did("create", client.create(role, &[]));
    did("apply", client.apply(role, &[]));
    did(
        "list",
        client.get_list(&Selection {
            api_version: "v1".into(),
            kind: "ConfigMap".into(),
            namespace: Some("kube-system".into()),
            label_selector: String::new(),
            field_selector: String::new(),
        }),
    );
    Ok(())
}

/// The test grants everything in ConfigMaps of the namespace `mine` whose name
/// begins with `own-`; these names would lead elsewhere if they became a URL.
pub fn names(_: &Document) -> Result<()> {
    let client = kube::connect(ADMIN)?;
    for (at, name) in [
        "own-/../../../kube-system/configmaps/kubeadm-config",
        "own-/../../../kube-system/secrets",
        "own-x/status",
        "own-x?fieldManager=kubelet",
        "own-x#",
        "own-%2e%2e%2fx",
        "own-\n",
        "own- x",
    ]
    .iter()
    .enumerate()
    {
        let there = object("v1", "ConfigMap", Some("mine"), name);
        did(&format!("get-{at}"), client.get(&there));
        did(
            &format!("patch-{at}"),
            client.patch(&there, PatchType::Merge, "{}"),
        );
        did(&format!("delete-{at}"), client.delete(&there));
    }
    for (at, (api_version, kind, namespace)) in [
        ("v1", "ConfigMap", "mine/../kube-system"),
        ("v1", "ConfigMap", "mine/configmaps/own-x?"),
        ("v1/../../apis/apps/v1", "ConfigMap", "mine"),
        ("v1?x=", "ConfigMap", "mine"),
        ("v1", "ConfigMap/own-x?", "mine"),
        ("v1", "configmap", "mine"),
    ]
    .into_iter()
    .enumerate()
    {
        did(
            &format!("place-{at}"),
            client.get(&object(api_version, kind, Some(namespace), "own-x")),
        );
    }
    Ok(())
}

/// Connects with kubeconfigs that are not granted.
pub fn kubeconfig(_: &Document) -> Result<()> {
    did(
        "super",
        kube::connect("/etc/kubernetes/super-admin.conf").map(|_| "connected"),
    );
    did(
        "climbing",
        kube::connect("/etc/kubernetes/x/../super-admin.conf").map(|_| "connected"),
    );
    Ok(())
}

/// The test grants `load`, `create` and `place` for the name `mine` below the
/// certificates directory.
pub fn keys(_: &Document) -> Result<()> {
    did(
        "ca",
        pki::load_key_pair("ca", &format!("{PKI}/ca.key")).map(|_| "loaded"),
    );
    did(
        "alias",
        pki::load_key_pair("mine", &format!("{PKI}/ca.key")).map(|_| "loaded"),
    );
    did(
        "alias-certificate",
        pki::load_certificate(
            "mine",
            &format!("{PKI}/ca.crt"),
            Some(&format!("{PKI}/ca.key")),
        )
        .map(|_| "loaded"),
    );
    did("elsewhere", ensure("mine", "/root/mine.key", None));
    did("overwrite", ensure("mine", &format!("{PKI}/sa.key"), None));
    let own = format!("{PKI}/mine.key");
    did("same-file", ensure("mine", &own, Some(&own)));
    did(
        "own",
        ensure("mine", &own, Some(&format!("{PKI}/mine.pub"))),
    );
    Ok(())
}

fn ensure(
    name: &str,
    key: &str,
    public: Option<&str>,
) -> Result<pki::KeyPair, kubewright_plugin::types::Error> {
    let at = |path: &str| pki::Placement {
        path: path.to_owned(),
        mode: 0o600,
    };
    pki::ensure_key_pair(
        name,
        pki::Algorithm::EcdsaP256,
        &at(key),
        public.map(at).as_ref(),
        pki::Existing::Replace,
    )
    .map(|(key, _)| key)
}

/// Writes a private key with a mode that lets everybody read it.
pub fn key_file(_: &Document) -> Result<()> {
    let key = pki::load_key_pair("sa", &format!("{PKI}/sa.key"))?.private_key_pem()?;
    files::write(&format!("{PKI}/copy.key"), 0o640, &[Piece::Sealed(&key)])?;
    Ok(())
}

/// Writes a Pod where the kubelet does not look.
pub fn pod(_: &Document) -> Result<()> {
    let pod = "apiVersion: v1\nkind: Pod\nmetadata:\n  name: hidden\nspec:\n  hostPID: true\n";
    files::write(&format!("{OWN}/pod.yaml"), 0o600, &text(pod))?;
    Ok(())
}

/// Writes a file whose name tells the hostile policy what to do.
pub fn ask(what: &str) -> Result<()> {
    files::write(&format!("{OWN}/{what}"), 0o600, &text("x"))?;
    Ok(())
}
