//! Machine code of guests, read again: in every cycle there is an instruction that accesses linear memory, and that the
//! engine knows as one that may fault. Loops, and recursion by direct calls, are found; calls through tables are not
//! followed.
//!
//! The engine's own list of faulting instructions is used, so the check needs no knowledge of registers. It reads
//! x86-64.

use std::collections::{BTreeMap, BTreeSet};

use fastrand::Rng;
use iced_x86::{Decoder, DecoderOptions, FlowControl, Instruction, Mnemonic};
use object::{Object as _, ObjectSection as _, ObjectSymbol as _};
use torvyn_runtime_core::engine::{EngineKind, EngineOptions, Tuning, compile_config};
use torvync_compiler::{interrupt, prepare};
use wasmtime::Engine;
use wasmtime_environ::{CompiledTrap, Trap};

use crate::circles;
use crate::guest::{self, Done};

/// Random guests of a test.
const IN_TEST: u64 = 60;

/// Loops that the pass leaves as they are: it counts their own accesses as touches.
const KNOWN: [&str; 10] = [
    // A store, whatever its address.
    "(loop $l (i32.store (i32.const 64) (local.get $n)) (br $l))",
    "(loop $l (i64.store8 (local.get $at) (local.get $wide)) (br $l))",
    "(loop $l (v128.store (i32.const 64) (local.get $v)) (br $l))",
    // Loads whose address is stepped.
    "(loop $l (local.set $n (i32.load8_u (local.get $at))) (local.set $at (i32.add (local.get $at) (i32.const 1))) \
     (br_if $l (local.get $n)))",
    "(loop $l (local.set $at (i32.add (local.get $at) (i32.const -4))) (local.set $n (i32.load (local.get $at))) \
     (br_if $l (local.get $n)))",
    "(loop $l (drop (i32.load (local.get $at))) (local.set $at (i32.add (local.get $at) (i32.const 16))) (br $l))",
    // From a copy of what is stepped.
    "(loop $l (local.set $k (local.get $at)) (local.set $at (i32.add (local.get $k) (i32.const 1))) \
     (br_if $l (i32.load8_u (i32.add (local.get $n) (local.get $k)))))",
    // One of them in each way round.
    "(loop $l (if (local.get $n) (then (i32.store (i32.const 8) (local.get $n))) (else (i32.store8 (local.get $at) \
     (local.get $n)))) (br $l))",
    // In the inner loop and in the outer one.
    "(loop $o (loop $i (i32.store (local.get $at) (local.get $n)) (br_if $i (local.get $n))) (br $o))",
    // Atomic accesses.
    "(loop $l (drop (i32.atomic.load (i32.const 64))) (br $l))",
];

/// Code that goes round without an access that counts: the pass has to add touches.
const UNTOUCHED: [&str; 5] = [
    "(loop $l (br $l))",
    "(loop $l (local.set $n (i32.add (local.get $n) (i32.const 1))) (br_if $l (local.get $n)))",
    // One way round has no store.
    "(loop $l (if (local.get $n) (then (i32.store (i32.const 8) (local.get $n)))) (br $l))",
    "(loop $o (loop $i (br_if $i (local.get $n))) (br $o))",
    "(loop $l (local.set $wide (i64.mul (local.get $wide) (i64.const 3))) (br_if $l (i64.eqz (local.get $wide))))",
];

/// Loops whose loads the optimiser may move or leave out, though today's does not: the pass has to add touches.
const DOUBTFUL: [&str; 2] = [
    // A load whose address stays the same can be moved out of the loop.
    "(loop $l (local.set $n (i32.load (i32.const 64))) (br_if $l (local.get $n)))",
    // A load whose result nobody needs, with an address that wraps around.
    "(loop $l (drop (i32.load (local.get $at))) (br $l))",
];

/// A function that calls itself.
const RECURSION: &str = "(func $again (call $again) (call $again))";

/// The machine code of a module: functions by the offset of their first byte.
struct MachineCode<'a> {
    text: &'a [u8],
    functions: BTreeMap<u64, Function>,
}

struct Function {
    name: String,
    /// Instructions that can be reached, by offset.
    code: BTreeMap<u64, Step>,
}

/// An instruction.
struct Step {
    /// The next instructions in the function.
    next: Vec<u64>,
    /// The function that it calls, by the offset of its first byte, which may be of no WebAssembly function.
    call: Option<u64>,
    touches: bool,
    returns: bool,
}

