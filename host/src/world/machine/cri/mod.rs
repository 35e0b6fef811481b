//! The container runtime, through the CRI API v1 (gRPC over a unix socket).

pub(super) mod messages;

use std::sync::Arc;
use std::time::Duration;

use hyper_util::rt::TokioIo;
use tonic::transport::{Channel, Endpoint};

use super::grpc;
use super::root::{self, Root};
use crate::kube::answer::{self, cut};
use crate::world::{MachinePath, Pod, RuntimeError};
pub use messages::{ContainerState, ContainerStatus};

/// For questions, and for stopping a Pod: what kubeadm gives them
/// (`app/util/runtime/runtime.go`).
const TIMEOUT: Duration = Duration::from_secs(10);
const STOP_TIMEOUT: Duration = Duration::from_secs(60);

/// In characters: what is repeated of a socket that is none.
const SHOWN: usize = 200;

const RUNTIME: &str = "/runtime.v1.RuntimeService/";
const IMAGES: &str = "/runtime.v1.ImageService/";

/// A connection to a container runtime.
pub struct Cri {
    socket: String,
    channel: Channel,
}

/// The newest container of a static Pod.
#[derive(Clone, Debug, PartialEq)]
pub struct StaticContainer {
    /// How often it was started again.
    pub restarts: u32,
    pub status: ContainerStatus,
}

impl StaticContainer {
    /// Whether its program ended, or did so before and was started again.
    pub fn ends(&self) -> bool {
        self.restarts > 0 || self.status.state() == ContainerState::Exited
    }
}

impl Cri {
    /// Connects; `socket` is a path below the root, or as in configurations:
    /// `unix:///run/containerd/containerd.sock`.
    pub async fn connect(root: Arc<dyn Root>, socket: &str) -> Result<Self, RuntimeError> {
        let path = socket.strip_prefix("unix://").unwrap_or(socket);
        let path =
            MachinePath::parse(path).map_err(|_| RuntimeError::Socket(cut(socket, SHOWN)))?;
        let unreachable =
            |source: Box<dyn std::error::Error + Send + Sync>| RuntimeError::Unreachable {
                socket: socket.to_owned(),
                source,
            };
        // Asked first for an error in the words of the operating system.
        root::connect(&*root, &path)
            .await
            .map_err(|error| unreachable(Box::new(error)))?;
        let connector = tower::service_fn(move |_: http::Uri| {
            let (root, path) = (Arc::clone(&root), path.clone());
            async move { root::connect(&*root, &path).await.map(TokioIo::new) }
        });
        // gRPC wants a host name; nothing looks at it on a unix socket.
        let channel = Endpoint::from_static("http://localhost")
            .connect_timeout(TIMEOUT)
            .http2_max_header_list_size(grpc::HEADER_LIMIT)
            .connect_with_connector(connector)
            .await
            .map_err(|error| unreachable(Box::new(error)))?;
        Ok(Self {
            socket: socket.to_owned(),
            channel,
        })
    }

    async fn call<Q, A>(
        &self,
        service: &str,
        method: &'static str,
        timeout: Option<Duration>,
        question: Q,
    ) -> Result<A, RuntimeError>
    where
        Q: prost::Message + 'static,
        A: prost::Message + Default + 'static,
    {
        grpc::unary(
            &self.channel,
            format!("{service}{method}"),
            timeout,
            question,
        )
        .await
        .map_err(|status| RuntimeError::Call {
            socket: self.socket.clone(),
            method,
            status,
        })
    }

    /// Name and version: `containerd 2.1.9`.
    pub async fn version(&self) -> Result<String, RuntimeError> {
        let question = messages::VersionRequest::default();
        let answer: messages::VersionResponse = self
            .call(RUNTIME, "Version", Some(TIMEOUT), question)
            .await?;
        Ok(format!(
            "{} {}",
            answer.runtime_name, answer.runtime_version
        ))
    }

    /// Why the runtime is not ready, if it is not. The network is not asked
    /// about: that comes when the cluster is there.
    pub async fn not_ready(&self) -> Result<Option<String>, RuntimeError> {
        let question = messages::StatusRequest { verbose: false };
        let answer: messages::StatusResponse = self
            .call(RUNTIME, "Status", Some(TIMEOUT), question)
            .await?;
        let conditions = answer.status.unwrap_or_default().conditions;
        Ok(conditions
            .into_iter()
            .find(|one| one.kind == "RuntimeReady" && !one.status)
            .map(|one| format!("reason: {}, message: {}", one.reason, one.message)))
    }

