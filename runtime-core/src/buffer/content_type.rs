//! Content types as small numbers: a flow has few of them, and each element carries one or two.

use super::BufferError;

/// Distinct content types a flow may use. A guest that makes up new ones for each element must not fill the memory.
const MAX_TYPES: usize = 1024;
/// Longest content type in bytes: RFC 6838 allows 127 + 1 + 127, parameters come on top.
const MAX_LENGTH: usize = 1024;

/// A content type of one flow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ContentType(u16);

impl ContentType {
    /// No content type.
    pub const EMPTY: Self = Self(0);
}

/// The content types of one flow.
#[derive(Debug)]
pub struct ContentTypes {
    names: Vec<Box<str>>,
    /// The one asked for last: most flows ask for the same again.
    recent: u16,
}

impl Default for ContentTypes {
    fn default() -> Self {
        Self {
            names: vec![Box::from("")],
            recent: 0,
        }
    }
}

impl ContentTypes {
    /// The number of `name`.
    ///
    /// # Errors
    /// [`BufferError::ContentType`] when `name` is too long or the flow uses too many.
    pub fn intern(&mut self, name: &str) -> Result<ContentType, BufferError> {
        if *self.names[self.recent as usize] == *name {
            return Ok(ContentType(self.recent));
        }
        let position = match self.names.iter().position(|known| **known == *name) {
            Some(position) => position,
            None if name.len() > MAX_LENGTH || self.names.len() == MAX_TYPES => return Err(BufferError::ContentType),
            None => {
                self.names.push(name.into());
                self.names.len() - 1
            }
        };
        self.recent = u16::try_from(position).expect("invariant: at most 1024 content types");
        Ok(ContentType(self.recent))
    }

    /// The text of a content type.
    #[must_use]
    pub fn name(&self, content_type: ContentType) -> &str {
        &self.names[content_type.0 as usize]
    }
}
