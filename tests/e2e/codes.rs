//! Each code that a run raises, raised by one.

use std::collections::BTreeSet;
use std::time::Duration;

use torvync_compiler::diag::Code;
use torvync_compiler::diag::code::Raiser;

use crate::lab::{LAB, Lab, POLICIES};
use crate::report::Reported;

/// A run that raises a code: its flow, settings and options, and its exit code.
struct Raising(Code, &'static Lab, &'static str, &'static [&'static str], i32);

const RUNS: &[Raising] = &[
    Raising(
        Code::AllocationFailed,
        &LAB,
        "passthrough",
        &["source.size=16777217"],
        1,
    ),
    Raising(
        Code::PoolExhausted,
        &LAB,
        "hostile",
        &[r#"middle={"leak-buffers":{"count":200000,"size":64}}"#],
        1,
    ),
    Raising(Code::StaleHandle, &LAB, "hostile", &["middle=\"use-after-drop\""], 1),
    Raising(
        Code::BorrowsOutstanding,
        &LAB,
        "hostile",
        &["middle=\"keep-borrow\""],
        1,
    ),
    Raising(
        Code::ElementTooLarge,
        &POLICIES,
        "sized",
        &["middle.script=\"obo\"", "--limit=3"],
        0,
    ),
    Raising(Code::BudgetExceeded, &LAB, "hostile", &["middle=\"hoard-buffers\""], 1),
    Raising(Code::FlowDeadlineExceeded, &POLICIES, "short", &[], 1),
    Raising(
        Code::ComponentTimeout,
        &LAB,
        "broken-processor",
        &["middle.fault=loop", "middle.in=process"],
        1,
    ),
    Raising(
        Code::StreamOverflow,
        &POLICIES,
        "overload-error",
        &["sink.every=500000"],
        1,
    ),
    Raising(
        Code::FatalComponentError,
        &LAB,
        "broken-processor",
        &["middle.fault=fatal", "middle.in=process"],
        1,
    ),
    Raising(
        Code::ComponentError,
        &LAB,
        "broken-processor",
        &["middle.fault=internal", "middle.in=process"],
        1,
    ),
    Raising(
        Code::ComponentTrapped,
        &LAB,
        "broken-processor",
        &["middle.fault=trap", "middle.in=process"],
        1,
    ),
    Raising(Code::InitFailed, &LAB, "count", &["source.count=many"], 1),
    Raising(Code::EndpointFailed, &LAB, "lines", &["--input=nowhere"], 1),
    Raising(
        Code::ResourceMisuse,
        &LAB,
        "hostile",
        &[r#"middle={"long-content-type":{"size":1025}}"#],
        1,
    ),
    Raising(
        Code::TooManyRestarts,
        &POLICIES,
        "skipping",
        &["processor.script=\"t\"", "--limit=20"],
        1,
    ),
];

#[test]
fn every_code_of_a_run_is_raised_by_one() {
    let mut raised = BTreeSet::from([cancelled()]);
    for Raising(code, lab, flow, settings, exit) in RUNS {
        let settings = [&["--clock=simulated"], *settings].concat();
        let told = lab.built().report(flow, &settings, *exit);
        assert!(raises(&told, *code), "{code}: {}", told.report);
        raised.insert(code.as_str());
    }
    let of_runs = Code::ALL.iter().filter(|code| code.raiser() == Raiser::Run);
    let of_runs: BTreeSet<&str> = of_runs.map(|code| code.as_str()).collect();
    assert_eq!(raised, of_runs);
}

/// Whether the code is that of the only failure, or of a call that failed.
fn raises(told: &Reported, code: Code) -> bool {
    let calls = told.report.events(&["call-failed"]);
    told.report.codes() == [code.as_str()]
        || calls
            .iter()
            .any(|call| call.split(' ').any(|part| part == code.as_str()))
}

/// A signal that comes before the call drains the flow: the next run has more time to get there.
fn cancelled() -> &'static str {
    let settings = ["middle.fault=loop", "middle.in=process", "middle.element=1"];
    let is_cancelled = (0..10).any(|run| {
        let running = LAB.built().start_flow("stuck", &settings);
        running.wait_for("push 0 ");
        std::thread::sleep(Duration::from_millis(20 << run));
        let told = Reported::of(running.insist("INT").expect_code(130));
        raises(&told, Code::FlowCancelled)
    });
    assert!(is_cancelled, "a call goes on when the signals come");
    Code::FlowCancelled.as_str()
}
