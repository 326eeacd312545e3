//! How long after a keystroke an editor has the diagnostics: through the protocol, in a project of 100 nodes and 200
//! edges, beside the time that `torvync check` takes for the same project in the same run.
//!
//! Measures each `torvync` in the target folder: that of the tests, and an optimised one if it was built
//! (`cargo build --release --package torvync`).

#![expect(clippy::print_stdout, reason = "a benchmark prints its figures")]
#![expect(
    clippy::disallowed_methods,
    reason = "a benchmark lays out a project and starts processes in it"
)]

use std::error::Error;
use std::fmt::Write as _;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use torvync_compiler::contract;

const NODES: usize = 100;
const EDGES: usize = 200;

/// Components that share out the nodes, each with a contract and vendored contracts of its own.
const COMPONENTS: usize = 10;

/// Keystrokes measured, after a tenth as many that are not.
const KEYSTROKES: usize = 300;

/// Runs of `torvync check` measured.
const CHECKS: usize = 30;

/// Milliseconds from a keystroke to its diagnostics.
const GOAL: f64 = 50.0;

fn main() -> Result<(), Box<dyn Error>> {
    let folder = tempfile::tempdir()?;
    let manifest = lay_out(folder.path())?;
    println!(
        "{NODES} nodes, {EDGES} edges, {COMPONENTS} components, {} bytes; goal {GOAL} ms",
        manifest.len()
    );
    println!("torvync    keystroke: median      p95      max    check: median");
    let executable = std::env::current_exe()?;
    let target = executable
        .ancestors()
        .nth(3)
        .ok_or("benchmarks lie in target/PROFILE/deps")?;
    let name = format!("torvync{}", std::env::consts::EXE_SUFFIX);
    for profile in ["debug", "release"] {
        let torvync = target.join(profile).join(&name);
        if !torvync.is_file() {
            println!("{profile:<9}  not built");
            continue;
        }
        let keystrokes = keystrokes(&torvync, folder.path(), &manifest)?;
        let checks = checks(&torvync, folder.path())?;
        let at = |share: f64| milliseconds(&keystrokes, share);
        println!(
            "{profile:<9}  {:>14.2} ms {:>5.2} ms {:>5.2} ms  {:>10.2} ms",
            at(0.5),
            at(0.95),
            at(1.0),
            milliseconds(&checks, 0.5)
        );
    }
    Ok(())
}

/// Writes the project; returns its manifest.
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
    // A chain, and shortcuts that pass over one node, two, ….
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

/// Types and takes back a character of a node's name in the last edge: a mistake comes and goes.
fn keystrokes(torvync: &Path, root: &Path, manifest: &str) -> Result<Vec<Duration>, Box<dyn Error>> {
    let mut editor = Editor::start(torvync, root.join("Torvyn.toml"))?;
    editor.open(manifest)?;
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
    Ok(took.split_off(KEYSTROKES / 10))
}

fn checks(torvync: &Path, root: &Path) -> Result<Vec<Duration>, Box<dyn Error>> {
    let check = || {
        let start = Instant::now();
        let output = Command::new(torvync)
            .args(["check", "--quiet"])
            .current_dir(root)
            .output()?;
        if output.status.success() {
            Ok(start.elapsed())
        } else {
            Err(format!("the project is wrong: {}", String::from_utf8_lossy(&output.stderr)).into())
        }
    };
    (0..CHECKS).map(|_| check()).collect()
}

/// The value below which this share of all is, in milliseconds.
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
    fn start(torvync: &Path, manifest: PathBuf) -> Result<Self, Box<dyn Error>> {
        let mut server = Command::new(torvync)
            .arg("lsp")
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

    /// Changes the file; returns the number of diagnostics that the change brings.
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
        // Nothing is lost with it.
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}
