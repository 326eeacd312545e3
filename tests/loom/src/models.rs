//! Properties that hold in every order of the threads' steps.

pub mod builtin;
pub mod executor;
pub mod handover;
pub mod replica;
pub mod stop;
pub mod watched;

use crate::executor::{Group, Task};
use crate::sync::{Arc, Mutex, thread};

/// Tries every order, or those in which a runnable thread is preempted at most `preemptions` times. The number of
/// orders grows exponentially with that bound, and faults show with few preemptions.
fn check(preemptions: Option<usize>, model: impl Fn() + Send + Sync + 'static) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = preemptions;
    builder.check(model);
}

/// Runs all tasks to their end on two threads, as `Group::run` does, and then inspects each of them.
fn run<T: Task + 'static>(group: &Group, tasks: Vec<T>, mut ended: impl FnMut(&T)) {
    group.begin(tasks.len(), 2);
    let tasks: Arc<Vec<_>> = Arc::new(tasks.into_iter().map(Mutex::new).collect());
    let worker = {
        let (group, tasks) = (group.clone(), Arc::clone(&tasks));
        thread::spawn(move || group.work(&tasks))
    };
    group.work(&tasks);
    worker.join().expect("a worker does not panic");
    for task in tasks.iter() {
        ended(&task.lock().expect("loom's locks are never poisoned"));
    }
}
