//! The output of `--help`.

use super::flow_list;
use crate::flow::FlowEntry;
use crate::plan::ProgramPlan;

/// The text of `--help`.
pub(in crate::entry) fn help(program: &ProgramPlan, flows: &[FlowEntry]) -> String {
    let (name, version, description) = (program.name, program.version, program.description);
    let title = if description.is_empty() {
        String::new()
    } else {
        format!("{description}\n\n")
    };
    let perf_map = match program.code_map {
        Some(_) => {
            "  --perf-map               Write the addresses of components' functions to /tmp/perf-<process>.map, for `perf`\n"
        }
        None => "",
    };
    format!(
        "{name} {version}\n{title}\
Usage: {name} [run] [FLOW] [OPTIONS]
       {name} inspect [--format json]

Runs a flow ({flows}; default: the first).

Options:
  --flow NAME              The flow to run
  --all                    Run all flows at once
  --input [NODE=]SOURCE    Replace a source: a file, `stdin` (or `-`), `generator`
  --output [NODE=]SINK     Replace a sink: a file (appended to), `stdout` (or `-`)
                           For a file name with `=`, write ./a=b or NODE=a=b
  --limit N                Stop the sources after N elements
  --timeout DURATION       Drain the flow after 250ms, 30s, 1m30s, …
  --clock CLOCK            system (default), simulated: time passes only while all stages wait
  --config NODE.KEY=VALUE  Override a key of a node's configuration (NODE=TEXT: all of it)
  --report[=FILE]          Print the summary and account of a failed flow too; with FILE, write the whole
                           report there as a JSON object (`-`: standard output)
{perf_map}  --log-level LEVEL        error, warn, info (default), debug = trace; also TORVYN_LOG
  --format FORMAT          human (default), json: only that object, on standard output or in the file of
                           `--report`. Standard output is then reserved for the object: elements must go to a
                           file, and the output of components goes to standard error
  --color WHEN             auto (default), always, never
  --quiet                  As `--log-level error`
  -h, --help               Print this
  -V, --version            Print the version

Exit codes: 0 completed or drained, 1 a stage failed, 2 wrong arguments, 130 drained after SIGINT.
",
        flows = flow_list(flows)
    )
}
