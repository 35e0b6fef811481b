//! One question to one endpoint, with an answer in words.

use std::sync::Arc;
use std::time::Duration;

use http_body_util::{BodyExt, Empty, Limited};
use hyper::body::Bytes;
use hyper_util::rt::TokioIo;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::Instant;
use tokio_rustls::TlsConnector;

use super::unverified::Unverified;
use crate::world::{Files, HealthError, HealthTarget, Trust};

/// How long one question may take, as long as there is time left at all.
const QUESTION_TIMEOUT: Duration = Duration::from_secs(10);

/// What is read of an answer, and shown of it.
const BODY_LIMIT: usize = 64 << 10;
const SHOWN_LIMIT: usize = 400;

/// What is read of a CA bundle at most.
const CA_LIMIT: u64 = 1 << 20;

/// Asks one target.
pub struct Prober {
    name: String,
    /// `10.0.0.11:6443`, as in a Host header.
    authority: String,
    host: String,
    port: u16,
    path: String,
    /// None for plain HTTP.
    tls: Option<Tls>,
}

struct Tls {
    connector: TlsConnector,
    server: ServerName<'static>,
    /// Where the CA is, for messages.
    trusted: String,
}

impl Prober {
    /// Checks the target; reads its CA bundle.
    pub fn new(target: &HealthTarget, files: &dyn Files) -> Result<Self, HealthError> {
        let wrong = |message: String| HealthError::Target {
            url: target.url.clone(),
            message,
        };
        let url: http::Uri = target
            .url
            .parse()
            .map_err(|error: http::uri::InvalidUri| wrong(error.to_string()))?;
        let wanted = match target.trust {
            Trust::Plain => "http",
            Trust::CaFile(_) | Trust::Unverified => "https",
        };
        if url.scheme_str() != Some(wanted) {
            return Err(wrong(format!("it should begin with {wanted}://")));
        }
        let (Some(authority), Some(host)) = (url.authority(), url.host()) else {
            return Err(wrong("it names no host".to_owned()));
        };
        let host = host.trim_matches(['[', ']']).to_owned();
        let server =
            || ServerName::try_from(host.clone()).map_err(|error| wrong(error.to_string()));
        let tls = match &target.trust {
            Trust::Plain => None,
            Trust::Unverified => Some(Tls {
                connector: connector(None).map_err(|error| wrong(error.to_string()))?,
                server: server()?,
                trusted: String::new(),
            }),
            Trust::CaFile(path) => {
                let bundle = files
                    .read(path, CA_LIMIT)
                    .map_err(|error| wrong(format!("its CA cannot be read: {error}")))?;
                let roots = roots(&bundle).map_err(|message| {
                    wrong(format!("its CA in {path} cannot be used: {message}"))
                })?;
                Some(Tls {
                    connector: connector(Some(roots)).map_err(|error| wrong(error.to_string()))?,
                    server: server()?,
                    trusted: path.to_string(),
                })
            }
        };
        Ok(Self {
            name: target.name.clone(),
            authority: authority.to_string(),
            port: url.port_u16().unwrap_or(match tls {
                Some(_) => 443,
                None => 80,
            }),
            host,
            path: url
                .path_and_query()
                .map_or_else(|| "/".to_owned(), ToString::to_string),
            tls,
        })
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    /// Asks once; the error says why it is not healthy.
    pub async fn ask(&self, deadline: Instant) -> Result<(), String> {
        let until = deadline.min(Instant::now() + QUESTION_TIMEOUT);
        tokio::time::timeout_at(until, self.question())
            .await
            .unwrap_or_else(|_| Err(format!("no answer from {}", self.authority)))
    }

    async fn question(&self) -> Result<(), String> {
        let stream = TcpStream::connect((self.host.as_str(), self.port))
            .await
            .map_err(|error| format!("cannot connect to {}: {}", self.authority, plain(&error)))?;
        match &self.tls {
            None => self.get(stream).await,
            Some(tls) => {
                let stream = tls
                    .connector
                    .connect(tls.server.clone(), stream)
                    .await
                    .map_err(|error| tls.problem(&error))?;
                self.get(stream).await
            }
        }
    }

    async fn get(&self, stream: impl AsyncRead + AsyncWrite + Unpin + Send) -> Result<(), String> {
        let broken = |error: hyper::Error| format!("{} answers no HTTP: {error}", self.authority);
        let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream))
            .await
            .map_err(broken)?;
        let request = http::Request::get(&self.path)
            .header(http::header::HOST, &self.authority)
            .header(http::header::ACCEPT, "*/*")
            .header(http::header::CONNECTION, "close")
            .body(Empty::<Bytes>::new())
            .map_err(|error| error.to_string())?;
        let answer = async {
            let response = sender.send_request(request).await.map_err(broken)?;
            let status = response.status();
            let body = Limited::new(response.into_body(), BODY_LIMIT)
                .collect()
                .await
                .map(|body| String::from_utf8_lossy(&body.to_bytes()).into_owned())
                .unwrap_or_default();
            Ok::<_, String>((status, body))
        };
        // The connection is driven as long as the answer is awaited, then dropped.
        tokio::pin!(connection);
        tokio::pin!(answer);
        let mut connected = true;
        let (status, body) = loop {
            tokio::select! {
                answer = &mut answer => break answer?,
                _ = &mut connection, if connected => connected = false,
            }
        };
        verdict(status, &body)
    }
}

