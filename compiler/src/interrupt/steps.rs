//! Finds the locals that change every time a loop goes round, and the loads whose addresses are made of them.
//!
//! A load is a touch only if the code generator can't take the value of an earlier one for it. It can where both have
//! the same address, which it recognises by how the address was computed: a value from before a loop is the same in
//! each round. A local that a loop only ever *steps*, by adding a constant to it, and that comes back to the loop's
//! header with a step, has a new value there in each round: it is a parameter of the header's block in the code
//! generator's terms. A load from it, or from its sum with something that the loop does not change, happens in each
//! round of that loop. For the loops inside of it the address does not change.

use std::collections::BTreeMap;

use wasmparser::Operator;

use super::walk::{Header, Walk, Ways};

/// Most locals of a loop whose steps are followed.
const MOST: u32 = u64::BITS;

/// The locals that a loop changes.
#[derive(Debug, Default)]
pub(super) struct Changes {
    /// By local: whether it is stepped, and nothing else.
    locals: BTreeMap<u32, bool>,
}

impl Changes {
    /// Whether an address is another one in each round of the loop.
    pub(super) fn affect(&self, address: Address) -> bool {
        let is_stepped = self.locals.get(&address.local) == Some(&true);
        is_stepped && address.added.is_none_or(|added| !self.locals.contains_key(&added))
    }
}

/// An address: a local, possibly plus another one or a constant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Address {
    local: u32,
    added: Option<u32>,
}

/// The last operators, from which addresses and steps are recognised.
#[derive(Debug, Default)]
pub(super) struct Window<'a>([Option<Operator<'a>>; 3]);

impl<'a> Window<'a> {
    /// Passes an operator.
    pub(super) fn pass(&mut self, operator: Operator<'a>) {
        self.0.rotate_left(1);
        self.0[2] = Some(operator);
    }

    /// The addresses that the last operators leave, if they are of a known form: one for each part that may change.
    pub(super) fn addresses(&self) -> Vec<Address> {
        let alone = |local| vec![Address { local, added: None }];
        let [first, second, last] = [0, 1, 2].map(|at| self.0[at].as_ref().map(term));
        match (first, second, last) {
            (_, _, Some(Term::Local(local))) => alone(local),
            (Some(Term::Local(local)), Some(Term::Constant(_)), Some(Term::Add))
            | (Some(Term::Constant(_)), Some(Term::Local(local)), Some(Term::Add)) => alone(local),
            (Some(Term::Local(one)), Some(Term::Local(other)), Some(Term::Add)) if one != other => {
                let sum = |local, added| Address {
                    local,
                    added: Some(added),
                };
                vec![sum(one, other), sum(other, one)]
            }
            _ => Vec::new(),
        }
    }

    /// The local to which the last operators add a constant other than 0.
    fn stepped(&self) -> Option<u32> {
        let [first, second, last] = [0, 1, 2].map(|at| self.0[at].as_ref().map(term));
        match (first, second, last) {
            (Some(Term::Local(local)), Some(Term::Constant(step)), Some(Term::Add)) if step != 0 => Some(local),
            _ => None,
        }
    }
}

/// An operator, as far as addresses are made of it.
enum Term {
    Local(u32),
    Constant(i64),
    Add,
    Other,
}

fn term(operator: &Operator<'_>) -> Term {
    if let Operator::LocalGet { local_index } | Operator::LocalTee { local_index } = operator {
        Term::Local(*local_index)
    } else if let Operator::I32Const { value } = operator {
        Term::Constant((*value).into())
    } else if let Operator::I64Const { value } = operator {
        Term::Constant(*value)
    } else if let Operator::I32Add | Operator::I64Add = operator {
        Term::Add
    } else {
        Term::Other
    }
}

/// Returns what each loop of a function changes, in the order of their headers.
pub(super) fn changes<'a>(operators: impl Iterator<Item = Operator<'a>>) -> Vec<Changes> {
    let mut search = Search {
        loops: Vec::new(),
        walk: Walk::new(Steps(Some(Vec::new()))),
    };
    let mut window = Window::default();
    for operator in operators {
        search.pass(&operator, &window);
        window.pass(operator);
    }
    search.loops.into_iter().map(Loop::changes).collect()
}

/// A loop, as far as it was passed.
#[derive(Debug, Default)]
struct Loop {
    /// The locals that were assigned, each with its number among them and whether it was only stepped.
    locals: BTreeMap<u32, (u32, bool)>,
    /// The locals that a way back to the header may have stepped, by number.
    back: u64,
}

impl Loop {
    fn changes(self) -> Changes {
        let is_real = |number: u32| number < MOST && self.back & (1 << number) != 0;
        let locals = self.locals.into_iter();
        Changes {
            locals: locals
                .map(|(local, (number, only_steps))| (local, only_steps && is_real(number)))
                .collect(),
        }
    }
}

/// For each loop around a place, outermost first, the locals that a way from its header to the place may have stepped,
/// by number; `None` if no way leads there.
#[derive(Clone, Debug)]
struct Steps(Option<Vec<u64>>);

impl Ways for Steps {
    fn none() -> Self {
        Self(None)
    }

    fn join(&mut self, others: Self) {
        match (&mut self.0, others.0) {
            (_, None) => {}
            (none @ None, others) => *none = others,
            (Some(steps), Some(others)) => steps
                .iter_mut()
                .zip(others)
                .for_each(|(steps, others)| *steps |= others),
        }
    }

    fn enter_loop(&mut self, _: usize) {
        if let Some(steps) = &mut self.0 {
            steps.push(0);
        }
    }

    fn leave_loops(&mut self, around: usize) {
        if let Some(steps) = &mut self.0 {
            steps.truncate(around);
        }
    }
}

struct Search {
    loops: Vec<Loop>,
    walk: Walk<Steps>,
}

impl Search {
    fn pass(&mut self, operator: &Operator<'_>, before: &Window<'_>) {
        if let Operator::LocalSet { local_index } | Operator::LocalTee { local_index } = operator {
            self.assign(*local_index, before.stepped() == Some(*local_index));
        }
        if let Operator::Loop { .. } = operator {
            self.loops.push(Loop::default());
        }
        let loops = &mut self.loops;
        self.walk.pass(operator, |header, steps| {
            if let Some(steps) = &steps.0 {
                loops[header.number].back |= steps[header.around];
            }
        });
    }

    fn assign(&mut self, local: u32, is_step: bool) {
        let around: Vec<Header> = self.walk.around().collect();
        for header in around {
            let locals = &mut self.loops[header.number].locals;
            let next = u32::try_from(locals.len()).unwrap_or(MOST);
            let (bit, only_steps) = locals.entry(local).or_insert((next, true));
            *only_steps &= is_step;
            if let Some(steps) = &mut self.walk.ways.0
                && *bit < MOST
            {
                steps[header.around] |= 1 << *bit;
            }
        }
    }
}
