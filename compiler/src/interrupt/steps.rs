//! Finds the locals that change every time a loop goes round, and the loads whose addresses are made of them.
//!
//! A load is a touch only if the code generator can't take the value of an earlier one for it. It can where both have
//! the same address, which it recognises by how the address was computed: a value from before a loop is the same in
//! each round. A local that a loop only ever *steps*, by adding a constant to it, and that comes back to the loop's
//! header with a step, has a new value there in each round: it is a parameter of the header's block in the code
//! generator's terms. A load from it, or from its sum with something that the loop does not change, happens in each
//! round of that loop. For the loops inside of it the address does not change. The same holds for a load from a copy of
//! such a local, which was made in the same round.

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
    /// Whether an address is another one in each round of the loop, which has this number.
    pub(super) fn affect(&self, number: usize, address: Address) -> bool {
        if address.within.is_some_and(|within| within != number) {
            return false;
        }
        let is_stepped = self.locals.get(&address.local) == Some(&true);
        is_stepped && address.added.is_none_or(|added| !self.locals.contains_key(&added))
    }
}

/// An address: a local, possibly plus another one or a constant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Address {
    local: u32,
    added: Option<u32>,
    /// Number of the loop at whose header the local had the value that counts; `None` if that is its present value.
    within: Option<usize>,
}

/// The last operators, from which addresses and steps are recognised.
#[derive(Debug, Default)]
struct Window<'a>([Option<Operator<'a>>; 4]);

impl<'a> Window<'a> {
    /// Passes an operator.
    fn pass(&mut self, operator: Operator<'a>) {
        self.0.rotate_left(1);
        self.0[3] = Some(operator);
    }

    /// The last operators, oldest first.
    fn terms(&self) -> [Term; 4] {
        [0, 1, 2, 3].map(|at| self.0[at].as_ref().map_or(Term::Other, term))
    }

    /// The addresses that the last operators leave, if they are of a known form: one for each part that may change.
    fn addresses(&self) -> Vec<Address> {
        let [first, second, third, last] = self.terms();
        let mut addresses = sums([second, third, last]);
        if let Some(Operator::LocalTee { .. }) = self.0[3] {
            // It is what the operators before left.
            addresses.extend(sums([first, second, third]));
        }
        addresses
    }

    /// The local to which the last operators add a constant other than 0.
    fn stepped(&self) -> Option<u32> {
        match self.terms() {
            [_, Term::Local(local), Term::Constant(step), Term::Add] if step != 0 => Some(local),
            _ => None,
        }
    }

    /// The local whose value the last operator leaves.
    fn copied(&self) -> Option<u32> {
        match self.terms() {
            [_, _, _, Term::Local(local)] => Some(local),
            _ => None,
        }
    }
}

/// The addresses that three operators in a row leave.
fn sums(terms: [Term; 3]) -> Vec<Address> {
    let address = |local, added| Address {
        local,
        added,
        within: None,
    };
    match terms {
        [_, _, Term::Local(local)]
        | [Term::Local(local), Term::Constant(_), Term::Add]
        | [Term::Constant(_), Term::Local(local), Term::Add] => vec![address(local, None)],
        [Term::Local(one), Term::Local(other), Term::Add] if one != other => {
            vec![address(one, Some(other)), address(other, Some(one))]
        }
        _ => Vec::new(),
    }
}

/// An operator, as far as addresses are made of it.
#[derive(Clone, Copy)]
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

/// What was found in a function.
pub(super) struct Found {
    /// What each loop changes, in the order of their headers.
    pub(super) changes: Vec<Changes>,
    /// The addresses of each load, in order; none if they are of no known form.
    pub(super) addresses: Vec<Vec<Address>>,
}

