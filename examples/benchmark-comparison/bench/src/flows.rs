//! The flows of `Torvyn.toml`, as `torvync` compiled them. Included as they are: a new flow in the manifest is a new flow
//! here.

use torvyn_runtime_core::emitted::{FlowEntry, Paths, ProgramPlan};

#[expect(unsafe_code, reason = "the machine code of the components is declared as such")]
#[expect(dead_code, reason = "the `main` of the executable is not the one here")]
mod generated {
    use super::{FlowEntry, Paths, ProgramPlan};

    include!(concat!(env!("OUT_DIR"), "/flows/main.rs"));

    /// What all flows share.
    pub(crate) fn program() -> &'static ProgramPlan {
        &PROGRAM
    }

    /// The call paths that they use.
    pub(crate) fn paths() -> Paths {
        PATHS
    }

    /// The flows, in the order of the manifest.
    pub(crate) fn flows() -> &'static [FlowEntry] {
        FLOWS
    }
}

pub(crate) use generated::{flows as all, paths, program};
