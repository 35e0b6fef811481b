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
        topic: Some(topic).filter(|topic| is_topic(topic)),
        // Cut first: the elapsed time may stand in it often.
        message: clean_message(&clean_message(&message).replace("{elapsed}", &elapsed)),
    });
    state.answer(())
}

pub async fn warn_under(state: &mut PhaseState, topic: String, message: String) -> Answer<()> {
    let phase = match is_topic(&topic) {
        true => topic,
        false => state.origin.phase.clone(),
    };
    state.tell(Event::Warning {
        phase,
        message: clean_message(&message),
    });
    state.answer(())
}

/// Whether it can stand in the brackets: a word, and none that this program has
/// for what it says itself.
fn is_topic(text: &str) -> bool {
    const OURS: [&str; 5] = ["error", "hint", "kubewright", "policy", "warning"];
    let is_letter = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    (1..=40).contains(&text.len()) && text.bytes().all(is_letter) && !OURS.contains(&text)
}

pub async fn show(state: &mut PhaseState, content: Vec<sealed::Piece>) -> Answer<()> {
    let content = state.content(content)?;
    // Terminals are watched, recorded and scrolled back.
    let kinds = content.kinds();
    let is_key = |kind| kinds.contains(&kind);
    if is_key(SecretKind::PrivateKey) || is_key(SecretKind::Encrypted) {
        return Err(Refusal::Told(types::Error {
            code: types::ErrorCode::Sealed,
            message: "a private key is never shown, encrypted or not".to_owned(),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_topic_is_a_word_of_nobody_elses() {
        for (text, wanted) in [
            ("apiclient", true),
            ("kubelet-check", true),
            ("certs] done\nerror: x [", false),
            ("\u{202e}", false),
            ("token-discovery", true),
            ("1", true),
            ("", false),
            ("error", false),
            ("warning", false),
            ("WARNING x", false),
            ("a] [b", false),
            ("a\n", false),
            ("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", false),
        ] {
            assert_eq!(is_topic(text), wanted, "{text:?}");
        }
    }
}
