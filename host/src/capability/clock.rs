//! `clock`: the time of the run.

use super::bindings::clock;
use super::state::PhaseState;

impl clock::Host for PhaseState {
    async fn now(&mut self) -> wasmtime::Result<i64> {
        self.enter()?;
        Ok(self.world().now)
    }
}
