//! Bad distributions, components, policies, patches and facts.

use crate::support::components::{digest, hostile, hostile_policy};
use crate::support::program::Place;

const RENDER: [&str; 5] = ["render", "--config", "config.yaml", "--out", "out"];

/// A distribution file with these lines after its head, which is four long.
fn with_distribution(lines: &str) -> Place {
    let place = Place::new();
    place.write(
        "distribution.yaml",
        format!(
            "apiVersion: kubewright.dev/v1alpha1\nkind: Distribution\nname: mine\nextends: kubernetes\n{lines}"
        ),
    );
    place
}

#[test]
fn distributions() {
    for (name, lines, words) in [
        (
            "unknown key",
            "foo: 1\n",
            &[
                "distribution.yaml is not a distribution file",
                "unknown field `foo`, expected one of apiVersion, kind",
                "at line 5",
            ][..],
        ),
        (
            "key given twice",
            "name: other\n",
            &["name is given twice; keep one of the two at line 5"],
        ),
        (
            "broken YAML",
            "a: b: c\n",
            &["distribution.yaml is not a distribution file", "at line 5"],
        ),
        (
            "unknown key of a phase",
            "phases:\n- name: addon\n  need: [certs]\n",
            &["unknown field `need`", "at line 7"],
        ),
        (
            "unknown grant",
            "phases:\n- name: addon\n  grants: {magic: 1}\n",
            &[
                "unknown field `magic`, expected one of files, pki, kube, node, etcd, undo, publish, use",
            ],
        ),
        (
            "unknown verb",
            "phases:\n- name: addon\n  grants: {files: [{paths: [/x], verbs: [fly]}]}\n",
            &["unknown variant `fly`, expected one of read, write, remove"],
        ),
        (
            "unknown interface",
            "phases:\n- name: addon\n  grants: {use: [magic]}\n",
            &[
                "the grants of phase addon",
                "use: magic is not an interface; there are",
            ],
        ),
        (
            "path that can match nothing",
            "phases:\n- name: addon\n  grants: {files: [{paths: [etc/x], verbs: [read]}]}\n",
            &[
                "the grants of phase addon",
                "\"etc/x\" can match no file: paths begin with \"/\"",
            ],
        ),
        (
            "unknown variable",
            "phases:\n- name: addon\n  grants: {files: [{paths: ['/x/${Nope.dir}'], verbs: [read]}]}\n",
            &["the grants of phase addon", "Nope.dir"],
        ),
        (
            "unknown need",
            "phases:\n- name: addon\n  needs: [nope]\n",
            &["distribution.yaml", "needs nope, which is not a phase"],
        ),
        (
            "needs in a circle",
            "phases:\n- {name: a, component: certs, needs: [b]}\n- {name: b, component: certs, needs: [a]}\n",
            &["phases need each other in a circle: a -> b -> a"],
        ),
        (
            "phase given twice",
            "phases:\n- {name: a, component: certs}\n- {name: a, component: certs}\n",
            &["the phase a stands there twice"],
        ),
        (
            "phase without a component",
            "phases:\n- name: a\n",
            &["the phase a has no component"],
        ),
        (
            "unknown component",
            "phases:\n- {name: a, component: nope}\n",
            &["\"nope\" is neither a .wasm file nor a built-in component; there are: "],
        ),
        (
            "missing component",
            "phases:\n- {name: a, component: nope.wasm}\n",
            &[
                "distribution.yaml: phase a",
                "cannot read the component",
                "nope.wasm",
            ],
        ),
    ] {
        println!("{name}");
        let place = with_distribution(lines);
        let more = ["--distribution", "distribution.yaml"];
        place.refused(1, &[&RENDER[..], &more].concat(), words);
    }
    for (name, text, words) in [
        (
            "other document",
            "kind: Foo\n",
            &["missing field `apiVersion`"][..],
        ),
        (
            "empty",
            "",
            &["distribution.yaml is not a distribution file"],
        ),
        (
            "other version",
            "apiVersion: kubewright.dev/v2\nkind: Distribution\nname: a\nphases: []\n",
            &["wanted apiVersion: kubewright.dev/v1alpha1, kind: Distribution"],
        ),
        (
            "unknown base",
            "apiVersion: kubewright.dev/v1alpha1\nkind: Distribution\nname: a\nextends: nope\nphases: []\n",
            &[
                "extends: \"nope\" is neither a built-in distribution nor a file beside this one; built in are: kubernetes",
            ],
        ),
        (
            "no phases",
            "apiVersion: kubewright.dev/v1alpha1\nkind: Distribution\nname: a\nphases: []\n",
            &["it has no phases"],
        ),
    ] {
        println!("{name}");
        let place = Place::new();
        place.write("distribution.yaml", text);
        let more = ["--distribution", "distribution.yaml"];
        place.refused(1, &[&RENDER[..], &more].concat(), words);
        place.refused(1, &["phases", "--distribution", "distribution.yaml"], words);
    }
    let place = Place::new();
    for name in ["nope", "./nope.yaml"] {
        let words = [name, "built in are: kubernetes, kubernetes-1.5"];
        place.refused(
            1,
            &[&RENDER[..], &["--distribution", name]].concat(),
            &words,
        );
    }
}

