//! The entries of the table.

use torvyn_runtime_core::bounds;
use torvyn_runtime_core::policy::{ActionWord, Exhaustion, FanOut, LastResort, Merge, OverflowWord};

use super::DefaultValue::{self, EmptyList, Flag, Nothing, Number, Ratio, Rule, Size, Text};
use super::{Effect, Key, Kind};
use crate::manifest::defaults;
use crate::manifest::words::{CapabilityPolicy, Language, Optimize, Priority};

const fn key(name: &'static str, kind: Kind, default: DefaultValue, doc: &'static str) -> Key {
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
        default: Nothing,
        doc,
        effect: Effect::Now,
    }
}

const fn later(name: &'static str, kind: Kind, default: DefaultValue, doc: &'static str) -> Key {
    Key {
        name,
        kind,
        required: false,
        default,
        doc,
        effect: Effect::Later,
    }
}

/// Linear memory: from one page (64 KiB) to the most that a 32-bit module can have.
const MEMORY: Kind = Kind::Size(64 << 10, 4 << 30);
const DEPTH: Kind = Kind::Integer(1, 1 << 20);
const POOL: Kind = Kind::Integer(0, 1 << 24);
const MILLISECONDS: Kind = Kind::Integer(1, 86_400_000);
/// Documentation of `invocation_timeout_ms`.
const CALL_TIME: &str = "Time limit for one call: processor time and waiting in the host.";
const REPLICAS: Kind = Kind::Integer(1, bounds::REPLICAS);
const FUEL: Kind = Kind::Integer(0, u64::MAX >> 1);
const POLICY: Kind = Kind::Choice(OverflowWord::WORDS);

/// The words of a [`Kind::Action`].
pub const ACTIONS: &[&str] = ActionWord::WORDS;

/// The keys of the document itself.
pub const ROOT: &[Key] = &[
    required("torvyn", Kind::Table(TORVYN), "The project."),
    key(
        "capabilities",
        Kind::Table(CAPABILITIES),
        Nothing,
        "Capabilities that the components need beyond the contracts.",
    ),
    key(
        "component",
        Kind::Tables(COMPONENT),
        Nothing,
        "A component of this project.",
    ),
    key("flow", Kind::Named(FLOW), Nothing, "A flow."),
    key(
        "runtime",
        Kind::Table(RUNTIME),
        Nothing,
        "Limits and defaults of all flows.",
    ),
    later(
        "observability",
        Kind::Table(OBSERVABILITY),
        Nothing,
        "Measurements and their destinations.",
    ),
    key(
        "security",
        Kind::Table(SECURITY),
        Nothing,
        "Capabilities granted to components.",
    ),
    later(
        "registry",
        Kind::Table(REGISTRY),
        Nothing,
        "Where components are published.",
    ),
];

const TORVYN: &[Key] = &[
    required("name", Kind::ProjectName, "Project name; also names the executable."),
    required("version", Kind::Version, "Project version."),
    required(
        "contract_version",
        Kind::Version,
        "Version of the Torvyn contracts that the project targets.",
    ),
    key("description", Kind::Text, Text(""), "What the project is for."),
    key(
        "authors",
        Kind::Texts,
        EmptyList,
        "Names and addresses of the authors; shown by `torvync inspect`, like `license` and `repository`.",
    ),
    key("license", Kind::Text, Text(""), "SPDX licence identifier."),
    key("repository", Kind::Text, Text(""), "Where the source is kept."),
];

const CAPABILITIES: &[Key] = &[
    key(
        "required",
        Kind::Flags,
        Nothing,
        "Capabilities without which the component can't run.",
    ),
    key(
        "optional",
        Kind::Flags,
        Nothing,
        "Capabilities that the component uses if they are granted.",
    ),
    key(
        "torvyn",
        Kind::Table(CAPABILITIES_TORVYN),
        Nothing,
        "Resources that the component needs.",
    ),
];

const CAPABILITIES_TORVYN: &[Key] = &[
    key(
        "max-buffer-size",
        Kind::Size(1, 4 << 30),
        Size(defaults::LIMITS.max_buffer_bytes),
        "Largest buffer that the component needs.",
    ),
    key(
        "max-memory",
        MEMORY,
        Size(defaults::LIMITS.memory_bytes),
        "Linear memory that the component needs.",
    ),
    key(
        "buffer-pool-access",
        Kind::Text,
        Text("default"),
        "Buffer pool that the component uses.",
    ),
];

