//! A client that sends given messages and records the server's.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};

use crate::binary::torvync;

/// Longest wait for anything.
const PATIENCE: Duration = Duration::from_secs(60);

/// A client and its server.
pub(crate) struct Client {
    server: Child,
    input: ChildStdin,
    inbox: Receiver<Value>,
    requests: i64,
    /// The diagnostics published last, by file.
    pub(crate) diagnostics: BTreeMap<String, Vec<Value>>,
    /// All messages except answers and diagnostics.
    pub(crate) others: Vec<Value>,
}

impl Client {
    /// Starts a server, without initialising it.
    pub(crate) fn start() -> Self {
        let mut server = Command::new(torvync())
            .arg("lsp")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let (sender, inbox) = mpsc::channel();
        let output = BufReader::new(server.stdout.take().unwrap());
        thread::spawn(move || {
            let mut output = output;
            while let Some(message) = read(&mut output) {
                if sender.send(message).is_err() {
                    return;
                }
            }
        });
        Self {
            input: server.stdin.take().unwrap(),
            server,
            inbox,
            requests: 0,
            diagnostics: BTreeMap::new(),
            others: Vec::new(),
        }
    }

    /// An initialised server, for a client with these capabilities.
    pub(crate) fn with(capabilities: &Value) -> (Self, Value) {
        let mut client = Self::start();
        let answer = client.request(
            "initialize",
            &json!({ "processId": null, "rootUri": null, "capabilities": capabilities }),
        );
        client.notify("initialized", &json!({}));
        (client, answer["result"].clone())
    }

    /// A server for a client with few capabilities.
    pub(crate) fn plain() -> Self {
        Self::with(&json!({})).0
    }

    pub(crate) fn open(&mut self, path: &Path, text: &str) {
        let language = if path.extension().is_some_and(|extension| extension == "wit") {
            "wit"
        } else {
            "toml"
        };
        let document = json!({ "uri": uri(path), "languageId": language, "version": 0, "text": text });
        self.notify("textDocument/didOpen", &json!({ "textDocument": document }));
    }

    pub(crate) fn change(&mut self, path: &Path, version: i64, edits: &Value) {
        let document = json!({ "uri": uri(path), "version": version });
        self.notify(
            "textDocument/didChange",
            &json!({ "textDocument": document, "contentChanges": edits }),
        );
    }

    pub(crate) fn close(&mut self, path: &Path) {
        self.notify(
            "textDocument/didClose",
            &json!({ "textDocument": { "uri": uri(path) } }),
        );
    }

    pub(crate) fn notify(&mut self, method: &str, params: &Value) {
        self.send(&json!({ "jsonrpc": "2.0", "method": method, "params": params }));
    }

    /// The whole answer to a request.
    pub(crate) fn request(&mut self, method: &str, params: &Value) -> Value {
        self.requests += 1;
        let id = self.requests;
        self.send(&json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params }));
        self.wait(|message| message["id"] == id && message.get("method").is_none())
    }

    /// The result of a request about a position.
    pub(crate) fn at(&mut self, method: &str, path: &Path, line: usize, column: usize) -> Value {
        let position = json!({ "line": line, "character": column });
        let params = json!({ "textDocument": { "uri": uri(path) }, "position": position });
        let answer = self.request(&format!("textDocument/{method}"), &params);
        assert!(answer.get("error").is_none(), "{answer}");
        answer["result"].clone()
    }

    /// Waits until the server has answered everything sent to it.
    pub(crate) fn settle(&mut self) {
        self.request(
            "textDocument/documentSymbol",
            &json!({ "textDocument": { "uri": "file:///nothing" } }),
        );
    }

    /// Sends bytes unchanged.
    pub(crate) fn send_raw(&mut self, body: &str) {
        write!(self.input, "Content-Length: {}\r\n\r\n{body}", body.len()).unwrap();
        self.input.flush().unwrap();
    }

    /// Reads up to the wanted message.
    pub(crate) fn wait(&mut self, is_wanted: impl Fn(&Value) -> bool) -> Value {
        loop {
            let message = self.inbox.recv_timeout(PATIENCE).expect("the server answers in time");
            if message["method"] == "textDocument/publishDiagnostics" {
                let params = &message["params"];
                let list = params["diagnostics"].as_array().unwrap().clone();
                self.diagnostics
                    .insert(params["uri"].as_str().unwrap().to_owned(), list);
            } else if !is_wanted(&message) {
                self.others.push(message.clone());
            }
            if is_wanted(&message) {
                return message;
            }
        }
    }

    /// Ends the session as clients should. Returns the exit code.
    pub(crate) fn finish(mut self) -> Option<i32> {
        self.request("shutdown", &Value::Null);
        self.exit()
    }

    /// Ends the session. Returns the exit code.
    pub(crate) fn exit(mut self) -> Option<i32> {
        self.notify("exit", &Value::Null);
        self.server.wait().unwrap().code()
    }

    fn send(&mut self, message: &Value) {
        self.send_raw(&message.to_string());
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        // The process may have ended already.
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

/// The URI of a path without anything to escape.
pub(crate) fn uri(path: &Path) -> String {
    format!("file://{}", path.display())
}

fn read(output: &mut impl BufRead) -> Option<Value> {
    let mut length = 0;
    loop {
        let mut line = String::new();
        if output.read_line(&mut line).ok()? == 0 {
            return None;
        }
        match line.trim().strip_prefix("Content-Length: ") {
            Some(count) => length = count.parse().unwrap(),
            None if line.trim().is_empty() => break,
            None => {}
        }
    }
    let mut body = vec![0; length];
    output.read_exact(&mut body).ok()?;
    Some(serde_json::from_slice(&body).unwrap())
}
