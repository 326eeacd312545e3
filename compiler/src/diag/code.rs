//! The catalogue of codes. A code is never reused; new ones extend a range.
//!
//! 00xx general, 01xx contracts, 02xx linking, 03xx resources, 04xx flows, 05xx security, 06xx packaging, 07xx
//! configuration. The explanations are in `explain/`, one file per code.

use std::fmt;

/// The command that finds a problem.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Raiser {
    /// `torvync init`.
    Init,
    /// `torvync check`, and every later step.
    Check,
    /// `torvync link`, and every later step: it needs component binaries, unlike `torvync check`.
    Link,
    /// `torvync build`.
    Build,
    /// The executable.
    Run,
    /// Nothing yet: reserved for a feature to come.
    Nothing,
}

macro_rules! codes {
    ($($name:ident = $code:literal, $raiser:ident, $summary:literal;)+) => {
        /// A kind of problem.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Code {
            $(#[doc = $summary] $name,)+
        }

        impl Code {
            /// Every code, in order of number.
            pub const ALL: &'static [Code] = &[$(Code::$name),+];

            /// The code as printed, such as `E0203`.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Code::$name => $code,)+
                }
            }

            /// Its name, such as `TopologyInvalid`.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self {
                    $(Code::$name => stringify!($name),)+
                }
            }

            /// The problem in one line.
            #[must_use]
            pub fn summary(self) -> &'static str {
                match self {
                    $(Code::$name => $summary,)+
                }
            }

            /// The command that finds it.
            #[must_use]
            pub fn raiser(self) -> Raiser {
                match self {
                    $(Code::$name => Raiser::$raiser,)+
                }
            }

            /// Cause and fix at length, with examples; Markdown.
            #[must_use]
            pub fn explanation(self) -> &'static str {
                match self {
                    $(Code::$name => include_str!(concat!("explain/", $code, ".md")),)+
                }
            }
        }
    };
}

