//! Services, through whichever service manager runs: systemd or OpenRC
//! (kubeadm `app/util/initsystem`).

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use tokio::process::Command;

use crate::world::{NodeError, ServiceOperation};

/// systemd's own default for a unit to start is 90 seconds: it has the first
/// word.
const OPERATION_TIMEOUT: Duration = Duration::from_secs(100);

/// For questions that only read.
const QUESTION_TIMEOUT: Duration = Duration::from_secs(10);

/// The service manager that runs on this machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ServiceManager {
    Systemd,
    OpenRc,
}

/// What a program that was run said.
struct Answer {
    success: bool,
    /// Both streams, trimmed.
    text: String,
}

impl ServiceManager {
    /// Finds the one that runs. The tools alone do not count: containers and
    /// chroots have `systemctl` and no systemd (systemd's `sd_booted(3)`).
    pub fn running() -> Option<Self> {
        if Path::new("/run/systemd/system").is_dir() {
            Some(Self::Systemd)
        } else if Path::new("/run/openrc/softlevel").exists() {
            Some(Self::OpenRc)
        } else {
            None
        }
    }

    fn program(self) -> &'static str {
        match self {
            Self::Systemd => "systemctl",
            Self::OpenRc => "rc-service",
        }
    }

    /// Starts, stops or restarts a service.
    pub async fn operate(self, name: &str, operation: ServiceOperation) -> Result<(), NodeError> {
        let verb = operation.to_string();
        let answer = match self {
            Self::Systemd => {
                // Units that packages or phases changed since systemd read them.
                if operation != ServiceOperation::Stop {
                    let reload =
                        run("systemctl", &["daemon-reload"], OPERATION_TIMEOUT, name).await?;
                    if !reload.success {
                        return Err(NodeError::Service {
                            name: name.to_owned(),
                            operation: "reload the units before starting".to_owned(),
                            message: reload.text,
                        });
                    }
                }
                run("systemctl", &[&verb, name], OPERATION_TIMEOUT, name).await?
            }
            Self::OpenRc => run("rc-service", &[name, &verb], OPERATION_TIMEOUT, name).await?,
        };
        match answer.success {
            true => Ok(()),
            false if is_missing(&answer.text) => Err(NodeError::NoService(name.to_owned())),
            false => Err(NodeError::Service {
                name: name.to_owned(),
                operation: verb,
                message: answer.text,
            }),
        }
    }

    /// Whether a service runs, or is about to. One that does not exist does not.
    pub async fn is_active(self, name: &str) -> Result<bool, NodeError> {
        match self {
            Self::Systemd => {
                let answer = run("systemctl", &["is-active", name], QUESTION_TIMEOUT, name).await?;
                // "activating" is not a success for systemctl.
                Ok(matches!(answer.text.as_str(), "active" | "activating"))
            }
            Self::OpenRc => {
                let answer = run("rc-service", &[name, "status"], QUESTION_TIMEOUT, name).await?;
                Ok(answer.success && !answer.text.contains("stopped"))
            }
        }
    }

    /// Whether the service is started when the machine boots; none where
    /// there is no such service.
    pub async fn is_enabled(self, name: &str) -> Result<Option<bool>, NodeError> {
        match self {
            Self::Systemd => {
                let answer =
                    run("systemctl", &["is-enabled", name], QUESTION_TIMEOUT, name).await?;
                if answer.text == "not-found" || is_missing(&answer.text) {
                    return Ok(None);
                }
                Ok(Some(answer.success))
            }
            Self::OpenRc => {
                let status = run("rc-service", &[name, "status"], QUESTION_TIMEOUT, name).await?;
                if is_missing(&status.text) {
                    return Ok(None);
                }
                let all = run("rc-update", &["show", "default"], QUESTION_TIMEOUT, name).await?;
                let enabled = all
                    .text
                    .lines()
                    .any(|line| line.split('|').next().is_some_and(|one| one.trim() == name));
                Ok(Some(enabled))
            }
        }
    }

    /// Why a service that should run may not, and the lines that it said last;
    /// none where nothing can be said, or it just runs.
    pub async fn explain(self, name: &str) -> Option<(String, Vec<String>)> {
        // Nothing that the tools could take for an option or a pattern.
        let plain = |c: char| c.is_ascii_alphanumeric() || "-_.@".contains(c);
        if self != Self::Systemd || name.starts_with('-') || !name.chars().all(plain) {
            return None;
        }
        let properties = "--property=LoadState,ActiveState,NRestarts,ExecMainStatus";
        let question = ["show", properties, name];
        let shown = run("systemctl", &question, QUESTION_TIMEOUT, name).await;
        let words = state_in_words(&shown.ok()?.text)?;
        let lines = ["--unit", name, "--lines=3", "--output=cat", "--quiet"];
        let said = run("journalctl", &lines, QUESTION_TIMEOUT, name).await;
        let lines = match said {
            Ok(said) if said.success => said.text.lines().map(str::to_owned).collect(),
            _ => Vec::new(),
        };
        Some((words, lines))
    }

    /// What an operator types to have the service started at boot.
    pub fn enable_command(self, name: &str) -> String {
        match self {
            Self::Systemd => format!("systemctl enable {name}.service"),
            Self::OpenRc => format!("rc-update add {name} default"),
        }
    }
}

