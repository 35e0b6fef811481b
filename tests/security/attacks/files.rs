//! Files and folders that a user names, or that somebody put where the program
//! looks.

use std::path::Path;

use rustix::fs::Mode;

use crate::support::attack::{Scene, World};
use crate::support::components::digest;
use crate::support::program::Place;
use crate::support::watched::Watched;

/// What stands in place of a file that the user names.
#[derive(Clone, Copy, Debug)]
enum Special {
    /// Never ends.
    Zero,
    /// Nobody writes into it.
    Pipe,
    /// So large that it fits nowhere.
    Large,
    /// A folder.
    Folder,
}

const SPECIALS: [Special; 4] = [
    Special::Zero,
    Special::Pipe,
    Special::Large,
    Special::Folder,
];

impl Special {
    fn put(self, path: &Path) {
        let _ = std::fs::remove_file(path);
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).unwrap();
        }
        match self {
            Self::Zero => std::os::unix::fs::symlink("/dev/zero", path).unwrap(),
            Self::Pipe => {
                rustix::fs::mkfifoat(rustix::fs::CWD, path, Mode::RUSR | Mode::WUSR).unwrap();
            }
            Self::Large => {
                let file = std::fs::File::create(path).unwrap();
                file.set_len(16 << 30).unwrap();
            }
            Self::Folder => std::fs::create_dir(path).unwrap(),
        }
    }
}

cases!(a_special_file_is_an_error:
    as_a_distribution("special", &["render", "--out", "out", "--distribution", "special"]),
    as_a_distribution_that_is_listed("special", &["phases", "--distribution", "special"]),
    as_a_policy("special", &["render", "--out", "out", "--policy", "special"]),
    as_a_configuration("special", &["render", "--out", "out", "--config", "special"]),
    as_a_configuration_to_migrate("special", &["config", "migrate", "--old-config", "special"]),
    as_facts("special", &["render", "--out", "out", "--node-facts", "special"]),
    as_a_module("special", &["component", "new", "special", "--out", "x.wasm"]),
    as_a_patch("patches/etcd0.yaml", &["render", "--out", "out", "--patches", "patches"]),
    as_a_component("special.wasm", &["render", "--out", "out", "--distribution", "distribution.yaml"]),
    as_a_component_that_is_listed("special.wasm", &["phases", "--distribution", "distribution.yaml"]),
);

/// One error that names it, in no time and with no memory to speak of.
fn a_special_file_is_an_error(name: &str, arguments: &[&str]) {
    for special in SPECIALS {
        // A folder among patches is passed over, as kubeadm does.
        if name.starts_with("patches/") && matches!(special, Special::Folder) {
            continue;
        }
        let place = Place::new();
        special.put(&place.path(name));
        place.write(
            "distribution.yaml",
            format!(
                "apiVersion: kubewright.dev/v1alpha1\nkind: Distribution\nname: mine\nextends: kubernetes\nphases:\n- name: mine\n  component: special.wasm\n  digest: {}\n",
                digest(b"")
            ),
        );
        let finished = Watched::new(&place)
            .mebibytes(400)
            .seconds(30)
            .run(arguments);
        let said = finished.said();
        assert!([1, 2].contains(&finished.code), "{special:?}: {said}");
        let last = Path::new(name).file_name().unwrap().to_str().unwrap();
        finished.one_error(&[last]);
    }
}

cases!(a_special_file_on_a_machine_is_an_error:
    a_kubeconfig("/etc/kubernetes/admin.conf"),
    a_certificate("/etc/kubernetes/pki/ca.crt"),
    a_key("/etc/kubernetes/pki/ca.key"),
    a_manifest("/etc/kubernetes/manifests/etcd.yaml"),
    a_configuration_of_the_kubelet("/var/lib/kubelet/config.yaml"),
);

/// What lies where `init` looks: it says what is wrong, and ends.
fn a_special_file_on_a_machine_is_an_error(path: &str) {
    for special in [Special::Pipe, Special::Large, Special::Folder] {
        let scene = Scene::new(World::Machine);
        special.put(&scene.machine(path));
        let arguments = [
            "init",
            "--rootfs",
            "root",
            "--config",
            "config.yaml",
            "--phase",
            "certs,kubeconfig,etcd,control-plane,kubelet-start",
        ];
        let watched = Watched::new(&scene.place).mebibytes(400).seconds(60);
        // A manifest is replaced, whatever it is; others are an error.
        let finished = watched.run(&arguments);
        assert!(
            [0, 1].contains(&finished.code),
            "{special:?}: {}",
            finished.said()
        );
        let watched = Watched::new(&scene.place).mebibytes(400).seconds(60);
        let finished = watched.run(&["reset", "--rootfs", "root", "--yes", "--force"]);
        assert!(
            [0, 1].contains(&finished.code),
            "{special:?}: {}",
            finished.said()
        );
    }
}

/// Components in components: each level instantiates the one within it twice.
fn nested(levels: u32) -> Vec<u8> {
    use wasm_encoder::{Component, ComponentInstanceSection, NestedComponentSection};
    let mut component = Component::new();
    for level in 0..levels {
        let mut outer = Component::new();
        outer.section(&NestedComponentSection(&component));
        let mut instances = ComponentInstanceSection::new();
        for _ in 0..if level + 1 == levels { 1 } else { 2 } {
            let nothing: [(&str, wasm_encoder::ComponentExportKind, u32); 0] = [];
            instances.instantiate(0, nothing);
        }
        outer.section(&instances);
        component = outer;
    }
    component.finish()
}

#[test]
fn a_small_component_is_no_large_one_when_it_is_loaded() {
    let component = nested(28);
    assert!(component.len() < 10_000, "{}", component.len());
    let place = Place::new();
    place.write("nested.wasm", &component);
    place.write(
        "distribution.yaml",
        format!(
            "apiVersion: kubewright.dev/v1alpha1\nkind: Distribution\nname: mine\nextends: kubernetes\nphases:\n- name: mine\n  component: nested.wasm\n  digest: {}\n",
            digest(&component)
        ),
    );
    place.write("policy.wasm", &component);
    for arguments in [
        &["phases", "--distribution", "distribution.yaml"][..],
        &[
            "render",
            "--config",
            "config.yaml",
            "--out",
            "out",
            "--distribution",
            "distribution.yaml",
        ],
        &[
            "render",
            "--config",
            "config.yaml",
            "--out",
            "out",
            "--policy",
            "policy.wasm",
        ],
    ] {
        let watched = Watched::new(&place).mebibytes(512).seconds(60);
        watched.run(arguments).exits(1).one_error(&[".wasm"]);
        assert!(!place.out().exists());
    }
}

cases!(a_module_that_is_none_is_an_error:
    cut_off_in_its_code(b"\0asm\x01\0\0\0\x01\x04\x01\x60\0\0\x03\x02\x01\0\x0a\x64\x01"),
    empty(b""),
    a_component(b"\0asm\x0d\0\x01\0"),
    text(b"(module)"),
    cut_off_in_a_name(b"\0asm\x01\0\0\0\0\x7f\x04name"),
    a_section_without_an_end(b"\0asm\x01\0\0\0\x0a\xff\xff\xff\xff\x0f"),
);

fn a_module_that_is_none_is_an_error(module: &[u8]) {
    let place = Place::new();
    place.write("m.wasm", module);
    let finished = Watched::new(&place).run(&["component", "new", "m.wasm", "--out", "o.wasm"]);
    finished.exits(1).one_error(&["m.wasm"]);
    assert!(!place.path("o.wasm").exists());
}
