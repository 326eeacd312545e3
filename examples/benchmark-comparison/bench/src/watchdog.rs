//! Ends the program when a window does not end: a comparison has no deadlines of its own, and a path that hangs would
//! be hard to tell from a slow one.

use std::process;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::Duration;

/// A thread that waits.
pub(crate) struct Watchdog(Sender<Word>);

enum Word {
    /// A window begins, of this cell.
    Begins(String),
    Ended,
}

impl Watchdog {
    /// Each window may take as long as `patience`.
    ///
    /// # Errors
    /// When the system refuses a thread.
    pub(crate) fn start(patience: Duration) -> std::io::Result<Self> {
        let (words, heard) = channel();
        thread::Builder::new().name("watchdog".to_owned()).spawn(move || {
            if let Some(cell) = overdue(&heard, patience) {
                eprintln!("error: {cell}: no end after {} s", patience.as_secs());
                process::exit(1);
            }
        })?;
        Ok(Self(words))
    }

    /// What `window` returns.
    pub(crate) fn watch<T>(&self, cell: &str, window: impl FnOnce() -> T) -> T {
        self.say(Word::Begins(cell.to_owned()));
        let done = window();
        self.say(Word::Ended);
        done
    }

    fn say(&self, word: Word) {
        let said = self.0.send(word);
        said.expect("invariant: the thread listens as long as this is there");
    }
}

/// The cell whose window did not end in time; `None` when there will be no other window.
fn overdue(heard: &Receiver<Word>, patience: Duration) -> Option<String> {
    let mut cell = None;
    loop {
        let word = match cell {
            None => heard.recv().map_err(|_| RecvTimeoutError::Disconnected),
            Some(_) => heard.recv_timeout(patience),
        };
        match word {
            Ok(Word::Begins(begun)) => cell = Some(begun),
            Ok(Word::Ended) => cell = None,
            Err(RecvTimeoutError::Timeout) => return cell,
            Err(RecvTimeoutError::Disconnected) => return None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_window_that_does_not_end_is_overdue() {
        let (words, heard) = channel();
        words.send(Word::Begins("first".to_owned())).unwrap();
        words.send(Word::Ended).unwrap();
        words.send(Word::Begins("second".to_owned())).unwrap();
        assert_eq!(overdue(&heard, Duration::from_millis(1)).as_deref(), Some("second"));
    }

    #[test]
    fn between_windows_there_is_no_hurry() {
        let (words, heard) = channel();
        let waiting = thread::spawn(move || overdue(&heard, Duration::from_millis(1)));
        thread::sleep(Duration::from_millis(20));
        assert!(!waiting.is_finished());
        drop(words);
        assert_eq!(waiting.join().unwrap(), None);
    }
}
