//! The report that a run writes with `--report=FILE`.

use serde_json::Value;

use crate::process::Finished;

/// Fields of each event, in the order in which [`Report::events`] shows them.
const EVENTS: [(&str, &[&str]); 14] = [
    ("backpressure-triggered", &["stream", "depth"]),
    ("backpressure-relieved", &["stream", "depth", "duration_ns", "dropped"]),
    ("sink-paused", &["node", "duration_ns"]),
    ("call-failed", &["node", "operation", "element", "code", "category"]),
    ("restarted", &["node", "count"]),
    ("retry", &["node", "element", "attempt", "delay_ns"]),
    ("skipped", &["node", "element", "category"]),
    ("dead-lettered", &["node", "element", "category"]),
    ("breaker-opened", &["node", "duration_ns"]),
    ("breaker-closed", &["node"]),
    ("notified", &["node", "signal"]),
    ("teardown-failed", &["node", "code"]),
    ("state", &["state"]),
    ("slow-quantum", &["duration_ns"]),
];

/// A finished run of one flow.
pub(crate) struct Reported {
    /// Output of the flow.
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    pub(crate) report: Report,
}

impl Reported {
    /// Reads the report. Fails the test unless it accounts for every element and every buffer, and states the exit
    /// code.
    #[track_caller]
    pub(crate) fn of(finished: Finished) -> Self {
        let (stdout, mut reports) = split(&finished);
        assert_eq!(reports.len(), 1, "one flow, one report: {finished}");
        let report = reports.remove(0);
        assert_eq!(report.0["exit_code"].as_i64(), finished.code.map(i64::from), "{report}");
        Self {
            stdout,
            stderr: finished.stderr,
            report,
        }
    }
}

impl Reported {
    /// Reads the report of a run that printed it.
    #[track_caller]
    pub(crate) fn printed(finished: Finished) -> Self {
        Self::of(Finished {
            report: Some(finished.stdout),
            stdout: String::new(),
            ..finished
        })
    }
}

/// The output of flows, and their reports, each of which accounts for every element and every buffer.
#[track_caller]
pub(crate) fn split(finished: &Finished) -> (String, Vec<Report>) {
    let text = finished.report.as_deref();
    let text = text.unwrap_or_else(|| panic!("the command does not report: {finished}"));
    let object: Value = serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {finished}"));
    let reports: Vec<Report> = match object.get("flows") {
        Some(Value::Array(flows)) => flows.iter().cloned().map(Report).collect(),
        Some(_) | None => vec![Report(object)],
    };
    for report in &reports {
        report.is_sound();
    }
    (finished.stdout.clone(), reports)
}

/// One report.
pub(crate) struct Report(Value);

impl std::fmt::Display for Report {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:#}", self.0)
    }
}

impl Report {
    #[track_caller]
    fn is_sound(&self) {
        assert_eq!(self.0["balanced"], true, "{self}");
        assert_eq!(self.0["pool"]["live"], 0, "{self}");
        assert_eq!(self.0["pool"]["allocated"], self.0["pool"]["returned"], "{self}");
    }

    /// A text at the top level of the report.
    #[track_caller]
    pub(crate) fn text(&self, key: &str) -> &str {
        let value = self.0[key].as_str();
        value.unwrap_or_else(|| panic!("no `{key}` in {self}"))
    }

    /// A number at the top level of the report.
    #[track_caller]
    pub(crate) fn number(&self, key: &str) -> u64 {
        let value = self.0[key].as_u64();
        value.unwrap_or_else(|| panic!("no `{key}` in {self}"))
    }

    /// A counter of the flow's pool, by its name.
    #[track_caller]
    pub(crate) fn pool(&self, key: &str) -> u64 {
        let value = self.0["pool"][key].as_u64();
        value.unwrap_or_else(|| panic!("no `{key}` in the pool of {self}"))
    }

    /// The counters of a node that are not zero: `in 3, out 2, skipped 1`, without its calls.
    #[track_caller]
    pub(crate) fn node(&self, name: &str) -> String {
        const COUNTS: [&str; 12] = [
            "in",
            "out",
            "filtered",
            "absorbed",
            "delivered",
            "flushed",
            "errors",
            "retries",
            "skipped",
            "dead_lettered",
            "failed",
            "restarts",
        ];
        let node = self.entry("nodes", |node| node["name"] == name, name);
        counts(node, &COUNTS)
    }

