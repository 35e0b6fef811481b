//! A component that was built for another version of the contract is taken as
//! far as the program has what it imports.

use std::path::Path;

use wasm_encoder::{
    CodeSection, ConstExpr, DataSection, EntityType, ExportKind, ExportSection, Function,
    FunctionSection, ImportSection, MemorySection, MemoryType, Module, TypeSection, ValType,
};
use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};
use wit_parser::Resolve;

use crate::support::components::digest;
use crate::support::program::{Finished, Place};

/// The contract as another version of it would be: these texts of its files
/// replaced by those.
fn altered(changes: &[(&str, &str)]) -> Resolve {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../wit/v0.1.0");
    let altered = tempfile::tempdir().unwrap();
    let mut done = vec![0; changes.len()];
    for file in std::fs::read_dir(folder).unwrap() {
        let file = file.unwrap();
        let mut text = std::fs::read_to_string(file.path()).unwrap();
        for (at, (old, new)) in changes.iter().enumerate() {
            done[at] += text.matches(old).count();
            text = text.replace(old, new);
        }
        std::fs::write(altered.path().join(file.file_name()), text).unwrap();
    }
    assert!(!done.contains(&0), "{done:?}: {changes:?}");
    let mut resolve = Resolve::default();
    resolve.push_dir(altered.path()).unwrap();
    resolve
}

/// What the component calls: a function of the contract without parameters.
#[derive(Clone, Copy)]
struct Called {
    interface: &'static str,
    function: &'static str,
    /// Whether it gives its answer by a pointer, and not as an `s64`.
    by_pointer: bool,
}

/// A component of the phase `x`, built for this version, that calls one
/// function.
fn component(resolve: &Resolve, called: Called) -> Vec<u8> {
    let (_, package) = resolve
        .packages
        .iter()
        .find(|(_, package)| package.name.name == "provision")
        .unwrap();
    let interface = format!(
        "kubewright:provision/{}@{}",
        called.interface,
        package.name.version.as_ref().unwrap()
    );
    let mut types = TypeSection::new();
    let called_type: (Vec<ValType>, Vec<ValType>) = match called.by_pointer {
        true => (vec![ValType::I32], vec![]),
        false => (vec![], vec![ValType::I64]),
    };
    types.ty().function(called_type.0, called_type.1);
    types.ty().function([], [ValType::I32]);
    types.ty().function([ValType::I32; 4], [ValType::I32]);
    let mut imports = ImportSection::new();
    imports.import(&interface, called.function, EntityType::Function(0));
    let mut functions = FunctionSection::new();
    functions.function(1).function(2).function(2);
    let mut memories = MemorySection::new();
    memories.memory(MemoryType {
        minimum: 2,
        maximum: None,
        memory64: false,
        shared: false,
        page_size_log2: None,
    });
    let mut exports = ExportSection::new();
    exports
        .export("memory", ExportKind::Memory, 0)
        .export("describe", ExportKind::Func, 1)
        .export("run", ExportKind::Func, 2)
        .export("cabi_realloc", ExportKind::Func, 3);
    let mut code = CodeSection::new();
    let mut describe = Function::new([]);
    describe.instructions().i32_const(DESCRIPTION).end();
    let mut run = Function::new([]);
    if called.by_pointer {
        run.instructions().i32_const(SCRATCH);
    }
    run.instructions().call(0);
    if !called.by_pointer {
        run.instructions().drop();
    }
    run.instructions().i32_const(WELL).end();
    // One place for all: nothing is kept, and nothing that is given is long.
    let mut allocate = Function::new([]);
    allocate.instructions().i32_const(1 << 16).end();
    code.function(&describe).function(&run).function(&allocate);
    // `description`: a summary, and a list of one phase.
    let words: [i32; 8] = [
        TEXT,
        1,
        DESCRIPTION + 16,
        1, // the record
        TEXT,
        1,
        TEXT,
        1, // name and summary of the phase
    ];
    let mut data = DataSection::new();
    data.active(
        0,
        &ConstExpr::i32_const(DESCRIPTION),
        words
            .iter()
            .flat_map(|word| word.to_le_bytes())
            .collect::<Vec<u8>>(),
    );
    data.active(0, &ConstExpr::i32_const(TEXT), *b"x");
    let mut module = Module::new();
    module
        .section(&types)
        .section(&imports)
        .section(&functions)
        .section(&memories)
        .section(&exports)
        .section(&code)
        .section(&data);
    let mut module = module.finish();
    let world = resolve.worlds.iter().find(|(_, one)| one.name == "phase");
    let (world, _) = world.unwrap();
    embed_component_metadata(&mut module, resolve, world, StringEncoding::UTF8).unwrap();
    let encoder = ComponentEncoder::default().module(&module).unwrap();
    encoder.validate(true).encode().unwrap()
}

