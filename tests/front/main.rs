//! The front half with input that no person would write: manifests, WIT folders and component binaries, generated,
//! spliced and damaged. It must not panic, hang or use excessive memory, every place must lie in its text, and the
//! compiler must accept and reject what wit-parser, wasmparser and wit-component accept and reject.
//!
//! As a test it runs a thousand executions of each kind. `KIND --executions N` runs `N`, starting with `--seed S`, in
//! processes of their own, so that a stack overflow is found too.
#![expect(clippy::print_stdout, reason = "the summary is the output of a long run")]

mod component;
mod corpus;
mod examine;
mod growth;
mod guard;
mod manifest;
mod run;
mod text;
mod wit;

use std::process::ExitCode;

use libtest_mimic::{Arguments, Failed, Trial};

/// Executions as a test.
const IN_TEST: u64 = 1_000;

#[global_allocator]
static COUNTING: guard::Counting = guard::Counting;

/// Kind of input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Manifest,
    Wit,
    Component,
}

impl Kind {
    const ALL: [Kind; 3] = [Kind::Manifest, Kind::Wit, Kind::Component];

    fn name(self) -> &'static str {
        match self {
            Kind::Manifest => "manifest",
            Kind::Wit => "wit",
            Kind::Component => "component",
        }
    }
}

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let option = |name: &str| {
        let at = words.iter().position(|word| word == name)?;
        words.get(at + 1)?.parse::<u64>().ok()
    };
    let kind = Kind::ALL
        .into_iter()
        .find(|kind| words.first().is_some_and(|word| word == kind.name()));
    let (Some(kind), Some(executions)) = (kind, option("--executions")) else {
        let made_up = Kind::ALL.map(|kind| {
            let name = format!("{}_is_safe_to_read", kind.name());
            Trial::test(name, move || test(kind).map_err(Failed::from))
        });
        let mut trials = Vec::from(made_up);
        trials.extend(growth::INPUTS.iter().map(|input| {
            let name = format!("time_grows_as_the_input::{}", input.name);
            Trial::test(name, || growth::test(input).map_err(Failed::from))
        }));
        trials.push(Trial::test("what_was_found_once_is_mended", || {
            let count = run::known()?;
            (count > 5).then_some(()).ok_or("hardly any files found".into())
        }));
        return libtest_mimic::run(&Arguments::from_args(), trials).exit_code();
    };
    let seed = option("--seed").unwrap_or_default();
    if words.iter().any(|word| word == "--child") {
        run::child(kind, seed, executions, words.iter().any(|word| word == "--trace"))
    } else {
        run::parent(kind, seed, executions)
    }
}

fn test(kind: Kind) -> Result<(), String> {
    let mut found = run::Findings::default();
    let faults = run::executions(kind, 0, IN_TEST, &mut found, false);
    match faults.first() {
        None => {
            let both = found.accepted > 0 && found.rejected > 0;
            both.then_some(()).ok_or(format!("only one kind of input: {found:?}"))
        }
        Some(fault) => Err(fault.clone()),
    }
}
