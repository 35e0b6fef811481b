//! Why a static Pod does not answer, from the container runtime.

use std::sync::Arc;

use super::probe::shown;
use crate::world::machine::cri::{ContainerState, Cri, StaticContainer};
use crate::world::machine::{KubeletSettings, Root, ServiceManager};
use crate::world::{Files, MachinePath, RuntimeError, Waiting};

/// Where static Pods are of a kubelet whose configuration does not say it: it
/// gets a flag for that from its packages, as it did in 2016.
const MANIFESTS: &str = "/etc/kubernetes/manifests";

/// What the names of manifests end with.
const ENDINGS: [&str; 2] = [".yaml", ".json"];

/// The kubelet rotates logs at 10 MiB.
const LOG_LIMIT: u64 = 32 << 20;

/// The last words of a program that ended.
const LAST_LINES: usize = 3;

/// What the container runtime knows of static Pods.
pub struct Explainer<'a> {
    files: &'a dyn Files,
    root: Arc<dyn Root>,
    /// Connected when it is first needed; tried again until it is there.
    cri: Option<Cri>,
    services: Option<ServiceManager>,
}

impl<'a> Explainer<'a> {
    /// The services of this machine say nothing of what is below another root.
    pub fn new(files: &'a dyn Files, root: Arc<dyn Root>) -> Self {
        let services = match root.is_this_machine() {
            true => ServiceManager::running(),
            false => None,
        };
        Self {
            files,
            root,
            cri: None,
            services,
        }
    }

    /// The state of a static Pod's container, or of a service, in words; none
    /// where nothing can be said, or the program just runs.
    pub async fn explain(&mut self, workload: &str) -> Option<String> {
        if !self.is_static_pod(workload) {
            // A service, as the kubelet.
            let (words, mut lines) = self.services?.explain(workload).await?;
            for line in &mut lines {
                *line = shown(message(line));
            }
            // One that ends and is started again says the same again.
            lines.dedup();
            return Some(match lines.is_empty() {
                true => words,
                false => format!("{words}; its last words: {}", lines.join(" | ")),
            });
        }
        match self.container(workload).await? {
            Ok(Some(container)) => self.words(&container),
            Ok(None) => Some("the kubelet has not started its container yet".to_owned()),
            Err(error) => Some(shown(&error.to_string())),
        }
    }

    /// Where static Pods are.
    fn manifests(&self) -> Option<MachinePath> {
        let configured = KubeletSettings::read(self.files).static_pods;
        configured.or_else(|| MachinePath::parse(MANIFESTS).ok())
    }

    fn is_static_pod(&self, workload: &str) -> bool {
        let Some(folder) = self.manifests() else {
            return false;
        };
        ENDINGS.iter().any(|ending| {
            let manifest = MachinePath::parse(&format!("{folder}/{workload}{ending}"));
            manifest.is_ok_and(|path| matches!(self.files.stat(&path), Ok(Some(_))))
        })
    }

    /// Static Pods besides these whose programs end: they may be what the
    /// others wait for, as the API server waits for etcd.
    pub async fn others(&mut self, workloads: &[&str]) -> Vec<Waiting> {
        let mut found = Vec::new();
        let folder = self.manifests();
        let listed = folder.and_then(|folder| self.files.list(&folder).ok());
        for name in listed.unwrap_or_default() {
            let Some(name) = ENDINGS.iter().find_map(|ending| name.strip_suffix(ending)) else {
                continue;
            };
            if workloads.contains(&name) {
                continue;
            }
            if let Some(Ok(Some(container))) = self.container(name).await
                && container.ends()
                && let Some(reason) = self.words(&container)
            {
                found.push(Waiting {
                    name: name.to_owned(),
                    reason,
                });
            }
        }
        found
    }

    /// The newest container of a static Pod; none where no socket is known.
    async fn container(
        &mut self,
        workload: &str,
    ) -> Option<Result<Option<StaticContainer>, RuntimeError>> {
        if self.cri.is_none() {
            let socket = KubeletSettings::read(self.files).runtime_endpoint?;
            self.cri = match Cri::connect(Arc::clone(&self.root), &socket).await {
                Ok(cri) => Some(cri),
                Err(error) => return Some(Err(error)),
            };
        }
        let container = self.cri.as_ref()?.static_container(workload).await;
        if container.is_err() {
            // A runtime that restarted needs a new connection.
            self.cri = None;
        }
        Some(container)
    }

    fn words(&self, container: &StaticContainer) -> Option<String> {
        let status = &container.status;
        let restarts = match container.restarts {
            0 => String::new(),
            1 => ", started again once".to_owned(),
            many => format!(", started again {many} times"),
        };
        match status.state() {
            ContainerState::Running if container.restarts == 0 => None,
            ContainerState::Running => Some(format!("its container runs{restarts}")),
            ContainerState::Created => Some("its container is about to start".to_owned()),
            ContainerState::Unknown => Some("its container is in an unknown state".to_owned()),
            ContainerState::Exited => {
                let mut text = format!(
                    "its container ended with code {}{restarts}",
                    status.exit_code
                );
                if !status.message.is_empty() {
                    let reason = shown(&status.reason);
                    text.push_str(&format!(" ({reason}: {})", shown(&status.message)));
                }
                let last = self.last_lines(&status.log_path);
                if !last.is_empty() {
                    text.push_str(&format!("; its last words: {last}"));
                }
                Some(text)
            }
        }
    }

