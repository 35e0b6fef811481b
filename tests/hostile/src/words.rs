//! Words that would pass for those of the host.

use kubewright_plugin::sealed::Piece;
use kubewright_plugin::{Document, Error, Result, log, terminal};

/// Lines like the program's, by every end of a line there is, below a title and
/// a cleared screen, in an order of their own.
const WORDS: &str = "I \x1b]0;title\x07\x1b[2J\u{9b}2J\u{202e}\u{2066}\u{200b}\u{e0041}\u{61c}\u{feff}am\n\
    error: forged\nhint: forged\n[certs] forged\nWARNING: forged\n\thint: forged\n  error: forged\
    \rerror: forged\u{2028}error: forged\u{2029}error: forged\u{85}error: forged\u{b}error: forged";

/// Says them wherever something can be said.
pub fn forges(_: &Document) -> Result<()> {
    for level in [
        log::Level::Debug,
        log::Level::Info,
        log::Level::Warn,
        log::Level::Error,
    ] {
        log::log(level, WORDS);
    }
    terminal::progress(WORDS);
    terminal::progress_under("certs] forged\nerror: forged", WORDS);
    terminal::progress_under(WORDS, "forged");
    terminal::show(&[Piece::Text(WORDS.to_owned())])?;
    Ok(())
}

/// Fails with them.
pub fn forges_failing(_: &Document) -> Result<()> {
    Err(Error::new(WORDS).hint(WORDS))
}
