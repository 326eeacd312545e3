//! Parts of charts.

use std::fmt::Write as _;

/// Told apart by eyes that see few colours, too.
const COLOURS: [&str; 9] = [
    "#444444", "#e69f00", "#0072b2", "#009e73", "#56b4e9", "#cc79a7", "#d55e00", "#f0e442", "#999999",
];

/// Width of a bar, with the space around it.
pub const BAR: f64 = 30.0;

/// A chart of a size with white behind it, without its end.
#[must_use]
pub fn begin(width: f64, height: f64) -> String {
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width:.0}\" height=\"{height:.0}\" \
         viewBox=\"0 0 {width:.0} {height:.0}\" font-family=\"sans-serif\" font-size=\"11\">\n\
         <rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n"
    )
}

/// Its end.
pub fn end(text: &mut String) {
    text.push_str("</svg>\n");
}

/// Title, and the machine below it.
pub fn title(text: &mut String, left: f64, title: &str, machine: &str) {
    let style = "font-size=\"14\" font-weight=\"bold\"";
    put(text, &label(left, 20.0, "start", title, style));
    put(text, &label(left, 36.0, "start", &escaped(machine), "fill=\"#666666\""));
}

/// The names of the bars, from left to right.
pub fn legend(text: &mut String, left: f64, names: &[&str]) {
    for (at, name) in names.iter().enumerate() {
        let x = left + at as f64 * 100.0;
        put(text, &rectangle(x, 46.0, 11.0, 11.0, colour(at)));
        put(text, &label(x + 16.0, 56.0, "start", name, ""));
    }
}

/// A line across the chart at a height, with its value at the left.
pub fn grid_line(text: &mut String, left: f64, right: f64, y: f64, value: &str) {
    let line = format!("<line x1=\"{left}\" y1=\"{y:.1}\" x2=\"{right:.1}\" y2=\"{y:.1}\" stroke=\"#dddddd\"/>");
    put(text, &line);
    put(text, &label(left - 6.0, y + 4.0, "end", value, "fill=\"#666666\""));
}

/// The bar at a place of its group, which begins at `left`, with its value above it.
pub fn bar(text: &mut String, at: usize, left: f64, floor: f64, height: f64, value: &str) {
    let x = left + at as f64 * BAR;
    put(text, &rectangle(x + 1.0, floor - height, BAR - 2.0, height, colour(at)));
    let style = "font-size=\"7.5\"";
    put(
        text,
        &label(x + BAR / 2.0, floor - height - 3.0, "middle", value, style),
    );
}

/// The colour of the bars at a place of their groups.
fn colour(at: usize) -> &'static str {
    COLOURS[at % COLOURS.len()]
}

fn rectangle(x: f64, y: f64, width: f64, height: f64, fill: &str) -> String {
    format!("<rect x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{height:.1}\" fill=\"{fill}\"/>")
}

/// A text at a place; `anchor` says which part of it is there.
#[must_use]
pub fn label(x: f64, y: f64, anchor: &str, content: &str, style: &str) -> String {
    format!("<text x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"{anchor}\" {style}>{content}</text>")
}

/// Appends an element.
pub fn put(text: &mut String, element: &str) {
    writeln!(text, "{element}").expect("invariant: writing to a String succeeds");
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;")
}