#[test]
fn components_of_other_worlds() {
    let policy = &hostile_policy().component;
    let module = &hostile().module;
    for (name, content, words) in [
        ("a policy", policy, "does not export `run`"),
        (
            "a core module",
            module,
            "x.wasm is a core WebAssembly module, not a component",
        ),
        ("text", &b"hello".to_vec(), "x.wasm is not WebAssembly"),
        ("nothing", &Vec::new(), "x.wasm is not WebAssembly"),
        (
            "half of one",
            &hostile().component[..5000].to_vec(),
            "x.wasm is not a valid component",
        ),
    ] {
        println!("{name}");
        let place = with_distribution(&format!(
            "phases:\n- name: addon\n  component: x.wasm\n  digest: {}\n",
            digest(content)
        ));
        place.write("x.wasm", content);
        let more = ["--distribution", "distribution.yaml"];
        place.refused(1, &[&RENDER[..], &more].concat(), &["phase addon", words]);
        // The same as a policy.
        if name != "a policy" {
            let more = ["--policy", "x.wasm"];
            place.refused(1, &[&RENDER[..], &more].concat(), &[words]);
        }
    }
}

#[test]
fn policies() {
    let place = Place::new();
    place.write("phase.wasm", &hostile().component);
    std::fs::create_dir(place.path("folder")).expect("folders can be made");
    for (policy, words) in [
        (
            "nope",
            &["--policy nope: neither a component file nor a built-in policy (baseline)"][..],
        ),
        ("nope.wasm", &["--policy nope.wasm", "No such file"]),
        (
            "config.yaml",
            &["config.yaml is not WebAssembly: it does not begin with \\0asm"],
        ),
        ("folder", &["--policy folder", "Is a directory"]),
        (
            "phase.wasm",
            &["--policy phase.wasm is not a component of the world `policy`"],
        ),
    ] {
        println!("{policy}");
        place.refused(1, &[&RENDER[..], &["--policy", policy]].concat(), words);
    }
}

#[test]
fn modules_that_no_component_can_be_made_of() {
    let place = Place::new();
    place.write("component.wasm", &hostile().component);
    // Imports what no contract has.
    place.write(
        "wasi.wasm",
        module_that_imports("wasi_snapshot_preview1", "fd_write"),
    );
    for (module, words) in [
        (
            "nope.wasm",
            &["cannot read the module nope.wasm", "No such file"][..],
        ),
        (
            "config.yaml",
            &[
                "no component can be made of config.yaml",
                "it is not WebAssembly",
            ],
        ),
        (
            "component.wasm",
            &["no component can be made of component.wasm"],
        ),
        ("wasi.wasm", &["no component can be made of wasi.wasm"]),
    ] {
        println!("{module}");
        place.refused(1, &["component", "new", module, "--out", "x.wasm"], words);
    }
}

fn module_that_imports(module: &str, name: &str) -> Vec<u8> {
    let mut types = wasm_encoder::TypeSection::new();
    types.ty().function([], []);
    let mut imports = wasm_encoder::ImportSection::new();
    imports.import(module, name, wasm_encoder::EntityType::Function(0));
    let mut encoded = wasm_encoder::Module::new();
    encoded.section(&types).section(&imports);
    encoded.finish()
}

