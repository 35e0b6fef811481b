//! Waiting for the next change of what is selected.

use std::time::Duration;

use ::kube::Client;
use ::kube::client::Body;
use ::kube::core::params::{ListParams, WatchParams};
use serde::Deserialize;

use super::answer::{self, AnswerError};
use super::objects::Resource;

/// How long a server is asked to watch, in seconds, and how long it may take
/// for that.
const WATCHED: u32 = 60;
const SILENCE: Duration = Duration::from_secs(75);

/// Where watching fails, so that a server that refuses to be watched is not
/// flooded.
const PAUSE: Duration = Duration::from_millis(500);

/// A line of a watch; what became of which object is asked for afterwards.
#[derive(Deserialize)]
struct Event {
    #[serde(rename = "type")]
    kind: String,
}

/// Returns at the next change after this version of the list, or when watching
/// fails (then a little later). An error is what no API server sends.
pub(super) async fn until_changed(
    client: &Client,
    resource: &Resource,
    selected: &ListParams,
    version: &str,
) -> Result<(), AnswerError> {
    let wanted = WatchParams {
        label_selector: selected.label_selector.clone(),
        field_selector: selected.field_selector.clone(),
        ..WatchParams::default().timeout(WATCHED)
    };
    let watched = async {
        let Ok(request) = resource.request().watch(&wanted, version) else {
            return Ok(false);
        };
        let answer = match client.send(request.map(Body::from)).await {
            Ok(answer) if answer.status().is_success() => answer,
            _ => return Ok(false),
        };
        let Some(line) = answer::first_line(answer.into_body(), SILENCE).await? else {
            return Ok(false);
        };
        let event: Event =
            serde_json::from_slice(&line).map_err(|error| AnswerError::Json(error.to_string()))?;
        // Such as that the version is too old.
        Ok::<_, AnswerError>(event.kind != "ERROR")
    };
    match tokio::time::timeout(SILENCE, watched).await {
        Ok(Ok(true)) => return Ok(()),
        Ok(Err(error)) if !error.may_pass() => return Err(error),
        _ => {}
    }
    tokio::time::sleep(PAUSE).await;
    Ok(())
}
