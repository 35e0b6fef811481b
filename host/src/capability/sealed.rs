//! `sealed`: secrets that a component places but never sees.

use wasmtime::component::Resource;

use super::bindings::{sealed, types};
use super::state::{PhaseState, wit_error};
use crate::effect::{Content, Encoding, Piece, SealedValue};

impl PhaseState {
    /// Content as the component gave it, with the values its handles stand for.
    pub fn content(&mut self, pieces: Vec<sealed::Piece>) -> wasmtime::Result<Content> {
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
            .collect::<wasmtime::Result<_>>()?;
        let content = Content::new(pieces);
        self.spend(content.len())?;
        Ok(content)
    }
}

impl sealed::Host for PhaseState {
    async fn compose(
        &mut self,
        pieces: Vec<sealed::Piece>,
        encoding: sealed::Encoding,
    ) -> wasmtime::Result<Result<Resource<SealedValue>, types::Error>> {
        self.enter()?;
        let encoding = match encoding {
            sealed::Encoding::Plain => Encoding::Plain,
            sealed::Encoding::Base64 => Encoding::Base64,
            sealed::Encoding::JsonString => Encoding::JsonString,
        };
        match self.content(pieces)?.seal(encoding) {
            Ok(value) => Ok(Ok(self.table.push(value)?)),
            Err(error) => Ok(Err(wit_error(types::ErrorCode::Invalid, &error))),
        }
    }
}

impl sealed::HostValue for PhaseState {
    async fn label(&mut self, value: Resource<SealedValue>) -> wasmtime::Result<String> {
        Ok(self.table.get(&value)?.label().to_owned())
    }

    async fn drop(&mut self, value: Resource<SealedValue>) -> wasmtime::Result<()> {
        self.table.delete(value)?;
        Ok(())
    }
}
