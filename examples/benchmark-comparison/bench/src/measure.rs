//! Measures every cell, a path with a chain and a payload, in windows that take turns with those of all other cells.

use std::time::Duration;

use bench_common::Failed;
use bench_common::figures::{Spread, turns};
use comparison_work::Checksum;
use hdrhistogram::Histogram;

use crate::load::{Load, Measure, Shape, Window};
use crate::paths::CallPath;
use crate::summary::{Cell, Figures};
use crate::watchdog::Watchdog;

/// Windows of latencies for each cell: all latencies of a cell are looked at together.
const LATENCY_WINDOWS: usize = 5;

/// A window that takes longer, and fifty times its length more, will never end.
const PATIENCE: Duration = Duration::from_secs(60);

/// Messages of the first window of a cell, which finds out how many fill a window.
const FIRST_MESSAGES: u64 = 16;

/// What is measured.
pub(crate) struct Plan {
    pub(crate) payloads: Vec<usize>,
    pub(crate) stages: Vec<usize>,
    /// Windows of throughput for each cell.
    pub(crate) windows: usize,
    /// About as long is each window.
    pub(crate) window: Duration,
}

impl Plan {
    fn shapes(&self) -> Vec<Shape> {
        let of = |payload| move |stages| Shape { payload, stages };
        let payloads = self.payloads.iter();
        payloads
            .flat_map(|payload| self.stages.iter().copied().map(of(*payload)))
            .collect()
    }
}

type Paths = [Box<dyn CallPath>];

/// A cell while it is measured.
struct Running {
    path: usize,
    throughput: Load,
    latency: Load,
    samples: Vec<f64>,
    latencies: Histogram<u64>,
    copies: Option<f64>,
}

/// The paths, and who looks after them.
struct Bench<'a> {
    paths: &'a mut Paths,
    /// None where something else makes the paths slow.
    watchdog: Option<Watchdog>,
}

/// Measures all cells. `tell` hears how far it is.
pub(crate) fn measure(paths: &mut Paths, plan: &Plan, tell: &dyn Fn(&str)) -> Result<Figures, Failed> {
    let mut bench = Bench {
        paths,
        watchdog: Some(Watchdog::start(PATIENCE + 50 * plan.window)?),
    };
    let mut cells = Vec::new();
    for shape in plan.shapes() {
        tell(&format!("preparing {} B, {} stages", shape.payload, shape.stages));
        for path in bench.with_chains_of(shape.stages) {
            cells.push(bench.prepare(path, shape, plan.window)?);
        }
    }
    for round in 0..plan.windows {
        tell(&format!("throughput, window {} of {}", round + 1, plan.windows));
        for cell in turns(&mut cells, round) {
            let window = bench.run(cell.path, &cell.throughput)?;
            cell.samples.push(window.took().as_nanos() as f64 / window.timed as f64);
            cell.copies = window
                .copies
                .map(|copies| copies as f64 / cell.throughput.total() as f64);
        }
    }
    for round in 0..LATENCY_WINDOWS {
        tell(&format!("latency, window {} of {LATENCY_WINDOWS}", round + 1));
        for cell in turns(&mut cells, round) {
            let window = bench.run(cell.path, &cell.latency)?;
            cell.latencies.add(&window.latencies)?;
        }
    }
    let cells = cells.into_iter().map(|cell| Cell {
        path: bench.paths[cell.path].name().to_owned(),
        shape: cell.throughput.shape,
        ns_per_element: Spread::of(cell.samples),
        latencies: cell.latencies,
        copies: cell.copies,
        instructions: None,
    });
    Ok(Figures { cells: cells.collect() })
}

/// Sends the expected messages through every cell, once, and measures nothing.
pub(crate) fn only_run(paths: &mut Paths, plan: &Plan, expected: Checksum) -> Result<(), Failed> {
    let mut bench = Bench { paths, watchdog: None };
    for shape in plan.shapes() {
        let load = Load {
            shape,
            measure: Measure::Throughput,
            warm_up: 0,
            messages: expected.messages,
            expected,
        };
        for path in bench.with_chains_of(shape.stages) {
            bench.run(path, &load)?;
        }
    }
    Ok(())
}

impl Bench<'_> {
    fn with_chains_of(&self, stages: usize) -> Vec<usize> {
        let paths = 0..self.paths.len();
        paths.filter(|path| self.paths[*path].has_chain_of(stages)).collect()
    }

    fn prepare(&mut self, path: usize, shape: Shape, window: Duration) -> Result<Running, Failed> {
        Ok(Running {
            path,
            throughput: self.fill(path, shape, Measure::Throughput, window)?,
            latency: self.fill(path, shape, Measure::Latency, window)?,
            samples: Vec::new(),
            latencies: Window::new().latencies,
            copies: None,
        })
    }

    /// The load that takes about as long as `window`. The faster of two tries counts: one may have been held up.
    fn fill(&mut self, path: usize, shape: Shape, measure: Measure, window: Duration) -> Result<Load, Failed> {
        let mut messages = FIRST_MESSAGES;
        loop {
            let tried = load(shape, measure, messages);
            let mut took = self.run(path, &tried)?.took();
            if took >= window / 8 {
                took = took.min(self.run(path, &tried)?.took());
            }
            if took >= window / 8 {
                let share = window.as_secs_f64() / took.as_secs_f64();
                return Ok(load(shape, measure, (messages as f64 * share).ceil() as u64));
            }
            messages *= 4;
        }
    }

    fn run(&mut self, path: usize, load: &Load) -> Result<Window, Failed> {
        let path = &mut self.paths[path];
        let Shape { payload, stages } = load.shape;
        let cell = format!("{}, {payload} B, {stages} stages", path.name());
        let window = match &self.watchdog {
            Some(watchdog) => watchdog.watch(&cell, || path.run(load)),
            None => path.run(load),
        };
        window.map_err(|error| format!("{cell}: {error}").into())
    }
}

fn load(shape: Shape, measure: Measure, messages: u64) -> Load {
    let warm_up = messages / 10 + FIRST_MESSAGES;
    Load {
        shape,
        measure,
        warm_up,
        messages,
        expected: shape.checksum(warm_up + messages),
    }
}
