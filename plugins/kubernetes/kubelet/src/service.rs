//! The kubelet's service. A machine without a service manager, or without the
//! unit, is the operator's business: it is said, and the run goes on.

use kubewright_plugin::node::{self, ServiceAction};
use kubewright_plugin::types::ErrorCode;
use kubewright_plugin::{Context, Result, warn};

/// Starts or stops the kubelet; gives whether that was done, or was so
/// already. Where it cannot be, the operator is told, with what to do instead.
pub fn act(action: ServiceAction, instead: &str) -> Result<bool> {
    let verb = match action {
        ServiceAction::Start => "start",
        ServiceAction::Stop => "stop",
        ServiceAction::Restart => "restart",
    };
    match node::service("kubelet", action) {
        Ok(_) => Ok(true),
        Err(error) if matches!(error.code, ErrorCode::Unavailable | ErrorCode::NotFound) => {
            warn!(
                "could not {verb} the kubelet service: {}; {instead}",
                error.message
            );
            Ok(false)
        }
        Err(error) => {
            Err(error).with_context(|| format!("asking for the kubelet service to {verb}"))
        }
    }
}
