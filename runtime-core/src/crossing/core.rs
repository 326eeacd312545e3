//! The core call paths: shells, which are the code of stages welded to glue that implements the canonical ABI and
//! accesses the flow's buffers. On the *direct* path a stage has a shell of its own, on the *fused* path a chain of
//! stages shares one.

use std::any::Any;
use std::ops::{Deref, DerefMut};
use std::sync::{Arc, Mutex, MutexGuard};

use wasmtime::{Result, SharedMemory, Store};

use crate::buffer::Element;
use crate::buffer::{BufferId, BufferPool, ContentType};
use crate::context::RunContext;
use crate::crossing::{Make, PathHost, Setup, StartPath, instantiation, milliseconds};
use crate::engine::{Artifact, CodeMap};
use crate::error::{Cause, Failure, Operation};
use crate::layout::{node, outcome};
use crate::plan::{FlowPlan, ProgramPlan};
use crate::sandbox::Sandbox;
use crate::stage::{Called, Payload, SinkStage, SourceStage, Stage};

mod chain;
mod data;
mod host;
mod imports;
mod roles;
mod shell;
mod violation;

pub use chain::Counts;
pub(crate) use chain::{Stop, last_taken, take_counts};
use data::ShellData;
pub use host::CoreHost;
use roles::refused;
use shell::{Member, Recipe, Shell};
use violation::cause;

/// The core call paths of a program.
#[derive(Debug)]
pub struct CorePath;

impl StartPath for CorePath {
    fn start(&self, program: &ProgramPlan, map: Option<Arc<dyn CodeMap>>) -> Result<Box<dyn PathHost>> {
        Ok(Box::new(Arc::new(CoreHost::start(program.tuning, map)?)))
    }
}

impl PathHost for Arc<CoreHost> {
    fn as_any(&self) -> &dyn Any {
        self
    }

    fn pool(&self, plan: &'static FlowPlan) -> Option<Result<BufferPool>> {
        let on_core: Vec<bool> = plan.nodes.iter().map(|node| node.on_core).collect();
        let pool = || BufferPool::shared(self.engine(), &plan.pools, plan.nodes, plan.name, &on_core);
        on_core.contains(&true).then(pool)
    }
}

/// A stage in a shell of its own (see [`Make`]).
#[must_use]
pub fn direct(artifact: &'static Artifact) -> Direct {
    Direct(artifact)
}

/// The artifact of a stage on the direct path.
#[derive(Clone, Copy, Debug)]
pub struct Direct(&'static Artifact);

/// A stage in a shared shell (see [`Make`]).
#[must_use]
pub fn member(shell: &SharedShell, member: usize) -> OfShell {
    OfShell {
        shell: shell.clone(),
        member,
    }
}

/// A stage on the fused path.
pub struct OfShell {
    shell: SharedShell,
    member: usize,
}

/// A shell of several stages. Only the flow's driver uses it, in turns with its stages.
#[derive(Clone)]
pub struct SharedShell(Arc<Mutex<Shell>>);

impl SharedShell {
    fn lock(&self) -> MutexGuard<'_, Shell> {
        self.0.lock().expect("invariant: panics end the process")
    }
}

/// Makes the shell of the stages at `positions` of a flow.
///
/// # Errors
/// When it can't be instantiated.
pub fn shell(
    setup: &mut Setup<'_>,
    flow: &'static FlowPlan,
    positions: &[usize],
    artifact: &'static Artifact,
) -> std::result::Result<SharedShell, Failure> {
    let made = recipe(setup, flow, positions, artifact).and_then(|recipe| Shell::new(recipe, setup));
    let first = &flow.nodes[positions[0]];
    made.map(|shell| SharedShell(Arc::new(Mutex::new(shell))))
        .map_err(|cause| Failure {
            node: first.name,
            component: first.component,
            operation: Operation::Instantiate,
            element: None,
            cause,
        })
}

fn recipe(
    setup: &mut Setup<'_>,
    flow: &'static FlowPlan,
    positions: &[usize],
    artifact: &'static Artifact,
) -> Called<Recipe> {
    let host = Arc::clone(setup.core_host::<Arc<CoreHost>>());
    let module = host.load(artifact);
    Ok(Recipe {
        module: module.map_err(|error| instantiation(&error))?,
        flow,
        nodes: positions.to_vec(),
        exchange: exchange(setup.pool()).clone(),
        watched: Arc::clone(setup.watched()),
        base: setup.pool().node_base(positions[0]),
        sandboxes: flow.nodes.iter().map(|node| Sandbox::new(node.capabilities)).collect(),
        host,
    })
}

