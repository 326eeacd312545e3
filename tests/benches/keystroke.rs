//! Time from a keystroke to an editor's diagnostics: through the protocol, in a project of 100 nodes and 200 edges,
//! beside the time of a whole check of the same project in the same run.
//!
//! This executable is both the server and the checker, so that both have the profile that it was compiled with.

#![expect(clippy::print_stdout, reason = "a benchmark prints its figures")]
#![expect(
    clippy::disallowed_methods,
    reason = "a benchmark lays out a project and starts processes in it"
)]

use std::error::Error;
use std::fmt::Write as _;
use std::fs;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use torvync_compiler::contract;
use torvync_compiler::diag::render;
use torvync_compiler::driver::{self, Request};
use torvync_compiler::source::files::DiskFiles;

const NODES: usize = 100;
const EDGES: usize = 200;

/// Number of components among which the nodes are divided, each with a contract and vendored contracts of its own.
const COMPONENTS: usize = 10;

/// Number of keystrokes measured, after a tenth as many for warm-up.
const KEYSTROKES: usize = 300;

/// Number of checks measured.
const CHECKS: usize = 30;

/// Goal in milliseconds from a keystroke to its diagnostics.
const GOAL: f64 = 50.0;

/// Argument with which this executable runs as the server.
const SERVE: &str = "serve";
const CHECK: &str = "check";

fn main() -> Result<(), Box<dyn Error>> {
    match std::env::args().nth(1).as_deref() {
        Some(SERVE) => Ok(torvync_lsp::serve(io::stdin(), &mut io::stdout()).map(drop)?),
        Some(CHECK) => check(),
        Some(_) | None => measure(),
    }
}

fn measure() -> Result<(), Box<dyn Error>> {
    let folder = tempfile::tempdir()?;
    let manifest = lay_out(folder.path())?;
    let profile = if cfg!(debug_assertions) {
        "not optimised"
    } else {
        "optimised"
    };
    let bytes = manifest.len();
    println!("{NODES} nodes, {EDGES} edges, {COMPONENTS} components, {bytes} bytes; {profile}; goal {GOAL} ms");
    let this = std::env::current_exe()?;
    let (opening, keystrokes) = keystrokes(&this, folder.path(), &manifest)?;
    let checks = checks(&this, folder.path())?;
    let took = |name: &str, all: &[Duration]| {
        let at = |share: f64| milliseconds(all, share);
        println!(
            "{name:<42} median {:>6.2} ms  p95 {:>6.2} ms  most {:>6.2} ms",
            at(0.5),
            at(0.95),
            at(1.0)
        );
    };
    took("keystroke to diagnostics", &keystrokes);
    took("opening to diagnostics", &[opening]);
    took("check, process and all", &checks);
    Ok(())
}

/// Runs `torvync check`, without its command line.
fn check() -> Result<(), Box<dyn Error>> {
    let request = Request {
        manifest: "Torvyn.toml".into(),
        flow: None,
        strict: false,
        components: None,
        work_dir: None,
    };
    let analysis = driver::check(&DiskFiles, &request);
    print!("{}", render::text(&analysis.diagnostics, &analysis.sources, false));
    if analysis.diagnostics.is_empty() {
        Ok(())
    } else {
        Err("the project is wrong".into())
    }
}

/// Writes the project, and returns its manifest.
fn lay_out(root: &Path) -> Result<String, Box<dyn Error>> {
    let mut text = String::from("[torvyn]\nname = \"large\"\nversion = \"0.1.0\"\ncontract_version = \"0.1.0\"\n");
    for component in 0..COMPONENTS {
        write!(
            text,
            "\n[[component]]\nname = \"stage-{component}\"\npath = \"stage-{component}\"\n"
        )?;
        let wit = root.join(format!("stage-{component}/wit"));
        let world = format!(
            "package large:stage-{component}@0.1.0;\n\nworld stage {{\n    export torvyn:streaming/processor@0.1.0;\n}}\n"
        );
        save(&wit.join("world.wit"), &world)?;
        for (path, contract) in contract::canonical() {
            save(&wit.join("deps").join(path), contract)?;
        }
    }
    for node in 0..NODES {
        let component = match node {
            0 => "builtin:generator".to_owned(),
            _ if node == NODES - 1 => "builtin:console".to_owned(),
            _ => format!("stage-{}", node % COMPONENTS),
        };
        write!(text, "\n[flow.main.nodes.n{node}]\ncomponent = \"{component}\"\n")?;
    }
    // A chain, and shortcuts that skip one node, two, ….
    let edges = (1..NODES).flat_map(|step| (0..NODES - step).map(move |from| (from, from + step)));
    for (from, to) in edges.take(EDGES) {
        write!(
            text,
            "\n[[flow.main.edges]]\nfrom = {{ node = \"n{from}\", port = \"output\" }}\nto = {{ node = \"n{to}\", port = \"input\" }}\n"
        )?;
    }
    save(&root.join("Torvyn.toml"), &text)?;
    Ok(text)
}

fn save(path: &Path, text: &str) -> Result<(), Box<dyn Error>> {
    fs::create_dir_all(path.parent().ok_or("files lie in folders")?)?;
    Ok(fs::write(path, text)?)
}

