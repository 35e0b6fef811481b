//! A component that uses more than it is given is ended, with a message that
//! names phase, component, digest and limit, and leaves nothing behind.

use crate::support::components::hostile;
use crate::support::distribution::{Hostile, LEAST};
use crate::support::program::Place;

/// One misdeed under these limits, and what the message must say.
struct Case {
    phase: &'static str,
    limits: &'static str,
    says: &'static [&'static str],
}

const CASES: [Case; 11] = [
    Case {
        phase: "loop",
        limits: "{runningMilliseconds: 200}",
        says: &["it ran for 0.2s without coming to an end"],
    },
    Case {
        phase: "memory",
        limits: "{memoryBytes: 8388608}",
        says: &["bytes of memory; the limit is 8388608"],
    },
    Case {
        phase: "handles",
        limits: "{handles: 10}",
        says: &["more than 10 handles"],
    },
    Case {
        phase: "calls",
        limits: "{hostCalls: 25}",
        says: &["called the host more than 25 times"],
    },
    Case {
        phase: "refused",
        limits: "{hostCalls: 25}",
        says: &["called the host more than 25 times"],
    },
    Case {
        phase: "logs",
        limits: "{hostCalls: 25}",
        says: &["called the host more than 25 times"],
    },
    Case {
        phase: "argument",
        limits: "{callBytes: 100000}",
        says: &["more than 100000 bytes in one call"],
    },
    Case {
        phase: "bomb",
        limits: "",
        says: &["it made content of ", "the limit is 8388608"],
    },
    Case {
        phase: "bomb",
        limits: "{contentBytes: 20000}",
        says: &["bytes of content in all; the limit is 20000"],
    },
    Case {
        phase: "recursion",
        limits: "",
        says: &["it called itself until its stack was full", "524288 bytes"],
    },
    Case {
        phase: "panic",
        limits: "",
        says: &[
            "it panicked",
            "there is no number 7 among 1",
            "innermost_misdeed",
            "defect of the component",
        ],
    },
];

#[test]
fn each_limit_ends_the_component_with_a_message() {
    crate::support::at_once(&CASES, |case| {
        let place = Place::new();
        let phase = format!("hostile/{}", case.phase);
        Hostile {
            phases: &[case.phase],
            grants: LEAST,
            limits: case.limits,
        }
        .write(&place);
        let digest = &hostile().digest[..19];
        let finished = place
            .render(&["--distribution", "distribution.yaml", "--phase", &phase])
            .exits(1)
            .says(&[
                &format!("phase {phase} failed"),
                "hostile.wasm",
                digest,
                "hint: ",
            ])
            .says(case.says);
        assert!(!place.out().exists(), "{phase}:\n{}", finished.said());
    });
}

#[test]
fn a_failure_in_a_components_words_cannot_move_the_cursor() {
    let place = Place::new();
    Hostile {
        phases: &["fails"],
        grants: LEAST,
        limits: "",
    }
    .write(&place);
    let finished = place
        .render(&[
            "--distribution",
            "distribution.yaml",
            "--phase",
            "hostile/fails",
        ])
        .exits(1)
        .says(&["phase hostile/fails failed", "I will not"]);
    assert!(
        !finished.said().contains(['\x1b', '\r']),
        "{}",
        finished.said()
    );
}

#[test]
fn limits_of_a_distribution_are_checked() {
    for (limits, wanted) in [
        ("{hostCalls: 0}", "limits.hostCalls is 0"),
        ("{fuel: 5}", "unknown field"),
        ("{handles: many}", "handles"),
    ] {
        let place = Place::new();
        Hostile {
            phases: &["idle"],
            grants: LEAST,
            limits,
        }
        .write(&place);
        place
            .render(&["--distribution", "distribution.yaml"])
            .exits(1)
            .says(&["distribution.yaml", wanted]);
        assert!(!place.out().exists(), "{limits}");
    }
}

/// A module's bytes with its table section (there is one table, of functions)
/// made to begin with so many elements.
fn with_table(module: &[u8], elements: u64) -> Vec<u8> {
    let mut changed = wasm_encoder::Module::new();
    let mut rest = &module[8..];
    let mut found = false;
    while let Some((&id, tail)) = rest.split_first() {
        let (size, used) = leb128(tail);
        let (data, tail) = tail[used..].split_at(size);
        if id == wasm_encoder::SectionId::Table as u8 {
            found = true;
            let mut tables = wasm_encoder::TableSection::new();
            tables.table(wasm_encoder::TableType {
                element_type: wasm_encoder::RefType::FUNCREF,
                table64: false,
                minimum: elements,
                maximum: None,
                shared: false,
            });
            changed.section(&tables);
        } else {
            changed.section(&wasm_encoder::RawSection { id, data });
        }
        rest = tail;
    }
    assert!(found, "a module of Rust has a table");
    changed.finish()
}

