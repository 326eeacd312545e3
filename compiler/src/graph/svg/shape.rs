//! The outlines of nodes, by role, which differ not only in colour.

use torvyn_codegen::ir::Role;

use crate::graph::layout::Size;

/// All roles that a legend can have, from source to sink, then the unknown role.
pub(super) const ROLES: [Option<Role>; 7] = [
    Some(Role::Source),
    Some(Role::Processor),
    Some(Role::Filter),
    Some(Role::Router),
    Some(Role::Aggregator),
    Some(Role::Sink),
    None,
];

/// Returns the class of a role in the style sheet.
pub(super) fn class(role: Option<Role>) -> &'static str {
    role.map_or("unknown", Role::as_str)
}

/// Returns the space between the sides of the outline and the text in it, in pixels.
pub(super) fn padding(role: Option<Role>) -> f64 {
    match role {
        Some(Role::Source | Role::Sink | Role::Router) => 18.0,
        Some(Role::Filter | Role::Aggregator) => 16.0,
        Some(Role::Processor) | None => 12.0,
    }
}

/// Returns the horizontal centre of the text, which is off the centre of an outline with one round end.
pub(super) fn middle(role: Option<Role>, size: Size) -> f64 {
    match role {
        Some(Role::Source) => size.width / 2.0 + 3.0,
        Some(Role::Sink) => size.width / 2.0 - 3.0,
        Some(Role::Processor | Role::Filter | Role::Router | Role::Aggregator) | None => size.width / 2.0,
    }
}

/// Draws the outline, from 0, 0 to `size`.
pub(super) fn outline(role: Option<Role>, size: Size) -> String {
    let Size { width: w, height: h } = size;
    let cut = h * 0.22;
    let path = match role {
        // Sources are round on the side without inputs, sinks on the side without outputs.
        Some(Role::Source) => {
            let r = h * 0.45;
            format!("M{r:.1} 0H{w:.1}V{h:.1}H{r:.1}Q0 {h:.1} 0 {:.1}Q0 0 {r:.1} 0z", h / 2.0)
        }
        Some(Role::Sink) => {
            let r = w - h * 0.45;
            format!(
                "M0 0H{r:.1}Q{w:.1} 0 {w:.1} {:.1}Q{w:.1} {h:.1} {r:.1} {h:.1}H0z",
                h / 2.0
            )
        }
        // A funnel.
        Some(Role::Filter) => format!("M0 0L{w:.1} {:.1}V{:.1}L0 {h:.1}z", cut * 0.7, h - cut * 0.7),
        Some(Role::Router) => {
            let (right, lower) = (w - cut, h - cut);
            format!(
                "M{cut:.1} 0H{right:.1}L{w:.1} {cut:.1}V{lower:.1}L{right:.1} {h:.1}H{cut:.1}L0 {lower:.1}V{cut:.1}z"
            )
        }
        // Bars on both sides, like a subroutine in a flowchart.
        Some(Role::Aggregator) => {
            let bar = h * 0.1;
            format!("M0 0H{w:.1}V{h:.1}H0zM{bar:.1} 0V{h:.1}M{:.1} 0V{h:.1}", w - bar)
        }
        Some(Role::Processor) | None => {
            let r = h * 0.12;
            let (right, lower) = (w - r, h - r);
            format!(
                "M{r:.1} 0H{right:.1}Q{w:.1} 0 {w:.1} {r:.1}V{lower:.1}Q{w:.1} {h:.1} {right:.1} {h:.1}H{r:.1}\
                 Q0 {h:.1} 0 {lower:.1}V{r:.1}Q0 0 {r:.1} 0z"
            )
        }
    };
    format!("<path d=\"{path}\"/>")
}
