//! Running many executions, and summarising their results.

use std::fs;
use std::io::{BufRead, BufReader};
use std::process::{Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

use fastrand::Rng;

use crate::guard::{self, Cost};
use crate::{Kind, component, manifest, wit};

/// Executions of one process.
const CHUNK: u64 = 20_000;

/// Stack size in bytes: that of the compiler.
const STACK: usize = 8 << 20;

/// Results of many executions.
#[derive(Clone, Debug, Default)]
pub(crate) struct Findings {
    pub(crate) executions: u64,
    /// Number of inputs without errors.
    pub(crate) accepted: u64,
    /// Number of inputs with errors.
    pub(crate) rejected: u64,
    slowest: (Duration, u64),
    largest: (i64, u64),
}

impl Findings {
    fn add(&mut self, seed: u64, accepted: bool, cost: Cost) {
        self.executions += 1;
        if accepted {
            self.accepted += 1;
        } else {
            self.rejected += 1;
        }
        self.slowest = self.slowest.max((cost.time, seed));
        self.largest = self.largest.max((cost.memory, seed));
    }

    fn merge(&mut self, other: &Findings) {
        self.executions += other.executions;
        self.accepted += other.accepted;
        self.rejected += other.rejected;
        self.slowest = self.slowest.max(other.slowest);
        self.largest = self.largest.max(other.largest);
    }

    /// The results as a line from a child to its parent.
    fn line(&self) -> String {
        format!(
            "{} {} {} {} {} {} {}",
            self.executions,
            self.accepted,
            self.rejected,
            self.slowest.0.as_micros(),
            self.slowest.1,
            self.largest.0,
            self.largest.1
        )
    }

    fn parse(line: &str) -> Option<Self> {
        let numbers: Vec<u64> = line.split(' ').map(str::parse).collect::<Result<_, _>>().ok()?;
        let [executions, accepted, rejected, micros, slow, memory, large] = numbers[..] else {
            return None;
        };
        Some(Self {
            executions,
            accepted,
            rejected,
            slowest: (Duration::from_micros(micros), slow),
            largest: (i64::try_from(memory).ok()?, large),
        })
    }
}

/// Runs the executions with these seeds. Returns the violations.
pub(crate) fn executions(kind: Kind, seed: u64, count: u64, findings: &mut Findings, trace: bool) -> Vec<String> {
    guard::collect_panics();
    let work = || {
        let corpus = Corpus::new(kind);
        let mut faults = Vec::new();
        for seed in seed..seed + count {
            let input = corpus.generate(&mut Rng::with_seed(seed));
            if trace {
                println!("seed {seed} {}", input.save(kind, seed));
            }
            match input.execute() {
                Ok((accepted, cost)) => findings.add(seed, accepted, cost),
                Err(fault) => {
                    findings.executions += 1;
                    faults.push(format!("{} {seed} ({}): {fault}", kind.name(), input.save(kind, seed)));
                }
            }
        }
        faults
    };
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().stack_size(STACK).spawn_scoped(scope, work);
        thread.expect("a thread").join().expect("executions do not panic")
    })
}

enum Corpus {
    Manifest(manifest::Corpus),
    Wit(wit::Corpus),
    Component(component::Corpus),
}

impl Corpus {
    fn new(kind: Kind) -> Self {
        match kind {
            Kind::Manifest => Corpus::Manifest(manifest::Corpus::new()),
            Kind::Wit => Corpus::Wit(wit::Corpus::new()),
            Kind::Component => Corpus::Component(component::Corpus::new()),
        }
    }

    fn generate(&self, rng: &mut Rng) -> Input {
        match self {
            Corpus::Manifest(corpus) => Input::Manifest(corpus.generate(rng)),
            Corpus::Wit(corpus) => Input::Wit(corpus.generate(rng)),
            Corpus::Component(corpus) => Input::Component(corpus.generate(rng)),
        }
    }
}

/// Runs inputs that once violated a rule, the files of `known/`. Returns their number.
#[expect(clippy::disallowed_methods, reason = "they lie in the repository")]
pub(crate) fn known() -> Result<usize, String> {
    guard::collect_panics();
    let folder = crate::examine::repository("tests/front/known");
    let entries = fs::read_dir(folder).map_err(|error| error.to_string())?;
    let mut paths: Vec<_> = entries.flatten().map(|entry| entry.path()).collect();
    paths.sort();
    for path in &paths {
        let bytes = fs::read(path).map_err(|error| error.to_string())?;
        let input = match path.extension().and_then(|extension| extension.to_str()) {
            Some("wasm") => Input::Component(bytes),
            Some("wit") => Input::Wit(wit::folder(&String::from_utf8_lossy(&bytes))),
            _ => Input::Manifest(bytes),
        };
        input
            .execute()
            .map_err(|fault| format!("{}: {fault}", path.display()))?;
    }
    Ok(paths.len())
}

enum Input {
    Manifest(Vec<u8>),
    Wit(wit::Folder),
    Component(Vec<u8>),
}

