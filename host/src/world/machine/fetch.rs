//! One question over HTTP, on a connection of its own.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use http::StatusCode;
use http_body_util::{BodyExt, Empty, Limited};
use hyper::body::Bytes;
use hyper_util::rt::TokioIo;
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use crate::kube::client::{HEADER_LIMIT, HEADERS};
use crate::world::endpoint::{EndpointError, Host, Origin, Scheme, is_own_address};

/// What is read of an answer.
const BODY_LIMIT: usize = 64 << 10;

/// How many addresses of a name are tried.
const MOST_ADDRESSES: usize = 8;

/// How a server is known.
pub enum Trust {
    /// Over plain HTTP: it is not, and this machine is the only one that can
    /// be asked so.
    Plain,
    /// By no certificate: likewise.
    Unverified(ClientConfig),
    /// By its certificate, wherever it is.
    Verified(ClientConfig),
}

/// Why nothing can be asked there.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UrlError {
    #[error(transparent)]
    Endpoint(#[from] EndpointError),
    #[error("it should begin with {0}://")]
    Scheme(Scheme),
}

/// Why there was no answer.
#[derive(Debug, thiserror::Error)]
pub enum GetError {
    #[error("cannot connect to {authority}: {}", plain(source))]
    Connect {
        authority: String,
        #[source]
        source: std::io::Error,
    },
    #[error(
        "{authority} is {address}, not an address of this machine: a server elsewhere is asked over \
         https, and its certificate is verified"
    )]
    Elsewhere { authority: String, address: IpAddr },
    #[error("no TLS connection: {}", plain(source))]
    Tls {
        #[source]
        source: std::io::Error,
    },
    #[error("{authority} answers no HTTP: {source}")]
    Http {
        authority: String,
        #[source]
        source: hyper::Error,
    },
    #[error("{0} cannot be asked for")]
    Path(String),
}

/// A URL that can be asked.
pub struct Destination {
    pub origin: Origin,
    path: String,
    /// None for plain HTTP.
    tls: Option<(TlsConnector, ServerName<'static>)>,
    /// Whether only this machine can be asked.
    is_own: bool,
}

impl Destination {
    /// `http://` for [`Trust::Plain`], `https://` otherwise.
    pub fn new(url: &str, trust: Trust) -> Result<Self, UrlError> {
        let origin = Origin::of(url)?;
        let is_own = !matches!(trust, Trust::Verified(_));
        let (scheme, tls) = match trust {
            Trust::Plain => (Scheme::Http, None),
            Trust::Unverified(tls) | Trust::Verified(tls) => (Scheme::Https, Some(tls)),
        };
        if origin.scheme != scheme {
            return Err(UrlError::Scheme(scheme));
        }
        if let Host::Address(address) = origin.host
            && is_own
            && !is_own_address(address)
        {
            return Err(EndpointError::Elsewhere.into());
        }
        let tls = match tls {
            None => None,
            Some(config) => {
                let name = match &origin.host {
                    Host::Address(address) => ServerName::IpAddress((*address).into()),
                    Host::Name(name) => {
                        ServerName::try_from(name.clone()).map_err(|_| EndpointError::Host)?
                    }
                };
                Some((TlsConnector::from(Arc::new(config)), name))
            }
        };
        let uri: http::Uri = url.parse().map_err(|_| EndpointError::Syntax)?;
        let path = uri.path_and_query().map(ToString::to_string);
        Ok(Self {
            path: path.unwrap_or_else(|| "/".to_owned()),
            origin,
            tls,
            is_own,
        })
    }

    /// `10.0.0.11:6443`, as in a Host header.
    pub fn authority(&self) -> String {
        format!("{}:{}", self.origin.host, self.origin.port)
    }

    /// The addresses to connect to, looked at: what a name leads to is asked
    /// for once, so that it cannot lead elsewhere a moment later.
    async fn addresses(&self) -> Result<Vec<SocketAddr>, GetError> {
        let port = self.origin.port;
        let addresses: Vec<SocketAddr> = match &self.origin.host {
            Host::Address(address) => vec![SocketAddr::new(*address, port)],
            Host::Name(name) => tokio::net::lookup_host((name.as_str(), port))
                .await
                .map_err(|source| GetError::Connect {
                    authority: self.authority(),
                    source,
                })?
                .take(MOST_ADDRESSES)
                .collect(),
        };
        let elsewhere = addresses
            .iter()
            .map(SocketAddr::ip)
            .find(|address| self.is_own && !is_own_address(*address));
        match elsewhere {
            None => Ok(addresses),
            Some(address) => Err(GetError::Elsewhere {
                authority: self.authority(),
                address,
            }),
        }
    }

