//! Catches panics of the libraries that read WIT and WebAssembly: they panic on some damaged input, which is an error
//! like any other to the author of that input.

use std::any::Any;
use std::cell::Cell;
use std::panic::{self, AssertUnwindSafe};
use std::sync::Once;

thread_local! {
    static QUIET: Cell<bool> = const { Cell::new(false) };
}

/// Runs `work` and returns its result. If it panics, returns the message of the panic, which is not printed.
///
/// After a panic, whatever `work` was changing must not be used.
pub(crate) fn caught<T>(work: impl FnOnce() -> T) -> Result<T, String> {
    static INSTALLED: Once = Once::new();
    INSTALLED.call_once(|| {
        let before = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            if !QUIET.get() {
                before(info);
            }
        }));
    });
    let outer = QUIET.replace(true);
    let result = panic::catch_unwind(AssertUnwindSafe(work));
    QUIET.set(outer);
    result.map_err(|payload| said(&*payload))
}

fn said(payload: &(dyn Any + Send)) -> String {
    let text = payload.downcast_ref::<String>().map(String::as_str);
    let text = text
        .or_else(|| payload.downcast_ref::<&str>().copied())
        .unwrap_or("no reason given");
    // The panic of an `unwrap` shows the whole error; the text of a syntax error is a quoted field of it.
    let message = text
        .split_once("message: \"")
        .and_then(|(_, rest)| rest.split('"').next());
    message.unwrap_or(text).lines().next().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::caught;

    #[test]
    fn a_panic_is_what_it_said() {
        assert_eq!(caught(|| 1), Ok(1));
        assert_eq!(caught(|| -> u8 { panic!("no {}", 2) }), Err("no 2".to_owned()));
        let nested = "called `Result::unwrap()`: ParseError(Syntax { span: 1, message: \"twice\" })";
        assert_eq!(caught(|| -> u8 { panic!("{nested}") }), Err("twice".to_owned()));
    }
}
