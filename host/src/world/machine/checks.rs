//! Looking at this machine.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use tokio::process::Command;

use super::fetch::{Destination, GetError, Trust};
use super::health::shown;
use super::services::{Installed, ServiceManager};
use super::system;
use super::tls::{self, Identity};
use crate::causes::chain;
use crate::world::endpoint::Origin;
use crate::world::{
    Answer, Checks, Door, MachinePath, NodeError, Occupancy, Question, ServiceState, SystemState,
};

/// `--version` of a program that hangs is no answer; nor is a name server that
/// does not.
const QUESTION_TIMEOUT: Duration = Duration::from_secs(10);

/// How often a server elsewhere is asked, and the time in between.
const ASK_TRIES: u32 = 4;
const ASK_INTERVAL: Duration = Duration::from_millis(500);

/// This machine, looked at.
pub struct MachineChecks {
    manager: Option<ServiceManager>,
}

impl MachineChecks {
    /// `manager` is the service manager that runs.
    pub fn new(manager: Option<ServiceManager>) -> Self {
        Self { manager }
    }
}

/// Whether this process could listen there. An address family that the kernel
/// does not have keeps nothing occupied.
fn can_listen(address: IpAddr, port: u16) -> bool {
    match TcpListener::bind(SocketAddr::new(address, port)) {
        Ok(_) => true,
        Err(error) => error.kind() != std::io::ErrorKind::AddrInUse,
    }
}

fn looking(path: &MachinePath, source: std::io::Error) -> NodeError {
    NodeError::Look {
        what: path.to_string(),
        source,
    }
}

impl Checks for MachineChecks {
    fn system(&self) -> Result<SystemState, NodeError> {
        system::state()
    }

    fn kernel_options(&self, names: &[String]) -> Option<BTreeMap<String, String>> {
        system::kernel_options(names)
    }

    fn kernel_parameter(&self, name: &str) -> Option<String> {
        system::kernel_parameter(Path::new("/proc/sys"), name)
    }

    fn port_is_free(&self, port: u16) -> bool {
        can_listen(Ipv6Addr::UNSPECIFIED.into(), port)
            && can_listen(Ipv4Addr::UNSPECIFIED.into(), port)
    }

    fn occupancy(&self, path: &MachinePath) -> Result<Occupancy, NodeError> {
        let found = match std::fs::metadata(path.as_str()) {
            Ok(found) => found,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return Ok(Occupancy::Nothing);
            }
            Err(error) => return Err(looking(path, error)),
        };
        if !found.is_dir() {
            return Ok(Occupancy::File);
        }
        let mut entries = std::fs::read_dir(path.as_str()).map_err(|error| looking(path, error))?;
        Ok(match entries.next() {
            None => Occupancy::EmptyDirectory,
            Some(_) => Occupancy::FilledDirectory,
        })
    }

    fn find_program(&self, name: &str) -> Option<String> {
        use std::os::unix::fs::PermissionsExt;
        if name.is_empty() || name.contains('/') {
            return None;
        }
        let folders = std::env::var_os("PATH")?;
        std::env::split_paths(&folders)
            .map(|folder: PathBuf| folder.join(name))
            .find(|path| {
                std::fs::metadata(path)
                    .is_ok_and(|found| found.is_file() && found.permissions().mode() & 0o111 != 0)
            })
            .map(|path| path.display().to_string())
    }

    fn program_version<'a>(&'a self, name: &'a str) -> Door<'a, Result<String, NodeError>> {
        Box::pin(async move {
            let doing = format!("{name} --version");
            let output = Command::new(name)
                .arg("--version")
                .stdin(Stdio::null())
                .kill_on_drop(true)
                .output();
            let output = tokio::time::timeout(QUESTION_TIMEOUT, output)
                .await
                .map_err(|_| std::io::ErrorKind::TimedOut.into())
                .flatten()
                .map_err(|source| NodeError::Program {
                    program: doing,
                    source,
                })?;
            Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
        })
    }

    fn resolve<'a>(&'a self, name: &'a str) -> Door<'a, Vec<IpAddr>> {
        Box::pin(async move {
            let asked = tokio::net::lookup_host((name, 0));
            match tokio::time::timeout(QUESTION_TIMEOUT, asked).await {
                Ok(Ok(found)) => found.map(|one| one.ip()).collect(),
                _ => Vec::new(),
            }
        })
    }

    fn service_state<'a>(&'a self, name: &'a str) -> Door<'a, Result<ServiceState, NodeError>> {
        Box::pin(async move {
            let manager = self.manager.ok_or(NodeError::NoServiceManager)?;
            let installed = manager.installed(name).await?;
            Ok(ServiceState {
                exists: installed != Installed::Not,
                enabled: installed == Installed::Enabled,
                active: manager.is_active(name).await?,
                enable_command: manager.enable_command(name, installed),
            })
        })
    }

    fn ask<'a>(&'a self, question: &'a Question) -> Door<'a, Result<Option<Answer>, NodeError>> {
        Box::pin(async move {
            get_again(question)
                .await
                .map(Some)
                .map_err(|message| NodeError::Ask {
                    url: shown(&question.url),
                    message,
                })
        })
    }
}

/// As [`get`]; a server that cannot be reached or answers 5xx is asked again,
/// as kubeadm does (`externalEtcdRequestRetries`).
async fn get_again(question: &Question) -> Result<Answer, String> {
    let mut tries = 1;
    loop {
        let answer = get(question).await;
        let may_pass = match &answer {
            Ok(answer) => answer.status >= 500,
            Err(Unasked::Now(_)) => true,
            Err(Unasked::Ever(_)) => false,
        };
        if !may_pass || tries == ASK_TRIES {
            return answer.map_err(|unasked| match unasked {
                Unasked::Now(message) | Unasked::Ever(message) => message,
            });
        }
        tries += 1;
        tokio::time::sleep(ASK_INTERVAL).await;
    }
}