/// Examines the operators of a function, each given with whether it is a load.
pub(super) fn find<'a>(operators: impl Iterator<Item = (Operator<'a>, bool)>) -> Found {
    let mut search = Search {
        loops: Vec::new(),
        walk: Walk::new(Steps::Of {
            stepped: Vec::new(),
            copies: None,
        }),
    };
    let mut window = Window::default();
    let mut addresses = Vec::new();
    for (operator, is_load) in operators {
        if is_load {
            addresses.push(search.addresses(&window));
        }
        search.pass(&operator, &window);
        window.pass(operator);
    }
    Found {
        changes: search.loops.into_iter().map(Loop::changes).collect(),
        addresses,
    }
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

/// Most locals of a loop whose copies are followed.
const MOST_COPIES: usize = 32;

/// What may have happened to locals on the ways to a place.
#[derive(Clone, Debug)]
enum Steps {
    /// No way leads there.
    Nowhere,
    Of {
        /// For each loop around the place, outermost first, the locals that a way from its header to the place may have
        /// stepped, by number.
        stepped: Vec<u64>,
        /// The locals that were assigned in this round of the innermost loop, with the local whose value at the loop's
        /// header they have on all ways; `None` for another value. Nothing is known behind a loop in that loop.
        copies: Option<BTreeMap<u32, Option<u32>>>,
    },
}

impl Steps {
    /// The local whose value at the header of the innermost loop `local` has.
    fn origin(&self, local: u32) -> Option<u32> {
        match self {
            Self::Nowhere | Self::Of { copies: None, .. } => None,
            Self::Of {
                copies: Some(copies), ..
            } => copies.get(&local).copied().unwrap_or(Some(local)),
        }
    }

    /// Assigns the value that another local had at the header to a local, or some other value.
    fn assign(&mut self, local: u32, origin: Option<u32>) {
        if let Self::Of { copies, .. } = self
            && let Some(known) = copies
        {
            known.insert(local, origin);
            if known.len() > MOST_COPIES {
                *copies = None;
            }
        }
    }
}

impl Ways for Steps {
    fn none() -> Self {
        Self::Nowhere
    }

    fn join(&mut self, others: Self) {
        match (self, others) {
            (_, Self::Nowhere) => {}
            (nowhere @ Self::Nowhere, others) => *nowhere = others,
            (
                Self::Of { stepped, copies },
                Self::Of {
                    stepped: more,
                    copies: others,
                },
            ) => {
                stepped
                    .iter_mut()
                    .zip(more)
                    .for_each(|(stepped, more)| *stepped |= more);
                *copies = copies.take().zip(others).map(|(known, others)| joined(known, &others));
            }
        }
    }

    fn enter_loop(&mut self, _: usize) {
        if let Self::Of { stepped, copies } = self {
            stepped.push(0);
            *copies = Some(BTreeMap::new());
        }
    }

    fn leave_loops(&mut self, around: usize) {
        if let Self::Of { stepped, copies } = self
            && around < stepped.len()
        {
            stepped.truncate(around);
            *copies = None;
        }
    }
}

/// The values that locals have on all ways. A local that was not assigned has its own.
fn joined(mut known: BTreeMap<u32, Option<u32>>, others: &BTreeMap<u32, Option<u32>>) -> BTreeMap<u32, Option<u32>> {
    for local in others.keys() {
        known.entry(*local).or_insert(Some(*local));
    }
    for (local, origin) in &mut known {
        if *origin != others.get(local).copied().unwrap_or(Some(*local)) {
            *origin = None;
        }
    }
    known
}

struct Search {
    loops: Vec<Loop>,
    walk: Walk<Steps>,
}

impl Search {
    fn pass(&mut self, operator: &Operator<'_>, before: &Window<'_>) {
        if let Operator::LocalSet { local_index } | Operator::LocalTee { local_index } = operator {
            self.assign(*local_index, before);
        }
        if let Operator::Loop { .. } = operator {
            self.loops.push(Loop::default());
        }
        let loops = &mut self.loops;
        self.walk.pass(operator, |header, steps| {
            if let Steps::Of { stepped, .. } = steps {
                loops[header.number].back |= stepped[header.around];
            }
        });
    }

    fn assign(&mut self, local: u32, before: &Window<'_>) {
        let ways = &mut self.walk.ways;
        let stepped = before.stepped();
        // From what it is now, or was at the header.
        let steps_all = stepped == Some(local);
        let steps_innermost = stepped.is_some_and(|stepped| ways.origin(stepped) == Some(local));
        let origin = before.copied().and_then(|copied| ways.origin(copied));
        ways.assign(local, origin);
        let around: Vec<Header> = self.walk.around().collect();
        for (header, is_innermost) in around
            .into_iter()
            .zip([true].into_iter().chain(std::iter::repeat(false)))
        {
            let locals = &mut self.loops[header.number].locals;
            let next = u32::try_from(locals.len()).unwrap_or(MOST);
            let (bit, only_steps) = locals.entry(local).or_insert((next, true));
            *only_steps &= steps_all || (is_innermost && steps_innermost);
            if let Steps::Of { stepped, .. } = &mut self.walk.ways
                && *bit < MOST
            {
                stepped[header.around] |= 1 << *bit;
            }
        }
    }

    /// The addresses that the last operators leave, also in terms of the locals at the header of the innermost loop.
    fn addresses(&self, before: &Window<'_>) -> Vec<Address> {
        let mut addresses = before.addresses();
        if let Some(innermost) = self.walk.around().next() {
            let at_header = |address: &Address| {
                Some(Address {
                    local: self.walk.ways.origin(address.local)?,
                    within: Some(innermost.number),
                    ..*address
                })
            };
            let more: Vec<Address> = addresses.iter().filter_map(at_header).collect();
            addresses.extend(more);
        }
        addresses
    }
}
