//! Builds projects with the real `torvync` and runs the executables it makes.
#![expect(
    clippy::disallowed_methods,
    reason = "the tests start programs, and read and write what these read and write"
)]

#[path = "e2e/artifacts.rs"]
mod artifacts;
#[path = "e2e/backpressure.rs"]
mod backpressure;
mod binary;
#[cfg(target_os = "linux")]
#[path = "e2e/calls.rs"]
mod calls;
#[path = "e2e/capabilities.rs"]
mod capabilities;
#[path = "e2e/codes.rs"]
mod codes;
#[path = "e2e/command_line.rs"]
mod command_line;
#[path = "e2e/copies.rs"]
mod copies;
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
#[path = "e2e/cross.rs"]
mod cross;
#[path = "e2e/crowd.rs"]
mod crowd;
#[path = "e2e/draining.rs"]
mod draining;
#[path = "e2e/endings.rs"]
mod endings;
#[cfg(target_os = "linux")]
#[path = "e2e/ends.rs"]
mod ends;
#[path = "e2e/examples.rs"]
mod examples;
#[path = "e2e/failures.rs"]
mod failures;
#[path = "e2e/flows.rs"]
mod flows;
#[path = "e2e/freshness.rs"]
mod freshness;
#[path = "e2e/guests.rs"]
mod guests;
#[path = "e2e/hostile.rs"]
mod hostile;
#[path = "e2e/lab.rs"]
mod lab;
#[path = "e2e/languages.rs"]
mod languages;
#[path = "e2e/load.rs"]
mod load;
#[cfg(target_os = "linux")]
#[path = "e2e/memory.rs"]
mod memory;
#[cfg(target_os = "linux")]
#[path = "e2e/outside.rs"]
mod outside;
#[path = "e2e/overload.rs"]
mod overload;
#[path = "e2e/paths.rs"]
mod paths;
#[path = "e2e/places.rs"]
mod places;
#[path = "e2e/policies.rs"]
mod policies;
#[path = "e2e/process.rs"]
mod process;
#[cfg(target_os = "linux")]
#[path = "e2e/profiling.rs"]
mod profiling;
#[path = "e2e/replicas.rs"]
mod replicas;
#[path = "e2e/report.rs"]
mod report;
#[path = "e2e/roles.rs"]
mod roles;
#[cfg(target_os = "linux")]
#[path = "e2e/rounds.rs"]
mod rounds;
#[path = "e2e/sdk.rs"]
mod sdk;
#[path = "e2e/settings.rs"]
mod settings;
#[cfg(target_os = "linux")]
#[path = "e2e/small.rs"]
mod small;
#[path = "e2e/stopping.rs"]
mod stopping;
#[path = "e2e/templates.rs"]
mod templates;
#[path = "e2e/together.rs"]
mod together;
#[path = "e2e/tools.rs"]
mod tools;
#[path = "e2e/torvync.rs"]
mod torvync;
#[path = "e2e/versions.rs"]
mod versions;
#[path = "e2e/waiting.rs"]
mod waiting;
#[path = "e2e/walk.rs"]
mod walk;
