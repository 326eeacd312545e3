//! Text in a picture: measured, cut to what fits, escaped.

/// How a text is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Style {
    /// Name of a flow.
    Title,
    /// Name of a node.
    Name,
    /// Component of a node, description of a flow, legend.
    Small,
    /// Role of a node.
    Role,
    /// Label of an edge.
    Edge,
}

/// Widths of the characters from space to tilde in a sans-serif font, in thousandths of its size.
const WIDTHS: [u16; 95] = [
    278, 278, 355, 556, 556, 889, 667, 191, 333, 333, 389, 584, 278, 333, 278, 278, 556, 556, 556, 556, 556, 556, 556,
    556, 556, 556, 278, 278, 584, 584, 584, 556, 1015, 667, 667, 722, 722, 667, 611, 778, 722, 278, 500, 667, 556, 833,
    722, 778, 667, 778, 722, 667, 611, 722, 667, 944, 667, 667, 611, 278, 278, 278, 469, 556, 333, 556, 556, 500, 556,
    556, 278, 556, 556, 222, 222, 500, 222, 833, 556, 556, 556, 556, 333, 500, 278, 556, 500, 722, 500, 500, 500, 334,
    260, 334, 584,
];
/// Factor for fonts that are a little wider than the one that was measured.
const SPARE: f64 = 1.06;

impl Style {
    /// Returns the class in the style sheet, the size in pixels, and the width relative to regular text.
    fn facts(self) -> (&'static str, f64, f64) {
        match self {
            Style::Title => ("title", 14.0, 1.08),
            Style::Name => ("name", 13.0, 1.08),
            Style::Small => ("small", 11.0, 1.0),
            Style::Role => ("role", 10.0, 1.0),
            Style::Edge => ("label", 10.0, 1.0),
        }
    }
}

/// Returns the width of a text in pixels.
pub(super) fn width(text: &str, style: Style) -> f64 {
    let (_, size, factor) = style.facts();
    text.chars().map(thousandths).sum::<f64>() / 1000.0 * size * factor * SPARE
}

fn thousandths(character: char) -> f64 {
    let code = u32::from(character);
    match code.checked_sub(32).and_then(|at| WIDTHS.get(at as usize)) {
        Some(width) => f64::from(*width),
        // Full-width scripts, such as Chinese, and emoji.
        None if code >= 0x1100 => 1000.0,
        None => 640.0,
    }
}

/// Cuts a text to `longest` pixels, with an ellipsis in place of the rest.
pub(super) fn fitted(text: &str, style: Style, longest: f64) -> String {
    let text: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    if width(&text, style) <= longest {
        return text;
    }
    let room = longest - width("…", style);
    let mut kept = String::new();
    for character in text.chars() {
        kept.push(character);
        if width(&kept, style) > room {
            kept.pop();
            break;
        }
    }
    kept + "…"
}

/// Returns a `<text>` element; nothing for a blank text.
pub(super) fn element(x: f64, y: f64, anchor: &str, style: Style, text: &str) -> String {
    if text.trim().is_empty() {
        return String::new();
    }
    format!(
        "<text class=\"{}\" x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"{anchor}\" textLength=\"{:.1}\" \
         lengthAdjust=\"spacingAndGlyphs\">{}</text>\n",
        style.facts().0,
        width(text, style),
        escaped(text)
    )
}

/// Escapes a text for XML; control characters, which XML does not allow, become spaces.
pub(super) fn escaped(text: &str) -> String {
    let mut out = String::new();
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\u{fffe}' | '\u{ffff}' => out.push(' '),
            control if control.is_control() => out.push(' '),
            other => out.push(other),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_texts_are_cut() {
        assert_eq!(fitted("short", Style::Name, 100.0), "short");
        let cut = fitted(&"wide ".repeat(30), Style::Name, 100.0);
        assert!(cut.ends_with('…') && width(&cut, Style::Name) <= 100.0, "{cut}");
        assert!(width("漢字", Style::Name) > width("ab", Style::Name));
    }

    #[test]
    fn text_is_fit_for_xml() {
        assert_eq!(escaped("<a & \"b\">\u{1}"), "&lt;a &amp; &quot;b&quot;&gt; ");
    }
}
