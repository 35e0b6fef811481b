//! A component that is put together here, word by word: what no compiler of
//! today makes, as one that was built against another version of the contract.

use wasm_encoder::{
    BlockType, CodeSection, ConstExpr, DataSection, EntityType, ExportKind, ExportSection,
    Function, FunctionSection, GlobalSection, GlobalType, ImportSection, MemArg, MemorySection,
    MemoryType, Module, TypeSection, ValType,
};
use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};
use wit_parser::Resolve;

/// A function of the contract without parameters, that gives a
/// `result<_, error>`.
#[derive(Clone, Copy)]
pub struct Called {
    pub interface: &'static str,
    pub function: &'static str,
    /// Where in its answer the message of an error lies, in bytes: 8, or 12
    /// where what it gives is as wide as a number of 64 bits.
    pub message: u64,
}

/// Where things lie in its memory.
const ANSWER: i32 = 1024;
const WELL: i32 = 2048;
const FAILED: i32 = 2064;
const DESCRIPTION: i32 = 4096;
const TEXT: i32 = 8192;
const GIVEN: i32 = 1 << 16;

/// A component of the phases `x` and `y`, built for this contract. Both call
/// the function, and fail with its error's message.
pub fn component(resolve: &Resolve, called: Called) -> Vec<u8> {
    let mut packages = resolve.packages.iter();
    let (_, package) = packages
        .find(|(_, package)| package.name.name == "provision")
        .expect("the package");
    let version = package.name.version.as_ref().expect("its version");
    let interface = format!("kubewright:provision/{}@{version}", called.interface);
    let mut types = TypeSection::new();
    types.ty().function([ValType::I32], []);
    types.ty().function([], [ValType::I32]);
    types.ty().function([ValType::I32; 4], [ValType::I32]);
    let mut imports = ImportSection::new();
    imports.import(&interface, called.function, EntityType::Function(0));
    let mut functions = FunctionSection::new();
    functions.function(1).function(2).function(2);
    let mut exports = ExportSection::new();
    exports
        .export("memory", ExportKind::Memory, 0)
        .export("describe", ExportKind::Func, 1)
        .export("run", ExportKind::Func, 2)
        .export("cabi_realloc", ExportKind::Func, 3);
    let mut module = Module::new();
    module
        .section(&types)
        .section(&imports)
        .section(&functions)
        .section(&memories())
        .section(&globals())
        .section(&exports)
        .section(&code(called))
        .section(&data());
    encoded(resolve, "phase", module)
}

/// A policy of this contract that has nothing to say of any effect; its world
/// has `check` and nothing else that judges.
pub fn policy(resolve: &Resolve) -> Vec<u8> {
    let mut types = TypeSection::new();
    types.ty().function([], [ValType::I32]);
    types.ty().function([ValType::I32; 2], [ValType::I32]);
    types.ty().function([ValType::I32; 4], [ValType::I32]);
    let mut functions = FunctionSection::new();
    functions.function(0).function(1).function(2);
    let mut exports = ExportSection::new();
    exports
        .export("memory", ExportKind::Memory, 0)
        .export("describe", ExportKind::Func, 0)
        .export("check", ExportKind::Func, 1)
        .export("cabi_realloc", ExportKind::Func, 2);
    let mut describe = Function::new([]);
    describe.instructions().i32_const(DESCRIPTION).end();
    let mut check = Function::new([]);
    check.instructions().i32_const(WELL).end();
    let mut code = CodeSection::new();
    code.function(&describe)
        .function(&check)
        .function(&allocate());
    let mut module = Module::new();
    module
        .section(&types)
        .section(&functions)
        .section(&memories())
        .section(&globals())
        .section(&exports)
        .section(&code)
        .section(&data());
    encoded(resolve, "policy", module)
}

fn encoded(resolve: &Resolve, world: &str, module: Module) -> Vec<u8> {
    let mut module = module.finish();
    let mut worlds = resolve.worlds.iter();
    let (world, _) = worlds
        .find(|(_, one)| one.name == world)
        .expect("the world");
    embed_component_metadata(&mut module, resolve, world, StringEncoding::UTF8)
        .expect("a module takes metadata");
    ComponentEncoder::default()
        .module(&module)
        .and_then(|encoder| encoder.validate(true).encode())
        .expect("the module makes a component")
}

fn code(called: Called) -> CodeSection {
    let at = |offset: u64| MemArg {
        offset,
        align: 2,
        memory_index: 0,
    };
    let mut describe = Function::new([]);
    describe.instructions().i32_const(DESCRIPTION).end();
    let mut run = Function::new([]);
    let mut does = run.instructions();
    does.i32_const(ANSWER).call(0);
    does.i32_const(ANSWER)
        .i32_load8_u(MemArg { align: 0, ..at(0) })
        .i32_eqz()
        .if_(BlockType::Empty)
        .i32_const(WELL)
        .return_()
        .end();
    // The failure's message is the error's: where it lies, and its length.
    for word in [0, 4] {
        does.i32_const(FAILED)
            .i32_const(ANSWER)
            .i32_load(at(called.message + word))
            .i32_store(at(4 + word));
    }
    does.i32_const(FAILED).end();
    let mut code = CodeSection::new();
    code.function(&describe)
        .function(&run)
        .function(&allocate());
    code
}

fn memories() -> MemorySection {
    let mut memories = MemorySection::new();
    memories.memory(MemoryType {
        minimum: 32,
        maximum: None,
        memory64: false,
        shared: false,
        page_size_log2: None,
    });
    memories
}

/// Where the next thing is put that it is given.
fn globals() -> GlobalSection {
    let mut globals = GlobalSection::new();
    let next = GlobalType {
        val_type: ValType::I32,
        mutable: true,
        shared: false,
    };
    globals.global(next, &ConstExpr::i32_const(GIVEN));
    globals
}

/// Nothing is ever given back.
fn allocate() -> Function {
    let mut allocate = Function::new([]);
    allocate
        .instructions()
        .global_get(0)
        .global_get(0)
        .local_get(3)
        .i32_add()
        .i32_const(15)
        .i32_add()
        .i32_const(-16)
        .i32_and()
        .global_set(0)
        .end();
    allocate
}

fn data() -> DataSection {
    let mut data = DataSection::new();
    let mut words = |at: i32, words: &[i32]| {
        let bytes: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
        data.active(0, &ConstExpr::i32_const(at), bytes);
    };
    let phases = DESCRIPTION + 16;
    // A summary, and a list of two phases: names and summaries.
    words(DESCRIPTION, &[TEXT, 1, phases, 2]);
    words(phases, &[TEXT, 1, TEXT, 1, TEXT + 1, 1, TEXT, 1]);
    // A result that is an error.
    words(FAILED, &[1]);
    data.active(0, &ConstExpr::i32_const(TEXT), *b"xy");
    data
}
