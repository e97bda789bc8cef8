//! What a net costs at least: for rooflines.

use crate::graph::{Graph, Step};

/// Work of one run.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Cost {
    /// Floating-point operations: two for each product that is added.
    pub flop: u64,
    /// Bytes if every step reads its weights and what it takes once, and writes what it makes once, as f32.
    pub bytes: u64,
}

impl Graph {
    /// What a run costs. Of a step that is no convolution only the bytes count.
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