/// Where things lie in its memory.
const SCRATCH: i32 = 1024;
const WELL: i32 = 2048;
const DESCRIPTION: i32 = 4096;
const TEXT: i32 = 8192;

const CLOCK: Called = Called {
    interface: "clock",
    function: "now",
    by_pointer: false,
};

fn rendered(component: &[u8]) -> Finished {
    let place = Place::new();
    place.write("x.wasm", component);
    place.write(
        "distribution.yaml",
        format!(
            "apiVersion: kubewright.dev/v1alpha1\nkind: Distribution\nname: mine\nextends: kubernetes\n\
             phases:\n- name: x\n  component: x.wasm\n  digest: {}\n  grants: {{use: [clock, checks], files: [{{paths: [/srv/x], verbs: [read]}}]}}\n",
            digest(component)
        ),
    );
    place.render(&["--distribution", "distribution.yaml", "--phase", "x", "-v"])
}

/// The package of a later version.
const LATER: (&str, &str) = ("provision@0.1.0;", "provision@0.1.9;");

#[track_caller]
fn runs(changes: &[(&str, &str)], called: Called) {
    let finished = rendered(&component(&altered(changes), called));
    finished.exits(0).says(&["phase x took"]);
}

#[track_caller]
fn refused(changes: &[(&str, &str)], called: Called, words: &[&str]) {
    let finished = rendered(&component(&altered(changes), called)).exits(1);
    finished
        .says(&["nothing was run, because not every component may"])
        .says(words);
}

#[test]
fn one_of_the_same_version_runs() {
    runs(&[("provision@0.1.0;", "provision@0.1.0;")], CLOCK);
}

#[test]
fn one_of_a_later_version_runs() {
    runs(&[LATER], CLOCK);
}

#[test]
fn one_of_a_later_version_runs_without_what_is_new() {
    let more = (
        "interface clock {",
        "interface clock {\n/// New.\nzone: func() -> s64;\n",
    );
    runs(&[LATER, more], CLOCK);
}

#[test]
fn one_of_an_earlier_version_runs() {
    // That version had one function of this interface.
    let system = Called {
        interface: "checks",
        function: "system",
        by_pointer: true,
    };
    runs(
        &[(
            "find-program: func(name: string) -> result<option<string>, error>;",
            "",
        )],
        system,
    );
}

#[test]
fn what_is_new_and_called_is_named() {
    let more = (
        "interface clock {",
        "interface clock {\n/// New.\nzone: func() -> s64;\n",
    );
    let zone = Called {
        function: "zone",
        ..CLOCK
    };
    refused(
        &[LATER, more],
        zone,
        &["kubewright:provision/clock@0.1.9", "zone"],
    );
}

#[test]
fn what_is_another_type_is_named() {
    let other = ("now: func() -> s64;", "now: func() -> u64;");
    refused(
        &[LATER, other],
        CLOCK,
        &["kubewright:provision/clock@0.1.9", "now"],
    );
}

#[test]
fn another_interface_is_named() {
    let more = (
        "world phase {",
        "interface magic { now: func() -> s64; }\nworld phase {\nimport magic;\n",
    );
    let magic = Called {
        interface: "magic",
        ..CLOCK
    };
    refused(
        &[LATER, more],
        magic,
        &["`kubewright:provision/magic@0.1.9`, which kubewright:provision@0.1.0 does not have"],
    );
}

#[test]
fn another_major_version_is_refused() {
    for version in ["0.2.0", "1.0.0"] {
        let package = format!("provision@{version};");
        refused(
            &[("provision@0.1.0;", &package)],
            CLOCK,
            &[&format!("clock@{version}`; this program has version 0.1.0")],
        );
    }
}
