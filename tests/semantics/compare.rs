//! Comparison of executables with the model, and with each other.

use serde_json::Value;
use similar::TextDiff;

use crate::model::{self, Outcome};
use crate::paths::{PATHS, comparable};
use crate::process::Finished;
use crate::program::Program;
use crate::shape::Case;

/// Runs a case in the model and on every call path. Returns the differences.
pub(crate) fn check(program: &Program, case: &Case) -> Result<(), String> {
    let expected = model::run(case);
    let runs = PATHS.map(|path| (path, program.run(path, case)));
    let of_model = runs.iter().flat_map(|(path, found)| {
        let differences = differences(&expected, found);
        differences.into_iter().map(move |text| format!("{path} path, {text}"))
    });
    let of_paths = runs.windows(2).flat_map(|pair| {
        let differences = between(&pair[0].1, &pair[1].1);
        differences
            .into_iter()
            .map(|text| format!("{} and {} path, {text}", pair[0].0, pair[1].0))
    });
    let differences: String = of_model.chain(of_paths).collect();
    match differences.is_empty() {
        true => Ok(()),
        false => Err(differences),
    }
}

/// The differences between the runs of one case on two call paths, without fields that depend on the machine.
fn between(one: &Finished, other: &Finished) -> Vec<String> {
    let mut differences = Vec::new();
    diff("output", &comparable(one), &comparable(other), &mut differences);
    differences
}

fn differences(expected: &Outcome, found: &Finished) -> Vec<String> {
    let report = found.report.as_deref().unwrap_or_default();
    let Ok(report) = serde_json::from_str::<Value>(report) else {
        return vec![format!("there is no report:\n{found}\n")];
    };
    let mut differences = Vec::new();
    if found.code != Some(expected.exit_code) {
        differences.push(format!(
            "exit code: expected {}, found {:?}\n",
            expected.exit_code, found.code
        ));
    }
    let expected_lines: String = expected.lines.iter().map(|line| format!("{line}\n")).collect();
    diff("lines of the sinks", &expected_lines, &found.stdout, &mut differences);
    diff("events", &events(&expected.report), &events(&report), &mut differences);
    fields("", &expected.report, &report, &mut differences);
    differences
}

fn diff(what: &str, expected: &str, found: &str, differences: &mut Vec<String>) {
    if expected != found {
        let diff = TextDiff::from_lines(expected, found);
        let text = diff
            .unified_diff()
            .context_radius(6)
            .header("expected", "found")
            .to_string();
        differences.push(format!("{what}:\n{text}"));
    }
}

/// The events, one per line. The model does not know the duration of a quantum or the words of a message.
fn events(report: &Value) -> String {
    let events = report["events"].as_array().into_iter().flatten();
    let told = events.filter(|event| event["event"] != "slow-quantum").cloned();
    told.map(|mut event| {
        if let Some(fields) = event.as_object_mut() {
            fields.remove("message");
        }
        format!("{event}\n")
    })
    .collect()
}

/// Compares the expected values, field by field; further fields are ignored.
fn fields(path: &str, expected: &Value, found: &Value, differences: &mut Vec<String>) {
    match (expected, found) {
        (Value::Object(expected), Value::Object(found)) => {
            for (key, value) in expected.iter().filter(|(key, _)| !path.is_empty() || *key != "events") {
                let found = found.get(key).unwrap_or(&Value::Null);
                fields(&format!("{path}.{key}"), value, found, differences);
            }
        }
        (Value::Array(expected), Value::Array(found)) if expected.len() == found.len() => {
            for (at, (expected, found)) in expected.iter().zip(found).enumerate() {
                let name = expected["name"].as_str().or(expected["from"].as_str());
                let at = name.map_or_else(|| at.to_string(), str::to_owned);
                fields(&format!("{path}[{at}]"), expected, found, differences);
            }
        }
        _ if expected == found => {}
        _ => differences.push(format!("report{path}: expected {expected}, found {found}\n")),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn outcome() -> Outcome {
        Outcome {
            lines: vec!["k 0 - x".to_owned()],
            report: json!({ "nodes": [{ "name": "k", "in": 1 }], "events": [{ "at_ns": 5 }] }),
            exit_code: 0,
            steps: 1,
        }
    }

    fn finished(code: i32, stdout: &str, report: &str) -> Finished {
        Finished {
            code: Some(code),
            stdout: stdout.to_owned(),
            stderr: String::new(),
            report: Some(report.to_owned()),
        }
    }

    #[test]
    fn what_the_model_does_not_say_is_free() {
        let found = r#"{"nodes":[{"name":"k","in":1,"calls":7}],"events":[{"event":"slow-quantum"},{"at_ns":5}]}"#;
        let found = finished(0, "k 0 - x\n", found);
        assert_eq!(differences(&outcome(), &found), Vec::<String>::new());
    }

    #[test]
    fn every_difference_is_told() {
        let found = finished(
            1,
            "k 1 - x\n",
            "{\"nodes\":[{\"name\":\"k\",\"in\":2}],\"events\":[]}\n",
        );
        let differences = differences(&outcome(), &found);
        assert_eq!(differences.len(), 4, "{differences:?}");
        assert_eq!(differences[3], "report.nodes[k].in: expected 1, found 2\n");
        assert!(differences[1].contains("-k 0 - x\n+k 1 - x\n"), "{differences:?}");
    }

    #[test]
    fn a_crash_is_a_difference() {
        let found = differences(&outcome(), &finished(101, "k 0 - x\n", ""));
        assert!(found[0].starts_with("there is no report"), "{found:?}");
    }
}
