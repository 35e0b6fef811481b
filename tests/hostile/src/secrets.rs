//! Every way to get at a private key or a token. What comes back is told to
//! the test, which knows the secrets and looks for them.

use kubewright_plugin::bindings::phase::kubewright::provision::files;
use kubewright_plugin::kube::{
    self, Client, Condition, ObjectReference, PatchType, SealedField, Selection,
};
use kubewright_plugin::sealed::{self, Encoding, Piece};
use kubewright_plugin::tokens::{self, Alphabet};
use kubewright_plugin::{Document, Result, Value, json, kubeconfigs, pki, terminal};

use crate::reach::OWN;
use crate::report::{did, saw};

const ADMIN: &str = "/etc/kubernetes/admin.conf";
const PKI: &str = "/etc/kubernetes/pki";
const TOKEN: &str = "/InitConfiguration/bootstrapTokens/0/token";

fn key() -> Result<sealed::Value> {
    Ok(pki::load_key_pair("sa", &format!("{PKI}/sa.key"))?.private_key_pem()?)
}

fn encoded(value: &sealed::Value, times: usize) -> Result<sealed::Value> {
    let mut value = sealed::compose(&[Piece::Sealed(value)], Encoding::Plain)?;
    for _ in 0..times {
        value = sealed::compose(&[Piece::Sealed(&value)], Encoding::Base64)?;
    }
    Ok(value)
}

/// Reads what is there: key files, kubeconfigs, public things for comparison.
pub fn read(document: &Document) -> Result<()> {
    for kind in ["InitConfiguration", "ClusterConfiguration"] {
        saw(
            "document",
            document.configuration(kind).map(Value::to_string),
        );
    }
    for name in [
        "ca.crt",
        "ca.key",
        "sa.key",
        "sa.pub",
        "apiserver.key",
        "etcd/ca.key",
        "front-proxy-ca.key",
    ] {
        saw(name, files::read(&format!("{PKI}/{name}")));
        did(
            "certificate-of-key",
            pki::load_certificate("sa", &format!("{PKI}/{name}"), None).map(|_| "loaded"),
        );
    }
    for name in ["admin.conf", "super-admin.conf", "kubelet.conf"] {
        let path = format!("/etc/kubernetes/{name}");
        saw(name, files::read(&path));
        did(name, kubeconfigs::inspect(&path));
    }
    let pair = pki::load_key_pair("sa", &format!("{PKI}/sa.key"))?;
    saw("public", Ok::<_, ()>(pair.public_key_pem()));
    let value = pair.private_key_pem()?;
    saw("label", Ok::<_, ()>(value.label()));
    for (name, encoding) in [
        ("plain", Encoding::Plain),
        ("base64", Encoding::Base64),
        ("json", Encoding::JsonString),
    ] {
        let composed =
            sealed::compose(&[Piece::Text("x".into()), Piece::Sealed(&value)], encoding)?;
        saw(&format!("label-{name}"), Ok::<_, ()>(composed.label()));
    }
    let token = tokens::bootstrap(TOKEN, Alphabet::Alphanumeric)?;
    saw("token-id", Ok::<_, ()>(token.id()));
    saw("token-label", Ok::<_, ()>(token.full().label()));
    did(
        "pointer",
        tokens::bootstrap("/InitConfiguration/certificateKey", Alphabet::Alphanumeric)
            .map(|token| token.id()),
    );
    did(
        "key-pointer",
        tokens::certificate_key(TOKEN).map(|value| value.label()),
    );
    did("uuid", tokens::uuid("sa"));
    // A key that this component knows would make the ciphertext readable.
    let known = sealed::compose(&[Piece::Text("00".repeat(32))], Encoding::Plain)?;
    did(
        "known-key",
        tokens::encrypt(&value, &known).map(|value| value.label()),
    );
    Ok(())
}

