//! The stages at the ends of a flow: the manifest's, or their replacements from the command line.

use crate::builtin::{Console, File, Generator, Lines};
use crate::context::{Input, Output};
use crate::crossing::{Make, Setup};
use crate::plan::FlowPlan;
use crate::stage::{Called, SinkStage, Source as _, SourceStage};

/// The source at node `position`.
pub(super) fn source(
    setup: &mut Setup<'_>,
    flow: &'static FlowPlan,
    position: usize,
    origin: impl Make<SourceStage>,
) -> Called<SourceStage> {
    let mut stage: SourceStage = match setup.ends().inputs.get(flow.nodes[position].name) {
        Some(Input::Generator) => Box::new(Generator::default()),
        Some(Input::Lines(path)) => Box::new(Lines::of(setup.replica().fill_path(path))),
        None => origin.make(setup, flow, position)?,
    };
    if flow.replicas_by.is_none()
        && let Some(shared) = setup.replica().shared(position)
    {
        stage.share(shared);
    }
    Ok(stage)
}

/// The sink at node `position`.
pub(super) fn sink(
    setup: &mut Setup<'_>,
    flow: &'static FlowPlan,
    position: usize,
    origin: impl Make<SinkStage>,
) -> Called<SinkStage> {
    match setup.ends().outputs.get(flow.nodes[position].name) {
        Some(Output::Console) => Ok(Box::new(Console::default())),
        Some(Output::File(path)) => Ok(Box::new(File::of(setup.replica().fill_path(path)))),
        None => origin.make(setup, flow, position),
    }
}