impl<'a> MachineCode<'a> {
    fn read(file: &object::File<'a>) -> Done<Self> {
        let section = |name: &str| -> Done<&'a [u8]> {
            let section = file.section_by_name(name).ok_or_else(|| format!("no section {name}"))?;
            Ok(section.data()?)
        };
        let text = section(".text")?;
        let traps = wasmtime_environ::iterate_traps(section(".wasmtime.traps")?).ok_or("the traps can't be read")?;
        let of_memory = |(_, trap): &(u32, CompiledTrap)| *trap == CompiledTrap::Normal(Trap::MemoryOutOfBounds);
        let faults: BTreeSet<u64> = traps.filter(of_memory).map(|(offset, _)| u64::from(offset)).collect();
        let mut functions = BTreeMap::new();
        for symbol in file.symbols() {
            let name = symbol.name()?.to_owned();
            if name.contains("::function[") {
                let code = reachable(text, symbol.address(), symbol.size(), &faults);
                functions.insert(symbol.address(), Function { name, code });
            }
        }
        match functions.is_empty() {
            true => Err("no function is found".into()),
            false => Ok(Self { text, functions }),
        }
    }

    /// The functions in which every way from the first instruction to a return touches memory.
    fn touching(&self) -> BTreeSet<u64> {
        let mut touching = BTreeSet::new();
        loop {
            let more: Vec<u64> = self
                .functions
                .iter()
                .filter(|(start, function)| {
                    !touching.contains(*start) && !function.returns_untouched(**start, &touching)
                })
                .map(|(start, _)| *start)
                .collect();
            if more.is_empty() {
                return touching;
            }
            touching.extend(more);
        }
    }

    /// Returns a cycle without a touch, as text; `None` if there is none.
    fn untouched_cycle(&self) -> Option<String> {
        let touching = self.touching();
        let mut done: BTreeSet<u64> = BTreeSet::new();
        for start in self.functions.keys() {
            // Depth first: the way so far, each place with the places that are still to be tried.
            let mut way: Vec<(u64, Vec<u64>)> = vec![(*start, self.after(*start, &touching))];
            while let Some((at, rest)) = way.last_mut() {
                let at = *at;
                let Some(next) = rest.pop() else {
                    done.insert(at);
                    way.pop();
                    continue;
                };
                if let Some(position) = way.iter().position(|(place, _)| *place == next) {
                    let cycle: Vec<String> = way[position..].iter().map(|(place, _)| self.shown(*place)).collect();
                    return Some(cycle.join("\n"));
                }
                if !done.contains(&next) {
                    way.push((next, self.after(next, &touching)));
                }
            }
        }
        None
    }

    /// The places that follow one without a touch.
    fn after(&self, place: u64, touching: &BTreeSet<u64>) -> Vec<u64> {
        let Some(step) = self.function_at(place).code.get(&place) else {
            return Vec::new();
        };
        if step.touches {
            return Vec::new();
        }
        let callee = step.call.filter(|callee| self.functions.contains_key(callee));
        let returns = callee.is_none_or(|callee| !touching.contains(&callee));
        let next = step.next.iter().copied().filter(|_| returns);
        callee.into_iter().chain(next).collect()
    }

    fn function_at(&self, place: u64) -> &Function {
        let (_, function) = self.functions.range(..=place).next_back().expect("it is in a function");
        function
    }

    fn shown(&self, place: u64) -> String {
        let instruction = decoded(self.text, place);
        format!("{} {place:#x}: {instruction}", self.function_at(place).name)
    }
}

impl Function {
    /// Whether it can return without a touch, if calls of `touching` functions touch.
    fn returns_untouched(&self, start: u64, touching: &BTreeSet<u64>) -> bool {
        let mut seen = BTreeSet::from([start]);
        let mut open = vec![start];
        while let Some(place) = open.pop() {
            let Some(step) = self.code.get(&place) else { continue };
            if step.touches || step.call.is_some_and(|callee| touching.contains(&callee)) {
                continue;
            }
            if step.returns {
                return true;
            }
            open.extend(step.next.iter().copied().filter(|next| seen.insert(*next)));
        }
        false
    }
}

fn decoded(text: &[u8], place: u64) -> Instruction {
    let at = usize::try_from(place).expect("code is shorter than the memory");
    Decoder::with_ip(64, &text[at..], place, DecoderOptions::NONE).decode()
}

