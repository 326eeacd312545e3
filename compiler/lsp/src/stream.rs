//! The settings in effect for a stream: those of its edge, or else of its flow, of `[runtime.backpressure]`, or the
//! defaults.

use torvync_compiler::lower::buffers;
use torvync_compiler::manifest::ast::{EdgeSettings, RuntimeDecl};

use crate::names::WrittenEdge;
use crate::syntax::{Segment, Step};
use crate::view::View;

/// A value, and where it is set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Setting<T> {
    pub(crate) value: T,
    pub(crate) source: &'static str,
}

const EDGE: &str = "set by this edge";
const FLOW: &str = "`default_queue_depth` of the flow";
const RUNTIME: &str = "`[runtime.backpressure]`";
const DEFAULT: &str = "default";

/// The settings of a stream's queue.
pub(crate) struct Queue {
    pub(crate) depth: Setting<u32>,
    pub(crate) policy: Setting<String>,
    /// The low watermark: the number of elements at which a full stream has room again.
    pub(crate) watermark: Setting<u32>,
}

/// Returns the settings of an edge's queue.
pub(crate) fn queue(view: View<'_>, edge: &WrittenEdge) -> Queue {
    let runtime = view
        .analysis
        .manifest
        .as_ref()
        .map(|manifest| manifest.runtime.clone())
        .unwrap_or_default();
    let depth = depth(view, edge, &runtime);
    let ratio = written(view, &edge.path, &["backpressure", "low_watermark_ratio"]).and_then(|text| text.parse().ok());
    let mark = buffers::watermark(&runtime, depth.value, ratio);
    let watermark = match (ratio, runtime.low_watermark_ratio) {
        (Some(_), _) => Setting {
            value: mark,
            source: EDGE,
        },
        (None, Some(_)) => Setting {
            value: mark,
            source: RUNTIME,
        },
        (None, None) => Setting {
            value: mark,
            source: DEFAULT,
        },
    };
    Queue {
        policy: policy(view, edge, &runtime),
        depth,
        watermark,
    }
}

fn depth(view: View<'_>, edge: &WrittenEdge, runtime: &RuntimeDecl) -> Setting<u32> {
    let number = |path: &[Step], keys: &[&str]| {
        written(view, path, keys).and_then(|text| text.replace('_', "").parse::<u32>().ok())
    };
    let own = number(&edge.path, &["backpressure", "queue_depth"]);
    let flow = number(&edge.path[..2], &["default_queue_depth"]);
    let source = match (own, flow, &runtime.default_queue_depth) {
        (Some(_), _, _) => EDGE,
        (None, Some(_), _) => FLOW,
        (None, None, Some(_)) => RUNTIME,
        (None, None, None) => DEFAULT,
    };
    Setting {
        value: runtime.depth(own, flow),
        source,
    }
}

fn policy(view: View<'_>, edge: &WrittenEdge, runtime: &RuntimeDecl) -> Setting<String> {
    let default = ["default_policy", "backpressure_policy"];
    let shared = || {
        default
            .into_iter()
            .find_map(|key| written(view, &[], &["runtime", "backpressure", key]))
    };
    match (written(view, &edge.path, &["backpressure", "policy"]), shared()) {
        (Some(own), _) => Setting {
            value: own,
            source: EDGE,
        },
        (None, Some(value)) => Setting { value, source: RUNTIME },
        (None, None) => Setting {
            value: runtime.overflow_policy(&EdgeSettings::default()).as_str().to_owned(),
            source: DEFAULT,
        },
    }
}

/// Returns the value at `keys` below `path` as written, without quotes.
pub(crate) fn written(view: View<'_>, path: &[Step], keys: &[&str]) -> Option<String> {
    let (last, tables) = keys.split_last()?;
    let mut path = path.to_vec();
    path.extend(tables.iter().map(|key| {
        Step::Key(Segment {
            name: (*key).to_owned(),
            span: 0..0,
        })
    }));
    let entry = view.syntax.entry(&path, last)?;
    match entry.text() {
        Some((text, _)) => Some(text.to_owned()),
        None => view
            .text
            .get(entry.value.span.clone())
            .map(|text| text.trim().to_owned()),
    }
}

/// Formats a number of bytes as people write it, such as `64 MiB`.
pub(crate) fn bytes(count: u64) -> String {
    for (unit, name) in [(1_u64 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB")] {
        if count >= unit {
            let tenths = count * 10 / unit;
            return if tenths.is_multiple_of(10) {
                format!("{} {name}", tenths / 10)
            } else {
                format!("{}.{} {name}", tenths / 10, tenths % 10)
            };
        }
    }
    format!("{count} B")
}
