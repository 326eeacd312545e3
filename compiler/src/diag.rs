//! Diagnostics: errors and warnings as plain data, turned into text only by [`render`].

pub mod code;
pub mod render;
mod suggest;

pub use code::Code;
pub use suggest::{listed, suggest};

use crate::source::{NotUtf8, Span};

/// The result of a step that has reported every error it found.
pub type Checked<T> = Result<T, ErrorReported>;

/// Proof that an error was reported; only [`Diagnostics`] creates it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ErrorReported(());

/// Severity of a diagnostic.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// A possible problem; the compilation goes on.
    Warning,
    /// The input can't be compiled.
    Error,
}

impl Severity {
    /// The word in output.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Severity::Warning => "warning",
            Severity::Error => "error",
        }
    }
}

/// A place in a text, with a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    /// The place.
    pub span: Span,
    /// The message; may be empty.
    pub text: String,
    /// Whether this is the text to change, rather than a related place.
    pub primary: bool,
}

/// A change of the input that fixes a problem, exact enough for a program to apply.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fix {
    /// What it does, as an editor offers it: upper case, no final period.
    pub title: String,
    /// The replacements, to be applied together. Their spans don't overlap; an empty one inserts.
    pub edits: Vec<Edit>,
}

/// A replacement of a piece of text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edit {
    /// The text to replace.
    pub span: Span,
    /// The new text.
    pub text: String,
}

/// An error or a warning.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// Kind of the problem, which `torvync explain` describes.
    pub code: Code,
    /// Its severity.
    pub severity: Severity,
    /// The problem in one line: lower case, no final period.
    pub message: String,
    /// Places, the most important first.
    pub labels: Vec<Label>,
    /// Facts without a place.
    pub notes: Vec<String>,
    /// Likely fixes, in words.
    pub help: Vec<String>,
    /// Likely fixes, as changes of the input.
    pub fixes: Vec<Fix>,
}

impl Diagnostic {
    /// Adds the place where a text is not UTF-8, and how to fix it.
    #[must_use]
    pub fn not_utf8(self, found: NotUtf8) -> Self {
        let diagnostic = self.primary(
            found.at,
            format!("the byte 0x{:02x} is not valid UTF-8 here", found.byte),
        );
        if found.is_utf16 {
            diagnostic.help("it seems to be UTF-16: save it as UTF-8")
        } else {
            diagnostic.help("save it as UTF-8")
        }
    }

    /// An error without labels.
    pub fn error(code: Code, message: impl Into<String>) -> Self {
        Self::new(Severity::Error, code, message.into())
    }

    /// A warning without labels.
    pub fn warning(code: Code, message: impl Into<String>) -> Self {
        Self::new(Severity::Warning, code, message.into())
    }

    fn new(severity: Severity, code: Code, message: String) -> Self {
        Self {
            code,
            severity,
            message,
            labels: Vec::new(),
            notes: Vec::new(),
            help: Vec::new(),
            fixes: Vec::new(),
        }
    }

    /// The main label: the first primary one, or else the first.
    #[must_use]
    pub fn main_label(&self) -> Option<&Label> {
        self.labels.iter().find(|label| label.primary).or(self.labels.first())
    }

    /// Adds a primary label: a place to change.
    #[must_use]
    pub fn primary(mut self, span: Span, text: impl Into<String>) -> Self {
        self.labels.push(Label {
            span,
            text: text.into(),
            primary: true,
        });
        self
    }

    /// Adds a secondary label: a related place.
    #[must_use]
    pub fn secondary(mut self, span: Span, text: impl Into<String>) -> Self {
        self.labels.push(Label {
            span,
            text: text.into(),
            primary: false,
        });
        self
    }

    /// Adds a note: a fact without a place.
    #[must_use]
    pub fn note(mut self, text: impl Into<String>) -> Self {
        self.notes.push(text.into());
        self
    }

    /// Adds a likely fix, in words.
    #[must_use]
    pub fn help(mut self, text: impl Into<String>) -> Self {
        self.help.push(text.into());
        self
    }

    /// Adds a likely fix, as a change of the input.
    #[must_use]
    pub fn fix(mut self, title: impl Into<String>, edits: Vec<Edit>) -> Self {
        self.fixes.push(Fix {
            title: title.into(),
            edits,
        });
        self
    }

    /// Suggests the word that was probably meant, with a fix that puts `text` at `at`.
    #[must_use]
    pub fn meant(self, near: &str, at: Span, text: impl Into<String>) -> Self {
        let edit = Edit {
            span: at,
            text: text.into(),
        };
        self.help(format!("did you mean `{near}`?"))
            .fix(format!("Change it to `{near}`"), vec![edit])
    }
}

/// Diagnostics in the order they were reported.
#[derive(Clone, Debug, Default)]
pub struct Diagnostics {
    items: Vec<Diagnostic>,
}

impl Diagnostics {
    /// An empty list.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Reports an error.
    pub fn error(&mut self, error: impl Into<Diagnostic>) -> ErrorReported {
        self.items.push(Diagnostic {
            severity: Severity::Error,
            ..error.into()
        });
        ErrorReported(())
    }

    /// Reports a warning.
    pub fn warn(&mut self, warning: impl Into<Diagnostic>) {
        self.items.push(Diagnostic {
            severity: Severity::Warning,
            ..warning.into()
        });
    }

    /// Everything reported, in order.
    pub fn iter(&self) -> impl Iterator<Item = &Diagnostic> {
        self.items.iter()
    }

    /// Whether nothing was reported.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    /// Number of errors.
    #[must_use]
    pub fn errors(&self) -> usize {
        self.count(Severity::Error)
    }

    /// Number of warnings.
    #[must_use]
    pub fn warnings(&self) -> usize {
        self.count(Severity::Warning)
    }

    /// Whether an error was reported.
    #[must_use]
    pub fn has_errors(&self) -> bool {
        self.errors() > 0
    }

    /// `Err` once an error was reported: the barrier between two phases.
    ///
    /// # Errors
    /// When an error was reported.
    pub fn barrier(&self) -> Checked<()> {
        if self.has_errors() {
            Err(ErrorReported(()))
        } else {
            Ok(())
        }
    }

    fn count(&self, severity: Severity) -> usize {
        self.items.iter().filter(|item| item.severity == severity).count()
    }
}
