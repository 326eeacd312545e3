//! A shell: an instance of a welded module whose members are stages.

use std::sync::Arc;

use wasmtime::{
    Extern, Global, GlobalType, Instance, Memory, Module, Mutability, Store, TypedFunc, Val, ValType, WasmParams,
    WasmResults,
};

use super::data::ShellData;
use super::host::CoreHost;
use crate::buffer::BufferPool;
use crate::context::RunContext;
use crate::crossing::cause::instantiation;
use crate::crossing::setup::Setup;
use crate::error::Cause;
use crate::limits::StageLimits;
use crate::plan::FlowPlan;
use crate::revocation::Revocation;
use crate::role::Role;
use crate::sandbox::{Limits, Sandbox};
use crate::stage::Called;
use crate::watchdog::Watched;

/// Arguments of a call with an element: sequence number, timestamp, content type, buffer.
pub(super) type Element = (u64, u64, u32, u32);

/// Everything needed to instantiate a shell again after a trap.
pub(super) struct Recipe {
    pub(super) host: Arc<CoreHost>,
    pub(super) module: Module,
    pub(super) flow: &'static FlowPlan,
    /// Positions of the members' nodes.
    pub(super) nodes: Vec<usize>,
    pub(super) exchange: wasmtime::SharedMemory,
    pub(super) watched: Arc<Watched>,
    /// Address of the block of the first node.
    pub(super) base: u32,
    /// The sandboxes of the stages, by position of the node; restarts do not change them.
    pub(super) sandboxes: Arc<[Sandbox]>,
}

/// An instance of a welded module in its store.
pub(super) struct Shell {
    recipe: Recipe,
    revocation: Arc<Revocation>,
    pub(super) store: Store<ShellData>,
    pub(super) members: Vec<Member>,
}

/// A stage of a shell.
pub(super) struct Member {
    /// Position of its node.
    pub(super) node: usize,
    /// Whether its call trapped, so that its state is unusable; the state of other members is intact.
    pub(super) is_dead: bool,
    pub(super) entries: Entries,
    memory: Memory,
    /// The globals in which it keeps state; empty where a dead stage takes the whole shell down.
    globals: Vec<Global>,
}

/// The functions of a stage's glue; `None` where its role lacks one.
#[derive(Default)]
pub(super) struct Entries {
    pub(super) pull: Option<TypedFunc<(), u32>>,
    pub(super) notify: Option<TypedFunc<u32, ()>>,
    /// `process`, `evaluate`, `route`, `ingest` or `push`.
    pub(super) element: Option<TypedFunc<Element, u32>>,
    pub(super) flush: Option<TypedFunc<(), u32>>,
    pub(super) complete: Option<TypedFunc<(), u32>>,
    pub(super) init: Option<TypedFunc<u32, u32>>,
    pub(super) teardown: Option<TypedFunc<(), ()>>,
    /// Takes elements through all members; present on the first of several.
    pub(super) run: Option<TypedFunc<u32, u32>>,
    /// Functions to call before all others, in order.
    first: Vec<TypedFunc<(), ()>>,
}