    /// Status and body, of which no more than 64 KiB are read.
    pub async fn get(&self) -> Result<(StatusCode, String), GetError> {
        let addresses = self.addresses().await?;
        let stream =
            TcpStream::connect(&addresses[..])
                .await
                .map_err(|source| GetError::Connect {
                    authority: self.authority(),
                    source,
                })?;
        match &self.tls {
            None => self.ask(stream).await,
            Some((connector, server)) => {
                let stream = connector
                    .connect(server.clone(), stream)
                    .await
                    .map_err(|source| GetError::Tls { source })?;
                self.ask(stream).await
            }
        }
    }

    async fn ask(
        &self,
        stream: impl AsyncRead + AsyncWrite + Unpin + Send,
    ) -> Result<(StatusCode, String), GetError> {
        let broken = |source| GetError::Http {
            authority: self.authority(),
            source,
        };
        let (mut sender, connection) = hyper::client::conn::http1::Builder::new()
            .max_headers(HEADERS)
            .max_buf_size(HEADER_LIMIT)
            .handshake(TokioIo::new(stream))
            .await
            .map_err(broken)?;
        let request = http::Request::get(&self.path)
            .header(http::header::HOST, self.authority())
            .header(http::header::ACCEPT, "*/*")
            .header(http::header::CONNECTION, "close")
            .body(Empty::<Bytes>::new())
            .map_err(|_| GetError::Path(self.path.clone()))?;
        let answer = async {
            let response = sender.send_request(request).await.map_err(broken)?;
            let status = response.status();
            let body = Limited::new(response.into_body(), BODY_LIMIT)
                .collect()
                .await
                .map(|body| String::from_utf8_lossy(&body.to_bytes()).into_owned())
                .unwrap_or_default();
            Ok((status, body))
        };
        // The connection is driven as long as the answer is awaited, then dropped.
        tokio::pin!(connection);
        tokio::pin!(answer);
        let mut connected = true;
        loop {
            tokio::select! {
                answer = &mut answer => return answer,
                _ = &mut connection, if connected => connected = false,
            }
        }
    }
}

/// An error of the operating system in its own words, without a number.
pub fn plain(error: &std::io::Error) -> String {
    match error.kind() {
        std::io::ErrorKind::ConnectionRefused => "connection refused".to_owned(),
        std::io::ErrorKind::ConnectionReset => "connection reset".to_owned(),
        std::io::ErrorKind::UnexpectedEof => "the connection was closed".to_owned(),
        _ => error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_are_checked_before_they_are_asked() {
        let tls = || crate::world::machine::tls::client(None, None).unwrap();
        let elsewhere = Err("wanted an address of this machine");
        for (url, trust, wanted) in [
            ("http://127.0.0.1:1/x", Trust::Plain, Ok(())),
            ("http://[::1]:1/x", Trust::Plain, Ok(())),
            ("http://0.0.0.0:1/x", Trust::Plain, Ok(())),
            (
                "https://127.0.0.1/x",
                Trust::Plain,
                Err("it should begin with http://"),
            ),
            ("http://192.0.2.1/x", Trust::Plain, elsewhere),
            ("https://192.0.2.1/x", Trust::Unverified(tls()), elsewhere),
            (
                "https://[2001:db8::1]/x",
                Trust::Unverified(tls()),
                elsewhere,
            ),
            ("https://192.0.2.1/x", Trust::Verified(tls()), Ok(())),
            ("https://127.0.0.1/x", Trust::Unverified(tls()), Ok(())),
            (
                "http://127.0.0.1/x",
                Trust::Unverified(tls()),
                Err("it should begin with https://"),
            ),
            (
                "http://127.0.0.1/x",
                Trust::Verified(tls()),
                Err("it should begin with https://"),
            ),
            ("http://127.0.0.1/x y", Trust::Plain, Err("it is not a URL")),
            (
                "http://u@127.0.0.1/",
                Trust::Plain,
                Err("a user or a password"),
            ),
            ("/x", Trust::Plain, Err("it is not a URL")),
        ] {
            match (Destination::new(url, trust), wanted) {
                (Ok(_), Ok(())) => {}
                (Err(error), Err(wanted)) => {
                    assert!(error.to_string().contains(wanted), "{url}: {error}");
                }
                (found, wanted) => panic!("{url}: {:?}, {wanted:?}", found.map(drop)),
            }
        }
    }

    /// Whoever makes a name lead elsewhere after it was looked at changes
    /// nothing: the addresses that were looked at are those that are used.
    #[tokio::test]
    async fn a_name_leads_to_this_machine_or_is_not_asked() {
        let tls = || crate::world::machine::tls::client(None, None).unwrap();
        for trust in [Trust::Plain, Trust::Unverified(tls())] {
            let scheme = if matches!(trust, Trust::Plain) {
                "http"
            } else {
                "https"
            };
            let local = Destination::new(&format!("{scheme}://localhost:9/"), trust).unwrap();
            let found = local.addresses().await.unwrap();
            assert!(!found.is_empty() && found.iter().all(|one| one.port() == 9));
        }
    }
}
