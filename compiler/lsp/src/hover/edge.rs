//! Describes an edge: the types at both ends, and its queue.

use torvync_compiler::interface::Interface;
use torvync_compiler::words::count;

use crate::names::WrittenEdge;
use crate::stream;
use crate::view::View;

/// Describes an edge; `None` while it names no node.
pub(super) fn text(view: View<'_>, edge: &WrittenEdge) -> Option<String> {
    let (from, to) = (&edge.from, &edge.to);
    if from.0.is_empty() && to.0.is_empty() {
        return None;
    }
    let mut text = format!("`{}.{}` → `{}.{}`\n", from.0, from.1, to.0, to.1);
    if from.1 == "error" {
        text += &format!(
            "\n- `{}` passes on the `stream-element`s that it could not process, unchanged",
            from.0
        );
    } else if let Some(producer) = view.interface(&edge.flow, &from.0) {
        text += &format!("\n- `{}` {}", producer.path(), emits(producer));
    }
    if let Some(consumer) = view.interface(&edge.flow, &to.0) {
        let buffer = "metadata, and that `buffer`, lent for the call";
        text += &format!("\n- `{}` takes `stream-element`: {buffer}", consumer.path());
    }
    let passes_on = matches!(
        view.interface(&edge.flow, &from.0),
        Some(Interface::Filter | Interface::Router)
    );
    let content = if passes_on || from.1 == "error" {
        format!("unchanged from the input of `{}`", from.0)
    } else {
        format!("set by `{}`, element by element", from.0)
    };
    text += &format!("\n- content type: {content} (`element-meta.content-type`)");
    let queue = stream::queue(view, edge);
    text += &format!(
        "\n- queue depth: {} ({})",
        count(queue.depth.value, "element"),
        queue.depth.source
    );
    text += &format!("\n- when full: `{}` ({})", queue.policy.value, queue.policy.source);
    text += &format!(
        "; room again at {} ({})",
        count(queue.watermark.value, "element"),
        queue.watermark.source
    );
    if let Some(size) = stream::written(view, &edge.path, &["max_element_size"]) {
        text += &format!("\n- payload: at most {size}");
    }
    Some(text)
}

fn emits(interface: Interface) -> &'static str {
    match interface {
        Interface::Source => "emits `output-element`: metadata, and a `buffer` that it hands over",
        Interface::Processor => {
            "emits `output-element` (`process-result.emit`): metadata, and a `buffer` that it hands over"
        }
        Interface::Aggregator => {
            "emits `output-element` of what it gathered: metadata, and a `buffer` that it hands over"
        }
        Interface::Filter => "passes on the same `stream-element`, payload untouched",
        Interface::Router => "sends on the same `stream-element`, payload untouched",
        Interface::Sink => "emits nothing but dead letters",
    }
}
