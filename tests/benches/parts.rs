//! The small parts of a flow, each by itself: a stream, the buffers, and one call of a component on each call path.

#[path = "../embedded.rs"]
mod embedded;

use std::error::Error;
use std::fmt::Debug;
use std::hint::black_box;
use std::path::Path;
use std::sync::Arc;

use criterion::{BenchmarkId, Criterion};
use torvyn_runtime_core::emitted::{
    FlowPlan, NodePlan, NodePolicies, OverflowPolicy, PoolPlan, PortPlan, ProgramPlan, Role, StageLimits, Stream,
    StreamPlan, TierSize,
};
use torvyn_runtime_core::engine::{self, Artifact, EngineKind, EngineOptions, Tuning};
use torvyn_runtime_core::internals::component::{self, ComponentProcessor};
use torvyn_runtime_core::internals::core::{self, CoreStage};
use torvyn_runtime_core::internals::{
    self, BufferError, BufferId, BufferPool, Cause, ClockKind, ContentType, Element, Ends, Group, Halt, Hosts, Limits,
    Make as _, Pressure, Processor, RunContext, RunOptions, Setup,
};
use torvync_compiler::anatomy::Anatomy;
use torvync_compiler::{glue, prepare};
use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};

use embedded::artifact;

/// Sizes of payloads in bytes.
const PAYLOADS: [usize; 3] = [64, 4 << 10, 64 << 10];

const CONTENT_TYPE: &str = "application/octet-stream";

const fn tier(slot_bytes: u32) -> TierSize {
    TierSize { slot_bytes, slots: 16 }
}

const fn stream(from: &'static str, to: &'static str) -> StreamPlan {
    StreamPlan {
        from,
        to,
        depth: 64,
        low_watermark: 32,
        policy: OverflowPolicy::Block,
        priority: 0,
        max_element_bytes: None,
    }
}

static PROGRAM: ProgramPlan = ProgramPlan {
    name: "parts",
    version: "0.0.0",
    description: "",
    document: b"",
    tuning: Tuning {
        fuel: false,
        memory_reservation: None,
    },
    worker_threads: None,
    code_map: None,
};

/// A processor between two streams, on the component path and on the direct one.
static PLANS: [FlowPlan; 2] = [plan(&[node(false)]), plan(&[node(true)])];

const fn node(on_core: bool) -> NodePlan {
    NodePlan {
        name: "copy",
        role: Role::Processor,
        component: "copy-processor",
        config: "",
        path: "",
        on_core,
        lifecycle: false,
        inputs: &[0],
        outputs: &[PortPlan {
            name: "output",
            streams: &[1],
        }],
        dead_letters: &[],
        policies: NodePolicies::DEFAULT,
        capabilities: &[],
        own_thread: false,
        limits: StageLimits {
            memory_bytes: 1 << 20,
            invocation_timeout_ms: 5000,
            init_timeout_ms: 5000,
            teardown_timeout_ms: 5000,
            fuel: 0,
            max_buffer_bytes: 1 << 20,
            buffer_budget_bytes: 16 << 20,
        },
    }
}

const fn plan(nodes: &'static [NodePlan]) -> FlowPlan {
    const STREAMS: &[StreamPlan] = &[stream("a.output", "copy.input"), stream("copy.output", "b.input")];
    FlowPlan {
        name: "parts",
        nodes,
        streams: STREAMS,
        pools: PoolPlan {
            tiers: [tier(256), tier(4 << 10), tier(64 << 10), tier(1 << 20)],
            fallback_bytes: 0,
            max_buffer_bytes: 1 << 20,
        },
        quantum: 32,
        deadline_ms: None,
        sink_pause_ms: 10,
        max_restarts: 5,
        own_thread: false,
        replicas: 1,
        replicas_by: None,
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut criterion = Criterion::default().configure_from_args();
    let hosts = internals::hosts(&PROGRAM)?;
    queue(&mut criterion, &hosts)?;
    pool(&mut criterion)?;
    crossing(&mut criterion, &hosts)?;
    criterion.final_summary();
    Ok(())
}

const OPTIONS: RunOptions = RunOptions {
    limit: None,
    timeout: None,
    clock: ClockKind::System,
};

/// The halt of a flow's run.
fn halt() -> Arc<Halt> {
    let limits = Limits {
        clock: OPTIONS.clock,
        timeout: None,
        deadline: None,
    };
    Arc::new(Halt::new(limits, Arc::default()))
}

/// A run of a flow.
fn context(plan: &'static FlowPlan, halt: Arc<Halt>, pool: BufferPool) -> RunContext {
    let (waker, pressure) = (Group::new(1).waker(0), Pressure::new(plan, |_| false));
    RunContext::new(plan, OPTIONS, halt, waker, pool, pressure)
}

/// The processor of a flow on its call path, with a run of the flow.
fn processor(
    hosts: &Hosts,
    guest: &Guest,
    plan: &'static FlowPlan,
) -> Result<(Box<dyn Processor>, RunContext), Box<dyn Error>> {
    let (pool, ends) = (hosts.pool(plan)?, Ends::default());
    let waker = Group::new(1).waker(0);
    let halt = halt();
    let mut setup = Setup::new(hosts, plan, pool, &ends, waker, Arc::clone(&halt));
    let mut processor: Box<dyn Processor> = if plan.nodes[0].on_core {
        let made: CoreStage = core::direct(guest.shell).make(&mut setup, plan, 0).map_err(words)?;
        Box::new(made)
    } else {
        let made: ComponentProcessor = component::of(guest.component)
            .make(&mut setup, plan, 0)
            .map_err(words)?;
        Box::new(made)
    };
    let mut cx = context(plan, halt, setup.into_pool());
    processor.init(&mut cx, "").map_err(words)?;
    Ok((processor, cx))
}

/// The machine code of the component for both call paths.
struct Guest {
    component: &'static Artifact,
    shell: &'static Artifact,
}

impl Guest {
    fn new() -> Result<Self, Box<dyn Error>> {
        let component = copy_processor()?;
        let code = Anatomy::of(&component)?
            .stage_code()
            .map_err(|obstacle| obstacle.to_string())?;
        let shell = glue::direct(&code).map_err(|error| error.to_string())?;
        let engine = |kind| {
            let tuning = PROGRAM.tuning;
            engine::build(EngineOptions { kind, tuning })
        };
        let component = prepare::component(&component)?;
        Ok(Self {
            component: artifact(
                "component",
                &engine(EngineKind::Component)?.precompile_component(&component)?,
            )?,
            shell: artifact("shell", &engine(EngineKind::Core)?.precompile_module(&shell)?)?,
        })
    }
}

/// The component around the core module.
fn copy_processor() -> Result<Vec<u8>, Box<dyn Error>> {
    let mut resolve = wit_parser::Resolve::default();
    let contracts = Path::new(env!("CARGO_MANIFEST_DIR")).join("../wit/torvyn-streaming");
    let (package, _) = resolve.push_dir(&contracts)?;
    let world = resolve.select_world(&[package], Some("transform"))?;
    let mut module = wat::parse_str(include_str!("parts/copy-processor.wat"))?;
    embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8, false)?;
    Ok(ComponentEncoder::default().module(&module)?.validate(true).encode()?)
}

