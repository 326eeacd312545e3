//! Recovery from mistakes, to find more than one: wit-parser stops at the first, so the item around it is blanked in a
//! copy of the text, and the copy is read again. Offsets stay the same.

use std::collections::BTreeSet;
use std::ops::Range;

use super::WitError;
use super::outline::{Item, around, broken, end_before, outline, used, words};
use crate::diag::{Checked, Diagnostics, ErrorReported};
use crate::source::{SourceId, Span};

/// The most times that packages are read again for the mistakes of one contract.
const ROUNDS: usize = 20;

/// Replacement for the name of a type that does not exist.
const STAND_IN: &str = "u8";

/// Keywords that introduce a name which can be used elsewhere.
const DECLARING: [&str; 9] = [
    "interface",
    "world",
    "type",
    "record",
    "variant",
    "enum",
    "flags",
    "resource",
    "as",
];

/// A text of a package, in which mistakes are blanked as they are found.
#[derive(Clone, Debug)]
pub(super) struct Draft {
    /// Its name in wit-parser's source map.
    pub(super) shown: String,
    pub(super) source: SourceId,
    pub(super) text: String,
}

/// The mistakes of one contract.
#[derive(Default)]
pub(super) struct Recovery {
    reported: Option<ErrorReported>,
    rounds: usize,
    places: BTreeSet<(SourceId, usize)>,
    /// Names that blanked text may have declared.
    missing: BTreeSet<String>,
    /// Reported messages that would be repeated at every use.
    said: BTreeSet<String>,
}

/// A mistake to recover from.
pub(super) struct Mistake {
    message: String,
    pub(super) at: Span,
    is_syntax: bool,
}

impl Mistake {
    /// The mistake in a syntax or resolution error; `None` for other errors, or without a place.
    pub(super) fn of(error: &WitError) -> Option<Self> {
        let (WitError::Syntax { message, at, .. } | WitError::Unresolved { message, at, .. }) = error else {
            return None;
        };
        Some(Self {
            message: message.clone(),
            at: (*at)?,
            is_syntax: matches!(error, WitError::Syntax { .. }),
        })
    }
}

impl Recovery {
    /// `Err` once an error was reported.
    pub(super) fn result(&self) -> Checked<()> {
        self.reported.map_or(Ok(()), Err)
    }

    /// Reports a mistake, unless it is a consequence of those already reported.
    pub(super) fn report(&mut self, diags: &mut Diagnostics, error: WitError) -> ErrorReported {
        let follows = self.follows(&error);
        match self.reported.filter(|_| follows) {
            Some(reported) => reported,
            None => *self.reported.insert(diags.error(error)),
        }
    }

    fn follows(&mut self, error: &WitError) -> bool {
        let Some(place) = error.place() else { return false };
        if self.places.contains(&(place.source, place.start)) {
            return true;
        }
        let WitError::Unresolved { message, .. } = error else {
            return false;
        };
        // A package whose end was blanked contains the next one.
        if message.ends_with("creates a dependency cycle") && !self.places.is_empty() {
            return true;
        }
        let name = message.split('`').nth(1).unwrap_or_default();
        let is_of_its_place = message.ends_with("does not exist") || message.ends_with("not defined in interface");
        self.missing.contains(name) || (!is_of_its_place && !self.said.insert(message.clone()))
    }

    /// Patches a mistake in the texts of its package, or blanks the item around it; `false` if nothing changed, or
    /// after `ROUNDS` mistakes.
    pub(super) fn mend(&mut self, drafts: &mut [Draft], mistake: &Mistake) -> bool {
        let Mistake { message, at, is_syntax } = mistake;
        self.rounds += 1;
        let Some(draft) = drafts.iter_mut().find(|draft| draft.source == at.source) else {
            return false;
        };
        if self.rounds > ROUNDS {
            return false;
        }
        let is_new = self.places.insert((at.source, at.start));
        let items = outline(&draft.text);
        if is_new && draft.patch(&items, message, at.start..at.end) {
            return true;
        }
        let ranges = if *is_syntax {
            broken(&items, at.start, draft.text.len())
        } else {
            let path = around(&items, at.start, draft.text.len());
            path.last().map(|item| item.range.clone()).into_iter().collect()
        };
        let before = draft.text.clone();
        for range in ranges {
            self.missing.extend(declared(&before[range.clone()]));
            draft.blank(range);
        }
        if draft.text == before {
            let is_comment = before[at.start..].starts_with("/*");
            draft.blank(at.start..if is_comment { before.len() } else { at.end });
        }
        draft.text != before
    }
}

/// The names that a blanked text may declare or import.
fn declared(text: &str) -> Vec<String> {
    let mut before = "";
    let mut names = Vec::new();
    let is_use = words(text).next() == Some("use");
    for word in words(if is_use { used(text) } else { text }) {
        if is_use || DECLARING.contains(&before) {
            names.push(word.to_owned());
        }
        before = word;
    }
    names
}

impl Draft {
    /// Mends a mistake without blanking its item: replaces the unknown name of a type by one that exists, or adds a
    /// missing semicolon at the end of a line. Returns whether it did.
    fn patch(&mut self, items: &[Item], message: &str, at: Range<usize>) -> bool {
        let name = message.strip_suffix("` does not exist").and_then(|message| {
            let (kind, name) = message.split_once(" `")?;
            (kind == "name" || kind == "type").then_some(name)
        });
        if let Some(name) = name {
            let path = around(items, at.start, self.text.len());
            let fits = path.last().is_some_and(|item| item.word != "use")
                && self.text.get(at.clone()) == Some(name)
                && name.len() >= STAND_IN.len();
            if fits {
                let at = self.with_handle(at);
                self.blank(at.clone());
                self.text.replace_range(at.start..at.start + STAND_IN.len(), STAND_IN);
            }
            return fits;
        }
        let Some(end) = end_before(&self.text, at.start) else {
            return false;
        };
        let ends_header = || {
            items
                .first()
                .is_some_and(|item| item.word == "package" && item.range.end == end)
        };
        if !(message.starts_with("expected `;`") || (message.starts_with("expected `{`") && ends_header())) {
            return false;
        }
        let between = self.text.get(end..at.start).unwrap_or_default();
        let fits = between.contains('\n') && between.starts_with(char::is_whitespace) && between.is_char_boundary(1);
        if fits {
            self.text.replace_range(end..=end, ";");
        }
        fits
    }

    /// The range of a resource's name with the handle around it, if there is one.
    fn with_handle(&self, at: Range<usize>) -> Range<usize> {
        let (before, after) = (&self.text[..at.start], &self.text[at.end..]);
        let handle = ["own<", "borrow<"].into_iter().find(|handle| before.ends_with(handle));
        match handle.filter(|_| after.starts_with('>')) {
            Some(handle) => at.start - handle.len()..at.end + 1,
            None => at,
        }
    }

    fn blank(&mut self, range: Range<usize>) {
        let blank: String = self.text[range.clone()]
            .bytes()
            .map(|byte| if byte == b'\n' { '\n' } else { ' ' })
            .collect();
        self.text.replace_range(range, &blank);
    }
}