/// Types and removes a character of a node's name in the last edge: a mistake comes and goes.
fn keystrokes(this: &Path, root: &Path, manifest: &str) -> Result<(Duration, Vec<Duration>), Box<dyn Error>> {
    let mut editor = Editor::start(this, root.join("Torvyn.toml"))?;
    let start = Instant::now();
    editor.open(manifest)?;
    let opening = start.elapsed();
    let line = manifest.lines().count() - 1;
    let column = manifest
        .lines()
        .last()
        .and_then(|line| line.find("\", port"))
        .ok_or("the last line is an edge")?;
    let place = |character: usize| json!({ "line": line, "character": character });
    let mut took = Vec::new();
    for version in 1..=KEYSTROKES + KEYSTROKES / 10 {
        let typed = version % 2 == 1;
        let (end, text) = if typed { (column, "x") } else { (column + 1, "") };
        let start = Instant::now();
        let found = editor.change(
            version,
            &json!({ "range": { "start": place(column), "end": place(end) }, "text": text }),
        )?;
        took.push(start.elapsed());
        if (found > 0) != typed {
            return Err(format!("{found} diagnostics after keystroke {version}").into());
        }
    }
    Ok((opening, took.split_off(KEYSTROKES / 10)))
}

fn checks(this: &Path, root: &Path) -> Result<Vec<Duration>, Box<dyn Error>> {
    let check = || {
        let start = Instant::now();
        let output = Command::new(this).arg(CHECK).current_dir(root).output()?;
        if output.status.success() {
            Ok(start.elapsed())
        } else {
            Err(String::from_utf8_lossy(&output.stdout).into_owned().into())
        }
    };
    (0..CHECKS).map(|_| check()).collect()
}

/// The value below which this share of all values lies, in milliseconds.
fn milliseconds(all: &[Duration], share: f64) -> f64 {
    let mut sorted = all.to_vec();
    sorted.sort();
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "some hundred at most"
    )]
    let at = (share * (sorted.len() - 1) as f64).round() as usize;
    sorted[at].as_secs_f64() * 1e3
}

/// An editor with one open file.
struct Editor {
    server: Child,
    output: BufReader<ChildStdout>,
    uri: String,
}

impl Editor {
    fn start(this: &Path, manifest: PathBuf) -> Result<Self, Box<dyn Error>> {
        let mut server = Command::new(this)
            .arg(SERVE)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let output = BufReader::new(server.stdout.take().ok_or("standard output is a pipe")?);
        let uri = format!("file://{}", manifest.display());
        let mut editor = Self { server, output, uri };
        editor.send(&json!({ "jsonrpc": "2.0", "id": 1, "method": "initialize", "params": { "capabilities": {} } }))?;
        editor.send(&json!({ "jsonrpc": "2.0", "method": "initialized", "params": {} }))?;
        Ok(editor)
    }

    fn open(&mut self, text: &str) -> Result<(), Box<dyn Error>> {
        let document = json!({ "uri": self.uri, "languageId": "toml", "version": 0, "text": text });
        self.send(
            &json!({ "jsonrpc": "2.0", "method": "textDocument/didOpen", "params": { "textDocument": document } }),
        )?;
        self.diagnostics(0).map(|_| ())
    }

    /// Changes the file, and returns the number of diagnostics caused by the change.
    fn change(&mut self, version: usize, change: &Value) -> Result<usize, Box<dyn Error>> {
        let params = json!({ "textDocument": { "uri": self.uri, "version": version }, "contentChanges": [change] });
        self.send(&json!({ "jsonrpc": "2.0", "method": "textDocument/didChange", "params": params }))?;
        self.diagnostics(version)
    }

    fn diagnostics(&mut self, version: usize) -> Result<usize, Box<dyn Error>> {
        loop {
            let message = self.read()?;
            let params = &message["params"];
            if message["method"] == "textDocument/publishDiagnostics"
                && params["version"] == version
                && params["uri"] == self.uri.as_str()
            {
                return Ok(params["diagnostics"].as_array().map_or(0, Vec::len));
            }
        }
    }

    fn send(&mut self, message: &Value) -> Result<(), Box<dyn Error>> {
        let body = message.to_string();
        let input = self.server.stdin.as_mut().ok_or("standard input is a pipe")?;
        write!(input, "Content-Length: {}\r\n\r\n{body}", body.len())?;
        Ok(input.flush()?)
    }

    fn read(&mut self) -> Result<Value, Box<dyn Error>> {
        let mut length = 0;
        loop {
            let mut line = String::new();
            if self.output.read_line(&mut line)? == 0 {
                return Err("the server went away".into());
            }
            match line.trim().strip_prefix("Content-Length: ") {
                Some(count) => length = count.parse()?,
                None if line.trim().is_empty() => break,
                None => {}
            }
        }
        let mut body = vec![0; length];
        self.output.read_exact(&mut body)?;
        Ok(serde_json::from_slice(&body)?)
    }
}

impl Drop for Editor {
    fn drop(&mut self) {
        // The process may have ended already.
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}
