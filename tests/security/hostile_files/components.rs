//! Components that cost far more than they weigh.

use wasm_encoder::{
    Alias, BlockType, CodeSection, Component, ComponentAliasSection, ComponentImportSection,
    ComponentInstanceSection, ComponentOuterAliasKind, ComponentTypeRef, ComponentTypeSection,
    ConstExpr, ElementSection, Elements, Function, FunctionSection, Module, ModuleArg,
    ModuleSection, NestedComponentSection, RawSection, RefType, SectionId, TableSection, TableType,
    TypeSection, ValType,
};

use super::{one_error, refused, with_component};

const NO_ARGUMENTS: [(&str, wasm_encoder::ComponentExportKind, u32); 0] = [];

/// A component in a component.
fn within(outer: &mut Component, inner: &Component) {
    outer.section(&NestedComponentSection(inner));
}

/// Instances of a component of this one.
fn instances(outer: &mut Component, component: u32, count: usize) {
    let mut section = ComponentInstanceSection::new();
    for _ in 0..count {
        section.instantiate(component, NO_ARGUMENTS);
    }
    outer.section(&section);
}

/// Each instantiates so many times what is in it.
fn doubling(levels: usize, times: usize) -> Vec<u8> {
    let mut inner = Component::new();
    for _ in 0..levels {
        let mut outer = Component::new();
        within(&mut outer, &inner);
        instances(&mut outer, 0, times);
        inner = outer;
    }
    inner.finish()
}

/// The same side by side: each has the one before by an alias.
fn doubling_by_alias(levels: u32) -> Vec<u8> {
    let mut all = Component::new();
    within(&mut all, &Component::new());
    for before in 0..levels {
        let mut one = Component::new();
        let mut aliases = ComponentAliasSection::new();
        aliases.alias(Alias::Outer {
            kind: ComponentOuterAliasKind::Component,
            count: 1,
            index: before,
        });
        one.section(&aliases);
        instances(&mut one, 0, 2);
        within(&mut all, &one);
    }
    instances(&mut all, levels, 1);
    all.finish()
}

/// One that instantiates what it is given.
fn of_others() -> Vec<u8> {
    let mut types = ComponentTypeSection::new();
    types.component(&wasm_encoder::ComponentType::new());
    let mut imports = ComponentImportSection::new();
    imports.import("c", ComponentTypeRef::Component(0));
    let mut component = Component::new();
    component.section(&types).section(&imports);
    instances(&mut component, 0, 1);
    component.finish()
}

/// A type in a type in a type.
fn deep_type(levels: usize) -> Vec<u8> {
    // One type: that of a component, which declares one: a type.
    let data = [&[1][..], &[0x41, 1, 1].repeat(levels)].concat();
    let mut component = Component::new();
    component.section(&RawSection { id: 7, data: &data });
    component.finish()
}

fn many_types(count: u32) -> Vec<u8> {
    let mut types = ComponentTypeSection::new();
    for _ in 0..count {
        types
            .function()
            .params([] as [(&str, wasm_encoder::PrimitiveValType); 0])
            .result(None);
    }
    let mut component = Component::new();
    component.section(&types);
    component.finish()
}

fn of_module(module: &Module) -> Vec<u8> {
    let mut component = Component::new();
    component.section(&ModuleSection(module));
    component.finish()
}

/// A module of functions with so many local variables, and so many bytes, each.
fn functions(count: u32, locals: u32, bytes: usize) -> Module {
    let mut types = TypeSection::new();
    types.ty().function([], []);
    let mut declared = FunctionSection::new();
    let mut code = CodeSection::new();
    let mut function = Function::new([(locals, ValType::I64)]);
    function.raw(std::iter::repeat_n(0x01, bytes)); // nop
    function.instructions().end();
    for _ in 0..count {
        declared.function(0);
        code.function(&function);
    }
    let mut module = Module::new();
    module.section(&types).section(&declared).section(&code);
    module
}

