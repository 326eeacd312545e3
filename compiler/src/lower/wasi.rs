//! Finds the WASI packages that the components of a program import: the executable contains no others. Shells import no
//! WASI.

use std::collections::BTreeSet;

use torvyn_codegen::ir::{CallPath, ComponentIdx, FlowIr, Implementation, Node, WasiPackage};
use wasmparser::Payload;

use crate::anatomy::outermost;
use crate::aot::Normalised;

/// The packages that components on the component path import, sorted. `binaries` are the components, by index.
pub(super) fn packages(flows: &[FlowIr], binaries: &[Normalised]) -> Vec<WasiPackage> {
    let nodes = flows.iter().flat_map(|flow| &flow.nodes);
    let whole: BTreeSet<ComponentIdx> = nodes.filter_map(whole_component).collect();
    let binaries = whole.iter().map(|component| &binaries[component.position()]);
    let names: Vec<String> = binaries.flat_map(|binary| imports(&binary.bytes)).collect();
    let used = |package: &WasiPackage| {
        let prefix = format!("wasi:{}/", package.as_str());
        names.iter().any(|name| name.starts_with(&prefix))
    };
    WasiPackage::ALL.into_iter().filter(used).collect()
}

/// The component of a stage on the component path; `None` for other stages.
fn whole_component(node: &Node) -> Option<ComponentIdx> {
    match (&node.path, &node.implementation) {
        (CallPath::Component { .. }, Implementation::Component { component, .. }) => Some(*component),
        (CallPath::Component { .. } | CallPath::Builtin | CallPath::Direct { .. } | CallPath::Fused { .. }, _) => None,
    }
}

/// Names of the imports of the outermost component.
pub(super) fn imports(component: &[u8]) -> Vec<String> {
    let mut names = Vec::new();
    for payload in outermost(component) {
        if let Payload::ComponentImportSection(section) = payload.expect("invariant: the component was read before") {
            let found = section
                .into_iter()
                .map(|import| import.expect("invariant: the component was read before"));
            names.extend(found.map(|import| import.name.name.to_owned()));
        }
    }
    names
}
