//! Failures to start a flow for lack of address space or open files, with the amounts it needs.

use rustix::process::{Resource, getrlimit};

use crate::error::{Cause, Failure};
use crate::plan::{FlowPlan, ProgramPlan};

/// Adds the amount needed and the limit to a failure for lack of memory or files, if the process has such a limit.
pub(crate) fn explained(failure: Failure, program: &ProgramPlan, flow: &FlowPlan) -> Failure {
    let limit = |resource| getrlimit(resource).current;
    let memories = memories(flow);
    let lacks_memory = matches!(failure.cause, Cause::NoMemory(_)) && memories > 0;
    let lacks_files = matches!(failure.cause, Cause::NoFile(_));
    let of_memory = limit(Resource::As).filter(|_| lacks_memory);
    let of_memory = of_memory.map(|limit| Cause::AddressSpace {
        memories,
        needed: memories * program.tuning.address_space(),
        limit,
    });
    let needed = files(flow);
    let of_files = limit(Resource::Nofile).filter(|limit| lacks_files && *limit < needed);
    let cause = of_memory.or_else(|| of_files.map(|limit| Cause::OpenFiles { needed, limit }));
    match cause {
        Some(cause) => Failure { cause, ..failure },
        None => failure,
    }
}

/// Least number of files open while a flow runs: the standard streams, those for signals, and one for each built-in end
/// of each replica.
fn files(flow: &FlowPlan) -> u64 {
    const STANDARD: u64 = 3;
    const OF_SIGNALS: u64 = 4;
    let ends = flow.nodes.iter().filter(|node| {
        let component = node.component;
        component.starts_with("builtin:") && component != "builtin:generator"
    });
    STANDARD + OF_SIGNALS + u64::from(flow.replicas) * ends.count() as u64
}

/// Least number of a flow's linear memories: one for each component, and the one shared by those on the core paths.
fn memories(flow: &FlowPlan) -> u64 {
    let nodes = || flow.nodes.iter();
    let of_components = nodes().filter(|node| !node.component.starts_with("builtin:")).count() as u64;
    let exchange = u64::from(nodes().any(|node| node.on_core));
    u64::from(flow.replicas) * (of_components + exchange)
}
