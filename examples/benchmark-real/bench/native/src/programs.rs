//! The flows, and what they are made of.

use bench_common::Failed;

use crate::command_line::Task;
use crate::ends::{Lines, Written};
use crate::manifest::Manifest;
use crate::stage::{Chain, End, Source, Then};
use crate::steps::{DpkgParse, JsonEdit};
use crate::work::actions::KeepActions;
use crate::work::alerts::Alerts;
use crate::work::blocked::ContentFilter;
use crate::work::cycle::Texts;
use crate::work::locations::GeoEnricher;
use crate::work::printed::Printed;
use crate::work::sentence::Sentence;
use crate::work::severity::SeverityClassifier;

/// A flow, as far as the manifest does not say it.
pub struct Program {
    /// Name of the flow.
    pub name: &'static str,
    /// Its nodes that are components, in order. Without a source among them it reads a file; without a sink it writes
    /// one.
    pub nodes: &'static [(&'static str, Role)],
    /// Whether replicas that divide its elements write the same lines. The others number their lines, or gather several
    /// elements into one.
    pub can_be_divided: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    Source,
    Processor,
    Filter,
    Aggregator,
    Sink,
}

/// All of them.
pub const PROGRAMS: [Program; 4] = [
    Program {
        name: "log-triage",
        nodes: &[("parse", Role::Processor), ("keep", Role::Filter)],
        can_be_divided: true,
    },
    Program {
        name: "event-enrichment",
        nodes: &[
            ("source", Role::Source),
            ("geo", Role::Processor),
            ("severity", Role::Processor),
            ("sink", Role::Sink),
        ],
        can_be_divided: false,
    },
    Program {
        name: "token-streaming",
        nodes: &[
            ("source", Role::Source),
            ("filter", Role::Filter),
            ("aggregator", Role::Aggregator),
            ("sink", Role::Sink),
        ],
        can_be_divided: false,
    },
    Program {
        name: "json-edit",
        nodes: &[("source", Role::Source), ("edit", Role::Processor)],
        can_be_divided: true,
    },
];

impl Program {
    /// The one with a name.
    ///
    /// # Errors
    /// When there is none.
    pub fn named(name: &str) -> Result<&'static Self, Failed> {
        let found = PROGRAMS.iter().find(|program| program.name == name);
        found.ok_or_else(|| format!("no such program: `{name}`").into())
    }

    /// Whether its elements are the lines of a file.
    #[must_use]
    pub fn reads_file(&self) -> bool {
        self.nodes.iter().all(|(_, role)| *role != Role::Source)
    }

    /// Whether its results are the lines of a file.
    #[must_use]
    pub fn writes_file(&self) -> bool {
        self.nodes.iter().all(|(_, role)| *role != Role::Sink)
    }
}

/// What becomes of the stages of a program.
pub trait Runner {
    /// Runs them.
    ///
    /// # Errors
    /// When a stage fails.
    fn run(self, source: impl Source, chain: impl Chain) -> Result<(), Failed>;
}

/// Makes the stages of a program, and runs them.
///
/// # Errors
/// When there is no such program, its config is wrong, or a stage fails.
pub fn run(task: &Task, runner: impl Runner) -> Result<(), Failed> {
    let manifest = Manifest::read(&task.manifest)?;
    let flow = manifest.flow(task.program.name)?;
    match task.program.name {
        "log-triage" => {
            let keep: KeepActions = flow.read("keep")?;
            let report = Written::to(task.output()?)?;
            runner.run(Lines::of(task.input()?)?, Then(DpkgParse, Then(keep, End(report))))
        }
        "event-enrichment" => {
            let (geo, severity): (GeoEnricher, SeverityClassifier) = (flow.read("geo")?, flow.read("severity")?);
            let chain = Then(geo, Then(severity, End(Alerts::default())));
            runner.run(flow.read::<Texts>("source")?, chain)
        }
        "token-streaming" => {
            let filter: ContentFilter = flow.read("filter")?;
            let chain = Then(filter, Then(Sentence::default(), End(Printed::default())));
            runner.run(flow.read::<Texts>("source")?, chain)
        }
        "json-edit" => {
            let report = Written::to(task.output()?)?;
            runner.run(flow.read::<Texts>("source")?, Then(JsonEdit, End(report)))
        }
        other => Err(format!("`{other}` has no stages here").into()),
    }
}
