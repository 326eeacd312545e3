//! The call paths. Each has a file of its own.

mod executable;
pub(crate) mod grpc;
mod native;
mod typed;
mod unix;

use crate::Failed;
use crate::load::{Load, Window};

/// One way in which elements get from stage to stage.
pub(crate) trait CallPath {
    /// Its name in output.
    fn name(&self) -> &str;

    /// Whether there is a chain of so many components.
    fn has_chain_of(&self, _stages: usize) -> bool {
        true
    }

    /// Makes a chain, and sends the messages of one window through it.
    ///
    /// # Errors
    /// When a stage fails, or the result is wrong.
    fn run(&mut self, load: &Load) -> Result<Window, Failed>;
}

/// The paths that are asked for, in the order of the output; all when none is named.
pub(crate) fn all(wanted: &[String]) -> Result<Vec<Box<dyn CallPath>>, Failed> {
    let is_wanted = |name: &str| wanted.is_empty() || wanted.iter().any(|wanted| wanted == name);
    let mut paths: Vec<Box<dyn CallPath>> = Vec::new();
    if is_wanted(native::NAME) {
        paths.push(Box::new(native::Native));
    }
    if is_wanted(typed::NAME) {
        paths.push(Box::new(typed::Typed::new()?));
    }
    for path in executable::all(is_wanted)? {
        paths.push(Box::new(path));
    }
    if is_wanted(grpc::NAME) {
        paths.push(Box::new(grpc::Grpc::start()?));
    }
    if is_wanted(unix::NAME) {
        paths.push(Box::new(unix::Unix));
    }
    let unknown = wanted
        .iter()
        .find(|name| paths.iter().all(|path| path.name() != name.as_str()));
    match unknown {
        Some(name) => Err(format!("no such path: `{name}`").into()),
        None => Ok(paths),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::load::{Measure, Shape};

    fn load(payload: usize, stages: usize, measure: Measure) -> Load {
        let shape = Shape { payload, stages };
        Load {
            shape,
            measure,
            warm_up: 3,
            messages: 40,
            expected: shape.checksum(43),
        }
    }

    #[test]
    fn all_paths_come_to_the_same_result() {
        for path in &mut all(&[]).unwrap() {
            for (payload, stages) in [(8, 1), (64, 3), (70_000, 3), (64, 10), (4096, 30)] {
                assert!(path.has_chain_of(stages), "{}", path.name());
                let window = path.run(&load(payload, stages, Measure::Throughput)).unwrap();
                assert!((20..=40).contains(&window.timed), "{}: {}", path.name(), window.timed);
                assert!(window.latencies.is_empty());
                let window = path.run(&load(payload, stages, Measure::Latency)).unwrap();
                assert_eq!((window.timed, window.latencies.len()), (0, 40), "{}", path.name());
            }
        }
    }

    #[test]
    fn wrong_results_are_refused() {
        for path in &mut all(&[]).unwrap() {
            let mut load = load(64, 3, Measure::Throughput);
            load.expected = load.shape.checksum(42);
            let refused = path.run(&load).unwrap_err().to_string();
            assert!(refused.contains("43 messages, checksum "), "{}: {refused}", path.name());
        }
    }

    #[test]
    fn copies_are_two_for_each_edge() {
        let names = ["native", "typed", "component"].map(str::to_owned);
        for path in &mut all(&names).unwrap() {
            let copies = |window: Window| window.copies.unwrap();
            let found = copies(path.run(&load(64, 3, Measure::Throughput)).unwrap());
            assert_eq!(found, 43 * 4, "{}", path.name());
            let found = copies(path.run(&load(64, 1, Measure::Throughput)).unwrap());
            assert_eq!(found, 43, "{}: the host reads in place", path.name());
        }
    }
}