const COMPONENT: &[Key] = &[
    required("name", Kind::Name, "Name within the project."),
    key(
        "path",
        Kind::Text,
        Nothing,
        "Folder of the source, relative to Torvyn.toml.",
    ),
    key(
        "language",
        Kind::Choice(Language::WORDS),
        Text(defaults::LANGUAGE.as_str()),
        "Implementation language. Without `build_command` only `rust` is built; `torvync graph --format json` shows it.",
    ),
    key(
        "build_command",
        Kind::Text,
        Rule("by language"),
        "Shell command that builds the component, run in its folder.",
    ),
    key(
        "wasm",
        Kind::Text,
        Rule("by language"),
        "The binary: prebuilt, or written by `build_command`. Relative to Torvyn.toml.",
    ),
];

const FLOW: &[Key] = &[
    key("description", Kind::Text, Text(""), "What the flow does."),
    key(
        "default_queue_depth",
        DEPTH,
        Rule("of `[runtime.backpressure]`"),
        "Capacity of the flow's streams, in elements.",
    ),
    key(
        "priority",
        Kind::Choice(Priority::WORDS),
        Text(defaults::PRIORITY.as_str()),
        "How many elements the flow processes before other flows run.",
    ),
    key(
        "deadline",
        Kind::Duration,
        Rule("none"),
        "How long the flow may run. After that, calls are interrupted and the flow fails.",
    ),
    key(
        "optimize",
        Kind::Choice(Optimize::WORDS),
        Text(defaults::OPTIMIZE.as_str()),
        "How elements cross the sandbox. A stage that can't take this path takes the next slower one.",
    ),
    key(
        "replicas",
        REPLICAS,
        Number(defaults::REPLICAS as u64),
        "Number of replicas of the flow that run side by side, each with its own stages. Order is preserved within each.",
    ),
    key(
        "replicas_by",
        Kind::Text,
        Rule("the elements of the sources"),
        "A router whose ports are divided among the replicas, instead of the elements of the sources.",
    ),
    key("nodes", Kind::Named(NODE), Nothing, "A stage of the flow."),
    key("edges", Kind::Tables(EDGE), Nothing, "A stream between two stages."),
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
        Rule("what the component exports"),
        "The interface that the stage uses.",
    ),
    key(
        "config",
        Kind::Config,
        Text(""),
        "Passed to `lifecycle.init`. A table becomes JSON: integers of 64 bits, finite numbers, dates as strings \
         (RFC 3339). `{replica}` becomes the replica's number, `{replicas}` the number of replicas.",
    ),
    key(
        "on_error",
        Kind::Action(ON_ERROR),
        Text(defaults::ON_ERROR.as_str()),
        "What happens when an element can't be processed.",
    ),
    key(
        "fan_out",
        Kind::Choice(FanOut::WORDS),
        Text(defaults::FAN_OUT.as_str()),
        "Whether one full branch holds up the others.",
    ),
    key(
        "merge",
        Kind::Choice(Merge::WORDS),
        Text(defaults::MERGE.as_str()),
        "Which of several inputs goes first.",
    ),
    key(
        "limits",
        Kind::Table(LIMITS),
        Rule("of `[runtime]`"),
        "Limits of the stage.",
    ),
];

const LIMITS: &[Key] = &[
    key("max_memory", MEMORY, Rule("of `[runtime]`"), "Linear memory."),
    key(
        "fuel_per_invocation",
        FUEL,
        Rule("of `[runtime]`"),
        "Fuel for one call.",
    ),
    key("invocation_timeout_ms", MILLISECONDS, Rule("of `[runtime]`"), CALL_TIME),
    key(
        "init_timeout_ms",
        MILLISECONDS,
        Rule("of `[runtime]`"),
        "Time limit for `lifecycle.init`.",
    ),
    key(
        "teardown_timeout_ms",
        MILLISECONDS,
        Rule("of `[runtime]`"),
        "Time limit for `lifecycle.teardown`.",
    ),
    key(
        "max_buffer_size",
        Kind::Size(1, 16 << 20),
        Size(defaults::LIMITS.max_buffer_bytes),
        "Largest buffer that the stage may allocate.",
    ),
    key(
        "buffer_budget",
        Kind::Size(1, 4 << 30),
        Size(defaults::LIMITS.buffer_budget_bytes),
        "Capacity of all buffers that the stage may own at once.",
    ),
];