impl Recipe {
    fn limits(&self) -> &'static StageLimits {
        &self.flow.nodes[self.nodes[0]].limits
    }

    fn is_fused(&self) -> bool {
        self.nodes.len() > 1
    }

    /// Instantiates a shell. The first functions of its members have yet to be called.
    fn instantiate(&self) -> wasmtime::Result<(Store<ShellData>, Instance)> {
        let data = ShellData {
            pool: None,
            text: Vec::new(),
            passed_bytes: 0,
            error: None,
            ports: Vec::new(),
            results: Vec::new(),
            config: String::new(),
            watched: Arc::clone(&self.watched),
            sandboxes: Arc::clone(&self.sandboxes),
            limits: Limits::new(usize::try_from(self.limits().memory_bytes).unwrap_or(usize::MAX)),
        };
        let mut store = Store::new(self.host.engine(), data);
        if !self.is_fused() {
            // The memories of several stages have their limits in the module.
            store.limiter(|data| &mut data.limits);
        }
        if self.host.metered {
            store.set_fuel(self.host.fuel(self.limits()))?;
        }
        let mut imports: Vec<Extern> = Vec::new();
        for import in self.module.imports() {
            imports.push(match import.module() {
                "exchange" => self.exchange.clone().into(),
                "base" => {
                    let base = GlobalType::new(ValType::I32, Mutability::Const);
                    Global::new(&mut store, base, Val::I32(self.base.cast_signed()))?.into()
                }
                _ => self
                    .host
                    .linker
                    .get_by_import(&mut store, &import)
                    .ok_or_else(|| wasmtime::Error::msg(format!("the runtime has no `{}`", import.name())))?,
            });
        }
        let instance = Instance::new(&mut store, &self.module, &imports)?;
        Ok((store, instance))
    }

    fn member(&self, store: &mut Store<ShellData>, instance: &Instance, position: usize) -> Called<Member> {
        let node = self.nodes[position];
        let memory = instance.get_memory(&mut *store, &format!("{position}.memory"));
        let globals =
            (0..).map_while(|number| instance.get_global(&mut *store, &format!("{position}.global.{number}")));
        let globals = globals.collect();
        Ok(Member {
            node,
            is_dead: false,
            memory: memory.ok_or_else(|| Cause::Instantiation("there is no memory".to_owned()))?,
            globals,
            entries: self.entries(store, instance, position)?,
        })
    }

    fn entries(&self, store: &mut Store<ShellData>, instance: &Instance, position: usize) -> Called<Entries> {
        let plan = &self.flow.nodes[self.nodes[position]];
        let mut finder = Finder {
            store,
            instance,
            position,
        };
        let mut entries = Entries::default();
        match plan.role {
            Role::Source => {
                entries.pull = Some(finder.entry("pull")?);
                entries.notify = Some(finder.entry("notify")?);
            }
            Role::Processor => entries.element = Some(finder.entry("process")?),
            Role::Filter => entries.element = Some(finder.entry("evaluate")?),
            Role::Router => entries.element = Some(finder.entry("route")?),
            Role::Aggregator => {
                entries.element = Some(finder.entry("ingest")?);
                entries.flush = Some(finder.entry("flush")?);
            }
            Role::Sink => {
                entries.element = Some(finder.entry("push")?);
                entries.complete = Some(finder.entry("complete")?);
            }
        }
        if plan.lifecycle {
            entries.init = Some(finder.entry("init")?);
            entries.teardown = Some(finder.entry("teardown")?);
        }
        if self.is_fused() && position == 0 {
            let run = instance.get_typed_func(&mut *finder.store, "run");
            entries.run = Some(run.map_err(|error| Cause::Instantiation(format!("{error:#}")))?);
        }
        entries.first.extend(finder.optional("start"));
        entries
            .first
            .extend((0..).map_while(|number| finder.optional(&format!("initialise.{number}"))));
        Ok(entries)
    }
}

/// Search for the functions of a member.
struct Finder<'a> {
    store: &'a mut Store<ShellData>,
    instance: &'a Instance,
    position: usize,
}

impl Finder<'_> {
    fn entry<P: WasmParams, R: WasmResults>(&mut self, name: &str) -> Called<TypedFunc<P, R>> {
        let name = format!("{}.{name}", self.position);
        let found = self.instance.get_typed_func(&mut *self.store, &name);
        found.map_err(|error| Cause::Instantiation(format!("{error:#}")))
    }

    fn optional(&mut self, name: &str) -> Option<TypedFunc<(), ()>> {
        let name = format!("{}.{name}", self.position);
        self.instance.get_typed_func(&mut *self.store, &name).ok()
    }
}

impl Shell {
    /// Instantiates a shell and calls the first functions of its members.
    ///
    /// # Errors
    /// When the module cannot be instantiated, or one of these functions fails.
    pub(super) fn new(recipe: Recipe, setup: &mut Setup<'_>) -> Called<Self> {
        let (revocation, store, members) = parts(&recipe)?;
        recipe.watched.attach(&recipe.nodes, &revocation);
        let mut shell = Self {
            recipe,
            revocation,
            store,
            members,
        };
        for position in 0..shell.members.len() {
            let (pool, begun) = shell.begin(setup.lend_pool(), position);
            setup.return_pool(pool);
            begun?;
        }
        Ok(shell)
    }

