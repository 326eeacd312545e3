//! The table itself.

use torvyn_runtime_core::bounds;

use super::{Effect, Key, Kind};

const fn key(name: &'static str, kind: Kind, default: &'static str, doc: &'static str) -> Key {
    Key {
        name,
        kind,
        required: false,
        default,
        doc,
        effect: Effect::Now,
    }
}

const fn required(name: &'static str, kind: Kind, doc: &'static str) -> Key {
    Key {
        name,
        kind,
        required: true,
        default: "",
        doc,
        effect: Effect::Now,
    }
}

const fn later(name: &'static str, kind: Kind, default: &'static str, doc: &'static str) -> Key {
    Key {
        name,
        kind,
        required: false,
        default,
        doc,
        effect: Effect::Later,
    }
}

/// The smallest unit of linear memory and the most a 32-bit module can have.
const MEMORY: Kind = Kind::Size(64 << 10, 4 << 30);
const DEPTH: Kind = Kind::Integer(1, 1 << 20);
const POOL: Kind = Kind::Integer(0, 1 << 24);
const MILLISECONDS: Kind = Kind::Integer(1, 86_400_000);
/// What `invocation_timeout_ms` counts.
const CALL_TIME: &str = "Time for one call: of the processor, and of waiting in the host.";
const REPLICAS: Kind = Kind::Integer(1, bounds::REPLICAS);
const FUEL: Kind = Kind::Integer(0, u64::MAX >> 1);
const POLICY: Kind = Kind::Choice(&["block", "drop-oldest", "drop-newest", "error", "rate-limit"]);

/// The words of a [`Kind::Action`].
pub const ACTIONS: &[&str] = &["terminate", "skip", "retry", "dead-letter"];

/// The keys of the document itself.
pub const ROOT: &[Key] = &[
    required("torvyn", Kind::Table(TORVYN), "The project."),
    key(
        "capabilities",
        Kind::Table(CAPABILITIES),
        "",
        "What the components need beyond the contracts.",
    ),
    key("component", Kind::Tables(COMPONENT), "", "A component of this project."),
    key("flow", Kind::Named(FLOW), "", "A flow."),
    key("runtime", Kind::Table(RUNTIME), "", "Limits and defaults of all flows."),
    later(
        "observability",
        Kind::Table(OBSERVABILITY),
        "",
        "What is measured and where it goes.",
    ),
    key("security", Kind::Table(SECURITY), "", "What components are granted."),
    later("registry", Kind::Table(REGISTRY), "", "Where components are published."),
];

const TORVYN: &[Key] = &[
    required("name", Kind::ProjectName, "Project name; also names the executable."),
    required("version", Kind::Version, "Project version."),
    required(
        "contract_version",
        Kind::Version,
        "Version of the Torvyn contracts that the project targets.",
    ),
    key("description", Kind::Text, "\"\"", "What the project is for."),
    key(
        "authors",
        Kind::Texts,
        "[]",
        "Names and addresses of the authors; shown by `torvync inspect`, as what follows.",
    ),
    key("license", Kind::Text, "\"\"", "SPDX licence identifier."),
    key("repository", Kind::Text, "\"\"", "Where the source is kept."),
];

const CAPABILITIES: &[Key] = &[
    key(
        "required",
        Kind::Flags,
        "",
        "Capabilities without which the component can't run.",
    ),
    key(
        "optional",
        Kind::Flags,
        "",
        "Capabilities that the component uses when it has them.",
    ),
    key(
        "torvyn",
        Kind::Table(CAPABILITIES_TORVYN),
        "",
        "Resources that the component needs.",
    ),
];

const CAPABILITIES_TORVYN: &[Key] = &[
    key(
        "max-buffer-size",
        Kind::Size(1, 4 << 30),
        "\"16MiB\"",
        "Largest buffer that the component needs.",
    ),
    key(
        "max-memory",
        MEMORY,
        "\"64MiB\"",
        "Linear memory that the component needs.",
    ),
    key(
        "buffer-pool-access",
        Kind::Text,
        "\"default\"",
        "Buffer pool that the component uses.",
    ),
];

