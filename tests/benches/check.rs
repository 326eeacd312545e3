//! Time of `check` on projects of 10, 100 and 1,000 nodes with two edges per node: in memory, on disk, and as a process
//! of its own.

#![expect(
    clippy::disallowed_methods,
    reason = "the projects are laid out on disk, and the compiler is started"
)]

#[path = "../generate.rs"]
mod generate;

use std::fs;
use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use criterion::{BenchmarkId, Criterion};
use tempfile::TempDir;
use torvync_compiler::driver::{self, Analysis, Request};
use torvync_compiler::source::files::{DiskFiles, Files, MemoryFiles};

const NODES: [usize; 3] = [10, 100, 1000];
const EDGES_PER_NODE: usize = 2;

fn main() {
    let mut criterion = Criterion::default()
        .warm_up_time(Duration::from_secs(1))
        .measurement_time(Duration::from_secs(5))
        .configure_from_args();
    let mut group = criterion.benchmark_group("check");
    for nodes in NODES {
        let files = generate::project(nodes, EDGES_PER_NODE, 1);
        let memory = in_memory(&files);
        assert_clean(&check(&memory, Path::new("Torvyn.toml")), nodes);
        group.bench_function(BenchmarkId::new("memory", nodes), |bencher| {
            bencher.iter(|| black_box(check(&memory, Path::new("Torvyn.toml"))));
        });
        let folder = on_disk(&files);
        let manifest = folder.path().join("Torvyn.toml");
        group.bench_function(BenchmarkId::new("disk", nodes), |bencher| {
            bencher.iter(|| black_box(check(&DiskFiles, &manifest)));
        });
        if let Some(torvync) = torvync() {
            group.bench_function(BenchmarkId::new("process", nodes), |bencher| {
                bencher.iter(|| run(&torvync, folder.path()));
            });
        }
    }
    group.finish();
    criterion.final_summary();
}

fn check(files: &dyn Files, manifest: &Path) -> Analysis {
    let request = Request {
        manifest: manifest.to_owned(),
        flow: None,
        strict: false,
        components: None,
        work_dir: None,
    };
    driver::check(files, &request)
}

/// Checks that the measured project has no mistakes and the stated size.
fn assert_clean(analysis: &Analysis, nodes: usize) {
    assert!(analysis.diagnostics.is_empty(), "{:#?}", analysis.diagnostics);
    let flow = &analysis.project.as_ref().expect("a project").flows()[0];
    assert_eq!(flow.nodes.len(), nodes);
    assert_eq!(flow.edges.len(), nodes * EDGES_PER_NODE);
}

fn in_memory(files: &[(String, String)]) -> MemoryFiles {
    let mut memory = MemoryFiles::new();
    for (path, text) in files {
        memory.insert(path, text.as_bytes());
    }
    memory
}

fn on_disk(files: &[(String, String)]) -> TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for (path, text) in files {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().expect("files lie in folders")).expect("a folder");
        fs::write(path, text).expect("a file");
    }
    folder
}

/// The compiler named by `TORVYNC`, or that of this profile; `None` when it was not built.
fn torvync() -> Option<PathBuf> {
    let named = std::env::var_os("TORVYNC").map(PathBuf::from);
    let beside = std::env::current_exe().ok()?.parent()?.parent()?.join("torvync");
    named.or(Some(beside)).filter(|path| path.is_file())
}

fn run(torvync: &Path, folder: &Path) {
    let output = Command::new(torvync)
        .args(["check", "--quiet"])
        .current_dir(folder)
        .output();
    let output = output.expect("torvync starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}