fn exchange(pool: &BufferPool) -> &SharedMemory {
    let shared = pool.memory().shared();
    shared.expect("invariant: a flow with shells has a memory that they can import")
}

/// The shell of a stage: its own or a shared one.
enum Held {
    Alone(Box<Shell>),
    Shared(SharedShell),
}

impl Held {
    #[inline]
    fn borrow(&mut self) -> Borrowed<'_> {
        match self {
            Held::Alone(shell) => Borrowed::Alone(shell),
            Held::Shared(shell) => Borrowed::Shared(shell.lock()),
        }
    }
}

/// The shell of a stage, for one use.
enum Borrowed<'a> {
    Alone(&'a mut Shell),
    Shared(MutexGuard<'a, Shell>),
}

impl Deref for Borrowed<'_> {
    type Target = Shell;

    #[inline]
    fn deref(&self) -> &Shell {
        match self {
            Borrowed::Alone(shell) => shell,
            Borrowed::Shared(shell) => shell,
        }
    }
}

impl DerefMut for Borrowed<'_> {
    #[inline]
    fn deref_mut(&mut self) -> &mut Shell {
        match self {
            Borrowed::Alone(shell) => shell,
            Borrowed::Shared(shell) => shell,
        }
    }
}

/// A stage on one of the core call paths, whatever its role.
pub struct CoreStage {
    held: Held,
    /// Number of the stage in the shell.
    member: usize,
    /// Position of its node.
    node: usize,
}

impl Make<CoreStage> for Direct {
    fn make(self, setup: &mut Setup<'_>, flow: &'static FlowPlan, position: usize) -> Called<CoreStage> {
        let shell = Shell::new(recipe(setup, flow, &[position], self.0)?, setup)?;
        Ok(CoreStage {
            held: Held::Alone(Box::new(shell)),
            member: 0,
            node: position,
        })
    }
}

impl Make<CoreStage> for OfShell {
    fn make(self, _: &mut Setup<'_>, _: &'static FlowPlan, position: usize) -> Called<CoreStage> {
        Ok(CoreStage {
            held: Held::Shared(self.shell),
            member: self.member,
            node: position,
        })
    }
}

macro_rules! make_boxed {
    ($origin:ty, $stage:ty) => {
        impl Make<$stage> for $origin {
            fn make(self, setup: &mut Setup<'_>, flow: &'static FlowPlan, position: usize) -> Called<$stage> {
                let stage: CoreStage = self.make(setup, flow, position)?;
                Ok(Box::new(stage))
            }
        }
    };
}

make_boxed!(Direct, SourceStage);
make_boxed!(Direct, SinkStage);
make_boxed!(OfShell, SourceStage);
make_boxed!(OfShell, SinkStage);

impl Shell {
    /// Lends the flow's buffers to the shell for `call`, a call of `member` that may take `limit_ms`; 0 for the limit
    /// in its plan. Returns the result of the call, in glue's terms.
    fn enter<T>(
        &mut self,
        cx: &mut RunContext,
        (member, limit_ms): (usize, u32),
        call: impl FnOnce(&mut Store<ShellData>, &Member) -> Result<T>,
    ) -> Result<T> {
        if let Some(fuel) = self.fuel(member) {
            self.store.set_fuel(fuel)?;
        }
        let deadline_ns = cx.deadline_ns();
        let mut pool = cx.lend_pool();
        pool.set_deadline_ns(deadline_ns);
        if limit_ms > 0 {
            pool.set_limit_ms(limit_ms);
        }
        let data = self.store.data_mut();
        data.passed_bytes = 0;
        let (mut pool, result) = self.lend(pool, |store, members| call(store, &members[member]));
        // While the watchdog still sees the call: afterwards it forgets why it ended it.
        let result = result.map_err(|error| self.broken_off(error));
        pool.leave_stage();
        if limit_ms > 0 {
            pool.set_limit_ms(0);
        }
        cx.return_pool(pool);
        result
    }

    /// The error of a call that did not return: why it was ended, if the watchdog ended it.
    #[cold]
    fn broken_off(&mut self, error: wasmtime::Error) -> wasmtime::Error {
        self.store.data_mut().text.clear();
        self.reason(error)
    }

