//! Executions on both paths, one after the other, and the results on which these must agree.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use fastrand::Rng;
use torvyn_runtime_core::emitted::Role;
use torvyn_runtime_core::internals::Cause;
use torvyn_runtime_core::internals::Hosts;

use crate::guest::{Done, Guest};
use crate::plans::ROLES;
use crate::script::{ENTRIES, Entry, Script, has_input};
use crate::side::{Call, INPUT_TYPES, Side, Value, kind, words};

/// Most executions with the same two stages; fewer if one of them shows a difference.
const LENGTH: u64 = 64;

/// One execution.
#[derive(Clone, Debug)]
pub(crate) struct Execution {
    pub(crate) call: Call,
    pub(crate) script: Script,
}

impl fmt::Display for Execution {
    /// As a kept case (see [`Execution::kept`]), with the script's text.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (call, script) = (self.call, &self.script);
        let entry = ENTRIES.iter().find(|(entry, _)| *entry == call.entry);
        let name = entry.map_or("", |(_, name)| name);
        let [element, own] = call.types;
        writeln!(f, "{name} {} {element} {own} {}", call.len, script.config())?;
        writeln!(f, "  returns {:#x}, flags {:#x}", script.returned, script.flags)?;
        writeln!(
            f,
            "  allocations {:x?}, handles {:x?}",
            script.allocations, script.handles
        )?;
        for step in &script.steps {
            writeln!(f, "  {:2} {:x?} {:#x}", step.function, step.arguments, step.wide)?;
        }
        write!(f, "  result {:x?}", script.result)
    }
}

/// Results of executions.
#[derive(Debug, Default)]
pub(crate) struct Counts {
    pub(crate) executions: u64,
    pub(crate) accepted: u64,
    /// Number of guests with changed code.
    pub(crate) changed: u64,
    /// Number of sessions that ended early, since a guest's progress depended on the machine.
    pub(crate) late: u64,
    /// Number of executions by their consequence for the flow, in both paths' terms.
    pub(crate) rejected: BTreeMap<String, u64>,
    /// Messages of the executions, without numbers.
    pub(crate) words: BTreeSet<String>,
}

impl Counts {
    fn count(&mut self, direct: &Result<Value, Cause>) {
        self.executions += 1;
        let Err(cause) = direct else {
            self.accepted += 1;
            return;
        };
        if let Cause::Component(_) = cause {
            // Its text comes from the script.
            *self.rejected.entry("reported".to_owned()).or_default() += 1;
            return;
        }
        *self.rejected.entry(kind(cause)).or_default() += 1;
        self.words.insert(without_numbers(&words(cause)));
    }
}

fn without_numbers(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        match c.is_ascii_digit() {
            true if out.ends_with('#') => {}
            true => out.push('#'),
            false => out.push(c),
        }
    }
    out
}

/// The executions of a session.
pub(crate) fn made_up(seed: u64) -> (Role, Vec<Execution>) {
    let mut rng = Rng::with_seed(seed);
    let role = ROLES[rng.usize(..ROLES.len())];
    let executions = (0..LENGTH).map(|_| {
        let entry = entry(&mut rng, role);
        let len = match rng.u32(..16) {
            0 => rng.usize(..70_000),
            1 => rng.usize(..5000),
            2 => 0,
            _ => rng.usize(..300),
        };
        let types = [rng.usize(..INPUT_TYPES.len()), rng.usize(..INPUT_TYPES.len())];
        Execution {
            call: Call { entry, len, types },
            script: Script::make_up(&mut rng, entry),
        }
    });
    let executions = executions.collect();
    (role, executions)
}

fn entry(rng: &mut Rng, role: Role) -> Entry {
    match rng.u32(..24) {
        0 => return Entry::Init,
        1 if rng.bool() => return Entry::Teardown,
        _ => {}
    }
    let (usual, other) = match role {
        Role::Source => (Entry::Pull, Entry::Notify),
        Role::Processor => (Entry::Process, Entry::Process),
        Role::Filter => (Entry::Evaluate, Entry::Evaluate),
        Role::Router => (Entry::Route, Entry::Route),
        Role::Aggregator => (Entry::Ingest, Entry::Flush),
        Role::Sink => (Entry::Push, Entry::Complete),
    };
    if rng.u32(..4) == 0 { other } else { usual }
}

