//! What the program says, and how: lines for people, or JSON for programs.

use std::collections::BTreeMap;
use std::io::{self, IsTerminal, Write};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde::Serialize;
use serde_json::json;

use super::failure::Report;
use crate::effect::{Event, Events, LogLevel, outer};
use crate::run::{Audience, Finished};
use crate::visible::{Visible, visible_json, visible_product};

/// How output is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    Text,
    Json,
}

/// How many running phases are named on a terminal: more would not fit a line.
const NAMED: usize = 3;

/// Characters of one reason to wait, of one frame.
const NAME: usize = 200;

/// Where everything the program says goes: results and progress to standard
/// output, warnings and errors to standard error.
#[derive(Clone)]
pub struct Output {
    format: Format,
    verbose: u8,
    /// Whether progress is not shown.
    quiet: bool,
    /// Whether the command answers with one object: in JSON it is alone on
    /// standard output, and all else goes to standard error.
    answers: bool,
    /// One line at the bottom of a terminal: what is running, how long.
    status: Option<Arc<Status>>,
    /// Why something could not be written to standard output, if so.
    lost: Arc<Mutex<Option<io::Error>>>,
}

struct Status {
    bar: ProgressBar,
    running: Mutex<BTreeMap<String, (Instant, String)>>,
}

impl Audience for Output {
    fn line(&self, text: &str) {
        Self::line(self, text);
    }

    fn warning(&self, text: &str) {
        Self::warning(self, text);
    }

    fn events(&self) -> Events {
        Self::events(self)
    }

    fn done(&self) {
        Self::done(self);
    }
}

impl Output {
    pub fn new(format: Format, verbose: u8) -> Self {
        let on_terminal = format == Format::Text && io::stderr().is_terminal();
        let status = on_terminal.then(|| {
            let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
            // A template that is no template only costs the spinner.
            if let Ok(style) = ProgressStyle::with_template("{spinner} {wide_msg}") {
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
            answers: false,
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

    /// The same, for a command that answers with one object.
    pub fn answering(&self) -> Self {
        Self {
            answers: true,
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

    /// A line for people, below empty lines where it begins with such. What it
    /// quotes of others may hold more lines: they are marked. Nothing in JSON:
    /// there the result says it.
    pub fn line(&self, text: &str) {
        if self.format == Format::Text {
            let line = text.trim_start_matches('\n');
            let above = &text[..text.len() - line.len()];
            self.print(&format!("{above}{}\n", Visible::message(line)));
        }
    }

    /// A line of progress of our own.
    pub fn progress(&self, text: &str) {
        if !self.quiet {
            self.line(text);
        }
    }

    /// Lines for people that are ours, as those of a difference, which have
    /// their own marks.
    pub fn lines(&self, text: &str) {
        if self.format == Format::Text {
            self.print(&format!("{text}\n"));
        }
    }

    /// Text that is the command's product; in JSON the caller gives a result.
    pub fn text(&self, text: &str) {
        self.print(text);
    }

    /// What a component shows the operator.
    pub fn show(&self, text: &str) {
        self.print(&visible_product(text));
    }

    /// The result, for programs.
    pub fn result(&self, value: &impl Serialize) {
        match (self.format, self.answers) {
            (Format::Text, _) => {}
            (Format::Json, false) => self.json(&json!({ "event": "result", "result": value })),
            (Format::Json, true) => {
                if let Ok(text) = serde_json::to_string_pretty(value) {
                    // Ends of lines are ours: in strings they are escaped.
                    let lines = text.lines().map(|line| visible_json(line) + "\n");
                    self.write(&lines.collect::<String>());
                }
            }
        }
    }

    pub fn warning(&self, message: &str) {
        match self.format {
            Format::Json => self.json(&json!({ "event": "warning", "message": message })),
            Format::Text => {
                let line = format!("WARNING: {}\n", Visible::message(message));
                self.above_status(|| complain(&line));
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
                text.push_str(&format!("{lead}{}\n", message.visible()));
            }
            for frame in &trouble.frames {
                let frame = Visible::line(frame).at_most(NAME);
                text.push_str(&format!("  in {frame}\n"));
            }
            if let Some(hint) = &trouble.hint {
                text.push_str(&format!("hint: {}\n", hint.visible()));
            }
        }
        complain(&text);
    }

    /// What phases want the operator to see, secrets and all. For the
    /// operator's eyes; a program reads the result, where they stay sealed.
    pub fn shows(&self, finished: &Finished) {
        if self.is_json() {
            return;
        }
        for (_, content) in &finished.shown {
            let text = content.reveal();
            self.show(&String::from_utf8_lossy(&text));
        }
    }

    /// Ends the status line.
    pub fn done(&self) {
        if let Some(status) = &self.status {
            status.bar.finish_and_clear();
        }
    }

    fn json(&self, value: &impl Serialize) {
        let Ok(line) = serde_json::to_string(value) else {
            return;
        };
        let line = format!("{}\n", visible_json(&line));
        match self.answers {
            true => complain(&line),
            false => self.write(&line),
        }
    }

    /// Prints text, whoever made it, with nothing in it that does anything.
    fn print(&self, text: &str) {
        self.write(&Visible::text(text).to_string());
    }

    /// Writes to standard output. What could not be written is told at the
    /// end: the run itself goes on.
    fn write(&self, text: &str) {
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
                let group = outer(phase);
                let topic = topic.as_deref().unwrap_or(group);
                self.line(&format!("[{topic}] {message}"));
            }
            Event::Warning { phase, message } => self.warning(&format!("[{phase}] {message}")),
            Event::Waiting { phase, waiting_for } if self.status.is_none() => {
                let group = outer(phase);
                for one in waiting_for {
                    // "to exist" goes on, "connection refused" explains.
                    let (name, reason) = (Visible::line(&one.name), Visible::line(&one.reason));
                    let joint = match one.reason.starts_with("to ") {
                        true => "",
                        false => ":",
                    };
                    self.line(&format!("[{group}] Waiting for {name}{joint} {reason}"));
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
                    .map(|words| Visible::line(&words).at_most(NAME).to_string())
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

/// Writes to standard error. Nobody is left to be told where that is gone.
fn complain(text: &str) {
    let shown = Visible::text(text).to_string();
    let _ = io::stderr().lock().write_all(shown.as_bytes());
}
