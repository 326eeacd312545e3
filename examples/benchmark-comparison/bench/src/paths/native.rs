//! Plain Rust: the stages as functions that are not inlined, with the work, the copies and the strings of the components,
//! and buffers behind handles that are checked. No sandbox, no queues.

use comparison_work::{Checksum, MESSAGE, STAMPED, message, stamp};

use super::CallPath;
use crate::Failed;
use crate::load::{Chain, Load, Window, drive};

/// More than one message needs at once.
const SLOTS: u32 = 16;

/// Bytes that a buffer has at most.
const MAX_BYTES: usize = 16 << 20;

/// Its name in output.
pub(super) const NAME: &str = "native";

pub(super) struct Native;

impl CallPath for Native {
    fn name(&self) -> &str {
        NAME
    }

    fn run(&mut self, load: &Load) -> Result<Window, Failed> {
        let mut chain = NativeChain {
            pool: Pool::new(),
            source: Source {
                bytes: load.shape.payload,
                next: 0,
            },
            processors: vec![Processor; load.shape.processors()],
            sink: Sink::default(),
            has_sink: load.shape.has_sink(),
            sequence: 0,
        };
        let mut window = drive(load, &mut chain)?;
        load.check(chain.sink.checksum)?;
        window.copies = Some(chain.pool.copies);
        Ok(window)
    }
}

struct NativeChain {
    pool: Pool,
    source: Source,
    processors: Vec<Processor>,
    sink: Sink,
    has_sink: bool,
    sequence: u64,
}

impl NativeChain {
    /// An element as a stage gets it: with a content type of its own.
    fn element(&self, output: &Output) -> Result<Element, Failed> {
        let named = &output.content_type;
        let content_type = match named.is_empty() {
            true => self.pool.get(output.payload, State::Frozen)?.content_type.clone(),
            false => named.clone(),
        };
        Ok(Element {
            sequence: self.sequence,
            content_type,
            payload: output.payload,
        })
    }
}

impl Chain for NativeChain {
    #[inline]
    fn message(&mut self) -> Result<(), Failed> {
        let mut output = self.source.pull(&mut self.pool)?;
        for at in 0..self.processors.len() {
            let element = self.element(&output)?;
            let next = self.processors[at].process(&mut self.pool, element)?;
            self.pool.release(output.payload)?;
            output = next;
        }
        match self.has_sink {
            true => {
                let element = self.element(&output)?;
                self.sink.push(&mut self.pool, element)?;
            }
            false => {
                let buffer = self.pool.get(output.payload, State::Frozen)?;
                self.sink.checksum.fold(&buffer.bytes);
            }
        }
        self.pool.release(output.payload)?;
        self.sequence += 1;
        Ok(())
    }
}

/// An element on its way into a stage.
struct Element {
    sequence: u64,
    /// Allocated for this call, as in a component.
    content_type: String,
    payload: Handle,
}

/// An element on its way out of a stage.
struct Output {
    /// Empty: that of the buffer.
    content_type: String,
    payload: Handle,
}

impl Output {
    /// A copy of `bytes` in a new buffer.
    fn bytes(pool: &mut Pool, content_type: &str, bytes: &[u8]) -> Result<Self, Failed> {
        let draft = pool.allocate(bytes.len())?;
        pool.append(draft, bytes)?;
        pool.set_content_type(draft, content_type)?;
        Ok(Self {
            content_type: String::new(),
            payload: pool.freeze(draft)?,
        })
    }
}

struct Source {
    bytes: usize,
    next: u64,
}

impl Source {
    #[inline(never)]
    fn pull(&mut self, pool: &mut Pool) -> Result<Output, Failed> {
        let payload = message(self.next, self.bytes);
        self.next += 1;
        Output::bytes(pool, MESSAGE, &payload)
    }
}

#[derive(Clone)]
struct Processor;

impl Processor {
    #[inline(never)]
    fn process(&mut self, pool: &mut Pool, input: Element) -> Result<Output, Failed> {
        let Element {
            sequence,
            content_type,
            payload,
        } = input;
        let mut payload = pool.read_all(payload)?;
        stamp(&mut payload, sequence);
        drop(content_type);
        Output::bytes(pool, STAMPED, &payload)
    }
}

