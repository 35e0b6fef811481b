//! The `kubewright` program.

use std::process::ExitCode;

fn main() -> ExitCode {
    kubewright::cli::main()
}