/// Measures an element that enters and leaves a stream.
fn queue(criterion: &mut Criterion, hosts: &Hosts) -> Result<(), Box<dyn Error>> {
    let plan = &PLANS[0];
    let mut cx = context(plan, halt(), hosts.pool(plan)?);
    let mut stream = Stream::new(&plan.streams[0], 0, false);
    let element = Element {
        sequence: 0,
        timestamp_ns: 0,
        content_type: ContentType::EMPTY,
        payload: BufferId::from_rep(0),
    };
    criterion.bench_function("queue", |bencher| {
        bencher.iter(|| {
            let pushed = stream.push(&mut cx, black_box(element));
            (pushed, stream.pop(&mut cx))
        });
    });
    Ok(())
}

/// Measures a buffer that is allocated, filled, frozen, read and returned.
fn pool(criterion: &mut Criterion) -> Result<(), Box<dyn Error>> {
    let mut group = criterion.benchmark_group("pool");
    for bytes in PAYLOADS {
        let mut pool = BufferPool::new(&PLANS[0].pools, PLANS[0].nodes)?;
        let contents = vec![7; bytes];
        let mut use_one = || -> Result<Vec<u8>, BufferError> {
            let draft = pool.allocate(bytes as u64)?;
            pool.append(draft, black_box(&contents))?;
            let buffer = pool.freeze(draft)?;
            let read = pool.contents(buffer)?.to_vec();
            pool.drop_owned(buffer)?;
            Ok(read)
        };
        let read = use_one().map_err(words)?;
        assert_eq!(read.len(), bytes);
        group.bench_function(BenchmarkId::from_parameter(bytes), |bencher| bencher.iter(&mut use_one));
    }
    group.finish();
    Ok(())
}

/// Measures a call of a component that reads an element and returns a copy.
fn crossing(criterion: &mut Criterion, hosts: &Hosts) -> Result<(), Box<dyn Error>> {
    let guest = Guest::new()?;
    let mut group = criterion.benchmark_group("crossing");
    let each = PLANS.iter().zip(["component", "direct"]);
    for ((plan, path), bytes) in each.flat_map(|each| PAYLOADS.map(|bytes| (each, bytes))) {
        let (mut processor, mut cx) = processor(hosts, &guest, plan)?;
        let input = in_transit(cx.pool(), &vec![7; bytes]).map_err(words)?;
        let mut call = || -> Result<Option<usize>, Cause> {
            let Some(output) = processor.process(&mut cx, input)? else {
                return Ok(None);
            };
            let copied = cx.pool().contents(output.buffer).map(<[u8]>::len);
            let released = cx.pool().release(output.buffer);
            released.expect("invariant: the flow owns what a stage emitted");
            Ok(copied.ok())
        };
        assert_eq!(call().map_err(words)?, Some(bytes));
        group.bench_function(BenchmarkId::new(path, bytes), |bencher| bencher.iter(&mut call));
    }
    group.finish();
    Ok(())
}

/// An element whose buffer the flow owns.
fn in_transit(pool: &mut BufferPool, contents: &[u8]) -> Result<Element, BufferError> {
    let draft = pool.allocate(contents.len() as u64)?;
    pool.append(draft, contents)?;
    pool.set_content_type(draft, CONTENT_TYPE)?;
    let payload = pool.freeze(draft)?;
    pool.take_over(payload)?;
    Ok(Element {
        sequence: 0,
        timestamp_ns: 0,
        content_type: pool.content_type(payload)?,
        payload,
    })
}

/// The words of an error; a cause has words only together with its node.
fn words(error: impl Debug) -> String {
    format!("{error:?}")
}
