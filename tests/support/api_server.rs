//! The embedded kube API behind TLS on a socket, as an API server that runs as
//! a static pod: with the certificates that a run left, with clients known by
//! their certificates, and with all that can go wrong on a wire.

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use http::Request;
use http_body_util::BodyExt;
use hyper::body::Incoming;
use hyper_util::rt::TokioIo;
use kube::client::Body;
use kubewright::kube::embedded::EmbeddedApi;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, UnixTime};
use rustls::server::WebPkiClientVerifier;
use rustls::server::danger::ClientCertVerifier;
use serde_json::Value;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, watch};
use tower::Service;

pub use super::api_requests::Foreign;
use super::api_requests::{Answer, carry_out, refused, repeated};
use super::client_certificates::{Asked as AskedFor, User, user_of};

/// A request, before it is answered.
#[derive(Clone, Debug)]
pub struct Asked {
    /// Counts from 1 since the server was made.
    pub number: usize,
    pub method: String,
    pub path: String,
    pub query: String,
    pub user: String,
}

impl Asked {
    /// Whether it would change something.
    pub fn writes(&self) -> bool {
        self.method != "GET" && !self.query.contains("dryRun")
    }
}

/// What becomes of a request.
#[derive(Clone, Debug)]
pub enum Fate {
    /// It is answered.
    Answered,
    /// It is refused with this code, and a `Retry-After` in seconds.
    Refused(u16, Option<u32>),
    /// It is refused, with all that was sent in the message.
    Repeated,
    /// The connection ends; the request is not carried out.
    Reset,
    /// It is carried out, and the connection ends without the answer.
    Unanswered,
    /// Other clients' requests are carried out first: method, path and query,
    /// content type, body.
    After(Vec<Foreign>),
    /// All connections end. The server is back, on the same port and with the
    /// same state, a moment later.
    Restart,
    /// All connections end, and the server does not come back by itself.
    Gone,
}

/// Decides what becomes of each request.
pub type Meddler = Box<dyn FnMut(&Asked) -> Fate + Send>;

/// How long a restart takes.
const RESTART: Duration = Duration::from_millis(300);

/// Whether the server listens.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Mode {
    Up,
    Down,
    Ended,
}

struct Shared {
    api: Mutex<EmbeddedApi>,
    meddler: Mutex<Option<Meddler>>,
    asked: Mutex<Vec<Asked>>,
    count: AtomicUsize,
    mode: watch::Sender<Mode>,
    authorizes: bool,
    client_ca: Arc<dyn ClientCertVerifier>,
    restarts: mpsc::UnboundedSender<()>,
}

/// What a server is made of.
pub struct Certificates<'a> {
    /// The folder they lie in.
    pub folder: &'a Path,
    pub serving: &'a str,
    pub key: &'a str,
    /// The CA of its clients.
    pub ca: &'a str,
}

/// A server at work. It ends with this.
pub struct ApiServer {
    shared: Arc<Shared>,
    thread: Option<std::thread::JoinHandle<()>>,
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl ApiServer {
    /// Listens, and serves this API. `authorizes`: only administrators may
    /// write (a member of `system:masters`, or of a group that a binding binds
    /// to `cluster-admin`).
    pub fn start(
        at: SocketAddr,
        certificates: &Certificates<'_>,
        api: EmbeddedApi,
        authorizes: bool,
        meddler: Option<Meddler>,
    ) -> Self {
        let (tls, client_ca) = server_config(certificates);
        let (restarts, back) = mpsc::unbounded_channel();
        let shared = Arc::new(Shared {
            api: Mutex::new(api),
            meddler: Mutex::new(meddler),
            asked: Mutex::default(),
            count: AtomicUsize::new(0),
            mode: watch::channel(Mode::Up).0,
            authorizes,
            client_ca,
            restarts,
        });
        let serving = Arc::clone(&shared);
        let (ready, is_ready) = std::sync::mpsc::channel();
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .expect("a runtime");
            let acceptor = tokio_rustls::TlsAcceptor::from(Arc::new(tls));
            runtime.block_on(async {
                tokio::join!(
                    listen(at, &serving, acceptor, ready),
                    come_back(&serving, back)
                );
            });
        });
        is_ready.recv().expect("the server listens");
        Self {
            shared,
            thread: Some(thread),
        }
    }

    /// What is to become of each request from now on.
    pub fn meddle(&self, meddler: impl FnMut(&Asked) -> Fate + Send + 'static) {
        self.meddle_with(Box::new(meddler));
    }

    pub fn meddle_with(&self, meddler: Meddler) {
        *locked(&self.shared.meddler) = Some(meddler);
    }

    /// All requests are answered again, and a server that went away is back.
    pub fn recover(&self) {
        *locked(&self.shared.meddler) = None;
        self.shared.mode.send_replace(Mode::Up);
    }

    /// Serves another cluster from now on; requests are forgotten.
    pub fn replace(&self, api: EmbeddedApi) {
        *locked(&self.shared.api) = api;
        self.take_requests();
        self.recover();
    }

    pub fn api(&self) -> EmbeddedApi {
        locked(&self.shared.api).clone()
    }

    /// The requests so far, which are then forgotten.
    pub fn take_requests(&self) -> Vec<Asked> {
        std::mem::take(&mut locked(&self.shared.asked))
    }

    /// A request of somebody who may do everything; an object, or null.
    #[track_caller]
    pub fn call(&self, foreign: &Foreign) -> Value {
        let (code, answer) = runtime().block_on(carry_out(&self.api(), foreign));
        assert!(code < 400, "{foreign:?}: {code} {answer}");
        answer
    }

    /// An object; none where it is not there.
    pub fn get(&self, path: &str) -> Option<Value> {
        let (code, answer) = runtime().block_on(carry_out(&self.api(), &Foreign::get(path)));
        (code == 200).then_some(answer)
    }
}

