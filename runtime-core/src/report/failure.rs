//! Failures as text and as JSON.

use serde_json::{Value, json};

use crate::error::{Failure, RUNTIME};
use crate::printable;

/// A failure as JSON.
#[must_use]
pub(crate) fn failure_json(failure: &Failure) -> Value {
    json!({
        "code": failure.code(),
        "message": failure.message(),
        "node": failure.node,
        "component": failure.component,
        "operation": failure.operation.as_str(),
        "element": failure.element,
        "help": Vec::from_iter(failure.help()),
    })
}

/// A failure as text, with ANSI colours if `color`, and with its flow where several run.
#[must_use]
pub(crate) fn failure_text(failure: &Failure, flow: Option<&str>, color: bool) -> String {
    let (red, bold, reset) = if color {
        ("\x1b[1;31m", "\x1b[1m", "\x1b[0m")
    } else {
        ("", "", "")
    };
    let mut text = format!(
        "{red}error[{}]{reset}{bold}: {}{reset}\n",
        failure.code(),
        printable::lines(&failure.message()).replace('\n', "\n    "),
    );
    if let Some(flow) = flow {
        text.push_str(&format!("  = flow: {flow}\n"));
    }
    // A built-in, a component with the node's name, or the runtime itself would add no information.
    let component = failure.component;
    let is_known = component == failure.node || component.starts_with("builtin:") || component == RUNTIME;
    if !is_known {
        text.push_str(&format!("  = component: {component}\n"));
    }
    if let Some(help) = failure.help() {
        text.push_str(&format!("  = help: {help}\n"));
    }
    text
}
