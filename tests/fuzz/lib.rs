//! What the targets of the fuzzer have in common. See `drivers` for what each
//! does.

#[path = "../support/components.rs"]
pub mod components;
pub mod drivers;

/// A target of libFuzzer that hands its inputs to a driver.
#[macro_export]
macro_rules! target {
    ($driver:ident) => {
        use std::sync::OnceLock;

        use $crate::drivers::{$driver, Driver};

        static DRIVER: OnceLock<$driver> = OnceLock::new();

        libfuzzer_sys::fuzz_target!(
            init: {
                // A component file is compiled by this program, started once
                // more.
                if kubewright::component::asked_to_help(std::env::args_os()) {
                    kubewright::component::help();
                    std::process::exit(0);
                }
                // What it takes to begin is no input's time.
                DRIVER.get_or_init($driver::new);
            },
            |input: &[u8]| {
                DRIVER.get_or_init($driver::new).take(input);
            }
        );

        libfuzzer_sys::fuzz_mutator!(|data: &mut [u8], size: usize, most: usize, seed: u32| {
            match $driver::change(&data[..size], most, u64::from(seed)) {
                Some(changed) => {
                    data[..changed.len()].copy_from_slice(&changed);
                    changed.len()
                }
                None => libfuzzer_sys::fuzzer_mutate(data, size, most),
            }
        });
    };
}
