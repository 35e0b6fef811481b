//! `terminal`: progress, and results for the operator's eyes.

use super::bindings::{sealed, terminal, types};
use super::log::clean_message;
use super::state::PhaseState;
use crate::effect::{Action, Change, Event};

impl terminal::Host for PhaseState {
    async fn progress(&mut self, message: String) -> wasmtime::Result<()> {
        self.enter()?;
        self.tell(Event::Progress {
            phase: self.origin.phase.clone(),
            message: clean_message(&message),
        });
        Ok(())
    }

    async fn show(
        &mut self,
        content: Vec<sealed::Piece>,
    ) -> wasmtime::Result<Result<(), types::Error>> {
        let content = self.content(content)?;
        let action = Action::Show {
            content: content.clone(),
        };
        let (run, phase) = (self.run.clone(), self.origin.phase.clone());
        let landed = self
            .land(action, async |_| {
                run.shown
                    .lock()
                    .unwrap_or_else(std::sync::PoisonError::into_inner)
                    .push((phase, content));
                Ok::<_, types::Error>(((), Change::Unchanged))
            })
            .await?;
        Ok(landed.map(|((), _)| ()))
    }
}