/// Runs executions on new stages. The error is the position of the first one on which the paths disagree, and the
/// difference.
pub(crate) fn run(
    hosts: &Hosts,
    guest: Guest,
    role: Role,
    executions: &[Execution],
    counts: &mut Counts,
) -> Done<Result<(), (usize, String)>> {
    let mut component = Side::component(hosts, guest, role)?;
    let mut direct = Side::direct(hosts, guest, role)?;
    for (number, execution) in executions.iter().enumerate() {
        match execute(&mut component, &mut direct, execution, counts) {
            Ok(End::Agreed) => {}
            Ok(End::Over) => break,
            Ok(End::Late) => {
                counts.late += 1;
                break;
            }
            Err(difference) => return Ok(Err((number, difference))),
        }
    }
    Ok(Ok(()))
}

/// The end of an execution without a difference.
enum End {
    Agreed,
    /// The guest cannot be restarted.
    Over,
    /// The guest was stopped on one of the paths.
    Late,
}

fn execute(component: &mut Side, direct: &mut Side, execution: &Execution, counts: &mut Counts) -> Result<End, String> {
    let config = execution.script.config();
    let armed = (
        component.arm(&config).map(|()| Value::Nothing),
        direct.arm(&config).map(|()| Value::Nothing),
    );
    let results = match &armed {
        (Ok(_), Ok(_)) => (component.call(execution.call), direct.call(execution.call)),
        // Only a guest with changed code rejects a script.
        (Err(_), _) | (_, Err(_)) => armed,
    };
    if is_late(&results.0) || is_late(&results.1) {
        return Ok(End::Late);
    }
    if !agree(&results.0, &results.1) {
        return Err(format!("component: {:?}\n   direct: {:?}", results.0, results.1));
    }
    counts.count(&results.1);
    let restarted = (component.restart(), direct.restart());
    if is_late(&restarted.0) || is_late(&restarted.1) {
        return Ok(End::Late);
    }
    let is_equal = match &restarted {
        (Ok(component), Ok(direct)) => component == direct,
        (Err(component), Err(direct)) => kind(component) == kind(direct),
        (Ok(_), Err(_)) | (Err(_), Ok(_)) => false,
    };
    if !is_equal {
        return Err(format!("dead: component {:?}, direct {:?}", restarted.0, restarted.1));
    }
    if restarted.0.is_err() {
        return Ok(End::Over);
    }
    let traces = (component.traces(), direct.traces());
    if traces.0 != traces.1 {
        return Err(format!(
            "after {:?}:\ncomponent: {:?}\n   direct: {:?}",
            results.1, traces.0, traces.1
        ));
    }
    Ok(End::Agreed)
}

/// Whether a guest's progress depended on the machine: it was stopped, or recursed until the stack was used up.
fn is_late<T>(result: &Result<T, Cause>) -> bool {
    match result {
        Err(Cause::Deadline(_) | Cause::Overdue(_)) => true,
        Err(Cause::Trap(words)) => words.contains("call stack exhausted"),
        Ok(_) | Err(_) => false,
    }
}

fn agree(component: &Result<Value, Cause>, direct: &Result<Value, Cause>) -> bool {
    match (component, direct) {
        (Ok(component), Ok(direct)) => component == direct,
        (Err(component), Err(direct)) => (kind(component), words(component)) == (kind(direct), words(direct)),
        (Ok(_), Err(_)) | (Err(_), Ok(_)) => false,
    }
}

/// A smallest part of the executions that still shows the difference.
pub(crate) fn shrink(
    hosts: &Hosts,
    guest: Guest,
    role: Role,
    mut executions: Vec<Execution>,
) -> Done<(Vec<Execution>, String)> {
    let differs = |executions: &[Execution]| -> Done<Option<String>> {
        let found = run(hosts, guest, role, executions, &mut Counts::default())?;
        Ok(found.err().map(|(_, difference)| difference))
    };
    let mut difference = differs(&executions)?.ok_or("the difference is not there a second time")?;
    let mut position = 0;
    while position < executions.len() {
        let mut fewer = executions.clone();
        fewer.remove(position);
        match differs(&fewer)? {
            Some(found) => (executions, difference) = (fewer, found),
            None => position += 1,
        }
    }
    for number in 0..executions.len() {
        let mut step = 0;
        while step < executions[number].script.steps.len() {
            let mut fewer = executions.clone();
            fewer[number].script.steps.remove(step);
            match differs(&fewer)? {
                Some(found) => (executions, difference) = (fewer, found),
                None => step += 1,
            }
        }
        if has_input(executions[number].call.entry) {
            let mut shorter = executions.clone();
            shorter[number].call.len = 8;
            if let Some(found) = differs(&shorter)? {
                (executions, difference) = (shorter, found);
            }
        }
    }
    Ok((executions, difference))
}
