//! Content types as small numbers: a flow has few of them, and each element carries one or two.

use wasmtime::SharedMemory;

use super::BufferError;
use super::memory::ExchangeMemory;
use crate::layout::content_type;

/// The name of the content type of text.
const TEXT: &str = "text/plain";

/// A content type of one flow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ContentType(u16);

impl ContentType {
    /// The content type of an element without one.
    pub const EMPTY: Self = Self(0);

    /// The content type with this number in the memory.
    #[inline]
    #[must_use]
    pub fn from_number(number: u32) -> Self {
        Self(u16::try_from(number).expect("invariant: at most 1024 content types"))
    }

    /// The number of the content type in the memory.
    #[inline]
    #[must_use]
    pub fn number(self) -> u32 {
        self.0.into()
    }
}

/// The content types of one flow.
#[derive(Debug)]
pub struct ContentTypes {
    names: Vec<Box<str>>,
    /// The content type looked up last: most flows ask for the same one again.
    recent: u16,
    /// That of text, once it was looked up.
    text: Option<ContentType>,
    /// The table that glue reads; `None` in a flow without glue.
    table: Option<Table>,
}

impl ContentTypes {
    /// A set with the empty content type alone. Further ones are written to the table and texts in `memory`, which
    /// nothing else writes.
    pub(super) fn new(memory: Option<SharedMemory>) -> Self {
        Self {
            names: vec![Box::from("")],
            recent: 0,
            text: None,
            table: memory.map(Table::new),
        }
    }

    /// The number of `name`.
    ///
    /// # Errors
    /// [`BufferError::ContentType`] when `name` is too long or the flow uses too many.
    pub fn intern(&mut self, name: &str) -> Result<ContentType, BufferError> {
        if *self.names[self.recent as usize] == *name {
            return Ok(ContentType(self.recent));
        }
        let number = match self.names.iter().position(|known| **known == *name) {
            Some(number) => number,
            None if name.len() > content_type::LONGEST as usize || self.names.len() == content_type::COUNT as usize => {
                return Err(BufferError::ContentType);
            }
            None => self.add(name),
        };
        self.recent = u16::try_from(number).expect("invariant: at most 1024 content types");
        Ok(ContentType(self.recent))
    }

    /// The content type of text.
    ///
    /// # Errors
    /// As [`ContentTypes::intern`].
    #[inline]
    pub(crate) fn text(&mut self) -> Result<ContentType, BufferError> {
        if let Some(known) = self.text {
            return Ok(known);
        }
        let text = self.intern(TEXT)?;
        self.text = Some(text);
        Ok(text)
    }

    fn add(&mut self, name: &str) -> usize {
        let number = self.names.len();
        self.names.push(name.into());
        if let Some(table) = &mut self.table {
            table.add(number, name);
        }
        number
    }

    /// The text of a content type.
    #[must_use]
    pub fn name(&self, content_type: ContentType) -> &str {
        &self.names[content_type.0 as usize]
    }
}

/// The table of content types in the memory.
#[derive(Debug)]
struct Table {
    memory: ExchangeMemory,
    /// Address for the next text.
    next: u32,
}

impl Table {
    fn new(memory: SharedMemory) -> Self {
        Self {
            memory: ExchangeMemory::of(memory),
            next: content_type::TEXTS,
        }
    }

    fn add(&mut self, number: usize, name: &str) {
        let number = u32::try_from(number).expect("invariant: at most 1024 content types");
        let length = u32::try_from(name.len()).expect("invariant: at most 1024 bytes each");
        let entry = content_type::FIRST + number * content_type::SIZE;
        self.memory.write(self.next, name.as_bytes());
        self.memory.set_u32(entry, self.next);
        self.memory.set_u32(entry + 4, length);
        self.next += length;
    }
}
