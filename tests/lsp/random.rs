//! Ten thousand random edits: at every moment the server reports what a fresh check reports.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use fastrand::Rng;
use serde_json::{Value, json};
use torvync_compiler::diag::{Diagnostic, Severity};
use torvync_compiler::driver::Analysis;
use torvync_compiler::source::Span;

use crate::binary::torvync;
use crate::client::{Client, uri};
use crate::project::{MANIFEST, Project, WORLD, check};

const EDITS: usize = 10_000;

/// Pieces of text that break the project in interesting ways, or mend it.
const PIECES: [&str; 28] = [
    "\"",
    "[",
    "]]",
    "{",
    "}",
    "=",
    "\n",
    "\r\n",
    "\r",
    "#",
    ".",
    ",",
    " ",
    "x",
    "ä",
    "𝄞",
    "日本",
    "\"\"\"",
    "'",
    "\\",
    "/",
    ";",
    "[flow.main.nodes.x]\n",
    "[[flow.main.edges]]\n",
    "component = \"upper\"\n",
    "queue_depth = 5",
    "interface y { }",
    "// 𝄞\n",
];

/// The expected state of a document.
struct Mirror {
    text: String,
    good: &'static str,
    version: i64,
}

impl Mirror {
    fn new(text: &'static str) -> Self {
        Self {
            text: text.to_owned(),
            good: text,
            version: 0,
        }
    }

    /// Changes the text, and returns the change in terms of the protocol.
    fn edit(&mut self, rng: &mut Rng) -> Value {
        if rng.u32(..150) == 0 {
            self.text = self.good.to_owned();
            return json!({ "text": self.text });
        }
        let (start, most) = (self.boundary(rng.usize(..=self.text.len())), rng.usize(..12));
        let end = self.boundary((start + most).min(self.text.len())).max(start);
        let (range, new) = match rng.u32(..3) {
            0 => (start..start, PIECES[rng.usize(..PIECES.len())].to_owned()),
            1 => (start..end, String::new()),
            // A piece from elsewhere in the text.
            _ => {
                let from = self.boundary(rng.usize(..=self.text.len()));
                let to = self.boundary((from + rng.usize(..20)).min(self.text.len())).max(from);
                (start..end, self.text[from..to].to_owned())
            }
        };
        let change = json!({ "range": lsp_range(&self.text, range.start, range.end), "text": new });
        self.text.replace_range(range, &new);
        change
    }

    /// The nearest lower offset at which an edit can begin: not inside a character or `\r\n`.
    fn boundary(&self, mut at: usize) -> usize {
        let inside = |at: usize| {
            !self.text.is_char_boundary(at) || (self.text[..at].ends_with('\r') && self.text[at..].starts_with('\n'))
        };
        while inside(at) {
            at -= 1;
        }
        at
    }
}

/// Line and column by the letter of the protocol: lines end with `\n`, `\r\n` or `\r`.
fn lsp_position(text: &str, offset: usize) -> Value {
    let (mut line, mut column) = (0, 0);
    let mut characters = text.char_indices().peekable();
    while let Some((at, character)) = characters.next() {
        if at >= offset {
            break;
        }
        let ends = match character {
            '\n' => true,
            '\r' => characters.peek().is_none_or(|(_, next)| *next != '\n'),
            _ => false,
        };
        (line, column) = if ends {
            (line + 1, 0)
        } else {
            (line, column + character.len_utf16())
        };
    }
    json!({ "line": line, "character": column })
}

fn lsp_range(text: &str, start: usize, end: usize) -> Value {
    json!({ "start": lsp_position(text, start), "end": lsp_position(text, end) })
}

/// The diagnostics that the server should have published, by URI.
fn expected(analysis: &Analysis, project: &Project) -> BTreeMap<String, Vec<Value>> {
    let name = |span: Span| uri(&project.path(analysis.sources.name(span.source)));
    let range = |span: Span| lsp_range(analysis.sources.text(span.source), span.start, span.end);
    let mut all: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    for diagnostic in analysis.diagnostics.iter() {
        let main = diagnostic
            .labels
            .iter()
            .find(|label| label.primary)
            .or(diagnostic.labels.first());
        let related = diagnostic.labels.iter().filter(|label| Some(*label) != main);
        let related = related.map(|label| json!([name(label.span), range(label.span), label.text]));
        let value = json!({
            "range": main.map_or_else(|| lsp_range("", 0, 0), |label| range(label.span)),
            "code": diagnostic.code.as_str(),
            "severity": if diagnostic.severity == Severity::Error { 1 } else { 2 },
            "message": message(diagnostic),
            "related": related.collect::<Vec<_>>(),
        });
        let at = main.map_or_else(|| uri(&project.manifest()), |label| name(label.span));
        all.entry(at).or_default().push(value);
    }
    all
}

fn message(diagnostic: &Diagnostic) -> String {
    let label = diagnostic
        .labels
        .iter()
        .find(|label| label.primary)
        .map(|label| label.text.clone());
    let mut lines = vec![diagnostic.message.clone()];
    lines.extend(label.filter(|text| !text.is_empty()));
    lines.extend(diagnostic.notes.iter().map(|note| format!("note: {}", note.trim_end())));
    lines.extend(diagnostic.help.iter().map(|help| format!("help: {}", help.trim_end())));
    lines.join("\n")
}

