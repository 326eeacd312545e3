//! Reads and writes messages. `lsp_server` could do this, but it ends the session at the first malformed message.

use std::io::{self, BufRead, BufReader, Read, Write};

use lsp_server::Message;
use serde_json::Value;

/// A message, or why the input is not one.
pub(crate) type Incoming = Result<Message, String>;

/// Longest message, in bytes; a longer one is skipped.
const LONGEST: usize = 1 << 28;

/// Reads messages until the input ends.
pub(crate) fn incoming(input: impl Read) -> impl Iterator<Item = Incoming> {
    let mut input = BufReader::new(input);
    std::iter::from_fn(move || read(&mut input).ok().flatten())
}

/// Reads the next message; `None` at the end of the input.
fn read(input: &mut impl BufRead) -> io::Result<Option<Incoming>> {
    let mut length = None;
    loop {
        let mut line = Vec::new();
        if input.read_until(b'\n', &mut line)? == 0 {
            return Ok(None);
        }
        let line = String::from_utf8_lossy(&line);
        let line = line.trim();
        if let Some((name, value)) = line.split_once(':')
            && name.eq_ignore_ascii_case("content-length")
        {
            length = value.trim().parse::<usize>().ok();
        } else if line.is_empty() {
            break;
        }
    }
    let Some(length) = length else {
        return Ok(Some(Err("a message without a usable `Content-Length`".into())));
    };
    if length > LONGEST {
        io::copy(&mut input.take(length as u64), &mut io::sink())?;
        return Ok(Some(Err(format!("a message of {length} bytes: the most is {LONGEST}"))));
    }
    let mut body = vec![0; length];
    input.read_exact(&mut body)?;
    Ok(Some(serde_json::from_slice(&body).map_err(|error| error.to_string())))
}

/// Writes messages, each after a header with its length.
pub(crate) fn send(output: &mut dyn Write, messages: &[Value]) -> io::Result<()> {
    for message in messages {
        let body = message.to_string();
        write!(output, "Content-Length: {}\r\n\r\n{body}", body.len())?;
    }
    output.flush()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_malformed_does_not_end_the_session() {
        let bytes = "Content-Length: 3\r\n\r\n{]}Content-Length: x\r\n\r\ncontent-length:33\r\nOther: 1\r\n\r\n{\"jsonrpc\":\"2.0\",\"method\":\"exit\"}";
        let found: Vec<_> = incoming(bytes.as_bytes()).map(|incoming| incoming.is_ok()).collect();
        assert_eq!(found, [false, false, true]);
    }

    #[test]
    fn what_is_too_long_is_one_error() {
        let length = LONGEST + 1;
        let header = format!("Content-Length: {length}\r\n\r\n");
        let exit = "Content-Length:33\r\n\r\n{\"jsonrpc\":\"2.0\",\"method\":\"exit\"}";
        let body = io::repeat(b'\n').take(length as u64);
        let input = header.as_bytes().chain(body).chain(exit.as_bytes());
        let found: Vec<_> = incoming(input).map(|incoming| incoming.is_ok()).collect();
        assert_eq!(found, [false, true]);
    }
}