const COMPONENT: &[Key] = &[
    required("name", Kind::Name, "Name within the project."),
    key("path", Kind::Text, "", "Folder of the source, relative to Torvyn.toml."),
    key(
        "language",
        Kind::Choice(&["rust", "go", "python", "zig"]),
        "\"rust\"",
        "Implementation language. Without `build_command` only `rust` is built; `torvync graph --format json` shows it.",
    ),
    key(
        "build_command",
        Kind::Text,
        "by language",
        "Shell command that builds the component, run in its folder.",
    ),
    key(
        "wasm",
        Kind::Text,
        "by language",
        "Binary: prebuilt, or what `build_command` makes. Relative to Torvyn.toml.",
    ),
];

const FLOW: &[Key] = &[
    key("description", Kind::Text, "\"\"", "What the flow does."),
    key(
        "default_queue_depth",
        DEPTH,
        "of `[runtime.backpressure]`",
        "Capacity of the flow's streams, in elements.",
    ),
    key(
        "priority",
        Kind::Choice(&["critical", "high", "normal", "background"]),
        "\"normal\"",
        "How many elements the flow handles before it lets others run.",
    ),
    key(
        "deadline",
        Kind::Duration,
        "none",
        "How long the flow may run. When it has passed, calls are interrupted, and the flow fails.",
    ),
    key(
        "optimize",
        Kind::Choice(&["component", "direct", "fused"]),
        "\"direct\"",
        "How elements cross the sandbox. A stage that can't be called that way is called in the next slower one.",
    ),
    key(
        "replicas",
        REPLICAS,
        "1",
        "How many runs of the flow there are side by side, each with stages of its own. Order is kept within each of them.",
    ),
    key(
        "replicas_by",
        Kind::Text,
        "what the sources share out",
        "A router whose ports are shared out among the replicas, instead of what the sources give.",
    ),
    key("nodes", Kind::Named(NODE), "", "A stage of the flow."),
    key("edges", Kind::Tables(EDGE), "", "A stream between two stages."),
];

const NODE: &[Key] = &[
    required(
        "component",
        Kind::Component,
        "A `[[component]]` by name, `file://PATH`, or `builtin:NAME`.",
    ),
    key(
        "interface",
        Kind::Interface,
        "what the component exports",
        "The interface that the stage uses.",
    ),
    key(
        "config",
        Kind::Config,
        "\"\"",
        "Passed to `lifecycle.init`. A table becomes JSON: integers of 64 bits, finite numbers, dates as strings \
         (RFC 3339). `{replica}` and `{replicas}` become number and count.",
    ),
    key(
        "on_error",
        Kind::Action(ON_ERROR),
        "\"terminate\"",
        "What follows when an element can't be handled.",
    ),
    key(
        "fan_out",
        Kind::Choice(&["minimum", "independent"]),
        "\"minimum\"",
        "Whether one full branch holds up the others.",
    ),
    key(
        "merge",
        Kind::Choice(&["round-robin", "priority"]),
        "\"round-robin\"",
        "Which of several inputs is taken from first.",
    ),
    key(
        "limits",
        Kind::Table(LIMITS),
        "of `[runtime]`",
        "What the stage may use.",
    ),
];

const LIMITS: &[Key] = &[
    key("max_memory", MEMORY, "of `[runtime]`", "Linear memory."),
    key("fuel_per_invocation", FUEL, "of `[runtime]`", "Fuel for one call."),
    key("invocation_timeout_ms", MILLISECONDS, "of `[runtime]`", CALL_TIME),
    key(
        "init_timeout_ms",
        MILLISECONDS,
        "of `[runtime]`",
        "Time for `lifecycle.init`.",
    ),
    key(
        "teardown_timeout_ms",
        MILLISECONDS,
        "of `[runtime]`",
        "Time for `lifecycle.teardown`.",
    ),
    key(
        "max_buffer_size",
        Kind::Size(1, 16 << 20),
        "\"16MiB\"",
        "Largest buffer that the stage may allocate.",
    ),
    key(
        "buffer_budget",
        Kind::Size(1, 4 << 30),
        "\"64MiB\"",
        "Capacity of all buffers that the stage may own at once.",
    ),
];