impl std::fmt::Display for ServiceManager {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.program())
    }
}

/// What `systemctl show` says of a service that should run; none where it does
/// and did not end so far.
fn state_in_words(shown: &str) -> Option<String> {
    let value = |name: &str| {
        shown
            .lines()
            .find_map(|line| line.strip_prefix(name)?.strip_prefix('='))
            .unwrap_or_default()
    };
    let restarts = match value("NRestarts") {
        "" | "0" => String::new(),
        "1" => ", started again once".to_owned(),
        many => format!(", started again {many} times"),
    };
    let code = value("ExecMainStatus");
    match (value("LoadState"), value("ActiveState")) {
        ("", _) => None,
        ("not-found", _) => Some("there is no such service".to_owned()),
        ("masked", _) => Some("its service is masked".to_owned()),
        (_, "active") if restarts.is_empty() => None,
        (_, "active") => Some(format!("its service runs{restarts}")),
        (_, "inactive") => Some("its service is stopped".to_owned()),
        (_, "failed" | "activating") if !matches!(code, "" | "0") => {
            Some(format!("its service ended with code {code}{restarts}"))
        }
        (_, state) => Some(format!("its service is {state}{restarts}")),
    }
}

/// The words of systemctl and rc-service for a service that is not there.
fn is_missing(text: &str) -> bool {
    [
        "not found",
        "not be found",
        "not loaded",
        "does not exist",
        "No such file",
    ]
    .iter()
    .any(|words| text.contains(words))
}

async fn run(
    program: &str,
    arguments: &[&str],
    timeout: Duration,
    service: &str,
) -> Result<Answer, NodeError> {
    let doing = || format!("{program} {}", arguments.join(" "));
    let output = Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .env("LC_ALL", "C")
        .output();
    let output = tokio::time::timeout(timeout, output)
        .await
        .map_err(|_| NodeError::Service {
            name: service.to_owned(),
            operation: doing(),
            message: format!("it did not come to an end within {}s", timeout.as_secs()),
        })?
        .map_err(|source| NodeError::Program {
            program: doing(),
            source,
        })?;
    let mut text = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    let errors = String::from_utf8_lossy(&output.stderr);
    if !errors.trim().is_empty() {
        if !text.is_empty() {
            text.push_str("; ");
        }
        text.push_str(errors.trim());
    }
    Ok(Answer {
        success: output.status.success(),
        text,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_service_is_recognised() {
        let cases = [
            (
                "Failed to start kubelet.service: Unit kubelet.service not found.",
                true,
            ),
            ("Unit kubelet.service could not be found.", true),
            ("Failed to stop x.service: Unit x.service not loaded.", true),
            (" * rc-service: service `kubelet' does not exist", true),
            ("Job for kubelet.service failed because of a timeout", false),
        ];
        for (text, wanted) in cases {
            assert_eq!(is_missing(text), wanted, "{text}");
        }
    }

    #[test]
    fn a_service_in_words() {
        let shown = |load, active, restarts, code| {
            format!(
                "LoadState={load}\nActiveState={active}\nNRestarts={restarts}\nExecMainStatus={code}"
            )
        };
        for (shown, wanted) in [
            (shown("loaded", "active", "0", "0"), None),
            (
                shown("loaded", "active", "1", "0"),
                Some("its service runs, started again once"),
            ),
            (
                shown("loaded", "activating", "7", "1"),
                Some("its service ended with code 1, started again 7 times"),
            ),
            (
                shown("loaded", "activating", "0", "0"),
                Some("its service is activating"),
            ),
            (
                shown("loaded", "inactive", "0", "0"),
                Some("its service is stopped"),
            ),
            (
                shown("not-found", "inactive", "0", "0"),
                Some("there is no such service"),
            ),
            ("no such program".to_owned(), None),
        ] {
            assert_eq!(state_in_words(&shown).as_deref(), wanted, "{shown}");
        }
    }

    #[tokio::test]
    async fn a_program_that_hangs_or_is_not_there_is_an_error() {
        let hangs = run("sleep", &["60"], Duration::from_millis(20), "kubelet").await;
        let error = hangs.err().unwrap().to_string();
        assert!(error.contains("did not come to an end"), "{error}");
        let missing = run("no-such-program", &[], QUESTION_TIMEOUT, "kubelet").await;
        assert!(matches!(missing, Err(NodeError::Program { .. })));
        let fails = run("ls", &["/no/such/place"], QUESTION_TIMEOUT, "kubelet").await;
        let fails = fails.unwrap();
        assert!(!fails.success && fails.text.contains("/no/such/place"));
    }
}
