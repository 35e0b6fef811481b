//! Endpoints that are healthy: of a kubelet, of a controller manager.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;

use bytes::Bytes;
use http::Response;
use http_body_util::Full;
use hyper_util::rt::TokioIo;
use tokio::sync::oneshot;

/// Answers everything with the same words, until it is dropped.
pub struct HealthServer {
    end: Option<oneshot::Sender<()>>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl HealthServer {
    /// Says `ok`, plain or with TLS.
    pub fn start(at: SocketAddr, tls: Option<Arc<rustls::ServerConfig>>) -> Self {
        Self::saying("ok", at, tls)
    }

    /// Says this, plain or with TLS.
    pub fn saying(
        words: &'static str,
        at: SocketAddr,
        tls: Option<Arc<rustls::ServerConfig>>,
    ) -> Self {
        let listener = std::net::TcpListener::bind(at).expect("the port is free");
        listener.set_nonblocking(true).expect("an option");
        let (end, ended) = oneshot::channel();
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .expect("a runtime");
            runtime.block_on(async {
                let listener = tokio::net::TcpListener::from_std(listener).expect("a listener");
                tokio::select! {
                    () = accept(words, listener, tls) => {}
                    _ = ended => {}
                }
            });
        });
        Self {
            end: Some(end),
            thread: Some(thread),
        }
    }
}

impl Drop for HealthServer {
    fn drop(&mut self) {
        drop(self.end.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

async fn accept(
    words: &'static str,
    listener: tokio::net::TcpListener,
    tls: Option<Arc<rustls::ServerConfig>>,
) {
    let service = hyper::service::service_fn(move |_| async move {
        let body = Full::new(Bytes::from_static(words.as_bytes()));
        Ok::<_, Infallible>(Response::new(body))
    });
    let http = hyper::server::conn::http1::Builder::new();
    while let Ok((stream, _)) = listener.accept().await {
        let (http, tls) = (http.clone(), tls.clone());
        tokio::spawn(async move {
            // Whoever goes away has been answered enough.
            match tls {
                None => drop(http.serve_connection(TokioIo::new(stream), service).await),
                Some(tls) => {
                    let acceptor = tokio_rustls::TlsAcceptor::from(tls);
                    if let Ok(stream) = acceptor.accept(stream).await {
                        drop(http.serve_connection(TokioIo::new(stream), service).await);
                    }
                }
            }
        });
    }
}