impl Input {
    /// Whether the input was accepted, and the resources used.
    fn execute(&self) -> Result<(bool, Cost), String> {
        match self {
            Input::Manifest(text) => guard::guarded(|| manifest::execute(text)),
            Input::Wit(folder) => guard::guarded(|| wit::execute(folder)),
            Input::Component(bytes) => guard::guarded(|| component::execute(bytes)),
        }
    }

    /// Saves the input for inspection. Returns its path.
    #[expect(clippy::disallowed_methods, reason = "a finding is kept in a file")]
    fn save(&self, kind: Kind, seed: u64) -> String {
        let folder = std::env::temp_dir().join("torvync-fuzz");
        let name = |extension: &str| folder.join(format!("{}-{seed}.{extension}", kind.name()));
        let (path, text) = match self {
            Input::Manifest(text) => (name("toml"), text.clone()),
            Input::Component(bytes) => (name("wasm"), bytes.clone()),
            Input::Wit(files) => {
                let files = files
                    .iter()
                    .map(|(path, text)| [format!("// file: {path}\n").as_bytes(), text].concat());
                (name("wit"), files.collect::<Vec<_>>().concat())
            }
        };
        let saved = fs::create_dir_all(&folder).and_then(|()| fs::write(&path, text));
        saved.map_or_else(|error| error.to_string(), |()| path.display().to_string())
    }
}

/// Runs as a child: prints its violations and then its results, one line each.
pub(crate) fn child(kind: Kind, seed: u64, count: u64, trace: bool) -> ExitCode {
    let mut findings = Findings::default();
    for fault in executions(kind, seed, count, &mut findings, trace) {
        println!("fault {}", fault.replace('\n', "⏎"));
    }
    println!("done {}", findings.line());
    ExitCode::SUCCESS
}

/// Runs children until there are enough executions, and prints a summary.
pub(crate) fn parent(kind: Kind, seed: u64, count: u64) -> ExitCode {
    let started = Instant::now();
    let mut told = Instant::now();
    let (mut findings, mut faults, mut next) = (Findings::default(), 0, seed);
    while findings.executions < count {
        let chunk = CHUNK.min(count - findings.executions);
        let outcome = start(kind, next, chunk, false);
        for fault in &outcome.faults {
            println!("{fault}");
        }
        faults += outcome.faults.len();
        match outcome.findings {
            Some(found) => {
                findings.merge(&found);
                next += chunk;
            }
            // The child crashed. Run its executions again with a trace, and continue after the one that crashed.
            None => {
                let (last, input) = start(kind, next, chunk, true).last.unwrap_or((next, String::new()));
                println!("{} {last} ({input}): the process went down", kind.name());
                faults += 1;
                findings.executions += last + 1 - next;
                next = last + 1;
            }
        }
        if told.elapsed() > Duration::from_secs(30) {
            told = Instant::now();
            report(kind, &findings, faults, next, started.elapsed());
        }
    }
    report(kind, &findings, faults, next, started.elapsed());
    if faults == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

struct Outcome {
    faults: Vec<String>,
    findings: Option<Findings>,
    /// Last seed that was begun, and the path of its input.
    last: Option<(u64, String)>,
}

#[expect(clippy::disallowed_methods, reason = "executions run in processes of their own")]
fn start(kind: Kind, seed: u64, count: u64, trace: bool) -> Outcome {
    let mut command = Command::new(std::env::current_exe().expect("this executable"));
    command.args([kind.name(), "--child", "--seed", &seed.to_string()]);
    command.args(["--executions", &count.to_string()]);
    command.args(trace.then_some("--trace"));
    let mut child = command.stdout(Stdio::piped()).spawn().expect("a child starts");
    let mut outcome = Outcome {
        faults: Vec::new(),
        findings: None,
        last: None,
    };
    for line in BufReader::new(child.stdout.take().expect("piped"))
        .lines()
        .map_while(Result::ok)
    {
        match line.split_once(' ') {
            Some(("fault", text)) => outcome.faults.push(text.to_owned()),
            Some(("done", numbers)) => outcome.findings = Findings::parse(numbers),
            Some(("seed", rest)) => {
                let parts = rest.split_once(' ');
                outcome.last = parts.and_then(|(seed, path)| Some((seed.parse().ok()?, path.to_owned())));
            }
            _ => {}
        }
    }
    let _ = child.wait();
    outcome
}

fn report(kind: Kind, findings: &Findings, faults: usize, next: u64, took: Duration) {
    println!(
        "{}: {} executions in {:.0} s, {} accepted, {} rejected, {faults} faults; slowest {:?} (seed {}), largest {} KiB \
         (seed {}); next seed {next}",
        kind.name(),
        findings.executions,
        took.as_secs_f64(),
        findings.accepted,
        findings.rejected,
        findings.slowest.0,
        findings.slowest.1,
        findings.largest.0 >> 10,
        findings.largest.1
    );
}
