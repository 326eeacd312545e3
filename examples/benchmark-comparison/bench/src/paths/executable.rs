//! The flows as the executable runs them: what `torvync` generated, under the driver of the runtime.
//!
//! A flow `PATH-N` of the manifest is the chain of N components of call path PATH.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Instant;
use std::{env, fs, process};

use comparison_work::Checksum;
use torvyn_runtime_core::emitted::{Failure, Flow, FlowEntry, Node, Setup, Stream};
use torvyn_runtime_core::emitted::{FlowPlan, RunContext};
use torvyn_runtime_core::internals::{
    self, ClockKind, Ending, Ends, Group, Halt, Hosts, Limits, Output, Pressure, Run, RunOptions,
};

use super::CallPath;
use crate::Failed;
use crate::flows;
use crate::load::{Load, Measure, Shape, Window};

/// Messages of a chain without a sink that are compared.
const LOOKED_AT: u64 = 16;

/// One call path, with its flows by the number of their components.
pub(super) struct Executable {
    name: &'static str,
    flows: BTreeMap<usize, &'static FlowEntry>,
    /// Payloads of which a chain without a sink was seen to bring the right ones.
    seen: BTreeSet<usize>,
}

/// The call paths of all flows that are wanted.
pub(super) fn all(is_wanted: impl Fn(&str) -> bool) -> Result<Vec<Executable>, Failed> {
    let mut paths: Vec<Executable> = Vec::new();
    for entry in flows::all() {
        let (path, stages) = chain_of(entry)?;
        match paths.iter_mut().find(|found| found.name == path) {
            Some(found) => {
                found.flows.insert(stages, entry);
            }
            None if is_wanted(path) => paths.push(Executable {
                name: path,
                flows: BTreeMap::from([(stages, entry)]),
                seen: BTreeSet::new(),
            }),
            None => {}
        }
    }
    Ok(paths)
}

/// Path and number of components in the name of a flow.
fn chain_of(entry: &FlowEntry) -> Result<(&'static str, usize), Failed> {
    let name = entry.plan.name;
    name.rsplit_once('-')
        .and_then(|(path, stages)| Some((path, stages.parse().ok()?)))
        .ok_or_else(|| format!("flow `{name}` is not named PATH-N").into())
}

/// What all flows of the process share. Made once: embedded code is executed where it lies, so that a process can load it
/// for one engine only.
static HOSTS: Mutex<Option<Hosts>> = Mutex::new(None);

impl CallPath for Executable {
    fn name(&self) -> &str {
        self.name
    }

    fn has_chain_of(&self, stages: usize) -> bool {
        self.flows.contains_key(&stages)
    }

    fn run(&mut self, load: &Load) -> Result<Window, Failed> {
        if !load.shape.has_sink() && !self.seen.contains(&load.shape.payload) {
            self.look_at_messages(load.shape)?;
            self.seen.insert(load.shape.payload);
        }
        self.window(load, &Ends::default())
    }
}

impl Executable {
    /// Compares what a chain without a sink brings: in a window the host takes it without looking.
    fn look_at_messages(&self, shape: Shape) -> Result<(), Failed> {
        let unique = format!("benchmark-comparison-{}-{}-{}", process::id(), self.name, shape.payload);
        let file = env::temp_dir().join(unique);
        let output = Output::File(file.clone());
        let ends = Ends {
            outputs: BTreeMap::from([("sink", output)]),
            ..Ends::default()
        };
        let few = Load {
            shape,
            measure: Measure::Throughput,
            warm_up: 0,
            messages: LOOKED_AT,
            expected: shape.checksum(LOOKED_AT),
        };
        let done = self.window(&few, &ends);
        let written = fs::read(&file);
        // The system's own folder for such files: one that can't be removed does no harm.
        let _ = fs::remove_file(&file);
        done?;
        let mut checksum = Checksum::default();
        for line in written?.chunks(shape.payload + 1) {
            checksum.fold(line.strip_suffix(b"\n").unwrap_or(line));
        }
        few.check(checksum)
    }

    fn window(&self, load: &Load, ends: &Ends) -> Result<Window, Failed> {
        let entry = self.flows.get(&load.shape.stages).ok_or("there is no such flow")?;
        let mut made = HOSTS.lock().map_err(|_| "a window was left half-way")?;
        let hosts = match &mut *made {
            Some(hosts) => hosts,
            none @ None => none.insert(internals::hosts_of(flows::program(), flows::paths())?),
        };
        let _entered = hosts.enter();
        let group = Group::new(1);
        let window = Arc::new(Mutex::new(Window::new()));
        let run = prepare(hosts, entry, ends, &group, load, &window)?;
        let ended = group.run(vec![run], 1).pop();
        let (mut flow, mut cx, outcome) = ended.expect("invariant: as many as went in").into_outcome();
        match (outcome.ending, outcome.failures.first()) {
            (Ending::Completed, None) => {}
            (Ending::Completed | Ending::Failed, Some(failure)) => return Err(failure.message().into()),
            (ending, _) => return Err(ending.as_str().into()),
        }
        let copies = account(flow.as_mut(), &mut cx, load)?;
        drop(flow);
        let mut window = Arc::into_inner(window)
            .and_then(|window| window.into_inner().ok())
            .expect("invariant: the flow is gone");
        window.copies = Some(copies);
        Ok(window)
    }
}

