//! One question to one endpoint, with an answer in words.

use std::time::Duration;

use tokio::time::Instant;

use crate::causes::chain;
use crate::kube::answer::cut;
use crate::kube::kubeconfig::CurrentContext;
use crate::world::machine::fetch::{self, Destination, GetError, plain};
use crate::world::machine::tls::{self, Identity};
use crate::world::{Files, HealthError, HealthTarget, MachinePath, Trust};

/// How long one question may take, as long as there is time left at all.
const QUESTION_TIMEOUT: Duration = Duration::from_secs(10);

/// What is shown of an answer.
const SHOWN_LIMIT: usize = 400;

/// What is read of a CA bundle at most.
const CA_LIMIT: u64 = 1 << 20;

/// Asks one target.
pub struct Prober {
    name: String,
    destination: Destination,
    /// Where the CA is, for messages.
    trusted: String,
    /// The kubeconfig whose user asks; none for an anonymous question.
    user: Option<String>,
}

impl Prober {
    /// Checks the target; reads its CA bundle.
    pub fn new(target: &HealthTarget, files: &dyn Files) -> Result<Self, HealthError> {
        let wrong = |message: String| HealthError::Target {
            url: cut(&target.url, SHOWN_LIMIT),
            message,
        };
        let unusable = |path: &MachinePath| {
            let path = path.clone();
            let wrong = &wrong;
            move |error: &dyn std::error::Error| {
                wrong(format!("{path} cannot be used: {}", chain(error)))
            }
        };
        let (tls, trusted, user) = match &target.trust {
            Trust::Plain => (fetch::Trust::Plain, String::new(), None),
            Trust::Unverified => {
                let tls = tls::client(None, None).map_err(|error| wrong(chain(&error)))?;
                (fetch::Trust::Unverified(tls), String::new(), None)
            }
            Trust::CaFile(path) => {
                let bundle = files
                    .read(path, CA_LIMIT)
                    .map_err(|error| wrong(format!("its CA cannot be read: {error}")))?;
                let tls = tls::roots(&bundle)
                    .and_then(|roots| tls::client(Some(roots), None))
                    .map_err(|error| unusable(path)(&error))?;
                (fetch::Trust::Verified(tls), path.to_string(), None)
            }
            Trust::Kubeconfig(path) => {
                let text = files
                    .read(path, CA_LIMIT)
                    .map(zeroize::Zeroizing::new)
                    .map_err(|error| wrong(format!("a kubeconfig cannot be read: {error}")))?;
                let text = std::str::from_utf8(&text).map_err(|error| unusable(path)(&error))?;
                let context =
                    CurrentContext::parse(text).map_err(|error| unusable(path)(&error))?;
                let identity = Identity::from_pem(&context.client_certificate, &context.client_key);
                let tls = tls::roots(&context.certificate_authority)
                    .and_then(|roots| tls::client(Some(roots), Some(identity?)))
                    .map_err(|error| unusable(path)(&error))?;
                (
                    fetch::Trust::Verified(tls),
                    path.to_string(),
                    Some(path.to_string()),
                )
            }
        };
        Ok(Self {
            name: target.name.clone(),
            destination: Destination::new(&target.url, tls)
                .map_err(|error| wrong(error.to_string()))?,
            trusted,
            user,
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
            .unwrap_or_else(|_| Err(format!("no answer from {}", self.destination.authority())))
    }

    async fn question(&self) -> Result<(), String> {
        match self.destination.get().await {
            Ok((status, body)) => verdict(status, &body, self.user.as_deref()),
            Err(GetError::Tls { source }) => Err(self.tls_problem(&source)),
            Err(error) => Err(shown(&error.to_string())),
        }
    }

    fn tls_problem(&self, error: &std::io::Error) -> String {
        use rustls::CertificateError as Certificate;
        let inner = error
            .get_ref()
            .and_then(|inner| inner.downcast_ref::<rustls::Error>());
        let Some(rustls::Error::InvalidCertificate(problem)) = inner else {
            return shown(&format!("no TLS connection: {}", plain(error)));
        };
        match problem {
            Certificate::UnknownIssuer | Certificate::BadSignature => format!(
                "its certificate is not signed by the CA in {}; was the CA replaced and the certificate kept?",
                self.trusted
            ),
            // It names all that it is for.
            Certificate::NotValidForName | Certificate::NotValidForNameContext { .. } => {
                shown(&format!(
                    "its certificate is not for {}: {problem}",
                    self.destination.origin.host
                ))
            }
            _ => shown(&format!("its certificate is not valid: {problem}")),
        }
    }
}

/// What an answer means. To an anonymous question 401 is the API server that
/// takes none: only one that runs can say so.
fn verdict(status: http::StatusCode, body: &str, user: Option<&str>) -> Result<(), String> {
    use http::StatusCode as Code;
    match (status, user) {
        (Code::OK, _) | (Code::UNAUTHORIZED, None) => return Ok(()),
        (Code::UNAUTHORIZED, Some(path)) => {
            return Err(format!(
                "it answers {status}: it does not accept the client certificate of {path}; is that of another CA?"
            ));
        }
        (Code::FORBIDDEN, Some(path)) => {
            return Err(format!(
                "it answers {status} to the user of {path}: {}",
                said(body)
            ));
        }
        _ => {}
    }
    // `/livez?verbose` style: the checks that failed are what is to be told.
    let failed: Vec<&str> = body
        .lines()
        .filter_map(|line| line.strip_prefix("[-]"))
        .map(|line| line.split(" failed").next().unwrap_or(line))
        .collect();
    let words = match failed.is_empty() {
        false => shown(&format!("its checks fail: {}", failed.join(", "))),
        true => said(body),
    };
    Err(match words.is_empty() {
        true => format!("it answers {status}"),
        false => format!("it answers {status}: {words}"),
    })
}

/// The message of a Status of the kube API, or else all of a body.
fn said(body: &str) -> String {
    let status: Option<serde_json::Value> = serde_json::from_str(body).ok();
    let message = status.as_ref().and_then(|one| one["message"].as_str());
    shown(message.unwrap_or(body))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_in_words() {
        let cases = [
            ("healthy", 200, None, "ok", Ok(())),
            ("no anonymous questions", 401, None, "Unauthorized", Ok(())),
            (
                "an unknown user",
                401,
                Some("/admin.conf"),
                "Unauthorized",
                Err(
                    "it answers 401 Unauthorized: it does not accept the client certificate of /admin.conf; is that of another CA?",
                ),
            ),
            (
                "a user without rights",
                403,
                Some("/admin.conf"),
                "forbidden: User \"x\"",
                Err("it answers 403 Forbidden to the user of /admin.conf: forbidden: User \"x\""),
            ),
            (
                "empty",
                503,
                None,
                "",
                Err("it answers 503 Service Unavailable"),
            ),
            (
                "forbidden",
                403,
                None,
                "{\"message\":\n \"forbidden\"}",
                Err("it answers 403 Forbidden: forbidden"),
            ),
            (
                "checks",
                500,
                Some("/admin.conf"),
                "[+]ping ok\n[-]etcd failed: reason withheld\n[-]poststarthook/rbac/bootstrap-roles failed: not finished\nlivez check failed\n",
                Err(
                    "it answers 500 Internal Server Error: its checks fail: etcd, poststarthook/rbac/bootstrap-roles",
                ),
            ),
        ];
        for (name, code, user, body, wanted) in cases {
            let status = http::StatusCode::from_u16(code).unwrap();
            assert_eq!(
                verdict(status, body, user),
                wanted.map_err(str::to_owned),
                "{name}"
            );
        }
    }
}