/// One action for all categories, or each category with its own.
const ON_ERROR: &[Key] = &[
    key(
        "retry",
        Kind::Table(RETRY),
        Nothing,
        "The element is retried, after any error.",
    ),
    key(
        "invalid-input",
        Kind::Action(ACTION),
        Rule("of `default`"),
        "What happens when the element is invalid.",
    ),
    key(
        "unavailable",
        Kind::Action(ACTION),
        Rule("of `default`"),
        "What happens when something that the stage needs is unavailable.",
    ),
    key(
        "internal",
        Kind::Action(ACTION),
        Rule("of `default`"),
        "What happens after a fault of the stage, such as a trap.",
    ),
    key(
        "deadline-exceeded",
        Kind::Action(ACTION),
        Rule("of `default`"),
        "What happens when a call takes too long.",
    ),
    key(
        "default",
        Kind::Action(ACTION),
        Text(defaults::ON_ERROR.as_str()),
        "What happens after an error of any other category.",
    ),
];

const ACTION: &[Key] = &[required("retry", Kind::Table(RETRY), "The element is retried.")];

const RETRY: &[Key] = &[
    key(
        "max",
        Kind::Integer(1, 1000),
        Number(defaults::RETRIES as u64),
        "Attempts after the first one.",
    ),
    key(
        "backoff_ms",
        Kind::Integer(0, 60_000),
        Number(defaults::BACKOFF_MS),
        "Delay before the first of them; doubled before each further one.",
    ),
    key(
        "then",
        Kind::Choice(LastResort::WORDS),
        Text(defaults::AFTER_RETRIES.as_str()),
        "What happens when all of them have failed.",
    ),
];

const EDGE: &[Key] = &[
    required("from", Kind::Table(PORT), "Where elements come from."),
    required("to", Kind::Table(PORT), "Where they go."),
    key(
        "backpressure",
        Kind::Table(EDGE_BACKPRESSURE),
        Rule("of the flow"),
        "What happens when the stream is full.",
    ),
    key(
        "priority",
        Kind::Integer(0, 255),
        Number(defaults::INPUT_PRIORITY as u64),
        "Rank among the inputs of a node with `merge = \"priority\"`; higher first.",
    ),
    key(
        "max_element_size",
        Kind::Size(1, 4 << 30),
        Rule("none"),
        "Largest element that the stream accepts.",
    ),
];

const PORT: &[Key] = &[
    required("node", Kind::Text, "Name of the node."),
    required(
        "port",
        Kind::Text,
        "Name of its port: `input`, `output`, `error`, or a router's own name for it.",
    ),
];

const EDGE_BACKPRESSURE: &[Key] = &[
    key(
        "queue_depth",
        DEPTH,
        Rule("of the flow"),
        "Capacity of the stream, in elements.",
    ),
    key(
        "policy",
        POLICY,
        Text(defaults::POLICY.as_str()),
        "What a full stream does.",
    ),
    key(
        "low_watermark_ratio",
        Kind::Ratio(true),
        Rule("of `[runtime.backpressure]`"),
        "Fill ratio at which a full stream has room again.",
    ),
    key(
        "max_elements_per_second",
        Kind::Integer(1, 1 << 40),
        Rule("none"),
        "Rate of a stream with `policy = \"rate-limit\"`.",
    ),
];

const RUNTIME: &[Key] = &[
    key(
        "worker_threads",
        Kind::Integer(1, 1024),
        Rule("CPU count"),
        "Threads that run flows.",
    ),
    key(
        "max_memory_per_component",
        MEMORY,
        Size(defaults::LIMITS.memory_bytes),
        "Linear memory of each stage.",
    ),
    key(
        "memory_reservation",
        MEMORY,
        Rule("all of 4 GiB"),
        "Address space reserved for each linear memory, if 4 GiB for each are not available; at least as much as a flow's \
         buffer pools. Every access is then checked: 30 % more processor time in `examples/log-triage`.",
    ),
    key(
        "fuel_per_invocation",
        FUEL,
        Number(defaults::LIMITS.fuel),
        "Fuel for one call; 0 disables metering.",
    ),
    key(
        "invocation_timeout_ms",
        MILLISECONDS,
        Number(defaults::LIMITS.invocation_timeout_ms),
        CALL_TIME,
    ),
    key(
        "component_init_timeout_ms",
        MILLISECONDS,
        Number(defaults::LIMITS.init_timeout_ms),
        "Time limit for `lifecycle.init`.",
    ),
    key(
        "component_teardown_timeout_ms",
        MILLISECONDS,
        Number(defaults::LIMITS.teardown_timeout_ms),
        "Time limit for `lifecycle.teardown`.",
    ),
    key(
        "sink_pause_ms",
        MILLISECONDS,
        Number(defaults::SINK_PAUSE_MS),
        "How long a sink that returned `pause` gets no elements.",
    ),
    key(
        "max_restarts",
        Kind::Integer(0, 1_000_000),
        Number(defaults::MAX_RESTARTS as u64),
        "How often a stage is restarted within a minute.",
    ),
    key(
        "backpressure",
        Kind::Table(BACKPRESSURE),
        Nothing,
        "Defaults of all streams.",
    ),
    key(
        "pools",
        Kind::Table(POOLS),
        Nothing,
        "Upper bounds of the buffer pools.",
    ),
];

