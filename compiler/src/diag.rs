//! What the compiler has to say: plain data, turned into text only by [`render`].

pub mod code;
pub mod render;
mod suggest;

pub use code::Code;
pub use suggest::{listed, suggest};

use crate::source::{NotUtf8, Span};

/// The result of a step that has told the user about every mistake it ran into.
pub type Checked<T> = Result<T, ErrorReported>;

/// Proof that an error was reported; only [`Diagnostics::error`] makes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ErrorReported(());

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Something to know; the compilation goes on.
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

/// A place in a text and what there is to say about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    /// The place.
    pub span: Span,
    /// What to say; may be empty.
    pub text: String,
    /// Whether this is the text to change, as opposed to the other side of the problem.
    pub primary: bool,
}

/// A change of the input that mends a problem, exact enough for a program to make it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fix {
    /// What it does, as an editor offers it: upper case, no final period.
    pub title: String,
    /// What to replace, all of it or nothing. Ranges don't overlap; an empty one inserts.
    pub edits: Vec<Edit>,
}

/// A piece of text to put in the place of another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edit {
    /// What goes.
    pub span: Span,
    /// What comes.
    pub text: String,
}

/// One thing to say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// Which kind of problem; `torvync explain` knows more.
    pub code: Code,
    /// How bad it is.
    pub severity: Severity,
    /// The problem in one line: lower case, no final period.
    pub message: String,
    /// Places, the most important first.
    pub labels: Vec<Label>,
    /// Facts that belong to no place.
    pub notes: Vec<String>,
    /// What is likely to fix it, in words.
    pub help: Vec<String>,
    /// What is likely to fix it, as changes.
    pub fixes: Vec<Fix>,
}

impl Diagnostic {
    /// Says where a text is not UTF-8, and how to mend it.
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

    /// The place that stands for all of it: the first one to change, else the first.
    #[must_use]
    pub fn main_label(&self) -> Option<&Label> {
        self.labels.iter().find(|label| label.primary).or(self.labels.first())
    }

    /// Adds the place to change.
    #[must_use]
    pub fn primary(mut self, span: Span, text: impl Into<String>) -> Self {
        self.labels.push(Label {
            span,
            text: text.into(),
            primary: true,
        });
        self
    }

    /// Adds another place that takes part in the problem.
    #[must_use]
    pub fn secondary(mut self, span: Span, text: impl Into<String>) -> Self {
        self.labels.push(Label {
            span,
            text: text.into(),
            primary: false,
        });
        self
    }

    /// Adds a fact.
    #[must_use]
    pub fn note(mut self, text: impl Into<String>) -> Self {
        self.notes.push(text.into());
        self
    }

    /// Adds a likely fix.
    #[must_use]
    pub fn help(mut self, text: impl Into<String>) -> Self {
        self.help.push(text.into());
        self
    }

    /// Adds a change that is likely to fix it.
    #[must_use]
    pub fn fix(mut self, title: impl Into<String>, edits: Vec<Edit>) -> Self {
        self.fixes.push(Fix {
            title: title.into(),
            edits,
        });
        self
    }
}

impl Diagnostic {
    /// Names the word that is likely to be meant, and offers to put `text` at `at`.
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

/// Collects diagnostics in the order they were found.
#[derive(Clone, Debug, Default)]
pub struct Diagnostics {
    items: Vec<Diagnostic>,
}

impl Diagnostics {
    /// Nothing to say yet.
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