/// Why there is no answer: right now, or whenever it is asked for.
enum Unasked {
    Now(String),
    Ever(String),
}

/// The client's side of TLS; the error says what cannot be used.
fn client(question: &Question) -> Result<rustls::ClientConfig, String> {
    let identity = question
        .identity
        .as_ref()
        .map(|(certificate, key)| Identity::from_pem(certificate, key))
        .transpose()
        .map_err(|error| format!("the client's certificate and key: {}", chain(&error)))?;
    let roots = match &question.ca {
        Some(ca) => tls::roots(ca),
        None => tls::system_roots(),
    };
    roots
        .and_then(|roots| tls::client(Some(roots), identity))
        .map_err(|error| format!("the CA: {}", chain(&error)))
}

/// Asks once; the error says why there is no answer.
async fn get(question: &Question) -> Result<Answer, Unasked> {
    let ever = |error: &dyn std::error::Error| Unasked::Ever(chain(error));
    let origin = Origin::of(&question.url).map_err(|error| ever(&error))?;
    let trust = match origin.is_https() {
        true => Trust::Verified(client(question).map_err(Unasked::Ever)?),
        // Neither CA nor certificate is asked for over plain HTTP.
        false => Trust::Plain,
    };
    let destination = Destination::new(&question.url, trust).map_err(|error| ever(&error))?;
    match tokio::time::timeout(QUESTION_TIMEOUT, destination.get()).await {
        Err(_) => Err(Unasked::Now(format!(
            "no answer within {}s",
            QUESTION_TIMEOUT.as_secs()
        ))),
        Ok(Err(error @ GetError::Elsewhere { .. })) => Err(Unasked::Ever(error.to_string())),
        Ok(Err(error)) => Err(Unasked::Now(shown(&error.to_string()))),
        Ok(Ok((status, body))) => Ok(Answer {
            status: status.as_u16(),
            body,
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checks() -> MachineChecks {
        MachineChecks::new(None)
    }

    #[test]
    fn a_port_is_free_until_somebody_listens_on_any_address() {
        for address in ["127.0.0.1:0", "0.0.0.0:0"] {
            let listener = TcpListener::bind(address).unwrap();
            let port = listener.local_addr().unwrap().port();
            assert!(!checks().port_is_free(port), "{address}");
            drop(listener);
            assert!(checks().port_is_free(port), "{address}");
        }
    }

    #[test]
    fn paths_are_told_apart() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("empty")).unwrap();
        std::fs::write(folder.path().join("file"), "x").unwrap();
        let cases = [
            ("nothing", Occupancy::Nothing),
            ("empty", Occupancy::EmptyDirectory),
            ("file", Occupancy::File),
            ("", Occupancy::FilledDirectory),
        ];
        for (name, wanted) in cases {
            let path = folder.path().join(name).display().to_string();
            let path = MachinePath::parse(path.trim_end_matches('/')).unwrap();
            assert_eq!(checks().occupancy(&path).unwrap(), wanted, "{name}");
        }
    }

    #[tokio::test]
    async fn servers_elsewhere_are_asked() {
        use tokio::io::{AsyncReadExt, AsyncWriteExt};
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let origin = listener.local_addr().unwrap();
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let _ = stream.read(&mut [0; 1024]).await;
                let answer = "HTTP/1.1 503 x\r\nContent-Length: 5\r\n\r\nlater";
                let _ = stream.write_all(answer.as_bytes()).await;
            }
        });
        let plain = |url: String| Question {
            url,
            ca: None,
            identity: None,
        };
        let asked = plain(format!("http://{origin}/version"));
        let answer = checks().ask(&asked).await.unwrap().unwrap();
        assert_eq!((answer.status, answer.body.as_str()), (503, "later"));
        let no_key = || Some((b"x".to_vec(), b"x".to_vec().into()));
        for (name, question, wanted) in [
            (
                "another scheme",
                plain(format!("ftp://{origin}/")),
                "wanted https://",
            ),
            (
                "plain text to another machine",
                plain("http://192.0.2.1/version".to_owned()),
                "wanted an address of this machine",
            ),
            (
                "too long",
                plain(format!("https://{origin}/{}", "x".repeat(3000))),
                "wanted 2048 at most",
            ),
            (
                "no CA",
                Question {
                    ca: Some(b"x".to_vec()),
                    ..plain(format!("https://{origin}/"))
                },
                "the CA: it holds no certificate",
            ),
            (
                "no certificate",
                Question {
                    ca: Some(b"x".to_vec()),
                    identity: no_key(),
                    ..plain(format!("https://{origin}/"))
                },
                "the client's certificate and key",
            ),
        ] {
            let error = checks().ask(&question).await.unwrap_err().to_string();
            assert!(error.contains(wanted), "{name}: {error}");
        }
    }

    #[tokio::test]
    async fn programs_names_and_parameters() {
        assert!(checks().find_program("sh").is_some());
        for name in ["", "../bin/sh", "no-such-program-here"] {
            assert_eq!(checks().find_program(name), None, "{name}");
        }
        let forwarding = checks().kernel_parameter("net.ipv4.ip_forward");
        assert!(matches!(forwarding.as_deref(), Some("0" | "1")));
        assert!(!checks().resolve("localhost").await.is_empty());
        assert!(checks().resolve("no-such-host.invalid").await.is_empty());
        assert!(
            checks()
                .program_version("no-such-program-here")
                .await
                .is_err()
        );
    }
}
