//! Scripts that dictate what the guest does, and their generation.

mod maker;

/// A function of a stage.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Entry {
    Init,
    Teardown,
    Pull,
    Notify,
    Process,
    Evaluate,
    Route,
    Ingest,
    Flush,
    Push,
    Complete,
}

/// Every function, with its name in kept cases.
pub(crate) const ENTRIES: [(Entry, &str); 11] = [
    (Entry::Init, "init"),
    (Entry::Teardown, "teardown"),
    (Entry::Pull, "pull"),
    (Entry::Notify, "notify"),
    (Entry::Process, "process"),
    (Entry::Evaluate, "evaluate"),
    (Entry::Route, "route"),
    (Entry::Ingest, "ingest"),
    (Entry::Flush, "flush"),
    (Entry::Push, "push"),
    (Entry::Complete, "complete"),
];

/// A call of an imported function.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Step {
    pub(crate) function: u32,
    /// Arguments: the handle, the return area, the list's pointer and its length.
    pub(crate) arguments: [u32; 4],
    /// Argument of 64 bits: offset or capacity.
    pub(crate) wide: u64,
}

/// The guest's actions in one call.
#[derive(Clone, Debug)]
pub(crate) struct Script {
    /// Result of the core function.
    pub(crate) returned: u32,
    /// 1: the allocator calls out at its call number `flags >> 8`; 2: so does post-return; 4: post-return traps.
    pub(crate) flags: u32,
    pub(crate) steps: Vec<Step>,
    /// Addresses to which a value is written at the end.
    pub(crate) handles: Vec<(u32, u32)>,
    /// Results of the first calls of the allocator; 0: the correct ones.
    pub(crate) allocations: [u32; 8],
    pub(crate) result: [u8; 48],
    pub(crate) blob: [u8; 256],
}

impl Script {
    /// The script as the configuration of the guest.
    pub(crate) fn config(&self) -> String {
        let mut words = vec![
            self.returned,
            self.flags,
            self.steps.len() as u32,
            self.handles.len() as u32,
        ];
        words.extend(self.allocations);
        for number in 0..4 {
            let (address, value) = self.handles.get(number).copied().unwrap_or_default();
            words.extend([address, value]);
        }
        let mut bytes: Vec<u8> = words.into_iter().flat_map(u32::to_le_bytes).collect();
        bytes.extend(self.result);
        bytes.extend(self.blob);
        for step in &self.steps {
            let [a, b, c, d] = step.arguments;
            bytes.extend([step.function, a, b, c, d, 0].into_iter().flat_map(u32::to_le_bytes));
            bytes.extend(step.wide.to_le_bytes());
        }
        let letter = |nibble: u8| char::from(b'A' + nibble);
        let letters = bytes
            .into_iter()
            .flat_map(|byte| [letter(byte >> 4), letter(byte & 15)]);
        std::iter::once('S').chain(letters).collect()
    }
}

pub(crate) fn has_input(entry: Entry) -> bool {
    match entry {
        Entry::Process | Entry::Evaluate | Entry::Route | Entry::Ingest | Entry::Push => true,
        Entry::Init | Entry::Teardown | Entry::Pull | Entry::Notify | Entry::Flush | Entry::Complete => false,
    }
}
