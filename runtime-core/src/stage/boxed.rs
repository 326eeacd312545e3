//! Boxed sources and sinks: the command line may replace those of a flow when it starts.

use std::sync::Arc;

use super::{Called, Confirmed, Pulled, Sink, Source, Stage, Supply, Taken};
use crate::buffer::Element;
use crate::context::RunContext;
use crate::demand::Demand;
use crate::replica::Shared;

/// A source of any kind.
pub type SourceStage = Box<dyn Source>;

/// A sink of any kind.
pub type SinkStage = Box<dyn Sink>;

macro_rules! boxed_stage {
    ($name:ty) => {
        impl Stage for $name {
            fn init(&mut self, cx: &mut RunContext, config: &str) -> Called<()> {
                (**self).init(cx, config)
            }

            fn teardown(&mut self, cx: &mut RunContext) -> Called<()> {
                (**self).teardown(cx)
            }

            fn is_dead(&self) -> bool {
                (**self).is_dead()
            }

            fn restart(&mut self, cx: &mut RunContext, config: &str) -> Called<()> {
                (**self).restart(cx, config)
            }
        }
    };
}

boxed_stage!(SourceStage);
boxed_stage!(SinkStage);

impl Source for SourceStage {
    fn share(&mut self, shared: Arc<Shared>) {
        (**self).share(shared);
    }

    fn supply(&mut self, cx: &mut RunContext) -> Supply {
        (**self).supply(cx)
    }

    fn is_pulling(&self) -> bool {
        (**self).is_pulling()
    }

    fn pull(&mut self, cx: &mut RunContext) -> Called<Pulled> {
        (**self).pull(cx)
    }

    fn notify(&mut self, cx: &mut RunContext, signal: Demand) -> Called<()> {
        (**self).notify(cx, signal)
    }
}

impl Sink for SinkStage {
    fn is_open(&mut self) -> Called<bool> {
        (**self).is_open()
    }

    fn push(&mut self, cx: &mut RunContext, input: Element) -> Called<Taken> {
        (**self).push(cx, input)
    }

    fn has_room(&mut self) -> bool {
        (**self).has_room()
    }

    fn flush(&mut self) {
        (**self).flush();
    }

    fn confirm(&mut self) -> Confirmed {
        (**self).confirm()
    }

    fn withdraw(&mut self) -> u64 {
        (**self).withdraw()
    }

    fn complete(&mut self, cx: &mut RunContext) -> Called<()> {
        (**self).complete(cx)
    }
}
