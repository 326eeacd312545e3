//! Whether a flow could not be started because the process may have too little address space, and how much it takes.

use rustix::process::{Resource, getrlimit};

use crate::error::{Cause, Failure};
use crate::plan::{FlowPlan, ProgramPlan};

/// Says of a failure for want of memory what is needed and what the limit is, if there is one that is too low.
pub(super) fn explained(failure: Failure, program: &ProgramPlan, flow: &FlowPlan) -> Failure {
    let cause = match (&failure.cause, getrlimit(Resource::As).current) {
        (Cause::NoMemory(_), Some(limit)) => too_little(program, flow, limit),
        (_, _) => None,
    };
    match cause {
        Some(cause) => Failure { cause, ..failure },
        None => failure,
    }
}

fn too_little(program: &ProgramPlan, flow: &FlowPlan, limit: u64) -> Option<Cause> {
    let memories = memories(flow);
    let needed = memories * program.tuning.address_space();
    (needed > limit).then_some(Cause::AddressSpace {
        memories,
        needed,
        limit,
    })
}

/// Linear memories of a flow, at least: one of each component, and the one that those on the core paths share.
fn memories(flow: &FlowPlan) -> u64 {
    let nodes = || flow.nodes.iter();
    let of_components = nodes().filter(|node| !node.component.starts_with("builtin:")).count() as u64;
    let exchange = u64::from(nodes().any(|node| node.on_core));
    u64::from(flow.replicas) * (of_components + exchange)
}
