//! Stopping the kubelet.

use kubewright_leaving::Teller;
use kubewright_plugin::Result;
use kubewright_plugin::node::{self, ServiceAction};
use kubewright_plugin::types::{Change, ErrorCode};

const KUBELET: &str = "kubelet";

/// Stops it, and says whether it still runs. Where that cannot be done it is
/// told, as kubeadm tells it, and the reset goes on.
pub fn stop(teller: Teller) -> Result<bool> {
    let error = match node::service(KUBELET, ServiceAction::Stop) {
        Ok(Change::Unchanged) => return Ok(false),
        Ok(_) => {
            teller.step("stopped the service", KUBELET, "");
            return Ok(false);
        }
        Err(error) if error.code == ErrorCode::NotFound => return Ok(false),
        Err(error) => error,
    };
    teller.warning(&format!(
        "The kubelet service could not be stopped by kubewright: {}",
        error.message
    ));
    let runs = node::service_active(KUBELET).unwrap_or(false);
    teller.warning(match runs {
        true => "Please ensure kubelet is stopped manually: it runs, and puts back what is removed",
        false => "Please ensure kubelet is stopped manually",
    });
    Ok(runs)
}
