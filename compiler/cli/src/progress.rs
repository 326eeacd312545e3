//! Shows the phases of a build on standard error: a spinner on a terminal, a line for each phase elsewhere.

use std::io::{self, IsTerminal};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use serde_json::{Map, Value};
use torvync_compiler::diag::render::printable;
use torvync_compiler::driver::{Phase, Progress};

use crate::output::Context;
use crate::text;

/// Longest detail shown after a spinner's title, in characters.
const DETAIL_WIDTH: usize = 60;

/// Progress of one build.
pub(crate) struct Phases<'a> {
    context: &'a Context,
    /// Phases that took at least this long leave a line.
    keep: Duration,
    spinner: Option<ProgressBar>,
    took: Vec<(Phase, Duration)>,
}

impl<'a> Phases<'a> {
    /// Creates the progress of a build; phases that take at least `keep` leave a line with their time.
    pub(crate) fn new(context: &'a Context, keep: Duration) -> Self {
        Self {
            context,
            keep,
            spinner: None,
            took: Vec::new(),
        }
    }

    /// Returns the milliseconds of each phase, by name.
    pub(crate) fn as_json(&self) -> Value {
        let milliseconds = |took: &Duration| u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
        let phases = self
            .took
            .iter()
            .map(|(phase, took)| (key(*phase).to_owned(), milliseconds(took).into()));
        Value::Object(phases.collect::<Map<_, _>>())
    }
}

impl Progress for Phases<'_> {
    fn start(&mut self, phase: Phase) {
        if !self.context.is_chatty() {
            return;
        }
        if io::stderr().is_terminal() {
            let spinner = ProgressBar::new_spinner().with_message(title(phase));
            if let Ok(style) = ProgressStyle::with_template("  {spinner} {msg} {elapsed:.dim}") {
                spinner.set_style(style);
            }
            spinner.enable_steady_tick(Duration::from_millis(100));
            self.spinner = Some(spinner);
        }
    }

    fn detail(&mut self, detail: &str) {
        let detail = &printable::line(detail.trim_end());
        let Some(spinner) = &self.spinner else {
            if self.context.verbose {
                self.context.note(&format!("    {}", detail.trim_end()));
            }
            return;
        };
        if self.context.verbose {
            spinner.println(format!("    {}", detail.trim_end()));
        }
        let short: String = detail.trim().chars().take(DETAIL_WIDTH).collect();
        let (title, _) = spinner
            .message()
            .split_once(": ")
            .map_or((spinner.message(), ""), |(title, _)| (title.into(), ""));
        spinner.set_message(format!("{title}: {short}"));
    }

    fn wait(&mut self, text: &str) {
        let line = format!("  {text}");
        match &self.spinner {
            Some(spinner) => spinner.println(line),
            None => self.context.note(&line),
        }
    }

    fn finish(&mut self, phase: Phase, took: Duration) {
        self.took.push((phase, took));
        if let Some(spinner) = self.spinner.take() {
            spinner.finish_and_clear();
        }
        if took >= self.keep {
            self.context
                .note(&format!("  {:<36} {:>8}", title(phase), text::duration(took)));
        }
    }
}

impl Drop for Phases<'_> {
    fn drop(&mut self) {
        if let Some(spinner) = self.spinner.take() {
            spinner.finish_and_clear();
        }
    }
}

fn title(phase: Phase) -> &'static str {
    match phase {
        Phase::Check => "check manifest and contracts",
        Phase::Guests => "compile components",
        Phase::Link => "link components",
        Phase::Aot => "compile components to machine code",
        Phase::Generate => "generate the flow driver",
        Phase::Exe => "build the executable",
    }
}

fn key(phase: Phase) -> &'static str {
    match phase {
        Phase::Check => "check",
        Phase::Guests => "guests",
        Phase::Link => "link",
        Phase::Aot => "aot",
        Phase::Generate => "generate",
        Phase::Exe => "exe",
    }
}
