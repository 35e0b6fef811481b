//! Replays what the fuzzer found worth keeping (`tests/fuzz/corpus`), and what
//! once broke a promise (`tests/fuzz/found`).

#[path = "../support/components.rs"]
#[allow(dead_code, reason = "one of the components is used")]
mod components;
#[path = "../fuzz/drivers/mod.rs"]
mod drivers;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

/// How long the corpus of a driver is tried. What it does not come to by then
/// is the fuzzer's matter; what was found once is always tried.
const PATIENCE: Duration = Duration::from_secs(15);

fn main() -> ExitCode {
    // A component file is compiled by this program, started once more.
    if kubewright::component::asked_to_help(std::env::args_os()) {
        return kubewright::component::help();
    }
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let filter = arguments.iter().find(|argument| !argument.starts_with('-'));
    let (mut passed, mut failed) = (0, 0);
    for (name, driver) in drivers::all() {
        if filter.is_some_and(|filter| !name.contains(filter.as_str())) {
            continue;
        }
        if arguments.iter().any(|argument| argument == "--list") {
            println!("{name}: test");
            continue;
        }
        match replay(name, driver) {
            Ok(told) => {
                println!("test {name} ... ok ({told})");
                passed += 1;
            }
            Err(input) => {
                println!("test {name} ... FAILED: {}", input.display());
                failed += 1;
            }
        }
    }
    println!("\ntest result: {passed} passed; {failed} failed");
    ExitCode::from(u8::from(failed > 0))
}

/// Has a driver take its inputs; gives the first that it panics at.
fn replay(name: &str, driver: drivers::Make) -> Result<String, PathBuf> {
    let driver = driver();
    let found = inputs(&format!("found/{name}"));
    let corpus = inputs(&format!("corpus/{name}"));
    assert!(!corpus.is_empty(), "there is no corpus of {name}");
    let started = Instant::now();
    let mut taken = 0;
    for (at, path) in found.iter().chain(&corpus).enumerate() {
        if at >= found.len() && started.elapsed() > PATIENCE {
            break;
        }
        let input = std::fs::read(path).expect("inputs can be read");
        catch_unwind(AssertUnwindSafe(|| driver.take(&input))).map_err(|_| path.clone())?;
        taken += 1;
    }
    Ok(format!("{taken} of {} inputs", found.len() + corpus.len()))
}

/// The files of a folder of `tests/fuzz`, by name; none where it is not there.
fn inputs(folder: &str) -> Vec<PathBuf> {
    let fuzz = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/fuzz");
    let Ok(entries) = std::fs::read_dir(fuzz.join(folder)) else {
        return Vec::new();
    };
    let mut files: Vec<PathBuf> = entries
        .map(|entry| entry.expect("the folder can be read").path())
        .collect();
    files.sort();
    files
}
