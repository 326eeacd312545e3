//! Texts with their long lines cut to what a diagnostic is about: a terminal shows no more, and whole lines would make the
//! output of many mistakes on one line grow with the square of its length.

use std::ops::Range;

use crate::diag::Label;
use crate::source::{SourceId, SourceMap};

/// Longer lines are cut, in bytes.
const LONGEST: usize = 240;
/// What is left of them, in bytes.
const KEPT: usize = 160;
/// Of that, what stands before the place that matters.
const BEFORE: usize = 40;
/// Stands for what is cut off.
const ELLIPSIS: &str = "…";

/// A text whose long lines are cut.
#[derive(Debug)]
pub(super) struct Excerpt {
    text: String,
    lines: Vec<Line>,
    /// Bytes of the whole text.
    whole_len: usize,
}

/// A line of an excerpt.
#[derive(Debug)]
struct Line {
    /// Where it starts in the excerpt.
    start: usize,
    /// Where what is kept of it starts in the excerpt.
    kept_at: usize,
    /// Where it starts in the whole text.
    whole_start: usize,
    /// What is kept, in the whole text.
    kept: Range<usize>,
    /// Whether something is cut off behind that.
    is_cut: bool,
}

impl Excerpt {
    /// The excerpt of a text that shows `labels`; `None` when no line with a label is long.
    pub(super) fn of(sources: &SourceMap, source: SourceId, labels: &[Label]) -> Option<Self> {
        let spans = labels.iter().filter(|label| label.span.source == source);
        let mut spans: Vec<(bool, Range<usize>)> = spans
            .map(|label| (!label.primary, label.span.start..label.span.end))
            .collect();
        spans.sort_by_key(|(is_secondary, span)| (*is_secondary, span.start));
        let is_long = |offset: usize| {
            let line = sources.line_range(source, sources.line_index(source, offset));
            line.is_some_and(|line| line.len() > LONGEST)
        };
        spans
            .iter()
            .any(|(_, span)| is_long(span.start) || is_long(span.end))
            .then(|| Self::cut(sources, source, &spans))
    }

    fn cut(sources: &SourceMap, source: SourceId, spans: &[(bool, Range<usize>)]) -> Self {
        let whole = sources.text(source);
        let mut excerpt = Self {
            text: String::new(),
            lines: Vec::new(),
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
            excerpt.text.push_str(&whole[kept.clone()]);
            if kept.end < end {
                excerpt.text.push_str(ELLIPSIS);
            }
            excerpt.text.push_str(&whole[end..line.end]);
        }
        excerpt
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

    /// Where a place of the whole text is in the excerpt; what is cut off is where the ellipsis is.
    pub(super) fn shown(&self, offset: usize) -> usize {
        let offset = offset.min(self.whole_len);
        let position = self.lines.partition_point(|line| line.whole_start <= offset) - 1;
        let line = &self.lines[position];
        if offset < line.kept.start {
            return line.start;
        }
        let end = match self.line_range(position) {
            Some(range) if !line.is_cut => range.end,
            Some(_) | None => line.kept_at + line.kept.len(),
        };
        (line.kept_at + offset - line.kept.start).min(end)
    }

    /// Where a place of the excerpt is in the whole text.
    pub(super) fn whole(&self, offset: usize) -> usize {
        let line = &self.lines[self.line_index(offset)];
        (line.kept.start + offset.saturating_sub(line.kept_at)).min(self.whole_len)
    }
}

/// The part of a long line around the place that matters, between characters.
fn window(text: &str, line: Range<usize>, main: usize) -> Range<usize> {
    let start = main.saturating_sub(BEFORE).max(line.start);
    let start = start.min(line.end.saturating_sub(KEPT)).max(line.start);
    let end = (start + KEPT).min(line.end);
    text.floor_char_boundary(start)..text.floor_char_boundary(end)
}
