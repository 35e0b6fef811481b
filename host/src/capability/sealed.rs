//! `sealed`: secrets that a component places but never sees.

use wasmtime::component::Resource;

use super::bindings::sealed;
use super::gate::Answer;
use super::refusal::Refusal;
use super::state::PhaseState;
use crate::effect::{Content, Encoding, Piece, SealedValue};

impl PhaseState {
    /// Content as the component gave it, with the values its handles stand for.
    pub fn content(&mut self, pieces: Vec<sealed::Piece>) -> Result<Content, Refusal> {
        let pieces = pieces
            .into_iter()
            .map(|piece| {
                Ok(match piece {
                    sealed::Piece::Text(text) => Piece::Plain(text.into_bytes()),
                    sealed::Piece::Bytes(bytes) => Piece::Plain(bytes),
                    sealed::Piece::Sealed(handle) => {
                        Piece::Sealed(self.table.get(&handle)?.clone())
                    }
                })
            })
            .collect::<Result<_, Refusal>>()?;
        let content = Content::new(pieces);
        // As it lands, and as it is shown: labels may be longer than secrets.
        self.budget
            .spend(content.len().max(content.shown_len() / 4))?;
        Ok(content)
    }
}

pub async fn compose(
    state: &mut PhaseState,
    pieces: Vec<sealed::Piece>,
    encoding: sealed::Encoding,
) -> Answer<Resource<SealedValue>> {
    let encoding = match encoding {
        sealed::Encoding::Plain => Encoding::Plain,
        sealed::Encoding::Base64 => Encoding::Base64,
        sealed::Encoding::JsonString => Encoding::JsonString,
    };
    let value = state.content(pieces)?.seal(encoding)?;
    state.hand(value)
}

pub async fn label(state: &mut PhaseState, value: Resource<SealedValue>) -> Answer<String> {
    let label = state.table.get(&value)?.label().to_owned();
    state.answer(label)
}
