//! From a position in JSON to the path of what stands there. The text of a `config` is mostly made by the compiler, from
//! a table in `Torvyn.toml`: its author knows names, not columns.

/// An object or a list around the position.
enum Level<'a> {
    /// With the key whose value comes next, or is being read.
    Object(Option<&'a str>),
    /// With the index of what comes next, or is being read.
    List(usize),
}

/// The path, such as `limits[1].low`, of what ends at this position; both counts start at 1. `None` at the outermost.
pub(super) fn path(text: &str, line: usize, column: usize) -> Option<String> {
    let start: usize = text
        .split_inclusive('\n')
        .take(line.checked_sub(1)?)
        .map(str::len)
        .sum();
    let end = start + column.checked_sub(1)?;
    let mut levels = levels(text.get(..end)?);
    // A mistake that is found where something closes is about all of it.
    if let (Some(b'}'), Some(Level::Object(key))) = (text.as_bytes().get(end), levels.last_mut()) {
        *key = None;
    }
    let path = written(&levels);
    (!path.is_empty()).then_some(path)
}

/// What is open at the end of `text`, outermost first.
fn levels(text: &str) -> Vec<Level<'_>> {
    let mut levels = Vec::new();
    let mut at = 0;
    while let Some(byte) = text.as_bytes().get(at) {
        at += 1;
        match (byte, levels.last_mut()) {
            (b'{', _) => levels.push(Level::Object(None)),
            (b'[', _) => levels.push(Level::List(0)),
            (b'}' | b']', _) => drop(levels.pop()),
            (b',', Some(Level::List(index))) => *index += 1,
            (b',', Some(Level::Object(key))) => *key = None,
            (b'"', level) => {
                let string = string(&text[at..]);
                at += string.len() + 1;
                if let Some(Level::Object(key @ None)) = level {
                    *key = Some(string);
                }
            }
            _ => {}
        }
    }
    levels
}

/// What stands before the closing quote, or before the end of the text.
fn string(text: &str) -> &str {
    let mut escaped = false;
    let closing = text.bytes().position(|byte| {
        let closes = byte == b'"' && !escaped;
        escaped = byte == b'\\' && !escaped;
        closes
    });
    &text[..closing.unwrap_or(text.len())]
}

fn written(levels: &[Level<'_>]) -> String {
    let mut path = String::new();
    for level in levels {
        match level {
            Level::Object(Some(key)) if path.is_empty() => path.push_str(key),
            Level::Object(Some(key)) => path.extend([".", key]),
            Level::Object(None) => {}
            Level::List(index) => path.push_str(&format!("[{index}]")),
        }
    }
    path
}
