//! Keys, certificates and kubeconfigs that lie in the folder already: what is
//! sound is kept, what is not is an error that names it, and nothing of either
//! is written over.

mod changed;
mod given_ca;
mod unsound;

use std::fs;

use crate::support::program::{CONFIG, Place};
use crate::support::tree::{differences, tree};

const PKI: &str = "/etc/kubernetes/pki";
const RENDER: [&str; 5] = ["render", "--config", "config.yaml", "--out", "out"];

/// A render, and another of the same configuration to take foreign files from.
fn two() -> (Place, Place) {
    let (place, other) = (Place::new(), Place::new());
    place.render(&[]).exits(0);
    other.render(&[]).exits(0);
    (place, other)
}

fn write(place: &Place, file: &str, content: impl AsRef<[u8]>) {
    fs::write(place.rendered(&format!("{PKI}/{file}")), content).expect("files can be written");
}

fn read(place: &Place, file: &str) -> Vec<u8> {
    fs::read(place.rendered(&format!("{PKI}/{file}"))).expect("files can be read")
}

fn remove(place: &Place, file: &str) {
    fs::remove_file(place.rendered(&format!("{PKI}/{file}"))).expect("files can be removed");
}

fn copy(place: &Place, from: &Place, files: &[&str]) {
    for file in files {
        write(place, file, read(from, file));
    }
}

/// What is done to a render, with another at hand; what the next one says.
type Fault = (&'static str, fn(&Place, &Place), &'static [&'static str]);

fn refused(faults: &[Fault]) {
    crate::support::at_once(faults, |(name, fault, words)| {
        println!("{name}");
        let (place, other) = two();
        fault(&place, &other);
        let finished = place.refused(1, &RENDER, words);
        assert!(
            finished.stderr.contains("hint: "),
            "{name}:\n{}",
            finished.stderr
        );
        assert!(!finished.said().contains("PRIVATE KEY-----\n"), "{name}");
    });
}
