//! What the stages do, for guests and for the paths without guests.

use std::error::Error;
use std::fmt;
use std::str::FromStr;

/// Content type of a message as the source makes it.
pub const MESSAGE: &str = "application/octet-stream";

/// Content type of a message with stamps behind it.
pub const STAMPED: &str = "application/x-stamped";

/// Bytes of a number in a message, and of a stamp.
pub const WORD: usize = size_of::<u64>();

/// Distance of the bytes that a checksum looks at.
const STRIDE: usize = 4096;

/// The `number`-th message: the number, then filling.
///
/// # Panics
/// When it is to be shorter than a number.
#[must_use]
pub fn message(number: u64, bytes: usize) -> Vec<u8> {
    let mut message = vec![number as u8; bytes];
    message[..WORD].copy_from_slice(&number.to_le_bytes());
    message
}

/// Appends a stamp. It is the sequence number, not the time: so that all paths come to the same checksum.
pub fn stamp(message: &mut Vec<u8>, sequence: u64) {
    message.extend_from_slice(&sequence.to_le_bytes());
}

/// What a sink makes of the messages it took, in their order.
///
/// It looks at the length, at the last word and at one word in each 4 KiB: to look at every byte would take longer than
/// the message took to get here.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Checksum {
    /// Messages taken.
    pub messages: u64,
    state: u64,
}

impl Checksum {
    /// Takes one message.
    pub fn fold(&mut self, message: &[u8]) {
        self.messages += 1;
        self.mix(message.len() as u64);
        for part in message.chunks(STRIDE) {
            self.mix(first_word(part));
        }
        self.mix(first_word(&message[message.len().saturating_sub(WORD)..]));
    }

    fn mix(&mut self, word: u64) {
        self.state = (self.state.rotate_left(5) ^ word).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }
}

fn first_word(bytes: &[u8]) -> u64 {
    let mut word = [0; WORD];
    let length = bytes.len().min(WORD);
    word[..length].copy_from_slice(&bytes[..length]);
    u64::from_le_bytes(word)
}

impl fmt::Display for Checksum {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} messages, checksum {:016x}", self.messages, self.state)
    }
}

/// The text is not a checksum.
#[derive(Debug)]
pub struct NoChecksum(String);

impl fmt::Display for NoChecksum {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "`{}` is not `N messages, checksum X`", self.0)
    }
}

impl Error for NoChecksum {}

impl FromStr for Checksum {
    type Err = NoChecksum;

    fn from_str(text: &str) -> Result<Self, NoChecksum> {
        let parsed = || {
            let (messages, state) = text.split_once(" messages, checksum ")?;
            Some(Checksum {
                messages: messages.parse().ok()?,
                state: u64::from_str_radix(state, 16).ok()?,
            })
        };
        parsed().ok_or_else(|| NoChecksum(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(messages: &[Vec<u8>]) -> Checksum {
        let mut checksum = Checksum::default();
        for message in messages {
            checksum.fold(message);
        }
        checksum
    }

    #[test]
    fn stamps_follow_the_message() {
        let mut made = message(7, 16);
        stamp(&mut made, 9);
        assert_eq!(made[..16], [7, 0, 0, 0, 0, 0, 0, 0, 7, 7, 7, 7, 7, 7, 7, 7]);
        assert_eq!(made[16..], 9u64.to_le_bytes());
    }

    #[test]
    fn a_checksum_knows_order_length_and_contents() {
        let [first, second] = [message(0, 5000), message(1, 5000)];
        let right = of(&[first.clone(), second.clone()]);
        assert_ne!(of(&[second.clone(), first.clone()]), right);
        assert_ne!(of(&[first.clone(), message(1, 5008)]), right);
        let mut unlike = second;
        unlike[STRIDE] ^= 1;
        assert_ne!(of(&[first, unlike]), right);
    }

    #[test]
    fn a_checksum_is_read_back_from_its_text() {
        let checksum = of(&[message(3, 64)]);
        assert_eq!(checksum.to_string().parse::<Checksum>().unwrap(), checksum);
        assert!("3 messages".parse::<Checksum>().is_err());
    }
}
