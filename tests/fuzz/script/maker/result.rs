//! What a script's call returns: the result and the data that it points to.

use super::{BLOB, BUFFER, Maker, RESULT, register};
use crate::script::{Entry, Script};

impl Maker<'_> {
    /// Fills the guest's data: lists in the first half, texts in the second.
    pub(super) fn fill_blob(&mut self, script: &mut Script) {
        for number in 0..16 {
            let text = if self.errs() { INVALID } else { TEXTS };
            let text = text[self.rng.usize(..text.len())];
            script.blob[128 + 8 * number..136 + 8 * number].copy_from_slice(text);
        }
    }

    pub(super) fn fill_result(&mut self, script: &mut Script, entry: Entry) {
        for byte in &mut script.result {
            // Padding has no meaning.
            *byte = if self.rng.u32(..4) == 0 { self.rng.u8(..) } else { 0 };
        }
        let fails = self.rng.u32(..6) == 0;
        let case = self.case(u8::from(fails));
        script.result[0] = case;
        match entry {
            Entry::Pull | Entry::Process | Entry::Ingest => {
                let none = self.rng.u32(..8) == 0;
                let some = u8::from(none == (entry == Entry::Process));
                let case = if fails { self.rng.u8(..5) } else { some };
                script.result[8] = self.case(case);
                let (at, length) = self.text();
                // An error's text and an element's content type are in different places.
                put(&mut script.result, 12, [at, length]);
                put(&mut script.result, 32, [at, length]);
                let address = self.value(RESULT + 40);
                self.hand_out(script, address);
            }
            Entry::Flush if !fails => self.fill_elements(script),
            Entry::Route if !fails => self.fill_ports(script),
            Entry::Init
            | Entry::Teardown
            | Entry::Notify
            | Entry::Evaluate
            | Entry::Route
            | Entry::Flush
            | Entry::Push
            | Entry::Complete => {
                let case = self.rng.u8(..if fails { 5 } else { 2 });
                script.result[4] = self.case(case);
                let (at, length) = self.text();
                put(&mut script.result, 8, [at, length]);
            }
        }
    }

    /// Fills in several elements, one or two of them with new buffers.
    fn fill_elements(&mut self, script: &mut Script) {
        let count = self.rng.u32(..4);
        let (at, listed) = (self.value(BLOB), self.value(count));
        put(&mut script.result, 4, [at, listed]);
        for number in 0..4 {
            let text = self.text();
            let element = 32 * number as usize;
            put(&mut script.blob, element + 16, [text.0, text.1]);
            let handle = self.handle();
            put(&mut script.blob, element + 24, [handle & 15]);
        }
        if count > 0 {
            self.hand_out(script, BLOB + 24);
        }
        if count > 1 {
            let mut more = self.steps(Entry::Pull);
            if script.steps.len() + more.len() < 30 {
                script.steps.append(&mut more);
            }
            script.handles.push((BLOB + 32 + 24, register(5)));
        }
        if count > 2 {
            script.handles.push((BLOB + 64 + 24, register(self.rng.u32(..6))));
        }
    }

    fn fill_ports(&mut self, script: &mut Script) {
        let (at, count) = (self.value(BLOB), self.rng.u32(..4));
        let count = self.value(count);
        put(&mut script.result, 4, [at, count]);
        for number in 0..16 {
            let (at, length) = self.text();
            put(&mut script.blob, 8 * number, [at, length]);
        }
    }

    /// Puts the handle of a new buffer into the result at `address`.
    fn hand_out(&mut self, script: &mut Script, address: u32) {
        let handle = if self.errs() { self.handle() } else { BUFFER };
        script.handles.push((address, handle));
    }

    fn case(&mut self, case: u8) -> u8 {
        if self.errs() { self.rng.u8(..) } else { case }
    }
}

/// Valid texts of eight bytes each.
const TEXTS: &[&[u8; 8]] = &[
    b"text/csv",
    b"a/bc/def",
    b"\0\0\0\0\0\0\0\0",
    // Characters of two bytes, and of four.
    b"gr\xc3\xb6\xc3\x9fe/",
    b"\xf0\x9f\xa6\x80\xf4\x8f\xbf\xbf",
];

/// Invalid UTF-8.
const INVALID: &[&[u8; 8]] = &[
    b"text\xffcsv",
    b"\x80\0\0\0\0\0\0\0",
    b"abcdefg\xc3",
    b"\xed\xa0\x80abcde",
    b"\xf4\x90\x80\x80abcd",
];

fn put<const N: usize>(bytes: &mut [u8], at: usize, words: [u32; N]) {
    for (number, word) in words.into_iter().enumerate() {
        bytes[at + 4 * number..at + 4 * number + 4].copy_from_slice(&word.to_le_bytes());
    }
}