#[test]
fn facts() {
    let sound = Place::new().run(&["node-facts"]).exits(0).stdout;
    let changed = |from: &str, to: &str| {
        let line = sound
            .lines()
            .find(|line| line.starts_with(from))
            .expect("a fact");
        sound.replace(line, to)
    };
    for (name, text, words) in [
        (
            "broken",
            "a: b: c\n".to_owned(),
            &["facts.yaml is not a NodeFacts document", "at line 1"][..],
        ),
        (
            "empty",
            String::new(),
            &["facts.yaml is not a NodeFacts document"],
        ),
        (
            "something else",
            "kind: Foo\n".to_owned(),
            &["facts.yaml is not a NodeFacts document"],
        ),
        (
            "unknown fact",
            format!("{sound}colour: red\n"),
            &["unknown field `colour`, expected one of apiVersion, kind, hostname"],
        ),
        (
            "no address",
            changed("defaultAddress:", "defaultAddress: 300.1.1.1"),
            &["invalid IP address", "at line"],
        ),
        (
            "other kind",
            changed("kind:", "kind: Other"),
            &[
                "facts.yaml is apiVersion",
                "wanted apiVersion: kubewright.dev/v1alpha1, kind: NodeFacts",
            ],
        ),
        (
            "no name",
            changed("hostname:", "hostname: \"\""),
            &["empty hostname is invalid; give the node a name with --node-name"],
        ),
        (
            "bad name",
            changed("hostname:", "hostname: my_host"),
            &["--node-name", "my_host"],
        ),
    ] {
        println!("{name}");
        let place = Place::new();
        place.write("facts.yaml", text);
        let code = if name == "bad name" { 2 } else { 1 };
        place.refused(
            code,
            &["render", "--out", "out", "--node-facts", "facts.yaml"],
            words,
        );
    }
    let place = Place::new();
    let arguments = ["render", "--out", "out", "--node-facts", "nope.yaml"];
    place.refused(1, &arguments, &["cannot read nope.yaml", "No such file"]);
}

#[test]
fn patches() {
    for (name, file, text, words) in [
        (
            "unknown type",
            "etcd+foo.yaml",
            "a: 1\n",
            &[
                "patches/etcd+foo.yaml has the unknown type \"foo\" after '+'; it must be one of json, merge, strategic",
            ][..],
        ),
        (
            "broken YAML",
            "etcd.yaml",
            "a: b: c\n",
            &["patches/etcd.yaml is neither YAML nor JSON", "at line 1"],
        ),
        (
            "unknown operation",
            "etcd+json.json",
            "[{\"op\":\"nope\",\"path\":\"/x\"}]",
            &[
                "phase etcd/local failed",
                "patches/etcd+json.json",
                "`nope`, expected one of",
            ],
        ),
        (
            "path that is not there",
            "etcd+json.yaml",
            "[{op: replace, path: /nope/x, value: 1}]",
            &[
                "phase etcd/local failed",
                "patches/etcd+json.yaml",
                "/nope/x",
            ],
        ),
        (
            "no object left",
            "kubeletconfiguration+json.yaml",
            "[{op: replace, path: '', value: 1}]",
            &["does not fit kubeletconfiguration: the patch leaves no object"],
        ),
        (
            "settings that the kubelet does not have",
            "kubeletconfiguration.yaml",
            "maxPods: many\nmaxPod: 3\n",
            &[
                "patches/kubeletconfiguration.yaml does not fit kubeletconfiguration",
                "KubeletConfiguration.maxPods: expected a whole number, found a string",
                "KubeletConfiguration.maxPod: unknown field; did you mean \"maxPods\"?",
            ],
        ),
        (
            "another kind",
            "kubeletconfiguration+merge.yaml",
            "kind: Pod\n",
            &["KubeletConfiguration: apiVersion and kind must stay as they are"],
        ),
        (
            "value of another type",
            "etcd.yaml",
            "metadata: {annotations: {x: y}}\n",
            &[
                "patches/etcd.yaml does not fit etcd",
                "what comes out is no v1 Pod: metadata.annotations.x must be string, not bool (y, yes, on,",
            ],
        ),
        (
            "fields that there are not",
            "etcd+merge.yaml",
            "spec: {container: [], dnsPolicy: [Default]}\n",
            &[
                "patches/etcd+merge.yaml does not fit etcd",
                "spec.dnsPolicy must be string, not array; it has no spec.container",
            ],
        ),
    ] {
        println!("{name}");
        let place = Place::new();
        place.write(&format!("patches/{file}"), text);
        place.refused(
            1,
            &["render", "--out", "out", "--patches", "patches"],
            words,
        );
    }
    let place = Place::new();
    for (name, folder, says) in [
        ("missing", "nope", "No such file"),
        ("a file", "config.yaml", "Not a directory"),
    ] {
        println!("{name}");
        let words = [
            "the patches (--patches, or patches.directory of the configuration) cannot be used",
            folder,
            says,
        ];
        place.refused(1, &["render", "--out", "out", "--patches", folder], &words);
    }
}

#[test]
fn patches_for_nothing_are_told() {
    let place = Place::new();
    place.write("patches/kubelet.yaml", "a: 1\n");
    place.write("patches/notes.txt", "mine");
    place
        .run(&["render", "--out", "out", "--patches", "patches"])
        .exits(0)
        .says(&[
            "WARNING: patches/kubelet.yaml is passed over",
            "TARGET being one of etcd",
            "patches/notes.txt is passed over",
        ]);
}
