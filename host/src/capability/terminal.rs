//! `terminal`: progress, and results for the operator's eyes.

use super::bindings::{sealed, types};
use super::gate::Answer;
use super::log::clean_message;
use super::refusal::Refusal;
use super::state::PhaseState;
use crate::effect::{Event, SecretKind, Show};

pub async fn progress(state: &mut PhaseState, message: String) -> Answer<()> {
    state.since_last_line();
    state.tell(Event::Progress {
        phase: state.origin.phase.clone(),
        topic: None,
        message: clean_message(&message),
    });
    state.answer(())
}

pub async fn progress_under(state: &mut PhaseState, topic: String, message: String) -> Answer<()> {
    let elapsed = format!("{:.6}", state.since_last_line().as_secs_f64());
    state.tell(Event::Progress {
        phase: state.origin.phase.clone(),
        topic: Some(clean_message(&topic)),
        // Cut first: the elapsed time may stand in it often.
        message: clean_message(&clean_message(&message).replace("{elapsed}", &elapsed)),
    });
    state.answer(())
}

pub async fn show(state: &mut PhaseState, content: Vec<sealed::Piece>) -> Answer<()> {
    let content = state.content(content)?;
    // Terminals are watched, recorded and scrolled back.
    if content.kinds().contains(&SecretKind::PrivateKey) {
        return Err(Refusal::Told(types::Error {
            code: types::ErrorCode::Sealed,
            message: "a private key is never shown".to_owned(),
            hint: Some("write it into a file".to_owned()),
        }));
    }
    let effect = Show {
        phase: state.origin.phase.clone(),
        content,
        to: state.run.shown.clone(),
    };
    let ((), _) = state.land(effect).await?;
    state.answer(())
}