    /// One counter of a node.
    #[track_caller]
    pub(crate) fn count(&self, node: &str, key: &str) -> u64 {
        let node = self.entry("nodes", |found| found["name"] == node, node);
        node[key].as_u64().unwrap_or_else(|| panic!("no `{key}` in {node}"))
    }

    /// The stream between two nodes.
    #[track_caller]
    pub(crate) fn stream(&self, from: &str, to: &str) -> Stream<'_> {
        let starts = |end: &Value, node: &str| {
            end.as_str()
                .and_then(|end| end.split_once('.'))
                .is_some_and(|(name, _)| name == node)
        };
        let is_it = |stream: &Value| starts(&stream["from"], from) && starts(&stream["to"], to);
        Stream(self.entry("streams", is_it, &format!("{from} to {to}")))
    }

    fn entry(&self, list: &str, is_it: impl Fn(&Value) -> bool, what: &str) -> &Value {
        let entries = self.0[list]
            .as_array()
            .unwrap_or_else(|| panic!("no `{list}` in {self}"));
        let found = entries.iter().find(|entry| is_it(entry));
        found.unwrap_or_else(|| panic!("no {what} in {self}"))
    }

    /// The events of these kinds, in order: `30 retry middle 1 2 20` for milliseconds, kind and fields.
    pub(crate) fn events(&self, kinds: &[&str]) -> Vec<String> {
        let events = self.0["events"].as_array().expect("a list of events");
        let wanted = events
            .iter()
            .filter(|event| kinds.iter().any(|kind| event["event"] == **kind));
        wanted.map(event).collect()
    }

    /// Reports of the replicas, of a flow with several.
    pub(crate) fn replicas(&self) -> &[Value] {
        self.0["replicas"].as_array().expect("a list of replicas")
    }

    /// Number of events in the report, of any kind.
    pub(crate) fn events_kept(&self) -> usize {
        self.0["events"].as_array().expect("a list of events").len()
    }

    /// Codes of the failures.
    pub(crate) fn codes(&self) -> Vec<&str> {
        let errors = self.0["errors"].as_array().expect("a list of failures");
        errors.iter().filter_map(|error| error["code"].as_str()).collect()
    }

    /// The only failure, with its code.
    #[track_caller]
    pub(crate) fn failure(&self) -> String {
        let errors = self.0["errors"].as_array().expect("a list of failures");
        let [error] = errors.as_slice() else {
            panic!("not one failure: {self}")
        };
        let field = |key: &str| error[key].as_str().unwrap_or_default();
        format!("{}: {}", field("code"), field("message"))
    }
}

/// A stream in a report.
pub(crate) struct Stream<'a>(&'a Value);

impl Stream<'_> {
    /// A number of the stream, or the number of elements it dropped for a reason.
    #[track_caller]
    pub(crate) fn count(&self, key: &str) -> u64 {
        let value = self.0[key].as_u64().or_else(|| self.0["dropped"][key].as_u64());
        value.unwrap_or_else(|| panic!("no `{key}` in {}", self.0))
    }

    /// Policy of the stream.
    pub(crate) fn policy(&self) -> &str {
        self.0["policy"].as_str().expect("every stream has a policy")
    }
}

fn counts(entry: &Value, keys: &[&str]) -> String {
    let there = keys.iter().filter_map(|key| match entry[*key].as_u64() {
        Some(0) => None,
        Some(count) => Some(format!("{key} {count}")),
        None => panic!("no `{key}` in {entry}"),
    });
    there.collect::<Vec<_>>().join(", ")
}

fn event(event: &Value) -> String {
    let name = event["event"].as_str().expect("an event has a name");
    let fields = EVENTS.iter().find(|(known, _)| *known == name);
    let (_, fields) = fields.unwrap_or_else(|| panic!("unknown: {event}"));
    let told = fields.iter().map(|field| match event[*field].as_str() {
        Some(text) => text.to_owned(),
        None if field.ends_with("_ns") => millis(&event[*field]),
        None => event[*field].to_string(),
    });
    let head = [millis(&event["at_ns"]), name.to_owned()];
    head.into_iter().chain(told).collect::<Vec<String>>().join(" ")
}

/// Nanoseconds as milliseconds.
fn millis(ns: &Value) -> String {
    (ns.as_u64().expect("a time") as f64 / 1e6).to_string()
}
