//! The kubelet's service. A machine without a service manager, or without the
//! unit, is the operator's business: it is said, and the run goes on.

use kubewright_plugin::node::{self, ServiceAction};
use kubewright_plugin::types::ErrorCode;
use kubewright_plugin::{Context, Result, warn};

/// Starts, stops or restarts the kubelet.
pub fn act(action: ServiceAction) -> Result<()> {
    let (verb, consequence) = match action {
        ServiceAction::Start => (
            "start",
            "please ensure that the kubelet is reloaded and running",
        ),
        ServiceAction::Stop => ("stop", "it may read half of its new configuration"),
        ServiceAction::Restart => ("restart", "please restart it"),
    };
    match node::service("kubelet", action) {
        Ok(_) => Ok(()),
        Err(error) if matches!(error.code, ErrorCode::Unavailable | ErrorCode::NotFound) => {
            warn!(
                "could not {verb} the kubelet service: {}; {consequence}",
                error.message
            );
            Ok(())
        }
        Err(error) => {
            Err(error).with_context(|| format!("asking for the kubelet service to {verb}"))
        }
    }
}
