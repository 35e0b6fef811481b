//! Using more than a component is given.

use kubewright_plugin::sealed::{self, Encoding, Piece};
use kubewright_plugin::{Document, Result, files, log, terminal, types::Error};

/// Never comes to an end.
pub fn endless(_: &Document) -> Result<()> {
    let mut number = 1_u64;
    loop {
        number = std::hint::black_box(number.wrapping_mul(3));
    }
}

/// Asks for more and more memory.
pub fn memory(_: &Document) -> Result<()> {
    let mut held = Vec::new();
    loop {
        held.push(vec![1_u8; 1 << 20]);
        std::hint::black_box(&held);
    }
}

/// Keeps every handle.
pub fn handles(_: &Document) -> Result<()> {
    let mut held = Vec::new();
    loop {
        held.push(sealed::compose(
            &[Piece::Text("x".into())],
            Encoding::Plain,
        )?);
    }
}

/// Calls the host all the time.
pub fn calls(_: &Document) -> Result<()> {
    loop {
        drop(sealed::compose(&[], Encoding::Plain));
    }
}

/// Asks all the time for what it may not.
pub fn refused(_: &Document) -> Result<()> {
    loop {
        drop(files::write("/etc/shadow", 0o77777, "x"));
    }
}

/// Logs all the time.
pub fn logs(_: &Document) -> Result<()> {
    loop {
        log::log(log::Level::Debug, "again");
    }
}

/// Hands the host more than it takes.
pub fn argument(_: &Document) -> Result<()> {
    terminal::progress(&"x".repeat(4 << 20));
    Ok(())
}

/// Doubles sealed content until the host's memory is full.
pub fn bomb(_: &Document) -> Result<()> {
    let mut value = sealed::compose(&[Piece::Text("boom".repeat(256))], Encoding::Plain)?;
    for doubled in 0..64 {
        let twice = [Piece::Sealed(&value), Piece::Sealed(&value)];
        value = sealed::compose(&twice, Encoding::Plain).inspect_err(|_: &Error| {
            terminal::progress(&format!("refused after doubling {doubled} times"));
        })?;
    }
    Ok(())
}

/// Calls itself until the stack ends.
pub fn recursion(_: &Document) -> Result<()> {
    // Nothing that has an address: that would fill the component's own stack,
    // in its memory, first.
    #[inline(never)]
    fn deeper(depth: u64) -> u64 {
        match depth {
            u64::MAX => 1,
            depth => deeper(depth + 1).wrapping_mul(depth) ^ depth,
        }
    }
    terminal::progress(&deeper(std::hint::black_box(0)).to_string());
    Ok(())
}

/// Panics, in a function that has a name.
pub fn panic(_: &Document) -> Result<()> {
    #[inline(never)]
    fn innermost_misdeed(numbers: &[u8]) -> u8 {
        let at = std::hint::black_box(7);
        assert!(
            at < numbers.len(),
            "there is no number {at} among {}",
            numbers.len()
        );
        numbers[at]
    }
    terminal::progress(&innermost_misdeed(std::hint::black_box(&[1])).to_string());
    Ok(())
}