/// What an answer means. 401 is the API server that refuses anonymous
/// questions: only one that runs can.
fn verdict(status: http::StatusCode, body: &str) -> Result<(), String> {
    if status == http::StatusCode::OK || status == http::StatusCode::UNAUTHORIZED {
        return Ok(());
    }
    // `/livez?verbose` style: the checks that failed are what is to be told.
    let failed: Vec<&str> = body
        .lines()
        .filter_map(|line| line.strip_prefix("[-]"))
        .map(|line| line.split(" failed").next().unwrap_or(line))
        .collect();
    let words = match failed.is_empty() {
        false => format!("its checks fail: {}", failed.join(", ")),
        true => shown(body),
    };
    Err(match words.is_empty() {
        true => format!("it answers {status}"),
        false => format!("it answers {status}: {words}"),
    })
}

/// Text of others, as one line of bounded length without control characters.
pub fn shown(text: &str) -> String {
    let line: String = text
        .trim()
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .take(SHOWN_LIMIT)
        .collect();
    line.split_whitespace().collect::<Vec<_>>().join(" ")
}

impl Tls {
    fn problem(&self, error: &std::io::Error) -> String {
        use rustls::CertificateError as Certificate;
        let inner = error
            .get_ref()
            .and_then(|inner| inner.downcast_ref::<rustls::Error>());
        let Some(rustls::Error::InvalidCertificate(problem)) = inner else {
            return format!("no TLS connection: {}", plain(error));
        };
        match problem {
            Certificate::UnknownIssuer | Certificate::BadSignature => format!(
                "its certificate is not signed by the CA in {}; was the CA replaced and the certificate kept?",
                self.trusted
            ),
            Certificate::NotValidForName | Certificate::NotValidForNameContext { .. } => format!(
                "its certificate is not for {}: {problem}",
                self.server.to_str()
            ),
            _ => format!("its certificate is not valid: {problem}"),
        }
    }
}

/// An error of the operating system in its own words, without a number.
fn plain(error: &std::io::Error) -> String {
    match error.kind() {
        std::io::ErrorKind::ConnectionRefused => "connection refused".to_owned(),
        std::io::ErrorKind::ConnectionReset => "connection reset".to_owned(),
        std::io::ErrorKind::UnexpectedEof => "the connection was closed".to_owned(),
        _ => error.to_string(),
    }
}

fn connector(roots: Option<RootCertStore>) -> Result<TlsConnector, rustls::Error> {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()?;
    let config = match roots {
        Some(roots) => builder.with_root_certificates(roots),
        None => builder
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(Unverified::new(provider))),
    };
    Ok(TlsConnector::from(Arc::new(config.with_no_client_auth())))
}

fn roots(bundle: &[u8]) -> Result<RootCertStore, String> {
    use rustls::pki_types::pem::PemObject;
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(bundle) {
        let certificate = certificate.map_err(|error| error.to_string())?;
        roots.add(certificate).map_err(|error| error.to_string())?;
    }
    match roots.is_empty() {
        true => Err("it holds no certificate".to_owned()),
        false => Ok(roots),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_in_words() {
        let cases = [
            ("healthy", 200, "ok", Ok(())),
            ("no anonymous questions", 401, "Unauthorized", Ok(())),
            ("empty", 503, "", Err("it answers 503 Service Unavailable")),
            (
                "forbidden",
                403,
                "{\"message\":\n \"forbidden\"}",
                Err("it answers 403 Forbidden: {\"message\": \"forbidden\"}"),
            ),
            (
                "checks",
                500,
                "[+]ping ok\n[-]etcd failed: reason withheld\n[-]poststarthook/rbac/bootstrap-roles failed: not finished\nlivez check failed\n",
                Err(
                    "it answers 500 Internal Server Error: its checks fail: etcd, poststarthook/rbac/bootstrap-roles",
                ),
            ),
        ];
        for (name, code, body, wanted) in cases {
            let status = http::StatusCode::from_u16(code).unwrap();
            assert_eq!(
                verdict(status, body),
                wanted.map_err(str::to_owned),
                "{name}"
            );
        }
    }
}