    /// The result of a call of `member`, as outcome or cause; after a trap the member is dead.
    #[inline]
    fn conclude(&mut self, cx: &mut RunContext, member: usize, result: Result<u32>) -> Called<u32> {
        match result {
            Ok(outcome) if !matches!(outcome, outcome::FAILED | outcome::REFUSED) => Ok(outcome),
            result => Err(self.failure(cx, member, result)),
        }
    }

    /// The cause of a failed call.
    #[cold]
    fn failure(&mut self, cx: &mut RunContext, member: usize, result: Result<u32>) -> Cause {
        match result {
            Ok(outcome::FAILED) => {
                let error = self.store.data_mut().error.take();
                let error = error.expect("invariant: glue passes the error before it reports one");
                Cause::returned(error, cx.pool().last_refusal())
            }
            Ok(_) => refused(),
            Err(error) => {
                let member = &mut self.members[member];
                member.is_dead = true;
                end_loan(cx.pool(), member.node);
                cause(&error)
            }
        }
    }
}

/// Ends the loan that a trapped call left open, if there is one.
fn end_loan(pool: &mut BufferPool, node: usize) {
    let lent = pool.memory().u32(pool.node_base(node) + node::LENT);
    // Without an open loan, the buffer has other claims already.
    let _ = pool.end_loan(BufferId::from_rep(lent));
}

/// The element that the stage of a node returned from a call with this `outcome`.
#[inline]
pub(crate) fn result(pool: &BufferPool, node: usize, outcome: u32) -> Option<Payload> {
    let block = pool.node_base(node);
    (outcome == outcome::EMITTED).then(|| Payload {
        buffer: BufferId::from_rep(pool.memory().u32(block + node::RESULT)),
        content_type: ContentType::from_number(pool.memory().u32(block + node::RESULT_TYPE)),
    })
}

impl CoreStage {
    fn call(
        &mut self,
        cx: &mut RunContext,
        limit_ms: u32,
        call: impl FnOnce(&mut Store<ShellData>, &Member) -> Result<u32>,
    ) -> Called<u32> {
        let member = self.member;
        let shell = &mut *self.held.borrow();
        let result = shell.enter(cx, (member, limit_ms), call);
        shell.conclude(cx, member, result)
    }

    fn call_with(&mut self, cx: &mut RunContext, input: Element) -> Called<u32> {
        self.call(cx, 0, |store, member| {
            let element = (
                input.sequence,
                input.timestamp_ns,
                input.content_type.number(),
                input.payload.rep(),
            );
            entry(&member.entries.element).call(store, element)
        })
    }
}

fn entry<T>(entry: &Option<T>) -> &T {
    entry.as_ref().expect("invariant: a stage has the entries of its role")
}

impl Stage for CoreStage {
    fn init(&mut self, cx: &mut RunContext, config: &str) -> Called<()> {
        let member = self.member;
        let limit_ms = milliseconds(self.held.borrow().limits(member).init_timeout_ms);
        let called = self.call(cx, limit_ms, |store, member| {
            let Some(init) = &member.entries.init else {
                return Ok(outcome::EMITTED);
            };
            config.clone_into(&mut store.data_mut().config);
            let length = u32::try_from(config.len())?;
            init.call(store, length)
        });
        called.map(|_| ())
    }

    fn teardown(&mut self, cx: &mut RunContext) -> Called<()> {
        // A cancelled flow makes no further calls.
        if self.is_dead() || cx.halt.is_cancelled() {
            return Ok(());
        }
        let member = self.member;
        let limit_ms = milliseconds(self.held.borrow().limits(member).teardown_timeout_ms);
        let called = self.call(cx, limit_ms, |store, member| match &member.entries.teardown {
            Some(teardown) => teardown.call(store, ()).map(|()| outcome::EMITTED),
            None => Ok(outcome::EMITTED),
        });
        called.map(|_| ())
    }

    fn is_dead(&self) -> bool {
        match &self.held {
            Held::Alone(shell) => shell.members[self.member].is_dead,
            Held::Shared(shell) => shell.lock().members[self.member].is_dead,
        }
    }

    fn restart(&mut self, cx: &mut RunContext, config: &str) -> Called<()> {
        cx.pool().reset_handles(self.node);
        let member = self.member;
        self.held.borrow().restart(cx, member)?;
        self.init(cx, config)
    }
}
