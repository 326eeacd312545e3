//! Excerpts of texts for terminals. Long lines are cut around the labels: whole lines would make the output for many
//! mistakes on one line grow with the square of its length. Characters that would control the terminal are replaced by
//! visible ones.

use std::ops::Range;

use torvyn_runtime_core::printable;

use crate::diag::Label;
use crate::source::{SourceId, SourceMap};

/// Longest line that is shown whole, in bytes.
const LONGEST: usize = 240;
/// Length of the part that is kept of a longer line, in bytes.
const KEPT: usize = 160;
/// Length of that part before the main label, in bytes.
const BEFORE: usize = 40;
/// Replacement for text that is cut off.
const ELLIPSIS: &str = "…";

/// A text with long lines cut, and control characters replaced by visible ones.
#[derive(Debug)]
pub(super) struct Excerpt {
    text: String,
    lines: Vec<Line>,
    /// For each replaced character, in order: its end in the whole text, and by how many bytes all replacements up to
    /// there lengthen the excerpt.
    longer: Vec<(usize, usize)>,
    /// Length of the whole text, in bytes.
    whole_len: usize,
}

/// A line of an excerpt.
#[derive(Debug)]
struct Line {
    /// Where it starts in the excerpt.
    start: usize,
    /// Where its kept part starts in the excerpt.
    kept_at: usize,
    /// Where it starts in the whole text.
    whole_start: usize,
    /// The kept part, in the whole text.
    kept: Range<usize>,
    /// Whether something is cut off after that part.
    is_cut: bool,
}

impl Excerpt {
    /// The excerpt of a text that shows `labels`; `None` when all lines with a label can be shown as they are.
    pub(super) fn of(sources: &SourceMap, source: SourceId, labels: &[Label]) -> Option<Self> {
        let spans = labels.iter().filter(|label| label.span.source == source);
        let mut spans: Vec<(bool, Range<usize>)> = spans
            .map(|label| (!label.primary, label.span.start..label.span.end))
            .collect();
        spans.sort_by_key(|(is_secondary, span)| (*is_secondary, span.start));
        let line = |offset: usize| sources.line_range(source, sources.line_index(source, offset));
        let is_long = |offset: usize| line(offset).is_some_and(|line| line.len() > LONGEST);
        let steers = |span: &Range<usize>| {
            let (start, end) = (line(span.start).unwrap_or_default(), line(span.end).unwrap_or_default());
            let text = &sources.text(source)[start.start..end.end.max(start.end)];
            text.lines()
                .any(|line| line.chars().any(|c| printable::shown(c).is_some()))
        };
        spans
            .iter()
            .any(|(_, span)| is_long(span.start) || is_long(span.end) || steers(span))
            .then(|| Self::cut(sources, source, &spans))
    }

    fn cut(sources: &SourceMap, source: SourceId, spans: &[(bool, Range<usize>)]) -> Self {
        let whole = sources.text(source);
        let mut excerpt = Self {
            text: String::new(),
            lines: Vec::new(),
            longer: Vec::new(),
            whole_len: whole.len(),
        };
        let lines = (0..).map_while(|line| sources.line_range(source, line));
        for line in lines {
            let end = line.start + whole[line.clone()].trim_end_matches(['\n', '\r']).len();
            let kept = if line.len() > LONGEST {
                let mut on_line = spans.iter().map(|(_, span)| span);
                let main = on_line.find(|span| span.start <= end && span.end >= line.start);
                let main = main.map_or(line.start, |span| span.start.max(line.start));
                window(whole, line.start..end, main)
            } else {
                line.start..end
            };
            let start = excerpt.text.len();
            if kept.start > line.start {
                excerpt.text.push_str(ELLIPSIS);
            }
            excerpt.lines.push(Line {
                start,
                kept_at: excerpt.text.len(),
                whole_start: line.start,
                kept: kept.clone(),
                is_cut: kept.end < end,
            });
            excerpt.show(whole, kept.clone());
            if kept.end < end {
                excerpt.text.push_str(ELLIPSIS);
            }
            excerpt.text.push_str(&whole[end..line.end]);
        }
        excerpt
    }

    /// Appends a part of the whole text, with replaced characters.
    fn show(&mut self, whole: &str, part: Range<usize>) {
        for (at, c) in whole[part.clone()].char_indices() {
            let Some(shown) = printable::shown(c) else {
                self.text.push(c);
                continue;
            };
            self.text.push(shown);
            let after = part.start + at + c.len_utf8();
            let before = self.longer.last().map_or(0, |(_, longer)| *longer);
            self.longer.push((after, before + shown.len_utf8() - c.len_utf8()));
        }
    }

    /// By how many bytes replacements lengthen a part of the whole text.
    fn longer_in(&self, part: Range<usize>) -> usize {
        let up_to = |offset: usize| {
            let after = self.longer.partition_point(|(at, _)| *at <= offset);
            after.checked_sub(1).map_or(0, |last| self.longer[last].1)
        };
        up_to(part.end) - up_to(part.start)
    }

    pub(super) fn text(&self) -> &str {
        &self.text
    }

    pub(super) fn line_index(&self, offset: usize) -> usize {
        self.lines.partition_point(|line| line.start <= offset) - 1
    }

    pub(super) fn line_range(&self, line: usize) -> Option<Range<usize>> {
        let start = self.lines.get(line)?.start;
        let end = self.lines.get(line + 1).map_or(self.text.len(), |next| next.start);
        Some(start..end)
    }

    /// Converts an offset of the whole text to one of the excerpt; text that is cut off has the place of the ellipsis.
    pub(super) fn shown(&self, offset: usize) -> usize {
        let offset = offset.min(self.whole_len);
        let position = self.lines.partition_point(|line| line.whole_start <= offset) - 1;
        let line = &self.lines[position];
        if offset < line.kept.start {
            return line.start;
        }
        let end = match self.line_range(position) {
            Some(range) if !line.is_cut => range.end,
            Some(_) | None => line.kept_at + line.kept.len() + self.longer_in(line.kept.clone()),
        };
        (line.kept_at + offset - line.kept.start + self.longer_in(line.kept.start..offset)).min(end)
    }

    /// Converts an offset of the excerpt to one of the whole text.
    pub(super) fn whole(&self, offset: usize) -> usize {
        let line = &self.lines[self.line_index(offset)];
        let mut whole = line.kept.start + offset.saturating_sub(line.kept_at);
        let first = self.longer.partition_point(|(at, _)| *at <= line.kept.start);
        for (at, _) in self.longer[first..].iter().take_while(|(at, _)| *at <= line.kept.end) {
            let longer = self.longer_in(at - 1..*at);
            if *at + longer <= whole {
                whole -= longer;
            }
        }
        whole.min(self.whole_len)
    }
}

/// The part of a long line to keep, around the offset `main` and between characters.
fn window(text: &str, line: Range<usize>, main: usize) -> Range<usize> {
    let start = main.saturating_sub(BEFORE).max(line.start);
    let start = start.min(line.end.saturating_sub(KEPT)).max(line.start);
    let end = (start + KEPT).min(line.end);
    text.floor_char_boundary(start)..text.floor_char_boundary(end)
}
