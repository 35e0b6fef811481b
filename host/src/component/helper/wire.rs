//! What the program and its helper say to each other.
//!
//! To the helper: one byte for the task, then bytes to the end. From it: the
//! mark, one byte for the kind of answer, the digest and the length of what
//! follows, then that.

use std::io::{self, Write};

use sha2::{Digest, Sha256};

/// What an answer begins with. A program that is not ours says something else.
pub const MARK: [u8; 16] = *b"kubewright/help1";

/// Bytes before what is answered: mark, kind, digest, length.
pub const HEAD: usize = MARK.len() + 1 + 32 + 8;

/// What is read of an answer at most. Machine code has some five times the size
/// of what it was made of.
pub const ANSWER_LIMIT: u64 = 256 << 20;

/// What a helper does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Task {
    /// Machine code of a component.
    Compile = b'c',
    /// A component of a module.
    Encode = b'e',
}

impl Task {
    pub fn of(byte: u8) -> Option<Self> {
        [Self::Compile, Self::Encode]
            .into_iter()
            .find(|task| *task as u8 == byte)
    }
}

/// How an answer is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Kind {
    /// What was asked for.
    Done = b'd',
    /// What is wrong with what was given, in words.
    Wrong = b'w',
    /// There is too much of something, in words.
    TooMuch = b'm',
    /// A defect of this program, in words.
    Defect = b'p',
}

impl Kind {
    fn of(byte: u8) -> Option<Self> {
        [Self::Done, Self::Wrong, Self::TooMuch, Self::Defect]
            .into_iter()
            .find(|kind| *kind as u8 == byte)
    }
}

/// Writes an answer.
pub fn write(mut to: impl Write, kind: Kind, content: &[u8]) -> io::Result<()> {
    to.write_all(&MARK)?;
    to.write_all(&[kind as u8])?;
    to.write_all(&Sha256::digest(content))?;
    to.write_all(&(content.len() as u64).to_le_bytes())?;
    to.write_all(content)?;
    to.flush()
}

/// Takes an answer apart; none where it is not whole.
pub fn read(answer: &[u8]) -> Option<(Kind, &[u8])> {
    let (head, content) = answer.split_at_checked(HEAD)?;
    let (mark, head) = head.split_at_checked(MARK.len())?;
    let (kind, head) = head.split_first()?;
    let (digest, length) = head.split_at_checked(32)?;
    let is_whole = mark == MARK
        && length == (content.len() as u64).to_le_bytes()
        && digest == Sha256::digest(content).as_slice();
    is_whole.then_some((Kind::of(*kind)?, content))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_whole_answers_are_taken() {
        let mut answer = Vec::new();
        write(&mut answer, Kind::Done, b"machine code").unwrap();
        assert_eq!(read(&answer), Some((Kind::Done, &b"machine code"[..])));
        for end in 0..answer.len() {
            assert_eq!(read(&answer[..end]), None, "{end}");
        }
        for at in 0..answer.len() {
            let mut changed = answer.clone();
            changed[at] ^= 1;
            assert_ne!(read(&changed), read(&answer), "{at}");
        }
        assert_eq!(read(&[answer, b"x".to_vec()].concat()), None);
    }
}
