//! The `kubewright` program.

use std::process::ExitCode;

fn main() -> ExitCode {
    kubewright::hardening::start();
    kubewright::cli::main()
}