/// The diagnostics that were published, by URI.
fn published(client: &Client) -> BTreeMap<String, Vec<Value>> {
    let simple = |found: &Value| {
        let related = found["relatedInformation"].as_array().cloned().unwrap_or_default();
        let related = related
            .iter()
            .map(|place| json!([place["location"]["uri"], place["location"]["range"], place["message"]]));
        json!({
            "range": found["range"],
            "code": found["code"],
            "severity": found["severity"],
            "message": found["message"],
            "related": related.collect::<Vec<_>>(),
        })
    };
    let files = client.diagnostics.iter().filter(|(_, list)| !list.is_empty());
    files
        .map(|(uri, list)| (uri.clone(), list.iter().map(simple).collect()))
        .collect()
}

#[test]
fn after_any_edits_the_server_says_what_a_fresh_check_says() {
    let project = Project::new();
    let mut client = Client::plain();
    let mut mirrors = [Mirror::new(MANIFEST), Mirror::new(WORLD)];
    let paths = [project.manifest(), project.world()];
    for (path, mirror) in paths.iter().zip(&mirrors) {
        client.open(path, &mirror.text);
    }
    let mut rng = Rng::with_seed(20_251_121);
    let (mut edits, mut clean, mut broken) = (0, 0, 0);
    let mut next_look = 0;
    while edits < EDITS {
        let which = usize::from(rng.u32(..3) == 0);
        let mirror = &mut mirrors[which];
        let changes: Vec<Value> = (0..rng.usize(1..=4)).map(|_| mirror.edit(&mut rng)).collect();
        edits += changes.len();
        mirror.version += 1;
        client.change(&paths[which], mirror.version, &Value::Array(changes));
        if edits >= next_look {
            next_look = edits + 60;
            client.settle();
            let analysis = check(&mirrors[0].text, &mirrors[1].text);
            if analysis.diagnostics.is_empty() {
                clean += 1
            } else {
                broken += 1
            }
            let (found, wanted) = (published(&client), expected(&analysis, &project));
            assert_eq!(
                found, wanted,
                "after {edits} edits\n--- manifest\n{}\n--- world\n{}",
                mirrors[0].text, mirrors[1].text
            );
            features(&mut client, &mut rng, &paths, &mirrors);
        }
    }
    client.settle();
    assert_eq!(
        published(&client),
        expected(&check(&mirrors[0].text, &mirrors[1].text), &project)
    );
    assert!(broken > 100, "{clean} clean and {broken} broken states were looked at");
    assert_eq!(by_the_command(&project, &mirrors), by_the_server(&client, &project));
    assert_eq!(client.finish(), Some(0));
}

/// Requests every feature somewhere: none may fail, whatever is broken.
fn features(client: &mut Client, rng: &mut Rng, paths: &[std::path::PathBuf; 2], mirrors: &[Mirror; 2]) {
    for (path, mirror) in paths.iter().zip(mirrors) {
        let offset = mirror.boundary(rng.usize(..=mirror.text.len()));
        let range = lsp_range(&mirror.text, offset, mirror.text.len());
        let params = json!({
            "textDocument": { "uri": uri(path) },
            "position": range["start"],
            "range": range,
            "context": { "diagnostics": [], "includeDeclaration": true },
        });
        for method in [
            "completion",
            "hover",
            "definition",
            "references",
            "prepareRename",
            "documentSymbol",
            "codeAction",
            "inlayHint",
        ] {
            let answer = client.request(&format!("textDocument/{method}"), &params);
            assert!(answer.get("error").is_none(), "{method}: {answer}\n{}", mirror.text);
        }
    }
}

/// Codes, places and messages of `torvync check` for the final texts.
fn by_the_command(project: &Project, mirrors: &[Mirror; 2]) -> Vec<String> {
    project.write("Torvyn.toml", &mirrors[0].text);
    project.write("upper/wit/world.wit", &mirrors[1].text);
    let mut command = Command::new(torvync());
    command
        .args(["check", "--format", "json"])
        .current_dir(project.path(""));
    let output = command.output().unwrap();
    let shown: Value = serde_json::from_slice(&output.stdout).unwrap();
    let all = ["errors", "warnings"]
        .into_iter()
        .flat_map(|list| shown[list].as_array().unwrap());
    let mut lines: Vec<String> = all
        .map(|found| {
            let label = found["labels"]
                .as_array()
                .unwrap()
                .iter()
                .find(|label| label["primary"] == true);
            let file = label.map_or("Torvyn.toml", |label| label["file"].as_str().unwrap());
            format!("{file} {} {}", found["code"], found["message"])
        })
        .collect();
    lines.sort();
    lines
}

fn by_the_server(client: &Client, project: &Project) -> Vec<String> {
    let root = uri(Path::new(&project.path("")));
    let mut lines: Vec<String> = Vec::new();
    for (uri, list) in &client.diagnostics {
        for found in list {
            let message = found["message"].as_str().unwrap().lines().next().unwrap();
            let file = uri.strip_prefix(&root).unwrap();
            lines.push(format!("{file} {} {}", found["code"], json!(message)));
        }
    }
    lines.sort();
    lines
}
