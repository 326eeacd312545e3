//! Messages as bytes. `lsp_server` would do, but ends the session at the first one that is malformed.

use std::io::{self, BufRead, BufReader, Read, Write};

use lsp_server::Message;
use serde_json::Value;

/// A message, or why there is none.
pub(crate) type Incoming = Result<Message, String>;

/// No message is longer; a length beyond it is taken for noise.
const LONGEST: usize = 1 << 28;

/// What comes in, until the input ends.
pub(crate) fn incoming(input: impl Read) -> impl Iterator<Item = Incoming> {
    let mut input = BufReader::new(input);
    std::iter::from_fn(move || read(&mut input).ok().flatten())
}

/// The next message; `None` at the end.
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
    let Some(length) = length.filter(|length| *length <= LONGEST) else {
        return Ok(Some(Err("a message without a usable `Content-Length`".into())));
    };
    let mut body = vec![0; length];
    input.read_exact(&mut body)?;
    Ok(Some(serde_json::from_slice(&body).map_err(|error| error.to_string())))
}

/// Sends messages, each as it is, with its length in front.
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
}