const BACKPRESSURE: &[Key] = &[
    key(
        "default_queue_depth",
        DEPTH,
        Number(defaults::QUEUE_DEPTH as u64),
        "Capacity of streams that set none of their own.",
    ),
    key(
        "default_policy",
        POLICY,
        Text(defaults::POLICY.as_str()),
        "What full streams do.",
    ),
    key(
        "backpressure_policy",
        POLICY,
        Text(defaults::POLICY.as_str()),
        "Another name of `default_policy`.",
    ),
    key(
        "low_watermark_ratio",
        Kind::Ratio(true),
        Ratio(defaults::LOW_WATERMARK),
        "Fill ratio at which a full stream has room again.",
    ),
];

const POOLS: &[Key] = &[
    key(
        "small_pool_size",
        POOL,
        Rule("computed"),
        "Most buffers of 256 bytes: an upper bound on the number computed from queues and stages.",
    ),
    key("medium_pool_size", POOL, Rule("computed"), "Most buffers of 4 KiB."),
    key("large_pool_size", POOL, Rule("computed"), "Most buffers of 64 KiB."),
    key("huge_pool_size", POOL, Rule("computed"), "Most buffers of 1 MiB."),
    key(
        "exhaustion_policy",
        Kind::Choice(Exhaustion::WORDS),
        Text(defaults::EXHAUSTION.as_str()),
        "What an allocation does when its pool is empty.",
    ),
];

const OBSERVABILITY: &[Key] = &[
    key(
        "level",
        Kind::Choice(&["off", "production", "diagnostic"]),
        Text("production"),
        "How much is measured.",
    ),
    key(
        "tracing_enabled",
        Kind::Flag,
        Flag(true),
        "Whether traces are collected.",
    ),
    key(
        "tracing_exporter",
        Kind::Choice(&["otlp-grpc", "otlp-http", "stdout", "file", "none"]),
        Text("stdout"),
        "Where traces go.",
    ),
    key("tracing_endpoint", Kind::Text, Text(""), "OTLP endpoint."),
    key(
        "sample_rate",
        Kind::Ratio(false),
        Ratio(0.01),
        "Share of the flows that are traced.",
    ),
    key(
        "error_promote",
        Kind::Flag,
        Flag(true),
        "Whether a flow with an error is traced in full.",
    ),
    key(
        "latency_promote_threshold_ms",
        MILLISECONDS,
        Number(10),
        "Latency from which a flow is traced in full.",
    ),
    key(
        "metrics_enabled",
        Kind::Flag,
        Flag(true),
        "Whether metrics are collected.",
    ),
    key(
        "prometheus_enabled",
        Kind::Flag,
        Flag(true),
        "Whether metrics are served.",
    ),
    key(
        "otlp_metrics_enabled",
        Kind::Flag,
        Flag(false),
        "Whether metrics are pushed.",
    ),
    key(
        "otlp_metrics_interval_s",
        Kind::Integer(1, 86_400),
        Number(15),
        "Seconds between two pushes.",
    ),
    key(
        "ring_buffer_capacity",
        Kind::Integer(1, 1 << 20),
        Number(64),
        "Spans kept for each flow.",
    ),
];

const SECURITY: &[Key] = &[
    key(
        "default_capability_policy",
        Kind::Choice(CapabilityPolicy::WORDS),
        Text(defaults::CAPABILITY_POLICY.as_str()),
        "Policy for capabilities that are not granted.",
    ),
    later(
        "audit_enabled",
        Kind::Flag,
        Flag(true),
        "Whether uses of capabilities are logged.",
    ),
    later(
        "audit_target",
        Kind::Choice(&["file", "stdout", "event-sink"]),
        Text("file"),
        "Where they are logged.",
    ),
    key(
        "grants",
        Kind::Named(GRANT),
        Nothing,
        "Capabilities granted to one component; `capability-query` returns them.",
    ),
];

const GRANT: &[Key] = &[key(
    "capabilities",
    Kind::Texts,
    EmptyList,
    "All capabilities granted to the component; an empty list denies everything.",
)];

const REGISTRY: &[Key] = &[key("default", Kind::Text, Text(""), "Registry to publish to.")];
