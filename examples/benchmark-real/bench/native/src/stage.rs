//! What stages are, and how they are put together: as one loop, or as tasks with channels.

use bench_common::Failed;
use tokio::sync::mpsc::{Receiver, Sender, channel};
use tokio::task::JoinSet;

/// Elements that a channel holds.
const DEPTH: usize = 64;

/// An element on its way.
pub struct Element {
    /// Position of its source's element, counted from 0.
    pub sequence: u64,
    pub payload: Vec<u8>,
}

impl Element {
    /// A copy of the payload as text, as a component gets it.
    ///
    /// # Errors
    /// When it is not UTF-8.
    pub fn text(&self) -> Result<String, Failed> {
        Ok(String::from_utf8(self.payload.clone())?)
    }

    /// The element that follows from this one; its payload is a copy.
    #[must_use]
    pub fn with(&self, payload: &str) -> Self {
        Self {
            sequence: self.sequence,
            payload: payload.as_bytes().to_vec(),
        }
    }
}

/// Where elements begin.
pub trait Source: Send + 'static {
    /// The next payload; `None` after the last one.
    ///
    /// # Errors
    /// When the input can't be read.
    fn pull(&mut self) -> Result<Option<Vec<u8>>, Failed>;
}

/// A stage in between.
pub trait Step: Send + 'static {
    /// What becomes of an element.
    ///
    /// # Errors
    /// When the element is malformed.
    fn step(&mut self, element: Element) -> Result<Option<Element>, Failed>;

    /// What is left when there is no other.
    fn finish(&mut self) -> Option<Element> {
        None
    }
}

/// Where elements end.
pub trait Sink: Send + 'static {
    /// Takes an element.
    ///
    /// # Errors
    /// When the element is malformed, or can't be written.
    fn push(&mut self, element: Element) -> Result<(), Failed>;

    /// Ends the output.
    ///
    /// # Errors
    /// When something can't be written.
    fn finish(&mut self) -> Result<(), Failed>;
}

/// The stages after a source.
pub trait Chain: Send + 'static {
    /// Takes an element from stage to stage.
    ///
    /// # Errors
    /// When a stage fails.
    fn push(&mut self, element: Element) -> Result<(), Failed>;

    /// Ends all of them.
    ///
    /// # Errors
    /// When a stage fails.
    fn finish(&mut self) -> Result<(), Failed>;

    /// Starts a task for each of them.
    fn spawn(self, tasks: &mut Tasks, input: Receiver<Element>);
}

/// A stage, and the chain after it.
pub struct Then<S, C>(pub S, pub C);

/// The last stage.
pub struct End<K>(pub K);

impl<S: Step, C: Chain> Chain for Then<S, C> {
    fn push(&mut self, element: Element) -> Result<(), Failed> {
        match self.0.step(element)? {
            Some(element) => self.1.push(element),
            None => Ok(()),
        }
    }

    fn finish(&mut self) -> Result<(), Failed> {
        if let Some(element) = self.0.finish() {
            self.1.push(element)?;
        }
        self.1.finish()
    }

    fn spawn(self, tasks: &mut Tasks, input: Receiver<Element>) {
        let (output, next) = channel(DEPTH);
        tasks.spawn(each(self.0, input, output));
        self.1.spawn(tasks, next);
    }
}

impl<K: Sink> Chain for End<K> {
    fn push(&mut self, element: Element) -> Result<(), Failed> {
        self.0.push(element)
    }

    fn finish(&mut self) -> Result<(), Failed> {
        self.0.finish()
    }

    fn spawn(self, tasks: &mut Tasks, input: Receiver<Element>) {
        tasks.spawn(last(self.0, input));
    }
}

/// Takes at most `limit` elements through all stages, one after the other.
///
/// # Errors
/// When a stage fails.
pub fn run(mut source: impl Source, mut chain: impl Chain, limit: u64) -> Result<(), Failed> {
    for sequence in 0..limit {
        let Some(payload) = source.pull()? else { break };
        chain.push(Element { sequence, payload })?;
    }
    chain.finish()
}

/// Tasks that run.
pub type Tasks = JoinSet<Result<(), Failed>>;