/// A run of the flow that notes in `window` what the load asks for.
fn prepare(
    hosts: &Hosts,
    entry: &'static FlowEntry,
    ends: &Ends,
    group: &Group,
    load: &Load,
    window: &Arc<Mutex<Window>>,
) -> Result<Run, Failed> {
    let (plan, clock) = (entry.plan, ClockKind::System);
    let pool = hosts.pool(plan)?;
    let limits = Limits {
        clock,
        timeout: None,
        deadline: None,
    };
    let halt = Arc::new(Halt::new(limits, Arc::default()));
    let mut setup = Setup::new(hosts, plan, pool, ends, group.waker(0), Arc::clone(&halt));
    let flow = (entry.start)(&mut setup).map_err(|failure| failure.message())?;
    let flow = observed(flow, load, window);
    let options = RunOptions {
        limit: Some(load.total()),
        timeout: None,
        clock,
    };
    let pressure = Pressure::new(plan, |node| ends.hears_pressure(&plan.nodes[node]));
    let cx = RunContext::new(plan, options, halt, group.waker(0), setup.into_pool(), pressure);
    Ok(Run::new(flow, cx, configs(load)))
}

/// What source and sink are told.
fn configs(load: &Load) -> BTreeMap<&'static str, String> {
    let mut configs = BTreeMap::from([("source", load.shape.payload.to_string())]);
    if load.shape.has_sink() {
        configs.insert("sink", load.expected.to_string());
    }
    configs
}

/// The copies of all nodes. What a sink of the host took was not checked by it, so it is counted.
fn account(flow: &mut dyn Flow, cx: &mut RunContext, load: &Load) -> Result<u64, Failed> {
    let nodes = flow.nodes();
    let delivered: u64 = nodes.iter().map(|node| node.stats().delivered).sum();
    if delivered != load.total() {
        return Err(format!("{delivered} messages delivered, expected {}", load.total()).into());
    }
    let copies = (0..nodes.len()).map(|position| cx.pool().copies(position));
    Ok(copies.map(|copies| copies.read.count + copies.write.count).sum())
}

/// A flow that notes in `window` what the load asks for.
fn observed(flow: Box<dyn Flow>, load: &Load, window: &Arc<Mutex<Window>>) -> Box<dyn Flow> {
    let (load, window) = (*load, Arc::clone(window));
    match load.measure {
        Measure::Throughput => Box::new(Timed {
            flow,
            load,
            window,
            started: None,
            is_over: false,
        }),
        Measure::Latency => Box::new(Stepped {
            flow,
            load,
            window,
            departed: None,
            arrived: 0,
        }),
    }
}

fn lock(window: &Mutex<Window>) -> MutexGuard<'_, Window> {
    window.lock().expect("invariant: panics end the process")
}

/// Times all messages after the warm-up, from outside: the driver works as it always does.
struct Timed {
    flow: Box<dyn Flow>,
    load: Load,
    window: Arc<Mutex<Window>>,
    /// When the warm-up ended, and how many messages had gone out by then: it ends with a turn of the driver.
    started: Option<(Instant, u64)>,
    is_over: bool,
}

impl Timed {
    fn look(&mut self, emitted: u64, is_over: bool) {
        match self.started {
            None if emitted >= self.load.warm_up => self.started = Some((Instant::now(), emitted)),
            Some((started, before)) if !self.is_over => {
                let mut window = lock(&self.window);
                window.elapsed = started.elapsed();
                window.timed = emitted - before;
                self.is_over = is_over;
            }
            None | Some(_) => {}
        }
    }
}

/// Times each message, from outside: a chain takes one from end to end before it begins the next.
struct Stepped {
    flow: Box<dyn Flow>,
    load: Load,
    window: Arc<Mutex<Window>>,
    /// When the message that is on its way began it.
    departed: Option<Instant>,
    arrived: u64,
}

impl Stepped {
    fn look(&mut self, departed: Instant, emitted: u64) {
        let is_on_its_way = self.flow.streams().iter().any(|stream| !stream.is_empty());
        if is_on_its_way || emitted == self.arrived {
            self.departed = Some(departed);
            return;
        }
        // A step may take several messages through at once; each of them took that long.
        for _ in self.arrived.max(self.load.warm_up)..emitted {
            lock(&self.window).record(departed.elapsed());
        }
        self.arrived = emitted;
    }
}

macro_rules! delegate {
    () => {
        fn plan(&self) -> &'static FlowPlan {
            self.flow.plan()
        }

        fn nodes(&mut self) -> Vec<&mut dyn Node> {
            self.flow.nodes()
        }

        fn streams(&self) -> &[Stream] {
            self.flow.streams()
        }

        fn streams_mut(&mut self) -> &mut [Stream] {
            self.flow.streams_mut()
        }
    };
}

impl Flow for Timed {
    delegate!();

    fn step(&mut self, cx: &mut RunContext) -> Result<bool, Failure> {
        self.flow.step(cx)
    }

    fn run_quantum(&mut self, cx: &mut RunContext) -> Result<bool, Failure> {
        let ran = self.flow.run_quantum(cx)?;
        self.look(cx.next_sequence(), !ran);
        Ok(ran)
    }
}

impl Flow for Stepped {
    delegate!();

    fn step(&mut self, cx: &mut RunContext) -> Result<bool, Failure> {
        let departed = self.departed.take().unwrap_or_else(Instant::now);
        let ran = self.flow.step(cx)?;
        self.look(departed, cx.next_sequence());
        Ok(ran)
    }
}