codes! {
    ManifestNotFound = "E0001", Check, "there is no manifest at the given path";
    ManifestParseError = "E0002", Check, "the manifest is not valid TOML";
    DirectoryExists = "E0003", Init, "the folder for a new project is not empty";
    ToolchainMissing = "E0010", Build, "a tool that the build needs is missing";
    GuestBuildFailed = "E0011", Build, "a component could not be compiled";
    AotFailed = "E0012", Build, "a component could not be compiled to machine code";
    ExecutableBuildFailed = "E0013", Build, "the executable could not be compiled";
    IoFailed = "E0014", Build, "a file could not be read or written";
    NotSupported = "E0020", Check, "the manifest uses something that this version does not implement";
    WitSyntaxError = "E0100", Check, "a .wit file has a syntax error";
    WitResolutionError = "E0101", Check, "a name in a .wit file could not be resolved";
    WorldIncomplete = "E0102", Check, "a component exports no interface that processes elements";
    CapabilityMismatch = "E0103", Check, "a contract needs a capability that the manifest does not declare";
    ComponentInvalid = "E0104", Check, "a component binary is damaged or not WebAssembly";
    NoWitMetadata = "E0105", Check, "a core module does not say which world it implements";
    WorldAmbiguous = "E0106", Check, "a component's contract has several worlds, and none has its name";
    DeprecatedContractVersion = "E0110", Check, "a component uses a deprecated part of its contract";
    InterfaceIncompatible = "E0200", Check, "two connected components do not fit together";
    VersionMismatch = "E0201", Check, "a component or project targets other contracts than the runtime";
    CapabilityNotGranted = "E0202", Check, "a capability that a component requires is not granted";
    TopologyInvalid = "E0203", Check, "the graph of a flow is malformed";
    RouterPortUnknown = "E0204", Check, "the edges of a router do not match its ports";
    PortUnknown = "E0205", Check, "an edge names a port that its node does not have";
    ComponentNotFound = "E0210", Check, "a component could not be found";
    InterfaceNotExported = "E0211", Check, "a component does not export the interface its node declares";
    ImportUnknown = "E0212", Check, "a component imports something the runtime does not provide";
    WorldNotKept = "E0213", Check, "the code of a component disagrees with its world";
    AllocationFailed = "E0300", Run, "a buffer could not be allocated";
    PoolExhausted = "E0301", Run, "a buffer pool is empty";
    NotOwner = "E0302", Nothing, "a component used a buffer that it does not own";
    StaleHandle = "E0303", Run, "a component used a buffer handle that is no longer valid";
    BorrowsOutstanding = "E0304", Run, "a buffer was given away while it was lent";
    CapacityExceeded = "E0305", Nothing, "a write would exceed the capacity of a buffer";
    ElementTooLarge = "E0306", Run, "an element is larger than its stream allows";
    BudgetExceeded = "E0310", Run, "a component would exceed its buffer budget";
    FlowDeadlineExceeded = "E0400", Run, "a flow ran longer than its deadline or `--timeout`";
    ComponentTimeout = "E0401", Run, "a call into a component took too long";
    FlowCancelled = "E0402", Run, "a flow was cancelled";
    StreamOverflow = "E0403", Run, "an element arrived at a full stream with the policy `error`";
    FatalComponentError = "E0410", Run, "a component returned `process-error::fatal`";
    ComponentError = "E0411", Run, "a component could not handle an element";
    ComponentTrapped = "E0412", Run, "a component trapped";
    InitFailed = "E0413", Run, "a component could not be set up";
    EndpointFailed = "E0414", Run, "a built-in source or sink could not read or write";
    ResourceMisuse = "E0415", Run, "a component broke the rules of the contracts";
    TooManyRestarts = "E0416", Run, "a component had to be restarted too often";
    CapabilityDenied = "E0500", Link, "a component used a capability that it was not granted";
    SandboxViolation = "E0501", Nothing, "a component tried to leave its sandbox";
    AuditLogFailed = "E0510", Nothing, "the audit log could not be written";
    ArtifactInvalid = "E0600", Nothing, "a packaged artifact is not valid";
    RegistryAuthFailed = "E0601", Nothing, "the registry refused the credentials";
    PushFailed = "E0602", Nothing, "an artifact could not be pushed";
    SigningFailed = "E0603", Nothing, "an artifact could not be signed";
    InvalidFieldType = "E0700", Check, "a value in the manifest has the wrong type";
    UnknownField = "E0701", Check, "the manifest has a key that does not exist";
    ConstraintViolation = "E0702", Check, "a value in the manifest is malformed or out of range";
    DuplicateName = "E0703", Check, "something is declared twice";
    InvalidOption = "E0704", Check, "a command-line option does not fit the project";
    MissingField = "E0705", Check, "the manifest lacks something it needs";
    SettingIneffective = "E0706", Check, "a setting has no effect where it is written";
}

impl Code {
    /// The code that `text` names, as `E0203`, `e203` or `203`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.trim_start_matches(['E', 'e']);
        let number: u32 = digits.parse().ok()?;
        let wanted = format!("E{number:04}");
        Self::ALL.iter().copied().find(|code| code.as_str() == wanted)
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_sorted_and_explained() {
        assert!(Code::ALL.windows(2).all(|pair| pair[0].as_str() < pair[1].as_str()));
        for code in Code::ALL {
            assert!(code.explanation().trim().len() > 80, "{code}");
            assert!(!code.summary().ends_with('.'), "{code}");
        }
    }

    #[test]
    fn codes_are_found_by_number() {
        assert_eq!(Code::parse("e0203"), Some(Code::TopologyInvalid));
        assert_eq!(Code::parse("203"), Some(Code::TopologyInvalid));
        assert_eq!(Code::parse("E9999"), None);
        assert_eq!(Code::parse("topology"), None);
    }
}