    /// Lends the flow's buffers to the shell for `call`.
    pub(super) fn lend<T>(
        &mut self,
        pool: Box<BufferPool>,
        call: impl FnOnce(&mut Store<ShellData>, &[Member]) -> T,
    ) -> (Box<BufferPool>, T) {
        self.store.data_mut().pool = Some(pool);
        let result = call(&mut self.store, &self.members);
        let pool = self.store.data_mut().pool.take();
        (pool.expect("invariant: it was just lent"), result)
    }

    /// Calls the first functions of a new member.
    fn begin(&mut self, pool: Box<BufferPool>, position: usize) -> (Box<BufferPool>, Called<()>) {
        let (watched, revocation) = (Arc::clone(&self.recipe.watched), Arc::clone(&self.revocation));
        let (pool, begun) = self.lend(pool, |store, members| {
            let Member { node, entries, .. } = &members[position];
            entries.first.iter().try_for_each(|first| {
                watched.words().enter(*node, 0);
                let called = first.call(&mut *store, ());
                let called = called.map_err(|error| watched.reason(&revocation, error));
                watched.words().leave();
                called
            })
        });
        self.members[position].is_dead = begun.is_err();
        (pool, begun.map_err(|error| instantiation(&error)))
    }

    /// Restarts a dead member in a new instance. The other members keep their state, which is copied.
    ///
    /// # Errors
    /// When that fails; then the member stays dead and the others are unchanged.
    pub(super) fn restart(&mut self, cx: &mut RunContext, position: usize) -> Called<()> {
        let (revocation, mut store, mut members) = parts(&self.recipe)?;
        for (number, (old, new)) in self.members.iter_mut().zip(&mut members).enumerate() {
            if number == position {
                continue;
            }
            new.is_dead = old.is_dead;
            carry_over(&mut self.store, old, &mut store, new).map_err(|error| instantiation(&error))?;
        }
        self.recipe.watched.attach(&self.recipe.nodes, &revocation);
        self.revocation = revocation;
        self.store = store;
        self.members = members;
        let (pool, begun) = self.begin(cx.lend_pool(), position);
        cx.return_pool(pool);
        begun
    }

    /// The error of the call that just ended: why it was ended, if the watchdog ended it.
    pub(super) fn reason(&self, error: wasmtime::Error) -> wasmtime::Error {
        self.recipe.watched.reason(&self.revocation, error)
    }

    /// Limits of a member's node.
    pub(super) fn limits(&self, member: usize) -> &'static StageLimits {
        &self.recipe.flow.nodes[self.members[member].node].limits
    }

    /// Fuel for a call of a member; `None` where calls are not metered.
    pub(super) fn fuel(&self, member: usize) -> Option<u64> {
        let host = &self.recipe.host;
        host.metered.then(|| host.fuel(self.limits(member)))
    }
}

fn parts(recipe: &Recipe) -> Called<(Arc<Revocation>, Store<ShellData>, Vec<Member>)> {
    let revocation = recipe.watched.revocation();
    let instantiated = revocation.instantiate(|| recipe.instantiate());
    let (mut store, instance) = instantiated.map_err(|error| instantiation(&error))?;
    let members = (0..recipe.nodes.len()).map(|position| recipe.member(&mut store, &instance, position));
    let members = members.collect::<Called<Vec<_>>>()?;
    Ok((revocation, store, members))
}

/// Copies the state of a member to another instance: memory and globals. There is no other state, because stages that
/// change their tables, drop data segments, or have mutable globals with references are not fused.
fn carry_over(
    from: &mut Store<ShellData>,
    old: &Member,
    to: &mut Store<ShellData>,
    new: &Member,
) -> wasmtime::Result<()> {
    let missing = old.memory.size(&*from) - new.memory.size(&*to);
    new.memory.grow(&mut *to, missing)?;
    new.memory.data_mut(&mut *to).copy_from_slice(old.memory.data(&*from));
    for (old, new) in old.globals.iter().zip(&new.globals) {
        let value = old.get(&mut *from);
        new.set(&mut *to, value)?;
    }
    Ok(())
}