/// TLS as an API server does it, and the CA of its clients.
pub fn server_config(
    certificates: &Certificates<'_>,
) -> (rustls::ServerConfig, Arc<dyn ClientCertVerifier>) {
    let read = |name: &str| certificates.folder.join(name);
    let chain: Vec<_> = CertificateDer::pem_file_iter(read(certificates.serving))
        .expect("the serving certificate")
        .map(|one| one.expect("a certificate"))
        .collect();
    let key = PrivateKeyDer::from_pem_file(read(certificates.key)).expect("the serving key");
    let mut roots = rustls::RootCertStore::empty();
    for one in CertificateDer::pem_file_iter(read(certificates.ca)).expect("the CA") {
        roots.add(one.expect("a certificate")).expect("a CA");
    }
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let client_ca =
        WebPkiClientVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider))
            .build()
            .expect("a verifier of clients");
    let tls = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("versions of TLS")
        .with_client_cert_verifier(Arc::new(AskedFor::new(Arc::clone(&client_ca))))
        .with_single_cert(chain, key)
        .expect("key and certificate belong together");
    (tls, client_ca)
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime")
}

impl Drop for ApiServer {
    fn drop(&mut self) {
        self.shared.mode.send_replace(Mode::Ended);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// Brings a server back that restarts.
async fn come_back(shared: &Shared, mut restarts: mpsc::UnboundedReceiver<()>) {
    let mut mode = shared.mode.subscribe();
    loop {
        tokio::select! {
            Some(()) = restarts.recv() => {
                tokio::time::sleep(RESTART).await;
                shared.mode.send_if_modified(|mode| {
                    let was_down = *mode == Mode::Down;
                    if was_down {
                        *mode = Mode::Up;
                    }
                    was_down
                });
            }
            ended = mode.wait_for(|mode| *mode == Mode::Ended) => {
                drop(ended);
                return;
            }
        }
    }
}

async fn listen(
    at: SocketAddr,
    shared: &Arc<Shared>,
    acceptor: tokio_rustls::TlsAcceptor,
    ready: std::sync::mpsc::Sender<()>,
) {
    let mut mode = shared.mode.subscribe();
    loop {
        if mode.wait_for(|mode| *mode != Mode::Down).await.is_err() || is_over(&mode) {
            return;
        }
        let socket = tokio::net::TcpSocket::new_v4().expect("a socket");
        socket.set_reuseaddr(true).expect("an option");
        socket.bind(at).expect("the port is free");
        let listener: TcpListener = socket.listen(128).expect("a listener");
        let _ = ready.send(());
        loop {
            tokio::select! {
                accepted = listener.accept() => {
                    if let Ok((stream, _)) = accepted {
                        let (shared, acceptor) = (Arc::clone(shared), acceptor.clone());
                        let mut mode = shared.mode.subscribe();
                        tokio::spawn(async move {
                            tokio::select! {
                                () = serve(stream, &shared, acceptor) => {}
                                _ = mode.wait_for(|mode| *mode != Mode::Up) => {}
                            }
                        });
                    }
                }
                changed = mode.wait_for(|mode| *mode != Mode::Up) => {
                    drop(changed);
                    break;
                }
            }
        }
        if is_over(&mode) {
            return;
        }
    }
}

fn is_over(mode: &watch::Receiver<Mode>) -> bool {
    *mode.borrow() == Mode::Ended
}

async fn serve(stream: TcpStream, shared: &Arc<Shared>, acceptor: tokio_rustls::TlsAcceptor) {
    let Ok(stream) = acceptor.accept(stream).await else {
        return;
    };
    let user = user_of(stream.get_ref().1, &shared.client_ca, UnixTime::now());
    let service = hyper::service::service_fn(move |request| {
        let (shared, user) = (Arc::clone(shared), user.clone());
        async move { respond(&shared, &user, request).await }
    });
    // A client that went away has been answered enough.
    let _ = hyper::server::conn::http1::Builder::new()
        .serve_connection(TokioIo::new(stream), service)
        .await;
}

/// Answers a request; an error ends the connection.
async fn respond(
    shared: &Arc<Shared>,
    user: &User,
    request: Request<Incoming>,
) -> Result<Answer, io::Error> {
    let asked = Asked {
        number: shared.count.fetch_add(1, Ordering::SeqCst) + 1,
        method: request.method().to_string(),
        path: request.uri().path().to_owned(),
        query: request.uri().query().unwrap_or_default().to_owned(),
        user: user.to_string(),
    };
    locked(&shared.asked).push(asked.clone());
    let fate = match locked(&shared.meddler).as_mut() {
        Some(meddler) => meddler(&asked),
        None => Fate::Answered,
    };
    let ended = || io::Error::from(io::ErrorKind::ConnectionReset);
    match fate {
        Fate::Answered => {}
        Fate::Refused(code, retry_after) => return Ok(refused(code, retry_after)),
        Fate::Repeated => {
            let sent = request.into_body().collect().await.map_err(|_| ended())?;
            return Ok(repeated(&sent.to_bytes()));
        }
        Fate::Reset => return Err(ended()),
        Fate::Unanswered => {
            carried_out(shared, user, &asked, request).await;
            return Err(ended());
        }
        Fate::After(others) => {
            let api = locked(&shared.api).clone();
            for other in &others {
                let (code, answer) = carry_out(&api, other).await;
                assert!(code < 400, "{other:?}: {code} {answer}");
            }
        }
        Fate::Restart => {
            shared.mode.send_replace(Mode::Down);
            let _ = shared.restarts.send(());
            return Err(ended());
        }
        Fate::Gone => {
            shared.mode.send_replace(Mode::Down);
            return Err(ended());
        }
    }
    Ok(carried_out(shared, user, &asked, request).await)
}

async fn carried_out(
    shared: &Shared,
    user: &User,
    asked: &Asked,
    request: Request<Incoming>,
) -> Answer {
    if let Err(code) = allowed(shared, user, asked).await {
        return refused(code, None);
    }
    let (parts, body) = request.into_parts();
    let Ok(body) = body.collect().await else {
        return refused(400, None);
    };
    let request = Request::from_parts(parts, Body::from(body.to_bytes()));
    let mut service = locked(&shared.api).service();
    let answer = service
        .call(request)
        .await
        .unwrap_or_else(|never: Infallible| match never {});
    answer.map(|body| body.map_err(Into::into).boxed_unsync())
}

/// As the authorizers `Node` and `RBAC` would, as far as a run of `init` goes.
async fn allowed(shared: &Shared, user: &User, asked: &Asked) -> Result<(), u16> {
    let public = ["/livez", "/readyz", "/healthz", "/version"];
    if public.contains(&asked.path.as_str()) {
        return Ok(());
    }
    let groups = match user {
        User::Unknown => return Err(401),
        User::Anonymous => return Err(403),
        User::Known { groups, .. } => groups,
    };
    if !shared.authorizes || groups.iter().any(|group| group == "system:masters") {
        return Ok(());
    }
    let bindings = "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings";
    let api = locked(&shared.api).clone();
    let (_, bindings) = carry_out(&api, &Foreign::get(bindings)).await;
    let bound = bindings["items"].as_array().is_some_and(|bindings| {
        bindings.iter().any(|binding| {
            binding["roleRef"]["name"] == "cluster-admin"
                && binding["subjects"].as_array().is_some_and(|subjects| {
                    subjects.iter().any(|subject| {
                        subject["kind"] == "Group"
                            && groups.iter().any(|group| subject["name"] == group.as_str())
                    })
                })
        })
    });
    bound.then_some(()).ok_or(403)
}
