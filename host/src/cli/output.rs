//! What the program says, and how: lines for people, or JSON for programs.

use std::collections::BTreeMap;
use std::io::{self, IsTerminal, Write};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde::Serialize;
use serde_json::json;

use super::failure::Report;
use crate::effect::{Event, Events, LogLevel};

/// How output is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    Text,
    Json,
}

/// How many running phases are named on a terminal: more would not fit a line.
const NAMED: usize = 3;

/// Where everything the program says goes: results and progress to standard
/// output, warnings and errors to standard error.
#[derive(Clone)]
pub struct Output {
    format: Format,
    verbose: u8,
    /// Whether progress is not shown.
    quiet: bool,
    /// One line at the bottom of a terminal: what is running, how long.
    status: Option<Arc<Status>>,
    /// Why something could not be written to standard output, if so.
    lost: Arc<Mutex<Option<io::Error>>>,
}

struct Status {
    bar: ProgressBar,
    running: Mutex<BTreeMap<String, (Instant, String)>>,
}

impl Output {
    pub fn new(format: Format, verbose: u8) -> Self {
        let on_terminal = format == Format::Text && io::stderr().is_terminal();
        let status = on_terminal.then(|| {
            let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
            // A template that is no template only costs the spinner.
            if let Ok(style) = ProgressStyle::with_template("{spinner} {msg} ({elapsed})") {
                bar.set_style(style);
            }
            Arc::new(Status {
                bar,
                running: Mutex::default(),
            })
        });
        Self {
            format,
            verbose,
            quiet: false,
            status,
            lost: Arc::default(),
        }
    }

    /// The same, for a run whose progress is of no interest: what is wrong is
    /// still told.
    pub fn quiet(&self) -> Self {
        Self {
            quiet: true,
            ..self.clone()
        }
    }

    pub fn is_json(&self) -> bool {
        self.format == Format::Json
    }

    /// Where the events of a run go.
    pub fn events(&self) -> Events {
        let output = self.clone();
        Arc::new(move |event| output.event(&event))
    }

    /// A line for people. Nothing in JSON: there the result says it.
    pub fn line(&self, text: &str) {
        if self.format == Format::Text {
            self.print(&format!("{}\n", printable(text)));
        }
    }

    /// Text that is the command's product; in JSON the caller gives a result.
    pub fn text(&self, text: &str) {
        self.print(&printable(text));
    }

    /// The result, for programs.
    pub fn result(&self, value: &impl Serialize) {
        if self.format == Format::Json {
            self.json(&json!({ "event": "result", "result": value }));
        }
    }

    pub fn warning(&self, message: &str) {
        match self.format {
            Format::Json => self.json(&json!({ "event": "warning", "message": message })),
            Format::Text => {
                let line = format!("WARNING: {}\n", printable(message));
                // Nobody is left to be told where standard error is gone.
                self.above_status(|| drop(io::stderr().lock().write_all(line.as_bytes())));
            }
        }
    }

    /// Tells a failure.
    pub fn failed(&self, report: &Report) {
        if let Some(status) = &self.status {
            status.bar.finish_and_clear();
        }
        if self.format == Format::Json {
            self.json(&json!({ "event": "error", "error": report }));
            return;
        }
        let mut text = String::new();
        let also = report.also.iter().map(|trouble| ("also: ", trouble));
        for (first, trouble) in std::iter::once(("error: ", &report.trouble)).chain(also) {
            for (at, message) in trouble.messages.iter().enumerate() {
                let lead = if at == 0 { first } else { "  caused by: " };
                text.push_str(&format!("{lead}{message}\n"));
            }
            for frame in &trouble.frames {
                text.push_str(&format!("  in {frame}\n"));
            }
            if let Some(hint) = &trouble.hint {
                text.push_str(&format!("hint: {hint}\n"));
            }
        }
        // Nobody is left to be told where standard error is gone.
        let _ = io::stderr().lock().write_all(printable(&text).as_bytes());
    }

    /// Ends the status line.
    pub fn done(&self) {
        if let Some(status) = &self.status {
            status.bar.finish_and_clear();
        }
    }

    fn json(&self, value: &impl Serialize) {
        if let Ok(line) = serde_json::to_string(value) {
            self.print(&format!("{}\n", printable(&line)));
        }
    }

    /// Writes to standard output. What could not be written is told at the
    /// end: the run itself goes on.
    fn print(&self, text: &str) {
        self.above_status(|| self.note(io::stdout().lock().write_all(text.as_bytes())));
    }

