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

/// How a service is installed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Installed {
    /// There is no such service.
    Not,
    /// There is, and nothing may start it.
    Masked,
    /// It is not started when the machine boots.
    Disabled,
    /// It is.
    Enabled,
}

/// What a program that was run said.
struct Answer {
    success: bool,
    /// Both streams, trimmed.
    text: String,
}

impl Answer {
    fn of(output: &std::process::Output) -> Self {
        let mut text = String::from_utf8_lossy(&output.stdout).trim().to_owned();
        let errors = String::from_utf8_lossy(&output.stderr);
        if !errors.trim().is_empty() {
            if !text.is_empty() {
                text.push_str("; ");
            }
            text.push_str(errors.trim());
        }
        Self {
            success: output.status.success(),
            text,
        }
    }
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
            false if self.misses(name, &answer.text) => Err(NodeError::NoService(name.to_owned())),
            false if self.masks(&answer.text) => Err(NodeError::Masked(name.to_owned())),
            false => Err(NodeError::Service {
                name: name.to_owned(),
                operation: verb,
                message: answer.text,
            }),
        }
    }

    /// As [`Self::is_active`], for who cannot wait beside others. The service
    /// tool gives up by itself; one that cannot say so is none that runs.
    pub fn is_active_now(self, name: &str) -> bool {
        let (program, arguments) = self.activity(name);
        std::process::Command::new(program)
            .args(arguments)
            .stdin(Stdio::null())
            .env("LC_ALL", "C")
            .output()
            .is_ok_and(|output| self.tells_of_activity(&Answer::of(&output)))
    }

    /// Whether a service runs, or is about to. One that does not exist does not.
    pub async fn is_active(self, name: &str) -> Result<bool, NodeError> {
        let (program, arguments) = self.activity(name);
        let answer = run(program, &arguments, QUESTION_TIMEOUT, name).await?;
        Ok(self.tells_of_activity(&answer))
    }

    fn activity(self, name: &str) -> (&'static str, [&str; 2]) {
        match self {
            Self::Systemd => ("systemctl", ["is-active", name]),
            Self::OpenRc => ("rc-service", [name, "status"]),
        }
    }

    fn tells_of_activity(self, answer: &Answer) -> bool {
        match self {
            // "activating" is not a success for systemctl.
            Self::Systemd => matches!(answer.text.as_str(), "active" | "activating"),
            Self::OpenRc => answer.success && !answer.text.contains("stopped"),
        }
    }

    /// Whether these words say that the service itself is not there, and not
    /// something that it needs.
    fn misses(self, name: &str, text: &str) -> bool {
        let unit = name.trim_end_matches(".service");
        match self {
            Self::Systemd => {
                let words = ["not found", "could not be found", "not loaded"];
                // Older ones say of a unit that is asked about that there is
                // no such file.
                text == "not-found"
                    || text.contains("unit file state")
                    || words
                        .iter()
                        .any(|words| text.contains(&format!("Unit {unit}.service {words}")))
            }
            Self::OpenRc => text.contains(&format!("service `{name}' does not exist")),
        }
    }

    /// Whether systemd says of a unit that it is linked to nowhere, so that
    /// nothing may start it.
    fn masks(self, text: &str) -> bool {
        self == Self::Systemd && text.contains("masked")
    }

    /// How a service is installed.
    pub async fn installed(self, name: &str) -> Result<Installed, NodeError> {
        let of_whether = |enabled| match enabled {
            true => Installed::Enabled,
            false => Installed::Disabled,
        };
        match self {
            Self::Systemd => {
                let answer =
                    run("systemctl", &["is-enabled", name], QUESTION_TIMEOUT, name).await?;
                Ok(match () {
                    () if self.misses(name, &answer.text) => Installed::Not,
                    // As is `masked-runtime`.
                    () if self.masks(&answer.text) => Installed::Masked,
                    () => of_whether(answer.success),
                })
            }
            Self::OpenRc => {
                let status = run("rc-service", &[name, "status"], QUESTION_TIMEOUT, name).await?;
                if self.misses(name, &status.text) {
                    return Ok(Installed::Not);
                }
                let all = run("rc-update", &["show", "default"], QUESTION_TIMEOUT, name).await?;
                let enabled = all
                    .text
                    .lines()
                    .any(|line| line.split('|').next().is_some_and(|one| one.trim() == name));
                Ok(of_whether(enabled))
            }
        }
    }

    /// Why a service that should run may not, and the lines that it said last;
    /// none where nothing can be said, or it just runs.
    pub async fn explain(self, name: &str) -> Option<(String, Vec<String>)> {
        // Nothing that the tools could take for an option or a pattern.
        let plain = |c: char| c.is_ascii_alphanumeric() || "-_.@".contains(c);
        if name.starts_with('-') || !name.chars().all(plain) {
            return None;
        }
        if self == Self::OpenRc {
            let status = run("rc-service", &[name, "status"], QUESTION_TIMEOUT, name).await;
            let missing = self.misses(name, &status.as_ref().ok()?.text);
            let lines = last_lines(Path::new(&format!("/var/log/{name}/{name}.log")));
            return match (missing, status_in_words(&status.ok()?.text)) {
                (true, _) => Some(("there is no such service".to_owned(), Vec::new())),
                // One that ends and is started again counts as started.
                (_, Some("its service runs")) if lines.is_empty() => None,
                (_, Some(words)) => Some((words.to_owned(), lines)),
                (_, None) => None,
            };
        }
        let properties = "--property=LoadState,ActiveState,NRestarts,ExecMainStatus";
        let question = ["show", properties, name];
        let shown = run("systemctl", &question, QUESTION_TIMEOUT, name).await;
        let shown = shown.ok()?.text;
        let words = state_in_words(&shown)?;
        // What it said when it could be started last is of another day.
        if !shown.lines().any(|line| line == "LoadState=loaded") {
            return Some((words, Vec::new()));
        }
        // Its own words. What systemd says of it (that it ended, and how much
        // time of the processor it had) comes last and tells nothing of why.
        let its_own = format!(
            "_SYSTEMD_UNIT={}.service",
            name.trim_end_matches(".service")
        );
        let mut lines = Vec::new();
        for of_whom in [its_own.as_str(), &format!("--unit={name}")] {
            let question = [of_whom, "--lines=3", "--output=cat", "--quiet"];
            let said = run("journalctl", &question, QUESTION_TIMEOUT, name).await;
            if let Ok(said) = said
                && said.success
                && !said.text.is_empty()
            {
                lines = said.text.lines().map(str::to_owned).collect();
                break;
            }
        }
        Some((words, lines))
    }

    /// What an operator types to have the service started at boot.
    pub fn enable_command(self, name: &str, installed: Installed) -> String {
        match self {
            // What is masked cannot be enabled.
            Self::Systemd if installed == Installed::Masked => {
                format!("systemctl unmask {name}.service && systemctl enable {name}.service")
            }
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

/// What `rc-service NAME status` says.
fn status_in_words(text: &str) -> Option<&'static str> {
    let status = text.split("status: ").nth(1)?;
    Some(match status.split_whitespace().next()? {
        "started" => "its service runs",
        "stopped" => "its service is stopped",
        "starting" => "its service is starting",
        "stopping" => "its service is stopping",
        "inactive" => "its service is inactive",
        "crashed" => "its service has crashed",
        "unsupervised" => "nobody supervises its service",
        _ => return None,
    })
}

/// The last lines of a log; none where there is none. OpenRC keeps no journal:
/// each service's script says where, and that of the kubelet's package says
/// here.
fn last_lines(path: &Path) -> Vec<String> {
    use std::io::{Read, Seek, SeekFrom};
    const LINES: usize = 3;
    const LENGTH: u64 = 16 << 10;
    let read = || {
        use std::os::unix::fs::OpenOptionsExt;
        let nonblocking = rustix::fs::OFlags::NONBLOCK.bits();
        let mut file = std::fs::OpenOptions::new()
            .read(true)
            .custom_flags(i32::try_from(nonblocking).unwrap_or_default())
            .open(path)?;
        let found = file.metadata()?;
        if !found.is_file() {
            return Ok(Vec::new());
        }
        let length = found.len();
        file.seek(SeekFrom::Start(length.saturating_sub(LENGTH)))?;
        let mut bytes = Vec::new();
        file.take(LENGTH).read_to_end(&mut bytes)?;
        std::io::Result::Ok(bytes)
    };
    let bytes = read().unwrap_or_default();
    let text = String::from_utf8_lossy(&bytes);
    let lines: Vec<&str> = text.lines().filter(|line| !line.is_empty()).collect();
    let last = lines.len().saturating_sub(LINES);
    lines.into_iter().skip(last).map(str::to_owned).collect()
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
    Ok(Answer::of(&output))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_service_is_told_from_one_that_misses_something() {
        use ServiceManager::{OpenRc, Systemd};
        let cases = [
            (
                Systemd,
                "Failed to start kubelet.service: Unit kubelet.service not found.",
                true,
            ),
            (Systemd, "Unit kubelet.service could not be found.", true),
            (
                Systemd,
                "Failed to stop kubelet.service: Unit kubelet.service not loaded.",
                true,
            ),
            (
                Systemd,
                "Failed to get unit file state for kubelet.service: No such file or directory",
                true,
            ),
            (Systemd, "not-found", true),
            (
                Systemd,
                "Failed to start kubelet.service: Unit data.mount not found.",
                false,
            ),
            (
                Systemd,
                "Job for kubelet.service failed because of a timeout",
                false,
            ),
            (
                OpenRc,
                "* rc-service: service `kubelet' does not exist",
                true,
            ),
            (
                OpenRc,
                "* supervise-daemon: /usr/bin/kubelet does not exist; * ERROR: kubelet failed to start",
                false,
            ),
        ];
        for (manager, text, wanted) in cases {
            assert_eq!(manager.misses("kubelet", text), wanted, "{text}");
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