fn leb128(bytes: &[u8]) -> (usize, usize) {
    let mut value = 0;
    for (at, byte) in bytes.iter().enumerate() {
        value |= usize::from(byte & 0x7f) << (7 * at);
        if byte & 0x80 == 0 {
            return (value, at + 1);
        }
    }
    panic!("the module ends within a number");
}

/// The component with so many instances of a module of its own beside it.
fn with_instances(component: &[u8], module: &wasm_encoder::Module, instances: usize) -> Vec<u8> {
    let mut modules = 0;
    let mut rest = &component[8..];
    while let Some((&id, tail)) = rest.split_first() {
        let (size, used) = leb128(tail);
        modules += u32::from(id == wasm_encoder::ComponentSectionId::CoreModule as u8);
        rest = &tail[used + size..];
    }
    let mut section = wasm_encoder::InstanceSection::new();
    for _ in 0..instances {
        let no_imports: [(&str, wasm_encoder::ModuleArg); 0] = [];
        section.instantiate(modules, no_imports);
    }
    let mut flood = wasm_encoder::Component::new();
    flood.section(&wasm_encoder::ModuleSection(module));
    flood.section(&section);
    [component, &flood.finish()[8..]].concat()
}

/// A module with so many memories and tables, all of them empty.
fn empty_module(memories: u32, tables: u32) -> wasm_encoder::Module {
    let mut all_tables = wasm_encoder::TableSection::new();
    for _ in 0..tables {
        all_tables.table(wasm_encoder::TableType {
            element_type: wasm_encoder::RefType::FUNCREF,
            table64: false,
            minimum: 0,
            maximum: None,
            shared: false,
        });
    }
    let mut all_memories = wasm_encoder::MemorySection::new();
    for _ in 0..memories {
        all_memories.memory(wasm_encoder::MemoryType {
            minimum: 0,
            maximum: None,
            memory64: false,
            shared: false,
            page_size_log2: None,
        });
    }
    let mut module = wasm_encoder::Module::new();
    module.section(&all_tables);
    module.section(&all_memories);
    module
}

#[test]
fn a_flood_of_what_a_component_is_made_of_ends_it() {
    let encode = |module: &[u8]| {
        wit_component::ComponentEncoder::default()
            .module(module)
            .and_then(|encoder| encoder.validate(true).encode())
            .expect("the module makes a component")
    };
    let whole = &hostile().component;
    let cases: [(_, _, &[&str]); 4] = [
        (
            "elements",
            encode(&with_table(&hostile().module, 1_000_000)),
            &["it asked for 10000", "table elements; the limit is 20000"],
        ),
        (
            "instances",
            with_instances(whole, &empty_module(0, 0), 500),
            &["it asked for 33 core instances; the limit is 32"],
        ),
        (
            "memories",
            with_instances(whole, &empty_module(30, 0), 10),
            &[" memories; the limit is 32"],
        ),
        (
            "tables",
            with_instances(whole, &empty_module(0, 30), 10),
            &[" tables; the limit is 32"],
        ),
    ];
    crate::support::at_once(&cases, |(name, component, wanted)| {
        let place = Place::new();
        Hostile {
            phases: &["idle"],
            grants: LEAST,
            limits: "",
        }
        .write(&place);
        place.write("hostile.wasm", component);
        let digest = crate::support::components::digest(component);
        let distribution = std::fs::read_to_string(place.path("distribution.yaml")).expect("it");
        place.write(
            "distribution.yaml",
            distribution.replace(&hostile().digest, &digest),
        );
        let arguments = [
            "--distribution",
            "distribution.yaml",
            "--phase",
            "hostile/idle",
        ];
        place
            .render(&arguments)
            .exits(1)
            .says(&[
                "phase hostile",
                "hostile.wasm",
                &digest[..19],
                "describing itself",
                "hint: ",
            ])
            .says(wanted);
        assert!(!place.out().exists(), "{name}");
    });
}
