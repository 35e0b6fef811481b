//! `clock`: the time of the run.

use super::gate::Answer;
use super::state::PhaseState;

pub async fn now(state: &mut PhaseState) -> Answer<i64> {
    state.answer(state.world().now)
}
