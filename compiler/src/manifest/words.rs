//! The words of the manifest that only the compiler acts on; those of roles and policies are the runtime's too.

use torvyn_runtime_core::words;

words! {
    /// What a component is written in.
    pub enum Language {
        /// Rust, built with cargo.
        Rust = "rust",
        /// Go.
        Go = "go",
        /// Python.
        Python = "python",
        /// Zig.
        Zig = "zig",
    }
}

words! {
    /// Scheduling class of a flow.
    pub enum Priority {
        /// Yields least often.
        Critical = "critical",
        /// Yields less often.
        High = "high",
        /// The default.
        Normal = "normal",
        /// Yields most often.
        Background = "background",
    }
}

words! {
    /// The call path that is wanted for stages; those that can't take it take the next slower one.
    pub enum Optimize {
        /// Typed component functions.
        Component = "component",
        /// Core functions, one shell per stage: the default.
        Direct = "direct",
        /// Core functions, one shell for a whole chain of stages.
        Fused = "fused",
    }
}

words! {
    /// Policy for capabilities that are not granted.
    pub enum CapabilityPolicy {
        /// It is missing.
        DenyAll = "deny-all",
        /// It is allowed all the same.
        AllowAll = "allow-all",
    }
}
