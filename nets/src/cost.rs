//! The least work that a net needs, for rooflines.

use crate::graph::{Graph, Step};

/// Work of one run.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Cost {
    /// Floating-point operations: two for each product that is added.
    pub flop: u64,
    /// Bytes that are moved if every step reads its weights and inputs once and writes its output once, all as f32.
    pub bytes: u64,
}

impl Graph {
    /// The work of a run. Steps that are no convolutions count with their bytes only.
    #[must_use]
    pub fn cost(&self) -> Cost {
        self.steps()
            .iter()
            .map(|step| self.cost_of(step))
            .fold(Cost::default(), |sum, cost| Cost { flop: sum.flop + cost.flop, bytes: sum.bytes + cost.bytes })
    }

    /// What one of the steps costs.
    #[must_use]
    pub fn cost_of(&self, step: &Step) -> Cost {
        let pixels = self.size(step.to()).pixels();
        let (products, weights) = match step {
            Step::Convolution(conv) => (pixels * conv.weights.len(), conv.weights.len()),
            Step::Depthwise(conv) => (pixels * conv.weights.len(), conv.weights.len()),
            _ => (0, 0),
        };
        let read: usize = step.reads().into_iter().map(|value| self.size(value).len()).sum();
        let moved = read + self.size(step.to()).len() + weights;
        Cost { flop: 2 * products as u64, bytes: (moved * size_of::<f32>()) as u64 }
    }
}
