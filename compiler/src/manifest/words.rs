//! Words of the manifest that only the compiler uses; the runtime has those of roles and policies.

use torvyn_runtime_core::words;

words! {
    /// Implementation language of a component.
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
    /// The requested call path of stages; a stage that can't take it takes the next slower one.
    pub enum Optimize {
        /// The fastest path of each stage: the default.
        Auto = "auto",
        /// Typed component functions.
        Component = "component",
        /// Core functions, one shell per stage.
        Direct = "direct",
        /// Core functions, one shell for a whole chain of stages.
        Fused = "fused",
    }
}

words! {
    /// Policy for capabilities that are not granted.
    pub enum CapabilityPolicy {
        /// They are denied.
        DenyAll = "deny-all",
        /// They are allowed.
        AllowAll = "allow-all",
    }
}
