//! The door to the container runtime.

use super::Door;
use crate::causes::chain;

/// Why the container runtime did not do it.
#[derive(Debug, thiserror::Error)]
pub enum RuntimeError {
    #[error("{0:?} is not the socket of a container runtime: wanted unix:///run/example.sock")]
    Socket(String),
    #[error("cannot connect to the container runtime at {socket}")]
    Unreachable {
        socket: String,
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    #[error(
        "the container runtime at {socket} refuses {method}: {}",
        words(status)
    )]
    Call {
        socket: String,
        method: &'static str,
        /// No cause, but the answer itself: shown as one, its message would
        /// come a second time, in quotes within quotes.
        status: Box<tonic::Status>,
    },
}

/// The message, and why there is no answer where there is none.
fn words(status: &tonic::Status) -> String {
    let message = status.message();
    match std::error::Error::source(status).map(chain) {
        Some(cause) if !message.contains(&cause) => format!("{message}: {cause}"),
        _ => message.to_owned(),
    }
}

/// What a container runtime says of itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RuntimeState {
    /// `containerd 2.1.9`
    pub version: String,
    /// Why it is not ready; none where it is.
    pub not_ready: Option<String>,
    /// Whether the kubelet can ask it for its cgroup driver.
    pub tells_cgroup_driver: bool,
    /// The image of Pods' sandboxes, where it says.
    pub sandbox_image: Option<String>,
}

/// A Pod that a container runtime has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pod {
    pub id: String,
    /// `kube-system/etcd-cp1`
    pub name: String,
}

/// A container runtime, by its socket (`unix:///run/containerd/containerd.sock`).
pub trait ContainerRuntime: Send + Sync {
    fn state<'a>(&'a self, socket: &'a str) -> Door<'a, Result<RuntimeState, RuntimeError>>;
    /// Whether it has an image.
    fn has_image<'a>(
        &'a self,
        socket: &'a str,
        image: &'a str,
    ) -> Door<'a, Result<bool, RuntimeError>>;
    /// Pulls an image, with as many tries as kubeadm makes.
    fn pull_image<'a>(
        &'a self,
        socket: &'a str,
        image: &'a str,
    ) -> Door<'a, Result<(), RuntimeError>>;
    /// All Pods that it has, running or not. One that is not there has none.
    fn pods<'a>(&'a self, _socket: &'a str) -> Door<'a, Result<Vec<Pod>, RuntimeError>> {
        Box::pin(std::future::ready(Ok(Vec::new())))
    }
    /// Stops and removes a Pod, with as many tries as kubeadm makes.
    fn remove_pod<'a>(
        &'a self,
        _socket: &'a str,
        _id: &'a str,
    ) -> Door<'a, Result<(), RuntimeError>> {
        Box::pin(std::future::ready(Ok(())))
    }
}

/// A container runtime that is well and has every image: that of a sandbox.
pub struct IdealRuntime;

impl ContainerRuntime for IdealRuntime {
    fn state<'a>(&'a self, _socket: &'a str) -> Door<'a, Result<RuntimeState, RuntimeError>> {
        Box::pin(std::future::ready(Ok(RuntimeState {
            tells_cgroup_driver: true,
            ..RuntimeState::default()
        })))
    }

    fn has_image<'a>(
        &'a self,
        _socket: &'a str,
        _image: &'a str,
    ) -> Door<'a, Result<bool, RuntimeError>> {
        Box::pin(std::future::ready(Ok(true)))
    }

    fn pull_image<'a>(
        &'a self,
        _socket: &'a str,
        _image: &'a str,
    ) -> Door<'a, Result<(), RuntimeError>> {
        Box::pin(std::future::ready(Ok(())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_is_said_once() {
        let refusal = |status| {
            chain(&RuntimeError::Call {
                socket: "unix:///run/x.sock".to_owned(),
                method: "PullImage",
                status: Box::new(status),
            })
        };
        const START: &str = "the container runtime at unix:///run/x.sock refuses PullImage: ";
        let answered = tonic::Status::not_found("no image \"a:b\"");
        assert_eq!(refusal(answered), format!("{START}no image \"a:b\""));
        let broken = tonic::Status::from_error(Box::new(std::io::Error::other("broken pipe")));
        let said = refusal(broken);
        assert_eq!(said.matches("broken pipe").count(), 1, "{said}");
    }
}