    fn last_lines(&self, path: &str) -> String {
        let lines = MachinePath::parse(path)
            .ok()
            .and_then(|path| self.files.read(&path, LOG_LIMIT).ok());
        last_lines(&String::from_utf8_lossy(&lines.unwrap_or_default()))
    }
}

/// A line of a log without the header that klog gives it
/// (`E1122 14:03:49.324597   31814 run.go:72] `): who tells what is new must
/// not take the time of day for news.
fn message(line: &str) -> &str {
    let is_header = |header: &str| {
        let mut parts = header.split_whitespace();
        let (severity, time) = (parts.next().unwrap_or(""), parts.next().unwrap_or(""));
        severity.len() == 5
            && severity.starts_with(['I', 'W', 'E', 'F'])
            && severity.chars().skip(1).all(|c| c.is_ascii_digit())
            && time.contains(':')
    };
    match line.split_once("] ") {
        Some((header, message)) if is_header(header) => message,
        _ => line,
    }
}

/// Words of a first line that says what the rest, a program's usage, does not.
const COMPLAINTS: [&str; 6] = [
    "error",
    "fatal",
    "panic",
    "unknown",
    "not defined",
    "invalid",
];

/// The last lines of a log in the CRI's format: `TIME stdout|stderr F|P TEXT`.
/// A program that is called wrongly may complain first and explain its usage
/// at length then: such a first line is given as well.
fn last_lines(log: &str) -> String {
    let mut lines = log
        .lines()
        .map(|line| shown(message(line.splitn(4, ' ').nth(3).unwrap_or(line))))
        .filter(|line| !line.is_empty());
    let mut last: Vec<String> = lines.by_ref().rev().take(LAST_LINES).collect();
    last.reverse();
    let first = lines.next().filter(|line| {
        let line = line.to_lowercase();
        COMPLAINTS.iter().any(|words| line.contains(words))
    });
    match first {
        Some(first) => format!("{first} | ... | {}", last.join(" | ")),
        None => last.join(" | "),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::world::machine::cri::ContainerStatus;
    use crate::world::sandbox::SandboxFiles;

    fn files() -> SandboxFiles {
        let files = SandboxFiles::over(None);
        for folder in ["/var", "/var/log"] {
            let path = MachinePath::parse(folder).unwrap();
            files.make_directory(&path, 0o755).unwrap();
        }
        let log = MachinePath::parse("/var/log/0.log").unwrap();
        let lines = "2026-01-01T00:00:00Z stderr F one\n2026-01-01T00:00:00Z stderr F two\n\n2026-01-01T00:00:01Z stderr F three\n2026-01-01T00:00:01Z stderr F unknown flag: --nope\n";
        files.write(&log, 0o600, lines.as_bytes()).unwrap();
        files
    }

    #[test]
    fn what_a_program_said_last_is_told_and_what_it_complained_of_first() {
        let log = |lines: &[&str]| -> String {
            let lines = lines.iter().map(|line| format!("T stderr F {line}\n"));
            lines.collect()
        };
        for (lines, wanted) in [
            (&["one"][..], "one"),
            (&["one", "two", "", "three", "four"], "two | three | four"),
            (
                &[
                    "flag provided but not defined: -x",
                    "Usage:",
                    "-a",
                    "-b",
                    "-c",
                ],
                "flag provided but not defined: -x | ... | -a | -b | -c",
            ),
            (&["an error", "two", "three"], "an error | two | three"),
            (
                &[
                    "E1122 14:03:49.324597   31814 run.go:72] \"command failed\"",
                    "E [x] y",
                ],
                "\"command failed\" | E [x] y",
            ),
            (&[], ""),
        ] {
            assert_eq!(last_lines(&log(lines)), wanted);
        }
    }

    #[test]
    fn a_container_in_words() {
        let files = Arc::new(files());
        let explainer = Explainer::new(&*files, Arc::<SandboxFiles>::clone(&files));
        let container = |state: ContainerState, restarts, exit_code| StaticContainer {
            restarts,
            status: ContainerStatus {
                state: state as i32,
                exit_code,
                log_path: "/var/log/0.log".to_owned(),
                ..ContainerStatus::default()
            },
        };
        let cases = [
            ("runs", container(ContainerState::Running, 0, 0), None),
            (
                "runs again",
                container(ContainerState::Running, 2, 0),
                Some("its container runs, started again 2 times"),
            ),
            (
                "crashed",
                container(ContainerState::Exited, 1, 1),
                Some(
                    "its container ended with code 1, started again once; its last words: two | three | unknown flag: --nope",
                ),
            ),
        ];
        for (name, container, wanted) in cases {
            assert_eq!(explainer.words(&container).as_deref(), wanted, "{name}");
        }
    }
}
