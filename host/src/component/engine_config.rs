// The one configuration of wasmtime, for the build script that makes machine
// code of the built-in components and for the program that loads it. The two
// must agree, or the machine code is refused as it is loaded.

/// Bytes of stack that a component has, as wasmtime's default.
pub const STACK: usize = 512 << 10;

/// The configuration that built-in components are compiled with, and that the
/// engine of the program runs with.
pub fn engine_config() -> wasmtime::Config {
    let mut config = wasmtime::Config::new();
    config.wasm_component_model(true);
    config.max_wasm_stack(STACK);
    // The deadline that stops a loop. Every store sets one.
    config.epoch_interruption(true);
    // Frames are shown by function name; offsets into the wasm would double
    // the tables of each component for the sake of a number.
    config.generate_address_map(false);
    config.wasm_backtrace_details(wasmtime::WasmBacktraceDetails::Disable);
    // Frames are found by frame pointers; unwind tables would be for debuggers,
    // and registering them reads all of them at each start.
    config.native_unwind_info(false);
    // Each component is instantiated once or a few times: copying its data then
    // is cheaper than a file in memory to map it from.
    config.memory_init_cow(false);
    config
}
