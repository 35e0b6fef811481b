use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use super::*;
use crate::world::machine::{MachineFiles, grpc_server};
use crate::world::sandbox::SandboxFiles;
use crate::world::{MachinePath, Trust};

fn health() -> MachineHealth {
    MachineHealth::new(Arc::new(SandboxFiles::over(None)))
}

fn target(url: String, trust: Trust) -> HealthTarget {
    HealthTarget {
        name: "kube-apiserver".to_owned(),
        url,
        trust,
        workload: String::new(),
    }
}

/// A server that answers 503 `refusals` times, then 200.
async fn server(refusals: usize) -> (u16, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let asked = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&asked);
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut request = [0; 1024];
            let _ = stream.read(&mut request).await;
            let answer = match count.fetch_add(1, Ordering::SeqCst) < refusals {
                true => "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 8\r\n\r\nnot yet\n",
                false => "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
            };
            let _ = stream.write_all(answer.as_bytes()).await;
        }
    });
    (port, asked)
}

#[tokio::test]
async fn waits_until_healthy_and_tells_why_not_yet() {
    let (port, asked) = server(2).await;
    let (ready, _) = server(0).await;
    let told = Mutex::new(Vec::new());
    let tell = |waiting: &[Waiting]| told.lock().unwrap().extend_from_slice(waiting);
    let targets = [
        target(format!("http://127.0.0.1:{port}/livez"), Trust::Plain),
        target(format!("http://127.0.0.1:{ready}/livez"), Trust::Plain),
    ];
    let waited = health()
        .await_healthy(&targets, Duration::from_secs(20), &tell)
        .await;
    assert!(waited.is_ok(), "{waited:?}");
    assert_eq!(asked.load(Ordering::SeqCst), 3);
    let told = told.into_inner().unwrap();
    assert_eq!(
        told.len(),
        1,
        "told once, since it did not change: {told:?}"
    );
    assert_eq!(
        told[0].reason,
        "it answers 503 Service Unavailable: not yet"
    );
}

#[tokio::test]
async fn what_never_is_healthy_is_named_with_its_reason() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    let (plain, _) = server(0).await;
    let cases = [
        (
            format!("http://127.0.0.1:{port}/healthz"),
            Trust::Plain,
            "connection refused",
        ),
        (
            format!("https://127.0.0.1:{plain}/healthz"),
            Trust::Unverified,
            "no TLS connection",
        ),
    ];
    for (url, trust, wanted) in cases {
        let error = health()
            .await_healthy(&[target(url, trust)], Duration::from_millis(300), &|_| {})
            .await
            .unwrap_err();
        let text = error.to_string();
        assert!(matches!(error, HealthError::Timeout { .. }));
        assert!(
            text.contains(wanted) && text.contains("kube-apiserver"),
            "{text}"
        );
    }
}

#[tokio::test]
async fn a_target_that_makes_no_sense_is_refused_at_once() {
    let ca = MachinePath::parse("/etc/kubernetes/pki/ca.crt").unwrap();
    let cases = [
        ("no URL", Trust::Plain, "it is not a URL"),
        (
            "http://192.0.2.1/x",
            Trust::Plain,
            "an address of this machine",
        ),
        (
            "https://192.0.2.1/x",
            Trust::Unverified,
            "an address of this machine",
        ),
        ("https://127.0.0.1/x", Trust::Plain, "http://"),
        ("http://127.0.0.1/x", Trust::Unverified, "https://"),
        (
            "https://127.0.0.1/x",
            Trust::CaFile(ca),
            "CA cannot be read",
        ),
    ];
    for (url, trust, wanted) in cases {
        let error = health()
            .await_healthy(
                &[target(url.to_owned(), trust)],
                Duration::from_secs(9),
                &|_| {},
            )
            .await
            .unwrap_err();
        assert!(error.to_string().contains(wanted), "{url}: {error}");
    }
}

#[tokio::test]
async fn too_many_targets_are_not_waited_for() {
    let targets: Vec<_> = (0..=MOST_TARGETS)
        .map(|_| target("http://127.0.0.1/".to_owned(), Trust::Plain))
        .collect();
    let error = health()
        .await_healthy(&targets, Duration::from_secs(9), &|_| {})
        .await
        .unwrap_err()
        .to_string();
    assert!(error.contains("65 endpoints are too many"), "{error}");
}

/// A runtime whose container `etcd` ended and whose others run.
async fn runtime(folder: &std::path::Path) -> String {
    use crate::world::machine::cri::messages::*;
    use prost::Message;
    let path = folder.join("c.sock");
    let listener = tokio::net::UnixListener::bind(&path).unwrap();
    let answers: grpc_server::Answers = Arc::new(|method, message| match method {
        "/runtime.v1.RuntimeService/ListContainers" => {
            let asked = ListContainersRequest::decode(message).unwrap();
            let labels = asked.filter.unwrap_or_default().label_selector;
            let container = Container {
                id: labels["io.kubernetes.container.name"].clone(),
                ..Container::default()
            };
            let containers = vec![container];
            Ok(ListContainersResponse { containers }.encode_to_vec())
        }
        "/runtime.v1.RuntimeService/ContainerStatus" => {
            let asked = ContainerStatusRequest::decode(message).unwrap();
            let ended = asked.container_id == "etcd";
            let state = match ended {
                true => ContainerState::Exited,
                false => ContainerState::Running,
            };
            let status = Some(ContainerStatus {
                state: state as i32,
                exit_code: i32::from(ended),
                log_path: "/log".to_owned(),
                ..ContainerStatus::default()
            });
            Ok(ContainerStatusResponse { status }.encode_to_vec())
        }
        _ => Err((12, "unknown method")),
    });
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(grpc_server::serve(stream, Arc::clone(&answers)));
        }
    });
    "unix:///c.sock".to_owned()
}

#[tokio::test]
async fn what_others_wait_for_is_told_as_well() {
    let folder = tempfile::tempdir().unwrap();
    let socket = runtime(folder.path()).await;
    let files = MachineFiles::open(folder.path()).unwrap();
    for path in [
        "/var",
        "/var/lib",
        "/var/lib/kubelet",
        "/etc",
        "/etc/kubernetes",
        "/etc/kubernetes/manifests",
    ] {
        let path = MachinePath::parse(path).unwrap();
        files.make_directory(&path, 0o755).unwrap();
    }
    for (path, content) in [
        (
            "/var/lib/kubelet/config.yaml",
            format!("containerRuntimeEndpoint: {socket}\n"),
        ),
        ("/etc/kubernetes/manifests/etcd.yaml", String::new()),
        (
            "/etc/kubernetes/manifests/kube-apiserver.yaml",
            String::new(),
        ),
        ("/etc/kubernetes/manifests/mine.yaml", String::new()),
        (
            "/log",
            "2026-01-01T00:00:00Z stderr F unknown flag: --nope\n".to_owned(),
        ),
    ] {
        let path = MachinePath::parse(path).unwrap();
        files.write(&path, 0o600, content.as_bytes()).unwrap();
    }
    let (port, _) = server(usize::MAX).await;
    let api_server = HealthTarget {
        workload: "kube-apiserver".to_owned(),
        ..target(format!("http://127.0.0.1:{port}/livez"), Trust::Plain)
    };
    let error = MachineHealth::new(Arc::new(files))
        .await_healthy(&[api_server], Duration::from_millis(300), &|_| {})
        .await
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "not healthy after 0s: kube-apiserver (it answers 503 Service Unavailable: not yet), etcd (its container ended with code 1; its last words: unknown flag: --nope)"
    );
}