/// One action for all categories, or each category with its own.
const ON_ERROR: &[Key] = &[
    key(
        "retry",
        Kind::Table(RETRY),
        "",
        "The element is tried again, after any error.",
    ),
    key(
        "invalid-input",
        Kind::Action(ACTION),
        "of `default`",
        "What follows when the element is not acceptable.",
    ),
    key(
        "unavailable",
        Kind::Action(ACTION),
        "of `default`",
        "What follows when something that the stage needs is not there.",
    ),
    key(
        "internal",
        Kind::Action(ACTION),
        "of `default`",
        "What follows a fault of the stage; a trap is one.",
    ),
    key(
        "deadline-exceeded",
        Kind::Action(ACTION),
        "of `default`",
        "What follows when a call takes too long.",
    ),
    key(
        "default",
        Kind::Action(ACTION),
        "\"terminate\"",
        "What follows an error of a category that is not named.",
    ),
];

const ACTION: &[Key] = &[required("retry", Kind::Table(RETRY), "The element is tried again.")];

const RETRY: &[Key] = &[
    key("max", Kind::Integer(1, 1000), "3", "Attempts after the first one."),
    key(
        "backoff_ms",
        Kind::Integer(0, 60_000),
        "100",
        "Time before the first of them; doubled before each further one.",
    ),
    key(
        "then",
        Kind::Choice(&["terminate", "skip", "dead-letter"]),
        "\"terminate\"",
        "What follows when all of them failed.",
    ),
];

const EDGE: &[Key] = &[
    required("from", Kind::Table(PORT), "Where elements come from."),
    required("to", Kind::Table(PORT), "Where they go."),
    key(
        "backpressure",
        Kind::Table(EDGE_BACKPRESSURE),
        "of the flow",
        "What happens when the stream is full.",
    ),
    key(
        "priority",
        Kind::Integer(0, 255),
        "0",
        "Rank among the inputs of a node with `merge = \"priority\"`; higher first.",
    ),
    key(
        "max_element_size",
        Kind::Size(1, 4 << 30),
        "none",
        "Largest element that the stream takes.",
    ),
];

const PORT: &[Key] = &[
    required("node", Kind::Text, "Name of the node."),
    required(
        "port",
        Kind::Text,
        "Name of its port: `input`, `output`, `error`, or what a router calls it.",
    ),
];

const EDGE_BACKPRESSURE: &[Key] = &[
    key(
        "queue_depth",
        DEPTH,
        "of the flow",
        "Capacity of the stream, in elements.",
    ),
    key("policy", POLICY, "\"block\"", "What a full stream does."),
    key(
        "low_watermark_ratio",
        Kind::Ratio(true),
        "of `[runtime.backpressure]`",
        "Fill ratio at which there is room again.",
    ),
    key(
        "max_elements_per_second",
        Kind::Integer(1, 1 << 40),
        "none",
        "Rate of a stream with `policy = \"rate-limit\"`.",
    ),
];

const RUNTIME: &[Key] = &[
    key(
        "worker_threads",
        Kind::Integer(1, 1024),
        "CPU count",
        "Threads that run flows.",
    ),
    key(
        "max_memory_per_component",
        MEMORY,
        "\"64MiB\"",
        "Linear memory of each stage.",
    ),
    key(
        "memory_reservation",
        MEMORY,
        "all of 4 GiB",
        "Address space reserved for each linear memory: for machines with less than 4 GiB for each. Every access is checked \
         then: 30 % more time of the processor in `examples/log-triage`.",
    ),
    key(
        "fuel_per_invocation",
        FUEL,
        "0",
        "Fuel for one call; 0 does without metering.",
    ),
    key("invocation_timeout_ms", MILLISECONDS, "1000", CALL_TIME),
    key(
        "component_init_timeout_ms",
        MILLISECONDS,
        "5000",
        "Time for `lifecycle.init`.",
    ),
    key(
        "component_teardown_timeout_ms",
        MILLISECONDS,
        "2000",
        "Time for `lifecycle.teardown`.",
    ),
    key(
        "sink_pause_ms",
        MILLISECONDS,
        "10",
        "How long a sink that returned `pause` gets nothing.",
    ),
    key(
        "max_restarts",
        Kind::Integer(0, 1_000_000),
        "5",
        "How often a stage is made anew within a minute.",
    ),
    key(
        "backpressure",
        Kind::Table(BACKPRESSURE),
        "",
        "Defaults of all streams.",
    ),
    key("pools", Kind::Table(POOLS), "", "Upper bounds of the buffer pools."),
];

