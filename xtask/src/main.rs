//! Set-up, demo and tests of the project: `cargo xtask COMMAND`.
//!
//! It uses only the standard library, so that it starts in a second on a machine with just a Rust toolchain.
#![expect(
    clippy::disallowed_methods,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "every task here runs tools and prints their progress"
)]

mod bench;
mod demo;
mod deny;
mod fuzz;
mod rounds;
mod sanitize;
mod setup;
mod shell;
mod test;

use std::process::ExitCode;

const HELP: &str = "\
usage: cargo xtask COMMAND

  setup    install what is missing: the WebAssembly target, a C linker; for tests clang, componentize-qjs,
           componentize-py and Neovim
  demo     set up, then build and run examples/log-triage
  test     set up, then formatting, clippy, guests and every test
  bless    rewrite the expected outputs of the tests; read the diff afterwards
  bench    run the benchmarks, or one: bench startup | interrupt | replicas | parts | check | keystroke | paths | real;
           `bench paths --help` lists the options of the comparison of the call paths (--json FILE, --svg FILE, …),
           `bench real --help` those of the benchmark of real work
  fuzz     the direct path compared with the component path, with hostile guests (--executions N, --seed S)
  fuzz manifest | wit | component   the front half with generated input (--executions N, --seed S)
  rounds   ends of flows with full disks, closed pipes and signals, 200 times each (--count N); prints the results
  sanitize the tests of unsafe code, under AddressSanitizer
  deny     licences, advisories and sources of the dependencies (deny --install: install cargo-deny first)
";

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = args.iter().map(String::as_str).collect();
    let done = match words.as_slice() {
        ["setup"] => setup::setup(),
        ["demo"] => demo::demo(),
        ["test", filters @ ..] => test::test(filters),
        ["bless"] => test::bless(),
        ["bench", arguments @ ..] => bench::bench(arguments),
        ["fuzz", options @ ..] => fuzz::fuzz(options),
        ["rounds", options @ ..] => rounds::rounds(options),
        ["sanitize"] => sanitize::sanitize(),
        ["deny"] => deny::deny(false),
        ["deny", "--install"] => deny::deny(true),
        [] | ["help" | "--help" | "-h"] => {
            print!("{HELP}");
            return ExitCode::SUCCESS;
        }
        [unknown, ..] => Err(format!("no such command: {unknown}\n\n{HELP}")),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("xtask: {message}");
            ExitCode::FAILURE
        }
    }
}