/// The same with a task for each stage.
///
/// # Errors
/// When a stage fails.
pub async fn run_as_tasks(source: impl Source, chain: impl Chain, limit: u64) -> Result<(), Failed> {
    let mut tasks = Tasks::new();
    let (output, next) = channel(DEPTH);
    tasks.spawn(first(source, output, limit));
    chain.spawn(&mut tasks, next);
    while let Some(ended) = tasks.join_next().await {
        ended??;
    }
    Ok(())
}

/// The source. A task whose receiver is gone ends: the one after it failed, and says why.
async fn first(mut source: impl Source, output: Sender<Element>, limit: u64) -> Result<(), Failed> {
    for sequence in 0..limit {
        let Some(payload) = source.pull()? else { break };
        if output.send(Element { sequence, payload }).await.is_err() {
            break;
        }
    }
    Ok(())
}

async fn each(mut step: impl Step, mut input: Receiver<Element>, output: Sender<Element>) -> Result<(), Failed> {
    while let Some(element) = input.recv().await {
        if let Some(element) = step.step(element)?
            && output.send(element).await.is_err()
        {
            return Ok(());
        }
    }
    if let Some(element) = step.finish() {
        // Whether somebody takes it is not this task's concern.
        let _ = output.send(element).await;
    }
    Ok(())
}

async fn last(mut sink: impl Sink, mut input: Receiver<Element>) -> Result<(), Failed> {
    while let Some(element) = input.recv().await {
        sink.push(element)?;
    }
    sink.finish()
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;

    struct Numbers(u8);

    impl Source for Numbers {
        fn pull(&mut self) -> Result<Option<Vec<u8>>, Failed> {
            self.0 += 1;
            Ok((self.0 <= 200).then(|| vec![self.0]))
        }
    }

    /// Drops odd numbers, and has one more at the end.
    struct Even;

    impl Step for Even {
        fn step(&mut self, element: Element) -> Result<Option<Element>, Failed> {
            match element.payload[0] {
                7 if element.sequence != 6 => Err("the sequence is wrong".into()),
                number => Ok((number % 2 == 0).then_some(element)),
            }
        }

        fn finish(&mut self) -> Option<Element> {
            Some(Element {
                sequence: 0,
                payload: vec![255],
            })
        }
    }

    #[derive(Clone, Default)]
    struct Kept(Arc<Mutex<Vec<u8>>>);

    impl Sink for Kept {
        fn push(&mut self, element: Element) -> Result<(), Failed> {
            self.0.lock().unwrap().extend(element.payload);
            Ok(())
        }

        fn finish(&mut self) -> Result<(), Failed> {
            self.0.lock().unwrap().push(0);
            Ok(())
        }
    }

    struct Broken;

    impl Sink for Broken {
        fn push(&mut self, _: Element) -> Result<(), Failed> {
            Err("it is broken".into())
        }

        fn finish(&mut self) -> Result<(), Failed> {
            Ok(())
        }
    }

    fn as_tasks(chain: impl Chain, limit: u64) -> Result<(), Failed> {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(run_as_tasks(Numbers(0), chain, limit))
    }

    #[test]
    fn a_loop_and_tasks_do_the_same() {
        for (limit, expected) in [(5, vec![2, 4, 255, 0]), (0, vec![255, 0])] {
            let (one, other) = (Kept::default(), Kept::default());
            run(Numbers(0), Then(Even, End(one.clone())), limit).unwrap();
            as_tasks(Then(Even, End(other.clone())), limit).unwrap();
            assert_eq!(*one.0.lock().unwrap(), expected);
            assert_eq!(*other.0.lock().unwrap(), expected);
        }
        let all = Kept::default();
        as_tasks(Then(Even, End(all.clone())), 1000).unwrap();
        assert_eq!(all.0.lock().unwrap().len(), 102);
    }

    #[test]
    fn a_failure_ends_all() {
        for error in [
            run(Numbers(0), Then(Even, End(Broken)), 1000).unwrap_err(),
            as_tasks(Then(Even, End(Broken)), 1000).unwrap_err(),
        ] {
            assert_eq!(error.to_string(), "it is broken");
        }
    }
}