    fn note(&self, written: io::Result<()>) {
        match written {
            // A reader that went away has read enough.
            Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
                self.lost().get_or_insert(error);
            }
            _ => {}
        }
    }

    fn lost(&self) -> MutexGuard<'_, Option<io::Error>> {
        self.lost.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether all that was said has been written.
    pub fn finish(&self) -> anyhow::Result<()> {
        self.note(io::stdout().flush());
        match self.lost().take() {
            None => Ok(()),
            Some(error) => Err(anyhow::Error::new(error).context(
                "the command was carried out, but what it says could not be written to standard output",
            )),
        }
    }

    fn above_status(&self, write: impl FnOnce()) {
        match &self.status {
            Some(status) => status.bar.suspend(write),
            None => write(),
        }
    }

    fn event(&self, event: &Event) {
        if self.quiet && !matches!(event, Event::Warning { .. }) {
            return;
        }
        if self.format == Format::Json {
            if self.wanted(event) {
                self.json(event);
            }
            return;
        }
        self.update_status(event);
        match event {
            Event::Progress {
                phase,
                topic,
                message,
            } => {
                let group = phase.split('/').next().unwrap_or(phase);
                let topic = topic.as_deref().unwrap_or(group);
                self.line(&format!("[{topic}] {message}"));
            }
            Event::Warning { phase, message } => self.warning(&format!("[{phase}] {message}")),
            Event::Waiting { phase, waiting_for } if self.status.is_none() => {
                let group = phase.split('/').next().unwrap_or(phase);
                for one in waiting_for {
                    // "to exist" goes on, "connection refused" explains.
                    let joint = match one.reason.starts_with("to ") {
                        true => "",
                        false => ":",
                    };
                    self.line(&format!(
                        "[{group}] Waiting for {}{joint} {}",
                        one.name, one.reason
                    ));
                }
            }
            Event::Effect {
                phase,
                action,
                target,
                change,
            } if self.verbose > 0 => self.line(&format!("  {change}: {action} {target} ({phase})")),
            Event::Log {
                phase,
                level,
                message,
            } => match level {
                LogLevel::Warn | LogLevel::Error => self.warning(&format!("[{phase}] {message}")),
                LogLevel::Info | LogLevel::Debug if self.verbose > 1 => {
                    self.line(&format!("  log: {message} ({phase})"));
                }
                _ => {}
            },
            Event::PhaseFinished { phase, seconds } if self.verbose > 0 => {
                self.line(&format!("  phase {phase} took {seconds:.3}s"));
            }
            _ => {}
        }
    }

    fn wanted(&self, event: &Event) -> bool {
        match event {
            Event::Effect { .. } => self.verbose > 0,
            Event::Log { level, .. } => {
                self.verbose > 1 || matches!(level, LogLevel::Warn | LogLevel::Error)
            }
            _ => true,
        }
    }

    fn update_status(&self, event: &Event) {
        let Some(status) = &self.status else { return };
        let mut running = status.running();
        match event {
            Event::PhaseStarted { phase } => {
                running.insert(phase.clone(), (Instant::now(), String::new()));
            }
            Event::PhaseFinished { phase, .. } => {
                running.remove(phase);
            }
            Event::Waiting { phase, waiting_for } => {
                let reasons: Vec<String> = waiting_for
                    .iter()
                    .map(|one| format!("{}: {}", one.name, one.reason))
                    .collect();
                if let Some(entry) = running.get_mut(phase) {
                    entry.1 = reasons.join("; ");
                }
            }
            _ => return,
        }
        let mut phases: Vec<_> = running.iter().collect();
        // What waits for something first, then what has run longest.
        phases.sort_by_key(|(_, (since, waiting))| (waiting.is_empty(), *since));
        let more = phases.len().saturating_sub(NAMED);
        let mut words: Vec<String> = phases
            .into_iter()
            .take(NAMED)
            .map(|(phase, (since, waiting))| {
                let long = since.elapsed().as_secs();
                match (waiting.is_empty(), long) {
                    (true, 0..=1) => phase.clone(),
                    (true, _) => format!("{phase} {long}s"),
                    (false, _) => format!("{phase} {long}s, waiting for {waiting}"),
                }
            })
            .collect();
        if more > 0 {
            words.push(format!("{more} more"));
        }
        status.bar.set_message(words.join(", "));
        status.bar.enable_steady_tick(Duration::from_millis(100));
    }
}

impl Status {
    fn running(&self) -> MutexGuard<'_, BTreeMap<String, (Instant, String)>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Text without what would move a cursor or clear a screen. Names of files and
/// objects, and what components say, come from elsewhere.
fn printable(text: &str) -> String {
    text.chars()
        .filter(|&c| c == '\n' || c == '\t' || !c.is_control())
        .collect()
}
