//! One question over HTTP, on a connection of its own.

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

/// What is read of an answer.
const BODY_LIMIT: usize = 64 << 10;

/// Why nothing can be asked there.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UrlError {
    #[error("{0}")]
    Syntax(String),
    #[error("it should begin with {0}://")]
    Scheme(&'static str),
    #[error("it names no host")]
    NoHost,
    #[error("{0} is no host name")]
    Host(String),
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
    /// `10.0.0.11:6443`, as in a Host header.
    pub authority: String,
    pub host: String,
    port: u16,
    path: String,
    /// None for plain HTTP.
    tls: Option<(TlsConnector, ServerName<'static>)>,
}

impl Destination {
    /// `https://` with a configuration of TLS, `http://` without one.
    pub fn new(url: &str, tls: Option<ClientConfig>) -> Result<Self, UrlError> {
        let url: http::Uri = url
            .parse()
            .map_err(|error: http::uri::InvalidUri| UrlError::Syntax(error.to_string()))?;
        let (scheme, default_port) = match tls {
            Some(_) => ("https", 443),
            None => ("http", 80),
        };
        if url.scheme_str() != Some(scheme) {
            return Err(UrlError::Scheme(scheme));
        }
        let (Some(authority), Some(host)) = (url.authority(), url.host()) else {
            return Err(UrlError::NoHost);
        };
        let host = host.trim_matches(['[', ']']).to_owned();
        let tls = match tls {
            None => None,
            Some(config) => {
                let server =
                    ServerName::try_from(host.clone()).map_err(|_| UrlError::Host(host.clone()))?;
                Some((TlsConnector::from(Arc::new(config)), server))
            }
        };
        Ok(Self {
            authority: authority.to_string(),
            host,
            port: url.port_u16().unwrap_or(default_port),
            path: url
                .path_and_query()
                .map_or_else(|| "/".to_owned(), ToString::to_string),
            tls,
        })
    }

    /// Status and body, of which no more than 64 KiB are read.
    pub async fn get(&self) -> Result<(StatusCode, String), GetError> {
        let stream = TcpStream::connect((self.host.as_str(), self.port))
            .await
            .map_err(|source| GetError::Connect {
                authority: self.authority.clone(),
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
            authority: self.authority.clone(),
            source,
        };
        let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream))
            .await
            .map_err(broken)?;
        let request = http::Request::get(&self.path)
            .header(http::header::HOST, &self.authority)
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
        for (url, wanted) in [
            ("http://127.0.0.1:1/x", Ok(())),
            ("https://127.0.0.1/x", Err("it should begin with http://")),
            ("127.0.0.1/x y", Err("invalid format")),
            ("/x", Err("it should begin with http://")),
        ] {
            let made = Destination::new(url, None);
            assert_eq!(
                made.map(|_| ()).map_err(|error| error.to_string()),
                wanted.map_err(str::to_owned),
                "{url}"
            );
        }
    }
}
