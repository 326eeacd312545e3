//! Notification of the sources upstream of full streams.

use std::collections::VecDeque;

use crate::demand::Demand;
use crate::plan::FlowPlan;
use crate::role::Role;

/// The streams that hold up their producers, and the sources to be notified.
#[derive(Debug, Default)]
pub struct Pressure {
    /// Sources upstream of each stream that are to be notified, in topological order.
    sources: Vec<Vec<usize>>,
    /// For each node, the number of streams downstream of it that hold up their producers.
    stalled: Vec<u32>,
    /// Notifications not yet delivered.
    notices: VecDeque<(usize, Demand)>,
}

impl Pressure {
    /// The pressure of a flow at its start. `hears`: whether a source is to be notified.
    #[must_use]
    pub fn new(plan: &FlowPlan, hears: impl Fn(usize) -> bool) -> Self {
        let mut sources: Vec<Vec<usize>> = vec![Vec::new(); plan.streams.len()];
        for (position, node) in plan.nodes.iter().enumerate() {
            let mut above: Vec<usize> = node.inputs.iter().flat_map(|input| sources[*input].clone()).collect();
            if node.role == Role::Source && hears(position) {
                above.push(position);
            }
            above.sort_unstable();
            above.dedup();
            let ports = node
                .outputs
                .iter()
                .flat_map(|port| port.streams)
                .chain(node.dead_letters);
            for stream in ports {
                sources[*stream].clone_from(&above);
            }
        }
        Self {
            sources,
            stalled: vec![0; plan.nodes.len()],
            notices: VecDeque::new(),
        }
    }

    /// The pressure of a flow, given the sources upstream of each stream, by position.
    #[cfg(test)]
    pub(crate) fn of(sources: Vec<Vec<usize>>, nodes: usize) -> Self {
        Self {
            sources,
            stalled: vec![0; nodes],
            notices: VecDeque::new(),
        }
    }

    /// Records that a stream holds up its producer.
    pub(crate) fn stalled(&mut self, stream: usize) {
        for source in &self.sources[stream] {
            self.stalled[*source] += 1;
            if self.stalled[*source] == 1 {
                self.notices.push_back((*source, Demand::Pause));
            }
        }
    }

    /// Records that a stream no longer holds up its producer.
    pub(crate) fn flows_again(&mut self, stream: usize) {
        for source in &self.sources[stream] {
            self.stalled[*source] -= 1;
            if self.stalled[*source] == 0 {
                self.notices.push_back((*source, Demand::Ready));
            }
        }
    }

    /// Whether a source has to be notified.
    #[inline]
    #[must_use]
    pub fn has_notice(&self) -> bool {
        !self.notices.is_empty()
    }

    /// The next notification: the source and the signal.
    pub(crate) fn next_notice(&mut self) -> Option<(usize, Demand)> {
        self.notices.pop_front()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_is_told_once_however_many_streams_are_full() {
        let mut pressure = Pressure::of(vec![vec![0], vec![0, 1]], 2);
        pressure.stalled(0);
        pressure.stalled(1);
        pressure.flows_again(0);
        pressure.flows_again(1);
        let told: Vec<_> = std::iter::from_fn(|| pressure.next_notice()).collect();
        let expected = [
            (0, Demand::Pause),
            (1, Demand::Pause),
            (0, Demand::Ready),
            (1, Demand::Ready),
        ];
        assert_eq!(told, expected);
        assert!(!pressure.has_notice());
    }
}
