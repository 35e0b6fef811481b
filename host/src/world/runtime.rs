//! The door to the container runtime.

use super::Door;

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
    #[error("the container runtime at {socket} refuses {method}: {}", source.message())]
    Call {
        socket: String,
        method: &'static str,
        #[source]
        source: Box<tonic::Status>,
    },
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
