//! The path of a value, found from its position in JSON. The compiler usually makes the text of a `config` from a table
//! in `Torvyn.toml`, whose author knows names, not columns.

/// An object or a list that contains the position.
enum Level<'a> {
    /// An object, with the key whose value comes next or is being read.
    Object(Option<&'a str>),
    /// A list, with the index of the item that comes next or is being read.
    List(usize),
}

/// The path, such as `limits[1].low`, of the value that ends at this position; line and column start at 1. `None` for
/// the outermost value.
pub(super) fn path(text: &str, line: usize, column: usize) -> Option<String> {
    let start: usize = text
        .split_inclusive('\n')
        .take(line.checked_sub(1)?)
        .map(str::len)
        .sum();
    let end = start + column.checked_sub(1)?;
    let mut levels = levels(text.get(..end)?);
    // A mistake found where an object closes concerns all of it.
    if let (Some(b'}'), Some(Level::Object(key))) = (text.as_bytes().get(end), levels.last_mut()) {
        *key = None;
    }
    let path = written(&levels);
    (!path.is_empty()).then_some(path)
}

/// The objects and lists open at the end of `text`, outermost first.
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

/// The text before the closing quote, or all of it without one.
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