/// Writes secrets in every disguise to files that it may read, and reads them
/// back. `hostile/look` reads them again in the next run.
pub fn disguise(_: &Document) -> Result<()> {
    let value = key()?;
    let token = tokens::bootstrap(TOKEN, Alphabet::Alphanumeric)?;
    let full = token.full();
    let half = token.secret();
    let certificate_key = tokens::certificate_key("/InitConfiguration/certificateKey")?;
    let (once, twice, often) = (
        encoded(&value, 1)?,
        encoded(&value, 2)?,
        encoded(&value, 7)?,
    );
    let literal = sealed::compose(&[Piece::Sealed(&twice)], Encoding::JsonString)?;
    let shifted = sealed::compose(
        &[Piece::Text("AB".into()), Piece::Sealed(&once)],
        Encoding::Base64,
    )?;
    let text = |text: &str| Piece::Text(text.to_owned());
    let known = sealed::compose(&[text(&"00".repeat(32))], Encoding::Plain)?;
    let encrypted = tokens::encrypt(&value, &known)
        .and_then(|value| sealed::compose(&[Piece::Sealed(&value)], Encoding::Base64));
    for (name, pieces) in [
        ("plain", vec![Piece::Sealed(&value)]),
        ("base64", vec![Piece::Sealed(&once)]),
        ("twice", vec![Piece::Sealed(&twice)]),
        ("often", vec![Piece::Sealed(&often)]),
        ("literal", vec![Piece::Sealed(&literal)]),
        ("shifted-1", vec![text("A"), Piece::Sealed(&once)]),
        ("shifted-2", vec![text("AB"), Piece::Sealed(&once)]),
        (
            "shifted-3",
            vec![text("ABC"), Piece::Sealed(&once), text("D")],
        ),
        ("shifted-within", vec![text("A"), Piece::Sealed(&shifted)]),
        ("token", vec![Piece::Sealed(&full)]),
        (
            "token-in-words",
            vec![text("x"), Piece::Sealed(&full), text("x")],
        ),
        ("token-secret", vec![Piece::Sealed(&half)]),
        ("certificate-key", vec![Piece::Sealed(&certificate_key)]),
        ("nothing", vec![text("public")]),
    ] {
        let path = format!("{OWN}/{name}");
        did(
            &format!("write-{name}"),
            files::write(&path, 0o600, &pieces),
        );
        saw(&format!("read-{name}"), files::read(&path));
        did(&format!("inspect-{name}"), kubeconfigs::inspect(&path));
    }
    if let Ok(encrypted) = &encrypted {
        did(
            "write-encrypted",
            files::write(
                &format!("{OWN}/encrypted"),
                0o600,
                &[Piece::Sealed(encrypted)],
            ),
        );
        saw("read-encrypted", files::read(&format!("{OWN}/encrypted")));
    }
    kubeconfig_with(&once)
}

/// The parts of a kubeconfig that `inspect` gives back, and those that it looks
/// for others by.
const PARTS: [&str; 6] = [
    "server",
    "user",
    "authority",
    "certificate",
    "context",
    "lost",
];

fn kubeconfig_with(secret: &sealed::Value) -> Result<()> {
    for part in PARTS {
        let mut pieces = Vec::new();
        let mut field = |name: &str, before: &str, plain: &str| {
            pieces.push(Piece::Text(before.to_owned()));
            pieces.push(match name == part {
                true => Piece::Sealed(secret),
                false => Piece::Text(plain.to_owned()),
            });
        };
        field(
            "server",
            "apiVersion: v1\nkind: Config\nclusters:\n- name: c\n  cluster:\n    server: \"https://x/A",
            "",
        );
        field(
            "authority",
            "\"\n    certificate-authority-data: \"",
            "QUFB",
        );
        field(
            "user",
            "\"\ncontexts:\n- name: x\n  context: {cluster: c, user: \"u",
            "",
        );
        field("lost", "", "");
        field("context", "\"}\ncurrent-context: \"x", "");
        field("user", "\"\nusers:\n- name: \"u", "");
        field(
            "certificate",
            "\"\n  user: {client-certificate-data: \"",
            "QUFB",
        );
        pieces.push(Piece::Text("\"}\n".to_owned()));
        let path = format!("{OWN}/{part}.conf");
        did(
            &format!("write-{part}"),
            files::write(&path, 0o600, &pieces),
        );
        did(&format!("inspect-{part}"), kubeconfigs::inspect(&path));
        saw(&format!("read-{part}"), files::read(&path));
    }
    Ok(())
}

/// Reads what an earlier run wrote in disguise.
pub fn look(_: &Document) -> Result<()> {
    for name in files::list_directory(OWN)? {
        let path = format!("{OWN}/{name}");
        saw(&format!("read-{name}"), files::read(&path));
        did(&format!("inspect-{name}"), kubeconfigs::inspect(&path));
    }
    Ok(())
}

fn reference(kind: &str, name: &str) -> ObjectReference {
    ObjectReference {
        api_version: "v1".into(),
        kind: kind.into(),
        namespace: Some("kube-system".into()),
        name: name.into(),
    }
}