/// The instructions of a function that can be reached from its first one.
fn reachable(text: &[u8], start: u64, size: u64, faults: &BTreeSet<u64>) -> BTreeMap<u64, Step> {
    let inside = start..start + size;
    let mut code = BTreeMap::new();
    let mut open = vec![start];
    while let Some(place) = open.pop() {
        if code.contains_key(&place) || !inside.contains(&place) {
            continue;
        }
        let instruction = decoded(text, place);
        let after = instruction.next_ip();
        let mut step = Step {
            next: Vec::new(),
            call: None,
            touches: faults.contains(&place) && instruction.mnemonic() != Mnemonic::Ud2,
            returns: false,
        };
        match instruction.flow_control() {
            FlowControl::Next | FlowControl::IndirectCall => step.next.push(after),
            FlowControl::ConditionalBranch => step.next.extend([after, instruction.near_branch_target()]),
            FlowControl::UnconditionalBranch => {
                let target = instruction.near_branch_target();
                match inside.contains(&target) {
                    true => step.next.push(target),
                    // A call in the place of a return.
                    false => {
                        step.call = Some(target);
                        step.returns = true;
                    }
                }
            }
            FlowControl::IndirectBranch => {
                step.next = table(text, after, &inside);
                step.returns = step.next.is_empty();
            }
            FlowControl::Call => {
                step.call = Some(instruction.near_branch_target());
                step.next.push(after);
            }
            FlowControl::Return => step.returns = true,
            FlowControl::Interrupt | FlowControl::XbeginXabortXend | FlowControl::Exception => {}
        }
        open.extend(&step.next);
        code.insert(place, step);
    }
    code
}

/// The targets in the table that follows an indirect branch: distances from the table's start, four bytes each. What
/// follows the table is code, which hardly ever reads as a distance within the function.
fn table(text: &[u8], start: u64, inside: &std::ops::Range<u64>) -> Vec<u64> {
    let at = usize::try_from(start).expect("code is shorter than the memory");
    let entries = text[at..].as_chunks::<4>().0.iter();
    let targets = entries.map(|entry| start.wrapping_add_signed(i64::from(i32::from_le_bytes(*entry))));
    targets.take_while(|target| inside.contains(target)).collect()
}

/// Returns a cycle without a touch in the machine code of a component or a core module.
fn untouched_cycle(binary: &[u8], kind: EngineKind) -> Done<Option<String>> {
    let tuning = Tuning::default();
    let engine = Engine::new(&compile_config(
        "x86_64-unknown-linux-gnu",
        EngineOptions { kind, tuning },
    )?)?;
    let artifact = match kind {
        EngineKind::Component => engine.precompile_component(binary)?,
        EngineKind::Core => engine.precompile_module(binary)?,
    };
    let file = object::File::parse(&*artifact)?;
    Ok(MachineCode::read(&file)?.untouched_cycle())
}

/// A function of this code.
fn function(code: &str) -> String {
    format!("(func {} {code})", circles::LOCALS)
}

/// A module with this function.
fn module(function: &str) -> Done<Vec<u8>> {
    Ok(wat::parse_str(format!("(module (memory 3) {function})"))?)
}

/// Checks that every cycle in the machine code of a binary has a touch; `about` is the source.
fn check(binary: &[u8], kind: EngineKind, about: &str) -> Done<()> {
    match untouched_cycle(binary, kind)? {
        None => Ok(()),
        Some(cycle) => Err(format!("{about}\n{cycle}").into()),
    }
}

/// The pass leaves the loops as they are that it knows, and those have a touch in every cycle of their machine code.
pub(crate) fn known() -> Result<(), String> {
    let work = |code: &str| -> Done<()> {
        let module = module(&function(code))?;
        if interrupt::module(&module)? != module {
            return Err(format!("touches are added to {code}").into());
        }
        check(&module, EngineKind::Core, code)
    };
    let done = KNOWN.iter().try_for_each(|code| work(code));
    done.map_err(|error| error.to_string())
}

/// Code without touches has a cycle without one, and none after the pass: the check can fail.
pub(crate) fn added() -> Result<(), String> {
    let work = |function: &str| -> Done<()> {
        let module = module(function)?;
        if untouched_cycle(&module, EngineKind::Core)?.is_none() {
            return Err(format!("no cycle is found in {function}").into());
        }
        check(&interrupt::module(&module)?, EngineKind::Core, function)
    };
    for code in DOUBTFUL {
        let module = module(&function(code)).map_err(|error| error.to_string())?;
        if interrupt::module(&module).is_ok_and(|interruptible| interruptible == module) {
            return Err(format!("no touch is added to {code}"));
        }
    }
    let mut functions = UNTOUCHED
        .iter()
        .map(|code| function(code))
        .chain([RECURSION.to_owned()]);
    let done = functions.try_for_each(|function| work(&function));
    done.map_err(|error| error.to_string())
}

/// Random guests that go round in circles have a touch in every cycle of their machine code.
pub(crate) fn random() -> Result<(), String> {
    long(IN_TEST, 0).map_err(|error| error.to_string())
}

/// Any number of random guests.
pub(crate) fn long(guests: u64, seed: u64) -> Done<()> {
    for seed in seed..seed + guests {
        let code = circles::code(&mut Rng::with_seed(seed));
        let component = prepare::component(&guest::written(&code, circles::FUNCTIONS)?)?;
        check(&component, EngineKind::Component, &format!("seed {seed}\n{code}"))?;
    }
    Ok(())
}
