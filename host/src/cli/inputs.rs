//! Files that the operator hands to the program.

use std::io::Read;
use std::path::PathBuf;

use anyhow::Context;
use zeroize::Zeroizing;

use crate::world::NodeFacts;
use crate::world::machine::read_facts;

/// What is read of a configuration file at most.
const FILE_LIMIT: u64 = 4 << 20;

/// Reads a text file, or standard input for `-`. It may hold tokens: the
/// memory is wiped when it is dropped.
pub fn read_text(path: &str) -> anyhow::Result<Zeroizing<String>> {
    let mut bytes = Zeroizing::new(Vec::new());
    let read = if path == "-" {
        std::io::stdin()
            .lock()
            .take(FILE_LIMIT + 1)
            .read_to_end(&mut bytes)
    } else {
        std::fs::File::open(path).and_then(|file| file.take(FILE_LIMIT + 1).read_to_end(&mut bytes))
    };
    read.with_context(|| format!("cannot read {path}"))?;
    anyhow::ensure!(
        bytes.len() as u64 <= FILE_LIMIT,
        "{path} is too large: a configuration has at most {FILE_LIMIT} bytes"
    );
    let text =
        std::str::from_utf8(&bytes).with_context(|| format!("{path} is not text in UTF-8"))?;
    Ok(Zeroizing::new(text.to_owned()))
}

/// The facts of a file, or of this machine.
pub fn node_facts(file: Option<&PathBuf>) -> anyhow::Result<NodeFacts> {
    match file {
        None => Ok(read_facts()?),
        Some(path) => {
            let name = path.display().to_string();
            let text = read_text(&name)?;
            Ok(NodeFacts::parse(&text, &name)?)
        }
    }
}
