//! Finds the functions of a module that need no touch at their entry, because a call soon ends or touches.

use std::collections::BTreeMap;

use wasmparser::{FunctionBody, Operator};

use super::module::Module;
use super::{OTHERS, QUIET, is_bulk, is_call};

/// Returns, for each function that a module defines, the operators that a call may run without a touch. `None` if the
/// function begins with a touch: if others can call it, it makes calls through references or is too long. At least one
/// function of every cycle of calls begins with one.
///
/// A module whose functions only forward calls has no touches: there, each function on the stack adds little.
pub(super) fn operators(module: &Module<'_>) -> Vec<Option<u32>> {
    let imported = module.imported as usize;
    let works: Vec<Work> = module.bodies.iter().map(|body| Work::of(body, imported)).collect();
    if works.iter().all(Work::only_forwards) {
        return works.iter().map(|work| Some(work.operators)).collect();
    }
    let mut search = Search {
        states: vec![State::New; works.len()],
        works,
    };
    for function in &module.callable {
        if let Some(defined) = (*function as usize).checked_sub(imported) {
            search.states[defined] = State::Touches;
        }
    }
    for function in 0..search.works.len() {
        search.settle(function);
    }
    search.states.into_iter().map(State::quiet).collect()
}

/// The work of a function.
#[derive(Debug, Default)]
struct Work {
    /// Number of its operators, with those charged for imported functions.
    operators: u32,
    /// Functions of the guest that it calls, and at how many places.
    calls: BTreeMap<usize, u32>,
    /// Whether it calls through references, so that the callees can't be known.
    calls_references: bool,
    /// Number of its calls of any kind.
    places: u32,
    /// Whether it does anything besides at most one call and a few operators in a row.
    has_more: bool,
}

impl Work {
    fn of(body: &FunctionBody<'_>, imported: usize) -> Self {
        let mut work = Self::default();
        let operators = body.get_operators_reader();
        for operator in operators.expect("invariant: the module is valid") {
            work.add(&operator.expect("invariant: the module is valid"), imported);
        }
        work
    }

    fn add(&mut self, operator: &Operator<'_>, imported: usize) {
        self.operators = self.operators.saturating_add(1);
        self.places += u32::from(is_call(operator));
        self.has_more |= is_bulk(operator) || matches!(operator, Operator::Loop { .. }) || is_tail_call(operator);
        if let Operator::Call { function_index } | Operator::ReturnCall { function_index } = operator {
            match (*function_index as usize).checked_sub(imported) {
                Some(callee) => *self.calls.entry(callee).or_default() += 1,
                None => self.operators = self.operators.saturating_add(OTHERS),
            }
        } else {
            self.calls_references |= is_call(operator);
        }
    }

    /// Whether the function makes at most one call, which needs more of the stack, and little else.
    fn only_forwards(&self) -> bool {
        self.places <= 1 && !self.has_more && self.operators <= QUIET
    }
}

/// Whether an operator calls a function in place of the one that it is in.
fn is_tail_call(operator: &Operator<'_>) -> bool {
    matches!(
        operator,
        Operator::ReturnCall { .. } | Operator::ReturnCallIndirect { .. } | Operator::ReturnCallRef { .. }
    )
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    New,
    /// Its callees are being examined.
    Begun,
    Touches,
    Quiet(u32),
}

impl State {
    fn quiet(self) -> Option<u32> {
        match self {
            Self::Quiet(operators) => Some(operators),
            Self::New | Self::Begun | Self::Touches => None,
        }
    }
}

struct Search {
    works: Vec<Work>,
    states: Vec<State>,
}

impl Search {
    /// Decides whether a function begins with a touch, after its callees. Without recursion, because any number of a
    /// guest's functions may call each other in a row.
    fn settle(&mut self, function: usize) {
        let mut path = vec![function];
        while let Some(function) = path.last().copied() {
            match self.states[function] {
                State::New => {
                    self.states[function] = State::Begun;
                    self.begin(function, &mut path);
                }
                State::Begun => self.states[function] = self.state(function),
                State::Touches | State::Quiet(_) => {
                    path.pop();
                }
            }
        }
    }

    /// Adds the callees that are not examined yet to `path`. A callee that is being examined closes a cycle, so it
    /// begins with a touch.
    fn begin(&mut self, function: usize, path: &mut Vec<usize>) {
        for callee in self.works[function].calls.keys().copied() {
            match self.states[callee] {
                State::New => path.push(callee),
                State::Begun => self.states[callee] = State::Touches,
                State::Touches | State::Quiet(_) => {}
            }
        }
    }

    fn state(&self, function: usize) -> State {
        let work = &self.works[function];
        let called = work.calls.iter().map(|(callee, places)| {
            let operators = self.states[*callee].quiet().unwrap_or_default();
            operators.saturating_mul(*places)
        });
        let operators = called.fold(work.operators, u32::saturating_add);
        match operators > QUIET || work.calls_references {
            true => State::Touches,
            false => State::Quiet(operators),
        }
    }
}
