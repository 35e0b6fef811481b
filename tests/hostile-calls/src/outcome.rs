//! Telling a test what a step saw, by lines of progress.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// Bytes of base64 in one line. The host cuts longer lines.
const LINE: usize = 3000;

/// How a step ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outcome {
    /// The host did it.
    Done,
    /// The host refused.
    Refused,
    /// It was not tried: its handle is not there.
    Skipped,
}

/// What came of a step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// Its number.
    pub step: usize,
    /// How it ended.
    pub outcome: Outcome,
    /// What was given back, or the error: code, message and hint.
    pub bytes: Vec<u8>,
}

impl Seen {
    /// As lines of progress: `saw STEP done BASE64`, in pieces where it is
    /// long.
    pub fn lines(&self) -> Vec<String> {
        let word = match self.outcome {
            Outcome::Done => "done",
            Outcome::Refused => "refused",
            Outcome::Skipped => "skipped",
        };
        let encoded = STANDARD.encode(&self.bytes);
        let mut pieces: Vec<&str> = Vec::new();
        let mut rest = encoded.as_str();
        while rest.len() > LINE {
            let (piece, tail) = rest.split_at(LINE);
            pieces.push(piece);
            rest = tail;
        }
        pieces.push(rest);
        pieces
            .iter()
            .map(|piece| format!("saw {} {word} {piece}", self.step))
            .collect()
    }

    /// All that was told in these lines; others are passed over.
    pub fn of_lines<'a>(lines: impl Iterator<Item = &'a str>) -> Vec<Self> {
        let mut found: Vec<Self> = Vec::new();
        for line in lines {
            let Some(seen) = Self::of_line(line) else {
                continue;
            };
            match found.last_mut() {
                Some(last) if last.step == seen.step => last.bytes.extend(seen.bytes),
                _ => found.push(seen),
            }
        }
        found
    }

    fn of_line(line: &str) -> Option<Self> {
        let (_, told) = line.split_once("saw ")?;
        let mut words = told.splitn(3, ' ');
        let step = words.next()?.parse().ok()?;
        let outcome = match words.next()? {
            "done" => Outcome::Done,
            "refused" => Outcome::Refused,
            "skipped" => Outcome::Skipped,
            _ => return None,
        };
        let bytes = STANDARD.decode(words.next()?.trim_end()).ok()?;
        Some(Self {
            step,
            outcome,
            bytes,
        })
    }

    /// What was seen, as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.bytes).into_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_seen_survives_the_lines() {
        for length in [0, 1, 2249, 2250, 2251, 100_000] {
            let seen = Seen {
                step: 12,
                outcome: Outcome::Refused,
                bytes: (0..length).map(|at| (at % 251) as u8).collect(),
            };
            let lines = seen.lines();
            assert!(lines.iter().all(|line| line.len() < 4096));
            let told = lines.iter().map(|line| format!("[hostile] {line}"));
            let told: Vec<String> = told.collect();
            assert_eq!(Seen::of_lines(told.iter().map(String::as_str)), [seen]);
        }
    }
}
