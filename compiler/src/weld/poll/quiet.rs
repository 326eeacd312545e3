//! Finds the functions of a guest that need no poll at their entry, because a call soon ends or polls.

use std::collections::BTreeMap;

use wasmparser::{ExternalKind, FunctionBody, Operator};

use super::{OTHERS, QUIET, is_call};
use crate::weld::item::Kind;
use crate::weld::module::Module;

/// Returns, for each function that a guest defines, the operators that a call may run without a poll. `None` if the
/// function begins with a poll: if it is exported, makes calls through tables or is too long. At least one function of
/// every cycle of calls begins with one.
pub(super) fn operators(module: &Module<'_>) -> Vec<Option<u32>> {
    let imported = module.imported[Kind::Function].len();
    let works: Vec<Work> = module.bodies.iter().map(|body| Work::of(body, imported)).collect();
    let mut search = Search {
        states: vec![State::New; works.len()],
        works,
    };
    for (kind, index) in module.exports.values() {
        if let (ExternalKind::Func, Some(exported)) = (kind, (*index as usize).checked_sub(imported)) {
            search.states[exported] = State::Polls;
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
    /// Whether it calls through tables, so that the callees can't be known.
    calls_tables: bool,
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
        if let Operator::Call { function_index } | Operator::ReturnCall { function_index } = operator {
            match (*function_index as usize).checked_sub(imported) {
                Some(callee) => *self.calls.entry(callee).or_default() += 1,
                None => self.operators = self.operators.saturating_add(OTHERS),
            }
        } else {
            self.calls_tables |= is_call(operator);
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    New,
    /// Its callees are being examined.
    Begun,
    Polls,
    Quiet(u32),
}

impl State {
    fn quiet(self) -> Option<u32> {
        match self {
            Self::Quiet(operators) => Some(operators),
            Self::New | Self::Begun | Self::Polls => None,
        }
    }
}

struct Search {
    works: Vec<Work>,
    states: Vec<State>,
}

impl Search {
    /// Decides whether a function polls, after its callees. Without recursion, because any number of a guest's
    /// functions may call each other in a row.
    fn settle(&mut self, function: usize) {
        let mut path = vec![function];
        while let Some(function) = path.last().copied() {
            match self.states[function] {
                State::New => {
                    self.states[function] = State::Begun;
                    self.begin(function, &mut path);
                }
                State::Begun => self.states[function] = self.state(function),
                State::Polls | State::Quiet(_) => {
                    path.pop();
                }
            }
        }
    }

    /// Adds the callees that are not examined yet to `path`. A callee that is being examined closes a cycle, so it
    /// polls.
    fn begin(&mut self, function: usize, path: &mut Vec<usize>) {
        for callee in self.works[function].calls.keys().copied() {
            match self.states[callee] {
                State::New => path.push(callee),
                State::Begun => self.states[callee] = State::Polls,
                State::Polls | State::Quiet(_) => {}
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
        match operators > QUIET || work.calls_tables {
            true => State::Polls,
            false => State::Quiet(operators),
        }
    }
}
