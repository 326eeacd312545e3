//! The direct path compared with the component path: a guest that calls and returns anything, as scripts dictate, also
//! with changed code. Both paths must accept and reject the same, with the same consequences for flow and buffers.
//!
//! Also guests that go round in circles: each must be stopped.
//!
//! As a test it runs a bounded number of executions. `--executions N` runs `N`, starting with `--seed S`, and prints a
//! summary; `--circles N` runs `N` of the others.
#![expect(clippy::print_stdout, reason = "the summary is the output of a long run")]

#[path = "../embedded.rs"]
mod embedded;
mod circles;
mod guest;
mod machine_code;
mod mutate;
mod plans;
mod script;
mod session;
mod side;

use std::process::ExitCode;
use std::time::{Duration, Instant};

use fastrand::Rng;
use libtest_mimic::{Arguments, Failed, Trial};
use torvyn_runtime_core::internals::{self, Hosts};

use guest::{Done, Guest};
use session::Counts;

/// Number of sessions for each one with a guest whose code is changed.
const UNCHANGED: u64 = 40;

/// Number of executions as a test.
const IN_TEST: u64 = 20_000;

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().collect();
    let option = |name: &str| {
        let at = words.iter().position(|word| word == name)?;
        words.get(at + 1)?.parse::<u64>().ok()
    };
    let seed = option("--seed").unwrap_or_default();
    let done = match (option("--executions"), option("--circles")) {
        (_, Some(circles)) => machine_code::long(circles, seed).and_then(|()| circles::long(circles, seed)),
        (Some(executions), None) => long(executions, seed),
        (None, None) => {
            let trials = vec![
                Trial::test("both_paths_agree_on_scripts", || test().map_err(Failed::from)),
                Trial::test("every_circle_is_stopped", || circles::test().map_err(Failed::from)),
                Trial::test("known_loops_touch_memory_in_machine_code", || {
                    machine_code::known().map_err(Failed::from)
                }),
                Trial::test("touches_are_added_to_machine_code", || {
                    machine_code::added().map_err(Failed::from)
                }),
                Trial::test("random_circles_touch_memory_in_machine_code", || {
                    machine_code::random().map_err(Failed::from)
                }),
            ];
            return libtest_mimic::run(&Arguments::from_args(), trials).exit_code();
        }
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            println!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn test() -> Result<(), String> {
    let work = || -> Done<Counts> {
        let fuzz = Fuzz::start()?;
        let mut counts = Counts::default();
        fuzz.run(0, IN_TEST, &mut counts)?;
        Ok(counts)
    };
    work().map(|_| ()).map_err(|error| error.to_string())
}

fn long(executions: u64, seed: u64) -> Done<()> {
    let fuzz = Fuzz::start()?;
    let mut counts = Counts::default();
    let started = Instant::now();
    let mut told = Instant::now();
    let mut seed = seed;
    while counts.executions < executions {
        fuzz.run(seed, 1, &mut counts)?;
        seed += 1;
        if told.elapsed() > Duration::from_secs(30) {
            told = Instant::now();
            report(&counts, started.elapsed(), seed);
        }
    }
    report(&counts, started.elapsed(), seed);
    println!("{counts:#?}");
    Ok(())
}

fn report(counts: &Counts, took: Duration, seed: u64) {
    let each_second = counts.executions as f64 / took.as_secs_f64();
    println!(
        "{} executions, {each_second:.0} a second, {} changed guests, {} accepted, rejected: {:?}, next seed {seed}",
        counts.executions, counts.changed, counts.accepted, counts.rejected
    );
}

/// State shared by all sessions.
struct Fuzz {
    hosts: Hosts,
    guest: Guest,
}

impl Fuzz {
    fn start() -> Done<Self> {
        Ok(Self {
            hosts: internals::hosts(&plans::PROGRAM)?,
            guest: Guest::new()?,
        })
    }

    /// Runs sessions with seeds from `seed` on, until there are `executions` more.
    fn run(&self, mut seed: u64, executions: u64, counts: &mut Counts) -> Done<()> {
        let end = counts.executions + executions;
        while counts.executions < end {
            self.session(seed, counts)?;
            seed += 1;
        }
        Ok(())
    }

    fn session(&self, seed: u64, counts: &mut Counts) -> Done<()> {
        let guest = match seed % UNCHANGED {
            0 => {
                counts.changed += 1;
                Guest::changed(&mut Rng::with_seed(seed))?
            }
            _ => self.guest,
        };
        let (role, made_up) = session::made_up(seed);
        let found = session::run(&self.hosts, guest, role, &made_up, counts)?;
        let Err((number, _)) = found else { return Ok(()) };
        let until = made_up[..=number].to_vec();
        let (least, difference) = session::shrink(&self.hosts, guest, role, until)?;
        let least: String = least.iter().map(|execution| format!("\n{execution}")).collect();
        Err(format!("seed {seed}, {role:?}: {difference}{least}").into())
    }
}
