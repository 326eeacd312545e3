//! The glue by interface and by imported function.

/// Interfaces whose functions the host calls, each with its glue.
pub(super) const INTERFACES: [(&str, &str); 7] = [
    ("torvyn:streaming/source", include_str!("source.wat")),
    ("torvyn:streaming/processor", include_str!("processor.wat")),
    ("torvyn:filtering/filter", include_str!("filter.wat")),
    ("torvyn:filtering/router", include_str!("router.wat")),
    ("torvyn:aggregation/aggregator", include_str!("aggregator.wat")),
    ("torvyn:streaming/sink", include_str!("sink.wat")),
    (LIFECYCLE, include_str!("lifecycle.wat")),
];

/// The interface for starting and ending a stage.
pub(super) const LIFECYCLE: &str = "torvyn:streaming/lifecycle";

/// The glue of every stage.
pub(super) const STAGE: &str = concat!(
    "(module\n",
    include_str!("stage/imports.wat"),
    include_str!("stage/rules.wat"),
    include_str!("stage/copies.wat"),
    include_str!("stage/handles.wat"),
    include_str!("stage/buffers.wat"),
    include_str!("stage/content_types.wat"),
    include_str!("stage/calls.wat"),
    ")\n"
);

/// Groups of functions that guests import, each with the glue that implements them.
pub(super) const GROUPS: [Group; 3] = [
    Group {
        text: include_str!("buffers.wat"),
        functions: &[
            "torvyn:streaming/types#[method]buffer.size",
            "torvyn:streaming/types#[method]buffer.content-type",
            "torvyn:streaming/types#[method]buffer.read",
            "torvyn:streaming/types#[method]buffer.read-all",
            "torvyn:streaming/types#[method]mutable-buffer.write",
            "torvyn:streaming/types#[method]mutable-buffer.append",
            "torvyn:streaming/types#[method]mutable-buffer.size",
            "torvyn:streaming/types#[method]mutable-buffer.capacity",
            "torvyn:streaming/types#[method]mutable-buffer.set-content-type",
            "torvyn:streaming/types#[method]mutable-buffer.freeze",
            "torvyn:streaming/types#[method]flow-context.trace-id",
            "torvyn:streaming/types#[method]flow-context.span-id",
            "torvyn:streaming/types#[method]flow-context.deadline-ns",
            "torvyn:streaming/types#[method]flow-context.flow-id",
            "torvyn:streaming/types#[resource-drop]buffer",
            "torvyn:streaming/types#[resource-drop]mutable-buffer",
            "torvyn:streaming/types#[resource-drop]flow-context",
            "torvyn:streaming/buffer-allocator#allocate",
            "torvyn:streaming/buffer-allocator#clone-into-mutable",
        ],
    },
    Group {
        text: include_str!("system.wat"),
        functions: &[
            "wasi_snapshot_preview1#fd_write",
            "wasi_snapshot_preview1#environ_sizes_get",
            "wasi_snapshot_preview1#environ_get",
            "wasi_snapshot_preview1#args_sizes_get",
            "wasi_snapshot_preview1#args_get",
            "wasi_snapshot_preview1#clock_time_get",
            "wasi_snapshot_preview1#random_get",
            "wasi_snapshot_preview1#sched_yield",
            "wasi_snapshot_preview1#proc_exit",
            "wasi:random/insecure-seed#insecure-seed",
        ],
    },
    Group {
        text: include_str!("capabilities.wat"),
        functions: &[
            "torvyn:capabilities/capability-query#has-capability",
            "torvyn:capabilities/capability-query#granted-capabilities",
        ],
    },
];

/// Glue for functions that guests import.
pub(super) struct Group {
    pub(super) text: &'static str,
    /// The functions that it exports: interface without version, `#`, function.
    pub(super) functions: &'static [&'static str],
}

impl Group {
    /// Whether it has the function.
    pub(super) fn has(&self, function: &str) -> bool {
        self.functions.contains(&function)
    }
}

/// Returns the name under which the glue has a function that a core module imports; `interface` is without version. For
/// functions of a WASI 0.1 adapter the interface is `wasi_snapshot_preview1`, and a resource's drop function is
/// `[resource-drop]NAME`.
#[must_use]
pub fn provides(interface: &str, function: &str) -> Option<&'static str> {
    // The tutorials' spelling of the same interface.
    let interface = match interface {
        "torvyn:resources/buffer-ops" => "torvyn:streaming/buffer-allocator",
        interface => interface,
    };
    let is_it = |name: &&&'static str| name.split_once('#') == Some((interface, function));
    let mut names = GROUPS.iter().flat_map(|group| group.functions);
    names.find(is_it).copied()
}
