//! Programs of host calls. A test or a fuzzer writes one, the phase
//! `hostile/program` of the component `tests/hostile` carries it out and tells
//! what it saw of each step.
//!
//! A program is JSON; every part of it has a type here:
//!
//! ```json
//! {"steps": [
//!   {"call": {"pki.load-key-pair": {"name": "sa", "key": "/etc/kubernetes/pki/sa.key"}}},
//!   {"call": {"pki.key-pair.private-key-pem": {"of": 0}}},
//!   {"call": {"files.write": {"path": "/srv/hostile/x", "mode": 384,
//!       "content": [{"text": "x"}, {"sealed": 1}]}}},
//!   {"call": {"files.read": {"path": "/srv/hostile/x"}}}
//! ]}
//! ```
//!
//! Steps are numbered from 0. A step that takes a handle names the step that
//! got it; one whose handle is not there is skipped, so that every program
//! comes to its end.

mod calls;
pub mod every;
pub mod judge;
mod outcome;
pub mod random;
pub mod shorthand;
mod text;
mod types;

pub use calls::{Call, FUNCTIONS};
pub use outcome::{Outcome, Seen};
use serde::{Deserialize, Serialize};
pub use text::{Item, Made, Piece, Text};
pub use types::{
    Algorithm, Alphabet, Condition, Encoding, Existing, ExtendedUsage, Group, KeyUsage, Level,
    NotBefore, PatchType, Placement, Profile, Question, Reference, SealedField, Selection, Serial,
    ServiceAction, Target, Trust,
};

/// Where the phase `hostile/program` finds its program.
pub const PROGRAM: &str = "/srv/hostile/program";
/// Where the phase `hostile/then` does, which runs after it.
pub const THEN: &str = "/srv/hostile/then";

/// What the component does, step by step.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Program {
    /// The number of the first step.
    #[serde(default, skip_serializing_if = "is_none")]
    pub first: usize,
    /// In this order.
    pub steps: Vec<Step>,
    /// The phase fails at its end, in these words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fails: Option<Text>,
}

/// One call.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Step {
    /// What is called.
    pub call: Call,
    /// How often; `{n}` in texts becomes the number, from 0. What is told is
    /// the last outcome.
    #[serde(default = "once", skip_serializing_if = "is_once")]
    pub times: u32,
    /// Whether the handles of all times stay open, and not only the last one.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub keep: bool,
}

fn once() -> u32 {
    1
}

fn is_none(first: &usize) -> bool {
    *first == 0
}

fn is_once(times: &u32) -> bool {
    *times == 1
}

impl Program {
    /// One that does nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// One whose steps are counted on from this one's, for a later phase of
    /// the same run. Handles do not outlive a phase.
    pub fn after(other: &Self) -> Self {
        Self {
            first: other.first + other.steps.len(),
            ..Self::default()
        }
    }

    /// Adds a call; gives the number of the step.
    pub fn call(&mut self, call: Call) -> usize {
        self.repeat(1, call)
    }

    /// Adds a call that is made so often.
    pub fn repeat(&mut self, times: u32, call: Call) -> usize {
        self.steps.push(Step {
            call,
            times,
            keep: false,
        });
        self.first + self.steps.len() - 1
    }

    /// Adds a call that is made so often and whose handles all stay open.
    pub fn keep(&mut self, times: u32, call: Call) -> usize {
        let step = self.repeat(times, call);
        self.steps[step - self.first].keep = true;
        step
    }

    /// As the file that the component reads. The host looks for secrets in
    /// files that are read, and a program is full of what looks like one: each
    /// byte is two letters that are no hexadecimal digits, a few to a word.
    pub fn file(&self) -> Vec<u8> {
        let json = serde_json::to_vec(self).expect("programs are JSON");
        let mut file = Vec::with_capacity(json.len() * 5 / 2);
        for word in json.chunks(4) {
            file.extend(
                word.iter()
                    .flat_map(|byte| [b'g' + (byte >> 4), b'g' + (byte & 15)]),
            );
            file.push(b'\n');
        }
        file
    }

    /// The program in a file, or what is wrong with it.
    pub fn of_file(file: &[u8]) -> Result<Self, String> {
        let letters: Vec<u8> = file
            .iter()
            .filter(|byte| **byte != b'\n')
            .map(|byte| byte.wrapping_sub(b'g'))
            .collect();
        if letters.iter().any(|letter| *letter > 15) {
            return Err("it has other letters than g to v".to_owned());
        }
        let json: Vec<u8> = letters
            .chunks(2)
            .map(|pair| pair[0] << 4 | pair.get(1).unwrap_or(&0))
            .collect();
        serde_json::from_slice(&json).map_err(|error| error.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_survives_its_file() {
        let mut program = Program::new();
        let key = program.call(Call::PkiLoadKeyPair {
            name: "sa".into(),
            key: "/etc/kubernetes/pki/sa.key".into(),
        });
        program.keep(7, Call::PkiKeyPairPrivateKeyPem { of: key });
        let file = program.file();
        assert!(!String::from_utf8_lossy(&file).contains("sa"));
        assert_eq!(Program::of_file(&file).as_ref(), Ok(&program));
        assert_eq!(Program::after(&program).call(Call::ClockNow {}), 2);
        assert!(Program::of_file(b"{}").is_err());
    }

    #[test]
    fn the_form_is_the_documented_one() {
        let documented = r#"{"steps": [
            {"call": {"pki.load-key-pair": {"name": "sa", "key": "/etc/kubernetes/pki/sa.key"}}},
            {"call": {"files.write": {"path": {"repeat": {"text": "x", "times": 3}}, "mode": 384,
                "content": [{"text": "x"}, {"bytes": "eA=="}, {"sealed": 1}, {"many": {"piece": {"seen": 0}, "times": 2}}]}},
             "times": 5},
            {"call": {"clock.now": {}}}
        ]}"#;
        let program: Program = serde_json::from_str(documented).unwrap();
        assert_eq!(program.steps.len(), 3);
        assert_eq!(program.steps[1].times, 5);
        assert_eq!(program.steps[1].call.function(), "files.write");
    }
}
