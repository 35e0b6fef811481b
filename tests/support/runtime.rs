//! A container runtime, as far as a reset asks it (the CRI API v1).

use std::os::unix::net::UnixListener;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use prost::Message;

use super::grpc::{Answer, serve};

#[derive(Clone, PartialEq, Message)]
struct Metadata {
    #[prost(string, tag = "1")]
    name: String,
    #[prost(string, tag = "3")]
    namespace: String,
}

#[derive(Clone, PartialEq, Message)]
struct Sandbox {
    #[prost(string, tag = "1")]
    id: String,
    #[prost(message, optional, tag = "2")]
    metadata: Option<Metadata>,
}

#[derive(Clone, PartialEq, Message)]
struct Sandboxes {
    #[prost(message, repeated, tag = "1")]
    items: Vec<Sandbox>,
}

#[derive(Clone, PartialEq, Message)]
struct SandboxId {
    #[prost(string, tag = "1")]
    id: String,
}

/// A container runtime: its Pods, what it refuses how often, what it was asked.
#[derive(Default)]
pub struct Runtime {
    pods: Mutex<Vec<&'static str>>,
    refusals: Mutex<Vec<&'static str>>,
    calls: Mutex<Vec<String>>,
}

impl Runtime {
    /// Listens at a path until the test is over.
    pub fn listen(at: PathBuf, pods: &[&'static str], refusals: &[&'static str]) -> Arc<Self> {
        let runtime = Arc::new(Self {
            pods: Mutex::new(pods.to_vec()),
            refusals: Mutex::new(refusals.to_vec()),
            ..Self::default()
        });
        std::fs::create_dir_all(at.parent().unwrap()).unwrap();
        let listener = UnixListener::bind(at).unwrap();
        let shared = Arc::clone(&runtime);
        std::thread::spawn(move || {
            let on_one_thread = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .unwrap();
            on_one_thread.block_on(async {
                listener.set_nonblocking(true).unwrap();
                let listener = tokio::net::UnixListener::from_std(listener).unwrap();
                while let Ok((stream, _)) = listener.accept().await {
                    let shared = Arc::clone(&shared);
                    let answers =
                        Arc::new(move |path: &str, message: &[u8]| shared.answer(path, message));
                    tokio::spawn(serve(stream, answers));
                }
            });
        });
        runtime
    }

    fn answer(&self, path: &str, message: &[u8]) -> Answer {
        let method = path.rsplit('/').next().unwrap_or_default();
        let id = SandboxId::decode(message).unwrap_or_default().id;
        let call = format!("{method} {id}").trim().to_owned();
        self.calls.lock().unwrap().push(call.clone());
        let mut refusals = self.refusals.lock().unwrap();
        if let Some(at) = refusals.iter().position(|one| *one == call) {
            refusals.remove(at);
            return Err((2, "device or resource busy"));
        }
        let mut pods = self.pods.lock().unwrap();
        match method {
            "ListPodSandbox" => {
                let items = pods.iter().map(|name| Sandbox {
                    id: (*name).to_owned(),
                    metadata: Some(Metadata {
                        name: (*name).to_owned(),
                        namespace: "kube-system".to_owned(),
                    }),
                });
                let items = items.collect();
                Ok(Sandboxes { items }.encode_to_vec())
            }
            "RemovePodSandbox" => {
                pods.retain(|name| *name != id);
                Ok(Vec::new())
            }
            "StopPodSandbox" => Ok(Vec::new()),
            _ => Err((12, "unknown method")),
        }
    }

    pub fn pods(&self) -> Vec<&'static str> {
        self.pods.lock().unwrap().clone()
    }

    pub fn calls(&self) -> Vec<String> {
        self.calls.lock().unwrap().clone()
    }
}
