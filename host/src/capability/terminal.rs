//! `terminal`: progress, and results for the operator's eyes.

use super::bindings::{sealed, terminal, types};
use super::log::clean_message;
use super::state::PhaseState;
use crate::effect::{Action, Change, Event, SecretKind};

impl terminal::Host for PhaseState {
    async fn progress(&mut self, message: String) -> wasmtime::Result<()> {
        self.enter()?;
        self.since_last_line();
        self.tell(Event::Progress {
            phase: self.origin.phase.clone(),
            topic: None,
            message: clean_message(&message),
        });
        Ok(())
    }

    async fn progress_under(&mut self, topic: String, message: String) -> wasmtime::Result<()> {
        self.enter()?;
        let elapsed = format!("{:.6}", self.since_last_line().as_secs_f64());
        self.tell(Event::Progress {
            phase: self.origin.phase.clone(),
            topic: Some(clean_message(&topic)),
            message: clean_message(&message.replace("{elapsed}", &elapsed)),
        });
        Ok(())
    }

    async fn show(
        &mut self,
        content: Vec<sealed::Piece>,
    ) -> wasmtime::Result<Result<(), types::Error>> {
        self.enter()?;
        let content = self.content(content)?;
        // Terminals are watched, recorded and scrolled back.
        if content.kinds().contains(&SecretKind::PrivateKey) {
            return Ok(Err(types::Error {
                code: types::ErrorCode::Sealed,
                message: "a private key is never shown".to_owned(),
                hint: Some("write it into a file".to_owned()),
            }));
        }
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
