//! Changes of texts: slips of the hand, and changes that no person would make.

use fastrand::Rng;

/// Changes `text` in a few places: with pieces of `others`, and with `words` of its language.
pub(crate) fn damaged(text: &[u8], others: &[Vec<u8>], words: &[&str], rng: &mut Rng) -> Vec<u8> {
    let mut text = text.to_vec();
    for _ in 0..rng.usize(1..=5) {
        change(&mut text, others, words, rng);
    }
    text
}

fn change(text: &mut Vec<u8>, others: &[Vec<u8>], words: &[&str], rng: &mut Rng) {
    let at = rng.usize(..=text.len());
    let until = |rng: &mut Rng, longest: usize| (at + rng.usize(..=longest)).min(text.len());
    match rng.u8(..14) {
        // A word inserted, or in place of something.
        0..=2 => {
            let end = until(rng, 8);
            let from = if rng.bool() { end } else { at };
            text.splice(from..end, words[rng.usize(..words.len())].bytes());
        }
        3 | 4 => {
            let (start, end) = token(text, at);
            text.splice(start..end, words[rng.usize(..words.len())].bytes());
        }
        // Another token of the same text, as when names are confused.
        5 | 6 => {
            let (start, end) = token(text, at);
            let (other_start, other_end) = token(text, rng.usize(..=text.len()));
            let other = text[other_start..other_end].to_vec();
            text.splice(start..end, other);
        }
        7 => {
            let end = until(rng, 40);
            text.drain(at..end);
        }
        // Lines of this text or of another one.
        8 | 9 => {
            let from = if rng.bool() {
                text.clone()
            } else {
                others[rng.usize(..others.len())].clone()
            };
            let lines = lines(&from, rng);
            let (at, _) = line(text, at);
            text.splice(at..at, lines);
        }
        10 => {
            let (start, end) = line(text, at);
            text.drain(start..end);
        }
        11 => {
            let end = until(rng, 1);
            text.splice(at..end, [rng.u8(..)]);
        }
        // Many repetitions: nesting and length have limits.
        12 if rng.u8(..8) == 0 => {
            let end = until(rng, 12);
            let piece = text[at..end].to_vec();
            text.splice(at..at, piece.repeat(1 << rng.usize(4..12)));
        }
        12 => {
            let strange = [
                "ä", "\u{202e}", "\u{0}", "\u{feff}", "漢", "\r\n", "\r", "\t", "𝄞", "e\u{301}",
            ];
            text.splice(at..at, strange[rng.usize(..strange.len())].bytes());
        }
        _ => text.truncate(at),
    }
}

/// The token at an offset, without quotes.
fn token(text: &[u8], at: usize) -> (usize, usize) {
    let part = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_' || *byte == b'-' || *byte >= 0x80;
    let start = text[..at]
        .iter()
        .rposition(|byte| !part(byte))
        .map_or(0, |before| before + 1);
    let end = text[at..]
        .iter()
        .position(|byte| !part(byte))
        .map_or(text.len(), |after| at + after);
    (start, end)
}

/// The line at an offset.
fn line(text: &[u8], at: usize) -> (usize, usize) {
    let start = text[..at]
        .iter()
        .rposition(|byte| *byte == b'\n')
        .map_or(0, |before| before + 1);
    let end = text[at..]
        .iter()
        .position(|byte| *byte == b'\n')
        .map_or(text.len(), |after| at + after + 1);
    (start, end)
}

fn lines(text: &[u8], rng: &mut Rng) -> Vec<u8> {
    let lines: Vec<&[u8]> = text.split_inclusive(|byte| *byte == b'\n').collect();
    if lines.is_empty() {
        return Vec::new();
    }
    let start = rng.usize(..lines.len());
    let end = (start + rng.usize(1..8)).min(lines.len());
    lines[start..end].concat()
}

/// A random item of a list.
pub(crate) fn one<'a, T: ?Sized>(list: &[&'a T], rng: &mut Rng) -> &'a T {
    list[rng.usize(..list.len())]
}
