//! Carrying out a program that a test wrote (see `tests/hostile-calls`).

mod keys;
mod leaving;
mod machine;
mod objects;

use std::collections::HashMap;

use kubewright_plugin::bindings::phase::kubewright::provision::files;
use kubewright_plugin::{Error, Result, kube, pki, sealed, terminal, tokens, types};
use kubewright_test_hostile_calls::{Call, Item, Outcome, Program, Seen, Text};

/// Reads a program and carries it out.
pub fn run(path: &str) -> Result<()> {
    let program = Program::of_file(&files::read(path)?).map_err(Error::new)?;
    let mut machine = Machine::default();
    for (number, step) in program.steps.iter().enumerate() {
        machine.step = program.first + number;
        let mut last = Err(Refusal::Skipped("it is done no time".to_owned()));
        for time in 0..step.times {
            machine.time = time;
            last = machine.call(&step.call);
            if step.keep
                && let Ok(Got {
                    handle: handle @ Some(_),
                    ..
                }) = &mut last
            {
                machine.kept.extend(handle.take());
            }
        }
        machine.tell(last);
    }
    match program.fails {
        Some(words) => Err(Error::new(machine.text(&words))),
        None => Ok(()),
    }
}

/// What a call gave.
struct Got {
    bytes: Vec<u8>,
    handle: Option<Handle>,
}

enum Handle {
    Value(sealed::Value),
    Token(tokens::Token),
    KeyPair(pki::KeyPair),
    Certificate(pki::Certificate),
    Client(kube::Client),
}

/// Why a call gave nothing.
enum Refusal {
    Host(types::Error),
    Skipped(String),
}

impl From<types::Error> for Refusal {
    fn from(error: types::Error) -> Self {
        Self::Host(error)
    }
}

type Done = Result<Got, Refusal>;

fn bytes(bytes: impl Into<Vec<u8>>) -> Done {
    Ok(Got {
        bytes: bytes.into(),
        handle: None,
    })
}

/// What says little, in the words of Rust.
fn word(value: impl std::fmt::Debug) -> Done {
    bytes(format!("{value:?}"))
}

fn handle(handle: Handle) -> Done {
    Ok(Got {
        bytes: Vec::new(),
        handle: Some(handle),
    })
}

/// What the program has got so far.
#[derive(Default)]
struct Machine {
    step: usize,
    /// The number of the time of this step.
    time: u32,
    handles: HashMap<usize, Handle>,
    seen: HashMap<usize, Vec<u8>>,
    /// Handles of repeated steps, which nobody asks for.
    kept: Vec<Handle>,
}

macro_rules! handles {
    ($($function:ident: $case:ident -> $type:ty),+) => {
        $(fn $function(&self, step: usize) -> Result<&$type, Refusal> {
            match self.handles.get(&step) {
                Some(Handle::$case(handle)) => Ok(handle),
                _ => Err(Refusal::Skipped(format!("step {step} got no such handle"))),
            }
        })+
    };
}

impl Machine {
    handles! {
        value: Value -> sealed::Value,
        token: Token -> tokens::Token,
        key_pair: KeyPair -> pki::KeyPair,
        certificate: Certificate -> pki::Certificate,
        client: Client -> kube::Client
    }

    fn text(&self, text: &Text) -> String {
        self.text_at(text, self.time)
    }

    fn text_at(&self, text: &Text, n: u32) -> String {
        text.make(n, &|step| {
            let seen = self.seen.get(&step).map(Vec::as_slice);
            String::from_utf8_lossy(seen.unwrap_or_default()).into_owned()
        })
    }

    fn texts(&self, items: &[Item<Text>]) -> Vec<String> {
        Item::expand(items, self.time, |text, n| self.text_at(text, n))
    }

    fn call(&self, call: &Call) -> Done {
        keys::call(self, call)
            .or_else(|| objects::call(self, call))
            .or_else(|| machine::call(self, call))
            .or_else(|| leaving::call(self, call))
            .unwrap_or_else(|| Err(Refusal::Skipped(format!("{} is unknown", call.function()))))
    }

    fn tell(&mut self, done: Done) {
        let (outcome, bytes) = match done {
            Ok(got) => {
                if let Some(handle) = got.handle {
                    self.handles.insert(self.step, handle);
                }
                (Outcome::Done, got.bytes)
            }
            Err(Refusal::Host(error)) => {
                let hint = error.hint.unwrap_or_default();
                let text = format!("{:?}: {} ({hint})", error.code, error.message);
                (Outcome::Refused, text.into_bytes())
            }
            Err(Refusal::Skipped(why)) => (Outcome::Skipped, why.into_bytes()),
        };
        self.seen.insert(self.step, bytes.clone());
        let seen = Seen {
            step: self.step,
            outcome,
            bytes,
        };
        for line in seen.lines() {
            terminal::progress(&line);
        }
    }
}