const BACKPRESSURE: &[Key] = &[
    key("default_queue_depth", DEPTH, "64", "Capacity of streams that set none."),
    key("default_policy", POLICY, "\"block\"", "What full streams do."),
    key(
        "backpressure_policy",
        POLICY,
        "\"block\"",
        "Another name of `default_policy`.",
    ),
    key(
        "low_watermark_ratio",
        Kind::Ratio(true),
        "0.5",
        "Fill ratio at which a full stream has room again.",
    ),
];

const POOLS: &[Key] = &[
    key(
        "small_pool_size",
        POOL,
        "computed",
        "Most buffers of 256 bytes: an upper bound of what is computed from queues and stages.",
    ),
    key("medium_pool_size", POOL, "computed", "Most buffers of 4 KiB."),
    key("large_pool_size", POOL, "computed", "Most buffers of 64 KiB."),
    key("huge_pool_size", POOL, "computed", "Most buffers of 1 MiB."),
    key(
        "exhaustion_policy",
        Kind::Choice(&["fallback-alloc", "error"]),
        "\"fallback-alloc\"",
        "What an allocation does when its pool is empty.",
    ),
];

const OBSERVABILITY: &[Key] = &[
    key(
        "level",
        Kind::Choice(&["off", "production", "diagnostic"]),
        "\"production\"",
        "How much is measured.",
    ),
    key("tracing_enabled", Kind::Flag, "true", "Whether traces are collected."),
    key(
        "tracing_exporter",
        Kind::Choice(&["otlp-grpc", "otlp-http", "stdout", "file", "none"]),
        "\"stdout\"",
        "Where traces go.",
    ),
    key("tracing_endpoint", Kind::Text, "\"\"", "OTLP endpoint."),
    key(
        "sample_rate",
        Kind::Ratio(false),
        "0.01",
        "Share of the flows that are traced.",
    ),
    key(
        "error_promote",
        Kind::Flag,
        "true",
        "Whether a flow with an error is traced in full.",
    ),
    key(
        "latency_promote_threshold_ms",
        MILLISECONDS,
        "10",
        "Latency from which a flow is traced in full.",
    ),
    key("metrics_enabled", Kind::Flag, "true", "Whether metrics are collected."),
    key("prometheus_enabled", Kind::Flag, "true", "Whether metrics are served."),
    key(
        "otlp_metrics_enabled",
        Kind::Flag,
        "false",
        "Whether metrics are pushed.",
    ),
    key(
        "otlp_metrics_interval_s",
        Kind::Integer(1, 86_400),
        "15",
        "Seconds between two pushes.",
    ),
    key(
        "ring_buffer_capacity",
        Kind::Integer(1, 1 << 20),
        "64",
        "Spans kept for each flow.",
    ),
];

const SECURITY: &[Key] = &[
    key(
        "default_capability_policy",
        Kind::Choice(&["deny-all", "allow-all"]),
        "\"deny-all\"",
        "What holds for a capability that is not granted.",
    ),
    later(
        "audit_enabled",
        Kind::Flag,
        "true",
        "Whether uses of capabilities are logged.",
    ),
    later(
        "audit_target",
        Kind::Choice(&["file", "stdout", "event-sink"]),
        "\"file\"",
        "Where they are logged.",
    ),
    key(
        "grants",
        Kind::Named(GRANT),
        "",
        "What one component is granted; `capability-query` answers it.",
    ),
];

const GRANT: &[Key] = &[key(
    "capabilities",
    Kind::Texts,
    "[]",
    "All that the component is granted; an empty list says that it is to do without.",
)];

const REGISTRY: &[Key] = &[key("default", Kind::Text, "\"\"", "Registry to publish to.")];
