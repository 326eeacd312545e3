//! Checks of replicas. They divide either the elements of the sources or the ports of a router; in the second case,
//! every replica processes all elements upstream of the router.

mod ports;

use torvyn_codegen::ir::Role;
use torvyn_runtime_core::bounds::{REPLICA, REPLICA_COUNT};

use crate::contract::ContractSet;
use crate::diag::{Checked, Code, Diagnostic, Diagnostics};
use crate::resolve::{Implementation, ResolvedFlow, ResolvedNode, ResolvedProject};
use crate::source::Span;

/// Checks that the replicas of a flow divide its work, as far as the roles of its nodes are known.
pub(super) fn check(
    diags: &mut Diagnostics,
    project: &ResolvedProject,
    contracts: &ContractSet,
    flow: &ResolvedFlow,
    roles: &[Option<Role>],
) -> Checked<()> {
    match flow.replicas_by {
        Some(router) => ports::check(diags, flow, roles, router),
        None => check_sources(diags, project, contracts, flow, roles),
    }
}

/// Checks that each component source of a flow with several replicas can find out its part of the elements.
fn check_sources(
    diags: &mut Diagnostics,
    project: &ResolvedProject,
    contracts: &ContractSet,
    flow: &ResolvedFlow,
    roles: &[Option<Role>],
) -> Checked<()> {
    let Some(replicas) = flow.settings.replicas.filter(|replicas| replicas.value > 1) else {
        return Ok(());
    };
    let before = diags.errors();
    let nodes = flow.nodes.iter().zip(roles);
    for (node, _) in nodes.filter(|(node, role)| node.complete && **role == Some(Role::Source)) {
        let Some(Implementation::Component(component)) = node.implementation.map(|found| found.value) else {
            continue;
        };
        let signature = contracts.signature(&project.component(component).reference);
        let mistake = match (node.settings.config().contains(REPLICA), signature) {
            (false, _) => Mistake::PartNotConfigured,
            (true, Some(signature)) if !signature.lifecycle => Mistake::NoLifecycle,
            (true, Some(_) | None) => continue,
        };
        diags.error(mistake.of(node, replicas.value, replicas.span));
    }
    if diags.errors() > before {
        diags.barrier()
    } else {
        Ok(())
    }
}

enum Mistake {
    /// The configuration doesn't mention the number of the replica.
    PartNotConfigured,
    /// The component doesn't export `lifecycle`, so it never receives its configuration.
    NoLifecycle,
}

impl Mistake {
    fn of(self, node: &ResolvedNode, count: u32, replicas: Span) -> ReplicaError {
        ReplicaError {
            mistake: self,
            source: node.name.value.clone(),
            at: node.name.span,
            count,
            replicas,
        }
    }
}

struct ReplicaError {
    mistake: Mistake,
    source: String,
    at: Span,
    count: u32,
    replicas: Span,
}

impl From<ReplicaError> for Diagnostic {
    fn from(error: ReplicaError) -> Self {
        let (source, count) = (error.source, error.count);
        let diagnostic = Diagnostic::error(
            Code::ConstraintViolation,
            format!("each of the {count} replicas would produce all elements of source `{source}`"),
        );
        match error.mistake {
            Mistake::PartNotConfigured => diagnostic
                .primary(error.at, format!("its `config` does not mention `{REPLICA}`"))
                .secondary(error.replicas, "asked for here")
                .note(format!(
                    "in `config`, `{REPLICA}` is the number of the replica, from 0, and `{REPLICA_COUNT}` is {count}"
                ))
                .help(format!(
                    "pass the source its share, such as `config = {{ part = \"{REPLICA}\", parts = \"{REPLICA_COUNT}\" }}`; \
                     built-in sources need no setting"
                )),
            Mistake::NoLifecycle => diagnostic
                .primary(error.at, "can't find out its share")
                .secondary(error.replicas, "asked for here")
                .note("its component does not export `torvyn:streaming/lifecycle`, so it never receives its `config`")
                .help("export `lifecycle` and read the share in `init`, or remove `replicas`"),
        }
    }
}