    /// The image of Pods' sandboxes, where the runtime says.
    pub async fn sandbox_image(&self) -> Result<Option<String>, RuntimeError> {
        let question = messages::StatusRequest { verbose: true };
        let answer: messages::StatusResponse = self
            .call(RUNTIME, "Status", Some(TIMEOUT), question)
            .await?;
        let config: Option<serde_json::Value> = answer
            .info
            .get("config")
            .and_then(|text| answer::value(text.as_bytes()).ok());
        Ok(config
            .and_then(|config| Some(config.get("sandboxImage")?.as_str()?.to_owned()))
            .filter(|image| !image.is_empty()))
    }

    /// Whether the kubelet can ask the runtime for its cgroup driver
    /// (KEP 4033).
    pub async fn tells_cgroup_driver(&self) -> Result<bool, RuntimeError> {
        let asked: Result<messages::Empty, _> = self
            .call(RUNTIME, "RuntimeConfig", Some(TIMEOUT), messages::Empty {})
            .await;
        match asked {
            Ok(_) => Ok(true),
            Err(RuntimeError::Call { status, .. })
                if status.code() == tonic::Code::Unimplemented =>
            {
                Ok(false)
            }
            Err(error) => Err(error),
        }
    }

    /// Whether an image is there.
    pub async fn has_image(&self, image: &str) -> Result<bool, RuntimeError> {
        let answer: messages::ImageStatusResponse = self
            .call(IMAGES, "ImageStatus", Some(TIMEOUT), spec(image))
            .await?;
        Ok(answer.image.is_some())
    }

    /// Pulls an image. That takes as long as it takes.
    pub async fn pull_image(&self, image: &str) -> Result<(), RuntimeError> {
        let _: messages::PullImageResponse =
            self.call(IMAGES, "PullImage", None, spec(image)).await?;
        Ok(())
    }

    /// All Pods that the runtime has, running or not.
    pub async fn pods(&self) -> Result<Vec<Pod>, RuntimeError> {
        let answer: messages::ListPodSandboxResponse = self
            .call(RUNTIME, "ListPodSandbox", Some(TIMEOUT), messages::Empty {})
            .await?;
        Ok(answer
            .items
            .into_iter()
            .map(|pod| {
                let metadata = pod.metadata.unwrap_or_default();
                Pod {
                    id: pod.id,
                    name: format!("{}/{}", metadata.namespace, metadata.name),
                }
            })
            .collect())
    }

    /// Stops a Pod with all of its containers, then removes it.
    pub async fn remove_pod(&self, id: &str) -> Result<(), RuntimeError> {
        for method in ["StopPodSandbox", "RemovePodSandbox"] {
            let pod = messages::PodSandboxId {
                pod_sandbox_id: id.to_owned(),
            };
            let _: messages::Empty = self.call(RUNTIME, method, Some(STOP_TIMEOUT), pod).await?;
        }
        Ok(())
    }

    /// The newest container of a static Pod, whose only container has the
    /// Pod's name; none where the kubelet has made none.
    pub async fn static_container(
        &self,
        name: &str,
    ) -> Result<Option<StaticContainer>, RuntimeError> {
        let labels = [
            ("io.kubernetes.container.name", name),
            ("io.kubernetes.pod.namespace", "kube-system"),
        ];
        let question = messages::ListContainersRequest {
            filter: Some(messages::ContainerFilter {
                label_selector: labels
                    .map(|(key, value)| (key.to_owned(), value.to_owned()))
                    .into(),
            }),
        };
        let answer: messages::ListContainersResponse = self
            .call(RUNTIME, "ListContainers", Some(TIMEOUT), question)
            .await?;
        let Some(newest) = answer
            .containers
            .into_iter()
            .max_by_key(|one| one.created_at)
        else {
            return Ok(None);
        };
        let question = messages::ContainerStatusRequest {
            container_id: newest.id,
        };
        let answer: messages::ContainerStatusResponse = self
            .call(RUNTIME, "ContainerStatus", Some(TIMEOUT), question)
            .await?;
        Ok(answer.status.map(|status| StaticContainer {
            restarts: newest.metadata.unwrap_or_default().attempt,
            status,
        }))
    }
}

fn spec(image: &str) -> messages::ImageRequest {
    messages::ImageRequest {
        image: Some(messages::ImageSpec {
            image: image.to_owned(),
        }),
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::world::machine::MachineFiles;

    #[tokio::test]
    async fn a_runtime_that_is_not_there_says_so() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.sock");
        let cases = [
            (
                format!("unix://{}", path.display()),
                "cannot connect to the container runtime",
            ),
            ("tcp://10.0.0.1:3735".to_owned(), "unix:///"),
        ];
        for (socket, wanted) in cases {
            let root = Arc::new(MachineFiles::open(Path::new("/")).unwrap());
            let connected = Cri::connect(root, &socket).await;
            let error = connected.err().unwrap().to_string();
            assert!(error.contains(wanted) && error.contains(&socket), "{error}");
        }
    }
}
