//! A client of an API server, whose connections are bounded: headers, bodies,
//! the time that it takes to connect. It encrypts, speaks to one server only,
//! and goes nowhere else on what that one says: no redirects, no proxies.

use std::time::Duration;

use ::kube::client::{Body, ConfigExt};
use ::kube::{Client, Config};
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use tower::{BoxError, ServiceBuilder, ServiceExt};

use super::answer;

/// A server that starts takes no connection, or takes it and says nothing:
/// neither must hold a call for long, since it is tried again.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// In bytes, of all headers of an answer. An API server needs some hundred.
pub const HEADER_LIMIT: usize = 64 << 10;

/// How many of them.
pub const HEADERS: usize = 100;

/// How long a connection may be silent: longer than a watch may be.
const SILENCE: Duration = Duration::from_secs(90);

/// A client by a configuration. An error where its server is not `https://`,
/// or its credentials cannot be used; a proxy, its
/// own timeouts and tries, and "any certificate will do" are passed over.
/// Called within the runtime; sends nothing yet.
pub fn client(mut config: Config) -> Result<Client, ::kube::Error> {
    if config.cluster_url.scheme() != Some(&http::uri::Scheme::HTTPS) {
        return Err(::kube::Error::TlsRequired);
    }
    config.accept_invalid_certs = false;
    // Where nobody has yet: kube's TLS takes the one of the process.
    if rustls::crypto::CryptoProvider::get_default().is_none() {
        let provider = rustls::crypto::aws_lc_rs::default_provider();
        // An error: somebody else has in between.
        let _ = provider.install_default();
    }
    let mut tcp = HttpConnector::new();
    tcp.enforce_http(false);
    tcp.set_nodelay(true);
    let connector = config
        .rustls_https_connector_with_connector(tcp)?
        .map_future(|connecting| {
            Box::pin(async move {
                match tokio::time::timeout(CONNECT_TIMEOUT, connecting).await {
                    Ok(connected) => connected,
                    Err(_) => {
                        Err(format!("no connection within {}s", CONNECT_TIMEOUT.as_secs()).into())
                    }
                }
            })
        });
    let http = hyper_util::client::legacy::Client::builder(TokioExecutor::new())
        .http1_max_headers(HEADERS)
        .http1_max_buf_size(HEADER_LIMIT)
        .build::<_, Body>(connector);
    let service = ServiceBuilder::new()
        .layer(config.base_uri_layer())
        .option_layer(config.auth_layer()?)
        .layer(config.extra_headers_layer()?)
        .map_err(BoxError::from)
        .map_response(|answer: http::Response<hyper::body::Incoming>| {
            answer.map(|body| answer::bounded(body, SILENCE))
        })
        .service(http);
    Ok(Client::new(service, config.default_namespace))
}
