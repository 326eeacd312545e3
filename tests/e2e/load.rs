//! A busy machine: others have the processors, and nobody is stopped for that.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use crate::lab::build_project;
use crate::paths::PATHS;
use crate::torvync::REPORT;

/// Threads for each processor that keep it busy.
const CROWD: usize = 13;

/// The longest line that there can be.
const LINE: usize = 16 << 20;

/// A line takes the component a tenth of its limit, and several times its limit while it has a small part of a processor.
const MANIFEST: &str = r#"[torvyn]
name = "load"
version = "0.1.0"
contract_version = "0.1.0"

[[component]]
name = "plain-wit-bindgen"
wasm = "guests/plain_wit_bindgen.wasm"

[flow.main]
nodes.source = { component = "builtin:lines", config = { path = "line" } }
nodes.middle = { component = "plain-wit-bindgen", limits = { invocation_timeout_ms = 700 } }
nodes.sink = { component = "builtin:file", config = { path = "capitals" } }
edges = [
    { from = { node = "source", port = "output" }, to = { node = "middle", port = "input" } },
    { from = { node = "middle", port = "output" }, to = { node = "sink", port = "input" } },
]
"#;

/// Does something on all processors while others work.
fn under_load<T>(work: impl FnOnce() -> T) -> T {
    let is_over = AtomicBool::new(false);
    let processors = thread::available_parallelism().map_or(1, usize::from);
    thread::scope(|scope| {
        for _ in 0..processors * CROWD {
            scope.spawn(|| {
                while !is_over.load(Ordering::Relaxed) {
                    std::hint::spin_loop();
                }
            });
        }
        let _over = Over(&is_over);
        work()
    })
}

/// Ends the load, also when the work fails.
struct Over<'a>(&'a AtomicBool);

impl Drop for Over<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

#[test]
fn a_stage_with_a_long_line_is_not_stopped_because_the_machine_is_busy() {
    for path in PATHS {
        let built = build_project(&format!("load-{path}"), MANIFEST, &["--opt", path]);
        let folder = tempfile::tempdir().expect("a temporary folder");
        std::fs::write(folder.path().join("line"), "x".repeat(LINE)).expect("the folder is writable");
        let finished = under_load(|| built.run_in(folder.path(), &REPORT)).expect_code(0);
        assert_eq!(finished.stderr.matches("E0401").count(), 0, "{path}: {finished}");
        let capitals = std::fs::metadata(folder.path().join("capitals")).expect("the flow wrote it");
        assert_eq!(capitals.len(), LINE as u64 + 1, "{path}");
    }
}