#[derive(Default)]
struct Sink {
    checksum: Checksum,
}

impl Sink {
    #[inline(never)]
    fn push(&mut self, pool: &mut Pool, input: Element) -> Result<(), Failed> {
        let Element {
            sequence: _,
            content_type,
            payload,
        } = input;
        self.checksum.fold(&pool.read_all(payload)?);
        drop(content_type);
        Ok(())
    }
}

/// Slot and generation.
#[derive(Clone, Copy)]
struct Handle {
    slot: u32,
    generation: u32,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Free,
    Draft,
    Frozen,
}

struct Buffer {
    state: State,
    generation: u32,
    /// Kept when the buffer is given back.
    bytes: Vec<u8>,
    capacity: usize,
    content_type: String,
}

/// Buffers that are used again.
struct Pool {
    buffers: Vec<Buffer>,
    free: Vec<u32>,
    copies: u64,
}

/// The functions a component would import are not inlined either.
impl Pool {
    fn new() -> Self {
        let buffer = |_| Buffer {
            state: State::Free,
            generation: 0,
            bytes: Vec::new(),
            capacity: 0,
            content_type: String::new(),
        };
        Self {
            buffers: (0..SLOTS).map(buffer).collect(),
            free: (0..SLOTS).rev().collect(),
            copies: 0,
        }
    }

    fn get(&self, handle: Handle, state: State) -> Result<&Buffer, Failed> {
        match self.buffers.get(handle.slot as usize) {
            Some(buffer) if buffer.generation == handle.generation && buffer.state == state => Ok(buffer),
            Some(_) | None => Err("stale handle".into()),
        }
    }

    fn get_mut(&mut self, handle: Handle, state: State) -> Result<&mut Buffer, Failed> {
        match self.buffers.get_mut(handle.slot as usize) {
            Some(buffer) if buffer.generation == handle.generation && buffer.state == state => Ok(buffer),
            Some(_) | None => Err("stale handle".into()),
        }
    }

    #[inline(never)]
    fn allocate(&mut self, capacity: usize) -> Result<Handle, Failed> {
        if capacity > MAX_BYTES {
            return Err("the buffer would be too large".into());
        }
        let slot = self.free.pop().ok_or("no buffer is left")?;
        let buffer = &mut self.buffers[slot as usize];
        buffer.state = State::Draft;
        buffer.bytes.clear();
        buffer.bytes.reserve(capacity);
        buffer.capacity = capacity;
        buffer.content_type.clear();
        Ok(Handle {
            slot,
            generation: buffer.generation,
        })
    }

    #[inline(never)]
    fn append(&mut self, handle: Handle, bytes: &[u8]) -> Result<(), Failed> {
        let buffer = self.get_mut(handle, State::Draft)?;
        if bytes.len() > buffer.capacity - buffer.bytes.len() {
            return Err("the buffer is full".into());
        }
        buffer.bytes.extend_from_slice(bytes);
        self.copies += 1;
        Ok(())
    }

    #[inline(never)]
    fn set_content_type(&mut self, handle: Handle, content_type: &str) -> Result<(), Failed> {
        let buffer = self.get_mut(handle, State::Draft)?;
        buffer.content_type.clear();
        buffer.content_type.push_str(content_type);
        Ok(())
    }

    #[inline(never)]
    fn freeze(&mut self, handle: Handle) -> Result<Handle, Failed> {
        let buffer = self.get_mut(handle, State::Draft)?;
        buffer.state = State::Frozen;
        buffer.generation = buffer.generation.wrapping_add(1);
        Ok(Handle {
            slot: handle.slot,
            generation: buffer.generation,
        })
    }

    #[inline(never)]
    fn read_all(&mut self, handle: Handle) -> Result<Vec<u8>, Failed> {
        let bytes = self.get(handle, State::Frozen)?.bytes.clone();
        self.copies += 1;
        Ok(bytes)
    }

    fn release(&mut self, handle: Handle) -> Result<(), Failed> {
        let buffer = self.get_mut(handle, State::Frozen)?;
        buffer.state = State::Free;
        buffer.generation = buffer.generation.wrapping_add(1);
        self.free.push(handle.slot);
        Ok(())
    }
}
