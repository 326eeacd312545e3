//! Flows of sample components.

use std::path::Path;

use torvyn_codegen::ir::{
    Builtin, CallPath, ComponentIdx, Exhaustion, FlowIr, Implementation, Node, NodeIdx, NodePolicies, OutPort,
    OverflowPolicy, Role, StageLimits, Stream, StreamIdx, TierSize,
};

use crate::anatomy::sample::{SINK, Sample, sample};
use crate::aot::Normalised;
use crate::source::{SourceMap, Span};

pub(super) const SOURCE: usize = 0;
pub(super) const PROCESSOR: usize = 1;
pub(super) const FILTER: usize = 2;
pub(super) const AGGREGATOR: usize = 3;
pub(super) const CONSUMER: usize = 4;
pub(super) const ROUTER: usize = 5;
/// A sink that imports WASI.
pub(super) const PRINTER: usize = 6;
/// A processor that changes its tables.
pub(super) const TABLES: usize = 7;
/// A sink with a tag, which can't be welded.
pub(super) const TAGGED: usize = 8;
/// A processor that drops a data segment.
pub(super) const SEGMENTS: usize = 9;
/// A processor with a mutable global for a function reference.
pub(super) const REFERENCES: usize = 10;

/// The components, by the constants above.
pub(super) fn binaries() -> Vec<Normalised> {
    let printer = Sample {
        before: r#"
          (import "wasi:cli/stdout@0.2.3" (instance $stdout (export "get" (func))))
          (core func $get (canon lower (func $stdout "get")))"#,
        module: r#"(import "out" "get" (func))"#,
        with: r#"(with "out" (instance (export "get" (func $get))))"#,
        ..SINK
    };
    let tables = Sample {
        module: "(table 1 funcref) (func i32.const 0 ref.null func table.set 0)",
        ..sample("torvyn:streaming/processor")
    };
    let tagged = Sample {
        module: "(tag (param i32))",
        ..SINK
    };
    let segments = Sample {
        module: "(data $d \"x\") (func data.drop $d)",
        ..sample("torvyn:streaming/processor")
    };
    let references = Sample {
        module: "(global (mut funcref) (ref.null func))",
        ..sample("torvyn:streaming/processor")
    };
    let samples = [
        ("source", sample("torvyn:streaming/source")),
        ("processor", sample("torvyn:streaming/processor")),
        ("filter", sample("torvyn:filtering/filter")),
        ("aggregator", sample("torvyn:aggregation/aggregator")),
        ("sink", SINK),
        ("router", sample("torvyn:filtering/router")),
        ("printer", printer),
        ("tables", tables),
        ("tagged", tagged),
        ("segments", segments),
        ("references", references),
    ];
    let source = SourceMap::new().add(Path::new("Torvyn.toml"), String::new());
    let used = Span::new(source, 0..0);
    let binaries = samples.map(|(name, sample)| Normalised {
        name: name.to_owned(),
        bytes: sample.binary(),
        sha256: "00ff".to_owned(),
        used,
    });
    binaries.to_vec()
}

pub(super) fn role(component: usize) -> Role {
    match component {
        SOURCE => Role::Source,
        PROCESSOR | TABLES | SEGMENTS | REFERENCES => Role::Processor,
        FILTER => Role::Filter,
        AGGREGATOR => Role::Aggregator,
        ROUTER => Role::Router,
        _ => Role::Sink,
    }
}

/// A flow of these nodes, each with its component, or a built-in for `None`. Edges are pairs of positions.
pub(super) fn flow(nodes: &[(&str, Option<usize>)], edges: &[(usize, usize)]) -> FlowIr {
    let streams = edges.iter().map(|(from, to)| stream(*from, *to));
    let nodes = nodes.iter().enumerate().map(|(position, (name, component))| {
        let of = |end: fn(&(usize, usize)) -> usize| -> Vec<StreamIdx> {
            let streams = edges.iter().enumerate().filter(|(_, edge)| end(edge) == position);
            streams.map(|(at, _)| StreamIdx::new(at)).collect()
        };
        node(name, *component, of(|edge| edge.1), of(|edge| edge.0))
    });
    FlowIr {
        name: "main".to_owned(),
        description: String::new(),
        nodes: nodes.collect(),
        schedule: Vec::new(),
        streams: streams.collect(),
        shells: Vec::new(),
        pools: [256, 4096, 65_536, 1 << 20].map(|slot_bytes| TierSize { slot_bytes, slots: 4 }),
        fallback_bytes: 0,
        exhaustion: Exhaustion::Error,
        max_buffer_bytes: 16 << 20,
        quantum: 32,
        sink_pause_ms: 10,
        deadline_ms: None,
        max_restarts: 5,
        own_thread: None,
        replicas: 1,
        replicas_by: None,
    }
}

pub(super) fn stream(from: usize, to: usize) -> Stream {
    Stream {
        from: NodeIdx::new(from),
        from_port: "output".to_owned(),
        to: NodeIdx::new(to),
        to_port: "input".to_owned(),
        depth: 4,
        low_watermark: 2,
        policy: OverflowPolicy::Block,
        priority: 0,
        max_element_bytes: None,
    }
}

pub(super) fn node(name: &str, component: Option<usize>, inputs: Vec<StreamIdx>, outputs: Vec<StreamIdx>) -> Node {
    let output = OutPort {
        name: "output".to_owned(),
        streams: outputs,
    };
    Node {
        name: name.to_owned(),
        role: component.map_or(Role::Sink, role),
        implementation: component.map_or(Implementation::Builtin(Builtin::Console), |component| {
            Implementation::Component {
                component: ComponentIdx::new(component),
                lifecycle: false,
            }
        }),
        config: String::new(),
        inputs,
        outputs: if output.streams.is_empty() {
            Vec::new()
        } else {
            vec![output]
        },
        policies: NodePolicies::DEFAULT,
        capabilities: Vec::new(),
        own_thread: None,
        limits: StageLimits {
            memory_bytes: 64 << 20,
            invocation_timeout_ms: 1000,
            init_timeout_ms: 5000,
            teardown_timeout_ms: 2000,
            fuel: 0,
            max_buffer_bytes: 16 << 20,
            buffer_budget_bytes: 64 << 20,
        },
        path: CallPath::Builtin,
    }
}
