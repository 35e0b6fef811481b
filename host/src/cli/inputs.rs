//! Files that the operator hands to the program.

use std::io::Read;
use std::path::{Path, PathBuf};

use anyhow::Context;
use zeroize::Zeroizing;

use crate::world::machine::read_facts;
use crate::world::{NodeFacts, ReadError, Size, Takes, read_given};

/// What is read of a configuration file at most.
const FILE_LIMIT: u64 = 4 << 20;

/// Reads a text file, a pipe (`<(...)` of a shell), or standard input for `-`.
/// It may hold tokens: the memory is wiped when it is dropped.
pub fn read_text(path: &str) -> anyhow::Result<Zeroizing<String>> {
    let read = match path {
        "-" => read_standard_input(),
        path => read_given(Path::new(path), FILE_LIMIT, Takes::FilesAndPipes),
    };
    let bytes = match read {
        Err(ReadError::TooLarge { .. }) => {
            anyhow::bail!("{path} is too large: a configuration has at most {FILE_LIMIT} bytes")
        }
        read => read.with_context(|| format!("cannot read {path}"))?,
    };
    let text =
        std::str::from_utf8(&bytes).with_context(|| format!("{path} is not text in UTF-8"))?;
    Ok(Zeroizing::new(text.to_owned()))
}

fn read_standard_input() -> Result<Zeroizing<Vec<u8>>, ReadError> {
    let mut bytes = Zeroizing::new(Vec::new());
    let input = std::io::stdin().lock();
    input.take(FILE_LIMIT + 1).read_to_end(&mut bytes)?;
    match bytes.len() as u64 > FILE_LIMIT {
        true => Err(ReadError::TooLarge {
            size: Size::More,
            limit: FILE_LIMIT,
        }),
        false => Ok(bytes),
    }
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