/// Puts secrets into objects and gets them back, and reads those of others.
pub fn objects(_: &Document) -> Result<()> {
    let client = kube::connect(ADMIN)?;
    for kind in ["Secret", "secret", "SECRET", "Secrets", "secrets"] {
        let selected = client.get_list(&Selection {
            api_version: "v1".into(),
            kind: kind.into(),
            namespace: Some("kube-system".into()),
            label_selector: String::new(),
            field_selector: String::new(),
        });
        did(&format!("list-{kind}"), selected);
        let token = tokens::bootstrap(TOKEN, Alphabet::Alphanumeric)?;
        did(
            &format!("get-{kind}"),
            client.get(&reference(kind, &format!("bootstrap-token-{}", token.id()))),
        );
    }
    let value = encoded(&key()?, 1)?;
    let half = tokens::bootstrap(TOKEN, Alphabet::Alphanumeric)?.secret();
    let bare = sealed::compose(&[Piece::Sealed(&half)], Encoding::JsonString)?;
    for (name, kind, pointer, value) in [
        ("config-map", "ConfigMap", "/data/key", &value),
        ("annotation", "Secret", "/metadata/annotations/key", &value),
        ("label", "Secret", "/metadata/labels/key", &half),
        ("name", "Secret", "/metadata/name", &half),
        ("type", "Secret", "/type", &half),
        ("not-base64", "Secret", "/data/key", &bare),
        ("key", "Secret", "/data/key", &value),
        ("string", "Secret", "/stringData/key", &half),
        ("deeper", "Secret", "/data/key/deeper", &half),
    ] {
        let object = json!({"apiVersion": "v1", "kind": kind,
            "metadata": {"name": name, "namespace": "kube-system", "annotations": {}, "labels": {}}});
        let field = SealedField {
            pointer: pointer.to_owned(),
            value,
        };
        did(
            &format!("apply-{name}"),
            client.apply(&object.to_string(), &[field]),
        );
        let field = SealedField {
            pointer: pointer.to_owned(),
            value,
        };
        did(
            &format!("create-{name}"),
            client.create(&object.to_string(), &[field]),
        );
        did(&format!("get-{name}"), client.get(&reference(kind, name)));
    }
    patches(&client);
    Ok(())
}

/// Patches that would make the values of the Secret `key` visible.
fn patches(client: &Client) {
    let secret = reference("Secret", "key");
    for (name, kind, patch) in [
        (
            "copy",
            PatchType::Json,
            json!([{"op": "copy", "from": "/data/key", "path": "/metadata/annotations/key"}]),
        ),
        (
            "move",
            PatchType::Json,
            json!([{"op": "move", "from": "/data", "path": "/metadata/annotations"}]),
        ),
        (
            "test",
            PatchType::Json,
            json!([{"op": "test", "path": "/data/key", "value": "QUFB"}]),
        ),
        (
            "type",
            PatchType::Merge,
            json!({"type": "bootstrap.kubernetes.io/token"}),
        ),
        ("kind", PatchType::Merge, json!({"kind": "ConfigMap"})),
        ("key", PatchType::Merge, json!({"data": {"key": 1}})),
        (
            "strategic",
            PatchType::Strategic,
            json!({"$setElementOrder/data": ["key"]}),
        ),
        (
            "retain",
            PatchType::Strategic,
            json!({"data": {"$retainKeys": ["key"]}}),
        ),
        (
            "copy",
            PatchType::Merge,
            json!({"metadata": {"annotations": {"kubectl.kubernetes.io/last-applied-configuration": "x"}}}),
        ),
    ] {
        did(
            &format!("patch-{name}"),
            client.patch(&secret, kind, &patch.to_string()),
        );
        // Patched under another spelling, the rule for Secrets might not hold.
        let other = reference("secret", "key");
        did(
            &format!("patch-lower-{name}"),
            client.patch(&other, kind, &patch.to_string()),
        );
        did(&format!("get-{name}"), client.get(&secret));
    }
    let is_it = Condition::Equals(("/data/key".into(), "\"QUFB\"".into()));
    did("oracle", client.wait(&secret, &is_it, 0));
    let masked = Condition::Equals(("/data/key".into(), "\"<sealed>\"".into()));
    did("oracle-masked", client.wait(&secret, &masked, 0));
    did(
        "adopt",
        tokens::adopt("/mine", client, "kube-system", "key"),
    );
    if let Ok(token) = tokens::bootstrap("/mine", Alphabet::Alphanumeric) {
        did("adopted", Ok::<_, ()>(token.id()));
    }
}

/// Shows a private key, and clears the screen.
pub fn show(_: &Document) -> Result<()> {
    let value = key()?;
    let twice = encoded(&value, 2)?;
    did("key", terminal::show(&[Piece::Sealed(&value)]));
    did("encoded", terminal::show(&[Piece::Sealed(&twice)]));
    did(
        "screen",
        terminal::show(&[Piece::Text("before\x1b[2Jafter\n".into())]),
    );
    Ok(())
}
