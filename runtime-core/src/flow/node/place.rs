//! The part of a node common to all roles: its base and its stage.

use std::ops::{Deref, DerefMut};

use crate::buffer::Element;
use crate::context::RunContext;
use crate::crossing::{Make, Setup};
use crate::error::{Cause, Failure, Operation};
use crate::flow::base::Base;
use crate::plan::FlowPlan;
use crate::stage::{Called, Stage};
use crate::stream::Stream;

mod failure;

/// A stage with the base of its node, for any role.
pub(super) struct Place<S> {
    base: Base,
    pub(super) stage: S,
}

impl<S> Deref for Place<S> {
    type Target = Base;

    fn deref(&self) -> &Base {
        &self.base
    }
}

impl<S> DerefMut for Place<S> {
    fn deref_mut(&mut self) -> &mut Base {
        &mut self.base
    }
}

impl<S: Stage> Place<S> {
    /// A node with the manifest's stage.
    pub(super) fn of(
        setup: &mut Setup<'_>,
        flow: &'static FlowPlan,
        position: usize,
        origin: impl Make<S>,
    ) -> Result<Self, Failure> {
        let stage = origin.make(setup, flow, position);
        Self::new(flow, position, flow.nodes[position].component, stage)
    }

    pub(super) fn new(
        flow: &'static FlowPlan,
        position: usize,
        component: &'static str,
        stage: Called<S>,
    ) -> Result<Self, Failure> {
        let base = Base::new(flow, position, component);
        match stage {
            Ok(stage) => Ok(Self { base, stage }),
            Err(cause) => Err(base.failure(Operation::Instantiate, None, cause)),
        }
    }

    /// Applies the error policy to a failed call. When it returns `Ok`, the caller only has to wait: the element, if
    /// there is one, waits for its next attempt, leaves by port `error`, or was released.
    #[cold]
    pub(super) fn failed(
        &mut self,
        cx: &mut RunContext,
        streams: &mut [Stream],
        operation: Operation,
        input: Option<Element>,
        cause: Cause,
    ) -> Result<(), Failure> {
        cx.disturb();
        let Self { base, stage } = self;
        failure::failed(base, stage, cx, streams, operation, input, cause)
    }

    /// Restarts a dead stage after `failure`.
    pub(super) fn restart(&mut self, cx: &mut RunContext, failure: &Failure) -> Result<(), Failure> {
        failure::restart(&mut self.base, &mut self.stage, cx, failure)
    }

    pub(super) fn init(&mut self, cx: &mut RunContext, config: &str) -> Result<(), Failure> {
        config.clone_into(&mut self.config);
        cx.preparing.node = self.plan.name;
        cx.preparing_at = self.position;
        let prepared = self.stage.init(cx, config);
        prepared.map_err(|cause| self.report(cx, Operation::Init, cause))
    }

    pub(super) fn teardown(&mut self, cx: &mut RunContext) -> Result<(), Failure> {
        let ended = self.stage.teardown(cx);
        self.stats.leaked_buffers += cx.pool().reclaim(self.position);
        ended.map_err(|cause| self.report(cx, Operation::Teardown, cause))
    }
}