/// A table of one function, which is its last, so many times.
fn tables(count: u32, elements: u64) -> Module {
    let mut tables = TableSection::new();
    let mut filled = ElementSection::new();
    for table in 0..count {
        tables.table(TableType {
            element_type: RefType::FUNCREF,
            table64: false,
            minimum: elements,
            maximum: None,
            shared: false,
        });
        let last = i32::try_from(elements - 1).unwrap();
        let at = ConstExpr::i32_const(last);
        filled.active(Some(table), &at, Elements::Functions([0][..].into()));
    }
    let one = functions(1, 0, 0);
    let mut module = Module::new();
    // In the order of the sections: types, functions, tables, elements, code.
    let mut rest = &one.as_slice()[8..];
    while let Some((&id, tail)) = rest.split_first() {
        let (size, tail) = tail.split_first().unwrap();
        let (data, tail) = tail.split_at(usize::from(*size));
        if id == SectionId::Code as u8 {
            module.section(&tables).section(&filled);
        }
        module.section(&RawSection { id, data });
        rest = tail;
    }
    module
}

/// A function whose every local variable has another value in each of many
/// loops.
fn loops(locals: u32, depth: usize) -> Module {
    let mut types = TypeSection::new();
    types.ty().function([], []);
    let mut declared = FunctionSection::new();
    declared.function(0);
    let mut function = Function::new([(locals, ValType::I32)]);
    let mut code = function.instructions();
    for _ in 0..depth {
        code.loop_(BlockType::Empty);
    }
    for local in 0..locals {
        code.local_get(local)
            .i32_const(1)
            .i32_add()
            .local_set(local);
    }
    for _ in 0..depth {
        code.i32_const(0).br_if(0).end();
    }
    code.end();
    let mut section = CodeSection::new();
    section.function(&function);
    let mut module = Module::new();
    module.section(&types).section(&declared).section(&section);
    module
}

#[test]
fn what_takes_all_memory_takes_only_that_of_a_helper() {
    let component = of_module(&loops(10_000, 20_000));
    assert!(component.len() < 300_000);
    let place = with_component(&component);
    let arguments = ["phases", "--distribution", "distribution.yaml"];
    let words = ["x.wasm", "MiB of memory to compile"];
    one_error(place.refused(1, &arguments, &words));
}

#[test]
fn what_is_counted_is_refused_at_once() {
    let mut modules = Component::new();
    for _ in 0..101 {
        modules.section(&ModuleSection(&Module::new()));
    }
    let mut side_by_side = Component::new();
    for _ in 0..500 {
        within(&mut side_by_side, &Component::new());
    }
    let mut started = Component::new();
    started.section(&ModuleSection(&Module::new()));
    let mut section = wasm_encoder::InstanceSection::new();
    for _ in 0..100_001 {
        section.instantiate(0, [] as [(&str, ModuleArg); 0]);
    }
    started.section(&section);
    let steps = "more than 100000 steps to start it";
    for (name, component, words) in [
        ("doubled", doubling(15, 3), steps),
        ("doubled by aliases", doubling_by_alias(40), steps),
        ("doubled without end", doubling_by_alias(400), steps),
        ("many instances", started.finish(), steps),
        (
            "the report's",
            doubling(27, 2),
            "more than 16 components within each other",
        ),
        (
            "many components",
            side_by_side.finish(),
            "more than 500 components",
        ),
        ("many modules", modules.finish(), "more than 100 modules"),
        (
            "others' component",
            of_others(),
            "a component that it does not hold itself",
        ),
        ("many types", many_types(100_001), "more than 100000 types"),
        (
            "many functions",
            of_module(&functions(100_001, 0, 0)),
            "more than 100000 functions",
        ),
        (
            "one large function",
            of_module(&functions(1, 0, 1 << 20)),
            "more than 1048576 bytes in one function",
        ),
        (
            "much code",
            of_module(&functions(17, 0, (1 << 20) - 16)),
            "more than 16777216 bytes of code",
        ),
        (
            "large tables",
            of_module(&tables(3, 1_000_000)),
            "more than 2000000 elements in its tables",
        ),
        (
            "many variables",
            of_module(&functions(21, 50_000, 0)),
            "more than 1000000 local variables",
        ),
    ] {
        refused(name, &component, &[words, "x.wasm"]);
    }
}

#[test]
fn what_takes_the_stack_of_who_reads_it_takes_only_that_of_a_helper() {
    let words = ["x.wasm", "more stack than there is"];
    refused("deep type", &deep_type(3_000_000), &words);
}
